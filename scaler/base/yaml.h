/* YAML as a checked tree with marks: what config files and kubeconfigs are read into. Strict and capped: no
 * duplicate keys, valid UTF-8, anchors are expanded by reference but the expanded size is bounded (no bombs,
 * no cycles), depth ≤ YAML_MAX_DEPTH. */
#ifndef SCALER_BASE_YAML_H
#define SCALER_BASE_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"

#define YAML_MAX_BYTES     ((size_t)16 << 20) /* one file */
#define YAML_MAX_DEPTH     64
#define YAML_MAX_NODES     2000000u /* expanded: aliases count as often as they are used */
#define YAML_MAX_DOCUMENTS 100000u

enum yaml_kind { YAML_NULL, YAML_BOOL, YAML_INT, YAML_FLOAT, YAML_STRING, YAML_LIST, YAML_MAP };

struct yaml_node;

struct yaml_entry {
    struct yaml_node *key; /* always a scalar; its text is the key */
    struct yaml_node *value;
};

/* How a scalar's text stands in the file. */
enum yaml_form {
    YAML_FORM_OTHER,  /* changed: escaped, folded, over several lines */
    YAML_FORM_INLINE, /* as it is, on one line */
    YAML_FORM_LINES,  /* as it is, line by line: a literal block */
};

struct yaml_node {
    enum yaml_kind kind; /* resolved with the YAML 1.1/JSON rules sigs.k8s.io/yaml applies: plain
                            yes/no/on/off are booleans too */
    int line;            /* from 1 */
    int column;          /* from 1 */
    bool quoted;         /* the scalar was written in quotes or as a block */
    uint8_t form;        /* enum yaml_form */
    uint16_t indent;     /* YAML_FORM_LINES: blanks before each line */
    char *text;      /* scalars: the text as written (unescaped); also for YAML_NULL ("" or "null" or "~") */
    bool boolean;    /* YAML_BOOL */
    int64_t integer; /* YAML_INT; values beyond int64 are YAML_FLOAT */
    double number;   /* YAML_INT and YAML_FLOAT */
    struct yaml_node **items;   /* YAML_LIST */
    struct yaml_entry *entries; /* YAML_MAP, in order */
    size_t len;                 /* of items or entries */
};

/* One file: its documents in order. Empty documents are left out. Nodes may be shared (aliases); all belong
 * to the stream. */
struct yaml_stream {
    struct yaml_node **documents;
    size_t len;
    void *arena;
};

/* On failure ret_line/ret_column (may be NULL) say where, from 1 (0: nowhere in particular). */
int yaml_parse(const char *bytes, size_t len, struct yaml_stream *ret, int *ret_line, int *ret_column,
               struct err *err);
void yaml_done(struct yaml_stream *stream);

const struct yaml_node *yaml_get(const struct yaml_node *map,
                                 const char *key); /* NULL: not a map, or absent */
const char *yaml_get_text(const struct yaml_node *map,
                          const char *key); /* NULL unless a scalar that is not null */
/* Where in the file the character at (line, column) of a scalar's text stands, all from 1. False, and the
 * scalar's own place, when its form does not tell. */
bool yaml_text_place(const struct yaml_node *node, int line, int column, int *ret_line, int *ret_column);
const char *yaml_kind_name(enum yaml_kind kind); /* "a list", "a string", … for messages */

#endif

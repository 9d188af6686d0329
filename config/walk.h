/* Walking a YAML tree with tables of fields: what each object builder of this room is made of. Keeps the path
 * for the messages, reports every finding and carries on; whoever walks looks at `errors` in the end. */
#ifndef CONFIG_WALK_H
#define CONFIG_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/diag.h"
#include "config/object.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/yaml.h"

struct walk {
    const char *file;
    struct diag_list *diags;
    struct strbuf path;
    size_t errors;            /* found by this walk */
    struct config_mark fixed; /* line ≠ 0: where everything is reported (YAML inside an annotation) */
};

void walk_init(struct walk *walk, const char *file, struct diag_list *diags);
void walk_done(struct walk *walk);

/* Steps into a field or list item; the result goes to walk_leave. Keys that are not plain words stand in
 * brackets. */
size_t walk_enter(struct walk *walk, const char *key);
size_t walk_enter_index(struct walk *walk, size_t index);
void walk_leave(struct walk *walk, size_t before);

/* About node, at the present path. */
void walk_error(struct walk *walk, const struct yaml_node *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void walk_warn(struct walk *walk, const struct yaml_node *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* About the field key of map, which may be absent: then the map's own place is named. */
void walk_error_at(struct walk *walk, const struct yaml_node *map, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void walk_warn_at(struct walk *walk, const struct yaml_node *map, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
struct config_mark walk_mark(const struct walk *walk, const struct yaml_node *node);

/* Reports and answers false unless node is of that kind. */
bool walk_expect(struct walk *walk, const struct yaml_node *node, enum yaml_kind kind);

/* An integer of any size that int64 holds; 5.0 and 1e3 are integers too, as they are once YAML has become
 * JSON. */
bool walk_integer(struct walk *walk, const struct yaml_node *node, int64_t *ret);

enum field_kind {
    FIELD_STRING,  /* char *   replaces (and frees) what is there; `check` may refuse it */
    FIELD_INT32,   /* int32_t  within [min, max] */
    FIELD_SECONDS, /* int64_t  milliseconds; the YAML holds int32 seconds within [min, max] */
    FIELD_BOOL,    /* bool */
    FIELD_CHOICE,  /* an enum: the index in `choices` */
    FIELD_MAP,     /* `fields`, into the struct at offset */
    FIELD_CUSTOM,  /* `read`, with the address at offset */
    FIELD_ANY,     /* known, not looked at here */
};

struct field {
    const char *name;
    enum field_kind kind;
    bool required;  /* absent or null is an error */
    bool non_empty; /* FIELD_STRING */
    size_t offset;
    size_t set_offset; /* bool told that the field is there; 0: none */
    int32_t min, max;
    const char *(*check)(const char *text); /* NULL: right; else what it must be */
    const char *const *choices;             /* NULL-terminated */
    const struct field *fields;
    size_t fields_len;
    void (*read)(struct walk *walk, const struct yaml_node *node, void *out);
};

/* A row of FIELD_ANY. */
#define FIELD_KNOWN(field_name)                                                                              \
    {                                                                                                        \
        .name = (field_name), .kind = FIELD_ANY                                                              \
    }

/* Reads map through the rows. Null is absent, as in Kubernetes; unknown fields are errors. */
void walk_fields(struct walk *walk, const struct yaml_node *map, const struct field *fields, size_t len,
                 void *out);

/* A map whose values are all strings: labels, annotations, metadata, data. null_is_empty: null counts as "".
 */
void walk_text_map(struct walk *walk, const struct yaml_node *map, bool null_is_empty, struct text_map *ret);
#define WALK_TEXT_MAP_MAX 4096 /* entries; more is an error */

#endif

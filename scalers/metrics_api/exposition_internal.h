/* The reader of one exposition, shared by its files. Inner to metrics_api/exposition*. */
#ifndef SCALERS_METRICS_API_EXPOSITION_INTERNAL_H
#define SCALERS_METRICS_API_EXPOSITION_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "scaler/base/strbuf.h"
#include "scalers/metrics_api/exposition.h"

#define LABELS_MAX 1024 /* of one line; looked through one by one */

enum family_type { FAMILY_NONE, COUNTER, GAUGE, SUMMARY, UNTYPED, HISTOGRAM };

struct family {
    char *name;
    enum family_type type;
    bool helped;
    UT_hash_handle hh;
};

/* A series while its line is read. A later line without a name adds to it, as upstream. */
struct series {
    bool exists, chosen; /* chosen: it is among the family's that is asked for */
    uint64_t matched;    /* bit n: the selector's label n was found */
    bool has_counter, has_gauge, has_untyped;
    double counter, gauge, untyped;
};

struct exposition {
    const char *bytes;
    size_t len, at;
    int byte; /* the one read last; -1: the text is over */
    bool added_newline;
    unsigned line;
    struct err *err;
    const struct selector *selector;
    struct family *families, *family;
    unsigned family_count;
    bool is_count; /* the line is a _count of a summary or histogram */
    bool is_part;  /* … or _sum: no quantile or bucket */
    bool in_braces, name_in_braces, distribution_seen;
    double bucket; /* `le` of the line; NaN: none */
    bool found;
    double answer;
    struct series series;
    struct strbuf token;
    struct text_map labels; /* of the line */
};

/* exposition_token.c: each reads on and leaves the first byte it does not want in byte. */
void exposition_next(struct exposition *expo);
void exposition_skip_blank(struct exposition *expo); /* reads at least one byte */
bool exposition_is_blank(int c);
int exposition_word(struct exposition *expo);               /* to white space */
int exposition_rest(struct exposition *expo, bool escapes); /* to the line's end */
int exposition_name(struct exposition *expo, bool colons);  /* metric or label name, maybe quoted */
int exposition_label_value(struct exposition *expo);        /* from behind the opening quote */
int exposition_float(struct exposition *expo, double *ret, const char *what); /* the token */
int exposition_fail(struct exposition *expo, const char *what);
int exposition_cut_off(struct exposition *expo);
/* exposition_family.c: makes the token's family the current one. */
int exposition_choose_family(struct exposition *expo);
int exposition_read_type(struct exposition *expo);
void exposition_families_done(struct exposition *expo);

#endif

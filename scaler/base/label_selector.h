/* Label selectors in their text form ("app=web,tier in (a,b),!old,n>4"): the one grammar that triggers, the
 * Kubernetes client and the test server read. Accepts and refuses what the API server does. */
#ifndef SCALER_BASE_LABEL_SELECTOR_H
#define SCALER_BASE_LABEL_SELECTOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "scaler/base/err.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"

#define LABEL_SELECTOR_MAX_BYTES ((size_t)16 << 10)

enum label_op {
    LABEL_EQUALS,
    LABEL_DOUBLE_EQUALS, /* means the same, is written differently */
    LABEL_NOT_EQUALS,
    LABEL_IN,
    LABEL_NOT_IN,
    LABEL_EXISTS,
    LABEL_NOT_EXISTS,
    LABEL_GREATER,
    LABEL_LESS,
};

struct label_requirement {
    char *key;
    enum label_op op;
    struct text_list values; /* sorted, each once */
};

/* All requirements must hold; none: everything matches. Sorted by key. */
struct label_selector {
    struct label_requirement *items;
    size_t len;
};

/* ERR_INVALID: not a selector (keys and values must be well-formed label keys and values too). ERR_LIMIT: too
 * long. Caller: label_selector_done. */
int label_selector_parse(const char *text, struct label_selector *ret, struct err *err);
void label_selector_done(struct label_selector *selector);

/* get: the value of a label, NULL when it is not there. */
bool label_selector_matches(const struct label_selector *selector,
                            const char *(*get)(void *arg, const char *key), void *arg);
/* labels: {"key": "value"}; NULL is an object without labels. */
bool label_selector_matches_json(const struct label_selector *selector, json_t *labels);

/* The form that equal selectors share: "a in (b,c),!d,e=f". Appends. */
void label_selector_format(const struct label_selector *selector, struct strbuf *out);

#endif

/* Which objects a list or watch wants: namespace, label selector, field selector. */
#ifndef TESTS_SANDBOX_FILTER_H
#define TESTS_SANDBOX_FILTER_H

#include <jansson.h>
#include <stdbool.h>

#include "scaler/base/err.h"
#include "scaler/base/label_selector.h"
#include "tests/sandbox/resource.h"

struct blob;

/* One term of a field selector. */
struct requirement {
    char *key;
    char *value;
    bool negated;
};

struct selector {
    struct requirement *items;
    size_t len;
};

/* "metadata.name=x,involvedObject.kind!=Pod"; backslash escapes comma, equals and itself. */
int selector_parse_fields(const char *text, struct selector *ret, struct err *err);
void selector_done(struct selector *selector);
/* Keys are dotted paths into object; what is absent is "". */
bool selector_matches_fields(const struct selector *selector, json_t *object);

struct filter {
    const struct resource *resource; /* the view it is seen through */
    char *ns;                        /* "": all */
    char *name;                      /* NULL: any */
    struct label_selector labels;
    struct selector fields; /* without what ns and name say */
};

/* ERR_INVALID: the answer is 400 with err's text. */
int filter_init(struct filter *filter, const struct resource *resource, const char *ns, const char *labels,
                const char *fields, struct err *err);
void filter_done(struct filter *filter);
bool filter_matches(const struct filter *filter, const struct blob *blob);
bool filter_is_plain(const struct filter *filter); /* nothing but the namespace */

#endif

/* A PromQL series selector (`name{label="value"}`) as metrics-api's valueLocation uses it: a name, and labels
 * that must be there with just that value, whatever the operator. */
#ifndef SCALERS_METRICS_API_SELECTOR_H
#define SCALERS_METRICS_API_SELECTOR_H

#include "scaler/base/err.h"
#include "scaler/base/text.h"

#define SELECTOR_LABELS_MAX 64

struct selector {
    char *name;             /* "" when none is given: then nothing matches */
    struct text_map labels; /* a label may stand twice */
};

/* The whole text must be one selector; ERR_CONFIG otherwise. On success the caller ends with selector_done.
 */
int selector_parse(const char *text, struct selector *ret, struct err *err);
void selector_done(struct selector *selector);

#endif

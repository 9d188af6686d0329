/* Kubernetes quantities ("100m", "1Gi", "1e3"). Rules: vectors/exact coercion kind quantity. */
#ifndef SCALER_BASE_QUANTITY_H
#define SCALER_BASE_QUANTITY_H

#include <stdint.h>

#include "scaler/base/err.h"
#include "scaler/base/strbuf.h"

struct quantity {
    double approx; /* AsApproximateFloat64 */
    int64_t milli; /* rounded away from zero, saturated */
    int64_t value; /* the same in whole units */
};

int quantity_parse(const char *text, struct quantity *ret, struct err *err);

/* QUANTITY_CANONICAL: no fraction, and the largest suffix that needs none ("1.5Gi" is "1536Mi"). What the
 * Kubernetes API shows is QUANTITY_SHOWN: upstream keeps the text as it was written where that looks
 * canonical at a glance ("2.675"). */
enum quantity_form { QUANTITY_CANONICAL, QUANTITY_SHOWN };
/* Appends to out; fails like quantity_parse. */
int quantity_format(const char *text, enum quantity_form form, struct strbuf *out, struct err *err);

#endif

/* Kubernetes quantities ("100m", "1Gi", "1e3"). Rules: vectors/exact coercion kind quantity. */
#ifndef SCALER_BASE_QUANTITY_H
#define SCALER_BASE_QUANTITY_H

#include <stdint.h>

#include "scaler/base/err.h"

struct quantity {
    double approx; /* AsApproximateFloat64 */
    int64_t milli; /* rounded away from zero, saturated */
};

int quantity_parse(const char *text, struct quantity *ret, struct err *err);

#endif

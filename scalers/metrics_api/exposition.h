/* Prometheus' text exposition format, as strict as prometheus/common's parser: one series' value out of it.
 */
#ifndef SCALERS_METRICS_API_EXPOSITION_H
#define SCALERS_METRICS_API_EXPOSITION_H

#include <stddef.h>

#include "scaler/base/err.h"
#include "scalers/metrics_api/selector.h"

#define EXPOSITION_MAX_FAMILIES 100000

/* The first series that selector names and that is a counter, a gauge or untyped; it may be infinite or NaN.
 * ERR_PROTOCOL when anything in the text is malformed, ERR_NOT_FOUND when no series matches, ERR_LIMIT beyond
 * EXPOSITION_MAX_FAMILIES. */
int exposition_read(const char *bytes, size_t len, const struct selector *selector, double *ret,
                    struct err *err);

#endif

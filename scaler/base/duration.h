/* Durations in Go's syntax ("300ms", "1h30m"). Nanoseconds. */
#ifndef SCALER_BASE_DURATION_H
#define SCALER_BASE_DURATION_H

#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"

/* Go time.ParseDuration. */
int duration_parse_go(const char *text, int64_t *ret_ns, struct err *err);
/* A trigger parameter: Go duration, else a base-10 integer meaning milliseconds; negatives are refused.
 * A number of milliseconds beyond 9223372036854 wraps, mostly to a negative duration, as in KEDA. */
int duration_parse_param(const char *text, int64_t *ret_ns, struct err *err);
/* "1m30s", "200ms": for people. Returns buf. */
const char *duration_format_ms(int64_t ms, char *buf, size_t size);

#endif

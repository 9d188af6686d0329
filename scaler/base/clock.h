/* Time. `clock_now_ms` is the wall clock at start carried on by the monotonic clock: it never jumps, yet can
 * be saved and compared after a restart. Everything that decides uses it; only log lines and tokens use the
 * real wall clock. */
#ifndef SCALER_BASE_CLOCK_H
#define SCALER_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"

int64_t clock_now_ms(void);  /* milliseconds since 1970, monotone in this process */
int64_t clock_mono_ms(void); /* CLOCK_MONOTONIC */
int64_t clock_mono_us(void);
int64_t clock_wall_ms(void); /* CLOCK_REALTIME */

#define CLOCK_RFC3339_MAX 40
/* "2026-08-20T10:00:00Z", with ".123" if with_ms. Returns buf (≥ CLOCK_RFC3339_MAX). */
const char *clock_format_rfc3339(int64_t ms, bool with_ms, char *buf, size_t size);
int clock_parse_rfc3339(const char *text, int64_t *ret_ms, struct err *err);

#endif

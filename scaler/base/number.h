/* Numbers in text, with the grammars users' manifests rely on (spec/keda-scalers.md §1.2).
 * Each returns 0, or a negative err_code with the reason in err and *ret untouched. */
#ifndef SCALER_BASE_NUMBER_H
#define SCALER_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"

/* JSON integer: -?(0|[1-9][0-9]*), must fit [min, max]. */
int number_parse_json_int(const char *text, int64_t min, int64_t max, int64_t *ret, struct err *err);
/* JSON number (exponent allowed), finite. */
int number_parse_json_float(const char *text, double *ret, struct err *err);
/* Go strconv.ParseInt(text, 10, 64). */
int number_parse_go_int(const char *text, int64_t *ret, struct err *err);
/* Go strconv.ParseFloat(text, 64) as KEDA uses it: accepts 1_000? see vectors/exact coercion parse_float.
 * Range error for overflow. */
int number_parse_go_float(const char *text, double *ret, struct err *err);
/* For readers that go on without looking at that error: 0 for what is no number, an infinity for what is too
 * large. */
double number_go_float_or_zero(const char *text);
/* scalingModifiers.target: the same grammar, but not 0 and not negative. Upstream lets NaN
 * and +Inf pass; so does this. */
int number_parse_modifiers_target(const char *text, double *ret, struct err *err);
/* Go strconv.ParseBool. */
int number_parse_go_bool(const char *text, bool *ret, struct err *err);

/* Shortest decimal that reads back to the same double ("NaN", "+Inf", "-Inf" for those). buf ≥ 32 bytes;
 * returns buf. */
const char *number_format_double(double value, char *buf, size_t size);

/* A metric value or float target as KEDA hands it on, a quantity with three decimals: "33.333"; NaN, ±Inf and
 * negatives become "0". New string. */
char *number_format_metric(double value);

/* KEDA's way from a metric value or float target to milli-units: "%.3f" parsed as a quantity; NaN, ±Inf and
 * negatives become 0 (spec/keda-scalers.md §1.4). Saturates at INT64_MAX. */
int64_t number_metric_milli(double value);

#endif

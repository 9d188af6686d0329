/* From the body of an answer to the number at valueLocation, as KEDA's metrics-api trigger finds it. Pure. */
#ifndef SCALERS_METRICS_API_VALUE_H
#define SCALERS_METRICS_API_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "scaler/base/err.h"

enum value_format { VALUE_JSON, VALUE_YAML, VALUE_XML, VALUE_PROMETHEUS };

bool value_format_parse(const char *name, enum value_format *ret); /* "json", "yaml", "xml", "prometheus" */

/* What can be said of location before there is a body: 0, or ERR_CONFIG. */
int value_check_location(enum value_format format, const char *location, struct err *err);

/* The value may be infinite or NaN. Malformed bodies are ERR_PROTOCOL, locations that lead nowhere
 * ERR_NOT_FOUND, values that are no number or quantity ERR_INVALID, too large or deep ones ERR_LIMIT; XML is
 * ERR_UNSUPPORTED. No error quotes the body. */
int value_read(enum value_format format, const char *body, size_t len, const char *location, double *ret,
               struct err *err);
/* value_yaml.c */
int value_read_yaml(const char *body, size_t len, const char *location, double *ret, struct err *err);
/* A quantity such as "64", "1k", "10Mi". */
int value_from_text(const char *text, size_t len, double *ret, struct err *err);

#endif

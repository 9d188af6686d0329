/* From the text under a key of a ConfigMap or Secret to a number, as KEDA's kubernetes-resource trigger finds
 * it. Pure. */
#ifndef SCALERS_KUBERNETES_RESOURCE_VALUE_H
#define SCALERS_KUBERNETES_RESOURCE_VALUE_H

#include "scaler/base/err.h"

enum resource_format { RESOURCE_NUMBER, RESOURCE_JSON, RESOURCE_YAML };
enum resource_number { RESOURCE_FLOAT64, RESOURCE_INT64, RESOURCE_QUANTITY };

/* location: for JSON (GJSON) and YAML (dotted). May be NaN or infinite. No error quotes the text: it may be a
 * secret. */
int resource_value_read(const char *text, enum resource_format format, enum resource_number number,
                        const char *location, double *ret, struct err *err);

#endif

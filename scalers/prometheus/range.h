/* What an answer of /api/v1/query_range means. Pure. */
#ifndef SCALERS_PROMETHEUS_RANGE_H
#define SCALERS_PROMETHEUS_RANGE_H

#include "scalers/api.h"

/* One sample for each instant of the range: what an instant query would have given then. EMPTY where no
 * series has a value, an error where several have one, as response.h says of instant queries. partial: the
 * answer carries warnings. *ret_samples is the caller's (mem_free). */
int prometheus_range_read(int status, const char *body, size_t len, const struct scaler_range *range,
                          struct scaler_sample **ret_samples, size_t *ret_len, struct err *err);

#endif

/* The metrics-api trigger's parameters, parsed. */
#ifndef SCALERS_METRICS_API_CONFIG_H
#define SCALERS_METRICS_API_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "config/params.h"
#include "scalers/metrics_api/value.h"
#include "scalers/shared/http_auth.h"

struct metrics_api_config {
    char *url;
    char *value_location;
    char *format_name;
    enum value_format format; /* by check() */
    double target, activation;
    bool unsafe_ssl;
    int64_t timeout_ns; /* 0: the process's default */
    bool aggregate;     /* refused */
    char *aggregation_type;
    struct http_auth auth;
};

#define METRICS_API_ROWS_LEN 9
extern const struct param_row metrics_api_rows[METRICS_API_ROWS_LEN];
void metrics_api_config_check(void *config, const struct params_context *context,
                              struct params_error_sink *sink);

#endif

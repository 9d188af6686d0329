/* The prometheus trigger's parameters, parsed. */
#ifndef SCALERS_PROMETHEUS_CONFIG_H
#define SCALERS_PROMETHEUS_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "config/params.h"
#include "scaler/base/text.h"
#include "scalers/shared/http_auth.h"

/* What only the cloud variants of the trigger need; all of it leads to a refusal, unless authModes makes it
 * meaningless. */
struct prometheus_cloud {
    char *aws_region, *identity_owner, *aws_role_arn, *aws_access_key;
    char *google_credentials, *credentials_env, *credentials_env_file;
    char *azure_cloud, *azure_resource;
};

struct prometheus_config {
    char *server_address;
    char *query;
    double threshold, activation;
    char *namespace;
    struct text_map query_parameters;
    struct text_map custom_headers;
    bool ignore_null_values;
    bool unsafe_ssl;
    int64_t timeout_ns; /* 0: the process's default */
    char *metric_name;  /* accepted, unused */
    struct http_auth auth;
    struct prometheus_cloud cloud;
};

#define PROMETHEUS_ROWS_LEN 20
extern const struct param_row prometheus_rows[PROMETHEUS_ROWS_LEN];
void prometheus_config_check(void *config, const struct params_context *context,
                             struct params_error_sink *sink);

/* Whether the authentication block's certificates apply (and unsafeSsl then does not): some authMode and
 * either `ca` or mode tls. */
bool prometheus_config_own_tls(const struct prometheus_config *config);

#endif

/* Rules between the prometheus trigger's parameters. */
#include "scalers/prometheus/config.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "scaler/base/mem.h"
#include "scalers/prometheus/request.h"
#include "scalers/shared/http_status.h"

bool prometheus_config_own_tls(const struct prometheus_config *config)
{
    const struct http_auth *auth = &config->auth;
    return http_auth_enabled(auth) && (!text_empty(auth->tls.ca) || http_auth_has(auth, "tls"));
}

static void check_address(const struct prometheus_config *config, struct params_error_sink *sink)
{
    const char *address = config->server_address;
    if (text_empty(address))
        return; /* reported as missing */
    if (strncasecmp(address, "http://", 7) != 0 && strncasecmp(address, "https://", 8) != 0)
        params_report(sink, "serverAddress", "must begin with http:// or https://");
    else if (strpbrk(address, " \t\r\n#"))
        params_report(sink, "serverAddress", "must not contain white space or '#'");
}

static void check_headers(const struct prometheus_config *config, struct params_error_sink *sink)
{
    for (size_t i = 0; i < config->custom_headers.len; i++) {
        const char *name = config->custom_headers.items[i].key;
        if (!http_header_name_ok(name))
            params_report(sink, "customHeaders", "\"%s\" is not a header name", name);
        else if (!prometheus_header_sent(name))
            params_warn(sink, "customHeaders", "header %s is left out, as KEDA does", name);
    }
    const char *custom = config->auth.custom_header;
    if (http_auth_has(&config->auth, "custom") && !text_empty(custom) && !http_header_name_ok(custom))
        params_report(sink, NULL, "parameter customAuthHeader is not a header name");
}

#define AMAZON                                                                                               \
    "Amazon Managed Prometheus is not supported (requests are not signed with SigV4): put aws-sigv4-proxy "  \
    "in front of it"
#define GOOGLE                                                                                               \
    "Google Managed Prometheus is not supported (no OAuth token is fetched): use its own frontend's address"
#define AZURE         "Azure Managed Prometheus is not supported (no Entra ID token is fetched)"
#define CLOUD(member) offsetof(struct prometheus_cloud, member)

/* What makes KEDA sign its requests. identityOwner "pod" alone signs nothing there either. */
static const struct cloud_mark {
    const char *name;
    size_t offset;
    const char *only; /* NULL: any value */
    const char *text;
    bool in_auth; /* cannot stand in the metadata */
} cloud_marks[] = {
    {"awsRegion", CLOUD(aws_region), NULL, AMAZON, false},
    {"identityOwner", CLOUD(identity_owner), "operator", AMAZON, false},
    {"awsRoleArn", CLOUD(aws_role_arn), NULL, AMAZON, true},
    {"awsAccessKeyID", CLOUD(aws_access_key), NULL, AMAZON, false},
    {"GoogleApplicationCredentials", CLOUD(google_credentials), NULL, GOOGLE, true},
    {"credentialsFromEnv", CLOUD(credentials_env), NULL, GOOGLE, false},
    {"credentialsFromEnvFile", CLOUD(credentials_env_file), NULL, GOOGLE, false},
    {"azureManagedPrometheusResourceURL", CLOUD(azure_resource), NULL, AZURE, false},
};

/* A request that the cloud would turn down for want of a signature is better refused here. */
static void refuse_clouds(const struct prometheus_cloud *cloud, struct params_error_sink *sink)
{
    for (size_t i = 0; i < ARRAY_LEN(cloud_marks); i++) {
        const struct cloud_mark *mark = &cloud_marks[i];
        const char *value = *(char *const *)(const void *)((const char *)cloud + mark->offset);
        if (text_empty(value) || (mark->only && strcmp(value, mark->only) != 0))
            continue;
        if (mark->in_auth)
            params_report(sink, NULL, "parameter %s: %s", mark->name, mark->text);
        else
            params_report(sink, mark->name, "%s", mark->text);
    }
}

static void warn_ignored(const struct prometheus_config *config, struct params_error_sink *sink)
{
    const struct http_auth *auth = &config->auth;
    if (!http_auth_enabled(auth) && !text_empty(auth->tls.ca))
        params_warn(sink, NULL, "parameter ca is ignored without authModes, as in KEDA");
    if (prometheus_config_own_tls(config) && config->unsafe_ssl)
        params_warn(sink, "unsafeSsl", "is ignored with authModes and ca or mode tls, as in KEDA");
    if (http_auth_has(auth, "apiKey") || http_auth_has(auth, "oauth"))
        params_warn(sink, "authModes", "apiKey and oauth send nothing with this trigger, as in KEDA");
}

void prometheus_config_check(void *config, const struct params_context *context,
                             struct params_error_sink *sink)
{
    struct prometheus_config *self = config;
    check_address(self, sink);
    http_auth_check(&self->auth, context, sink);
    check_headers(self, sink);
    if (!http_auth_enabled(&self->auth) && !context->auth_unknown)
        refuse_clouds(&self->cloud, sink);
    warn_ignored(self, sink);
}

/* Rules between the metrics-api trigger's parameters. */
#include "scalers/metrics_api/config.h"

#include <string.h>
#include <strings.h>

#include "scaler/base/text.h"
#include "scalers/shared/http_status.h"

static void check_url(const struct metrics_api_config *config, struct params_error_sink *sink)
{
    const char *url = config->url;
    if (text_empty(url))
        return; /* reported as missing */
    if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
        params_report(sink, "url", "must begin with http:// or https://");
    else if (strpbrk(url, " \t\r\n"))
        params_report(sink, "url", "must not contain white space");
}

static void check_value(struct metrics_api_config *config, const struct params_context *context,
                        struct params_error_sink *sink)
{
    struct err err = {0};
    if (text_empty(config->format_name)) /* wrong, and reported */
        return;
    if (!value_format_parse(config->format_name, &config->format))
        params_report(sink, "format", "must be one of json, yaml, prometheus");
    else if (config->format == VALUE_XML)
        params_report(sink, "format",
                      "xml is not supported: KEDA accepts it but never gets a value out of it");
    else if (!text_empty(config->value_location) &&
             value_check_location(config->format, config->value_location, &err) != 0)
        params_report(sink, "valueLocation", "is no series selector: %s", err.msg);
    if (config->target == 0 && !context->metric_source)
        params_report(sink, "targetValue", "must be given, and not 0");
}

static void check_auth(struct metrics_api_config *config, const struct params_context *context,
                       struct params_error_sink *sink)
{
    const struct http_auth *auth = &config->auth;
    http_auth_check(&config->auth, context, sink);
    bool header = http_auth_has(auth, "apiKey") && !text_eq(auth->method, "query");
    if (header && !text_empty(auth->key_param_name) && !http_header_name_ok(auth->key_param_name))
        params_report(sink, NULL, "parameter keyParamName is not a header name");
    if (http_auth_has(auth, "custom") || http_auth_has(auth, "oauth"))
        params_warn(sink, "authModes", "custom and oauth send nothing with this trigger, as in KEDA");
    if (!http_auth_has(auth, "tls") && !text_empty(auth->tls.ca))
        params_warn(sink, NULL, "parameter ca is ignored without mode tls, as in KEDA");
}

void metrics_api_config_check(void *config, const struct params_context *context,
                              struct params_error_sink *sink)
{
    struct metrics_api_config *self = config;
    check_url(self, sink);
    check_value(self, context, sink);
    check_auth(self, context, sink);
    if (self->aggregate)
        params_report(sink, "aggregateFromKubeServiceEndpoints",
                      "is not supported: triggers cannot see the endpoints of a Service; let url point at "
                      "something that adds them up");
}

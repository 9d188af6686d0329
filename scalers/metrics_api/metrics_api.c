/* Trigger type metrics-api: a number out of what an HTTP endpoint answers. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/net/http_client.h"
#include "scalers/api.h"
#include "scalers/metrics_api/config.h"
#include "scalers/metrics_api/request.h"
#include "scalers/shared/http_env.h"
#include "scalers/shared/http_status.h"
#include "scalers/shared/key.h"

/* Somebody's application, which also has its own work to do. */
#define MAX_IN_FLIGHT 5
/* It is read while the loop waits. */
#define MAX_BODY  ((size_t)4 << 20)
#define NS_PER_MS 1000000

struct scaler_source {
    struct http_pool *pool;
    int64_t timeout_ms;
    void (*closed)(void *arg);
    void *closed_arg;
};

struct reading {
    const struct metrics_api_config *config;
    scaler_done_fn done;
    void *arg;
};

/* KEDA reports NaN and infinities as 0; here they are unknown, as every value is that nobody measured. */
static void describe(const void *config, struct scaler_target *ret)
{
    const struct metrics_api_config *self = config;
    *ret = (struct scaler_target){.threshold = self->target, .activation = self->activation};
    (void)snprintf(ret->metric_name, sizeof(ret->metric_name), "metric-api-%s", self->value_location);
    scaler_normalize_name(ret->metric_name);
}

/* Scheme, user-info, host and port. */
static size_t origin_len(const char *url)
{
    const char *scheme_end = strstr(url, "://");
    size_t start = scheme_end ? (size_t)(scheme_end - url) + 3 : 0;
    return start + strcspn(url + start, "/?#");
}

static void source_key(const void *config, struct strbuf *key)
{
    const struct metrics_api_config *self = config;
    char *origin = mem_strndup(self->url, origin_len(self->url));
    key_add(key, origin);
    mem_free_secret(origin);
    key_add_int(key, self->unsafe_ssl);
    http_auth_key_add(key, &self->auth);
}

static void source_name(const void *config, struct strbuf *name)
{
    const struct metrics_api_config *self = config;
    AUTO_FREE char *origin = mem_strndup(self->url, origin_len(self->url));
    AUTO_FREE char *url = text_url_for_log(origin);
    strbuf_append(name, "metrics-api ");
    strbuf_append(name, url);
}

static void query_key(const void *config, struct strbuf *key)
{
    const struct metrics_api_config *self = config;
    key_add(key, self->url);
    key_add(key, self->value_location);
    key_add_int(key, self->format);
}

static int source_open(struct net *net, const void *config, struct scaler_source **ret, struct err *err)
{
    const struct metrics_api_config *self = config;
    static const struct tls_params none = {0};
    const struct tls_params *tls = http_auth_has(&self->auth, "tls") ? &self->auth.tls : &none;
    AUTO_FREE char *trust = tls_params_trust(tls->ca);
    struct http_pool_options options = {.max_in_flight = MAX_IN_FLIGHT, .follow_redirects = true};
    tls_params_options(tls, trust, self->unsafe_ssl, &options.tls);
    options.tls.min_version = http_env_min_tls();
    struct http_pool *pool = NULL;
    int code = http_pool_new(net, &options, &pool, err);
    if (code < 0)
        return code;
    struct scaler_source *source = mem_zalloc(sizeof(*source));
    source->pool = pool;
    source->timeout_ms = http_env_timeout_ms();
    *ret = source;
    return 0;
}

static int read_answer(const struct metrics_api_config *config, const struct http_response *response,
                       struct scaler_result *ret, struct err *err)
{
    double value;
    if (response->status != 200)
        return http_status_fail(response->status, err);
    int code =
        value_read(config->format, response->body, response->body_len, config->value_location, &value, err);
    if (code != 0)
        return code;
    *ret = (struct scaler_result){
        .state = isfinite(value) ? SCALER_OK : SCALER_NAN, .value = value, .activity = value};
    return 0;
}

static void on_response(const struct http_response *response, const struct err *error, void *arg)
{
    struct reading reading = *(struct reading *)arg;
    struct scaler_result result;
    struct err err = {0};
    mem_free(arg);
    if (error)
        reading.done(NULL, error, reading.arg);
    else if (read_answer(reading.config, response, &result, &err) == 0)
        reading.done(&result, NULL, reading.arg);
    else
        reading.done(NULL, &err, reading.arg);
}

static int64_t timeout_ms(const struct scaler_source *source, const struct metrics_api_config *config)
{
    int64_t ms = config->timeout_ns / NS_PER_MS + (config->timeout_ns % NS_PER_MS != 0);
    return ms > 0 ? ms : source->timeout_ms;
}

static int source_read(struct scaler_source *source, const void *config, scaler_done_fn done, void *arg,
                       struct err *err)
{
    const struct metrics_api_config *self = config;
    struct metrics_api_headers headers;
    struct strbuf url;
    strbuf_init(&url);
    metrics_api_url(self, &url);
    metrics_api_headers_init(self, &headers);
    struct reading *reading = mem_alloc(sizeof(*reading));
    *reading = (struct reading){.config = self, .done = done, .arg = arg};
    struct http_request request = {
        .url = url.data,
        .headers = headers.items,
        .headers_len = headers.len,
        .timeout_ms = timeout_ms(source, self),
        .connect_timeout_ms = timeout_ms(source, self),
        .max_body = MAX_BODY,
    };
    struct http_call *call = NULL;
    int code = http_start(source->pool, &request, on_response, reading, &call, err);
    metrics_api_headers_done(&headers);
    strbuf_done_secret(&url);
    if (code < 0)
        mem_free(reading);
    return code;
}

static void on_pool_closed(void *arg)
{
    struct scaler_source *source = arg;
    void (*closed)(void *) = source->closed;
    void *closed_arg = source->closed_arg;
    mem_free(source);
    closed(closed_arg);
}

static void source_close(struct scaler_source *source, void (*closed)(void *arg), void *arg)
{
    source->closed = closed;
    source->closed_arg = arg;
    http_pool_close(source->pool, on_pool_closed, source);
}

static const char *const names[] = {"metrics-api", NULL};

const struct scaler_type scaler_metrics_api = {
    .schema =
        {
            .names = names,
            .title = "Number from an HTTP endpoint",
            .doc =
                "A number, or a quantity such as `1k`, in what any HTTP endpoint answers: JSON, YAML or the "
                "Prometheus text format. An answer that cannot be read, or has nothing at `valueLocation`, "
                "is an error, never 0; NaN and infinities are unknown. "
                "`aggregateFromKubeServiceEndpoints` is not supported.",
            .rows = metrics_api_rows,
            .rows_len = METRICS_API_ROWS_LEN,
            .groups = {{.rows = http_auth_rows,
                        .rows_len = HTTP_AUTH_ROWS_LEN,
                        .offset = offsetof(struct metrics_api_config, auth)}},
            .groups_len = 1,
            .config_size = sizeof(struct metrics_api_config),
            .check = metrics_api_config_check,
        },
    .max_in_flight = MAX_IN_FLIGHT,
    .describe = describe,
    .source_key = source_key,
    .source_name = source_name,
    .query_key = query_key,
    .open = source_open,
    .read = source_read,
    .close = source_close,
};

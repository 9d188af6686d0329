/* Trigger type prometheus: one instant query per reading over a pool per server and credentials. */
#include <stddef.h>
#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"
#include "scaler/net/http_client.h"
#include "scalers/api.h"
#include "scalers/prometheus/config.h"
#include "scalers/prometheus/range.h"
#include "scalers/prometheus/request.h"
#include "scalers/prometheus/response.h"
#include "scalers/shared/http_env.h"
#include "scalers/shared/key.h"
#include "scalers/shared/quote.h"

/* Prometheus itself runs 20 queries at a time (--query.max-concurrency); what is beyond waits there with our
 * clock running. */
#define MAX_IN_FLIGHT 18
/* A vector of one element is below 1 KiB; more than this is somebody's raw series. */
#define MAX_BODY  ((size_t)4 << 20)
#define NS_PER_MS 1000000

struct scaler_source {
    struct http_pool *pool;
    int64_t timeout_ms;
    void (*closed)(void *arg);
    void *closed_arg;
};

struct reading {
    const struct prometheus_config *config;
    scaler_done_fn done;
    void *arg;
};

static void describe(const void *config, struct scaler_target *ret)
{
    const struct prometheus_config *self = config;
    *ret = (struct scaler_target){
        .threshold = self->threshold,
        .activation = self->activation,
        .missing_is_zero = self->ignore_null_values,
        .metric_name = "prometheus",
    };
}

static void source_key(const void *config, struct strbuf *key)
{
    const struct prometheus_config *self = config;
    key_add(key, self->server_address);
    key_add_map(key, &self->custom_headers);
    key_add_int(key, self->unsafe_ssl);
    http_auth_key_add(key, &self->auth);
}

static void source_name(const void *config, struct strbuf *name)
{
    const struct prometheus_config *self = config;
    AUTO_FREE char *url = text_url_for_log(self->server_address);
    strbuf_append(name, "prometheus ");
    strbuf_append(name, url);
}

static void query_key(const void *config, struct strbuf *key)
{
    const struct prometheus_config *self = config;
    key_add(key, self->query);
    key_add(key, self->namespace);
    key_add_map(key, &self->query_parameters);
}

static int source_open(struct net *net, const void *config, struct scaler_source **ret, struct err *err)
{
    const struct prometheus_config *self = config;
    static const struct tls_params none = {0};
    bool own_tls = prometheus_config_own_tls(self);
    const struct tls_params *tls = own_tls ? &self->auth.tls : &none;
    AUTO_FREE char *trust = tls_params_trust(tls->ca);
    struct http_pool_options options = {.max_in_flight = MAX_IN_FLIGHT, .follow_redirects = true};
    tls_params_options(tls, trust, self->unsafe_ssl && !own_tls, &options.tls);
    options.tls.min_version = http_env_min_tls();
    struct http_pool *pool = NULL;
    int result = http_pool_new(net, &options, &pool, err);
    if (result < 0)
        return result;
    struct scaler_source *source = mem_zalloc(sizeof(*source));
    source->pool = pool;
    source->timeout_ms = http_env_timeout_ms();
    *ret = source;
    return 0;
}

/* Shorter ones ("1", "true") are no secrets, and would hide too many messages. */
#define SECRET_MIN 8

/* Header and query parameter values may be tokens, though nobody marks them as such: as they are, and as they
 * stand in the URL. */
static void add_values(struct text_list *secrets, const struct text_map *map)
{
    for (size_t i = 0; i < map->len; i++) {
        if (strlen(map->items[i].value) < SECRET_MIN)
            continue;
        AUTO_STRBUF struct strbuf escaped;
        strbuf_init(&escaped);
        strbuf_append_query_escaped(&escaped, map->items[i].value);
        text_list_add(secrets, map->items[i].value);
        text_list_add(secrets, escaped.data);
    }
}

static void add_secrets(const struct prometheus_config *config, const char *header, struct text_list *secrets)
{
    const struct http_auth *auth = &config->auth;
    const char *query = strchr(config->server_address, '?');
    const char *const fixed[] = {auth->bearer_token,  auth->password, auth->custom_value,      auth->api_key,
                                 auth->client_secret, header,         query ? query + 1 : NULL};
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        if (!text_empty(fixed[i]))
            text_list_add(secrets, fixed[i]);
    add_values(secrets, &config->custom_headers);
    add_values(secrets, &config->query_parameters);
}

static void forget_secrets(struct text_list *secrets)
{
    for (size_t i = 0; i < secrets->len; i++)
        mem_wipe(secrets->items[i], strlen(secrets->items[i]));
    text_list_done(secrets);
}

/* "HTTP status 400: parse error …": what the server says of the query is what its author needs. */
static void add_server_text(const struct prometheus_config *config, const struct http_response *response,
                            struct err *err)
{
    char text[1024], quoted[QUOTE_MAX + 1];
    if (!prometheus_response_error(response->body, response->body_len, text, sizeof(text)))
        return;
    struct prometheus_headers headers;
    struct text_list secrets = {0};
    prometheus_headers_init(config, &headers);
    add_secrets(config, headers.auth_value, &secrets);
    quote_untrusted(quoted, sizeof(quoted), text, strlen(text), (const char *const *)secrets.items,
                    secrets.len);
    forget_secrets(&secrets);
    prometheus_headers_done(&headers);
    err_set(err, (enum err_code)err->code, "HTTP status %d: %s", response->status, quoted);
}

static void on_response(const struct http_response *response, const struct err *error, void *arg)
{
    struct reading reading = *(struct reading *)arg;
    mem_free(arg);
    if (error) {
        reading.done(NULL, error, reading.arg);
        return;
    }
    struct scaler_result result;
    struct err err = {0};
    if (prometheus_response_read(response->status, response->body, response->body_len, &result, &err) == 0) {
        reading.done(&result, NULL, reading.arg);
        return;
    }
    if (response->status > 299)
        add_server_text(reading.config, response, &err);
    reading.done(NULL, &err, reading.arg);
}

static int64_t timeout_ms(const struct scaler_source *source, const struct prometheus_config *config)
{
    int64_t ms = config->timeout_ns / NS_PER_MS + (config->timeout_ns % NS_PER_MS != 0);
    return ms > 0 ? ms : source->timeout_ms;
}

static int source_read(struct scaler_source *source, const void *config, scaler_done_fn done, void *arg,
                       struct err *err)
{
    const struct prometheus_config *self = config;
    AUTO_STRBUF struct strbuf url;
    strbuf_init(&url);
    prometheus_request_url(self, clock_wall_ms(), &url);
    struct prometheus_headers headers;
    prometheus_headers_init(self, &headers);
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
    int result = http_start(source->pool, &request, on_response, reading, &call, err);
    prometheus_headers_done(&headers);
    if (result < 0)
        mem_free(reading);
    return result;
}

/* ---- the past, for simulations ---- */

/* A day of a heavy query takes longer than a reading may. */
#define RANGE_TIMEOUT_MS 60000
#define RANGE_MAX_BODY   ((size_t)64 << 20)

struct past {
    const struct prometheus_config *config;
    struct scaler_range range;
    scaler_range_fn done;
    void *arg;
};

static void on_past(const struct http_response *response, const struct err *error, void *arg)
{
    struct past past = *(struct past *)arg;
    mem_free(arg);
    if (error) {
        past.done(NULL, 0, error, past.arg);
        return;
    }
    struct scaler_sample *samples = NULL;
    size_t len = 0;
    struct err err = {0};
    int rc = prometheus_range_read(response->status, response->body, response->body_len, &past.range,
                                   &samples, &len, &err);
    if (rc < 0 && response->status > 299)
        add_server_text(past.config, response, &err);
    past.done(samples, len, rc < 0 ? &err : NULL, past.arg);
    mem_free(samples);
}

static int source_read_range(struct scaler_source *source, const void *config,
                             const struct scaler_range *range, scaler_range_fn done, void *arg,
                             struct err *err)
{
    AUTO_STRBUF struct strbuf url;
    strbuf_init(&url);
    prometheus_request_range_url(config, range, &url);
    struct prometheus_headers headers;
    prometheus_headers_init(config, &headers);
    struct past *past = mem_alloc(sizeof(*past));
    *past = (struct past){.config = config, .range = *range, .done = done, .arg = arg};
    const struct http_request request = {.url = url.data,
                                         .headers = headers.items,
                                         .headers_len = headers.len,
                                         .timeout_ms = RANGE_TIMEOUT_MS,
                                         .max_body = RANGE_MAX_BODY};
    struct http_call *call = NULL;
    int result = http_start(source->pool, &request, on_past, past, &call, err);
    prometheus_headers_done(&headers);
    if (result < 0)
        mem_free(past);
    return result;
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

static const char *const names[] = {"prometheus", NULL};

const struct scaler_type scaler_prometheus = {
    .schema =
        {
            .names = names,
            .title = "Prometheus query",
            .doc = "The value of a PromQL instant query, from Prometheus or anything that answers like it: "
                   "Thanos, Mimir, Cortex, "
                   "VictoriaMetrics. An answer with warnings (Thanos: a store is missing) never lowers "
                   "replicas.",
            .rows = prometheus_rows,
            .rows_len = PROMETHEUS_ROWS_LEN,
            .groups = {{.rows = http_auth_rows,
                        .rows_len = HTTP_AUTH_ROWS_LEN,
                        .offset = offsetof(struct prometheus_config, auth)}},
            .groups_len = 1,
            .config_size = sizeof(struct prometheus_config),
            .check = prometheus_config_check,
        },
    .max_in_flight = MAX_IN_FLIGHT,
    .describe = describe,
    .source_key = source_key,
    .source_name = source_name,
    .query_key = query_key,
    .open = source_open,
    .read = source_read,
    .read_range = source_read_range,
    .close = source_close,
};

/* URL and headers of a query. */
#include "scalers/prometheus/request.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"

static void append_rest(const struct prometheus_config *config, struct strbuf *url)
{
    if (!text_empty(config->namespace)) {
        strbuf_append(url, "&namespace=");
        strbuf_append(url, config->namespace);
    }
    for (size_t i = 0; i < config->query_parameters.len; i++) {
        strbuf_append_c(url, '&');
        strbuf_append_query_escaped(url, config->query_parameters.items[i].key);
        strbuf_append_c(url, '=');
        strbuf_append_query_escaped(url, config->query_parameters.items[i].value);
    }
}

void prometheus_request_url(const struct prometheus_config *config, int64_t wall_ms, struct strbuf *url)
{
    char time[CLOCK_RFC3339_MAX];
    strbuf_append(url, config->server_address);
    strbuf_append(url, "/api/v1/query?query=");
    strbuf_append_query_escaped(url, config->query);
    strbuf_append(url, "&time=");
    strbuf_append(url, clock_format_rfc3339(wall_ms, false, time, sizeof(time)));
    append_rest(config, url);
}

static void append_seconds(struct strbuf *url, const char *key, int64_t ms)
{
    strbuf_printf(url, "&%s=%" PRId64 ".%03d", key, ms / 1000, (int)(ms % 1000));
}

void prometheus_request_range_url(const struct prometheus_config *config, const struct scaler_range *range,
                                  struct strbuf *url)
{
    strbuf_append(url, config->server_address);
    strbuf_append(url, "/api/v1/query_range?query=");
    strbuf_append_query_escaped(url, config->query);
    append_seconds(url, "start", range->start_ms);
    append_seconds(url, "end", range->end_ms);
    append_seconds(url, "step", range->step_ms);
    append_rest(config, url);
}

bool prometheus_header_sent(const char *name)
{
    static const char *const own[] = {"Host", "Content-Length", "Transfer-Encoding", "Trailer"};
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        if (strcasecmp(name, own[i]) == 0)
            return false;
    }
    return true;
}

void prometheus_headers_init(const struct prometheus_config *config, struct prometheus_headers *ret)
{
    const struct text_map *custom = &config->custom_headers;
    const char *auth_name = NULL;
    *ret = (struct prometheus_headers){.items = mem_zalloc_array(custom->len + 1, sizeof(*ret->items))};
    http_auth_header(&config->auth, &auth_name, &ret->auth_value);
    for (size_t i = 0; i < custom->len; i++) {
        const struct text_pair *pair = &custom->items[i];
        if (prometheus_header_sent(pair->key) && !(auth_name && strcasecmp(pair->key, auth_name) == 0))
            ret->items[ret->len++] = (struct http_header){.name = pair->key, .value = pair->value};
    }
    if (auth_name)
        ret->items[ret->len++] = (struct http_header){.name = auth_name, .value = ret->auth_value};
}

void prometheus_headers_done(struct prometheus_headers *headers)
{
    mem_free(headers->items);
    mem_free_secret(headers->auth_value);
    *headers = (struct prometheus_headers){0};
}

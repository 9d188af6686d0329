/* Sources of the redis trigger types. */
#include "scalers/redis/source.h"

#include "scaler/base/mem.h"
#include "scalers/shared/key.h"

void redis_check_single(void *config, const struct params_context *context, struct params_error_sink *sink)
{
    redis_params_check(config, REDIS_SINGLE, context, sink);
}

void redis_check_cluster(void *config, const struct params_context *context, struct params_error_sink *sink)
{
    redis_params_check(config, REDIS_CLUSTER, context, sink);
}

void redis_check_sentinel(void *config, const struct params_context *context, struct params_error_sink *sink)
{
    redis_params_check(config, REDIS_SENTINEL, context, sink);
}

/* The check has made sure of one, unless it was told that one may still come. */
static size_t addresses_used(const struct redis_params *params)
{
    if (params->topology == REDIS_SINGLE)
        return params->addresses.len > 0 ? 1 : 0;
    return params->addresses.len;
}

void redis_source_key(const void *config, struct strbuf *key)
{
    const struct redis_params *params = config;
    for (size_t i = 0; i < addresses_used(params); i++)
        key_add(key, params->addresses.items[i]);
    redis_params_key_add(key, params);
}

static bool has_database(const struct redis_params *params)
{
    return params->topology != REDIS_CLUSTER && params->database > 0;
}

void redis_source_name(const void *config, struct strbuf *name)
{
    static const char *const starts[] = {
        [REDIS_SINGLE] = "redis ", [REDIS_CLUSTER] = "redis-cluster ", [REDIS_SENTINEL] = "redis-sentinel "};
    const struct redis_params *params = config;
    strbuf_append(name, starts[params->topology]);
    for (size_t i = 0; i < addresses_used(params); i++) {
        if (i > 0)
            strbuf_append_c(name, ',');
        strbuf_append(name, params->addresses.items[i]);
    }
    if (params->topology == REDIS_SENTINEL && params->sentinel_master)
        strbuf_printf(name, " %s", params->sentinel_master);
    if (has_database(params))
        strbuf_printf(name, "/%lld", (long long)params->database);
}

int redis_source_open(struct net *net, const void *config, struct scaler_source **ret, struct err *err)
{
    struct redis_client *client = NULL;
    int result = redis_client_open(net, config, &client, err);
    if (result < 0)
        return result;
    struct scaler_source *source = mem_zalloc(sizeof(*source));
    source->net = net;
    source->client = client;
    *ret = source;
    return 0;
}

static void on_closed(void *arg)
{
    struct scaler_source *source = arg;
    void (*closed)(void *) = source->closed;
    void *closed_arg = source->closed_arg;
    key_types_done(&source->types);
    mem_free(source);
    closed(closed_arg);
}

void redis_source_close(struct scaler_source *source, void (*closed)(void *arg), void *arg)
{
    source->closed = closed;
    source->closed_arg = arg;
    redis_client_close(source->client, on_closed, source);
}

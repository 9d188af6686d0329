/* Owns pools: the queue before curl, the cap on requests in flight, and the end of a pool. */
#include <utlist.h>

#include "scaler/base/mem.h"
#include "scaler/net/http_internal.h"
#include "scaler/net/tls_material.h"

static struct transport *get(struct net *net, const struct http_pool_options *options,
                             enum transport_kind kind, struct tls_material *material)
{
    return options->own_connections ? transport_get_own(net, kind, material)
                                    : transport_get(net, kind, material);
}

/* HTTP/2 apart: a request that asked for 1.1 must not find a 2 connection to reuse. And what has a body goes
 * over 1.1 in any case: curl 7.88 loses the answer (CURLE_HTTP2_STREAM) when, on a connection shared with
 * other streams, it comes before curl has noticed that all of the body is sent. */
static void get_transports(struct http_pool *pool, const struct http_pool_options *options,
                           struct tls_material *material)
{
    pool->uploads = get(pool->net, options, TRANSPORT_HTTP1, material);
    pool->transport = options->http2 ? get(pool->net, options, TRANSPORT_HTTP2, material) : pool->uploads;
}

static void put_transports(struct http_pool *pool)
{
    if (pool->transport != pool->uploads)
        transport_put(pool->transport);
    transport_put(pool->uploads);
}

int http_pool_new(struct net *net, const struct http_pool_options *options, struct http_pool **ret,
                  struct err *err)
{
    struct tls_material *material;
    int rc = http_check_proxy(options, err);
    if (rc < 0)
        return rc;
    rc = tls_material_new(net, &options->tls, &material, err);
    if (rc < 0)
        return rc;
    struct http_pool *pool = mem_zalloc(sizeof(*pool));
    pool->net = net;
    pool->max_in_flight = options->max_in_flight;
    pool->follow_redirects = options->follow_redirects;
    pool->proxy = http_proxy_new(options->proxy);
    get_transports(pool, options, material);
    tls_material_unref(material);
    *ret = pool;
    return 0;
}

static void on_pool_empty(void *arg)
{
    struct http_pool *pool = arg;
    void (*closed)(void *arg) = pool->closed;
    void *closed_arg = pool->closed_arg;
    put_transports(pool);
    http_proxy_free(pool->proxy);
    mem_free_secret(pool->authority);
    mem_free(pool);
    if (closed)
        closed(closed_arg);
}

/* The pool's end is put off like every answer, behind a pump that may still be on its way. */
static void finish_if_empty(struct http_pool *pool)
{
    if (pool->closing && pool->calls == 0 && !pool->pump_deferred)
        net_defer(pool->net, on_pool_empty, pool);
}

static void on_pump_deferred(void *arg)
{
    struct http_pool *pool = arg;
    pool->pump_deferred = false;
    http_pool_pump(pool);
    finish_if_empty(pool);
}

static bool has_room(const struct http_pool *pool)
{
    return pool->max_in_flight == 0 || pool->in_flight < pool->max_in_flight;
}

void http_pool_pump(struct http_pool *pool)
{
    if (pool->closing || !pool->queued)
        return;
    if (transport_busy(pool->transport) || transport_busy(pool->uploads)) {
        if (!pool->pump_deferred)
            net_defer(pool->net, on_pump_deferred, pool);
        pool->pump_deferred = true;
        return;
    }
    while (pool->queued && has_room(pool))
        http_call_start(pool->queued);
}

void http_pool_call_gone(struct http_pool *pool)
{
    pool->calls--;
    http_pool_pump(pool);
    finish_if_empty(pool);
}

void http_pool_close(struct http_pool *pool, void (*closed)(void *arg), void *arg)
{
    struct http_call *call, *next;
    if (!pool || pool->closing)
        return;
    pool->closing = true;
    pool->closed = closed;
    pool->closed_arg = arg;
    DL_FOREACH_SAFE (pool->queued, call, next)
        http_cancel(call);
    DL_FOREACH_SAFE (pool->running, call, next)
        http_cancel(call);
    finish_if_empty(pool);
}

unsigned http_pool_in_flight(const struct http_pool *pool)
{
    return pool->in_flight;
}

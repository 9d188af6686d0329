/* Owns the loop context: its birth and end, the clock of a turn, and what was put off to the next turn.
 * Sockets, curl and timers have files of their own. */
#include "scaler/net/net.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdlib.h>

#include "scaler/base/clock.h"
#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/net/internal.h"
#include "scaler/net/trust.h"

void net_handle_opened(struct net *net)
{
    net->handles++;
}

static void finish(struct net *net)
{
    void (*closed)(void *arg) = net->closed;
    void *arg = net->closed_arg;
    trust_free(net->trust);
    mem_free(net->next.items);
    mem_free(net->now.items);
    mem_free(net->socks);
    mem_free(net->clock);
    mem_free(net);
    curl_global_cleanup();
    if (closed)
        closed(arg);
}

void net_handle_closed(struct net *net)
{
    if (--net->handles == 0 && net->closing)
        finish(net);
}

static void on_idle_closed(uv_handle_t *handle)
{
    net_handle_closed(handle->data);
}

static void close_handles(struct net *net)
{
    if (net->transports) { /* a caller's mistake that would end in a use after free: stop here, loudly */
        log_error(NULL, "net_close: a pool or stream is still open");
        abort();
    }
    wheel_close(net->wheel);
    lag_close(net->lag);
    uv_close((uv_handle_t *)&net->idle, on_idle_closed);
}

/* Answers put off before net_close still come; the handles close when none is left. */
static void on_idle(uv_idle_t *idle)
{
    struct net *net = idle->data;
    struct deferrals run = net->next;
    net->next = net->now;
    net->next.len = 0;
    net->now = (struct deferrals){0};
    for (size_t i = 0; i < run.len; i++)
        run.items[i].fn(run.items[i].arg);
    net->now = run;
    if (net->next.len)
        return;
    uv_idle_stop(idle);
    if (net->closing)
        close_handles(net);
}

void net_defer(struct net *net, void (*fn)(void *arg), void *arg)
{
    struct deferrals *next = &net->next;
    if (next->len == next->cap) {
        next->cap = next->cap ? next->cap * 2 : 64;
        next->items = mem_realloc_array(next->items, next->cap, sizeof(*next->items));
    }
    next->items[next->len++] = (struct deferral){.fn = fn, .arg = arg};
    uv_idle_start(&net->idle, on_idle);
}

/* A peer that goes away while we write must be an error of that write, not the end of the process. curl is
 * told not to touch signals (CURLOPT_NOSIGNAL), so nobody else does this. A handler set by main stays. */
static void ignore_sigpipe(void)
{
    struct sigaction current;
    if (sigaction(SIGPIPE, NULL, &current) == 0 && current.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

int net_new(uv_loop_t *loop, struct net **ret, struct err *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        return err_set(err, ERR_UNSUPPORTED, "libcurl cannot be initialised");
    ignore_sigpipe();
    struct net *net = mem_zalloc(sizeof(*net));
    net->loop = loop;
    net->clock = mem_zalloc(sizeof(*net->clock));
    uv_update_time(loop);
    net->clock->uv_now = uv_now(loop);
    net->clock->now_ms = clock_now_ms();
    uv_idle_init(loop, &net->idle);
    net->idle.data = net;
    net_handle_opened(net);
    net->wheel = wheel_new(net);
    net->lag = lag_new(net);
    *ret = net;
    return 0;
}

uv_loop_t *net_loop(struct net *net)
{
    return net->loop;
}

void net_close(struct net *net, void (*closed)(void *arg), void *arg)
{
    net->closing = true;
    net->closed = closed;
    net->closed_arg = arg;
    uv_idle_start(&net->idle, on_idle);
}

/* uv's own time moves once per turn, when the poll returns: the sign that ours is out of date. */
int64_t net_now_ms(const struct net *net)
{
    uint64_t turn = uv_now(net->loop);
    if (turn != net->clock->uv_now) {
        net->clock->uv_now = turn;
        net->clock->now_ms = clock_now_ms();
    }
    return net->clock->now_ms;
}

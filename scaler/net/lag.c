/* Owns the loop's heartbeat: how late a timer of 100 ms fires tells how long the loop was kept busy. */
#include <stdlib.h>
#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"
#include "scaler/net/internal.h"

#define HEARTBEAT_MS 100
#define SAMPLES      1000

struct lag {
    struct net *net;
    uv_timer_t timer;
    int64_t due_us;
    int64_t max_us;
    uint64_t heartbeats;
    int64_t samples[SAMPLES]; /* ring */
};

static void on_heartbeat(uv_timer_t *timer)
{
    struct lag *lag = timer->data;
    int64_t now = clock_mono_us();
    int64_t late = now > lag->due_us ? now - lag->due_us : 0;
    lag->samples[lag->heartbeats++ % SAMPLES] = late;
    if (late > lag->max_us)
        lag->max_us = late;
    lag->due_us = now + HEARTBEAT_MS * 1000;
}

struct lag *lag_new(struct net *net)
{
    struct lag *lag = mem_zalloc(sizeof(*lag));
    lag->net = net;
    lag->timer.data = lag;
    lag->due_us = clock_mono_us() + HEARTBEAT_MS * 1000;
    uv_timer_init(net->loop, &lag->timer);
    uv_timer_start(&lag->timer, on_heartbeat, HEARTBEAT_MS, HEARTBEAT_MS);
    net_handle_opened(net);
    return lag;
}

static void on_closed(uv_handle_t *handle)
{
    struct lag *lag = handle->data;
    struct net *net = lag->net;
    mem_free(lag);
    net_handle_closed(net);
}

void lag_close(struct lag *lag)
{
    uv_close((uv_handle_t *)&lag->timer, on_closed);
}

static int compare_us(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

void net_lag_read(struct net *net, struct net_lag *ret)
{
    const struct lag *lag = net->lag;
    int64_t sorted[SAMPLES];
    size_t len = lag->heartbeats < SAMPLES ? (size_t)lag->heartbeats : SAMPLES;
    memcpy(sorted, lag->samples, len * sizeof(sorted[0]));
    qsort(sorted, len, sizeof(sorted[0]), compare_us);
    ret->max_us = lag->max_us;
    ret->p99_us = len ? sorted[(len * 99 + 99) / 100 - 1] : 0;
    ret->heartbeats = lag->heartbeats;
}

void net_lag_reset(struct net *net)
{
    net->lag->max_us = 0;
}

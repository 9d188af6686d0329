/* The loop context: one uv loop, one curl multi on it. Everything that talks to the outside hangs on it. */
#ifndef SCALER_NET_NET_H
#define SCALER_NET_NET_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "scaler/base/err.h"

struct net;

/* Takes over an initialised loop (borrowed). */
int net_new(uv_loop_t *loop, struct net **ret, struct err *err);
uv_loop_t *net_loop(struct net *net);
/* Closes the multi and its handles; everything opened on net must be closed before. The loop still has to run
 * to finish. */
void net_close(struct net *net, void (*closed)(void *arg), void *arg);

/* Milliseconds, clock_now_ms() read once per loop turn. */
int64_t net_now_ms(const struct net *net);

/* How much later than due the loop's own heartbeat (every 100 ms) fires: for /metrics and the bench. */
struct net_lag {
    int64_t max_us; /* since the last net_lag_reset */
    int64_t p99_us; /* over the last 1000 heartbeats */
    uint64_t heartbeats;
};
void net_lag_read(struct net *net, struct net_lag *ret);
void net_lag_reset(struct net *net); /* max_us only */

/* Runs fn(arg) in the next turn; for answers that must not come before a call has returned. */
void net_defer(struct net *net, void (*fn)(void *arg), void *arg);

#endif

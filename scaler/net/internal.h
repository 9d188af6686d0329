/* What the files of this room share and nobody else sees: the inside of struct net. */
#ifndef SCALER_NET_INTERNAL_H
#define SCALER_NET_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "scaler/net/net.h"

struct lag;
struct sock;
struct transport;
struct trust;
struct wheel;

/* Read once per turn, also through a const struct net: hence behind a pointer. */
struct turn_clock {
    uint64_t uv_now;
    int64_t now_ms;
};

struct deferral {
    void (*fn)(void *arg);
    void *arg;
};

struct deferrals {
    struct deferral *items;
    size_t len, cap;
};

struct net {
    uv_loop_t *loop;
    struct turn_clock *clock;
    uv_idle_t idle;             /* active only while something is deferred */
    struct deferrals next, now; /* filled by callers; being run */
    struct wheel *wheel;
    struct lag *lag;
    struct trust *trust; /* NULL until the system's certificates were needed */
    struct sock **socks; /* by file descriptor */
    size_t socks_len;
    struct transport *transports; /* list */
    unsigned spare_handles;       /* easy handles kept for reuse, over all transports */
    unsigned handles;             /* uv handles not yet closed */
    bool closing;
    void (*closed)(void *arg);
    void *closed_arg;
};

/* Every uv handle of the room is counted, so that net knows when the last one is gone. */
void net_handle_opened(struct net *net);
void net_handle_closed(struct net *net);

struct wheel *wheel_new(struct net *net);
void wheel_close(struct wheel *wheel); /* frees itself when its uv timer is closed */

struct lag *lag_new(struct net *net);
void lag_close(struct lag *lag);

#endif

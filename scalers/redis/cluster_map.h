/* A cluster's own words: which node owns which slots, where a redirect points, which slot a key is in. Pure:
 * knows replies and bytes, no connections. */
#ifndef SCALERS_REDIS_CLUSTER_MAP_H
#define SCALERS_REDIS_CLUSTER_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"
#include "scalers/redis/resp.h"

#define CLUSTER_SLOTS 16384

/* CRC16 (XMODEM) of the key, or of what stands in its first braces. */
uint16_t cluster_slot(const char *key, size_t len);

/* What one line of the map says. Each node comes once at least; one without slots with first > last. */
struct cluster_range {
    const char *host; /* "": the server that was asked */
    uint16_t port;
    bool owner; /* else a replica */
    uint16_t first, last;
};

/* fn < 0 ends the walk with that code. */
typedef int (*cluster_range_fn)(void *arg, const struct cluster_range *range, struct err *err);

/* The replies of CLUSTER SLOTS and of CLUSTER SHARDS (tls: its TLS ports). A reply that names no slot at all
 * is an error: who gives it is in no cluster. */
int cluster_slots_each(const struct redis_reply *reply, cluster_range_fn fn, void *arg, struct err *err);
int cluster_shards_each(const struct redis_reply *reply, bool tls, cluster_range_fn fn, void *arg,
                        struct err *err);

/* "MOVED 3999 host:port" and "ASK …". The caller frees *ret_host; "" as above. */
int cluster_redirect_parse(const struct redis_reply *reply, uint16_t *ret_slot, char **ret_host,
                           uint16_t *ret_port, struct err *err);

/* 127.0.0.0/8, ::1, localhost: what a node says of itself that does not know its address. */
bool cluster_host_is_loopback(const char *host);

#endif

/* Servers by address, each with one connection: the nodes of a cluster, the sentinels, the master they name.
 * Nothing connects before something is sent. */
#ifndef SCALERS_REDIS_PEERS_H
#define SCALERS_REDIS_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"
#include "scalers/redis/connection.h"

struct net;
struct peer_entry;
struct redis_peers;

struct redis_peer {
    struct redis_peers *peers;
    char *host;
    uint16_t port;
    struct redis_connection *connection;
    unsigned in_flight; /* what its users sent and have not been answered */
    bool keep;          /* redis_peers_sweep leaves it */
    uint16_t index;     /* its user's: a place in a list */
};

/* A cluster has at most a thousand nodes; what names more is no cluster. */
#define REDIS_PEERS_MAX 4096

struct redis_peers {
    struct net *net;
    struct redis_login *login;
    int64_t database;
    bool master;
    struct peer_entry *by_address;
    unsigned closing; /* connections on their way out */
    bool ending;
    void (*closed)(void *arg);
    void *closed_arg;
};

/* The login is taken over. */
void redis_peers_init(struct redis_peers *peers, struct net *net, struct redis_login *login_take,
                      int64_t database, bool master);
/* Finds it, or makes it. host may come from a server: ERR_PROTOCOL when it cannot be one. */
int redis_peers_get(struct redis_peers *peers, const char *host, uint16_t port, struct redis_peer **ret,
                    struct err *err);
/* As redis_connection_send; whoever gets the answer says so with redis_peer_answered, first thing. */
int redis_peer_send(struct redis_peer *peer, struct redis_request *request, const struct redis_arg *args,
                    size_t args_len, struct err *err);
void redis_peer_answered(struct redis_peer *peer);
/* Closes those that nobody keeps and that owe no answer; those kept are marked as not kept. */
void redis_peers_sweep(struct redis_peers *peers);
/* What is in flight is answered ERR_CANCELED, then closed comes; never before this has returned. */
void redis_peers_close(struct redis_peers *peers, void (*closed)(void *arg), void *arg);

#endif

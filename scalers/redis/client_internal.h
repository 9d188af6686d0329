/* What the three kinds of client share: calls that wait until it is known whom to ask. */
#ifndef SCALERS_REDIS_CLIENT_INTERNAL_H
#define SCALERS_REDIS_CLIENT_INTERNAL_H

#include <stdbool.h>

#include "scalers/redis/client.h"
#include "scalers/redis/peers.h"

struct redis_client_ops {
    int (*call)(struct redis_client *client, struct redis_call *call, struct err *err);
    /* redis_client_gone when nothing is open any more. */
    void (*close)(struct redis_client *client);
    void (*free)(struct redis_client *client);
};

struct redis_client { /* first in each kind */
    const struct redis_client_ops *ops;
    struct net *net;
    struct redis_login *login, *sentinel_login; /* the latter may be NULL */
    struct redis_call *waiting, **waiting_tail;
    bool closing;
    void (*closed)(void *arg);
    void *closed_arg;
};

/* Each takes a zeroed struct of its own, with the base's members set. */
int redis_single_open(struct net *net, const struct redis_params *params, struct redis_client **ret,
                      struct err *err);
int redis_cluster_open(struct net *net, const struct redis_params *params, struct redis_client **ret,
                       struct err *err);
int redis_sentinel_open(struct net *net, const struct redis_params *params, struct redis_client **ret,
                        struct err *err);

void redis_client_init(struct redis_client *client, const struct redis_client_ops *ops, struct net *net,
                       const struct redis_params *params);
void redis_client_gone(struct redis_client *client); /* frees it */

void redis_client_wait(struct redis_client *client, struct redis_call *call);
/* Lets those that wait go: sent with send, or answered with error. */
void redis_client_release(struct redis_client *client,
                          int (*send)(struct redis_client *client, struct redis_call *call, struct err *err),
                          const struct err *error);

/* The addresses that can be parsed; the struct owns the hosts. */
struct redis_address {
    char *host;
    uint16_t port;
};
struct redis_addresses {
    struct redis_address *items;
    size_t len;
};
void redis_addresses_read(struct redis_addresses *addresses, const struct text_list *texts);
void redis_addresses_done(struct redis_addresses *addresses);

#endif

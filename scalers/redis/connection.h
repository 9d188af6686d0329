/* One pipelined connection to one Redis server: opened when first needed, AUTH, ROLE and SELECT done before
 * anything else is sent, all commands of one loop turn written at once, replies matched in order. It neither
 * retries nor reconnects by itself: what waits when the connection breaks gets the error, and the next
 * command connects anew. */
#ifndef SCALERS_REDIS_CONNECTION_H
#define SCALERS_REDIS_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "scaler/base/err.h"
#include "scalers/redis/login.h"
#include "scalers/redis/resp.h"

struct net;
struct redis_connection;

struct redis_endpoint {
    const char *host;
    uint16_t port;
    struct redis_login *login;
    int64_t database; /* 0 and below: not selected */
    bool master;      /* a server that says it is a replica is refused */
};

#define REDIS_TIMEOUT_MS 5000

/* One command under way. Embed it; it belongs to the connection until done has been called. */
struct redis_request {
    /* Exactly once, never before redis_connection_send has returned. error NULL: reply is valid (and may be
     * an error reply); else reply is NULL. Both die with the call. */
    void (*done)(struct redis_request *request, const struct redis_reply *reply, const struct err *error);
    int64_t deadline_ms; /* on net_now_ms's clock */
    struct redis_request *next;
};

/* Does not connect. The host is copied, the login referenced. */
int redis_connection_open(struct net *net, const struct redis_endpoint *endpoint,
                          struct redis_connection **ret, struct err *err);
/* Queues a command; set done and deadline_ms first. < 0 (nothing will come): too much is queued, or the
 * connection cannot start. */
int redis_connection_send(struct redis_connection *connection, struct redis_request *request,
                          const struct redis_arg *args, size_t args_len, struct err *err);
/* Fills err from an error reply of this connection, never with its credentials; returns the code. */
int redis_connection_failure(const struct redis_connection *connection, const struct redis_reply *reply,
                             struct err *err);
/* In later turns: what is under way is answered ERR_CANCELED, then closed comes. */
void redis_connection_close(struct redis_connection *connection, void (*closed)(void *arg), void *arg);

#endif

/* Commands about one key to a Redis deployment: a single server, a cluster, a master behind sentinels. Finds
 * the server, follows redirects, never repeats a reading that failed: the next one starts with what was
 * learned. */
#ifndef SCALERS_REDIS_CLIENT_H
#define SCALERS_REDIS_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"
#include "scalers/redis/connection.h"
#include "scalers/redis/params.h"

struct net;
struct redis_client;
struct redis_peer;

#define REDIS_CALL_ARGS_MAX 3

/* One command under way. Embed it; it belongs to the client until done has been called, and so do the bytes
 * that the arguments and the key point to. */
struct redis_call {
    /* As of struct redis_request. */
    void (*done)(struct redis_call *call, const struct redis_reply *reply, const struct err *error);
    struct redis_request request; /* set deadline_ms; the rest is the client's */
    struct redis_arg args[REDIS_CALL_ARGS_MAX];
    size_t args_len;
    struct redis_arg key; /* whose server is asked */

    /* the client's */
    struct redis_client *client;
    struct redis_peer *peer;
    struct redis_call *next;
    unsigned redirects;
};

/* Does not connect; everything is copied. */
int redis_client_open(struct net *net, const struct redis_params *params, struct redis_client **ret,
                      struct err *err);
/* < 0: done does not come. */
int redis_client_call(struct redis_client *client, struct redis_call *call, struct err *err);
/* Fills err from an error reply, never with the client's credentials; returns the code. */
int redis_client_failure(const struct redis_client *client, const struct redis_reply *reply, struct err *err);
/* In later turns: what is under way is answered ERR_CANCELED, then closed comes. */
void redis_client_close(struct redis_client *client, void (*closed)(void *arg), void *arg);

#endif

/* What the six redis trigger types share as sources: a client, and what it learned of the keys. */
#ifndef SCALERS_REDIS_SOURCE_H
#define SCALERS_REDIS_SOURCE_H

#include "scalers/api.h"
#include "scalers/redis/client.h"
#include "scalers/redis/key_types.h"

/* Commands are pipelined; this bounds what a burst may queue (connection.h refuses above 16 MiB). */
#define REDIS_MAX_IN_FLIGHT 100000

struct scaler_source {
    struct net *net;
    struct redis_client *client;
    struct key_types types;   /* list.c */
    int64_t version_until_ms; /* streams.c: the server need not be asked for its version before */
    void (*closed)(void *arg);
    void *closed_arg;
};

/* For configs whose first member is their struct redis_params. */
void redis_check_single(void *config, const struct params_context *context, struct params_error_sink *sink);
void redis_check_cluster(void *config, const struct params_context *context, struct params_error_sink *sink);
void redis_check_sentinel(void *config, const struct params_context *context, struct params_error_sink *sink);
void redis_source_key(const void *config, struct strbuf *key);
void redis_source_name(const void *config, struct strbuf *name);
int redis_source_open(struct net *net, const void *config, struct scaler_source **ret, struct err *err);
void redis_source_close(struct scaler_source *source, void (*closed)(void *arg), void *arg);

/* For reference pages. */
#define REDIS_CLUSTER_DOC                                                                                    \
    " The user also needs CLUSTER SLOTS or CLUSTER SHARDS. Redirects and failovers are followed while "      \
    "running; a "                                                                                            \
    "slot that no node serves is an error."
#define REDIS_SENTINEL_DOC                                                                                   \
    " The sentinels are asked for the master anew while running, at most once a second; a server that says " \
    "(ROLE) it is a replica is not read."

#endif

/* OAuth 2 client credentials: fetches the token that SASL OAUTHBEARER presents, on the loop. */
#ifndef SCALERS_KAFKA_OAUTH_H
#define SCALERS_KAFKA_OAUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "scalers/kafka/cluster.h"

struct net;
struct kafka_oauth;

/* token NULL: why says what went wrong (no secret in it). Both die with the call. expires_ms: wall clock. */
typedef void (*kafka_token_fn)(const char *token, int64_t expires_ms, const char *why, void *arg);

/* cluster is borrowed. */
int kafka_oauth_new(struct net *net, const struct kafka_cluster *cluster, kafka_token_fn got, void *arg,
                    struct kafka_oauth **ret, struct err *err);
/* Answers through got, in a later turn; one fetch at a time, asking again meanwhile has no effect. */
void kafka_oauth_fetch(struct kafka_oauth *oauth);
/* A fetch under way is not answered any more. closed comes in a later turn. */
void kafka_oauth_close(struct kafka_oauth *oauth, void (*closed)(void *arg), void *arg);

/* The token endpoint's answer to a request: the token (the caller's, mem_free_secret) and the seconds it
 * lives. */
int kafka_oauth_parse(const char *body, size_t len, char **ret_token, int64_t *ret_seconds, struct err *err);

#endif

/* curl multi handles on the loop. One transport serves up to TRANSPORT_USERS_MAX pools (or streams) that have
 * the same TLS material; its connections are never seen by others. */
#ifndef SCALER_NET_TRANSPORT_H
#define SCALER_NET_TRANSPORT_H

#include <curl/curl.h>
#include <stdbool.h>

#include "scaler/base/err.h"
#include "scaler/base/strbuf.h"

struct net;
struct tls_material;
struct transport;

enum transport_kind { TRANSPORT_HTTP1, TRANSPORT_HTTP2, TRANSPORT_STREAM };

/* curl walks all connections of a multi at the end of each transfer (7.88, multi.c): keep those lists short.
 */
#define TRANSPORT_USERS_MAX 64

/* What is under way: embedded in calls and streams, set as CURLOPT_PRIVATE. */
struct transfer {
    void (*done)(struct transfer *transfer, CURLcode result); /* never from within curl */
    struct net *net;                                          /* set by transport_start, as the next */
    bool established; /* set it when the peer has answered: from then on curl announces the socket's close */
};

/* A curl easy handle with what it writes into; kept for the next request. */
struct slot {
    struct slot *next;
    CURL *easy;
    struct strbuf body;
    char error[CURL_ERROR_SIZE];
};

/* material: shared options; for streams ignored (their connections are never reused) and NULL. */
struct transport *transport_get(struct net *net, enum transport_kind kind, struct tls_material *material);
/* The same for one user alone. */
struct transport *transport_get_own(struct net *net, enum transport_kind kind, struct tls_material *material);
void transport_put(struct transport *transport); /* not from within a transfer's callbacks */

/* With the common options and nothing else set. */
struct slot *transport_slot_take(struct transport *transport);
void transport_slot_give(struct transport *transport, struct slot *slot);

int transport_start(struct transport *transport, CURL *easy, struct transfer *transfer, struct err *err);
void transport_stop(struct transport *transport, CURL *easy); /* not while transport_busy */
/* curl is on the stack: nothing may be started or stopped on this transport. */
bool transport_busy(const struct transport *transport);

/* HTTP/2, if the peer offers it. */
bool transport_multiplexes(const struct transport *transport);

/* Options every handle has, whatever it is for. */
void transport_apply_common(struct transport *transport, CURL *easy);

#endif

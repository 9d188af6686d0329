/* HTTP(S) requests over curl multi_socket. A pool holds what requests to one kind of peer share (TLS, proxy,
 * in-flight cap, queue); curl itself never queues. Answers come exactly once, never before http_start has
 * returned. */
#ifndef SCALER_NET_HTTP_CLIENT_H
#define SCALER_NET_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"
#include "scaler/net/tls.h"

struct net;
struct http_pool;
struct http_call;

struct http_pool_options {
    struct tls_options tls;
    unsigned max_in_flight; /* 0: no cap; the rest waits in the pool's own queue, in order */
    const char *proxy;      /* NULL: HTTP_PROXY, HTTPS_PROXY, NO_PROXY of the environment; "": none */
    bool http2;             /* multiplex when the peer offers it (ALPN); requests with a body use 1.1 */
    bool own_connections;   /* never share any with another pool: a new pool then means new connections */
    bool follow_redirects;  /* at most 10; authorization is dropped on another host */
};

struct http_header {
    const char *name;
    const char *value;
};

#define HTTP_BODY_DEFAULT_MAX ((size_t)16 << 20)

struct http_request {
    const char *method; /* NULL: GET */
    const char *url;    /* http or https only */
    const struct http_header *headers;
    size_t headers_len;
    const char *body;
    size_t body_len;
    int64_t timeout_ms;         /* whole request, queueing included; 0: none (watches) */
    int64_t idle_timeout_ms;    /* no byte for so long: ERR_TIMEOUT; 0: none */
    int64_t connect_timeout_ms; /* 0: 5000 */
    size_t max_body;            /* 0: HTTP_BODY_DEFAULT_MAX; more is ERR_LIMIT */
    /* Streaming: given each piece of a 2xx body as it comes instead of collecting it. Returning false ends
     * the call with ERR_CANCELED. */
    bool (*on_data)(const char *bytes, size_t len, void *arg);
    const char *username, *password; /* basic; NULL: none */
};

struct http_response {
    int status;
    const char *body; /* NUL-terminated; "" when streamed */
    size_t body_len;
    const char *content_type; /* or "" */
    int64_t retry_after_ms;   /* -1: none */
    int64_t duration_ms;
};

/* error NULL: response valid, whatever its status. Both die with the call. */
typedef void (*http_done_fn)(const struct http_response *response, const struct err *error, void *arg);

int http_pool_new(struct net *net, const struct http_pool_options *options, struct http_pool **ret,
                  struct err *err);
/* Cancels what is under way (each answered ERR_CANCELED in a later turn) and frees the pool after the last
 * answer. */
void http_pool_close(struct http_pool *pool, void (*closed)(void *arg), void *arg);
unsigned http_pool_in_flight(const struct http_pool *pool);

/* Everything in request is copied. < 0: bad request (URL, header with a line break …), done is not called. */
int http_start(struct http_pool *pool, const struct http_request *request, http_done_fn done, void *arg,
               struct http_call **ret, struct err *err);
/* done comes with ERR_CANCELED in a later turn; nothing if it is running. Once it has returned, call is gone.
 */
void http_cancel(struct http_call *call);

#endif

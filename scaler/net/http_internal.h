/* What the files of the HTTP client share. */
#ifndef SCALER_NET_HTTP_INTERNAL_H
#define SCALER_NET_HTTP_INTERNAL_H

#include <curl/curl.h>

#include "scaler/net/gunzip.h"
#include "scaler/net/http_client.h"
#include "scaler/net/internal.h"
#include "scaler/net/timer.h"
#include "scaler/net/transport.h"

struct http_pool {
    struct net *net;
    struct transport *transport;
    struct transport *uploads; /* requests with a body; the same unless http2 */
    unsigned max_in_flight;
    bool follow_redirects;
    struct http_proxy *proxy;
    struct http_call *queued, *running; /* lists, in order */
    unsigned in_flight;
    unsigned calls; /* queued, running or waiting for their answer */
    bool pump_deferred;
    bool closing;
    void (*closed)(void *arg);
    void *closed_arg;
    char *authority; /* scheme and authority last found well-formed; most pools have one */
};

enum http_call_state { HTTP_CALL_QUEUED, HTTP_CALL_RUNNING, HTTP_CALL_ENDING };

struct http_call {
    struct transfer transfer; /* first */
    struct http_pool *pool;
    struct transport *transport;
    struct http_call *prev, *next;
    struct slot *slot; /* while running */
    enum http_call_state state;
    struct timer deadline, idle;
    http_done_fn done;
    void *arg;
    struct err *ended; /* why, when the answer was put off to the next turn */

    const char *method, *url, *username, *password;
    const char *body; /* NULL: none */
    size_t body_len;
    struct curl_slist *headers;
    bool (*on_data)(const char *bytes, size_t len, void *arg);
    size_t max_body;
    int64_t timeout_ms, idle_timeout_ms, connect_timeout_ms;

    int64_t started_ms, last_byte_ms;
    size_t header_bytes;
    int64_t retry_after_ms;
    int status;            /* of the response being read; 0: not known yet */
    bool encoded;          /* that has a Content-Encoding */
    bool gzip;             /* and it is gzip */
    struct gunzip *gunzip; /* from the first byte of such a body on */
    enum err_code abort;   /* why a callback stopped curl */
    const char *abort_text;

    size_t block_len;
    char block[]; /* everything copied from the request */
};

/* http_copy.c */
struct http_call *http_call_copy(const struct http_request *request);
void http_call_free(struct http_call *call); /* wipes */

/* http_check.c */
int http_check_request(struct http_pool *pool, const struct http_request *request, struct err *err);
int http_check_proxy(const struct http_pool_options *options, struct err *err);

/* http_proxy.c: which proxy a URL goes through. */
struct http_proxy *http_proxy_new(const char *option);
void http_proxy_free(struct http_proxy *proxy);
const char *http_proxy_for(const struct http_proxy *proxy, const char *url); /* "": none */
const char *http_proxy_bypass(const struct http_proxy *proxy);

/* http_setup.c: the curl options of one call, and what curl calls while it runs. */
void http_call_setup(struct http_call *call);

/* http_call.c: the life of a call. */
void http_call_start(struct http_call *call);
void http_call_detach(struct http_call *call);

/* http_pool.c */
void http_pool_pump(struct http_pool *pool);
void http_pool_call_gone(struct http_pool *pool);

#endif

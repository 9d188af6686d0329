/* A small HTTP server on the loop (libmicrohttpd, external epoll): /metrics, /healthz … Handlers answer at
 * once. */
#ifndef SCALER_NET_HTTP_SERVER_H
#define SCALER_NET_HTTP_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"
#include "scaler/base/strbuf.h"

struct net;
struct http_server;

struct http_server_request {
    const char *method; /* "GET" or "HEAD" */
    const char *path;
    const char *(*query)(const struct http_server_request *request, const char *key); /* NULL: absent */
    void *internal;
};

struct http_server_reply {
    int status;               /* preset 200 */
    const char *content_type; /* preset text/plain; charset=utf-8; static text */
    struct strbuf *body;
};

typedef void (*http_server_fn)(const struct http_server_request *request, struct http_server_reply *reply,
                               void *arg);

/* address: "127.0.0.1:8080", "[::1]:8080", ":8080" (all), port 0 picks one. One handler for all paths;
 * methods other than GET and HEAD get 405. */
int http_server_open(struct net *net, const char *address, http_server_fn handler, void *arg,
                     struct http_server **ret, struct err *err);
uint16_t http_server_port(const struct http_server *server);
void http_server_close(struct http_server *server, void (*closed)(void *arg), void *arg);

#endif

/* A loop with a net on it, and an HTTP server that has one answer: what a trigger's vectors are read through.
 */
#ifndef TESTS_VECTORS_HTTP_PEER_H
#define TESTS_VECTORS_HTTP_PEER_H

#include <stdbool.h>
#include <uv.h>

#include "scaler/base/strbuf.h"
#include "scaler/net/net.h"

#define HTTP_PEER_CONNECTIONS_MAX 8

struct http_peer_connection {
    uv_tcp_t handle;
    struct strbuf request;
};

struct http_peer {
    uv_loop_t loop;
    struct net *net;
    uv_tcp_t listener;
    uv_timer_t guard;
    bool late, closed;
    char url[64];
    struct strbuf answer; /* bytes, head included, that every request gets */
    struct http_peer_connection connections[HTTP_PEER_CONNECTIONS_MAX];
    size_t connections_len;
};

/* false: this machine has no loopback to listen on. */
bool http_peer_open(struct http_peer *peer);
/* Runs until *flag; false when it takes longer than ten seconds. */
bool http_peer_run(struct http_peer *peer, const bool *flag);
/* What was opened on net must be closed. false: the loop did not come to its end. */
bool http_peer_close(struct http_peer *peer);

#endif

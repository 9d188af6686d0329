/* Owns the loop, the net and the server of one vector. */
#include "tests/vectors/http_peer.h"

#include <stdio.h>
#include <string.h>

#include "scaler/base/mem.h"

#define LIMIT_MS          10000
#define REQUEST_MAX_BYTES 65536

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    static char bytes[REQUEST_MAX_BYTES];
    (void)handle, (void)size;
    *buf = uv_buf_init(bytes, sizeof(bytes));
}

static void on_written(uv_write_t *request, int status)
{
    (void)status;
    mem_free(request);
}

static void on_bytes(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct http_peer *peer = stream->loop->data;
    struct http_peer_connection *connection = stream->data;
    if (len < 0) {
        uv_read_stop(stream);
        return;
    }
    strbuf_append_n(&connection->request, buf->base, (size_t)len);
    for (char *end; (end = strstr(connection->request.data, "\r\n\r\n"));) {
        strbuf_consume(&connection->request, (size_t)(end - connection->request.data) + 4);
        uv_write_t *request = mem_zalloc(sizeof(*request));
        uv_buf_t answer = uv_buf_init(peer->answer.data, (unsigned)peer->answer.len);
        if (uv_write(request, stream, &answer, 1, on_written) != 0)
            mem_free(request);
    }
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct http_peer *peer = listener->loop->data;
    if (status != 0 || peer->connections_len == HTTP_PEER_CONNECTIONS_MAX)
        return;
    struct http_peer_connection *connection = &peer->connections[peer->connections_len++];
    strbuf_init_max(&connection->request, REQUEST_MAX_BYTES);
    uv_tcp_init(&peer->loop, &connection->handle);
    connection->handle.data = connection;
    if (uv_accept(listener, (uv_stream_t *)&connection->handle) == 0)
        uv_read_start((uv_stream_t *)&connection->handle, on_alloc, on_bytes);
}

static bool listen_on_loopback(struct http_peer *peer)
{
    struct sockaddr_in address;
    int len = sizeof(address);
    uv_ip4_addr("127.0.0.1", 0, &address);
    if (uv_tcp_bind(&peer->listener, (struct sockaddr *)&address, 0) != 0 ||
        uv_listen((uv_stream_t *)&peer->listener, 16, on_connection) != 0 ||
        uv_tcp_getsockname(&peer->listener, (struct sockaddr *)&address, &len) != 0)
        return false;
    (void)snprintf(peer->url, sizeof(peer->url), "http://127.0.0.1:%d", ntohs(address.sin_port));
    return true;
}

bool http_peer_open(struct http_peer *peer)
{
    struct err err = {0};
    memset(peer, 0, sizeof(*peer));
    uv_loop_init(&peer->loop);
    peer->loop.data = peer;
    uv_timer_init(&peer->loop, &peer->guard);
    uv_tcp_init(&peer->loop, &peer->listener);
    strbuf_init(&peer->answer);
    return net_new(&peer->loop, &peer->net, &err) == 0 && listen_on_loopback(peer);
}

static void on_guard(uv_timer_t *timer)
{
    struct http_peer *peer = timer->loop->data;
    peer->late = true;
}

bool http_peer_run(struct http_peer *peer, const bool *flag)
{
    uv_timer_start(&peer->guard, on_guard, LIMIT_MS, 0);
    while (!*flag && !peer->late)
        uv_run(&peer->loop, UV_RUN_ONCE);
    uv_timer_stop(&peer->guard);
    return *flag;
}

static void on_net_closed(void *arg)
{
    *(bool *)arg = true;
}

bool http_peer_close(struct http_peer *peer)
{
    for (size_t i = 0; i < peer->connections_len; i++)
        uv_close((uv_handle_t *)&peer->connections[i].handle, NULL);
    uv_close((uv_handle_t *)&peer->listener, NULL);
    if (peer->net) {
        net_close(peer->net, on_net_closed, &peer->closed);
        http_peer_run(peer, &peer->closed);
    }
    uv_close((uv_handle_t *)&peer->guard, NULL);
    while (uv_run(&peer->loop, UV_RUN_NOWAIT))
        if (peer->late)
            return false;
    for (size_t i = 0; i < peer->connections_len; i++)
        strbuf_done(&peer->connections[i].request);
    strbuf_done(&peer->answer);
    return uv_loop_close(&peer->loop) == 0;
}

/* A TCP server on the test's loop whose every byte the test decides: well-behaved HTTP servers would not send
 * what must be survived. */
#ifndef TESTS_NET_PEER_H
#define TESTS_NET_PEER_H

#include <stdio.h>

#include "scaler/base/strbuf.h"
#include "tests/net/fixture.h"

struct peer;

struct peer_conn {
    struct peer_conn *next, *prev;
    uv_tcp_t tcp;
    struct peer *peer;
    unsigned nr;       /* 1: the first connection */
    unsigned requests; /* on this connection, this one included */
    struct strbuf in;
    bool closing;
};

struct peer {
    uv_tcp_t listener;
    unsigned port;
    unsigned accepted;
    unsigned requests;
    unsigned open;
    struct peer_conn *conns;
    /* A whole request, or (raw) whatever came. Must be set. */
    void (*on_request)(struct peer_conn *conn, const char *text, size_t len);
    bool raw;
    bool closed;
};

struct peer_write {
    uv_write_t req;
    bool close_after;
    char bytes[];
};

static inline void on_conn_closed(uv_handle_t *handle)
{
    struct peer_conn *conn = handle->data;
    struct peer_conn **at = &conn->peer->conns;
    while (*at != conn)
        at = &(*at)->next;
    *at = conn->next;
    conn->peer->open--;
    strbuf_done(&conn->in);
    mem_free(conn);
}

static inline void peer_hangup(struct peer_conn *conn)
{
    if (!conn->closing)
        uv_close((uv_handle_t *)&conn->tcp, on_conn_closed);
    conn->closing = true;
}

static inline void peer_reset(struct peer_conn *conn)
{
    if (!conn->closing)
        uv_tcp_close_reset(&conn->tcp, on_conn_closed);
    conn->closing = true;
}

static inline void on_written(uv_write_t *req, int status)
{
    struct peer_write *write = container_of(req, struct peer_write, req);
    struct peer_conn *conn = req->handle->data;
    if (write->close_after && status != UV_ECANCELED)
        peer_hangup(conn);
    mem_free(write);
}

static inline void peer_send_n(struct peer_conn *conn, const char *bytes, size_t len, bool close_after)
{
    if (conn->closing)
        return;
    struct peer_write *write = mem_alloc(sizeof(*write) + len);
    memcpy(write->bytes, bytes, len);
    write->close_after = close_after;
    uv_buf_t buf = uv_buf_init(write->bytes, (unsigned)len);
    uv_write(&write->req, (uv_stream_t *)&conn->tcp, &buf, 1, on_written);
}

static inline void peer_send(struct peer_conn *conn, const char *text)
{
    peer_send_n(conn, text, strlen(text), false);
}

static inline void peer_send_close(struct peer_conn *conn, const char *text)
{
    peer_send_n(conn, text, strlen(text), true);
}

/* 200 with a body and a length. */
static inline void peer_reply(struct peer_conn *conn, const char *body)
{
    char *text = mem_printf("HTTP/1.1 200 OK\r\nContent-Type: text/x-test\r\nContent-Length: %zu\r\n\r\n%s",
                            strlen(body), body);
    peer_send(conn, text);
    mem_free(text);
}

static inline void on_peer_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)handle;
    *buf = uv_buf_init(mem_alloc(suggested), (unsigned)suggested);
}

/* Length of the first whole request in text; 0: not whole yet. */
static inline size_t request_len(const char *text, size_t len)
{
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = strcasestr(text, "\r\nContent-Length:");
    if (!end)
        return 0;
    size_t whole = (size_t)(end - text) + 4;
    if (length && length < end)
        whole += (size_t)strtoul(length + 17, NULL, 10);
    return whole <= len ? whole : 0;
}

static inline void peer_feed(struct peer_conn *conn)
{
    struct peer *peer = conn->peer;
    size_t len;
    while (conn->in.len && !conn->closing) {
        len = peer->raw ? conn->in.len : request_len(conn->in.data, conn->in.len);
        if (!len)
            return;
        char *text = mem_strndup(conn->in.data, len);
        strbuf_consume(&conn->in, len);
        peer->requests++;
        conn->requests++;
        peer->on_request(conn, text, len);
        mem_free(text);
    }
}

static inline void on_peer_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct peer_conn *conn = stream->data;
    if (len > 0) {
        strbuf_append_n(&conn->in, buf->base, (size_t)len);
        peer_feed(conn);
    } else if (len < 0) {
        peer_hangup(conn);
    }
    mem_free(buf->base);
}

static inline void on_peer_accept(uv_stream_t *listener, int status)
{
    struct peer *peer = listener->data;
    struct peer_conn *conn = mem_zalloc(sizeof(*conn));
    ck_assert_int_eq(status, 0);
    strbuf_init(&conn->in);
    conn->peer = peer;
    conn->nr = ++peer->accepted;
    conn->next = peer->conns;
    peer->conns = conn;
    peer->open++;
    uv_tcp_init(&test_loop, &conn->tcp);
    conn->tcp.data = conn;
    ck_assert_int_eq(uv_accept(listener, (uv_stream_t *)&conn->tcp), 0);
    uv_read_start((uv_stream_t *)&conn->tcp, on_peer_alloc, on_peer_read);
}

static inline void peer_listen(struct peer *peer,
                               void (*on_request)(struct peer_conn *, const char *, size_t))
{
    struct sockaddr_in address;
    int len = sizeof(address);
    *peer = (struct peer){.on_request = on_request};
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_init(&test_loop, &peer->listener);
    peer->listener.data = peer;
    ck_assert_int_eq(uv_tcp_bind(&peer->listener, (const struct sockaddr *)&address, 0), 0);
    ck_assert_int_eq(uv_listen((uv_stream_t *)&peer->listener, 128, on_peer_accept), 0);
    uv_tcp_getsockname(&peer->listener, (struct sockaddr *)&address, &len);
    peer->port = ntohs(address.sin_port);
}

static inline void on_listener_closed(uv_handle_t *handle)
{
    ((struct peer *)handle->data)->closed = true;
}

static inline void peer_close(struct peer *peer)
{
    for (struct peer_conn *conn = peer->conns; conn; conn = conn->next)
        peer_hangup(conn);
    uv_close((uv_handle_t *)&peer->listener, on_listener_closed);
    run_until(&peer->closed);
    for (int i = 0; i < 100 && peer->open; i++)
        run_for(10);
    ck_assert_uint_eq(peer->open, 0);
}

static inline char *peer_url(const struct peer *peer, const char *path)
{
    return mem_printf("http://127.0.0.1:%u%s", peer->port, path);
}

#endif

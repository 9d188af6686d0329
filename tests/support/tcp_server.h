/* A scripted TCP server on the test's own loop: what a peer says, and when, is up to the test. */
#ifndef TESTS_SUPPORT_TCP_SERVER_H
#define TESTS_SUPPORT_TCP_SERVER_H

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"

struct tcp_client {
    uv_tcp_t handle;
    struct tcp_server *server;
    struct tcp_client *next;
    struct strbuf in; /* received, not yet consumed by the test */
    unsigned number;  /* 1 for the first connection */
    bool closing;
};

struct tcp_server {
    uv_tcp_t listener;
    int port;
    unsigned accepted;
    unsigned open; /* connections */
    struct tcp_client *clients;
    void (*on_accept)(struct tcp_client *client); /* may be NULL */
    void (*on_bytes)(struct tcp_client *client);  /* look at client->in; NULL: bytes pile up */
    void *arg;
};

static inline void tcp_client_on_closed(uv_handle_t *handle)
{
    struct tcp_client *client = handle->data;
    struct tcp_client **link = &client->server->clients;
    while (*link != client)
        link = &(*link)->next;
    *link = client->next;
    client->server->open--;
    strbuf_done(&client->in);
    mem_free(client);
}

static inline void tcp_client_close(struct tcp_client *client)
{
    if (client->closing)
        return;
    client->closing = true;
    uv_close((uv_handle_t *)&client->handle, tcp_client_on_closed);
}

static inline void tcp_client_on_written(uv_write_t *request, int status)
{
    (void)status;
    mem_free(request);
}

static inline void tcp_client_send(struct tcp_client *client, const char *bytes, size_t len)
{
    if (client->closing)
        return;
    uv_write_t *request = mem_alloc(sizeof(*request) + len);
    memcpy(request + 1, bytes, len);
    uv_buf_t buf = uv_buf_init((char *)(request + 1), (unsigned)len);
    ck_assert_int_eq(uv_write(request, (uv_stream_t *)&client->handle, &buf, 1, tcp_client_on_written), 0);
}

static inline void tcp_client_say(struct tcp_client *client, const char *text)
{
    tcp_client_send(client, text, strlen(text));
}

static inline void tcp_client_on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    static char bytes[65536];
    (void)handle, (void)size;
    *buf = uv_buf_init(bytes, sizeof(bytes));
}

static inline void tcp_client_on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct tcp_client *client = stream->data;
    if (len < 0) {
        tcp_client_close(client);
        return;
    }
    strbuf_append_n(&client->in, buf->base, (size_t)len);
    if (len > 0 && client->server->on_bytes)
        client->server->on_bytes(client);
}

static inline void tcp_server_on_connection(uv_stream_t *listener, int status)
{
    struct tcp_server *server = listener->data;
    ck_assert_int_eq(status, 0);
    struct tcp_client *client = mem_zalloc(sizeof(*client));
    client->server = server;
    client->number = ++server->accepted;
    client->next = server->clients;
    server->clients = client;
    server->open++;
    strbuf_init(&client->in);
    uv_tcp_init(listener->loop, &client->handle);
    client->handle.data = client;
    ck_assert_int_eq(uv_accept(listener, (uv_stream_t *)&client->handle), 0);
    uv_read_start((uv_stream_t *)&client->handle, tcp_client_on_alloc, tcp_client_on_read);
    if (server->on_accept)
        server->on_accept(client);
}

/* Set the handlers first. */
static inline void tcp_server_open(struct tcp_server *server, uv_loop_t *loop)
{
    struct sockaddr_in address;
    int len = sizeof(address);
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_init(loop, &server->listener);
    server->listener.data = server;
    ck_assert_int_eq(uv_tcp_bind(&server->listener, (struct sockaddr *)&address, 0), 0);
    ck_assert_int_eq(uv_listen((uv_stream_t *)&server->listener, 128, tcp_server_on_connection), 0);
    ck_assert_int_eq(uv_tcp_getsockname(&server->listener, (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(address.sin_port);
}

/* The loop has to run for it to end. */
static inline void tcp_server_close(struct tcp_server *server)
{
    uv_close((uv_handle_t *)&server->listener, NULL);
    for (struct tcp_client *client = server->clients; client; client = client->next)
        tcp_client_close(client);
}

/* For HTTP: answers every whole request head in client->in with the same bytes; returns how many there were.
 */
static inline unsigned tcp_client_answer_http(struct tcp_client *client, const char *bytes, size_t len)
{
    unsigned answered = 0;
    for (char *end; (end = strstr(client->in.data, "\r\n\r\n")); answered++) {
        strbuf_consume(&client->in, (size_t)(end - client->in.data) + 4);
        tcp_client_send(client, bytes, len);
    }
    return answered;
}

#endif

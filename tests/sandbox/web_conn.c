/* Owns one connection's life: reading, the turn of requests, writing, closing. */
#include <string.h>

#include "scaler/base/mem.h"
#include "tests/sandbox/web_internal.h"

static void on_conn_closed(uv_handle_t *handle)
{
    struct web_conn *conn = handle->data;
    struct web_server *server = conn->server;
    if (conn->request && conn->request->gone)
        conn->request->gone(conn->request);
    web_request_free(conn->request);
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        server->conns = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    SSL_free(conn->ssl);
    strbuf_done(&conn->in);
    strbuf_done(&conn->out);
    strbuf_done(&conn->flying);
    mem_free(conn);
    web_server_check_closed(server);
}

void web_conn_close(struct web_conn *conn)
{
    if (conn->closing)
        return;
    conn->closing = true;
    uv_close((uv_handle_t *)&conn->tcp, on_conn_closed);
}

static void on_shut_down(uv_shutdown_t *req, int status)
{
    if (status < 0)
        web_conn_close(req->data);
}

/* Says goodbye and waits for the peer's: closing with unread bytes (a body that was too large) would reset
 * the connection, and the peer would never see the answer. */
static void finish(struct web_conn *conn)
{
    conn->shutdown.data = conn;
    if (uv_shutdown(&conn->shutdown, (uv_stream_t *)&conn->tcp, on_shut_down) != 0)
        web_conn_close(conn);
}

static void on_written(uv_write_t *req, int status)
{
    struct web_conn *conn = req->data;
    conn->writing = false;
    strbuf_done(&conn->flying);
    if (status < 0)
        web_conn_close(conn);
    else if (!conn->closing)
        web_conn_flush(conn);
}

/* What the kernel takes at once needs no callback; most answers do. */
static size_t try_write(struct web_conn *conn)
{
    uv_buf_t buf = uv_buf_init(conn->out.data, (unsigned)conn->out.len);
    int sent = uv_try_write((uv_stream_t *)&conn->tcp, &buf, 1);
    return sent > 0 ? (size_t)sent : 0;
}

void web_conn_flush(struct web_conn *conn)
{
    if (conn->writing || conn->closing)
        return;
    size_t sent = conn->out.len ? try_write(conn) : 0;
    if (sent == conn->out.len) {
        if (conn->out.cap > WEB_READ_BYTES)
            strbuf_done(&conn->out);
        strbuf_reset(&conn->out);
        if (conn->close_when_flushed)
            finish(conn);
        return;
    }
    struct strbuf empty = conn->flying;
    conn->flying = conn->out;
    conn->out = empty;
    conn->writing = true;
    conn->write.data = conn;
    uv_buf_t rest = uv_buf_init(conn->flying.data + sent, (unsigned)(conn->flying.len - sent));
    if (uv_write(&conn->write, (uv_stream_t *)&conn->tcp, &rest, 1, on_written) != 0) {
        conn->writing = false;
        web_conn_close(conn);
    }
}

void web_conn_send(struct web_conn *conn, const char *bytes, size_t len)
{
    if (!conn->ssl)
        strbuf_append_n(&conn->out, bytes, len);
    else if (!web_tls_send(conn, bytes, len))
        conn->close_when_flushed = true;
}

static void refuse(struct web_conn *conn, int status, const char *why)
{
    struct web_answer answer = {.status = status, .content_type = "application/json"};
    strbuf_init(&answer.body);
    if (!conn->request) {
        conn->request = mem_zalloc(sizeof(*conn->request));
        conn->request->conn = conn;
        strbuf_init(&conn->request->body);
    }
    conn->server->options.refuse(status, why, &answer.body, conn->server->options.arg);
    conn->keep_alive = false;
    conn->phase = WEB_ANSWERING;
    web_reply(conn->request, &answer);
}

/* Requests that came together are answered in their order; a handler that answers at once must not recurse.
 */
void web_conn_process(struct web_conn *conn)
{
    if (conn->parsing)
        return;
    conn->parsing = true;
    while (!conn->closing && !conn->close_when_flushed && conn->phase != WEB_ANSWERING &&
           (conn->in.len || conn->phase == WEB_BODY)) {
        const char *why = "malformed request";
        int status = web_parse(conn, &why);
        if (status < 0)
            refuse(conn, -status, why);
        if (status <= 0)
            break;
        conn->phase = WEB_ANSWERING;
        conn->server->options.handler(conn->request, conn->server->options.arg);
    }
    conn->parsing = false;
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct web_conn *conn = stream->data;
    if (len == 0 || conn->closing)
        return;
    if (len < 0) {
        web_conn_close(conn);
        return;
    }
    bool fine = true;
    if (conn->close_when_flushed) {
        conn->discarded += (size_t)len;
        if (conn->discarded > 2 * WEB_BODY_MAX)
            web_conn_close(conn);
        return;
    }
    if (conn->ssl)
        fine = web_tls_receive(conn, buf->base, (size_t)len);
    else
        strbuf_append_n(&conn->in, buf->base, (size_t)len);
    if (!fine || conn->in.overflow) {
        web_conn_close(conn);
        return;
    }
    web_conn_process(conn);
    if (!conn->closing && conn->out.len)
        web_conn_flush(conn);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    (void)suggested;
    struct web_conn *conn = handle->data;
    *ret = uv_buf_init(conn->server->read_buffer, sizeof(conn->server->read_buffer));
}

void web_accept(struct web_server *server)
{
    struct web_conn *conn = mem_zalloc(sizeof(*conn));
    conn->server = server;
    /* One body and the requests sent ahead while an answer is pending. */
    strbuf_init_max(&conn->in, WEB_BODY_MAX + WEB_HEAD_MAX + WEB_READ_BYTES);
    strbuf_init_max(&conn->out, WEB_OUT_MAX);
    strbuf_init_max(&conn->flying, WEB_OUT_MAX);
    conn->next = server->conns;
    if (conn->next)
        conn->next->prev = conn;
    server->conns = conn;
    uv_tcp_init(server->tcp.loop, &conn->tcp);
    conn->tcp.data = conn;
    if (uv_accept((uv_stream_t *)&server->tcp, (uv_stream_t *)&conn->tcp) != 0) {
        web_conn_close(conn);
        return;
    }
    uv_tcp_nodelay(&conn->tcp, 1);
    if (server->tls)
        web_tls_attach(conn);
    uv_read_start((uv_stream_t *)&conn->tcp, on_alloc, on_read);
}

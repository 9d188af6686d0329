/* Owns how answers and streams are put on the wire. */
#include <stdio.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "tests/sandbox/web_internal.h"

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } rows[] = {{200, "OK"},
                {201, "Created"},
                {400, "Bad Request"},
                {401, "Unauthorized"},
                {404, "Not Found"},
                {405, "Method Not Allowed"},
                {409, "Conflict"},
                {410, "Gone"},
                {413, "Request Entity Too Large"},
                {415, "Unsupported Media Type"},
                {422, "Unprocessable Entity"},
                {429, "Too Many Requests"},
                {431, "Request Header Fields Too Large"},
                {500, "Internal Server Error"},
                {503, "Service Unavailable"},
                {504, "Gateway Timeout"},
                {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].status == status)
            return rows[i].reason;
    return "Status";
}

const char *web_header(const struct web_request *request, const char *name)
{
    const char *value = text_map_get(&request->headers, name);
    return value ? value : "";
}

const char *web_query(const struct web_request *request, const char *name)
{
    const char *value = text_map_get(&request->query, name);
    return value ? value : "";
}

/* The connection is free for its next request. */
static void request_over(struct web_conn *conn)
{
    web_request_free(conn->request);
    conn->request = NULL;
    conn->phase = WEB_HEAD;
    conn->streaming = false;
    if (!conn->keep_alive) {
        if (conn->ssl)
            web_tls_goodbye(conn);
        conn->close_when_flushed = true;
    }
    web_conn_flush(conn);
    if (!conn->closing && conn->in.len && !conn->parsing)
        web_conn_resume(conn);
}

void web_reply(struct web_request *request, struct web_answer *answer)
{
    struct web_conn *conn = request->conn;
    char head[512];
    int len = snprintf(head, sizeof(head), "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s",
                       answer->status, reason_of(answer->status), answer->content_type, answer->body.len,
                       conn->keep_alive ? "" : "Connection: close\r\n");
    web_conn_send(conn, head, (size_t)len);
    len = answer->retry_after ? snprintf(head, sizeof(head), "Retry-After: %d\r\n\r\n", answer->retry_after)
                              : snprintf(head, sizeof(head), "\r\n");
    web_conn_send(conn, head, (size_t)len);
    if (!request->method || strcmp(request->method, "HEAD") != 0)
        web_conn_send(conn, answer->body.data, answer->body.len);
    strbuf_done(&answer->body);
    request_over(conn);
}

void web_stream_begin(struct web_request *request, const char *content_type)
{
    struct web_conn *conn = request->conn;
    AUTO_FREE char *head =
        mem_printf("HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%s\r\n", content_type,
                   conn->http10 ? "Connection: close\r\n" : "Transfer-Encoding: chunked\r\n");
    conn->streaming = true;
    web_conn_send(conn, head, strlen(head));
    web_conn_flush(conn);
}

static void send_chunk(struct web_conn *conn, const char *bytes, size_t len, size_t announced)
{
    char size[32];
    if (!conn->http10)
        web_conn_send(conn, size, (size_t)snprintf(size, sizeof(size), "%zx\r\n", announced));
    web_conn_send(conn, bytes, len);
    if (!conn->http10 && len == announced)
        web_conn_send(conn, "\r\n", 2);
}

/* The request leaves without `gone`: its owner is the one who is on the stack. */
static void drop(struct web_request *request, bool flush)
{
    struct web_conn *conn = request->conn;
    conn->request = NULL;
    web_request_free(request);
    conn->keep_alive = false;
    if (flush && !conn->closing) {
        conn->close_when_flushed = true;
        web_conn_flush(conn);
    } else {
        web_conn_close(conn);
    }
}

bool web_stream_write(struct web_request *request, const char *bytes, size_t len)
{
    struct web_conn *conn = request->conn;
    if (conn->closing)
        return true; /* `gone` is on its way */
    if (request->tear_after && request->streamed + len >= request->tear_after) {
        send_chunk(conn, bytes, (size_t)(request->tear_after - request->streamed), len + 1);
        drop(request, true);
        return false;
    }
    request->streamed += len;
    send_chunk(conn, bytes, len, len);
    web_conn_flush(conn);
    if (conn->out.len + conn->flying.len > WEB_LAG_MAX) {
        drop(request, false);
        return false;
    }
    return true;
}

void web_stream_end(struct web_request *request)
{
    struct web_conn *conn = request->conn;
    if (conn->http10)
        conn->keep_alive = false;
    else
        web_conn_send(conn, "0\r\n\r\n", 5);
    request_over(conn);
}

void web_abort(struct web_request *request)
{
    drop(request, false);
}

/* Owns the HTTP server: libmicrohttpd without threads, its epoll descriptor inside the loop's own. */
#include "scaler/net/http_server.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/net/internal.h"
#include "scaler/net/listen.h"
#include "scaler/net/sock.h"
#include "scaler/net/timer.h"

#define CONNECTIONS_MAX      256u
#define CONNECTION_TIMEOUT_S 30u
#define CONNECTION_MEMORY    ((size_t)32 << 10) /* request line and headers; more is 431 */
#define CLOSE_GRACE_MS       2000

struct http_server {
    struct net *net;
    struct MHD_Daemon *daemon;
    int listen_fd;
    int epoll_fd;
    uint16_t port;
    struct timer timer; /* libmicrohttpd's timeouts */
    struct timer grace; /* while closing */
    unsigned answering; /* requests whose answer has not left */
    bool closing, stop_deferred;
    http_server_fn handler;
    void *arg;
    void (*closed)(void *arg);
    void *closed_arg;
};

static void on_stop(void *arg);

/* Stopping from inside libmicrohttpd's own callbacks is not allowed: always in a later turn. */
static void stop_later(struct http_server *server)
{
    if (!server->stop_deferred)
        net_defer(server->net, on_stop, server);
    server->stop_deferred = true;
}

static const char *query_value(const struct http_server_request *request, const char *key)
{
    return MHD_lookup_connection_value(request->internal, MHD_GET_ARGUMENT_KIND, key);
}

static enum MHD_Result reply_status(struct MHD_Connection *connection, unsigned status, const char *allow)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    if (allow)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

/* The body's memory goes to the response, which frees it. */
static enum MHD_Result reply_take(struct MHD_Connection *connection, const struct http_server_reply *reply)
{
    size_t len = reply->body->len;
    char *body = strbuf_take(reply->body);
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback(len, body, mem_free);
    if (!response) {
        mem_free(body);
        return MHD_NO;
    }
    if (!text_empty(reply->content_type))
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    enum MHD_Result queued = MHD_queue_response(connection, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result handle(struct http_server *server, struct MHD_Connection *connection,
                              const char *method, const char *path)
{
    struct strbuf body AUTO_STRBUF;
    strbuf_init(&body);
    struct http_server_request request = {
        .method = method, .path = path, .query = query_value, .internal = connection};
    struct http_server_reply reply = {
        .status = 200, .content_type = "text/plain; charset=utf-8", .body = &body};
    server->handler(&request, &reply, server->arg);
    if (body.overflow) {
        log_error(NULL, "http server: the answer to %s is too large", path);
        return reply_status(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, NULL);
    }
    return reply_take(connection, &reply);
}

static bool announces_body(struct MHD_Connection *connection)
{
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return (length && !text_eq(length, "0")) ||
           MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

/* Called twice for a request: after its headers, then (no body) to have it answered. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_len, void **state)
{
    struct http_server *server = arg;
    bool first = *state == NULL;
    (void)version;
    (void)upload;
    if (first) {
        *state = server;
        server->answering++;
        if (announces_body(connection))
            return reply_status(connection, MHD_HTTP_CONTENT_TOO_LARGE, NULL);
        return MHD_YES;
    }
    if (*upload_len)
        return MHD_NO; /* a body nobody announced */
    if (!text_eq(method, "GET") && !text_eq(method, "HEAD"))
        return reply_status(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET, HEAD");
    return handle(server, connection, method, path);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    struct http_server *server = arg;
    (void)connection;
    (void)code;
    if (*state == NULL)
        return;
    *state = NULL;
    server->answering--;
    if (server->closing && server->answering == 0)
        stop_later(server);
}

__attribute__((format(printf, 2, 0))) static void on_log(void *arg, const char *fmt, va_list args)
{
    char text[256];
    (void)arg;
    (void)vsnprintf(text, sizeof(text), fmt, args);
    log_debug(NULL, "http server: %s", text);
}

static void on_timer(struct timer *timer);

static unsigned connections(const struct http_server *server)
{
    return MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
}

/* At its limit of connections libmicrohttpd stops listening, and starts again only at the beginning of a run:
 * when one has closed some, it needs another, for which no event would come. One that closes some and accepts
 * others looks as if it had closed none, so there is a look every quarter second while anybody is connected.
 */
#define LISTEN_AGAIN_MS 250

static void run(struct http_server *server)
{
    MHD_UNSIGNED_LONG_LONG delay_ms = 0;
    unsigned before;
    do {
        before = connections(server);
        MHD_run(server->daemon);
    } while (connections(server) < before);
    bool due = MHD_get_timeout(server->daemon, &delay_ms) == MHD_YES;
    if (connections(server) > 0 && (!due || delay_ms > LISTEN_AGAIN_MS)) {
        delay_ms = LISTEN_AGAIN_MS;
        due = true;
    }
    if (due)
        timer_start(server->net, &server->timer, (int64_t)delay_ms, on_timer);
    else
        timer_stop(server->net, &server->timer);
}

static void on_timer(struct timer *timer)
{
    run(container_of(timer, struct http_server, timer));
}

static void on_ready(int fd, int events, bool failed, void *arg)
{
    (void)fd;
    (void)events;
    (void)failed;
    run(arg);
}

static struct MHD_Daemon *daemon_start(struct http_server *server)
{
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, server,
                            MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET,
                            server->listen_fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
                            MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_TIMEOUT_S,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
                            MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_END);
}

static int start(struct http_server *server, struct err *err)
{
    server->daemon = daemon_start(server);
    if (!server->daemon) {
        close(server->listen_fd);
        return err_set(err, ERR_UNSUPPORTED, "the HTTP server cannot be started");
    }
    server->epoll_fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    if (sock_watch(server->net, server->epoll_fd, UV_READABLE, on_ready, server) == 0)
        return 0;
    MHD_stop_daemon(server->daemon);
    return err_set(err, ERR_IO, "the HTTP server cannot be polled");
}

int http_server_open(struct net *net, const char *address, http_server_fn handler, void *arg,
                     struct http_server **ret, struct err *err)
{
    int listen_fd;
    uint16_t port;
    int rc = listen_open(address, &listen_fd, &port, err);
    if (rc < 0)
        return rc;
    struct http_server *server = mem_zalloc(sizeof(*server));
    server->net = net;
    server->listen_fd = listen_fd;
    server->port = port;
    server->handler = handler;
    server->arg = arg;
    rc = start(server, err);
    if (rc < 0) {
        mem_free(server);
        return rc;
    }
    *ret = server;
    return 0;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

static void on_stop(void *arg)
{
    struct http_server *server = arg;
    server->closing = false; /* what MHD_stop_daemon completes must not come back here */
    timer_stop(server->net, &server->timer);
    timer_stop(server->net, &server->grace);
    sock_unwatch(server->net, server->epoll_fd, false);
    MHD_stop_daemon(server->daemon);
    close(server->listen_fd);
    if (server->closed)
        server->closed(server->closed_arg);
    mem_free(server);
}

static void on_grace_over(struct timer *timer)
{
    stop_later(container_of(timer, struct http_server, grace));
}

/* No new connections; answers on their way get some time to leave. */
void http_server_close(struct http_server *server, void (*closed)(void *arg), void *arg)
{
    if (!server || server->closing)
        return;
    server->closing = true;
    server->closed = closed;
    server->closed_arg = arg;
    MHD_quiesce_daemon(server->daemon);
    if (server->answering == 0)
        stop_later(server);
    else
        timer_start(server->net, &server->grace, CLOSE_GRACE_MS, on_grace_over);
}

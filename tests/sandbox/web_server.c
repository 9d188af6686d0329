/* Owns the listening socket and the set of connections. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "tests/sandbox/web_internal.h"

static void on_connection(uv_stream_t *stream, int status)
{
    if (status == 0)
        web_accept(stream->data);
}

static int parse_address(const char *text, struct sockaddr_storage *ret, struct err *err)
{
    const char *colon = strrchr(text, ':');
    int64_t port = 0;
    if (!colon || number_parse_json_int(colon + 1, 0, 65535, &port, NULL) != 0)
        return err_set(err, ERR_CONFIG, "“%s” is not ADDRESS:PORT", text);
    AUTO_FREE char *host = mem_strndup(text, (size_t)(colon - text));
    size_t len = strlen(host);
    if (len > 1 && host[0] == '[' && host[len - 1] == ']') {
        host[len - 1] = '\0';
        if (uv_ip6_addr(host + 1, (int)port, (struct sockaddr_in6 *)ret) == 0)
            return 0;
    } else if (uv_ip4_addr(len ? host : "0.0.0.0", (int)port, (struct sockaddr_in *)ret) == 0) {
        return 0;
    }
    return err_set(err, ERR_CONFIG, "“%s” is not an IP address and port", text);
}

static void remember_name(struct web_server *server)
{
    struct sockaddr_storage name;
    int len = sizeof(name);
    char text[INET6_ADDRSTRLEN] = "";
    uv_tcp_getsockname(&server->tcp, (struct sockaddr *)&name, &len);
    if (name.ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&name;
        uv_ip6_name(six, text, sizeof(text));
        snprintf(server->host, sizeof(server->host), "[%s]", text);
        server->port = ntohs(six->sin6_port);
    } else {
        const struct sockaddr_in *four = (const struct sockaddr_in *)&name;
        uv_ip4_name(four, text, sizeof(text));
        snprintf(server->host, sizeof(server->host), "%s", four->sin_addr.s_addr ? text : "127.0.0.1");
        server->port = ntohs(four->sin_port);
    }
}

static void on_resume(uv_idle_t *idle)
{
    struct web_server *server = idle->data;
    uv_idle_stop(idle);
    for (struct web_conn *conn = server->conns; conn; conn = conn->next) {
        if (!conn->resume)
            continue;
        conn->resume = false;
        web_conn_process(conn);
    }
}

void web_conn_resume(struct web_conn *conn)
{
    conn->resume = true;
    uv_idle_start(&conn->server->resume, on_resume);
}

static void on_failed_closed(uv_handle_t *handle)
{
    struct web_server *server = handle->data;
    SSL_CTX_free(server->tls);
    mem_free(server);
}

int web_open(uv_loop_t *loop, const struct web_options *options, struct web_server **ret, struct err *err)
{
    struct sockaddr_storage address = {0};
    SSL_CTX *tls = NULL;
    int code = parse_address(options->address, &address, err);
    if (code == 0 && options->cert_file)
        code = web_tls_new(options, &tls, err);
    if (code)
        return code;
    struct web_server *server = mem_zalloc(sizeof(*server));
    server->options = *options;
    server->tls = tls;
    uv_tcp_init(loop, &server->tcp);
    server->tcp.data = server;
    int status = uv_tcp_bind(&server->tcp, (const struct sockaddr *)&address, 0);
    if (status == 0)
        status = uv_listen((uv_stream_t *)&server->tcp, 1024, on_connection);
    if (status) {
        err_set(err, ERR_IO, "cannot listen on %s: %s", options->address, uv_strerror(status));
        uv_close((uv_handle_t *)&server->tcp, on_failed_closed);
        return ERR_IO;
    }
    uv_idle_init(loop, &server->resume);
    server->resume.data = server;
    server->handles_open = 2;
    remember_name(server);
    *ret = server;
    return 0;
}

const char *web_host(const struct web_server *server)
{
    return server->host;
}

uint16_t web_port(const struct web_server *server)
{
    return server->port;
}

void web_server_check_closed(struct web_server *server)
{
    if (server->closing && !server->handles_open && !server->conns)
        server->closed(server->closed_arg);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct web_server *server = handle->data;
    server->handles_open--;
    web_server_check_closed(server);
}

void web_close(struct web_server *server, void (*closed)(void *arg), void *arg)
{
    server->closing = true;
    server->closed = closed;
    server->closed_arg = arg;
    for (struct web_conn *conn = server->conns, *next; conn; conn = next) {
        next = conn->next;
        web_conn_close(conn);
    }
    uv_close((uv_handle_t *)&server->resume, on_handle_closed);
    uv_close((uv_handle_t *)&server->tcp, on_handle_closed);
}

void web_free(struct web_server *server)
{
    if (!server)
        return;
    SSL_CTX_free(server->tls);
    mem_free(server);
}

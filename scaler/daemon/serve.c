/* Owns the HTTP paths: /healthz /readyz /metrics /decisions. */
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/daemon/internal.h"
#include "scaler/daemon/readiness.h"

#define FIND_MAX 512 /* two names and a slash are shorter */

static void healthz(struct daemon *daemon, const struct http_server_request *request,
                    struct http_server_reply *reply)
{
    (void)daemon, (void)request;
    strbuf_append(reply->body, "ok\n"); /* the loop turns, or nobody would answer */
}

static void readyz(struct daemon *daemon, const struct http_server_request *request,
                   struct http_server_reply *reply)
{
    (void)request;
    const char *missing = daemon_not_ready(daemon);
    if (missing)
        reply->status = 503;
    strbuf_printf(reply->body, "%s\n", missing ? missing : "ok");
}

static void metrics(struct daemon *daemon, const struct http_server_request *request,
                    struct http_server_reply *reply)
{
    (void)request;
    reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
    metrics_write(daemon, reply->body);
}

static void decisions(struct daemon *daemon, const struct http_server_request *request,
                      struct http_server_reply *reply)
{
    const char *object = request->query(request, "object"), *find = request->query(request, "find");
    reply->content_type = "application/json";
    if (find && strlen(find) <= FIND_MAX)
        decisions_write_found(daemon, find, reply->body);
    else if (find)
        reply->status = 400;
    else if (!object)
        decisions_write_all(daemon, reply->body);
    else if (!decisions_write_object(daemon, object, reply->body))
        reply->status = 404;
}

const char *daemon_not_ready(const struct daemon *daemon)
{
    if (daemon->stopping)
        return "stopping";
    if (!daemon->config_loaded)
        return "configuration not loaded yet";
    if (!daemon->state_loaded)
        return "saved state not loaded yet (is the API server reachable?)";
    if (!target_cache_synced(daemon->targets))
        return "targets not listed yet";
    return NULL;
}

static void on_request(const struct http_server_request *request, struct http_server_reply *reply, void *arg)
{
    static const struct {
        const char *path;
        void (*fn)(struct daemon *daemon, const struct http_server_request *request,
                   struct http_server_reply *reply);
    } routes[] = {
        {"/healthz", healthz}, {"/readyz", readyz}, {"/metrics", metrics}, {"/decisions", decisions}};
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (text_eq(request->path, routes[i].path)) {
            routes[i].fn(arg, request, reply);
            return;
        }
    }
    reply->status = 404;
    strbuf_append(reply->body, "not found; there are /healthz /readyz /metrics /decisions\n");
}

int serve_open(struct daemon *daemon, struct err *err)
{
    if (!daemon->options->listen)
        return 0;
    int rc = http_server_open(daemon->net, daemon->options->listen, on_request, daemon, &daemon->server, err);
    if (rc < 0)
        return err_wrap(err, "--listen %s", daemon->options->listen);
    return 0;
}

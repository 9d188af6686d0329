/* A scripted API server on the test's loop, a client to it, and collected answers. */
#ifndef TESTS_KUBE_KUBE_FIXTURE_H
#define TESTS_KUBE_KUBE_FIXTURE_H

#include "scaler/base/json.h"
#include "scaler/kube/client.h"
#include "scaler/kube/kubeconfig.h"
#include "tests/net/fixture.h"
#include "tests/net/peer.h"

static struct peer api;
static struct kube_client *client;
static char api_log[8192]; /* "METHOD /path\n" of every request */

/* What a test's server looks at. */
struct request {
    char method[16];
    char path[2048]; /* with the query */
    const char *headers;
    const char *body;
};

static inline void request_read(struct request *ret, const char *text)
{
    ck_assert_int_eq(sscanf(text, "%15s %2047s", ret->method, ret->path), 2);
    ret->headers = text;
    ret->body = strstr(text, "\r\n\r\n") + 4;
    size_t used = strlen(api_log);
    snprintf(api_log + used, sizeof(api_log) - used, "%s %s\n", ret->method, ret->path);
}

static inline bool request_has(const struct request *request, const char *needle)
{
    const char *at = strcasestr(request->headers, needle);
    return at != NULL && at < request->body;
}

static inline void api_reply_with(struct peer_conn *conn, int status, const char *headers, const char *body)
{
    char *text =
        mem_printf("HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n%s",
                   status, strlen(body), headers, body);
    peer_send(conn, text);
    mem_free(text);
}

static inline void api_reply(struct peer_conn *conn, int status, const char *body)
{
    api_reply_with(conn, status, "", body);
}

static inline void api_status(struct peer_conn *conn, int status, const char *message)
{
    char *body = mem_printf("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"code\":%d,\"message\":\"%s\"}",
                            status, message);
    api_reply(conn, status, body);
    mem_free(body);
}

/* A watch's answer: chunks as they come. */
static inline void api_stream_begin(struct peer_conn *conn)
{
    peer_send(conn,
              "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
}

static inline void api_stream_send_n(struct peer_conn *conn, const char *bytes, size_t len)
{
    char head[32];
    snprintf(head, sizeof(head), "%zx\r\n", len);
    peer_send(conn, head);
    peer_send_n(conn, bytes, len, false);
    peer_send(conn, "\r\n");
}

static inline void api_stream_send(struct peer_conn *conn, const char *text)
{
    api_stream_send_n(conn, text, strlen(text));
}

static inline void api_stream_end(struct peer_conn *conn)
{
    peer_send(conn, "0\r\n\r\n");
}

static inline void open_client_with(struct kubeconfig *config)
{
    struct err err = {0};
    config->server = mem_printf("http://127.0.0.1:%u", api.port);
    ck_assert_msg(kube_client_new(test_net, config, "davit/test", &client, &err) == 0, "%s", err.msg);
    kubeconfig_done(config);
}

static inline void open_client(void (*on_request)(struct peer_conn *, const char *, size_t))
{
    struct kubeconfig config = {.token = mem_strdup("sesame")};
    api_log[0] = '\0';
    peer_listen(&api, on_request);
    open_client_with(&config);
}

static inline void close_client_only(void)
{
    bool closed = false;
    kube_client_close(client, on_flag, &closed);
    ck_assert(!closed);
    run_until(&closed);
    client = NULL;
}

static inline void close_client(void)
{
    close_client_only();
    peer_close(&api);
}

/* One answer of kube_start. */
struct result {
    bool done;
    int times;
    int status;
    char *body; /* as compact JSON */
    struct err error;
    struct kube_call *call;
};

static inline void on_result(int status, json_t *body, const struct err *error, void *arg)
{
    struct result *result = arg;
    result->done = true;
    result->times++;
    result->status = status;
    result->error = error ? *error : (struct err){0};
    result->call = NULL;
    if (!body)
        return;
    char *text = json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);
    mem_free(result->body);
    result->body = mem_strdup(text);
    (free)(text);
}

static inline void start_call(const struct kube_request *request, struct result *result)
{
    struct err err = {0};
    *result = (struct result){0};
    ck_assert_msg(kube_start(client, request, on_result, result, &result->call, &err) == 0, "%s", err.msg);
    ck_assert(!result->done);
}

static inline void call(const struct kube_request *request, struct result *result)
{
    start_call(request, result);
    run_until(&result->done);
    ck_assert_int_eq(result->times, 1);
}

static inline void get(const char *path, struct result *result)
{
    call(&(struct kube_request){.method = "GET", .path = path}, result);
}

static inline void result_done(struct result *result)
{
    mem_free(result->body);
    *result = (struct result){0};
}

#endif

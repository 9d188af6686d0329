/* Owns the question to a daemon: its own loop, one answer, and an end whatever happens. */
#include "scaler/cli/explain_fetch.h"

#include <stdlib.h>
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "scaler/kube/client.h"
#include "scaler/kube/kubeconfig.h"
#include "scaler/net/http_client.h"
#include "scaler/net/net.h"

#define TIMEOUT_MS 10000
#define BODY_MAX   ((size_t)4 << 20) /* one object with 64 triggers is a hundredth of it */

/* One conversation on a loop of its own. */
struct talk {
    uv_loop_t loop;
    struct net *net;
    struct http_pool *pool;
    struct kube_client *client;
    bool open; /* pool or client is not closed yet */
    json_t *answer;
    int rc;
    struct err *err;
};

static int talk_init(struct talk *talk, struct err *err)
{
    *talk = (struct talk){.err = err};
    if (uv_loop_init(&talk->loop) < 0)
        return err_set(err, ERR_IO, "no event loop");
    int rc = net_new(&talk->loop, &talk->net, err);
    if (rc < 0)
        (void)uv_loop_close(&talk->loop);
    return rc;
}

static void on_closed(void *arg)
{
    *(bool *)arg = false;
}

/* Everything ends here, the answered and the failed. */
static void talk_done(struct talk *talk)
{
    bool net_open = true;
    if (talk->pool)
        http_pool_close(talk->pool, on_closed, &talk->open);
    if (talk->client)
        kube_client_close(talk->client, on_closed, &talk->open);
    while (talk->open)
        uv_run(&talk->loop, UV_RUN_ONCE);
    net_close(talk->net, on_closed, &net_open);
    uv_run(&talk->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&talk->loop);
}

/* ---- directly ---- */

struct direct {
    struct talk *talk;
    bool done;
    const char *shown; /* the server, without user-info */
};

static int read_response(const struct http_response *response, const char *shown, json_t **ret,
                         struct err *err)
{
    if (response->status != 200)
        return err_set(err, ERR_PROTOCOL, "%s answered with HTTP status %d: is it Davit (run --listen)?",
                       shown, response->status);
    if (json_load_bytes(response->body, response->body_len, ret, err) < 0)
        return err_wrap(err, "%s: not an answer of Davit", shown);
    return 0;
}

static void on_response(const struct http_response *response, const struct err *error, void *arg)
{
    struct direct *direct = arg;
    struct talk *talk = direct->talk;
    direct->done = true;
    if (error)
        talk->rc = err_set(talk->err, (enum err_code)error->code, "%s", error->msg);
    else
        talk->rc = read_response(response, direct->shown, &talk->answer, talk->err);
}

/* A proxy of the environment knows nothing of this machine's loopback. */
static const char *proxy_for(const char *server)
{
    static const char *const local[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    for (size_t i = 0; i < ARRAY_LEN(local); i++)
        if (text_starts_with(server, local[i]))
            return "";
    return NULL;
}

static int ask_directly(struct talk *talk, const char *server, const char *object)
{
    AUTO_STRBUF struct strbuf url;
    AUTO_FREE char *shown = text_url_for_log(server);
    struct http_pool_options options = {.proxy = proxy_for(server)};
    struct direct direct = {.talk = talk, .shown = shown};
    size_t len = strlen(server);
    strbuf_init(&url);
    strbuf_append_n(&url, server, len - (len > 0 && server[len - 1] == '/'));
    strbuf_append(&url, "/decisions?find=");
    strbuf_append_query_escaped(&url, object);
    struct http_request request = {.url = url.data, .timeout_ms = TIMEOUT_MS, .max_body = BODY_MAX};
    struct http_call *call;
    int rc = http_pool_new(talk->net, &options, &talk->pool, talk->err);
    if (rc < 0)
        return rc;
    talk->open = true;
    rc = http_start(talk->pool, &request, on_response, &direct, &call, talk->err);
    if (rc < 0)
        return rc;
    while (!direct.done)
        uv_run(&talk->loop, UV_RUN_ONCE);
    return talk->rc;
}

/* ---- through the API server ---- */

struct proxied {
    struct talk *talk;
    bool done;
};

static void on_kube(int status, json_t *body, const struct err *error, void *arg)
{
    struct proxied *proxied = arg;
    struct talk *talk = proxied->talk;
    (void)status;
    proxied->done = true;
    talk->rc = 0;
    if (error)
        talk->rc = err_set(talk->err, (enum err_code)error->code, "%s", error->msg);
    else if (!body)
        talk->rc = err_set(talk->err, ERR_PROTOCOL, "an empty answer, not one of Davit");
    else
        talk->answer = json_incref(body);
}

/* NAME:PORT; the API server's own clients leave the colon as it is. */
static void append_service(struct strbuf *path, const char *service)
{
    size_t len = strcspn(service, ":");
    AUTO_FREE char *name = mem_strndup(service, len);
    strbuf_append_path_escaped(path, name);
    if (service[len]) {
        strbuf_append_c(path, ':');
        strbuf_append_path_escaped(path, service + len + 1);
    }
}

static int ask_service(struct talk *talk, const char *ns, size_t ns_len, const char *service,
                       const char *object)
{
    AUTO_STRBUF struct strbuf path;
    AUTO_FREE char *ns_text = mem_strndup(ns, ns_len);
    struct proxied proxied = {.talk = talk};
    struct kube_call *call;
    strbuf_init(&path);
    strbuf_append(&path, "/api/v1/namespaces/");
    strbuf_append_path_escaped(&path, ns_text);
    strbuf_append(&path, "/services/");
    append_service(&path, service);
    strbuf_append(&path, "/proxy/decisions?find=");
    strbuf_append_query_escaped(&path, object);
    struct kube_request request = {
        .method = "GET", .path = path.data, .timeout_ms = TIMEOUT_MS, .max_tries = 2};
    int rc = kube_start(talk->client, &request, on_kube, &proxied, &call, talk->err);
    if (rc < 0)
        return rc;
    while (!proxied.done)
        uv_run(&talk->loop, UV_RUN_ONCE);
    return talk->rc;
}

#define SERVICE "davit:http"

/* Where manifests/base puts it: beside the objects; or in a namespace of its own. */
static int ask_usual_places(struct talk *talk, const char *object)
{
    const char *slash = strchr(object, '/');
    size_t len = slash ? (size_t)(slash - object) : strlen(object);
    struct err *err = talk->err, other;
    int rc = ask_service(talk, object, len, SERVICE, object);
    if (rc != ERR_NOT_FOUND && rc != ERR_AUTH && rc != ERR_UNAVAILABLE)
        return rc;
    talk->err = &other;
    if (ask_service(talk, "davit", strlen("davit"), SERVICE, object) == 0)
        rc = 0;
    talk->err = err;
    return rc < 0 ? err_wrap(err,
                             "no Davit behind service %.*s/" SERVICE " nor davit/" SERVICE
                             " (--service NAMESPACE/NAME:PORT names another)",
                             (int)len, object)
                  : rc;
}

static int ask_through(struct talk *talk, const struct explain_source *source, const char *object,
                       const struct kubeconfig *config)
{
    const char *slash = strchr(object, '/');
    AUTO_FREE char *whole =
        slash ? mem_strdup(object) : mem_printf("%s/%s", source->ns ? source->ns : config->ns, object);
    int rc = kube_client_new(talk->net, config, "davit/" DAVIT_VERSION, &talk->client, talk->err);
    if (rc < 0)
        return rc;
    talk->open = true;
    if (!source->service)
        return ask_usual_places(talk, whole);
    const char *service = strchr(source->service, '/');
    if (!service || service == source->service || !service[1])
        return err_set(talk->err, ERR_CONFIG, "--service: \"%s\" is not NAMESPACE/NAME:PORT",
                       source->service);
    rc = ask_service(talk, source->service, (size_t)(service - source->service), service + 1, whole);
    return rc < 0 ? err_wrap(talk->err, "service %s", source->service) : rc;
}

int explain_fetch(const struct explain_source *source, const char *object, json_t **ret, struct err *err)
{
    struct kubeconfig config = {0};
    struct talk talk;
    int rc = source->server ? 0 : kubeconfig_load(&config, source->kubeconfig, source->context, err);
    if (rc < 0)
        return rc;
    rc = talk_init(&talk, err);
    if (rc == 0) {
        rc = source->server ? ask_directly(&talk, source->server, object)
                            : ask_through(&talk, source, object, &config);
        talk_done(&talk);
    }
    if (!source->server)
        kubeconfig_done(&config);
    if (rc == 0)
        *ret = talk.answer;
    else
        json_decref(talk.answer);
    return rc;
}

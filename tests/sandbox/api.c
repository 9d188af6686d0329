/* Owns the way of a request: credentials, faults, the verb, the answer. */
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "tests/sandbox/sandbox.h"

void api_on_refuse(int status, const char *why, struct strbuf *body, void *arg)
{
    (void)arg;
    struct reply reply;
    reply_init(&reply);
    status_fail(&reply, status, "%s", why);
    strbuf_append_n(body, reply.body.data, reply.body.len);
    reply_done(&reply);
}

static void free_call_timer(uv_handle_t *handle)
{
    mem_free(handle->data);
}

/* The request is answered, streaming or gone; nobody asks for the call again. */
static void call_free(struct call *call)
{
    route_done(&call->route);
    reply_done(&call->reply);
    effect_done(&call->effect);
    if (call->delayed)
        uv_close((uv_handle_t *)&call->timer, free_call_timer);
    else
        mem_free(call);
}

static void count(struct call *call, int code)
{
    stats_count(&call->sandbox->stats, route_verb_name(call->route.verb), call->path_class, code);
}

static void on_gone(struct web_request *request)
{
    call_free(request->owner);
}

static void send_reply(struct call *call)
{
    struct web_answer answer = {.status = call->reply.status,
                                .content_type = call->reply.content_type,
                                .retry_after = call->reply.retry_after,
                                .body = call->reply.body};
    strbuf_init(&call->reply.body);
    count(call, answer.status);
    call->request->gone = NULL;
    web_reply(call->request, &answer);
    call_free(call);
}

static void run_resource_verb(struct call *call)
{
    static void (*const plain[])(struct call *) = {
        [VERB_GET] = read_get,        [VERB_LIST] = read_list,
        [VERB_WATCH] = watch_open,    [VERB_CREATE] = write_create,
        [VERB_UPDATE] = write_update, [VERB_PATCH] = write_patch,
        [VERB_DELETE] = write_delete, [VERB_DELETE_COLLECTION] = write_delete_collection,
        [VERB_OTHER] = NULL,
    };
    static void (*const scale[VERB_OTHER + 1])(struct call *) = {
        [VERB_GET] = scale_get, [VERB_UPDATE] = scale_update, [VERB_PATCH] = scale_patch};
    enum verb verb = call->route.verb;
    void (*run)(struct call *) = call->route.sub == SUB_SCALE ? scale[verb] : plain[verb];
    bool sub_delete = call->route.sub != SUB_NONE && verb == VERB_DELETE;
    bool review = call->route.resource->flags & RES_REVIEW && verb != VERB_CREATE;
    if (!run || sub_delete || review)
        status_fail(&call->reply, 405, "the server does not allow this method on the requested resource");
    else
        run(call);
}

static void execute(struct call *call)
{
    call->dry_run = *web_query(call->request, "dryRun");
    if (metrics_serve(call))
        return;
    if (call->route.resource)
        run_resource_verb(call);
    else if (text_starts_with(call->request->path, "/sandbox"))
        control_serve(call);
    else if (!discovery_serve(call) && !openapi_serve(call))
        reply_text(&call->reply, 404, "text/plain; charset=utf-8", "404 page not found\n");
}

static bool text_matches_secretly(const char *a, const char *b)
{
    size_t len = strlen(a);
    unsigned char difference = (unsigned char)(len != strlen(b));
    for (size_t i = 0; !difference && i < len; i++)
        difference |= (unsigned char)(a[i] ^ b[i]);
    return !difference;
}

/* The start-up token always opens /sandbox, so that a test that lets tokens expire can still steer. */
static bool is_authorized(const struct call *call)
{
    const char *header = web_header(call->request, "authorization");
    const char *wanted = call->sandbox->token, *first = call->sandbox->options.token;
    static const char scheme[] = "Bearer ";
    if (!wanted)
        return true;
    if (!text_starts_with(header, scheme))
        return false;
    header += sizeof(scheme) - 1;
    bool control = text_starts_with(call->request->path, "/sandbox");
    return text_matches_secretly(header, wanted) ||
           (control && first && text_matches_secretly(header, first));
}

/* True: the fault has decided the answer, or that there is none. executed: the verb has been run before. */
static bool misbehave(struct call *call, bool executed)
{
    const struct effect *effect = &call->effect;
    if (effect->executed != executed)
        return false;
    if (effect->hang || effect->reset) {
        count(call, 0);
        if (effect->hang)
            return true; /* `gone` will free the call */
        struct web_request *request = call->request;
        request->gone = NULL;
        call_free(call);
        web_abort(request);
        return true;
    }
    if (!effect->status && !effect->body)
        return false;
    int status = effect->status ? effect->status : 200;
    if (effect->body)
        reply_text(&call->reply, status, "application/json", effect->body);
    else if (effect->retry_after)
        status_retry_later(&call->reply, status, "injected by a fault rule", effect->retry_after);
    else
        status_fail(&call->reply, status, status == 401 ? "Unauthorized" : "injected by a fault rule");
    call->reply.retry_after = effect->retry_after;
    send_reply(call);
    return true;
}

static void go_on(struct call *call)
{
    struct web_request *request = call->request;
    request->tear_after = call->effect.tear_after;
    if (misbehave(call, false))
        return;
    execute(call);
    if (call->streaming) {
        count(call, 200); /* the stream, and the request with it, may be over already */
        call_free(call);
    } else if (!misbehave(call, true)) {
        send_reply(call);
    }
}

static void on_latency_over(uv_timer_t *timer)
{
    go_on(timer->data);
}

static void delay(struct call *call)
{
    call->delayed = true;
    uv_timer_init(call->sandbox->loop, &call->timer);
    call->timer.data = call;
    uv_timer_start(&call->timer, on_latency_over, (uint64_t)call->effect.latency_ms, 0);
}

void api_on_request(struct web_request *request, void *arg)
{
    struct call *call = mem_zalloc(sizeof(*call));
    call->sandbox = arg;
    call->request = request;
    request->owner = call;
    request->gone = on_gone;
    reply_init(&call->reply);
    int status = route_parse(request, &call->route);
    route_class(&call->route, request->path, call->path_class, sizeof(call->path_class));
    if (!is_authorized(call))
        status_fail(&call->reply, 401, "Unauthorized");
    else if (status == 400)
        status_fail(&call->reply, 400, "malformed path");
    else if (status)
        status_fail(&call->reply, 404, "the server could not find the requested resource");
    if (call->reply.status) {
        send_reply(call);
        return;
    }
    if (!text_starts_with(request->path, "/sandbox"))
        faults_match(&call->sandbox->faults, request->method, request->path, call->route.verb == VERB_WATCH,
                     &call->effect);
    if (call->effect.latency_ms)
        delay(call);
    else
        go_on(call);
}

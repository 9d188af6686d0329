/* Owns one request from asking to its single answer: states, deadline, cancelling. What a try brings is
 * judged in attempt.c. */
#include <string.h>
#include <utlist.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/kube/answer.h"
#include "scaler/kube/client_internal.h"
#include "scaler/net/http_client.h"
#include "scaler/net/net.h"

#define DEFAULT_TIMEOUT_MS 15000
#define DEFAULT_TRIES      5
#define BACKOFF_BASE_MS    250
#define BACKOFF_CAP_MS     4000

static void on_timer(struct timer *timer);

enum call_queue call_queue_of(const struct kube_call *call)
{
    if (call->lane == LANE_STREAMS)
        return QUEUE_STREAMS;
    return call->priority == KUBE_URGENT ? QUEUE_URGENT : QUEUE_NORMAL;
}

static void call_free(struct kube_call *call)
{
    mem_free(call->method);
    mem_free(call->path);
    mem_free(call->content_type);
    mem_free_secret(call->body);
    mem_free(call);
}

/* The one way out. The callee may start, cancel and close whatever it likes. */
void call_answer(struct kube_call *call, int status, json_t *body, const struct err *error)
{
    struct kube_client *client = call->client;
    timer_stop(client->net, &call->timer);
    DL_DELETE2(client->calls, call, all_prev, all_next);
    call->done(status, body, error, call->arg);
    call_free(call);
    client_pump(client);
    client_check_closed(client);
}

void call_answer_later(struct kube_call *call, int status, const struct err *error)
{
    call->state = CALL_ANSWERING;
    call->status = status;
    if (error != &call->error)
        call->error = *error;
    timer_start(call->client->net, &call->timer, 0, on_timer);
}

void call_wrap_request(const struct kube_call *call, struct err *err)
{
    err_wrap(err, "%s %.*s", call->method, (int)strcspn(call->path, "?"), call->path);
}

void call_enqueue(struct kube_call *call, bool in_front)
{
    struct kube_call **queue = &call->client->queues[call_queue_of(call)];
    call->state = CALL_QUEUED;
    if (in_front)
        DL_PREPEND(*queue, call);
    else
        DL_APPEND(*queue, call);
    if (call->deadline_ms)
        timer_start_at(call->client->net, &call->timer, call->deadline_ms, on_timer);
}

void call_wait(struct kube_call *call, const struct err *error, int64_t delay_ms)
{
    call->error = *error;
    call->state = CALL_WAITING;
    timer_start(call->client->net, &call->timer, delay_ms, on_timer);
}

static void on_timer(struct timer *timer)
{
    struct kube_call *call = container_of(timer, struct kube_call, timer);
    struct kube_client *client = call->client;
    if (call->state == CALL_ANSWERING) {
        call_answer(call, call->status, NULL, &call->error);
    } else if (call->state == CALL_WAITING) {
        call_enqueue(call, false);
        client_pump(client);
    } else if (call->state == CALL_QUEUED) {
        DL_DELETE(client->queues[call_queue_of(call)], call);
        if (call->error.code == 0) {
            err_set(&call->error, ERR_TIMEOUT,
                    "not sent in time: too many requests under way, or no credentials yet");
            call_wrap_request(call, &call->error);
        }
        call_answer(call, 0, NULL, &call->error);
    }
}

static int check_request(const char *method, const char *path, struct err *err)
{
    if (text_empty(method) || !path || path[0] != '/')
        return err_set(err, ERR_INVALID, "a request needs a method and a path that begins with /");
    return 0;
}

static struct kube_call *call_new(struct kube_client *client, const char *method, const char *path,
                                  kube_done_fn done, void *arg)
{
    struct kube_call *call = mem_zalloc(sizeof(*call));
    call->client = client;
    call->method = mem_strdup(method);
    call->path = mem_strdup(path);
    call->verb = answer_verb(method, path);
    call->done = done;
    call->arg = arg;
    call->max_tries = 1;
    call->backoff = (struct backoff){.base_ms = BACKOFF_BASE_MS, .cap_ms = BACKOFF_CAP_MS};
    return call;
}

static void submit(struct kube_call *call, int64_t timeout_ms)
{
    struct kube_client *client = call->client;
    call->deadline_ms = timeout_ms > 0 ? net_now_ms(client->net) + timeout_ms : 0;
    DL_APPEND2(client->calls, call, all_prev, all_next);
    call_enqueue(call, false);
    client_pump(client);
}

int kube_start(struct kube_client *client, const struct kube_request *request, kube_done_fn done, void *arg,
               struct kube_call **ret, struct err *err)
{
    if (client->closing)
        return err_set(err, ERR_CANCELED, "the client is being closed");
    int rc = check_request(request->method, request->path, err);
    if (rc < 0)
        return rc;
    struct kube_call *call = call_new(client, request->method, request->path, done, arg);
    call->priority = request->priority;
    call->body = mem_strdup(request->body);
    call->content_type = mem_strdup(request->content_type ? request->content_type : "application/json");
    call->max_tries = request->max_tries ? request->max_tries : DEFAULT_TRIES;
    if (ret)
        *ret = call;
    submit(call, request->timeout_ms > 0 ? request->timeout_ms : DEFAULT_TIMEOUT_MS);
    return 0;
}

int kube_stream_start(struct kube_client *client, const struct kube_stream_request *request,
                      kube_done_fn done, void *arg, struct kube_call **ret, struct err *err)
{
    if (client->closing)
        return err_set(err, ERR_CANCELED, "the client is being closed");
    int rc = check_request("GET", request->path, err);
    if (rc < 0)
        return rc;
    struct kube_call *call = call_new(client, "GET", request->path, done, arg);
    call->lane = LANE_STREAMS;
    call->idle_timeout_ms = request->idle_timeout_ms;
    call->on_data = request->on_data;
    *ret = call;
    submit(call, request->timeout_ms);
    return 0;
}

void kube_cancel(struct kube_call *call)
{
    if (call->canceled)
        return;
    call->canceled = true;
    if (call->state == CALL_SENT) {
        http_cancel(call->http);
        return;
    }
    if (call->state == CALL_QUEUED)
        DL_DELETE(call->client->queues[call_queue_of(call)], call);
    struct err error;
    err_set(&error, ERR_CANCELED, "canceled");
    call_answer_later(call, 0, &error);
}

void call_cancel_all(struct kube_client *client)
{
    struct kube_call *call;
    DL_FOREACH2(client->calls, call, all_next)
    kube_cancel(call);
}

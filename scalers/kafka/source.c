/* Owns a source: its readings under way and their deadlines, the worker thread, the token fetcher, and their
 * end. What is asked of the brokers, and when, is the worker's business. */
#include "scalers/kafka/source.h"

#include <utlist.h>
#include <uv.h>

#include "scaler/base/mem.h"
#include "scaler/net/net.h"
#include "scalers/kafka/oauth.h"
#include "scalers/kafka/request.h"
#include "scalers/kafka/worker.h"

struct scaler_source {
    struct net *net;
    struct kafka_cluster cluster;
    struct kafka_worker *worker;
    struct kafka_oauth *oauth; /* NULL: not needed, or closed */
    uv_async_t wake;
    struct kafka_request *open;     /* unanswered (open_next) */
    struct kafka_request *gathered; /* of this turn, not yet handed to the worker (next) */
    bool flush_deferred;
    bool closing;
    bool wake_closed;
    void (*closed)(void *arg);
    void *closed_arg;
};

static void request_free(struct kafka_request *request)
{
    kafka_query_done(&request->query);
    mem_free(request->error);
    mem_free(request);
}

/* The one place that calls done. The request stays with whoever has it. */
static void answer(struct kafka_request *request, const struct scaler_result *result, const struct err *error)
{
    struct scaler_source *source = request->source;
    scaler_done_fn done = request->done;
    timer_stop(source->net, &request->deadline);
    DL_DELETE2(source->open, request, open_prev, open_next);
    request->done = NULL;
    if (done)
        done(result, error, request->arg);
}

/* Answers with an error a request that may still be anywhere, and frees it unless the worker is at it. */
static void give_up(struct kafka_request *request, const struct err *error)
{
    struct scaler_source *source = request->source;
    bool ours = false;
    if (!request->handed_over) {
        DL_DELETE(source->gathered, request);
        ours = true;
    } else {
        ours = kafka_worker_withdraw(source->worker, request);
    }
    answer(request, NULL, error);
    if (ours)
        request_free(request);
}

static void on_deadline(struct timer *timer)
{
    struct kafka_request *request = container_of(timer, struct kafka_request, deadline);
    struct err error = {0}, problem;
    if (kafka_worker_problem(request->source->worker, &problem))
        err_set(&error, (enum err_code)problem.code, "consumer group %s: %s", request->query.group,
                problem.msg);
    else
        err_set(&error, ERR_TIMEOUT, "consumer group %s: no answer within %d s", request->query.group,
                KAFKA_READ_DEADLINE_MS / 1000);
    give_up(request, &error);
}

/* What was read for in one turn goes to the worker as one batch. */
static void flush(void *arg)
{
    struct scaler_source *source = arg;
    struct kafka_request *request, *requests = source->gathered;
    source->flush_deferred = false;
    source->gathered = NULL;
    if (!requests)
        return;
    DL_FOREACH (requests, request)
        request->handed_over = true;
    kafka_worker_submit(source->worker, requests);
}

int kafka_read(struct scaler_source *source, const void *config, scaler_done_fn done, void *arg,
               struct err *err)
{
    if (source->closing)
        return err_set(err, ERR_CANCELED, "the source is closing");
    struct kafka_request *request = mem_zalloc(sizeof(*request));
    kafka_query_init(&request->query, config);
    request->source = source;
    request->done = done;
    request->arg = arg;
    timer_start(source->net, &request->deadline, KAFKA_READ_DEADLINE_MS, on_deadline);
    DL_APPEND2(source->open, request, open_prev, open_next);
    DL_APPEND(source->gathered, request);
    if (!source->flush_deferred)
        net_defer(source->net, flush, source);
    source->flush_deferred = true;
    return 0;
}

static void take_answers(struct scaler_source *source)
{
    struct kafka_request *request, *tmp, *requests = kafka_worker_collect(source->worker);
    DL_FOREACH_SAFE (requests, request, tmp) {
        DL_DELETE(requests, request);
        if (request->done)
            answer(request, request->error ? NULL : &request->result, request->error);
        request_free(request);
    }
}

static void finish_if_closed(struct scaler_source *source)
{
    if (!source->wake_closed || source->oauth)
        return;
    void (*closed)(void *arg) = source->closed;
    void *arg = source->closed_arg;
    kafka_cluster_done(&source->cluster);
    mem_free(source);
    closed(arg);
}

static void on_wake_closed(uv_handle_t *handle)
{
    struct scaler_source *source = handle->data;
    source->wake_closed = true;
    finish_if_closed(source);
}

static void on_wake(uv_async_t *wake)
{
    struct scaler_source *source = wake->data;
    if (!source->worker)
        return;
    take_answers(source);
    if (source->oauth && kafka_worker_wants_token(source->worker))
        kafka_oauth_fetch(source->oauth);
    if (!kafka_worker_stopped(source->worker))
        return;
    take_answers(source); /* none may come between the first look and the end */
    kafka_worker_free(source->worker);
    source->worker = NULL;
    uv_close((uv_handle_t *)&source->wake, on_wake_closed);
}

static void on_token(const char *token, int64_t expires_ms, const char *why, void *arg)
{
    struct scaler_source *source = arg;
    kafka_worker_give_token(source->worker, token, expires_ms, why);
}

static int open_parts(struct scaler_source *source, struct err *err)
{
    int rc = 0;
    if (source->cluster.mechanism == KAFKA_SASL_OAUTH)
        rc = kafka_oauth_new(source->net, &source->cluster, on_token, source, &source->oauth, err);
    if (rc < 0)
        return rc;
    return kafka_worker_start(&source->cluster, &source->wake, &source->worker, err);
}

static void ignore_closed(void *arg)
{
    (void)arg;
}

/* After a failed open. The handles still need the loop to turn, so the source dies with the last of them. */
static void abandon(struct scaler_source *source);

static void on_abandoned_oauth(void *arg)
{
    struct scaler_source *source = arg;
    source->oauth = NULL;
    abandon(source);
}

static void abandon(struct scaler_source *source)
{
    source->closed = ignore_closed;
    if (source->oauth)
        kafka_oauth_close(source->oauth, on_abandoned_oauth, source);
    else
        uv_close((uv_handle_t *)&source->wake, on_wake_closed);
}

int kafka_open(struct net *net, const void *config, struct scaler_source **ret, struct err *err)
{
    struct scaler_source *source = mem_zalloc(sizeof(*source));
    source->net = net;
    int rc = uv_async_init(net_loop(net), &source->wake, on_wake);
    if (rc < 0) {
        mem_free(source);
        return err_set(err, ERR_IO, "no handle for the Kafka client: %s", uv_strerror(rc));
    }
    source->wake.data = source;
    kafka_cluster_init(&source->cluster, config);
    rc = open_parts(source, err);
    if (rc < 0) {
        abandon(source);
        return rc;
    }
    *ret = source;
    return 0;
}

static void on_oauth_closed(void *arg)
{
    struct scaler_source *source = arg;
    source->oauth = NULL;
    finish_if_closed(source);
}

static void begin_close(void *arg)
{
    struct scaler_source *source = arg;
    struct err error = {0};
    err_set(&error, ERR_CANCELED, "the source is closed");
    while (source->open)
        give_up(source->open, &error);
    kafka_worker_stop(source->worker);
    if (source->oauth)
        kafka_oauth_close(source->oauth, on_oauth_closed, source);
}

void kafka_close(struct scaler_source *source, void (*closed)(void *arg), void *arg)
{
    source->closing = true;
    source->closed = closed;
    source->closed_arg = arg;
    net_defer(source->net, begin_close, source);
}

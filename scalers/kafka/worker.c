/* The worker thread and the mailbox between it and the loop. */
#include "scalers/kafka/worker.h"

#include <signal.h>
#include <utlist.h>

#include "scaler/base/mem.h"
#include "scalers/kafka/batch.h"

/* While idle, the client's events (a token that runs out) are looked at so often. */
#define TICK_NS ((uint64_t)1000 * 1000 * 1000)

struct token {
    bool ready;
    char *value; /* NULL: failed */
    char *why;
    int64_t expires_ms;
};

struct kafka_worker {
    uv_thread_t thread;
    uv_async_t *wake;

    uv_mutex_t lock; /* guards all down to session */
    uv_cond_t changed;
    struct kafka_request *waiting;
    struct kafka_request *finished;
    struct token token;
    bool token_wanted;
    struct err problem;
    bool stop;
    bool stopped;

    struct kafka_session session; /* the thread's */
    bool token_asked;             /* the thread's: told the loop, no answer yet */
};

static void token_done(struct token *token)
{
    mem_free_secret(token->value);
    mem_free(token->why);
    *token = (struct token){0};
}

static bool stopping(void *arg)
{
    struct kafka_worker *worker = arg;
    uv_mutex_lock(&worker->lock);
    bool stop = worker->stop;
    uv_mutex_unlock(&worker->lock);
    return stop;
}

static void on_finish(struct kafka_request *request, void *arg)
{
    struct kafka_worker *worker = arg;
    uv_mutex_lock(&worker->lock);
    DL_APPEND(worker->finished, request);
    uv_mutex_unlock(&worker->lock);
    uv_async_send(worker->wake);
}

static void use_token(struct kafka_worker *worker, struct token *token)
{
    if (token->ready)
        worker->token_asked = false;
    if (token->ready && worker->session.client)
        kafka_client_set_token(worker->session.client, token->value, token->expires_ms, token->why);
    token_done(token);
}

/* Exchanges news with the loop: tokens one way, the wish for one and the connection's trouble the other. */
static void turn(void *arg)
{
    struct kafka_worker *worker = arg;
    struct kafka_client *client = worker->session.client;
    bool ask = client && client->token_wanted && !worker->token_asked;
    worker->token_asked = worker->token_asked || ask;
    uv_mutex_lock(&worker->lock);
    struct token token = worker->token;
    worker->token = (struct token){0};
    worker->token_wanted = worker->token_wanted || ask;
    worker->problem.code = 0;
    if (client && client->problem.code != 0)
        worker->problem = client->problem;
    uv_mutex_unlock(&worker->lock);
    if (ask)
        uv_async_send(worker->wake);
    use_token(worker, &token);
}

static void serve_idle(struct kafka_worker *worker)
{
    struct kafka_client *client = worker->session.client;
    if (!client)
        return;
    rd_kafka_event_t *late = kafka_client_poll(client, 0);
    if (late)
        kafka_committed_late(late);
    turn(worker);
    kafka_session_tend(&worker->session);
}

static struct kafka_request *take_waiting(struct kafka_worker *worker)
{
    uv_mutex_lock(&worker->lock);
    if (!worker->stop && !worker->waiting && !worker->token.ready)
        uv_cond_timedwait(&worker->changed, &worker->lock, TICK_NS);
    struct kafka_request *requests = worker->stop ? NULL : worker->waiting, *request;
    if (requests)
        worker->waiting = NULL;
    DL_FOREACH (requests, request)
        request->begun = true;
    uv_mutex_unlock(&worker->lock);
    return requests;
}

/* Signals are the loop's. */
static void block_signals(void)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static void run(void *arg)
{
    struct kafka_worker *worker = arg;
    block_signals();
    while (!stopping(worker)) {
        struct kafka_request *requests = take_waiting(worker);
        if (requests)
            kafka_batch_run(&worker->session, &requests, on_finish, worker);
        serve_idle(worker);
    }
    kafka_session_done(&worker->session);
    uv_mutex_lock(&worker->lock);
    worker->stopped = true;
    uv_mutex_unlock(&worker->lock);
    uv_async_send(worker->wake);
}

int kafka_worker_start(const struct kafka_cluster *cluster, uv_async_t *wake, struct kafka_worker **ret,
                       struct err *err)
{
    struct kafka_worker *worker = mem_zalloc(sizeof(*worker));
    worker->wake = wake;
    worker->session = (struct kafka_session){
        .cluster = cluster,
        .stopping = stopping,
        .turn = turn,
        .arg = worker,
    };
    uv_mutex_init(&worker->lock);
    uv_cond_init(&worker->changed);
    int rc = uv_thread_create(&worker->thread, run, worker);
    if (rc < 0) {
        uv_cond_destroy(&worker->changed);
        uv_mutex_destroy(&worker->lock);
        mem_free(worker);
        return err_set(err, ERR_IO, "no thread for the Kafka client: %s", uv_strerror(rc));
    }
    *ret = worker;
    return 0;
}

void kafka_worker_submit(struct kafka_worker *worker, struct kafka_request *requests)
{
    uv_mutex_lock(&worker->lock);
    DL_CONCAT(worker->waiting, requests);
    uv_cond_signal(&worker->changed);
    uv_mutex_unlock(&worker->lock);
}

struct kafka_request *kafka_worker_collect(struct kafka_worker *worker)
{
    uv_mutex_lock(&worker->lock);
    struct kafka_request *requests = worker->finished;
    worker->finished = NULL;
    uv_mutex_unlock(&worker->lock);
    return requests;
}

bool kafka_worker_withdraw(struct kafka_worker *worker, struct kafka_request *request)
{
    uv_mutex_lock(&worker->lock);
    bool withdrawn = !request->begun;
    if (withdrawn)
        DL_DELETE(worker->waiting, request);
    uv_mutex_unlock(&worker->lock);
    return withdrawn;
}

bool kafka_worker_problem(struct kafka_worker *worker, struct err *ret)
{
    uv_mutex_lock(&worker->lock);
    bool any = worker->problem.code != 0;
    if (any)
        *ret = worker->problem;
    uv_mutex_unlock(&worker->lock);
    return any;
}

bool kafka_worker_wants_token(struct kafka_worker *worker)
{
    uv_mutex_lock(&worker->lock);
    bool wanted = worker->token_wanted;
    worker->token_wanted = false;
    uv_mutex_unlock(&worker->lock);
    return wanted;
}

void kafka_worker_give_token(struct kafka_worker *worker, const char *token, int64_t expires_ms,
                             const char *why)
{
    uv_mutex_lock(&worker->lock);
    token_done(&worker->token);
    worker->token = (struct token){
        .ready = true,
        .value = mem_strdup(token),
        .why = mem_strdup(why ? why : "unknown reason"),
        .expires_ms = expires_ms,
    };
    uv_cond_signal(&worker->changed);
    uv_mutex_unlock(&worker->lock);
}

void kafka_worker_stop(struct kafka_worker *worker)
{
    uv_mutex_lock(&worker->lock);
    worker->stop = true;
    uv_cond_signal(&worker->changed);
    uv_mutex_unlock(&worker->lock);
}

bool kafka_worker_stopped(struct kafka_worker *worker)
{
    uv_mutex_lock(&worker->lock);
    bool stopped = worker->stopped;
    uv_mutex_unlock(&worker->lock);
    return stopped;
}

void kafka_worker_free(struct kafka_worker *worker)
{
    uv_thread_join(&worker->thread);
    token_done(&worker->token);
    uv_cond_destroy(&worker->changed);
    uv_mutex_destroy(&worker->lock);
    mem_free(worker);
}

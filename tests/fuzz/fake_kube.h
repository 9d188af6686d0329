/* Stands in for the client of scaler/kube, its timers and its clock: a target answers requests from its
 * input. Include it in one file of a program; what of the room is linked beside it must not need the real
 * ones. */
#ifndef TESTS_FUZZ_FAKE_KUBE_H
#define TESTS_FUZZ_FAKE_KUBE_H

#include <string.h>
#include <utlist.h>

#include "scaler/base/mem.h"
#include "scaler/kube/answer.h"
#include "scaler/kube/client_internal.h"
#include "scaler/net/net.h"
#include "scaler/net/timer.h"
#include "tests/fuzz/fuzz.h"

static struct kube_call *fake_calls; /* not yet answered, in order */
static struct timer *fake_timers;
static int64_t fake_now_ms = INT64_C(1700000000000);

/* One part of an input: "%%HEAD" is a line of its own, what follows until the next is the body. */
struct fake_part {
    const char *head, *body;
    size_t head_len, body_len;
};

static inline bool fake_next_part(const char **at, const char *end, struct fake_part *ret)
{
    if (end - *at < 2 || memcmp(*at, "%%", 2) != 0)
        return false;
    const char *head = *at + 2;
    const char *line = memchr(head, '\n', (size_t)(end - head));
    const char *body = line ? line + 1 : end;
    const char *next = body;
    while (next < end && !(end - next >= 3 && memcmp(next, "\n%%", 3) == 0))
        next++;
    *ret = (struct fake_part){head, body, (size_t)((line ? line : end) - head), (size_t)(next - body)};
    *at = next < end ? next + 1 : end;
    return true;
}

/* The number at the end of the head; 200 without one. */
static inline int fake_status(const struct fake_part *part)
{
    int status = 0;
    for (size_t i = 0; i < part->head_len && status < 1000; i++)
        if (part->head[i] >= '0' && part->head[i] <= '9')
            status = status * 10 + (part->head[i] - '0');
    return status >= 100 && status <= 999 ? status : 200;
}

struct net *kube_client_net(struct kube_client *client)
{
    (void)client;
    return NULL;
}

int64_t net_now_ms(const struct net *net)
{
    (void)net;
    return fake_now_ms;
}

bool timer_running(const struct timer *timer)
{
    const struct timer *at;
    DL_FOREACH (fake_timers, at)
        if (at == timer)
            return true;
    return false;
}

void timer_stop(struct net *net, struct timer *timer)
{
    (void)net;
    if (timer_running(timer))
        DL_DELETE(fake_timers, timer);
}

void timer_start(struct net *net, struct timer *timer, int64_t delay_ms, void (*fn)(struct timer *timer))
{
    FUZZ_CHECK(delay_ms >= 0);
    timer_stop(net, timer);
    timer->fn = fn;
    timer->due_ms = fake_now_ms + delay_ms;
    DL_APPEND(fake_timers, timer);
}

/* Nothing that came from outside breaks out of the request's line. */
static inline void fake_check_path(const char *path)
{
    FUZZ_CHECK(path[0] == '/');
    for (const char *c = path; *c; c++)
        FUZZ_CHECK((unsigned char)*c > ' ' && (unsigned char)*c < 0x7f);
}

static struct kube_call *fake_call(const char *path, kube_done_fn done, void *arg)
{
    fake_check_path(path);
    struct kube_call *call = mem_zalloc(sizeof(*call));
    call->done = done;
    call->arg = arg;
    DL_APPEND(fake_calls, call);
    return call;
}

int kube_start(struct kube_client *client, const struct kube_request *request, kube_done_fn done, void *arg,
               struct kube_call **ret, struct err *err)
{
    (void)client, (void)err;
    struct kube_call *call = fake_call(request->path, done, arg);
    if (ret)
        *ret = call;
    return 0;
}

int kube_stream_start(struct kube_client *client, const struct kube_stream_request *request,
                      kube_done_fn done, void *arg, struct kube_call **ret, struct err *err)
{
    (void)client, (void)err;
    *ret = fake_call(request->path, done, arg);
    (*ret)->on_data = request->on_data;
    return 0;
}

void kube_cancel(struct kube_call *call)
{
    call->canceled = true;
}

void client_check_closed(struct kube_client *client)
{
    (void)client;
}

static inline void fake_finish(struct kube_call *call, int status, json_t *body, const struct err *error)
{
    DL_DELETE(fake_calls, call);
    call->done(status, body, error, call->arg);
    mem_free(call);
}

static inline void fake_cancel(struct kube_call *call)
{
    struct err error = {0};
    err_set(&error, ERR_CANCELED, "canceled");
    fake_finish(call, 0, NULL, &error);
}

/* The next turn of the loop: what is canceled is told, timers fire. */
static inline void fake_turn(void)
{
    struct kube_call *call, *next;
    DL_FOREACH_SAFE (fake_calls, call, next)
        if (call->canceled)
            fake_cancel(call);
    for (unsigned fired = 0; fake_timers && fired < 100; fired++) {
        struct timer *timer = fake_timers;
        DL_DELETE(fake_timers, timer);
        if (timer->due_ms > fake_now_ms)
            fake_now_ms = timer->due_ms;
        timer->fn(timer);
    }
}

/* The oldest call gets its answer, as attempt.c would give it. false: nobody waits. */
static inline bool fake_answer(int status, const char *body, size_t len)
{
    struct kube_call *call = fake_calls;
    json_t *root = NULL;
    struct err error = {0};
    if (!call)
        return false;
    int rc = answer_read(status, body, len, &root, &error);
    FUZZ_CHECK(rc == 0 || (error.code < 0 && error.msg[0]));
    fake_finish(call, status, call->on_data ? NULL : root, rc < 0 ? &error : NULL);
    json_decref(root);
    return true;
}

/* Bytes for the stream that is open; one that does not want any more is ended. */
static inline void fake_data(const char *bytes, size_t len)
{
    struct kube_call *call = fake_calls;
    if (call && call->on_data && !call->canceled && !call->on_data(bytes, len, call->arg))
        fake_cancel(call);
}

#endif

/* Owns the life of a call: queued, running, ending; answered exactly once, then freed.
 *
 * Three rules keep it simple. curl's callbacks (bytes, headers) never end a call: they make curl stop, and
 * the end comes from the completion. A call that must end for another reason (canceled, could not start) is
 * taken off curl and answered by net_defer. And nothing is started or stopped while curl is on the stack
 * (transport_busy). */
#include <string.h>
#include <utlist.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/net/curl_error.h"
#include "scaler/net/http_internal.h"

static void on_transfer_done(struct transfer *transfer, CURLcode result);
static void on_deadline(struct timer *timer);
static void on_idle(struct timer *timer);

/* Takes the call off curl (if it is still there) and its pool's lists; the slot stays until the answer is
 * given. */
void http_call_detach(struct http_call *call)
{
    struct http_pool *pool = call->pool;
    timer_stop(pool->net, &call->deadline);
    timer_stop(pool->net, &call->idle);
    if (call->state == HTTP_CALL_QUEUED)
        DL_DELETE(pool->queued, call);
    if (call->state == HTTP_CALL_RUNNING) {
        transport_stop(call->transport, call->slot->easy);
        DL_DELETE(pool->running, call);
        pool->in_flight--;
    }
    call->state = HTTP_CALL_ENDING;
}

/* The last thing that happens to a call. Its place in the pool is already free: done may start the next one.
 */
static void answer(struct http_call *call, const struct http_response *response, const struct err *error)
{
    struct http_pool *pool = call->pool;
    call->done(response, error, call->arg);
    if (call->slot)
        transport_slot_give(call->transport, call->slot);
    http_call_free(call);
    http_pool_call_gone(pool);
}

/* "GET http://host/path: text", without user-info and query values. */
static void answer_error(struct http_call *call, struct err *error)
{
    char *url = text_url_for_log(call->url);
    err_wrap(error, "%s %s", call->method, url);
    mem_free(url);
    answer(call, NULL, error);
}

static int64_t duration_ms(const struct http_call *call)
{
    return net_now_ms(call->pool->net) - call->started_ms;
}

static void answer_response(struct http_call *call)
{
    const char *content_type = NULL;
    long status = 0;
    curl_easy_getinfo(call->slot->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(call->slot->easy, CURLINFO_CONTENT_TYPE, &content_type);
    struct http_response response = {
        .status = (int)status,
        .body = call->slot->body.data,
        .body_len = call->slot->body.len,
        .content_type = content_type ? content_type : "",
        .retry_after_ms = call->retry_after_ms,
        .duration_ms = duration_ms(call),
    };
    answer(call, &response, NULL);
}

static void on_transfer_done(struct transfer *transfer, CURLcode result)
{
    struct http_call *call = container_of(transfer, struct http_call, transfer);
    struct err error = {0};
    bool canceled = call->ended != NULL; /* while curl was busy; its answer is already on the way */
    http_call_detach(call);
    if (canceled)
        return;
    if (call->abort)
        err_set(&error, call->abort, "%s", call->abort_text);
    else if (result != CURLE_OK)
        curl_error_set(&error, result, call->slot->error);
    else if (call->gunzip && !gunzip_is_whole(call->gunzip))
        err_set(&error, ERR_PROTOCOL, "the compressed answer is cut off");
    if (error.code)
        answer_error(call, &error);
    else
        answer_response(call);
}

static void on_answer_deferred(void *arg)
{
    struct http_call *call = arg;
    struct err error = *call->ended;
    if (call->state != HTTP_CALL_ENDING)
        http_call_detach(call);
    answer_error(call, &error);
}

static void end_later(struct http_call *call, const struct err *error)
{
    call->ended = mem_alloc(sizeof(*call->ended));
    *call->ended = *error;
    net_defer(call->pool->net, on_answer_deferred, call);
}

static void arm_timers(struct http_call *call)
{
    if (call->idle_timeout_ms > 0)
        timer_start(call->pool->net, &call->idle, call->idle_timeout_ms, on_idle);
}

/* Called by the pool when there is room; curl is not on the stack. */
void http_call_start(struct http_call *call)
{
    struct http_pool *pool = call->pool;
    struct err error = {0};
    DL_DELETE(pool->queued, call);
    DL_APPEND(pool->running, call);
    pool->in_flight++;
    call->state = HTTP_CALL_RUNNING;
    call->last_byte_ms = net_now_ms(pool->net);
    call->slot = transport_slot_take(call->transport);
    call->transfer.done = on_transfer_done;
    http_call_setup(call);
    arm_timers(call);
    if (transport_start(call->transport, call->slot->easy, &call->transfer, &error) < 0)
        end_later(call, &error);
}

/* What the peer kept us waiting for, to tell a slow server from one that cannot be reached. */
static const char *stage(const struct http_call *call)
{
    curl_off_t connected_us = 0;
    if (!call->slot)
        return "waiting for a free connection slot";
    curl_easy_getinfo(call->slot->easy, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
    if (connected_us == 0)
        return "connecting";
    return call->header_bytes ? "reading the answer" : "waiting for the answer";
}

/* Timers run when curl is not on the stack, and in a later turn than http_start: the answer can be given at
 * once. */
static void time_out(struct http_call *call, int64_t limit_ms)
{
    struct err error;
    if (call->ended)
        return;
    err_set(&error, ERR_TIMEOUT, "timed out after %lld ms while %s", (long long)limit_ms, stage(call));
    http_call_detach(call);
    answer_error(call, &error);
}

static void on_deadline(struct timer *timer)
{
    struct http_call *call = container_of(timer, struct http_call, deadline);
    time_out(call, call->timeout_ms);
}

/* Bytes do not restart the timer, they leave their time: one restart per period instead of one per packet. */
static void on_idle(struct timer *timer)
{
    struct http_call *call = container_of(timer, struct http_call, idle);
    int64_t silent_ms = net_now_ms(call->pool->net) - call->last_byte_ms;
    if (silent_ms >= call->idle_timeout_ms)
        time_out(call, call->idle_timeout_ms);
    else
        timer_start(call->pool->net, timer, call->idle_timeout_ms - silent_ms, on_idle);
}

int http_start(struct http_pool *pool, const struct http_request *request, http_done_fn done, void *arg,
               struct http_call **ret, struct err *err)
{
    int rc = http_check_request(pool, request, err);
    if (rc < 0)
        return rc;
    struct http_call *call = http_call_copy(request);
    call->pool = pool;
    call->transport = call->body || text_eq(call->method, "POST") ? pool->uploads : pool->transport;
    call->done = done;
    call->arg = arg;
    call->retry_after_ms = -1;
    call->started_ms = net_now_ms(pool->net);
    if (call->timeout_ms > 0)
        timer_start(pool->net, &call->deadline, call->timeout_ms, on_deadline);
    DL_APPEND(pool->queued, call);
    pool->calls++;
    if (ret)
        *ret = call;
    http_pool_pump(pool);
    return 0;
}

void http_cancel(struct http_call *call)
{
    static const struct err canceled = {.code = ERR_CANCELED, .msg = "canceled"};
    struct http_pool *pool = call->pool;
    if (call->state == HTTP_CALL_ENDING || call->ended)
        return;
    end_later(call, &canceled);
    if (call->state == HTTP_CALL_RUNNING && transport_busy(call->transport))
        return; /* curl lets go of it first, or on_answer_deferred takes it away */
    http_call_detach(call);
    http_pool_pump(pool);
}

/* Owns how a source is asked: opening, the in-flight cap, the one immediate retry, back-off when it gives no
 * answers, closing. */
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/daemon/planner_internal.h"
#include "scaler/net/net.h"

/* Longer than any scaler's own deadline: only a scaler that breaks its contract gets here. */
#define QUERY_GUARD_MS    45000
#define SOURCE_DOWN_AFTER 3
#define LATE_MS           100

static void pump(struct source *source);

static void finish_error(struct query *query, const char *text)
{
    struct reading reading = {.state = READING_ERROR, .at_ms = net_now_ms(query->source->planner->net)};
    query_finish(query, &reading, text);
}

static bool source_silent(int code)
{
    return code == ERR_TIMEOUT || code == ERR_IO;
}

static void note_failure(struct source *source, const struct err *error, int64_t now)
{
    source->errors++;
    snprintf(source->last_error, sizeof source->last_error, "%s", error->msg);
    if (!source_silent(error->code)) {
        source->failures = 0;
        source->down = false;
        return;
    }
    source->failures++;
    if (source->failures < SOURCE_DOWN_AFTER)
        return;
    if (!source->down) {
        source->down = true;
        source->down_since_ms = now;
        log_warn(NULL, "%s gives no answers: %s; asking it with one reading at a time until it does",
                 source->name, error->msg);
    }
    source->probe_at_ms = now + backoff_next_ms(&source->backoff);
}

static void note_success(struct source *source)
{
    if (source->down)
        log_info(NULL, "%s answers again", source->name);
    source->failures = 0;
    source->down = false;
    backoff_reset(&source->backoff);
}

/* One immediate second try, as KEDA does (spec/keda-engine.md §3.1): a connection that died between two polls
 * is no failure. */
static bool may_retry(const struct query *query, const struct err *error)
{
    return !query->retried && !query->source->down &&
           (error->code == ERR_IO || error->code == ERR_PROTOCOL) &&
           net_now_ms(query->source->planner->net) - query->started_ms < 500;
}

static struct reading reading_of(const struct scaler_result *result, int64_t now)
{
    static const enum reading_state states[] = {
        [SCALER_OK] = READING_OK, [SCALER_EMPTY] = READING_EMPTY, [SCALER_NAN] = READING_NAN};
    return (struct reading){.state = states[result->state],
                            .partial = result->partial,
                            .value = result->value,
                            .activity = result->activity,
                            .at_ms = now};
}

static void answer(struct query *query, const struct scaler_result *result, const struct err *error)
{
    struct source *source = query->source;
    int64_t now = net_now_ms(source->planner->net);
    if (error && error->code == ERR_CANCELED) {
        finish_error(query, "canceled");
    } else if (error) {
        note_failure(source, error, now);
        if (may_retry(query, error)) {
            query->retried = true;
            source_enqueue(source, query);
            return;
        }
        finish_error(query, error->msg);
    } else {
        note_success(source);
        struct reading reading = reading_of(result, now);
        query_finish(query, &reading, NULL);
    }
}

static void on_read(const struct scaler_result *result, const struct err *error, void *arg)
{
    struct query *query = arg;
    struct source *source = query->source;
    timer_stop(source->planner->net, &query->guard);
    source->in_flight--;
    source->probing = false;
    query->state = QUERY_IDLE;
    source->latency_last_us = clock_mono_us() - query->started_us;
    source->latency_sum_us += (uint64_t)source->latency_last_us;
    source->reads++;
    bool late = query->answered;
    query->answered = false;
    if (query->refs == 0) {
        if (!query->ready)
            query_free(query); /* may free the source */
        return;
    }
    if (!late)
        answer(query, result, error);
    pump(source);
}

static void on_guard(struct timer *timer)
{
    struct query *query = container_of(timer, struct query, guard);
    query->answered = true;
    struct err error;
    err_set(&error, ERR_TIMEOUT, "no answer within %d s", QUERY_GUARD_MS / 1000);
    note_failure(query->source, &error, net_now_ms(query->source->planner->net));
    if (query->refs > 0)
        finish_error(query, error.msg);
}

static int open_handle(struct source *source, const void *config, struct err *err)
{
    const struct scaler_type *type = source->type;
    struct planner *planner = source->planner;
    if (!type->open_in)
        return type->open(planner->net, config, &source->handle, err);
    if (!planner->cluster)
        return err_set(err, ERR_UNSUPPORTED, "there is no cluster to look into");
    return type->open_in(planner->net, planner->cluster, config, &source->handle, err);
}

static int open_source(struct source *source, const void *config, struct err *err)
{
    if (source->planner->closing || source->closing)
        return err_set(err, ERR_CANCELED, "shutting down");
    if (source->handle)
        return 0;
    int rc = open_handle(source, config, err);
    if (rc == 0)
        source->planner->sources_open++;
    return rc;
}

static void start_read(struct source *source, struct query *query)
{
    struct err err = {0};
    int64_t now = net_now_ms(source->planner->net);
    if (now - query->asked_ms > LATE_MS)
        source->planner->late_reads++;
    query->started_ms = now;
    query->started_us = clock_mono_us();
    int rc = open_source(source, query->config, &err);
    if (rc == 0)
        rc = source->type->read(source->handle, query->config, on_read, query, &err);
    if (rc < 0) {
        source->reads++;
        note_failure(source, &err, now);
        finish_error(query, err.msg);
        return;
    }
    query->state = QUERY_READING;
    source->in_flight++;
    source->probing = source->down;
    timer_start(source->planner->net, &query->guard, QUERY_GUARD_MS, on_guard);
}

static struct query *take_first(struct source *source)
{
    struct query *query = source->queue_head;
    source->queue_head = query->next;
    if (!source->queue_head)
        source->queue_tail = NULL;
    query->next = NULL;
    query->state = QUERY_IDLE;
    source->queued--;
    return query;
}

static void refuse(struct source *source, struct query *query)
{
    /* No duration in it: each new text is an event and a log line of every object. */
    char text[SOURCE_ERROR_MAX + 96];
    snprintf(text, sizeof text, "%s (the source gives no answers; not asked again yet)", source->last_error);
    query->started_ms = net_now_ms(source->planner->net);
    source->errors++;
    finish_error(query, text);
}

static void pump(struct source *source)
{
    unsigned cap = source->type->max_in_flight ? source->type->max_in_flight : UINT_MAX;
    while (source->queue_head && source->in_flight < cap) {
        struct query *query = take_first(source);
        bool wait =
            source->down && (source->probing || net_now_ms(source->planner->net) < source->probe_at_ms);
        if (wait)
            refuse(source, query);
        else
            start_read(source, query);
    }
}

void source_enqueue(struct source *source, struct query *query)
{
    query->state = QUERY_QUEUED;
    query->next = NULL;
    if (source->queue_tail)
        source->queue_tail->next = query;
    else
        source->queue_head = query;
    source->queue_tail = query;
    source->queued++;
    pump(source);
}

void source_dequeue(struct source *source, struct query *query)
{
    struct query **link = &source->queue_head;
    struct query *before = NULL;
    while (*link && *link != query) {
        before = *link;
        link = &(*link)->next;
    }
    if (!*link)
        return;
    *link = query->next;
    if (source->queue_tail == query)
        source->queue_tail = before;
    query->next = NULL;
    query->state = QUERY_IDLE;
    source->queued--;
}

static void source_free(struct source *source)
{
    mem_wipe(source->key, source->key_len);
    mem_free(source->key);
    mem_free(source->name);
    mem_free(source);
}

static void on_source_closed(void *arg)
{
    struct source *source = arg;
    struct planner *planner = source->planner;
    source->handle = NULL;
    source->closing = false;
    if (source->queries == 0)
        source_free(source);
    planner->sources_open--;
    planner_maybe_closed(planner);
}

void source_close(struct source *source)
{
    if (!source->handle || source->closing)
        return;
    source->closing = true;
    source->type->close(source->handle, on_source_closed, source);
}

void source_release(struct source *source)
{
    if (--source->queries > 0)
        return;
    struct planner *planner = source->planner;
    HASH_DEL(planner->sources, source);
    HASH_DELETE(hh_name, planner->source_names, source);
    if (source->handle)
        source_close(source); /* its end frees it */
    else
        source_free(source);
    planner_check_closed_later(planner);
}

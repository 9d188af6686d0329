/* Owns the queries: sharing, waiters, handing answers over. How a source is asked: source.c. */
#include "scaler/daemon/planner.h"

#include <string.h>
#include <utlist.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/daemon/planner_internal.h"
#include "scaler/net/net.h"

struct planner *planner_new(struct net *net)
{
    struct planner *planner = mem_zalloc(sizeof *planner);
    planner->net = net;
    return planner;
}

void planner_set_cluster(struct planner *planner, struct scaler_cluster *cluster)
{
    planner->cluster = cluster;
}

void planner_maybe_closed(struct planner *planner)
{
    if (!planner->closing || planner->sources_open > 0 || planner->sources || planner->queries ||
        planner->ready_deferred || planner->check_deferred)
        return;
    void (*closed)(void *) = planner->closed;
    void *arg = planner->closed_arg;
    mem_free(planner);
    closed(arg);
}

static void check_closed(void *arg)
{
    struct planner *planner = arg;
    planner->check_deferred = false;
    planner_maybe_closed(planner);
}

void planner_check_closed_later(struct planner *planner)
{
    if (!planner->closing || planner->check_deferred)
        return;
    planner->check_deferred = true;
    net_defer(planner->net, check_closed, planner);
}

void planner_close(struct planner *planner, void (*closed)(void *arg), void *arg)
{
    planner->closing = true;
    planner->closed = closed;
    planner->closed_arg = arg;
    for (struct source *source = planner->sources; source; source = source->hh.next)
        source_close(source);
    planner_check_closed_later(planner);
}

/* Two sources may have one endpoint and other credentials, which nobody may see: the second one's name ends
 * in " (2)". */
static char *unique_name(struct planner *planner, const struct scaler_type *type, const void *config)
{
    AUTO_STRBUF struct strbuf base;
    strbuf_init(&base);
    type->source_name(config, &base);
    char *name = mem_strdup(base.data);
    struct source *other = NULL;
    HASH_FIND(hh_name, planner->source_names, name, strlen(name), other);
    for (unsigned number = 2; other; number++) {
        mem_free(name);
        name = mem_printf("%s (%u)", base.data, number);
        HASH_FIND(hh_name, planner->source_names, name, strlen(name), other);
    }
    return name;
}

static struct source *source_of(struct planner *planner, const struct scaler_type *type, const void *config)
{
    AUTO_STRBUF struct strbuf key;
    strbuf_init(&key);
    strbuf_printf(&key, "%s\n", type->schema.names[0]);
    type->source_key(config, &key);
    struct source *source = NULL;
    HASH_FIND(hh, planner->sources, key.data, key.len, source);
    if (!source) {
        source = mem_zalloc(sizeof *source);
        source->planner = planner;
        source->type = type;
        source->key_len = key.len;
        source->key = mem_alloc(key.len + 1);
        memcpy(source->key, key.data, key.len + 1);
        source->name = unique_name(planner, type, config);
        source->backoff = (struct backoff){.base_ms = 250, .cap_ms = 5000};
        HASH_ADD_KEYPTR(hh, planner->sources, source->key, source->key_len, source);
        HASH_ADD_KEYPTR(hh_name, planner->source_names, source->name, strlen(source->name), source);
    }
    mem_wipe(key.data, key.len);
    return source;
}

static void config_free(const struct scaler_type *type, void *config)
{
    params_done(&type->schema, config);
    mem_free(config);
}

static struct query *query_new(struct planner *planner, struct source *source, void *config,
                               const struct strbuf *key)
{
    struct query *query = mem_zalloc(sizeof *query);
    query->source = source;
    query->config = config;
    query->key_len = key->len;
    query->key = mem_alloc(key->len + 1);
    memcpy(query->key, key->data, key->len + 1);
    query->hash = text_hash(key->data + sizeof source, key->len - sizeof source);
    query->reading.state = READING_PENDING;
    source->queries++;
    HASH_ADD_KEYPTR(hh, planner->queries, query->key, query->key_len, query);
    return query;
}

int planner_query(struct planner *planner, const struct scaler_type *type, void *config_take,
                  struct query **ret, struct err *err)
{
    if (planner->closing) {
        config_free(type, config_take);
        return err_set(err, ERR_CANCELED, "shutting down");
    }
    struct source *source = source_of(planner, type, config_take);
    AUTO_STRBUF struct strbuf key;
    strbuf_init(&key);
    strbuf_append_n(&key, (const char *)&source, sizeof source);
    type->query_key(config_take, &key);
    struct query *query = NULL;
    HASH_FIND(hh, planner->queries, key.data, key.len, query);
    if (query)
        config_free(type, config_take);
    else
        query = query_new(planner, source, config_take, &key);
    query->refs++;
    *ret = query;
    return 0;
}

void query_free(struct query *query)
{
    struct source *source = query->source;
    timer_stop(source->planner->net, &query->guard);
    config_free(source->type, query->config);
    mem_wipe(query->key, query->key_len);
    mem_free(query->key);
    mem_free(query->error);
    mem_free(query);
    source_release(source);
}

void query_unref(struct query *query)
{
    if (!query || --query->refs > 0)
        return;
    HASH_DEL(query->source->planner->queries, query);
    if (query->state == QUERY_QUEUED)
        source_dequeue(query->source, query);
    /* A read under way still uses config, a pending hand-over still holds the pointer: their ends free the
     * query. */
    if (query->state != QUERY_READING && !query->ready)
        query_free(query);
}

static void hand_over(struct query *query)
{
    /* Waiters may ask again from within their call: only those present now are answered. */
    struct query_waiter *waiters = query->waiters;
    query->waiters = NULL;
    query->refs++;
    while (waiters) {
        struct query_waiter *waiter = waiters;
        DL_DELETE(waiters, waiter);
        waiter->query = NULL;
        /* query_forget of a waiter that is still in the local list must find it: lend the list back. */
        query->waiters = waiters;
        waiter->fn(waiter, &query->reading, query->error);
        waiters = query->waiters;
        if (query->ready || query->state != QUERY_IDLE)
            break; /* asked again: whoever is left gets the next answer */
    }
    query_unref(query);
}

static void hand_over_ready(void *arg)
{
    struct planner *planner = arg;
    planner->ready_deferred = false;
    struct query *list = planner->ready;
    planner->ready = NULL;
    while (list) {
        struct query *query = list;
        list = query->ready_next;
        query->ready = false;
        query->ready_next = NULL;
        if (query->refs == 0 && query->state != QUERY_READING)
            query_free(query);
        else if (query->refs > 0)
            hand_over(query);
    }
    planner_maybe_closed(planner);
}

static void make_ready(struct query *query)
{
    struct planner *planner = query->source->planner;
    if (query->ready)
        return;
    query->ready = true;
    query->ready_next = planner->ready;
    planner->ready = query;
    if (!planner->ready_deferred) {
        planner->ready_deferred = true;
        net_defer(planner->net, hand_over_ready, planner);
    }
}

void query_finish(struct query *query, const struct reading *reading, const char *error)
{
    query->reading = *reading;
    if (!error || !query->error || strcmp(error, query->error) != 0) {
        mem_free(query->error);
        query->error = mem_strdup(error);
    }
    make_ready(query);
}

void query_ask(struct query *query, int64_t max_age_ms, struct query_waiter *waiter)
{
    DL_APPEND(query->waiters, waiter);
    waiter->query = query;
    if (query->ready || (query->state != QUERY_IDLE && !query->answered))
        return;
    int64_t now = net_now_ms(query->source->planner->net);
    if (query->reading.state != READING_PENDING && now - query->started_ms <= max_age_ms) {
        make_ready(query);
        return;
    }
    if (query->state == QUERY_READING) { /* the guard has spoken, the scaler has not: say so again */
        make_ready(query);
        return;
    }
    query->retried = false;
    query->asked_ms = now;
    source_enqueue(query->source, query);
}

void query_forget(struct query_waiter *waiter)
{
    if (!waiter->query)
        return;
    DL_DELETE(waiter->query->waiters, waiter);
    waiter->query = NULL;
}

uint64_t query_hash(const struct query *query)
{
    return query->hash;
}

uint64_t planner_late_reads(const struct planner *planner)
{
    return planner->late_reads;
}

void planner_each_source(struct planner *planner, void (*fn)(const struct source_stats *stats, void *arg),
                         void *arg)
{
    for (struct source *source = planner->sources; source; source = source->hh.next) {
        struct source_stats stats = {
            .name = source->name,
            .type = source->type->schema.names[0],
            .in_flight = source->in_flight,
            .queued = source->queued,
            .queries = source->queries,
            .reads = source->reads,
            .errors = source->errors,
            .latency_sum_us = source->latency_sum_us,
            .latency_last_us = source->latency_last_us,
            .down = source->down,
        };
        fn(&stats, arg);
    }
}

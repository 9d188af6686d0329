/* Owns which events are sent, when, and what becomes a series. Their JSON is event_body.c's. */
#include "scaler/kube/events.h"

#include <stdio.h>
#include <string.h>
#include <uthash.h>

#include "scaler/base/clock.h"
#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "scaler/kube/event_body.h"
#include "scaler/kube/event_bucket.h"
#include "scaler/net/net.h"
#include "scaler/net/timer.h"

static const struct event_rate object_rate = {.burst = 25, .refill_ms = 5000};
/* For all objects together: a broken source behind ten thousand of them must not become a storm on the API
 * server. */
static const struct event_rate total_rate = {.burst = 200, .refill_ms = 100};

#define SERIES_PACE_MS 60000  /* between two patches of one series, after the first */
#define SERIES_MS      600000 /* equal events this close together are one */
#define FLUSH_MS       5000
#define EVENTS_MAX     4096
#define BUCKETS_MAX    16384

struct bucket {
    UT_hash_handle hh;
    struct event_bucket tokens;
    char key[]; /* "ns/kind/name" */
};

/* One event, or a series of equal ones, as it stands in the cluster and as it should. */
struct event {
    UT_hash_handle hh;
    struct kube_events *events;
    struct kube_call *call;
    char *api_version, *kind, *ns, *object, *uid, *reason, *message;
    char *name; /* of the Event */
    bool warning;
    bool created;
    uint32_t count;      /* happened */
    uint32_t sent_count; /* told */
    int64_t first_ms, last_ms, sent_ms;
    char key[];
};

struct kube_events {
    struct kube_client *client;
    struct net *net;
    char *controller, *instance;
    struct event *list;
    struct bucket *buckets;
    struct event_bucket total;
    struct timer timer;
    uint64_t serial;
    unsigned calls;
    bool closed;
};

struct kube_events *kube_events_new(struct kube_client *client, const char *controller, const char *instance)
{
    struct kube_events *events = mem_zalloc(sizeof(*events));
    events->client = client;
    events->net = kube_client_net(client);
    events->controller = mem_strdup(controller);
    events->instance = mem_strdup(text_empty(instance) ? controller : instance);
    event_bucket_init(&events->total, &total_rate, net_now_ms(events->net));
    events->serial = (uint64_t)clock_wall_ms() << 16; /* names do not repeat after a restart */
    return events;
}

static void event_free(struct event *event)
{
    HASH_DEL(event->events->list, event);
    mem_free(event->api_version);
    mem_free(event->kind);
    mem_free(event->ns);
    mem_free(event->object);
    mem_free(event->uid);
    mem_free(event->reason);
    mem_free(event->message);
    mem_free(event->name);
    mem_free(event);
}

static void events_free(struct kube_events *events)
{
    struct event *event, *next_event;
    struct bucket *bucket, *next_bucket;
    HASH_ITER (hh, events->list, event, next_event)
        event_free(event);
    HASH_ITER (hh, events->buckets, bucket, next_bucket) {
        HASH_DEL(events->buckets, bucket);
        mem_free(bucket);
    }
    mem_free(events->controller);
    mem_free(events->instance);
    mem_free(events);
}

void kube_events_close(struct kube_events *events)
{
    struct event *event, *next;
    if (!events || events->closed)
        return;
    events->closed = true;
    timer_stop(events->net, &events->timer);
    HASH_ITER (hh, events->list, event, next)
        if (event->call)
            kube_cancel(event->call);
    if (events->calls == 0)
        events_free(events);
}

/* Takes one token of the object's and one of all. Objects beyond the cap are not heard until others fall
 * silent. */
static bool may_send(struct kube_events *events, const struct event *event, int64_t now_ms)
{
    struct bucket *bucket;
    if (!event_bucket_has(&events->total, &total_rate, now_ms))
        return false;
    AUTO_FREE char *key = mem_printf("%s/%s/%s", event->ns, event->kind, event->object);
    HASH_FIND_STR(events->buckets, key, bucket);
    if (!bucket) {
        if (HASH_COUNT(events->buckets) >= BUCKETS_MAX)
            return false;
        bucket = mem_zalloc(sizeof(*bucket) + strlen(key) + 1);
        memcpy(bucket->key, key, strlen(key) + 1);
        event_bucket_init(&bucket->tokens, &object_rate, now_ms);
        HASH_ADD_STR(events->buckets, key, bucket);
    }
    return event_bucket_take(&bucket->tokens, &object_rate, now_ms) &&
           event_bucket_take(&events->total, &total_rate, now_ms);
}

static bool is_due(const struct event *event, int64_t now_ms)
{
    if (!event->created)
        return true;
    bool paced = event->sent_count == 1 || now_ms - event->sent_ms >= SERIES_PACE_MS;
    return event->sent_count < event->count && paced;
}

static void on_flush(struct timer *timer);

static void arm(struct kube_events *events)
{
    if (!events->closed && !timer_running(&events->timer))
        timer_start(events->net, &events->timer, FLUSH_MS, on_flush);
}

/* Fire and forget: what could not be told is logged and not tried again. A lost series (the Event expired or
 * was deleted) starts anew. */
static void on_sent(int status, json_t *body, const struct err *error, void *arg)
{
    struct event *event = arg;
    struct kube_events *events = event->events;
    (void)status;
    (void)body;
    event->call = NULL;
    events->calls--;
    if (error && error->code != ERR_CANCELED)
        log_debug(event->object, "event %s not written: %s", event->reason, error->msg);
    if (error && (error->code == ERR_NOT_FOUND || !event->created))
        event_free(event);
    else
        event->created = true;
    if (events->closed && events->calls == 0)
        events_free(events);
}

static char *events_path(const struct event *event)
{
    struct strbuf path;
    strbuf_init(&path);
    strbuf_append(&path, "/apis/events.k8s.io/v1/namespaces/");
    strbuf_append_path_escaped(&path, event->ns);
    strbuf_append(&path, "/events");
    if (event->created) {
        strbuf_append_c(&path, '/');
        strbuf_append_path_escaped(&path, event->name);
    }
    return strbuf_take(&path);
}

static char *event_body(const struct event *event)
{
    const struct kube_events *events = event->events;
    if (event->created)
        return event_body_series(event->count, event->last_ms);
    struct kube_object_ref regarding = {.api_version = event->api_version,
                                        .kind = event->kind,
                                        .ns = event->ns,
                                        .name = event->object,
                                        .uid = event->uid};
    struct event_text text = {
        .name = event->name,
        .controller = events->controller,
        .instance = events->instance,
        .reason = event->reason,
        .note = event->message,
        .warning = event->warning,
        .time_ms = event->first_ms,
    };
    return event_body_create(&regarding, &text);
}

static void transmit(struct event *event)
{
    struct kube_events *events = event->events;
    AUTO_FREE char *path = events_path(event);
    AUTO_FREE char *body = event_body(event);
    struct kube_request request = {
        .method = event->created ? "PATCH" : "POST",
        .path = path,
        .content_type = event->created ? "application/merge-patch+json" : NULL,
        .body = body,
        .max_tries = 2,
    };
    /* Repetitions that came before the first telling are told by a patch after it. */
    event->sent_ms = net_now_ms(events->net);
    event->sent_count = event->created ? event->count : 1;
    if (kube_start(events->client, &request, on_sent, event, &event->call, NULL) == 0)
        events->calls++;
}

static void send_if_allowed(struct event *event, int64_t now_ms)
{
    if (!event->call && is_due(event, now_ms) && may_send(event->events, event, now_ms))
        transmit(event);
}

static void drop_old_buckets(struct kube_events *events, int64_t now_ms)
{
    struct bucket *bucket, *next;
    HASH_ITER (hh, events->buckets, bucket, next) {
        if (!event_bucket_full(&bucket->tokens, &object_rate, now_ms))
            continue;
        HASH_DEL(events->buckets, bucket);
        mem_free(bucket);
    }
}

static void on_flush(struct timer *timer)
{
    struct kube_events *events = container_of(timer, struct kube_events, timer);
    int64_t now = net_now_ms(events->net);
    struct event *event, *next;
    HASH_ITER (hh, events->list, event, next) {
        send_if_allowed(event, now);
        if (!event->call && now - event->last_ms >= SERIES_MS)
            event_free(event);
    }
    drop_old_buckets(events, now);
    if (events->list || events->buckets)
        arm(events);
}

static struct event *event_new(struct kube_events *events, const char *key,
                               const struct kube_object_ref *regarding, bool warning, const char *reason,
                               const char *message)
{
    struct event *event = mem_zalloc(sizeof(*event) + strlen(key) + 1);
    memcpy(event->key, key, strlen(key) + 1);
    event->events = events;
    event->api_version = mem_strdup(regarding->api_version);
    event->kind = mem_strdup(regarding->kind);
    event->ns = mem_strdup(text_empty(regarding->ns) ? "default" : regarding->ns);
    event->object = mem_strdup(regarding->name);
    event->uid = mem_strdup(regarding->uid ? regarding->uid : "");
    event->reason = mem_strdup(reason);
    event->message = mem_strdup(message);
    event->warning = warning;
    event->first_ms = net_now_ms(events->net);
    event->name = mem_printf("%.200s.%llx", regarding->name, (unsigned long long)++events->serial);
    HASH_ADD_STR(events->list, key, event);
    return event;
}

void kube_event(struct kube_events *events, const struct kube_object_ref *regarding, bool warning,
                const char *reason, const char *message)
{
    if (events->closed)
        return;
    struct event *event;
    int64_t now = net_now_ms(events->net);
    AUTO_FREE char *key =
        mem_printf("%s/%s/%s/%s/%d/%s/%s", regarding->kind, regarding->ns ? regarding->ns : "",
                   regarding->name, regarding->uid ? regarding->uid : "", warning, reason, message);
    HASH_FIND_STR(events->list, key, event);
    if (event && !event->call && now - event->last_ms >= SERIES_MS) {
        event_free(event);
        event = NULL;
    }
    if (!event && HASH_COUNT(events->list) >= EVENTS_MAX)
        return;
    if (!event)
        event = event_new(events, key, regarding, warning, reason, message);
    event->count++;
    event->last_ms = now;
    send_if_allowed(event, now);
    arm(events);
}

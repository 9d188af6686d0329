/* Owns the workloads' turn: who is looked at, when; the watching of changes; the timer. */
#include "tests/sandbox/workload.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

#include "scaler/base/clock.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "tests/sandbox/sandbox.h"

#define RECONCILES_PER_TURN 50 /* then the clients get their turn */
#define RETRY_MS            1000

static void on_timer(uv_timer_t *timer);

static void arm(struct workloads *workloads)
{
    int64_t at_ms = INT64_MAX;
    for (int kind = 0; kind < DUE_KINDS; kind++)
        if (workloads->queues[kind].first && workloads->queues[kind].first->at_ms < at_ms)
            at_ms = workloads->queues[kind].first->at_ms;
    int64_t in_ms = workloads->dirty_first || at_ms == INT64_MAX ? 0 : at_ms - clock_mono_ms();
    if (workloads->dirty_first || at_ms != INT64_MAX)
        uv_timer_start(&workloads->timer, on_timer, in_ms > 0 ? (uint64_t)in_ms : 0, 0);
}

void workload_mark(struct workloads *workloads, struct workload *workload)
{
    if (workload->dirty)
        return;
    workload->dirty = true;
    workload->dirty_next = NULL;
    if (workloads->dirty_last)
        workloads->dirty_last->dirty_next = workload;
    else
        workloads->dirty_first = workload;
    workloads->dirty_last = workload;
    arm(workloads);
}

void workload_schedule(struct workloads *workloads, enum due_kind kind, const char *key, bool is_pod,
                       int64_t count)
{
    struct due *due = mem_zalloc(sizeof(*due));
    *due = (struct due){.at_ms = clock_mono_ms() + workloads->queues[kind].delay_ms,
                        .key = mem_strdup(key),
                        .is_pod = is_pod,
                        .count = count};
    if (workloads->queues[kind].last)
        workloads->queues[kind].last->next = due;
    else
        workloads->queues[kind].first = due;
    workloads->queues[kind].last = due;
    arm(workloads);
}

static struct workload *find(struct workloads *workloads, const char *key)
{
    struct workload *found;
    HASH_FIND(hh, workloads->by_key, key, strlen(key), found);
    return found;
}

static void free_workload(struct workloads *workloads, struct workload *workload)
{
    HASH_DEL(workloads->by_key, workload);
    mem_free(workload->key);
    mem_free(workload->ns);
    mem_free(workload->name);
    mem_free(workload);
}

static void on_workload_change(struct workloads *workloads, struct collection *collection,
                               const struct blob *blob)
{
    AUTO_FREE char *key = mem_printf("%s/%s/%s", collection->resource->plural, blob->ns, blob->name);
    struct workload *workload = find(workloads, key);
    if (!workload) {
        workload = mem_zalloc(sizeof(*workload));
        workload->key = mem_strdup(key);
        workload->ns = mem_strdup(blob->ns);
        workload->name = mem_strdup(blob->name);
        workload->collection = collection;
        HASH_ADD_KEYPTR(hh, workloads->by_key, workload->key, strlen(workload->key), workload);
    }
    workload_mark(workloads, workload);
}

/* Somebody else touched a pod of ours: deleted it, or declared it unready. */
static void on_pod_change(struct workloads *workloads, const struct event *event)
{
    struct pod *pod;
    AUTO_FREE char *key = mem_printf("%s/%s", event->now->ns, event->now->name);
    HASH_FIND(hh, workloads->pods, key, strlen(key), pod);
    if (!pod)
        return;
    workload_mark(workloads, pod->owner);
    if (event->change == CHANGE_DELETED) {
        workload_forget_pod(workloads, pod);
    } else {
        AUTO_JSON json_t *object = blob_parse(event->now);
        pod->ready = pod_is_ready(object);
    }
}

static void on_change(struct collection *collection, const struct event *event, void *arg)
{
    struct workloads *workloads = arg;
    if (workloads->writing)
        return;
    if (collection->resource->flags & RES_WORKLOAD)
        on_workload_change(workloads, collection, event->now);
    else if (strcmp(collection->resource->kind, "Pod") == 0)
        on_pod_change(workloads, event);
}

static struct due *pop(struct workloads *workloads, int kind)
{
    struct due *due = workloads->queues[kind].first;
    workloads->queues[kind].first = due->next;
    if (!due->next)
        workloads->queues[kind].last = NULL;
    return due;
}

static void free_due(struct due *due)
{
    mem_free(due->key);
    mem_free(due);
}

static void workload_is_due(struct workloads *workloads, const struct due *due, enum due_kind kind)
{
    struct workload *workload = find(workloads, due->key);
    if (!workload)
        return;
    if (kind == DUE_RETRY)
        workload->retrying = false;
    int64_t lost = due->count < workload->not_awaited ? due->count : workload->not_awaited;
    workload->not_awaited -= lost;
    workload->ready += due->count - lost;
    if (workload->ready > workload->total)
        workload->ready = workload->total; /* a namesake's, deleted meanwhile */
    workload_mark(workloads, workload);
}

static void take_dues(struct workloads *workloads)
{
    int64_t now = clock_mono_ms();
    for (int kind = 0; kind < DUE_KINDS; kind++) {
        while (workloads->queues[kind].first && workloads->queues[kind].first->at_ms <= now) {
            struct due *due = pop(workloads, kind);
            if (due->is_pod)
                workload_pod_is_due(workloads, due->key);
            else
                workload_is_due(workloads, due, (enum due_kind)kind);
            free_due(due);
        }
    }
}

/* A deleted and re-created object is another one: its predecessor's pods go. */
static void check_uid(struct workloads *workloads, struct workload *workload, json_t *object)
{
    const char *uid = json_str(json_object_get(object, "metadata"), "uid");
    if (uid && strcmp(uid, workload->uid) == 0)
        return;
    workload_drop_pods(workloads, workload);
    snprintf(workload->uid, sizeof(workload->uid), "%s", uid ? uid : "");
    workload->not_awaited += workload->total - workload->ready;
    workload->total = workload->ready = workload->updated = workload->ready_updated = 0;
}

static void reconcile(struct workloads *workloads, struct workload *workload)
{
    struct store *store = &workloads->sandbox->store;
    struct object *entry = store_find(workload->collection, workload->ns, workload->name);
    if (!entry) {
        workload_drop_pods(workloads, workload);
        free_workload(workloads, workload);
        return;
    }
    AUTO_JSON json_t *object = blob_parse(entry->blob);
    int64_t desired = json_i64(json_object_get(object, "spec"), "replicas", 1);
    check_uid(workloads, workload, object);
    AUTO_FREE char *template =
        json_dumps(json_dig(object, "spec", "template", NULL), JSON_COMPACT | JSON_SORT_KEYS);
    workload->template_hash = template ? text_hash(template, strlen(template)) : 0;
    workload_adjust(workloads, workload, object, desired);
    if (workload_write_status(workload, object, desired))
        store_replace(store, workload->collection, entry, object);
}

static void on_timer(uv_timer_t *timer)
{
    struct workloads *workloads = timer->data;
    workloads->writing = true;
    take_dues(workloads);
    for (int i = 0; i < RECONCILES_PER_TURN && workloads->dirty_first; i++) {
        struct workload *workload = workloads->dirty_first;
        workloads->dirty_first = workload->dirty_next;
        if (!workloads->dirty_first)
            workloads->dirty_last = NULL;
        workload->dirty = false;
        reconcile(workloads, workload);
    }
    workloads->writing = false;
    arm(workloads);
}

void workloads_init(struct workloads *workloads, struct sandbox *sandbox)
{
    *workloads = (struct workloads){
        .sandbox = sandbox, .max_pods = sandbox->options.max_pods, .no_pods = sandbox->options.no_pods};
    workloads->queues[DUE_READY].delay_ms = sandbox->options.ready_delay_ms;
    workloads->queues[DUE_RETRY].delay_ms = RETRY_MS;
    uv_timer_init(sandbox->loop, &workloads->timer);
    workloads->timer.data = workloads;
    store_listen(&sandbox->store, on_change, workloads);
}

void workloads_close(struct workloads *workloads)
{
    uv_close((uv_handle_t *)&workloads->timer, NULL);
}

void workloads_done(struct workloads *workloads)
{
    struct workload *workload, *next;
    struct pod *pod, *next_pod;
    HASH_ITER (hh, workloads->pods, pod, next_pod)
        workload_forget_pod(workloads, pod);
    HASH_ITER (hh, workloads->by_key, workload, next)
        free_workload(workloads, workload);
    for (int kind = 0; kind < DUE_KINDS; kind++)
        while (workloads->queues[kind].first)
            free_due(pop(workloads, kind));
}

void workload_note_write(struct sandbox *sandbox, const struct resource *resource, json_t *before,
                         json_t *after, const char *user_agent)
{
    int64_t from = json_i64(json_object_get(before, "spec"), "replicas", 1);
    int64_t to = json_i64(json_object_get(after, "spec"), "replicas", 1);
    const char *ns = json_str(json_object_get(after, "metadata"), "namespace");
    if (!(resource->flags & RES_WORKLOAD) || from == to)
        return;
    stats_note_scale(&sandbox->stats,
                     &(struct scale_write){.resource = resource,
                                           .ns = ns ? ns : "",
                                           .name = json_str(json_object_get(after, "metadata"), "name"),
                                           .from = from,
                                           .to = to,
                                           .via = "object",
                                           .user_agent = user_agent});
}

/* Owns which pods a workload has: making, removing, replacing them; or, without pods, the numbers alone. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <utlist.h>

#include "scaler/base/mem.h"
#include "tests/sandbox/object.h"
#include "tests/sandbox/sandbox.h"

#define PODS_PER_TURN 200

static struct collection *pod_collection(struct workloads *workloads)
{
    return store_collection(&workloads->sandbox->store, resource_find("", "v1", "pods"));
}

static struct object *pod_entry(struct workloads *workloads, const struct pod *pod)
{
    return store_find(pod_collection(workloads), pod->owner->ns, strchr(pod->key, '/') + 1);
}

void workload_forget_pod(struct workloads *workloads, struct pod *pod)
{
    HASH_DEL(workloads->pods, pod);
    DL_DELETE(pod->owner->pods, pod);
    mem_free(pod->key);
    mem_free(pod);
}

static void remove_pod(struct workloads *workloads, struct pod *pod)
{
    struct object *entry = pod_entry(workloads, pod);
    workload_forget_pod(workloads, pod);
    if (entry)
        store_remove(&workloads->sandbox->store, pod_collection(workloads), entry);
}

void workload_drop_pods(struct workloads *workloads, struct workload *workload)
{
    while (workload->pods)
        remove_pod(workloads, workload->pods);
}

void workload_pod_is_due(struct workloads *workloads, const char *key)
{
    struct pod *pod;
    HASH_FIND(hh, workloads->pods, key, strlen(key), pod);
    struct object *entry = pod ? pod_entry(workloads, pod) : NULL;
    if (!entry || pod->ready)
        return;
    json_t *object = blob_parse(entry->blob);
    pod->ready = true;
    pod_make_ready(object);
    store_replace(&workloads->sandbox->store, pod_collection(workloads), entry, object);
    json_decref(object);
    workload_mark(workloads, pod->owner);
}

static bool is_stateful(const struct workload *workload)
{
    return strcmp(workload->collection->resource->kind, "StatefulSet") == 0;
}

/* "web-2", or "shop-5d9f7c6b8f-x2k4p". */
static char *make_name(const struct workload *workload, const char *hash, int64_t ordinal)
{
    char suffix[6];
    if (is_stateful(workload))
        return mem_printf("%.230s-%" PRId64, workload->name, ordinal);
    object_random_suffix(suffix, 5);
    return mem_printf("%.230s-%s-%s", workload->name, hash, suffix);
}

static bool exists(struct workloads *workloads, const char *key)
{
    struct pod *pod;
    HASH_FIND(hh, workloads->pods, key, strlen(key), pod);
    return pod;
}

static void make_pod(struct workloads *workloads, struct workload *workload, json_t *object, int64_t ordinal)
{
    char hash[20];
    snprintf(hash, sizeof(hash), "%08" PRIx32, (uint32_t)workload->template_hash);
    AUTO_FREE char *name = make_name(workload, hash, ordinal);
    AUTO_FREE char *key = mem_printf("%s/%s", workload->ns, name);
    struct collection *collection = pod_collection(workloads);
    if (exists(workloads, key) || store_find(collection, workload->ns, name))
        return; /* somebody else's: next time */
    json_t *made = pod_build(workload, object, name, hash);
    struct pod *pod = mem_zalloc(sizeof(*pod));
    pod->owner = workload;
    pod->key = mem_strdup(key);
    pod->template_hash = workload->template_hash;
    pod->ordinal = ordinal;
    HASH_ADD_KEYPTR(hh, workloads->pods, pod->key, strlen(pod->key), pod);
    DL_APPEND(workload->pods, pod);
    store_insert(&workloads->sandbox->store, collection, made);
    json_decref(made);
    workload_schedule(workloads, DUE_READY, pod->key, true, 0);
}

static void count_pods(struct workload *workload)
{
    struct pod *pod;
    workload->total = workload->ready = workload->updated = workload->ready_updated = 0;
    DL_FOREACH (workload->pods, pod) {
        bool updated = pod->template_hash == workload->template_hash;
        workload->total++;
        workload->ready += pod->ready;
        workload->updated += updated;
        workload->ready_updated += updated && pod->ready;
    }
}

/* Removes count pods of the new or the old template; unready ones first, the youngest first. */
static void remove_pods(struct workloads *workloads, struct workload *workload, bool updated, int64_t count)
{
    for (int pass = 0; pass < 2 && count > 0; pass++) {
        struct pod *pod =
            workload->pods ? workload->pods->prev : NULL; /* utlist: the head's prev is the tail */
        while (pod && count > 0) {
            struct pod *before = pod == workload->pods ? NULL : pod->prev;
            bool is_updated = pod->template_hash == workload->template_hash;
            if (is_updated == updated && (pass == 1 || !pod->ready)) {
                remove_pod(workloads, pod);
                count--;
            }
            pod = before;
        }
    }
}

static void make_pods(struct workloads *workloads, struct workload *workload, json_t *object, int64_t desired)
{
    int64_t missing = desired - workload->updated, made = 0;
    if (missing <= 0)
        return;
    for (int64_t ordinal = 0; made < missing && made < PODS_PER_TURN && ordinal < desired; ordinal++) {
        if (HASH_COUNT(workloads->pods) >= (unsigned)workloads->max_pods)
            break; /* the "nodes" are full */
        unsigned before = HASH_COUNT(workloads->pods);
        make_pod(workloads, workload, object, ordinal);
        made += HASH_COUNT(workloads->pods) > before;
    }
    if (made == PODS_PER_TURN) {
        workload_mark(workloads, workload);
    } else if (made < missing && !workload->retrying) {
        workload->retrying = true;
        workload_schedule(workloads, DUE_RETRY, workload->key, false, 0);
    }
}

/* Each ordinal has its pod: what is beyond, or of an old template, goes. */
static void trim_stateful(struct workloads *workloads, struct workload *workload, int64_t desired)
{
    struct pod *pod, *next;
    DL_FOREACH_SAFE (workload->pods, pod, next) {
        if (pod->ordinal >= desired || pod->template_hash != workload->template_hash)
            remove_pod(workloads, pod);
    }
}

/* Old pods stay until as many new ones are ready. */
static void trim(struct workloads *workloads, struct workload *workload, int64_t desired)
{
    int64_t old = workload->total - workload->updated;
    int64_t kept = desired > workload->ready_updated ? desired - workload->ready_updated : 0;
    remove_pods(workloads, workload, false, old - kept);
    remove_pods(workloads, workload, true, workload->updated - desired);
}

static void adjust_numbers(struct workloads *workloads, struct workload *workload, int64_t desired)
{
    int64_t unready = workload->total - workload->ready;
    if (desired > workload->total) {
        workload_schedule(workloads, DUE_READY, workload->key, false, desired - workload->total);
    } else if (desired < workload->total) {
        int64_t cut = workload->total - desired;
        int64_t cut_unready = cut < unready ? cut : unready;
        workload->not_awaited += cut_unready;
        workload->ready -= cut - cut_unready;
    }
    workload->total = workload->updated = desired;
    workload->ready_updated = workload->ready;
}

void workload_adjust(struct workloads *workloads, struct workload *workload, json_t *object, int64_t desired)
{
    if (workloads->no_pods) {
        adjust_numbers(workloads, workload, desired);
        return;
    }
    count_pods(workload);
    if (is_stateful(workload))
        trim_stateful(workloads, workload, desired);
    else
        trim(workloads, workload, desired);
    count_pods(workload);
    make_pods(workloads, workload, object, desired);
    count_pods(workload);
}

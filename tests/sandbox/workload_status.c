/* Owns the status fields of workloads, as each kind's own controller writes them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "tests/sandbox/object.h"
#include "tests/sandbox/store.h"
#include "tests/sandbox/workload.h"

/* Zero is written as absence where the kind's encoding leaves zeros out. */
static void set_count(json_t *status, const char *key, int64_t value, bool keep_zero)
{
    if (value || keep_zero)
        json_object_set_new(status, key, json_integer(value));
    else
        json_object_del(status, key);
}

static json_t *old_condition(json_t *status, const char *type)
{
    size_t i;
    json_t *item;
    json_array_foreach (json_object_get(status, "conditions"), i, item)
        if (text_eq(json_str(item, "type"), type))
            return item;
    return NULL;
}

/* The time of the last change stays while the answer does. */
static json_t *condition(json_t *old_status, const char *type, bool holds, const char *reason,
                         const char *message)
{
    char now[CLOCK_RFC3339_MAX];
    const char *status = holds ? "True" : "False";
    json_t *old = old_condition(old_status, type);
    object_now(now, sizeof(now));
    bool same = old && text_eq(json_str(old, "status"), status) && text_eq(json_str(old, "reason"), reason);
    if (same)
        return json_incref(old);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "type", type, "status", status, "lastUpdateTime", now,
                     "lastTransitionTime", now, "reason", reason, "message", message);
}

static void deployment_status(const struct workload *workload, json_t *status, int64_t desired)
{
    bool available = workload->ready >= desired - desired / 4;
    bool complete = workload->ready_updated >= desired && workload->total == workload->updated;
    set_count(status, "replicas", workload->total, false);
    set_count(status, "updatedReplicas", workload->updated, false);
    set_count(status, "readyReplicas", workload->ready, false);
    set_count(status, "availableReplicas", workload->ready, false);
    set_count(status, "unavailableReplicas",
              workload->total > workload->ready ? workload->total - workload->ready : 0, false);
    json_t *conditions = json_array();
    json_array_append_new(conditions,
                          condition(status, "Available", available,
                                    available ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
                                    available ? "Enough pods are ready." : "Too few pods are ready."));
    json_array_append_new(
        conditions,
        condition(status, "Progressing", true, complete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
                  complete ? "All pods are of the newest template." : "Pods are on their way."));
    json_object_set_new(status, "conditions", conditions);
}

static void stateful_set_status(const struct workload *workload, json_t *status)
{
    AUTO_FREE char *revision = mem_printf("%s-%08" PRIx32, workload->name, (uint32_t)workload->template_hash);
    set_count(status, "replicas", workload->total, true);
    set_count(status, "readyReplicas", workload->ready, false);
    set_count(status, "currentReplicas", workload->updated, false);
    set_count(status, "updatedReplicas", workload->updated, false);
    set_count(status, "availableReplicas", workload->ready, true);
    json_object_set_new(status, "currentRevision", json_string(revision));
    json_object_set_new(status, "updateRevision", json_string(revision));
    set_count(status, "collisionCount", 0, true);
}

static void replica_set_status(const struct workload *workload, json_t *status)
{
    set_count(status, "replicas", workload->total, true);
    set_count(status, "fullyLabeledReplicas", workload->total, false);
    set_count(status, "readyReplicas", workload->ready, false);
    set_count(status, "availableReplicas", workload->ready, false);
}

static void custom_status(const struct workload *workload, json_t *status)
{
    set_count(status, "replicas", workload->total, true);
    set_count(status, "updatedReplicas", workload->updated, true);
    set_count(status, "readyReplicas", workload->ready, true);
    set_count(status, "availableReplicas", workload->ready, true);
}

bool workload_write_status(const struct workload *workload, json_t *object, int64_t desired)
{
    const char *kind = workload->collection->resource->kind;
    json_t *old = json_object_get(object, "status");
    json_t *status = json_is_object(old) ? json_copy(old) : json_object();
    json_object_set_new(status, "observedGeneration",
                        json_integer(json_i64(json_object_get(object, "metadata"), "generation", 1)));
    if (strcmp(kind, "Deployment") == 0)
        deployment_status(workload, status, desired);
    else if (strcmp(kind, "StatefulSet") == 0)
        stateful_set_status(workload, status);
    else if (strcmp(kind, "ReplicaSet") == 0)
        replica_set_status(workload, status);
    else
        custom_status(workload, status);
    bool changed = !json_equal(old, status);
    json_object_set_new(object, "status", status);
    return changed;
}

/* Owns what a pod looks like, pending and ready. */
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

static json_t *condition(const char *type, bool holds, const char *now)
{
    return json_pack("{s:s, s:s, s:n, s:s}", "type", type, "status", holds ? "True" : "False",
                     "lastProbeTime", "lastTransitionTime", now);
}

static json_t *conditions(bool ready, const char *now)
{
    return json_pack("[o, o, o, o]", condition("Initialized", true, now), condition("Ready", ready, now),
                     condition("ContainersReady", ready, now), condition("PodScheduled", true, now));
}

static json_t *make_metadata(const struct workload *workload, json_t *owner, const char *name,
                             const char *hash, const char *now)
{
    char uid[37], api_version[128];
    const struct resource *resource = workload->collection->resource;
    json_t *template = json_dig(owner, "spec", "template", "metadata", NULL);
    json_t *labels = json_deep_copy(json_object_get(template, "labels"));
    if (!json_is_object(labels)) {
        json_decref(labels);
        labels = json_object();
    }
    bool stateful = strcmp(resource->kind, "StatefulSet") == 0;
    json_object_set_new(labels, stateful ? "statefulset.kubernetes.io/pod-name" : "pod-template-hash",
                        json_string(stateful ? name : hash));
    object_new_uid(uid);
    json_t *metadata = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:[{s:s, s:s, s:s, s:s, s:b, s:b}]}", "name", name, "namespace",
        workload->ns, "uid", uid, "creationTimestamp", now, "labels", labels, "ownerReferences", "apiVersion",
        resource_api_version(resource, api_version, sizeof(api_version)), "kind", resource->kind, "name",
        workload->name, "uid", workload->uid, "controller", 1, "blockOwnerDeletion", 1);
    json_t *annotations = json_object_get(template, "annotations");
    if (json_object_size(annotations))
        json_object_set_new(metadata, "annotations", json_deep_copy(annotations));
    return metadata;
}

static json_t *make_spec(json_t *owner)
{
    json_t *spec = json_deep_copy(json_dig(owner, "spec", "template", "spec", NULL));
    if (!json_is_object(spec)) {
        json_decref(spec);
        spec = json_object();
    }
    json_object_set_new(spec, "nodeName", json_string("sandbox"));
    return spec;
}

json_t *pod_build(const struct workload *workload, json_t *owner, const char *name, const char *hash)
{
    char now[CLOCK_RFC3339_MAX];
    object_now(now, sizeof(now));
    return json_pack("{s:s, s:s, s:o, s:o, s:{s:s, s:s, s:o}}", "kind", "Pod", "apiVersion", "v1", "metadata",
                     make_metadata(workload, owner, name, hash, now), "spec", make_spec(owner), "status",
                     "phase", "Pending", "startTime", now, "conditions", conditions(false, now));
}

static json_t *container_status(json_t *container, const char *now)
{
    const char *name = json_str(container, "name"), *image = json_str(container, "image");
    return json_pack("{s:s, s:s, s:s, s:b, s:b, s:i, s:{s:{s:s}}}", "name", name ? name : "", "image",
                     image ? image : "", "imageID", "", "ready", 1, "started", 1, "restartCount", 0, "state",
                     "running", "startedAt", now);
}

void pod_make_ready(json_t *pod)
{
    char now[CLOCK_RFC3339_MAX], ip[32];
    size_t i;
    json_t *container, *statuses = json_array(), *status = json_object_get(pod, "status");
    const char *uid = json_str(json_object_get(pod, "metadata"), "uid");
    uint64_t hash = uid ? text_hash(uid, strlen(uid)) : 0;
    object_now(now, sizeof(now));
    json_array_foreach (json_dig(pod, "spec", "containers", NULL), i, container)
        json_array_append_new(statuses, container_status(container, now));
    snprintf(ip, sizeof(ip), "10.%d.%d.%d", (int)(hash & 255), (int)(hash >> 8 & 255),
             (int)(1 + (hash >> 16 & 127)));
    json_object_set_new(status, "phase", json_string("Running"));
    json_object_set_new(status, "conditions", conditions(true, now));
    json_object_set_new(status, "containerStatuses", statuses);
    json_object_set_new(status, "podIP", json_string(ip));
    json_object_set_new(status, "hostIP", json_string("127.0.0.1"));
}

bool pod_is_ready(json_t *pod)
{
    size_t i;
    json_t *item;
    json_array_foreach (json_dig(pod, "status", "conditions", NULL), i, item)
        if (text_eq(json_str(item, "type"), "Ready"))
            return text_eq(json_str(item, "status"), "True");
    return false;
}

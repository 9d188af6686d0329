/* Owns lists of metrics.k8s.io: what running pods use. There is no load here, so annotations say it:
 *   on a pod (or in the pod template)  sandbox.davit.dev/cpu: 250m   what this pod uses
 *   on its Deployment or StatefulSet   sandbox.davit.dev/cpu: "2"    what its running pods use together
 * and sandbox.davit.dev/memory likewise. The pod's own goes first; it may be "none". A pod of which nothing
 * is said has no metrics. Its first container uses everything. Where PodMetrics were created as objects,
 * those are the answer instead. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/quantity.h"
#include "scaler/base/text.h"
#include "tests/sandbox/filter.h"
#include "tests/sandbox/object.h"
#include "tests/sandbox/sandbox.h"

/* Short, so that a new pod counts soon: the HPA waits for a window after readiness. */
#define WINDOW "1s"

struct running {
    json_t *pod;
    bool wanted;       /* the selector names it */
    const char *owner; /* "Kind/name"'s uid; "" */
};

struct running_list {
    struct running *items;
    size_t len;
};

static json_t *owner_reference(json_t *pod)
{
    return json_array_get(json_dig(pod, "metadata", "ownerReferences", NULL), 0);
}

static void collect(struct call *call, const char *ns, const struct filter *filter, struct running_list *ret)
{
    struct collection *pods = store_collection(&call->sandbox->store, resource_find("", "v1", "pods"));
    ret->items = mem_zalloc_array(store_count(pods), sizeof(*ret->items));
    for (struct object *at = store_first(pods); at; at = at->hh.next) {
        if (strcmp(at->blob->ns, ns) != 0)
            continue;
        json_t *pod = blob_parse(at->blob);
        if (!text_eq(json_str(json_object_get(pod, "status"), "phase"), "Running")) {
            json_decref(pod);
            continue;
        }
        const char *owner = json_str(owner_reference(pod), "uid");
        ret->items[ret->len++] = (struct running){pod, filter_matches(filter, at->blob), owner ? owner : ""};
    }
}

static int64_t siblings(const struct running_list *list, const struct running *one)
{
    int64_t count = 0;
    for (size_t i = 0; i < list->len; i++)
        count += strcmp(list->items[i].owner, one->owner) == 0;
    return count;
}

static const char *annotation(json_t *object, const char *resource)
{
    AUTO_FREE char *key = mem_printf("sandbox.davit.dev/%s", resource);
    return json_str(json_dig(object, "metadata", "annotations", NULL), key);
}

static json_t *owner_of(struct call *call, const struct running *one)
{
    json_t *reference = owner_reference(one->pod);
    const char *version = json_str(reference, "apiVersion"), *kind = json_str(reference, "kind");
    const char *name = json_str(reference, "name");
    const struct resource *resource = version && kind ? resource_find_kind(version, kind) : NULL;
    if (!resource || !name)
        return NULL;
    struct object *found = store_find(store_collection(&call->sandbox->store, resource),
                                      json_str(json_object_get(one->pod, "metadata"), "namespace"), name);
    return found ? blob_parse(found->blob) : NULL;
}

/* false: nothing is said of it. */
static bool usage_of(const struct running_list *list, const struct running *one, json_t *owner,
                     const char *resource, int64_t *ret_milli)
{
    struct quantity quantity;
    const char *own = annotation(one->pod, resource), *all = annotation(owner, resource);
    const char *text = own ? own : all;
    if (!text || quantity_parse(text, &quantity, NULL) < 0)
        return false;
    *ret_milli = own ? quantity.milli : quantity.milli / siblings(list, one);
    return true;
}

static json_t *usage_json(bool has_cpu, int64_t cpu, bool has_memory, int64_t memory)
{
    json_t *usage = json_object();
    char text[32];
    snprintf(text, sizeof(text), "%" PRId64 "m", cpu);
    if (has_cpu)
        json_object_set_new(usage, "cpu", json_string(text));
    snprintf(text, sizeof(text), "%" PRId64, memory / 1000);
    if (has_memory)
        json_object_set_new(usage, "memory", json_string(text));
    return usage;
}

static void add(struct call *call, const struct running_list *list, const struct running *one, json_t *items)
{
    char now[CLOCK_RFC3339_MAX];
    int64_t cpu = 0, memory = 0;
    AUTO_JSON json_t *owner = owner_of(call, one);
    bool has_cpu = usage_of(list, one, owner, "cpu", &cpu);
    bool has_memory = usage_of(list, one, owner, "memory", &memory);
    if (!has_cpu && !has_memory)
        return;
    json_t *containers = json_array(), *metadata = json_object_get(one->pod, "metadata"), *container;
    size_t i;
    json_array_foreach (json_dig(one->pod, "spec", "containers", NULL), i, container)
        json_array_append_new(containers,
                              json_pack("{s:O, s:o}", "name", json_object_get(container, "name"), "usage",
                                        usage_json(has_cpu, i ? 0 : cpu, has_memory, i ? 0 : memory)));
    object_now(now, sizeof(now));
    json_array_append_new(items, json_pack("{s:{s:O, s:O}, s:s, s:s, s:o}", "metadata", "name",
                                           json_object_get(metadata, "name"), "namespace",
                                           json_object_get(metadata, "namespace"), "timestamp", now, "window",
                                           WINDOW, "containers", containers));
}

static void answer(struct call *call, const struct filter *filter)
{
    struct running_list list = {0};
    json_t *items = json_array();
    collect(call, call->route.ns, filter, &list);
    for (size_t i = 0; i < list.len; i++)
        if (list.items[i].wanted)
            add(call, &list, &list.items[i], items);
    for (size_t i = 0; i < list.len; i++)
        json_decref(list.items[i].pod);
    mem_free(list.items);
    AUTO_JSON json_t *body = json_pack("{s:s, s:s, s:{}, s:o}", "kind", "PodMetricsList", "apiVersion",
                                       "metrics.k8s.io/v1beta1", "metadata", "items", items);
    reply_json(&call->reply, 200, body);
}

bool metrics_serve(struct call *call)
{
    const struct route *route = &call->route;
    if (!route->resource || strcmp(route->resource->kind, "PodMetrics") != 0 || route->verb != VERB_LIST ||
        !*route->ns || store_first(store_collection(&call->sandbox->store, route->resource)))
        return false;
    struct filter filter = {0};
    struct err err;
    if (filter_init(&filter, resource_find("", "v1", "pods"), route->ns,
                    web_query(call->request, "labelSelector"), "", &err) != 0)
        status_fail(&call->reply, 400, "%s", err.msg);
    else
        answer(call, &filter);
    filter_done(&filter);
    return true;
}

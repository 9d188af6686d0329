/* Owns triggers that measure the target's own pods (cpu, memory): asking for their usage, and the way from
 * there to a proposal. The arithmetic is the engine's. */
#include "scaler/base/mem.h"
#include "scaler/daemon/internal.h"
#include "scaler/daemon/usage.h"
#include "scaler/engine/resource.h"

struct own_usage {
    struct scaler_resource resource;
    char *container;
    char *selector;        /* of the query; NULL: there is none */
    struct usage *usage;   /* lives as long as the query */
    struct reading listed; /* good: the usage is at hand */
};

struct own_usage *own_usage_new(const struct scaler_resource *resource)
{
    struct own_usage *own = mem_zalloc(sizeof *own);
    own->container = mem_strdup(resource->container);
    own->resource = *resource;
    own->resource.container = own->container;
    own->listed.state = READING_PENDING;
    return own;
}

void own_usage_free(struct own_usage *own)
{
    if (!own)
        return;
    mem_free(own->container);
    mem_free(own->selector);
    mem_free(own);
}

bool own_usage_differs(const struct own_usage *own, const struct scaler_resource *resource)
{
    const struct scaler_resource *mine = &own->resource;
    return !text_eq(mine->name, resource->name) || !text_eq(mine->container, resource->container) ||
           mine->utilization != resource->utilization || mine->target != resource->target;
}

/* ---- following the target's selector ---- */

static void unfollow(struct trigger *trigger)
{
    struct own_usage *own = trigger->own_usage;
    query_forget(&trigger->waiter);
    query_unref(trigger->query);
    trigger->query = NULL;
    mem_free(own->selector);
    own->selector = NULL;
    own->usage = NULL;
}

static void follow(struct object *object, struct trigger *trigger, const char *selector)
{
    struct own_usage *own = trigger->own_usage;
    struct err err = {0};
    if (trigger->query && text_eq(own->selector, selector))
        return;
    unfollow(trigger);
    own->listed = (struct reading){.state = READING_PENDING};
    if (text_empty(selector))
        (void)err_set(&err, ERR_CONFIG, "%s %s has no label selector to find its pods by",
                      object->spec->target.kind, object->spec->target.name);
    else
        (void)usage_query(object->daemon->usages, object->daemon->planner, object->spec->meta.ns, selector,
                          &trigger->query, &own->usage, &err);
    if (trigger->query) {
        own->selector = mem_strdup(selector);
        return;
    }
    own->listed.state = READING_ERROR;
    trigger_set_error(trigger, err.msg);
}

void own_usage_follow(struct object *object)
{
    for (uint32_t i = 0; i < object->triggers_len; i++)
        if (object->triggers[i].own_usage)
            follow(object, &object->triggers[i], target_info(object->target)->selector);
}

void own_usage_note(struct own_usage *own, const struct reading *listed)
{
    own->listed = *listed;
}

/* ---- the proposal ---- */

static int propose(const struct object *object, const struct own_usage *own, const struct policy *policy,
                   int64_t now_ms, struct resource_answer *ret, struct err *err)
{
    const struct pod_sample *samples;
    struct pod_view *views;
    size_t len = usage_samples(own->usage, own->resource.name, &samples);
    struct pod_metric *metrics = mem_zalloc_array(len, sizeof *metrics);
    len = pod_metrics_from_samples(samples, len, own->resource.container, metrics);
    size_t views_len = pods_views(object->pods, &views);
    const struct resource_question question = {
        .current = target_info(object->target)->spec_replicas,
        .utilization = own->resource.utilization,
        .target = own->resource.target,
        .container = own->resource.container,
        .pod_level = true,
        .tolerance = policy_tolerance(policy),
        .rules = {.resource = own->resource.name,
                  .now_ms = now_ms,
                  .cpu_initialization_ms = POD_CPU_INITIALIZATION_MS,
                  .initial_readiness_ms = POD_INITIAL_READINESS_MS},
        .pods = views,
        .pods_len = views_len,
        .metrics = metrics,
        .metrics_len = len,
    };
    int rc = resource_propose(&question, ret, err);
    mem_free(views);
    mem_free(metrics);
    return rc;
}

static int read_proposal(struct object *object, const struct own_usage *own, const struct policy *policy,
                         int64_t now_ms, struct reading *ret, struct err *err)
{
    struct resource_answer answer;
    if (!object->pods)
        return err_set(err, ERR_UNAVAILABLE, "the pods cannot be watched");
    int rc = pods_known(object->pods, err);
    if (rc == 0) {
        object->pods_awaited = true;
        ret->state = READING_PENDING;
        return 0;
    }
    if (rc > 0)
        rc = propose(object, own, policy, now_ms, &answer, err);
    if (rc < 0)
        return rc;
    ret->value = ret->activity = answer.replicas;
    return 0;
}

void own_usage_read(struct object *object, struct trigger *trigger, const struct policy *policy,
                    int64_t now_ms)
{
    struct err err = {0};
    struct reading reading = trigger->own_usage->listed;
    if (reading.state == READING_OK) {
        if (read_proposal(object, trigger->own_usage, policy, now_ms, &reading, &err) < 0)
            reading = (struct reading){.state = READING_ERROR, .at_ms = reading.at_ms};
        if (reading.state == READING_OK)
            trigger->ok_ms = reading.at_ms;
        if (reading.state != READING_PENDING)
            trigger_set_error(trigger, err.code ? err.msg : NULL);
    }
    trigger->reading = reading;
}

/* Owns the rules between the fields of a ScaledObject: replica bounds (spec/keda-engine.md §1.3) and what
 * KEDA's webhook refuses (§8.1). */
#include <string.h>

#include "config/kinds.h"

static bool only_resources(const struct scaled_object *object)
{
    for (size_t i = 0; i < object->triggers_len; i++)
        if (!trigger_is_resource(&object->triggers[i]))
            return false;
    return true;
}

/* KEDA's quirk is kept: an explicit min of 0 counts as 1 here, an unset one as 0. So idle 0 needs min to be
 * written. */
static int32_t effective_min(const struct scaled_object *object)
{
    if (!object->has_min)
        return 0;
    return object->min > 1 ? object->min : 1;
}

static void check_bounds(struct walk *walk, const struct yaml_node *spec, const struct scaled_object *object)
{
    int32_t min = effective_min(object);
    if (min > object->max)
        walk_error_at(walk, spec, "minReplicaCount", "%d is more than maxReplicaCount, which is %d%s",
                      object->min, object->max, yaml_get(spec, "maxReplicaCount") ? "" : " unless it is set");
    if (!object->has_idle || object->idle < min)
        return;
    if (object->has_min)
        walk_error_at(walk, spec, "idleReplicaCount",
                      "%d must be less than minReplicaCount, which counts as %d", object->idle, min);
    else
        walk_error_at(walk, spec, "idleReplicaCount", "needs a minReplicaCount that is greater than it");
}

static void check_fallback(struct walk *walk, const struct yaml_node *spec,
                           const struct scaled_object *object)
{
    if (!object->fallback.set)
        return;
    if (object->fallback.kind == FALLBACK_KIND_SCALING_MODIFIERS && !object->modifiers.set) {
        size_t before = walk_enter(walk, "fallback");
        walk_error_at(walk, yaml_get(spec, "fallback"), "behavior",
                      "scalingModifiers needs a formula: advanced.scalingModifiers is not set");
        walk_leave(walk, before);
    }
    if (only_resources(object) && !object->modifiers.set)
        walk_error_at(walk, spec, "fallback", "needs a trigger other than cpu and memory");
}

static void check_zero(struct walk *walk, const struct yaml_node *spec, const struct scaled_object *object)
{
    bool workload =
        strcmp(object->target.api_version, "apps/v1") == 0 &&
        (strcmp(object->target.kind, "Deployment") == 0 || strcmp(object->target.kind, "StatefulSet") == 0);
    if (workload && object->min == 0 && only_resources(object))
        walk_error_at(walk, spec, "minReplicaCount",
                      "must be at least 1: cpu and memory triggers alone cannot wake a target from zero");
}

static void warn_useless(struct walk *walk, const struct yaml_node *spec, const struct scaled_object *object)
{
    const struct yaml_node *cooldown = yaml_get(spec, "cooldownPeriod");
    if (cooldown && cooldown->kind != YAML_NULL && object->min > 0 && !object->has_idle)
        walk_warn_at(walk, spec, "cooldownPeriod",
                     "has no effect: it only delays the step to zero or to idleReplicaCount");
}

void check_scaled_object(struct walk *walk, const struct yaml_node *spec, const struct scaled_object *object)
{
    check_bounds(walk, spec, object);
    check_fallback(walk, spec, object);
    check_zero(walk, spec, object);
    warn_useless(walk, spec, object);
}

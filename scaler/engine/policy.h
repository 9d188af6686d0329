/* What one object's manifest says about scaling, compiled once; immutable while in use. */
#ifndef SCALER_ENGINE_POLICY_H
#define SCALER_ENGINE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "config/behavior.h"
#include "scaler/formula/formula.h"

enum metric_type {
    METRIC_AVERAGE_VALUE,
    METRIC_VALUE,
    /* cpu and memory: the reading's value is already a replica proposal (scaler/engine/resource.h). Such a
     * trigger has no activity, no fallback and raises no trigger error; without an answer nothing is lowered
     * between min and max. */
    METRIC_REPLICAS,
};

struct trigger_policy {
    enum metric_type type;
    int64_t target_milli;
    double activation;    /* active iff activity > activation */
    bool missing_is_zero; /* KEDA reads EMPTY and NAN of this trigger as 0 (ignoreNullValues and friends) */
};

enum fallback_behavior {
    FALLBACK_STATIC,
    FALLBACK_CURRENT_REPLICAS,
    FALLBACK_CURRENT_REPLICAS_IF_HIGHER,
    FALLBACK_CURRENT_REPLICAS_IF_LOWER,
    FALLBACK_SCALING_MODIFIERS,
};

struct fallback_policy {
    bool set;
    int32_t failure_threshold; /* in use when consecutive failures > this */
    int32_t replicas;
    enum fallback_behavior behavior;
};

/* The annotations of spec/keda-engine.md §2. */
struct pause_policy {
    bool paused;
    bool has_replicas; /* paused-replicas: wins over everything, not clamped */
    int32_t replicas;
    bool scale_in;
    bool scale_out;
    bool force_activation;
};

/* advanced.scalingModifiers: one formula over the triggers' values instead of the greatest of their
 * proposals. Its value is proposed from like a trigger's; the triggers' own targets and activity do not count
 * then. */
struct modifiers_policy {
    const struct formula *formula;   /* NULL: none; borrowed */
    struct formula_scratch *scratch; /* whoever decides lends it; needed with a formula */
    enum metric_type type;
    int64_t target_milli;
    double activation; /* active iff the composite > this */
    /* `??` or `nil` stands in it: what it gives although a trigger has no value is the manifest's own word.
     */
    bool nil_spoken_of;
    const int32_t
        *inputs; /* for each trigger its input in the formula, or -1 (unnamed, cpu, memory); borrowed */
    uint32_t inputs_len; /* inputs of the formula */
};

struct policy {
    int32_t min;
    int32_t max;
    bool has_idle;
    int32_t idle; /* < max(min, 1) */
    int64_t cooldown_ms;
    int64_t initial_cooldown_ms;
    int64_t created_ms;    /* creationTimestamp, or when the object was first seen */
    double tolerance;      /* the controller's flag, 0.1 */
    int32_t down_window_s; /* the controller's flag, 300 */
    struct scaling_behavior behavior;
    struct fallback_policy fallback;
    struct modifiers_policy modifiers;
    struct pause_policy pause;
    bool hold_unknown; /* spec.davit.unknown: hold: EMPTY and NAN are unknown whatever the trigger says */
    uint32_t triggers_len;
    const struct trigger_policy *triggers; /* in spec order; borrowed */
};

#endif

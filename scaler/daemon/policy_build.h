/* From a manifest to the engine's policy: the rules, without an object that runs. Shared by the daemon and by
 * simulations. */
#ifndef SCALER_DAEMON_POLICY_BUILD_H
#define SCALER_DAEMON_POLICY_BUILD_H

#include "config/object.h"
#include "scaler/engine/policy.h"
#include "scalers/api.h"

/* What the command line says of every object. */
struct policy_options {
    double tolerance;      /* 0.1 */
    int32_t down_window_s; /* 300 */
    bool hold_unknown;
    struct formula_scratch *scratch; /* lent to objects with a formula */
};

/* A trigger before its parameters are known: nothing is divided by its target. */
void policy_build_trigger(const struct trigger_spec *spec, struct trigger_policy *ret);
/* What parsed parameters say. Fills target, too, for its metric name. ERR_CONFIG: a target of 0, unless the
 * trigger only feeds a formula (metric_source). */
int policy_describe_trigger(const struct scaler_type *type, const void *config, bool metric_source,
                            struct trigger_policy *policy, struct scaler_target *ret_target, struct err *err);

/* Borrows the triggers, and the formula from spec. created_ms: when the object was made, or first seen. */
void policy_build(const struct scaled_object *spec, const struct policy_options *options, int64_t created_ms,
                  const struct trigger_policy *triggers, uint32_t triggers_len, struct policy *ret);

/* Something is Value: what it asks for depends on how many pods are ready. */
bool policy_needs_pods(const struct scaled_object *spec);

/* Paused in a way that leaves nothing to ask for. */
bool policy_frozen(const struct scaled_object *spec);

#endif

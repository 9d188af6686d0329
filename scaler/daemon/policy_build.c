/* Owns the translation of a checked manifest into what the engine decides by. */
#include "scaler/daemon/policy_build.h"

#include "config/formulas.h"
#include "scaler/base/number.h"

void policy_build_trigger(const struct trigger_spec *spec, struct trigger_policy *ret)
{
    ret->type = spec->value_metric ? METRIC_VALUE : METRIC_AVERAGE_VALUE;
    if (ret->target_milli <= 0)
        ret->target_milli = 1000;
}

int policy_describe_trigger(const struct scaler_type *type, const void *config, bool metric_source,
                            struct trigger_policy *policy, struct scaler_target *ret_target, struct err *err)
{
    *ret_target = (struct scaler_target){0};
    type->describe(config, ret_target);
    policy->target_milli = number_metric_milli(ret_target->threshold);
    policy->activation = ret_target->activation;
    policy->missing_is_zero = ret_target->missing_is_zero;
    if (type->resource)
        policy->type = METRIC_REPLICAS;
    if (policy->target_milli <= 0 && (!metric_source || policy->type == METRIC_REPLICAS))
        return err_set(err, ERR_CONFIG,
                       "the target value must be greater than 0 (after rounding to three decimals)");
    return 0;
}

static struct fallback_policy fallback_of(const struct scaled_object *spec)
{
    static const enum fallback_behavior behaviors[] = {
        [FALLBACK_KIND_STATIC] = FALLBACK_STATIC,
        [FALLBACK_KIND_CURRENT] = FALLBACK_CURRENT_REPLICAS,
        [FALLBACK_KIND_CURRENT_IF_HIGHER] = FALLBACK_CURRENT_REPLICAS_IF_HIGHER,
        [FALLBACK_KIND_CURRENT_IF_LOWER] = FALLBACK_CURRENT_REPLICAS_IF_LOWER,
        [FALLBACK_KIND_SCALING_MODIFIERS] = FALLBACK_SCALING_MODIFIERS,
    };
    return (struct fallback_policy){.set = spec->fallback.set,
                                    .failure_threshold = spec->fallback.failure_threshold,
                                    .replicas = spec->fallback.replicas,
                                    .behavior = behaviors[spec->fallback.kind]};
}

static struct pause_policy pause_of(const struct scaled_object *spec)
{
    /* paused-replicas that does not parse freezes: the user wanted it not to move. */
    return (struct pause_policy){.paused = spec->pause.paused || spec->pause.bad_replicas,
                                 .has_replicas = spec->pause.has_replicas && !spec->pause.bad_replicas,
                                 .replicas = spec->pause.replicas,
                                 .scale_in = spec->pause.scale_in,
                                 .scale_out = spec->pause.scale_out,
                                 .force_activation = spec->pause.force_activation};
}

static struct modifiers_policy modifiers_of(const struct scaled_object *spec, struct formula_scratch *scratch)
{
    if (!spec->modifiers.set)
        return (struct modifiers_policy){0};
    return (struct modifiers_policy){
        .formula = shared_formula_program(spec->modifiers.formula),
        .scratch = scratch,
        .type = spec->modifiers.value_metric ? METRIC_VALUE : METRIC_AVERAGE_VALUE,
        .target_milli = spec->modifiers.target_milli,
        .activation = spec->modifiers.activation,
        .nil_spoken_of = shared_formula_speaks_of_nil(spec->modifiers.formula),
        .inputs = spec->modifiers.inputs,
        .inputs_len = spec->modifiers.inputs_len,
    };
}

void policy_build(const struct scaled_object *spec, const struct policy_options *options, int64_t created_ms,
                  const struct trigger_policy *triggers, uint32_t triggers_len, struct policy *ret)
{
    *ret = (struct policy){
        .min = spec->has_min ? spec->min : 0,
        .max = spec->max,
        .has_idle = spec->has_idle,
        .idle = spec->idle,
        .cooldown_ms = spec->cooldown_ms,
        .initial_cooldown_ms = spec->initial_cooldown_ms,
        .created_ms = created_ms,
        .tolerance = options->tolerance,
        .down_window_s = options->down_window_s,
        .behavior = spec->behavior,
        .fallback = fallback_of(spec),
        .modifiers = modifiers_of(spec, options->scratch),
        .pause = pause_of(spec),
        .hold_unknown =
            spec->unknown == UNKNOWN_HOLD || (spec->unknown == UNKNOWN_DEFAULT && options->hold_unknown),
        .triggers_len = triggers_len,
        .triggers = triggers,
    };
}

bool policy_needs_pods(const struct scaled_object *spec)
{
    if (spec->modifiers.set)
        return spec->modifiers.value_metric;
    for (size_t i = 0; i < spec->triggers_len; i++)
        if (spec->triggers[i].value_metric)
            return true;
    return false;
}

bool policy_frozen(const struct scaled_object *spec)
{
    return spec->pause.paused || spec->pause.bad_replicas || spec->pause.has_replicas;
}

/* Owns the order of one HPA pass (spec/hpa-algorithm.md §2, §3, §6). */
#include "scaler/base/mem.h"
#include "scaler/engine/arith.h"
#include "scaler/engine/hpa.h"
#include "scaler/engine/rate_limit.h"
#include "scaler/engine/stabilization.h"

struct pass {
    const struct hpa_spec *spec;
    const struct hpa_controller *controller;
    const struct hpa_world *world;
    struct history *history;
    int64_t now_ms;
    struct hpa_status *status;
    struct err *err;
    int32_t current;
    int carried; /* the error a pass returns although it went on */
};

static int abort_selector(const struct pass *pass, const char *reason, const char *text)
{
    hpa_condition_set(pass->status, HPA_SCALING_ACTIVE, false, reason);
    return err_set(pass->err, ERR_CONFIG, "%s", text);
}

/* Before any metric, even if no metric looks at pods. */
static int check_selector(const struct pass *pass)
{
    if (pass->world->selector == HPA_SELECTOR_MISSING)
        return abort_selector(pass, "InvalidSelector", "selector is required");
    if (pass->world->selector == HPA_SELECTOR_UNPARSABLE)
        return abort_selector(pass, "InvalidSelector",
                              "couldn't convert selector into a corresponding internal selector");
    if (pass->world->ambiguous_selector)
        return abort_selector(pass, "AmbiguousSelector", "pods by selector are controlled by multiple HPAs");
    return 0;
}

struct combined {
    int32_t best;
    size_t invalid;
    const char *reason; /* of the first failure */
    struct err first;
};

static void propose_all(const struct pass *pass, struct combined *ret)
{
    for (size_t i = 0; i < pass->spec->metrics_len; i++) {
        int32_t proposal;
        const char *reason;
        struct err err;
        if (hpa_metric_propose(&pass->spec->metrics[i], pass->spec, pass->controller, pass->world,
                               pass->now_ms, pass->status, &proposal, &reason, &err) < 0) {
            if (ret->invalid++ == 0) {
                ret->reason = reason;
                ret->first = err;
            }
        } else if (ret->best == 0 || proposal > ret->best) {
            ret->best = proposal;
        }
    }
}

/* §2. */
static int compute_metrics(struct pass *pass, int32_t *ret)
{
    struct combined combined = {0};
    int rc = check_selector(pass);
    if (rc < 0)
        return rc;
    propose_all(pass, &combined);
    size_t total = pass->spec->metrics_len;
    int failed = 0;
    if (combined.invalid > 0 || total == 0)
        failed = err_set(pass->err, ERR_UNAVAILABLE,
                         "invalid metrics (%zu invalid out of %zu), first error is: %s", combined.invalid,
                         total, combined.first.msg);
    if (combined.invalid >= total || (combined.invalid > 0 && combined.best < pass->world->spec_replicas)) {
        hpa_condition_set(pass->status, HPA_SCALING_ACTIVE, false,
                          combined.reason ? combined.reason : "InvalidMetricSourceType");
        return failed;
    }
    hpa_condition_set(pass->status, HPA_SCALING_ACTIVE, true, "ValidMetricFound");
    pass->carried = failed;
    *ret = combined.best;
    return 0;
}

static int32_t stabilize(struct pass *pass, int32_t desired)
{
    struct recommendation_list *list = &pass->history->recommendations;
    const struct scaling_behavior *behavior = &pass->spec->behavior;
    int32_t flag_s = pass->controller->downscale_stabilization_s;
    const char *reason = "ReadyForNewScale";
    int32_t stabilized;
    if (!behavior->set) {
        stabilized = stabilize_plain(list, desired, flag_s, pass->now_ms).replicas;
        reason = stabilized != desired ? "ScaleDownStabilized" : reason;
    } else {
        int32_t up_s = behavior->up.has_window ? behavior->up.window_s : 0;
        int32_t down_s = behavior->down.has_window ? behavior->down.window_s : flag_s;
        stabilized = stabilize_behavior(list, pass->current, desired, up_s, down_s, pass->now_ms).replicas;
        if (stabilized != desired)
            reason = desired >= pass->current ? "ScaleUpStabilized" : "ScaleDownStabilized";
    }
    hpa_condition_set(pass->status, HPA_ABLE_TO_SCALE, true, reason);
    return stabilized;
}

static int32_t limit(struct pass *pass, int32_t stabilized)
{
    const struct hpa_spec *spec = pass->spec;
    struct rate_events events = {&pass->history->up_events, &pass->history->down_events};
    struct rate_limited result =
        spec->behavior.set ? rate_limit_behavior(pass->current, stabilized, spec->min, spec->max,
                                                 &spec->behavior, events, pass->now_ms)
                           : rate_limit_plain(pass->current, stabilized, spec->min, spec->max,
                                              pass->controller->up_factor, pass->controller->up_minimum);
    hpa_condition_set(pass->status, HPA_SCALING_LIMITED, result.replicas != stabilized,
                      rate_reason_name(result.reason));
    return result.replicas;
}

static bool has_object_or_external(const struct hpa_spec *spec)
{
    for (size_t i = 0; i < spec->metrics_len; i++)
        if (spec->metrics[i].type == HPA_METRIC_OBJECT || spec->metrics[i].type == HPA_METRIC_EXTERNAL)
            return true;
    return false;
}

static bool is_zeroed(const struct pass *pass)
{
    const struct hpa_condition *condition = hpa_condition_find(pass->status, HPA_SCALED_TO_ZERO);
    return pass->spec->zero_rule == HPA_ZERO_CONDITION && pass->spec->gate_scale_to_zero && condition &&
           condition->status;
}

/* §6: what size 0 means. */
static bool disabled_at_zero(const struct pass *pass)
{
    if (pass->spec->zero_rule == HPA_ZERO_LEGACY)
        return pass->spec->min != 0;
    return !(is_zeroed(pass) && (pass->spec->min != 0 || has_object_or_external(pass->spec)));
}

static int decide_by_metrics(struct pass *pass, int32_t *ret)
{
    int32_t best;
    bool zeroed = is_zeroed(pass);
    int rc = compute_metrics(pass, &best);
    if (rc < 0)
        return rc;
    int32_t desired = limit(pass, stabilize(pass, arith_max_i32(best, 0)));
    if (pass->current == 0 && pass->spec->min != 0 && zeroed)
        desired = arith_max_i32(desired, pass->spec->min);
    *ret = desired;
    return 0;
}

/* §3 steps 6 to 10. */
static int desired_size(struct pass *pass, int32_t *ret)
{
    if (pass->current == 0 && disabled_at_zero(pass)) {
        hpa_condition_set(pass->status, HPA_SCALING_ACTIVE, false, "ScalingDisabled");
        if (!pass->spec->gate_scale_to_zero)
            hpa_condition_remove(pass->status, HPA_SCALED_TO_ZERO);
        *ret = 0;
        return 0;
    }
    if (pass->current != 0 && (pass->current > pass->spec->max || pass->current < pass->spec->min)) {
        *ret = pass->current > pass->spec->max ? pass->spec->max : pass->spec->min;
        return 0;
    }
    return decide_by_metrics(pass, ret);
}

static void store_event(struct pass *pass, int32_t desired)
{
    const struct scaling_behavior *behavior = &pass->spec->behavior;
    if (!behavior->set)
        return;
    int64_t change = (int64_t)desired - pass->current;
    if (change > 0)
        scale_events_store(&pass->history->up_events, &behavior->up, arith_clamp_i32(change), pass->now_ms);
    else
        scale_events_store(&pass->history->down_events, &behavior->down, arith_clamp_i32(-change),
                           pass->now_ms);
}

static void note_zero(struct pass *pass, int32_t desired)
{
    if (pass->spec->zero_rule == HPA_ZERO_LEGACY)
        return;
    if (!pass->spec->gate_scale_to_zero) {
        hpa_condition_remove(pass->status, HPA_SCALED_TO_ZERO);
        return;
    }
    bool zeroed =
        pass->current > 0 && desired == 0 && pass->spec->min == 0 && has_object_or_external(pass->spec);
    hpa_condition_set(pass->status, HPA_SCALED_TO_ZERO, zeroed, zeroed ? "ScaledToZero" : "NotScaledToZero");
}

/* §3 step 11. */
static int write_size(struct pass *pass, int32_t desired)
{
    if (pass->world->scale_update_fails) {
        hpa_condition_set(pass->status, HPA_ABLE_TO_SCALE, false, "FailedUpdateScale");
        return err_set(pass->err, ERR_IO, "failed to rescale: the update of the target's scale failed");
    }
    hpa_condition_set(pass->status, HPA_ABLE_TO_SCALE, true, "SucceededRescale");
    store_event(pass, desired);
    note_zero(pass, desired);
    pass->status->updated = true;
    return 0;
}

int hpa_pass(const struct hpa_spec *spec, const struct hpa_controller *controller,
             const struct hpa_world *world, struct history *history, int64_t now_ms,
             struct hpa_status *status, struct err *err)
{
    struct pass pass = {spec,   controller, world, history,
                        now_ms, status,     err,   .current = world->spec_replicas};
    int32_t desired;
    status->updated = status->has_utilization = false;
    if (world->scale_get_fails) {
        hpa_condition_set(status, HPA_ABLE_TO_SCALE, false, "FailedGetScale");
        return err_set(err, ERR_IO, "failed to query scale subresource of the target");
    }
    hpa_condition_set(status, HPA_ABLE_TO_SCALE, true, "SucceededGetScale");
    recommendations_plant(&history->recommendations, pass.current, now_ms);
    int rc = desired_size(&pass, &desired);
    if (rc == 0 && desired != pass.current)
        rc = write_size(&pass, desired);
    status->current = pass.current;
    if (rc < 0)
        return rc;
    status->desired = desired;
    return pass.carried;
}

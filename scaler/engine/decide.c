/* Owns decide() and decide_commit(): the order of the rules. The rules: triggers.c, activation.c, between.c.
 */
#include "scaler/engine/decide.h"

#include "scaler/engine/arith.h"
#include "scaler/engine/stabilization.h"
#include "scaler/engine/turn.h"

int32_t policy_high(const struct policy *policy)
{
    return arith_max_i32(policy->max, 1);
}

int32_t policy_low(const struct policy *policy)
{
    return arith_min_i32(arith_max_i32(policy->min, 1), policy_high(policy));
}

void turn_behavior(const struct policy *policy, struct scaling_behavior *ret)
{
    const struct pause_policy *pause = &policy->pause;
    *ret = policy->behavior;
    ret->set = ret->set || pause->scale_in || pause->scale_out;
    behavior_apply_defaults(ret);
    if (pause->scale_in)
        ret->down.select = SCALING_SELECT_DISABLED;
    if (pause->scale_out)
        ret->up.select = SCALING_SELECT_DISABLED;
}

struct tolerance policy_tolerance(const struct policy *policy)
{
    const struct scaling_behavior *behavior = &policy->behavior;
    struct tolerance tolerance = {policy->tolerance, policy->tolerance};
    if (behavior->set && behavior->up.has_tolerance)
        tolerance.up = behavior->up.tolerance;
    if (behavior->set && behavior->down.has_tolerance)
        tolerance.down = behavior->down.tolerance;
    return tolerance;
}

/* Only the fields: the arrays behind the counters are left as they are, they are 2.5 KiB. */
static void decision_begin(struct decision *decision, int32_t current, uint32_t triggers_len)
{
    decision->current = current;
    decision->replicas = current;
    decision->best = -1;
    decision->best_trigger = -1;
    decision->reason = DECIDE_NOTHING;
    decision->limited_by = 0;
    decision->active = decision->error = decision->all_error = false;
    decision->fallback_active = decision->fallback_changed = decision->from_zero = false;
    decision->recheck_ms = 0;
    decision->triggers_len = triggers_len;
    decision->steps_len = 0;
    decision->composite = (struct composite_outcome){0};
    for (uint32_t i = 0; i < triggers_len; i++)
        decision->triggers[i] = (struct trigger_outcome){0};
}

/* spec/keda-engine.md §2: the loop stands still; nothing is counted or recorded. The HPA is gone meanwhile,
 * and so is its memory: after the pause the size found then is the first recommendation. */
static void decide_paused(struct turn *turn, const struct reading *readings)
{
    struct decision *decision = turn->decision;
    const struct pause_policy *pause = &turn->policy->pause;
    struct history *history = turn->history;
    history->recommendations.len = 0;
    history->recommendations.known = false;
    history->up_events.len = 0;
    history->down_events.len = 0;
    for (uint32_t i = 0; i < decision->triggers_len; i++) {
        decision->triggers[i].state = readings[i].state;
        decision->triggers[i].failures = history->triggers[i].failures;
    }
    decision->fallback_active = history->fallback_active;
    decision->reason = DECIDE_PAUSED;
    if (pause->has_replicas && pause->replicas >= 0) /* the API would refuse a negative count: frozen */
        decision->replicas = pause->replicas;
    if (decision->replicas != turn->current)
        turn_step(turn, LIMIT_PAUSE, turn->current, decision->replicas);
    else
        decision->limited_by = LIMIT_PAUSE;
}

static void decide_running(struct turn *turn, const struct reading *readings)
{
    turn_behavior(turn->policy, &turn->behavior);
    turn->tolerance = policy_tolerance(turn->policy);
    turn->resting = turn->current == 0 || (turn->policy->has_idle && turn->current < turn->policy->min);
    recommendations_plant(&turn->history->recommendations, turn->current, turn->now_ms);
    turn_read_triggers(turn, readings);
    bool settled = turn->decision->active ? turn_active(turn) : turn_inactive(turn);
    if (!settled)
        turn_between(turn);
}

void decide(const struct policy *policy, struct history *history, const struct reading *readings,
            const struct target_state *target, int64_t now_ms, struct decision *ret)
{
    uint32_t triggers_len = policy->triggers_len;
    if (triggers_len > DECISION_TRIGGERS_MAX) /* config refuses more */
        triggers_len = DECISION_TRIGGERS_MAX;
    struct turn turn = {
        .policy = policy,
        .history = history,
        .target = target,
        .now_ms = now_ms,
        .decision = ret,
        .current = arith_max_i32(target->spec_replicas, 0),
        .low = policy_low(policy),
        .high = policy_high(policy),
    };
    history_set_triggers(history, triggers_len);
    decision_begin(ret, turn.current, triggers_len);
    if (policy->pause.paused || policy->pause.has_replicas)
        decide_paused(&turn, readings);
    else
        decide_running(&turn, readings);
}

/* §5.4, for the HPA's writes only: KEDA's own between rest and max(min,1) are in no event list. */
static void store_event(const struct policy *policy, struct history *history, const struct decision *decision,
                        int64_t now_ms)
{
    struct scaling_behavior behavior;
    turn_behavior(policy, &behavior);
    if (!behavior.set || decision->reason == DECIDE_PAUSED || decision->reason == DECIDE_DEACTIVATED)
        return;
    bool from_rest = decision->from_zero || decision->current == 0;
    int32_t before = from_rest ? policy_low(policy) : decision->current;
    if (decision->replicas > before)
        scale_events_store(&history->up_events, &behavior.up, decision->replicas - before, now_ms);
    else if (!from_rest)
        scale_events_store(&history->down_events, &behavior.down, before - decision->replicas, now_ms);
}

void decide_commit(const struct policy *policy, struct history *history, const struct decision *decision,
                   int64_t now_ms)
{
    if (decision->replicas == decision->current)
        return;
    if (decision->from_zero)
        history->last_active_ms = now_ms;
    store_event(policy, history, decision, now_ms);
}

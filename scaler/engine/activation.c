/* Owns the way between 0 (or idle) and the rest: KEDA's executor, rows A0…I5 of spec/keda-engine.md §3.3, its
 * cooldown (§3.4), and Davit's step from rest straight to the computed count. */
#include "scaler/engine/arith.h"
#include "scaler/engine/stabilization.h"
#include "scaler/engine/turn.h"

/* Written policies bind the first step too, as if from max(min,1); the defaults do not. */
static int32_t limit_first_step(struct turn *turn, int32_t replicas)
{
    const struct scaling_rules *rules = &turn->behavior.up;
    bool written =
        turn->policy->behavior.set && (rules->has_policies || rules->select == SCALING_SELECT_DISABLED);
    if (!written || replicas <= turn->low)
        return replicas;
    struct rate_bound bound = rate_up_bound(turn->low, rules, turn_events(turn), turn->now_ms);
    bound.limit = arith_max_i32(bound.limit, turn->low);
    if (replicas <= bound.limit)
        return replicas;
    turn_step_rate(turn, replicas, turn->low, &bound, rules);
    return bound.limit;
}

/* A written window for scaling up holds the first step as well. A peak from before the rest holds nothing:
 * cooldown was the rule for that time, so higher recommendations are forgotten. */
static int32_t stabilize_first_step(struct turn *turn, int32_t desired)
{
    struct recommendation_list *list = &turn->history->recommendations;
    int32_t up_s = turn->behavior.set ? turn->behavior.up.window_s : 0;
    int32_t down_s = turn->behavior.set && turn->behavior.down.has_window ? turn->behavior.down.window_s
                                                                          : turn->policy->down_window_s;
    recommendations_drop_above(list, desired);
    recommendations_prune(list, up_s, down_s, turn->now_ms);
    struct stabilized result = stabilize_behavior(list, turn->low, desired, up_s, down_s, turn->now_ms);
    recommendations_prune(list, up_s, down_s, turn->now_ms);
    if (result.replicas < desired)
        turn_step_stabilized(turn, desired, &result);
    return result.replicas;
}

static int32_t first_step(struct turn *turn)
{
    if (turn->decision->best < 0)
        return turn->low; /* activity without any number: as KEDA, min or 1 */
    int32_t replicas = turn_explain_proposal(turn);
    replicas = stabilize_first_step(turn, replicas);
    return turn_bound(turn, limit_first_step(turn, replicas));
}

static void settle(struct turn *turn, int32_t replicas, enum decision_reason reason)
{
    turn->decision->replicas = replicas;
    turn->decision->reason = reason;
}

static bool at_idle(const struct turn *turn)
{
    return turn->policy->has_idle && turn->current <= turn->policy->idle;
}

/* Row A1 under paused-scale-out: rest is kept. Between idle and min nobody rests: bounds are enforced there.
 */
static bool hold_rest(struct turn *turn)
{
    if (turn->current > 0 && !at_idle(turn))
        return false;
    turn_step(turn, LIMIT_PAUSE, arith_max_i32(turn->decision->best, turn->low), turn->current);
    settle(turn, turn->current, DECIDE_HELD_PAUSED_OUT);
    return true;
}

bool turn_active(struct turn *turn)
{
    if (turn->resting) {
        if (turn->policy->pause.scale_out)
            return hold_rest(turn);
        settle(turn, first_step(turn), DECIDE_ACTIVATED);
        turn->decision->from_zero = true; /* last_active_ms follows the write: decide_commit */
        return true;
    }
    if (!turn->decision->error) /* [Q] row A2: not with an error */
        turn->history->last_active_ms = turn->now_ms;
    return false;
}

static int64_t after(int64_t from_ms, int64_t delay_ms)
{
    int64_t end_ms;
    return __builtin_add_overflow(from_ms, delay_ms, &end_ms) ? INT64_MAX : end_ms;
}

/* §3.4; strict. The initial cooldown counts until the first activity, the other one from the last. */
static int64_t cooldown_end_ms(const struct turn *turn)
{
    const struct policy *policy = turn->policy;
    if (turn->history->last_active_ms)
        return after(turn->history->last_active_ms, policy->cooldown_ms);
    return after(policy->created_ms, policy->initial_cooldown_ms);
}

static int32_t cooldown_s(const struct turn *turn)
{
    bool first = turn->history->last_active_ms == 0;
    return arith_clamp_i32((first ? turn->policy->initial_cooldown_ms : turn->policy->cooldown_ms) / 1000);
}

/* Row I3: to idle or zero, unless something holds. What holds leaves the count to the HPA's half. */
static bool rest(struct turn *turn)
{
    int32_t goal = turn->policy->has_idle ? turn->policy->idle : 0;
    int64_t end_ms = cooldown_end_ms(turn);
    if (turn->policy->pause.scale_in) {
        turn_step(turn, LIMIT_PAUSE, goal, turn->current);
        turn->decision->reason = DECIDE_HELD_PAUSED_IN;
    } else if (turn->incomplete) {
        turn_step(turn, LIMIT_UNKNOWN, goal, turn->current);
        turn->decision->reason = DECIDE_HELD_UNKNOWN;
    } else if (end_ms >= turn->now_ms) {
        turn_step(turn, LIMIT_COOLDOWN, goal, turn->current);
        turn_step_detail(turn, end_ms, cooldown_s(turn));
        turn_recheck(turn, after(end_ms, 1));
        turn->decision->reason = DECIDE_COOLDOWN;
    } else {
        settle(turn, goal, DECIDE_DEACTIVATED);
        return true;
    }
    return false;
}

/* Whether 0 replicas are what the manifest says of a failing trigger. With the other behaviors the required
 * field says nothing of the kind: they keep what is there, or leave it to the formula. */
static bool fallback_is_zero(const struct fallback_policy *fallback)
{
    return fallback->set && fallback->replicas == 0 &&
           (fallback->behavior == FALLBACK_STATIC ||
            fallback->behavior == FALLBACK_CURRENT_REPLICAS_IF_LOWER);
}

/* Rows I1 and I2: an error lets nothing rest, unless the manifest's own fallback says 0 replicas [Q]. */
static bool error_holds(const struct turn *turn)
{
    return turn->decision->error && !fallback_is_zero(&turn->policy->fallback);
}

static bool may_rest(const struct turn *turn)
{
    if (turn->policy->has_idle && turn->current > turn->policy->idle)
        return true;
    return turn->current > 0 && turn->policy->min == 0;
}

bool turn_inactive(struct turn *turn)
{
    const struct policy *policy = turn->policy;
    if (error_holds(turn)) {
        if (may_rest(turn)) {
            turn_step(turn, LIMIT_UNKNOWN, policy->has_idle ? policy->idle : 0, turn->current);
            turn->decision->reason = DECIDE_HELD_UNKNOWN;
        }
    } else if (may_rest(turn)) {
        if (rest(turn))
            return true;
    } else if (!policy->has_idle &&
               turn->current < policy->min) { /* row I4: also from 0 and with paused-scale-out */
        turn_step(turn, LIMIT_MIN, turn->current, turn->low);
        settle(turn, turn->low, DECIDE_MIN);
        return true;
    }
    if (at_idle(turn) || turn->current == 0) {
        settle(turn, turn->current, at_idle(turn) ? DECIDE_IDLE : DECIDE_NOTHING);
        return true;
    }
    return false;
}

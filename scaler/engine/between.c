/* Owns the HPA's half of a decision, for a target that runs: bounds, the best proposal, stabilization, rates
 * (spec/hpa-algorithm.md §2 – §5 through spec/keda-engine.md §3.8). */
#include "scaler/engine/arith.h"
#include "scaler/engine/stabilization.h"
#include "scaler/engine/turn.h"

/* §3 steps 7 and 8: straight to the bound, whatever is known. */
static bool enforce_bounds(struct turn *turn)
{
    int32_t bounded = turn_bound(turn, turn->current);
    if (bounded == turn->current)
        return false;
    turn->decision->replicas = bounded;
    turn->decision->reason = bounded < turn->current ? DECIDE_MAX : DECIDE_MIN;
    return true;
}

/* §2: with a failing metric only up or staying, on the raw proposal; a partial answer is treated the same.
 * Nothing is recorded then. */
static bool hold_unknown(struct turn *turn)
{
    struct decision *decision = turn->decision;
    bool unknown = turn->invalid > 0 || turn->incomplete;
    if (!unknown || decision->best >= turn->current)
        return false;
    if (decision->best < 0)
        decision->limited_by |= LIMIT_UNKNOWN;
    else if (!(decision->limited_by & LIMIT_UNKNOWN))
        turn_step(turn, LIMIT_UNKNOWN, decision->best, turn->current);
    decision->reason = DECIDE_HELD_UNKNOWN;
    return true;
}

static struct stabilized stabilize(struct turn *turn, int32_t desired)
{
    struct recommendation_list *list = &turn->history->recommendations;
    const struct scaling_behavior *behavior = &turn->behavior;
    int32_t up_s = behavior->set ? behavior->up.window_s : 0;
    int32_t down_s = turn->policy->down_window_s;
    if (behavior->set && behavior->down.has_window)
        down_s = behavior->down.window_s;
    recommendations_prune(list, up_s, down_s, turn->now_ms);
    struct stabilized result =
        behavior->set ? stabilize_behavior(list, turn->current, desired, up_s, down_s, turn->now_ms)
                      : stabilize_plain(list, desired, down_s, turn->now_ms);
    recommendations_prune(list, up_s, down_s, turn->now_ms);
    return result;
}

static int32_t stabilized(struct turn *turn, int32_t desired)
{
    struct stabilized result = stabilize(turn, desired);
    if (result.replicas == desired)
        return desired;
    turn_step_stabilized(turn, desired, &result);
    return result.replicas;
}

/* The rules that cut, if they did so only because of a pause annotation. */
static bool cut_by_pause(const struct turn *turn, enum rate_reason reason)
{
    const struct pause_policy *pause = &turn->policy->pause;
    return reason == RATE_SCALE_UP_LIMIT ? pause->scale_out : pause->scale_in;
}

static void explain_rate(struct turn *turn, int32_t wish, const struct rate_limited *result)
{
    bool up = result->reason == RATE_SCALE_UP_LIMIT;
    if (cut_by_pause(turn, result->reason)) {
        turn_step(turn, LIMIT_PAUSE, wish, result->replicas);
        turn->decision->reason = up ? DECIDE_HELD_PAUSED_OUT : DECIDE_HELD_PAUSED_IN;
        return;
    }
    struct rate_bound bound = {.limit = result->limit, .policy = result->policy};
    const struct scaling_rules *rules = up ? &turn->behavior.up : &turn->behavior.down;
    turn_step_rate(turn, wish, turn->current, &bound, turn->behavior.set ? rules : NULL);
}

static int32_t limited(struct turn *turn, int32_t wish)
{
    struct rate_limited result =
        turn->behavior.set
            ? rate_limit_behavior(turn->current, wish, turn->low, turn->high, &turn->behavior,
                                  turn_events(turn), turn->now_ms)
            : rate_limit_plain(turn->current, wish, turn->low, turn->high, RATE_UP_FACTOR, RATE_UP_MINIMUM);
    if (result.reason == RATE_SCALE_UP_LIMIT || result.reason == RATE_SCALE_DOWN_LIMIT)
        explain_rate(turn, wish, &result);
    else if (result.reason != RATE_WITHIN_RANGE)
        turn_step(turn, result.reason == RATE_TOO_MANY ? LIMIT_MAX : LIMIT_MIN, wish, result.replicas);
    return result.replicas;
}

/* A hold (cooldown, pause, unknown) already stands as the reason; a change of size is more telling than it.
 */
static void name_reason(struct turn *turn)
{
    struct decision *decision = turn->decision;
    if (decision->replicas != turn->current)
        decision->reason = decision->replicas > turn->current ? DECIDE_SCALED_UP : DECIDE_SCALED_DOWN;
    if (turn_best_is_fallback(turn) &&
        (decision->replicas != turn->current || decision->reason == DECIDE_NOTHING))
        decision->reason = DECIDE_FALLBACK;
}

void turn_between(struct turn *turn)
{
    if (enforce_bounds(turn) || hold_unknown(turn))
        return;
    int32_t desired = turn_explain_proposal(turn);
    turn->decision->replicas = limited(turn, stabilized(turn, desired));
    name_reason(turn);
}

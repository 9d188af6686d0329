/* Owns the account a decision gives of itself: the chain of what cut the wish, and when to look again. */
#include "scaler/engine/arith.h"
#include "scaler/engine/turn.h"

void turn_step(struct turn *turn, enum decision_limit limit, int32_t from, int32_t to)
{
    struct decision *decision = turn->decision;
    decision->limited_by |= (unsigned)limit;
    if (decision->steps_len < DECISION_STEPS_MAX)
        decision->steps[decision->steps_len++] =
            (struct decision_step){.limit = limit, .from = from, .to = to};
}

void turn_step_detail(struct turn *turn, int64_t at_ms, int32_t detail)
{
    struct decision *decision = turn->decision;
    if (decision->steps_len == 0)
        return;
    decision->steps[decision->steps_len - 1].at_ms = at_ms;
    decision->steps[decision->steps_len - 1].detail = detail;
}

static struct decision_step *last_step(struct turn *turn, enum decision_limit limit)
{
    struct decision *decision = turn->decision;
    struct decision_step *step = decision->steps_len ? &decision->steps[decision->steps_len - 1] : NULL;
    return step && step->limit == limit ? step : NULL;
}

void turn_step_stabilized(struct turn *turn, int32_t wish, const struct stabilized *result)
{
    enum decision_limit limit = result->replicas < wish ? LIMIT_STABILIZATION_UP : LIMIT_STABILIZATION_DOWN;
    turn_step(turn, limit, wish, result->replicas);
    turn_step_detail(turn, result->held_since_ms, result->window_s);
    struct decision_step *step = last_step(turn, limit);
    if (step)
        step->value = result->held_value;
    turn_recheck(turn, result->held_until_ms);
}

static void name_policy(struct decision_step *step, const struct scaling_policy *policy, bool written)
{
    if (!policy) {
        step->rule = written ? STEP_RULE_DISABLED : STEP_RULE_DOUBLE;
        return;
    }
    step->rule = policy->type == SCALING_POLICY_PODS ? STEP_RULE_PODS : STEP_RULE_PERCENT;
    step->value = policy->value;
    step->period_s = (uint16_t)policy->period_s;
}

void turn_step_rate(struct turn *turn, int32_t wish, int32_t start, const struct rate_bound *bound,
                    const struct scaling_rules *rules)
{
    enum decision_limit limit = wish > start ? LIMIT_RATE_UP : LIMIT_RATE_DOWN;
    int64_t next_ms = rules ? rate_next_change_ms(rules, turn_events(turn), turn->now_ms) : 0;
    turn_step(turn, limit, wish, bound->limit);
    turn_step_detail(turn, next_ms, wish > start ? bound->limit - start : start - bound->limit);
    struct decision_step *step = last_step(turn, limit);
    if (step)
        name_policy(step, bound->policy, rules != NULL);
    turn_recheck(turn, next_ms);
}

void turn_recheck(struct turn *turn, int64_t at_ms)
{
    struct decision *decision = turn->decision;
    if (at_ms > turn->now_ms && (decision->recheck_ms == 0 || at_ms < decision->recheck_ms))
        decision->recheck_ms = at_ms;
}

/* The highest proposal of triggers that answered; the present size if none did. */
static int32_t best_without_fallback(const struct turn *turn)
{
    const struct decision *decision = turn->decision;
    int32_t best = -1;
    for (uint32_t i = 0; i < decision->triggers_len; i++)
        if (decision->triggers[i].has_proposal && !decision->triggers[i].in_fallback)
            best = arith_max_i32(best, decision->triggers[i].proposal);
    if (decision->composite.result == COMPOSITE_OK && decision->composite.has_proposal)
        best = arith_max_i32(best, decision->composite.proposal);
    return best >= 0 ? best : turn->current;
}

bool turn_best_is_fallback(const struct turn *turn)
{
    const struct decision *decision = turn->decision;
    if (decision->composite.best)
        return decision->composite.in_fallback;
    return decision->best_trigger >= 0 && decision->triggers[decision->best_trigger].in_fallback;
}

static void step_fallback(struct turn *turn)
{
    static const uint8_t rules[] = {
        [FALLBACK_STATIC] = STEP_RULE_STATIC,
        [FALLBACK_CURRENT_REPLICAS] = STEP_RULE_CURRENT,
        [FALLBACK_CURRENT_REPLICAS_IF_HIGHER] = STEP_RULE_CURRENT_IF_HIGHER,
        [FALLBACK_CURRENT_REPLICAS_IF_LOWER] = STEP_RULE_CURRENT_IF_LOWER,
        [FALLBACK_SCALING_MODIFIERS] = STEP_RULE_STATIC,
    };
    turn_step(turn, LIMIT_FALLBACK, best_without_fallback(turn), turn->decision->best);
    struct decision_step *step = last_step(turn, LIMIT_FALLBACK);
    if (step)
        step->rule = rules[turn->policy->fallback.behavior];
}

int32_t turn_explain_proposal(struct turn *turn)
{
    const struct decision *decision = turn->decision;
    if (decision->best < 0)
        return 0;
    if (turn_best_is_fallback(turn))
        step_fallback(turn);
    else if (turn->best_untolerated != decision->best)
        turn_step(turn, LIMIT_TOLERANCE, turn->best_untolerated, decision->best);
    return decision->best;
}

int32_t turn_bound(struct turn *turn, int32_t replicas)
{
    if (replicas > turn->high) {
        turn_step(turn, LIMIT_MAX, replicas, turn->high);
        return turn->high;
    }
    if (replicas < turn->low) {
        turn_step(turn, LIMIT_MIN, replicas, turn->low);
        return turn->low;
    }
    return replicas;
}

struct rate_events turn_events(const struct turn *turn)
{
    return (struct rate_events){.up = &turn->history->up_events, .down = &turn->history->down_events};
}

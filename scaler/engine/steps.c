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
    return best >= 0 ? best : turn->current;
}

int32_t turn_explain_proposal(struct turn *turn)
{
    const struct decision *decision = turn->decision;
    if (decision->best_trigger < 0)
        return 0;
    if (decision->triggers[decision->best_trigger].in_fallback)
        turn_step(turn, LIMIT_FALLBACK, best_without_fallback(turn), decision->best);
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

/* Owns what a trigger's reading means: the compatibility rules for missing values, failure counts, fallback
 * (spec/keda-engine.md §3.2, §4.8), activity (§4.3) and the proposal. Unknown stays unknown here unless the
 * manifest says otherwise. */
#include <math.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/engine/arith.h"
#include "scaler/engine/turn.h"

/* EMPTY and NAN are 0 only where KEDA reads them so, and the object does not say `unknown: hold`. */
static enum reading_state outcome_state(const struct turn *turn, const struct trigger_policy *trigger,
                                        const struct reading *reading, bool *ret_as_zero)
{
    enum reading_state state = reading->state;
    if (state == READING_OK && !isfinite(reading->value))
        state = READING_NAN;
    *ret_as_zero = (state == READING_EMPTY || state == READING_NAN) && trigger->missing_is_zero &&
                   !turn->policy->hold_unknown && trigger->type != METRIC_REPLICAS;
    return *ret_as_zero ? READING_OK : state;
}

/* One answer counts once, however often it is decided upon. A stale reading is no new answer each time, but
 * every turn that still has nothing better is a poll that failed. */
static void count_failure(struct trigger_health *health, const struct reading *reading,
                          enum reading_state state)
{
    if (state == READING_OK) {
        *health = (struct trigger_health){0};
        return;
    }
    if (state == READING_PENDING)
        return; /* nobody has been asked yet */
    bool counted = state != READING_STALE && reading->at_ms > 0 && reading->at_ms == health->counted_ms;
    if (counted && health->failures > 0)
        return;
    health->failures += health->failures < UINT32_MAX;
    health->counted_ms = reading->at_ms > 0 ? reading->at_ms : 0;
}

/* A formula stands between the values and the replicas. */
static bool has_formula(const struct turn *turn)
{
    return turn->policy->modifiers.formula != NULL;
}

/* Pending after a restart with enough failures on record is still in fallback: no answer has ended it. */
static bool fallback_due(const struct fallback_policy *fallback, const struct trigger_outcome *outcome)
{
    return fallback->set && fallback->failure_threshold >= 0 && fallback->replicas >= 0 &&
           outcome->state != READING_OK && outcome->failures > (uint32_t)fallback->failure_threshold;
}

/* Table of §4.8; KEDA's detour over target × replicas ÷ ready pods is left out. */
int32_t turn_fallback_replicas(const struct turn *turn)
{
    const struct fallback_policy *fallback = &turn->policy->fallback;
    int32_t current = turn->current;
    switch (fallback->behavior) {
    case FALLBACK_CURRENT_REPLICAS:
        return current;
    case FALLBACK_CURRENT_REPLICAS_IF_HIGHER:
        return arith_max_i32(current, fallback->replicas);
    case FALLBACK_CURRENT_REPLICAS_IF_LOWER:
        return arith_min_i32(current, fallback->replicas);
    case FALLBACK_STATIC:
    case FALLBACK_SCALING_MODIFIERS:
        break;
    }
    return fallback->replicas;
}

/* From rest there is no tolerance: 1.05 times the target of nothing is one replica, not none. */
bool turn_propose(const struct turn *turn, const struct trigger_policy *trigger, int64_t value_milli,
                  struct proposal *ret)
{
    const struct target_state *target = turn->target;
    if (trigger->target_milli <= 0)
        return false; /* config refuses it; a division by it says nothing */
    if (trigger->type == METRIC_AVERAGE_VALUE) {
        int32_t status = turn->resting ? 0 : arith_max_i32(target->status_replicas, 0);
        *ret = proposal_average_value(value_milli, trigger->target_milli, status, &turn->tolerance);
        return true;
    }
    struct pod_count pods = {target->has_pods, target->ready_pods, target->pods};
    return proposal_value(value_milli, trigger->target_milli, turn->current, &pods, &turn->tolerance, ret,
                          NULL) == 0;
}

bool turn_take(struct turn *turn, int32_t replicas, int32_t untolerated)
{
    if (replicas <= turn->decision->best)
        return false;
    turn->decision->best = replicas;
    turn->best_untolerated = arith_max_i32(untolerated, 0);
    return true;
}

static void take_proposal(struct turn *turn, uint32_t at, int32_t replicas, int32_t untolerated)
{
    struct trigger_outcome *outcome = &turn->decision->triggers[at];
    outcome->has_proposal = true;
    outcome->proposal = arith_max_i32(replicas, 0);
    if (turn_take(turn, outcome->proposal, untolerated))
        turn->decision->best_trigger = (int32_t)at;
}

static void read_value(struct turn *turn, uint32_t at, const struct reading *reading)
{
    const struct trigger_policy *trigger = &turn->policy->triggers[at];
    struct trigger_outcome *outcome = &turn->decision->triggers[at];
    double value = outcome->as_zero ? 0.0 : reading->value;
    if (trigger->type == METRIC_REPLICAS) {
        int32_t replicas = arith_ceil_i32(value);
        take_proposal(turn, at, replicas, replicas);
        return;
    }
    struct proposal proposal;
    outcome->active = (outcome->as_zero ? 0.0 : reading->activity) > trigger->activation;
    outcome->value_milli = number_metric_milli(value);
    if (!has_formula(turn) && turn_propose(turn, trigger, outcome->value_milli, &proposal))
        take_proposal(turn, at, proposal.replicas, proposal.untolerated);
}

static void read_fallback(struct turn *turn, uint32_t at)
{
    struct trigger_outcome *outcome = &turn->decision->triggers[at];
    if (turn->policy->fallback.behavior == FALLBACK_SCALING_MODIFIERS) {
        outcome->as_nil = has_formula(turn); /* config refuses it without */
        return;
    }
    int32_t replicas = turn_fallback_replicas(turn);
    outcome->in_fallback = true;
    outcome->active = true; /* [Q] §4.8: also with replicas 0 */
    turn->decision->fallback_active = true;
    if (!has_formula(turn))
        take_proposal(turn, at, replicas, replicas);
}

/* What a trigger alone leaves open. With a formula it is the composite that lacks something, but nothing is
 * known before every trigger has been asked. */
static void note_unknown(struct turn *turn, uint32_t at, const struct reading *reading)
{
    const struct trigger_outcome *outcome = &turn->decision->triggers[at];
    bool replicas_only = turn->policy->triggers[at].type == METRIC_REPLICAS;
    bool proposes = replicas_only || !has_formula(turn);
    turn->invalid += proposes && (!outcome->has_proposal || (replicas_only && reading->partial));
    if (replicas_only)
        return; /* has no say between 0 and 1 */
    if (outcome->state == READING_OK)
        turn->incomplete = turn->incomplete || (proposes && reading->partial);
    else if (outcome->state == READING_PENDING && !outcome->in_fallback && !outcome->as_nil)
        turn->incomplete = true;
}

static void read_trigger(struct turn *turn, uint32_t at, const struct reading *reading)
{
    const struct trigger_policy *trigger = &turn->policy->triggers[at];
    struct trigger_outcome *outcome = &turn->decision->triggers[at];
    struct trigger_health *health = &turn->history->triggers[at];
    outcome->state = outcome_state(turn, trigger, reading, &outcome->as_zero);
    if (trigger->type != METRIC_REPLICAS)
        count_failure(health, reading, outcome->state);
    outcome->failures = health->failures;
    if (outcome->state == READING_OK)
        read_value(turn, at, reading);
    else if (trigger->type != METRIC_REPLICAS && fallback_due(&turn->policy->fallback, outcome))
        read_fallback(turn, at);
    note_unknown(turn, at, reading);
}

static bool trigger_failed(const struct turn *turn, uint32_t at)
{
    const struct trigger_outcome *outcome = &turn->decision->triggers[at];
    return turn->policy->triggers[at].type != METRIC_REPLICAS && outcome->state != READING_OK &&
           outcome->state != READING_PENDING && !outcome->in_fallback && !outcome->as_nil;
}

/* §3.2: OR over the triggers; only cpu and memory: always active. With a formula its value alone counts, and
 * an error of any trigger outweighs it. */
static void sum_up(struct turn *turn)
{
    struct decision *decision = turn->decision;
    uint32_t failed = 0, replicas_only = 0;
    for (uint32_t i = 0; i < decision->triggers_len; i++) {
        failed += trigger_failed(turn, i);
        replicas_only += turn->policy->triggers[i].type == METRIC_REPLICAS;
        decision->active = decision->active || decision->triggers[i].active;
    }
    bool any = decision->triggers_len > 0;
    decision->error = failed > 0;
    decision->all_error = any && failed == decision->triggers_len;
    if (has_formula(turn))
        decision->active = decision->composite.active && !decision->error;
    decision->active = decision->active || (any && replicas_only == decision->triggers_len) ||
                       turn->policy->pause.force_activation;
    turn->incomplete = turn->incomplete || !any; /* nothing was asked: nothing is known */
}

void turn_read_triggers(struct turn *turn, const struct reading *readings)
{
    struct decision *decision = turn->decision;
    for (uint32_t i = 0; i < decision->triggers_len; i++)
        read_trigger(turn, i, &readings[i]);
    if (has_formula(turn))
        turn_read_composite(turn, readings);
    sum_up(turn);
    decision->fallback_changed = decision->fallback_active != turn->history->fallback_active;
    turn->history->fallback_active = decision->fallback_active;
}

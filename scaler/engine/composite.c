/* Owns the composite value of advanced.scalingModifiers (spec/keda-engine.md §4.6): one formula over the
 * triggers' values in place of the greatest of their proposals.
 *
 * What is unknown stays so. Where KEDA goes inactive and hands the HPA nothing, the composite is unknown
 * here: nothing is lowered and nothing goes to rest, until the formula gives a value again. That is so
 * - when the formula fails (NaN and infinities are failures), or yields nil without a fallback section;
 * - while a trigger that occurs in it has never been asked: KEDA evaluates nothing before that, and a
 *   `??` would speak of a failure that has not happened.
 *
 * A trigger without a value is nil in the formula, as in KEDA. What then comes out counts
 * - in full, also downwards, if the manifest itself supplied what stands for the nil: a formula in which
 *   `??` or `nil` is written, or fallback.behavior scalingModifiers with the trigger over its threshold;
 * - only upwards if it did not: a formula that never speaks of nil and still gave a value (it compared
 *   the nil, or did not come by it), `unknown: hold`, a reading that is only too old, a partial answer, a
 *   trigger that could not even be asked (wrong parameters, no credentials: KEDA then passes over the
 *   whole object); or a nil result before the failures that caused it are over the threshold of the
 *   fallback which replaces it.
 *
 * As in KEDA an error that is not over the threshold makes inactive, whatever the value is: nothing
 * wakes, and activation.c lets nothing rest for it. */
#include <math.h>
#include <string.h>

#include "scaler/engine/arith.h"
#include "scaler/engine/turn.h"

/* How KEDA turns milli-units into a double: a product, and it shows in the last digit. */
static double from_milli(int64_t milli)
{
    return (double)milli * 0.001;
}

/* Toward zero; saturates, as a load beyond all numbers is no reason to scale down. */
static int64_t to_milli(double value)
{
    double milli = trunc(value * 1000);
    if (milli >= 0x1p63)
        return INT64_MAX;
    return milli <= -0x1p63 ? INT64_MIN : (int64_t)milli;
}

/* What the formula does not know. */
struct gaps {
    bool pending;    /* an input has never been asked */
    bool incomplete; /* an input is unknown in a way the manifest has no word for */
    bool early;      /* an input is nil, but not for as long as the fallback section asks */
};

static void note_gap(const struct turn *turn, const struct trigger_outcome *outcome,
                     const struct reading *reading, struct gaps *gaps)
{
    const struct policy *policy = turn->policy;
    bool unasked = outcome->state == READING_ERROR && reading->at_ms == 0;
    turn->decision->composite.missing++;
    if (outcome->as_nil)
        return;
    gaps->early = true;
    gaps->pending = gaps->pending || outcome->state == READING_PENDING;
    gaps->incomplete = gaps->incomplete || unasked || outcome->state == READING_STALE ||
                       policy->hold_unknown || !policy->modifiers.nil_spoken_of;
}

/* Inputs are what KEDA's metrics are: thousandths, nothing below 0. */
static void bind(const struct turn *turn, const struct reading *readings, struct formula_input *inputs,
                 struct gaps *gaps)
{
    const struct modifiers_policy *modifiers = &turn->policy->modifiers;
    for (uint32_t i = 0; i < turn->decision->triggers_len; i++) {
        const struct trigger_outcome *outcome = &turn->decision->triggers[i];
        int32_t at = modifiers->inputs ? modifiers->inputs[i] : -1;
        if (at < 0 || (uint32_t)at >= modifiers->inputs_len || at >= DECISION_TRIGGERS_MAX)
            continue;
        if (outcome->state == READING_OK)
            inputs[at] = (struct formula_input){.present = true, .value = from_milli(outcome->value_milli)};
        if (!formula_uses(modifiers->formula, (size_t)at))
            continue;
        if (outcome->state != READING_OK)
            note_gap(turn, outcome, &readings[i], gaps);
        else
            gaps->incomplete = gaps->incomplete || readings[i].partial;
    }
}

static void take(struct turn *turn, int32_t replicas, int32_t untolerated)
{
    struct composite_outcome *composite = &turn->decision->composite;
    composite->has_proposal = true;
    composite->proposal = arith_max_i32(replicas, 0);
    composite->best = turn_take(turn, composite->proposal, untolerated);
    if (composite->best)
        turn->decision->best_trigger = -1;
}

static void take_value(struct turn *turn, int64_t value_milli)
{
    const struct modifiers_policy *modifiers = &turn->policy->modifiers;
    struct composite_outcome *composite = &turn->decision->composite;
    const struct trigger_policy rule = {.type = modifiers->type, .target_milli = modifiers->target_milli};
    struct proposal proposal;
    composite->value_milli = value_milli;
    composite->active = from_milli(value_milli) > modifiers->activation;
    if (turn_propose(turn, &rule, value_milli, &proposal))
        take(turn, proposal.replicas, proposal.untolerated);
}

/* KEDA's composite is then target × replicas, which the HPA divides again; what is shown and compared with
 * activationTarget is that product, what is proposed are the replicas themselves. */
static void take_replicas(struct turn *turn, int32_t replicas)
{
    const struct modifiers_policy *modifiers = &turn->policy->modifiers;
    struct composite_outcome *composite = &turn->decision->composite;
    if (__builtin_mul_overflow(modifiers->target_milli, (int64_t)replicas, &composite->value_milli))
        composite->value_milli = INT64_MAX;
    composite->active = from_milli(composite->value_milli) > modifiers->activation;
    take(turn, replicas, replicas);
}

static void take_nil(struct turn *turn, const struct gaps *gaps)
{
    const struct fallback_policy *fallback = &turn->policy->fallback;
    struct composite_outcome *composite = &turn->decision->composite;
    if (!fallback->set || fallback->replicas < 0) {
        composite->result = COMPOSITE_NIL;
        return;
    }
    composite->result = COMPOSITE_NIL_FALLBACK;
    composite->incomplete = gaps->incomplete || gaps->early;
    take_replicas(turn, fallback->replicas);
}

/* The text may be the user's own words: cut between characters. */
static void fail(struct composite_outcome *composite, const char *text)
{
    size_t len = strlen(text);
    composite->result = COMPOSITE_ERROR;
    if (len >= sizeof(composite->error))
        for (len = sizeof(composite->error) - 1; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
            len--;
    memcpy(composite->error, text, len);
    composite->error[len] = '\0';
}

static void evaluate(struct turn *turn, const struct formula_input *inputs, const struct gaps *gaps)
{
    const struct modifiers_policy *modifiers = &turn->policy->modifiers;
    struct composite_outcome *composite = &turn->decision->composite;
    struct err err = {0};
    bool nil = false;
    double value = 0;
    int rc = formula_eval(modifiers->formula, modifiers->scratch, inputs, turn->now_ms, &nil, &value, &err);
    if (rc != 0 || (!nil && !isfinite(value))) {
        fail(composite, rc != 0 ? err.msg : "the result is not a finite number");
    } else if (nil) {
        take_nil(turn, gaps);
    } else {
        composite->result = COMPOSITE_OK;
        composite->incomplete = gaps->incomplete;
        take_value(turn, to_milli(value));
    }
}

static bool any_in_fallback(const struct decision *decision)
{
    for (uint32_t i = 0; i < decision->triggers_len; i++)
        if (decision->triggers[i].in_fallback)
            return true;
    return false;
}

static enum reading_state state_of(enum composite_result result)
{
    static const enum reading_state states[] = {
        [COMPOSITE_NONE] = READING_PENDING, [COMPOSITE_OK] = READING_OK,
        [COMPOSITE_FALLBACK] = READING_OK,  [COMPOSITE_NIL_FALLBACK] = READING_OK,
        [COMPOSITE_NIL] = READING_EMPTY,    [COMPOSITE_PENDING] = READING_PENDING,
        [COMPOSITE_ERROR] = READING_ERROR,
    };
    return states[result];
}

static void compute(struct turn *turn, const struct reading *readings)
{
    struct composite_outcome *composite = &turn->decision->composite;
    struct formula_input inputs[DECISION_TRIGGERS_MAX] = {0};
    struct gaps gaps = {0};
    if (any_in_fallback(turn->decision)) { /* §4.6 step 2: whatever the other triggers say */
        composite->result = COMPOSITE_FALLBACK;
        take_replicas(turn, turn_fallback_replicas(turn));
        return;
    }
    bind(turn, readings, inputs, &gaps);
    if (gaps.pending)
        composite->result = COMPOSITE_PENDING;
    else
        evaluate(turn, inputs, &gaps);
}

void turn_read_composite(struct turn *turn, const struct reading *readings)
{
    struct composite_outcome *composite = &turn->decision->composite;
    compute(turn, readings);
    composite->used = true;
    composite->state = state_of(composite->result);
    composite->in_fallback =
        composite->result == COMPOSITE_FALLBACK || composite->result == COMPOSITE_NIL_FALLBACK;
    turn->invalid += !composite->has_proposal;
    turn->incomplete = turn->incomplete || composite->incomplete || composite->state != READING_OK;
}

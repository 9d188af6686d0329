/* Owns the sentences for what cut the wish on its way to the result: one function for each kind of limit. */
#include "scaler/base/mem.h"
#include "scaler/cli/explain_words.h"

struct sentence {
    struct strbuf *out;
    const struct explain_object *object;
    const struct explain_decision *decision;
    const struct explain_step *step;
};

static void at(const struct sentence *sentence, int64_t ms)
{
    words_time(sentence->out, sentence->object, ms);
}

static void tolerance(const struct sentence *sentence)
{
    const struct explain_step *step = sentence->step;
    bool up = step->from > step->to;
    strbuf_append(sentence->out, "Tolerance: the value is within ");
    if (sentence->object->has_policy) {
        words_number(sentence->out,
                     (up ? sentence->object->policy.tolerance_up : sentence->object->policy.tolerance_down) *
                         100);
        strbuf_append(sentence->out, " % of the target");
    } else {
        strbuf_append(sentence->out, "the tolerance");
    }
    strbuf_printf(sentence->out, ", so %d stays %d.", step->from, step->to);
}

static void stabilization(const struct sentence *sentence)
{
    const struct explain_step *step = sentence->step;
    bool up = step->limit == LIMIT_STABILIZATION_UP;
    int32_t value = step->rule == STEP_RULE_NONE && step->value == 0 ? step->to : step->value;
    strbuf_printf(sentence->out, "Stabilization: %s%d was recommended at ", up ? "only " : "", value);
    at(sentence, step->at_ms);
    strbuf_printf(sentence->out, "; %s looks back %d s: %d, not %d, until ", up ? "scaleUp" : "scaleDown",
                  step->detail, step->to, step->from);
    at(sentence, step->at_ms + (int64_t)step->detail * 1000);
    strbuf_append(sentence->out, ".");
}

static void policy_words(const struct sentence *sentence)
{
    const struct explain_step *step = sentence->step;
    const char *unit = step->rule == STEP_RULE_PERCENT ? " %" : step->value == 1 ? " pod" : " pods";
    strbuf_printf(sentence->out, "%s %d%s per %d s", step->limit == LIMIT_RATE_UP ? "scaleUp" : "scaleDown",
                  step->value, unit, step->period_s);
}

static void policy(const struct sentence *sentence)
{
    const struct explain_step *step = sentence->step;
    bool up = step->limit == LIMIT_RATE_UP;
    policy_words(sentence);
    if (step->detail > 0)
        strbuf_printf(sentence->out, " allows %d %s now: %d, not %d", step->detail, up ? "more" : "fewer",
                      step->to, step->from);
    else
        strbuf_printf(sentence->out, " is used up, 0 left: stays at %d, not %d", step->to, step->from);
    if (step->at_ms > 0) {
        strbuf_printf(sentence->out, "; %s from ", up ? "more" : "fewer");
        at(sentence, step->at_ms);
    }
    strbuf_append(sentence->out, ".");
}

static void rate(const struct sentence *sentence)
{
    const struct explain_step *step = sentence->step;
    bool up = step->limit == LIMIT_RATE_UP;
    strbuf_append(sentence->out, "Rate: ");
    switch (step->rule) {
    case STEP_RULE_PODS:
    case STEP_RULE_PERCENT:
        policy(sentence);
        break;
    case STEP_RULE_DOUBLE:
        strbuf_printf(sentence->out, "one look goes to twice the size or 4 at most: %d, not %d.", step->to,
                      step->from);
        break;
    case STEP_RULE_DISABLED:
        strbuf_printf(sentence->out, "%s is disabled by its selectPolicy: %d, not %d.",
                      up ? "scaleUp" : "scaleDown", step->to, step->from);
        break;
    default:
        strbuf_printf(sentence->out, "%s is limited to %d, not %d.", up ? "scaleUp" : "scaleDown", step->to,
                      step->from);
    }
}

static void minimum(const struct sentence *sentence)
{
    bool running = !sentence->object->simulated && sentence->step->to > sentence->object->min;
    strbuf_printf(sentence->out, "Minimum%s: %d, not %d.", running ? " while anything runs" : "",
                  sentence->step->to, sentence->step->from);
}

static void maximum(const struct sentence *sentence)
{
    strbuf_printf(sentence->out, "Maximum: %d, not %d.", sentence->step->to, sentence->step->from);
}

/* With a formula only the whole of it proposes. */
static bool is_unknown(const struct explain_trigger *trigger, bool proposes)
{
    return trigger->partial || (trigger->state != READING_OK && !trigger->fallback) ||
           (proposes && !trigger->has_proposal);
}

static void unknown_names(const struct sentence *sentence)
{
    const struct explain_decision *decision = sentence->decision;
    unsigned named = 0, left = 0;
    for (uint32_t i = 0; i < decision->triggers_len; i++) {
        if (!is_unknown(&decision->triggers[i], !decision->composite.set))
            continue;
        if (named == 3) {
            left++;
            continue;
        }
        strbuf_append(sentence->out, named++ ? ", " : "");
        words_trigger_name(sentence->out, decision, (int32_t)i);
    }
    if (left)
        strbuf_printf(sentence->out, " and %u more", left);
    strbuf_append(sentence->out, named == 0   ? "what is needed is not known"
                                 : named == 1 ? " is not known for sure"
                                              : " are not known for sure");
}

static void unknown(const struct sentence *sentence)
{
    const struct explain_step *step = sentence->step;
    strbuf_append(sentence->out, "Held: ");
    unknown_names(sentence);
    if (step)
        strbuf_printf(sentence->out, ", and unknown never lowers: %d, not %d.", step->to, step->from);
    else
        strbuf_printf(sentence->out, ", and unknown is not zero: %d stays.", sentence->decision->current);
}

static void cooldown(const struct sentence *sentence)
{
    const struct explain_step *step = sentence->step;
    strbuf_printf(sentence->out, "Cooldown of %d s: no work; goes to %d at ", step->detail, step->from);
    at(sentence, step->at_ms);
    strbuf_append(sentence->out, " (");
    if (step->at_ms > sentence->object->now_ms) {
        words_span(sentence->out, step->at_ms - sentence->object->now_ms);
        strbuf_append(sentence->out, " left)");
    } else {
        strbuf_append(sentence->out, "over)");
    }
    strbuf_append(sentence->out, " unless work comes.");
}

static void pause_words(const struct sentence *sentence)
{
    const struct explain_step *step = sentence->step;
    if (sentence->decision->reason != DECIDE_PAUSED && step)
        strbuf_printf(sentence->out, "Pause: %s is set: %d stays, not %d.",
                      step->from > step->to ? "paused-scale-out" : "paused-scale-in", step->to, step->from);
    else if (step)
        strbuf_printf(sentence->out, "Pause: paused-replicas asks for %d.", step->to);
    else
        strbuf_printf(sentence->out, "Pause: frozen at %d; triggers are not asked.",
                      sentence->decision->current);
}

static void fallback(const struct sentence *sentence)
{
    const struct explain_step *step = sentence->step;
    strbuf_printf(sentence->out, "Fallback%s%s: %d; without it %d.", step->rule != STEP_RULE_NONE ? " " : "",
                  step_rule_name(step->rule), step->to, step->from);
}

static const struct {
    enum decision_limit limit;
    bool stands_alone; /* has something to say without a step */
    void (*fn)(const struct sentence *sentence);
} kinds[] = {
    {LIMIT_TOLERANCE, false, tolerance},
    {LIMIT_STABILIZATION_UP, false, stabilization},
    {LIMIT_STABILIZATION_DOWN, false, stabilization},
    {LIMIT_RATE_UP, false, rate},
    {LIMIT_RATE_DOWN, false, rate},
    {LIMIT_MIN, false, minimum},
    {LIMIT_MAX, false, maximum},
    {LIMIT_UNKNOWN, true, unknown},
    {LIMIT_COOLDOWN, false, cooldown},
    {LIMIT_PAUSE, true, pause_words},
    {LIMIT_FALLBACK, false, fallback},
};

static void say(const struct sentence *sentence, size_t kind)
{
    strbuf_append(sentence->out, "  ");
    kinds[kind].fn(sentence);
    strbuf_append(sentence->out, "\n");
}

void chain_append(struct strbuf *out, const struct explain_object *object,
                  const struct explain_decision *decision)
{
    unsigned told = 0;
    struct sentence sentence = {out, object, decision, NULL};
    for (uint32_t i = 0; i < decision->steps_len; i++) {
        sentence.step = &decision->steps[i];
        for (size_t kind = 0; kind < ARRAY_LEN(kinds); kind++)
            if (kinds[kind].limit == sentence.step->limit)
                say(&sentence, kind);
        told |= (unsigned)sentence.step->limit;
    }
    sentence.step = NULL;
    for (size_t kind = 0; kind < ARRAY_LEN(kinds); kind++)
        if (kinds[kind].stands_alone && (decision->limited_by & ~told & (unsigned)kinds[kind].limit))
            say(&sentence, kind);
}

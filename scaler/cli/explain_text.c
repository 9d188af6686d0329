/* Owns the screen of `davit explain`: what is, why, what comes next, and what was before. */
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/cli/explain_words.h"

#define TRIGGER_LINES 8 /* the rest is told as a number */

static void whose(struct strbuf *out, const struct explain_object *object)
{
    if (object->simulated) {
        strbuf_append(out, "A simulation");
        return;
    }
    words_text(out, object->ns);
    strbuf_append_c(out, '/');
    words_text(out, object->name);
}

static void head(struct strbuf *out, const struct explain_object *object)
{
    whose(out, object);
    if (!text_empty(object->kind)) {
        strbuf_append(out, " scales ");
        words_text(out, object->kind);
        strbuf_append_c(out, ' ');
        words_text(out, object->target);
    }
    if (object->replicas >= 0) {
        strbuf_append(out, ", now at ");
        words_replicas(out, object->replicas);
    }
    strbuf_append(out, ".  (");
    words_time(out, object, object->now_ms);
    strbuf_append(out, object->simulated ? ")\n" : " UTC)\n");
}

static void obstacle(struct strbuf *out, const struct explain_object *object)
{
    if (!object->problem && strcmp(object->phase, "running") == 0)
        return;
    strbuf_append(out, strcmp(object->phase, "refused") == 0 ? "REFUSED" : "NOT SCALING");
    strbuf_append(out, ": ");
    words_text(out, object->problem ? object->problem : "it is only starting; its target is looked up");
    strbuf_append(out, "\n");
}

/* ---- the newest decision ---- */

static const char *write_words(enum ledger_write write)
{
    static const char *const words[] = {[LEDGER_NOT_NEEDED] = "",
                                        [LEDGER_WRITING] = ", being written",
                                        [LEDGER_WRITTEN] = ", written",
                                        [LEDGER_WRITE_FAILED] =
                                            ", but the write failed (the next look tries again)"};
    return words[write];
}

static const char *stay_words(const struct explain_decision *decision)
{
    static const struct {
        enum decision_limit limit;
        const char *words;
    } limited[] = {
        {LIMIT_RATE_UP, "more is needed, but not so fast"},
        {LIMIT_RATE_DOWN, "less would do, but not so fast"},
        {LIMIT_STABILIZATION_UP, "more is needed, but not for long enough"},
        {LIMIT_STABILIZATION_DOWN, "less would do, but not for long enough"},
        {LIMIT_MAX, "more is needed, but that is the maximum"},
        {LIMIT_MIN, "less would do, but that is the minimum"},
        {LIMIT_TOLERANCE, "close enough to what is needed"},
    };
    if (decision->reason != DECIDE_NOTHING)
        return words_reason(decision->reason);
    if (decision->current == 0)
        return "no work, at rest";
    for (size_t i = 0; i < ARRAY_LEN(limited); i++)
        if (decision->limited_by & (unsigned)limited[i].limit)
            return limited[i].words;
    return "that is what is needed";
}

static void when(struct strbuf *out, const struct explain_object *object, int64_t ms)
{
    words_time(out, object, ms);
    if (ms != object->now_ms) {
        strbuf_append(out, " (");
        words_distance(out, object, ms);
        strbuf_append_c(out, ')');
    }
}

static void headline(struct strbuf *out, const struct explain_object *object,
                     const struct explain_decision *decision)
{
    if (decision->current != decision->desired) {
        strbuf_printf(out, "%d → %d replicas at ", decision->current, decision->desired);
        when(out, object, decision->at_ms);
        strbuf_printf(out, "%s: %s.\n", write_words(decision->write), words_reason(decision->reason));
        return;
    }
    strbuf_append(out, "Stays at ");
    words_replicas(out, decision->current);
    strbuf_printf(out, ": %s.  Looked at ", stay_words(decision));
    when(out, object, decision->at_ms);
    if (decision->count > 1) {
        strbuf_printf(out, ", %u times alike since ", decision->count);
        words_time(out, object, decision->since_ms);
    }
    strbuf_append(out, ".\n");
}

/* ---- triggers ---- */

static void no_answer(struct strbuf *out, const struct explain_object *object,
                      const struct explain_trigger *trigger, const struct explain_fact *fact)
{
    if (fact && fact->last_ok_ms > 0) {
        strbuf_append(out, "no answer since ");
        when(out, object, fact->last_ok_ms);
    } else {
        strbuf_append(out, "no answer");
    }
    if (trigger->failures > 0)
        strbuf_printf(out, ", %u failure%s in a row", trigger->failures, trigger->failures == 1 ? "" : "s");
}

static void reading(struct strbuf *out, const struct explain_object *object,
                    const struct explain_trigger *trigger, const struct explain_fact *fact)
{
    static const char *const states[] = {
        [READING_PENDING] = "not read yet",
        [READING_EMPTY] = "the source has no such thing (empty)",
        [READING_NAN] = "the source says not-a-number",
        [READING_STALE] = "the last answer is too old",
    };
    if (trigger->state == READING_ERROR) {
        no_answer(out, object, trigger, fact);
        return;
    }
    if (trigger->state != READING_OK)
        strbuf_append(out, states[trigger->state]);
    else if (trigger->as_zero)
        strbuf_append(out, "nothing there, read as 0");
    else
        words_number(out, trigger->value);
    if (trigger->state == READING_OK && trigger->partial)
        strbuf_append(out, " (a partial answer)");
    if (trigger->at_ms > 0 && !object->simulated) {
        strbuf_append(out, ", read ");
        words_distance(out, object, trigger->at_ms);
    }
}

static void proposal(struct strbuf *out, const struct explain_trigger *trigger,
                     const struct explain_composite *composite)
{
    if (trigger->has_proposal && !composite->set)
        strbuf_printf(out, " → %d%s", trigger->proposal, trigger->fallback ? " (fallback)" : "");
    else if (trigger->state == READING_OK && composite->set)
        strbuf_append(out, " → formula");
    else
        strbuf_append(out, trigger->state == READING_PENDING ? " → waits" : " → unknown, lowers nothing");
}

/* A simulation does not say; what cpu and memory ask for is no activity, and with a formula its value counts.
 */
static void activity(struct strbuf *out, const struct explain_object *object,
                     const struct explain_decision *decision, const struct explain_trigger *trigger,
                     const struct explain_fact *fact)
{
    bool told = !object->simulated && fact && fact->has_target && !decision->composite.set;
    if (!told || trigger->active || trigger->state != READING_OK)
        return;
    strbuf_append(out, ", not active");
    if (fact->activation == 0)
        return;
    strbuf_append(out, " (only above ");
    words_number(out, fact->activation);
    strbuf_append_c(out, ')');
}

static void trigger_line(struct strbuf *out, const struct explain_object *object,
                         const struct explain_decision *decision, uint32_t index)
{
    const struct explain_trigger *trigger = &decision->triggers[index];
    const struct explain_fact *fact = index < object->facts_len ? &object->facts[index] : NULL;
    strbuf_append(out, "  ");
    words_trigger_name(out, decision, (int32_t)index);
    if (trigger->type[0]) {
        strbuf_append(out, " (");
        words_text(out, trigger->type);
        strbuf_append_c(out, ')');
    }
    strbuf_append(out, ": ");
    reading(out, object, trigger, fact);
    if (trigger->state == READING_OK && fact && fact->has_target && !decision->composite.set) {
        strbuf_append(out, ", target ");
        words_number(out, fact->target);
        strbuf_append(out, fact->whole ? " in all" : " each");
    }
    proposal(out, trigger, &decision->composite);
    activity(out, object, decision, trigger, fact);
    strbuf_append(out, "\n");
    if (trigger->state != READING_OK && fact && fact->error) {
        strbuf_append(out, "    ");
        words_text(out, fact->error);
        strbuf_append(out, "\n");
    }
}

static void trigger_lines(struct strbuf *out, const struct explain_object *object,
                          const struct explain_decision *decision)
{
    uint32_t shown = decision->triggers_len > TRIGGER_LINES ? TRIGGER_LINES - 1 : decision->triggers_len;
    if (decision->reason == DECIDE_PAUSED)
        return; /* nobody was asked: what stands there says nothing */
    for (uint32_t i = 0; i < shown; i++)
        trigger_line(out, object, decision, i);
    if (shown < decision->triggers_len)
        strbuf_printf(out, "  … and %u more triggers: -o json\n", decision->triggers_len - shown);
}

/* Why there is no number of the formula's own. */
static const char *composite_words(enum composite_result result)
{
    static const char *const words[] = {
        [COMPOSITE_FALLBACK] = "not asked, because a trigger is in fallback",
        [COMPOSITE_NIL_FALLBACK] = "nil, which means the fallback",
        [COMPOSITE_NIL] = "nil, and no fallback says what that means",
        [COMPOSITE_PENDING] = "not asked yet, because a trigger in it has no answer so far",
        [COMPOSITE_ERROR] = "fails",
    };
    const char *found = (size_t)result < ARRAY_LEN(words) ? words[result] : NULL;
    return found ? found : "no value, because a part of it has none";
}

/* `error`: of the newest decision; NULL if it is not known. */
static void composite_line(struct strbuf *out, const struct explain_composite *composite, const char *error)
{
    if (!composite->set)
        return;
    strbuf_append(out, "  Formula: ");
    if (composite->result == COMPOSITE_OK ||
        (composite->result == COMPOSITE_NONE && composite->state == READING_OK))
        words_number(out, composite->value);
    else
        strbuf_append(out, composite_words(composite->result));
    if (composite->result == COMPOSITE_ERROR && error) {
        strbuf_append(out, ": ");
        words_text(out, error);
    }
    if (composite->has_proposal)
        strbuf_printf(out, " → %d%s", composite->proposal, composite->fallback ? " (fallback)" : "");
    strbuf_append(out, composite->active || composite->state != READING_OK ? "\n" : ", not active\n");
}

/* ---- from proposals to the result ---- */

static void highest(struct strbuf *out, const struct explain_decision *decision)
{
    if (decision->highest < 0 || decision->highest_trigger < 0 || decision->composite.set)
        return;
    strbuf_append(out, "  Highest: ");
    words_trigger_name(out, decision, decision->highest_trigger);
    strbuf_printf(out, ", %d.\n", decision->highest);
}

static void result(struct strbuf *out, const struct explain_object *object,
                   const struct explain_decision *decision)
{
    strbuf_printf(out, "  Result: %d", decision->desired);
    if (object->simulated) {
        strbuf_append(out, ".\n");
        return;
    }
    strbuf_printf(out, " (min %d, max %d", object->min, object->max);
    if (object->policy.idle >= 0)
        strbuf_printf(out, ", idle %d", object->policy.idle);
    strbuf_append(out, object->policy.scale_in_paused ? ", scale-in paused" : "");
    strbuf_append(out, object->policy.scale_out_paused ? ", scale-out paused" : "");
    strbuf_append(out, ").\n");
}

static void next_look(struct strbuf *out, const struct explain_object *object)
{
    if (object->next_ms == 0)
        return;
    strbuf_append(out, "Next look ");
    if (object->next_ms <= object->now_ms)
        strbuf_append(out, "under way");
    else if (object->next_ms - object->now_ms < 1000)
        strbuf_append(out, "in less than 1 s");
    else
        words_distance(out, object, object->next_ms);
    strbuf_append(out, ".\n");
}

/* ---- before ---- */

static void limit_words(struct strbuf *out, unsigned limited_by)
{
    const char *separator = "; limited by ";
    for (unsigned bit = 1; bit <= LIMIT_FALLBACK; bit <<= 1) {
        if (!(limited_by & bit))
            continue;
        strbuf_printf(out, "%s%s", separator, decision_limit_name((enum decision_limit)bit));
        separator = ", ";
    }
}

static void because(struct strbuf *out, const struct explain_decision *decision)
{
    int32_t best = decision->highest_trigger;
    if (best < 0 || (uint32_t)best >= decision->triggers_len)
        return;
    const struct explain_trigger *trigger = &decision->triggers[best];
    strbuf_append(out, " (");
    words_trigger_name(out, decision, best);
    if (trigger->state == READING_OK) {
        strbuf_append_c(out, ' ');
        words_number(out, trigger->value);
    }
    strbuf_printf(out, " → %d)", decision->highest);
}

static void before_line(struct strbuf *out, const struct explain_object *object,
                        const struct explain_decision *decision)
{
    strbuf_append(out, "  ");
    words_time(out, object, decision->since_ms);
    if (decision->current == decision->desired)
        strbuf_printf(out, "  stays %d: %s", decision->current, stay_words(decision));
    else
        strbuf_printf(out, "  %d → %d: %s", decision->current, decision->desired,
                      words_reason(decision->reason));
    because(out, decision);
    if (decision->current != decision->desired)
        limit_words(out, decision->limited_by);
    if (decision->count > 1)
        strbuf_printf(out, "; %u times", decision->count);
    if (decision->write == LEDGER_WRITE_FAILED)
        strbuf_append(out, "; the write failed");
    strbuf_append(out, "\n");
}

static void before(struct strbuf *out, const struct explain_object *object,
                   const struct explain_decision *decisions, size_t len)
{
    if (len == 0)
        return;
    strbuf_append(out, "\nBefore:\n");
    for (size_t i = 0; i < len; i++)
        before_line(out, object, &decisions[i]);
}

void explain_text(struct strbuf *out, const struct explain_object *object,
                  const struct explain_decision *decisions, size_t decisions_len)
{
    head(out, object);
    obstacle(out, object);
    strbuf_append(out, "\n");
    if (decisions_len == 0) {
        strbuf_append(out, "No decision yet.\n");
        next_look(out, object);
        return;
    }
    headline(out, object, decisions);
    trigger_lines(out, object, decisions);
    composite_line(out, &decisions->composite, object->formula_error);
    highest(out, decisions);
    chain_append(out, object, decisions);
    result(out, object, decisions);
    next_look(out, object);
    before(out, object, decisions + 1, decisions_len - 1);
}

/* Owns the way from the daemon's JSON to typed facts. Nothing is taken on trust: what is missing, of another
 * type or out of range is an error that names the place. */
#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/cli/explain_model.h"

/* Keeps the first error; all reads after it do nothing harmful. */
struct reader {
    json_t *at;
    const char *where;
    struct err *err;
    int rc;
};

static void complain(struct reader *reader, const char *key, const char *what)
{
    if (reader->rc == 0)
        reader->rc =
            err_set(reader->err, ERR_PROTOCOL, "not an answer of Davit: %s.%s %s", reader->where, key, what);
}

static struct reader reader_of(json_t *at, const char *where, struct err *err)
{
    struct reader reader = {.at = at, .where = where, .err = err};
    if (!json_is_object(at))
        reader.rc = err_set(err, ERR_PROTOCOL, "not an answer of Davit: %s is no object", where);
    return reader;
}

static json_t *member(struct reader *reader, const char *key)
{
    json_t *value = json_object_get(reader->at, key);
    return json_is_null(value) ? NULL : value;
}

static int64_t whole(struct reader *reader, const char *key, int64_t least, int64_t most, int64_t absent)
{
    json_t *value = member(reader, key);
    if (!value)
        return absent;
    int64_t number = json_integer_value(value);
    if (json_is_integer(value) && number >= least && number <= most)
        return number;
    complain(reader, key, "is not a whole number in its range");
    return absent;
}

static int32_t replicas(struct reader *reader, const char *key)
{
    if (!member(reader, key))
        complain(reader, key, "is missing");
    return (int32_t)whole(reader, key, INT32_MIN, INT32_MAX, 0);
}

static int32_t optional(struct reader *reader, const char *key, int32_t absent)
{
    return (int32_t)whole(reader, key, INT32_MIN, INT32_MAX, absent);
}

static double number(struct reader *reader, const char *key, double absent)
{
    json_t *value = member(reader, key);
    if (value && !json_is_number(value))
        complain(reader, key, "is not a number");
    return json_is_number(value) ? json_number_value(value) : absent;
}

static bool flag(struct reader *reader, const char *key)
{
    json_t *value = member(reader, key);
    if (value && !json_is_boolean(value))
        complain(reader, key, "is neither true nor false");
    return json_is_true(value);
}

static const char *text(struct reader *reader, const char *key, const char *absent)
{
    json_t *value = member(reader, key);
    if (value && !json_is_string(value))
        complain(reader, key, "is not a text");
    return json_is_string(value) ? json_string_value(value) : absent;
}

static const char *needed_text(struct reader *reader, const char *key)
{
    if (!member(reader, key))
        complain(reader, key, "is missing");
    return text(reader, key, "");
}

static int64_t instant(struct reader *reader, const char *key)
{
    int64_t ms = 0;
    const char *written = text(reader, key, NULL);
    if (written && clock_parse_rfc3339(written, &ms, NULL) < 0)
        complain(reader, key, "is not a time");
    return ms;
}

static json_t *array(struct reader *reader, const char *key, size_t most)
{
    json_t *value = member(reader, key);
    if (value && (!json_is_array(value) || json_array_size(value) > most))
        complain(reader, key, "is not a list of a size that Davit writes");
    return json_is_array(value) ? value : NULL;
}

/* The index of a word among the names of an enum. */
static int word(struct reader *reader, const char *key, const char *(*name)(int index), int count)
{
    const char *written = text(reader, key, NULL);
    for (int i = 0; written && i < count; i++)
        if (strcmp(written, name(i)) == 0)
            return i;
    complain(reader, key, written ? "is a word this version does not know" : "is missing");
    return 0;
}

static const char *reason_name(int index)
{
    return decision_reason_name((enum decision_reason)index);
}

static const char *state_name(int index)
{
    return reading_state_name((enum reading_state)index);
}

static const char *limit_name(int index)
{
    return decision_limit_name((enum decision_limit)(1u << index));
}

static const char *rule_name(int index)
{
    return step_rule_name((enum step_rule)index);
}

static const char *result_name(int index)
{
    return composite_result_name((enum composite_result)index);
}

static const char *write_name(int index)
{
    static const char *const names[] = {[LEDGER_NOT_NEEDED] = "not-needed",
                                        [LEDGER_WRITING] = "writing",
                                        [LEDGER_WRITTEN] = "written",
                                        [LEDGER_WRITE_FAILED] = "failed"};
    return names[index];
}

#define REASONS (DECIDE_IDLE + 1)
#define STATES  (READING_STALE + 1)
#define LIMITS  11
#define RULES   (STEP_RULE_CURRENT_IF_LOWER + 1)
#define RESULTS (COMPOSITE_ERROR + 1)
#define WRITES  (LEDGER_WRITE_FAILED + 1)

/* ---- one decision ---- */

static int read_step(json_t *json, struct explain_step *ret, struct err *err)
{
    struct reader reader = reader_of(json, "step", err);
    *ret = (struct explain_step){
        .limit = (enum decision_limit)(1u << word(&reader, "limit", limit_name, LIMITS)),
        .rule = member(&reader, "rule") ? (enum step_rule)word(&reader, "rule", rule_name, RULES)
                                        : STEP_RULE_NONE,
        .from = replicas(&reader, "from"),
        .to = replicas(&reader, "to"),
        .detail = optional(&reader, "detail", 0),
        .value = optional(&reader, "value", 0),
        .period_s = optional(&reader, "period", 0),
        .at_ms = instant(&reader, "at"),
    };
    return reader.rc;
}

static int read_trigger(json_t *json, struct explain_trigger *ret, struct err *err)
{
    struct reader reader = reader_of(json, "trigger", err);
    *ret = (struct explain_trigger){
        .name = text(&reader, "name", ""),
        .type = text(&reader, "type", ""),
        .state = (enum reading_state)word(&reader, "state", state_name, STATES),
        .value = number(&reader, "value", 0),
        .as_zero = flag(&reader, "read_as_zero"),
        .partial = flag(&reader, "partial"),
        .active = flag(&reader, "active"),
        .fallback = flag(&reader, "fallback"),
        .failures = (uint32_t)whole(&reader, "failures", 0, UINT32_MAX, 0),
        .has_proposal = member(&reader, "proposal") != NULL,
        .proposal = optional(&reader, "proposal", -1),
        .at_ms = instant(&reader, "at"),
    };
    return reader.rc;
}

static int read_composite(json_t *json, struct explain_composite *ret, struct err *err)
{
    struct reader reader = reader_of(json, "composite", err);
    *ret = (struct explain_composite){
        .set = true,
        .result = member(&reader, "result")
                      ? (enum composite_result)word(&reader, "result", result_name, RESULTS)
                      : COMPOSITE_NONE,
        .state = (enum reading_state)word(&reader, "state", state_name, STATES),
        .value = number(&reader, "value", 0),
        .active = flag(&reader, "active"),
        .fallback = flag(&reader, "fallback"),
        .has_proposal = member(&reader, "proposal") != NULL,
        .proposal = optional(&reader, "proposal", -1),
    };
    return reader.rc;
}

static int read_parts(struct reader *reader, struct explain_decision *ret)
{
    json_t *steps = array(reader, "steps", DECISION_STEPS_MAX);
    json_t *triggers = array(reader, "triggers", DECISION_TRIGGERS_MAX);
    json_t *composite = member(reader, "composite");
    for (size_t i = 0; reader->rc == 0 && i < json_array_size(steps); i++)
        reader->rc = read_step(json_array_get(steps, i), &ret->steps[ret->steps_len++], reader->err);
    for (size_t i = 0; reader->rc == 0 && i < json_array_size(triggers); i++)
        reader->rc =
            read_trigger(json_array_get(triggers, i), &ret->triggers[ret->triggers_len++], reader->err);
    if (reader->rc == 0 && composite)
        reader->rc = read_composite(composite, &ret->composite, reader->err);
    return reader->rc;
}

static unsigned read_limits(struct reader *reader)
{
    unsigned limits = 0;
    json_t *words = array(reader, "limited_by", LIMITS);
    for (size_t i = 0; i < json_array_size(words); i++) {
        const char *written = json_string_value(json_array_get(words, i));
        for (int bit = 0; written && bit < LIMITS; bit++)
            limits |= strcmp(written, limit_name(bit)) == 0 ? 1u << bit : 0;
    }
    return limits;
}

int explain_read_decision(json_t *json, struct explain_decision *ret, struct err *err)
{
    struct reader reader = reader_of(json, "decision", err);
    *ret = (struct explain_decision){
        .at_ms = instant(&reader, "at"),
        .since_ms = instant(&reader, "since"),
        .count = (uint32_t)whole(&reader, "count", 1, UINT32_MAX, 1),
        .current = replicas(&reader, "current"),
        .desired = replicas(&reader, "desired"),
        .highest = optional(&reader, "highest", -1),
        .highest_trigger = optional(&reader, "highest_trigger", -1),
        .reason = (enum decision_reason)word(&reader, "reason", reason_name, REASONS),
        .write = (enum ledger_write)word(&reader, "write", write_name, WRITES),
        .active = flag(&reader, "active"),
        .error = flag(&reader, "error"),
        .limited_by = read_limits(&reader),
    };
    return read_parts(&reader, ret);
}

/* ---- the object ---- */

static int read_fact(json_t *json, struct explain_fact *ret, struct err *err)
{
    struct reader reader = reader_of(json, "triggers", err);
    *ret = (struct explain_fact){
        .has_target = member(&reader, "target") != NULL,
        .target = number(&reader, "target", 0),
        .activation = number(&reader, "activation", 0),
        .whole = strcmp(text(&reader, "metric_type", ""), "Value") == 0,
        .last_ok_ms = instant(&reader, "last_ok"),
        .error = text(&reader, "error", NULL),
    };
    return reader.rc;
}

static int read_tolerance(json_t *policy, const char *direction, double *ret, struct err *err)
{
    struct reader reader = reader_of(json_dig(policy, "behavior", direction, NULL), "behavior", err);
    *ret = number(&reader, "tolerance", 0);
    return reader.rc;
}

static int read_policy(json_t *json, struct explain_object *ret, struct err *err)
{
    struct reader reader = reader_of(json, "policy", err);
    struct reader pause = reader_of(member(&reader, "pause"), "pause", err);
    ret->has_policy = true;
    ret->min = optional(&reader, "min", 0);
    ret->policy.idle = optional(&reader, "idle", -1);
    ret->policy.paused = flag(&pause, "paused") || member(&pause, "replicas");
    ret->policy.scale_in_paused = flag(&pause, "scale_in");
    ret->policy.scale_out_paused = flag(&pause, "scale_out");
    if (reader.rc < 0 || pause.rc < 0)
        return reader.rc < 0 ? reader.rc : pause.rc;
    int rc = read_tolerance(json, "up", &ret->policy.tolerance_up, err);
    return rc < 0 ? rc : read_tolerance(json, "down", &ret->policy.tolerance_down, err);
}

static int read_identity(struct reader *reader, struct explain_object *ret)
{
    struct reader target = reader_of(member(reader, "target"), "target", reader->err);
    ret->ns = needed_text(reader, "namespace");
    ret->name = needed_text(reader, "name");
    ret->kind = text(&target, "kind", "");
    ret->target = text(&target, "name", "");
    ret->phase = needed_text(reader, "phase");
    ret->problem = text(reader, "problem", NULL);
    ret->formula_error = text(reader, "formula_error", NULL);
    ret->replicas = optional(reader, "replicas", -1);
    ret->min = optional(reader, "min", 0);
    ret->max = replicas(reader, "max");
    ret->next_ms = instant(reader, "next_evaluation");
    ret->decisions = array(reader, "decisions", EXPLAIN_DECISIONS_MAX);
    ret->decisions_len = json_array_size(ret->decisions);
    return reader->rc < 0 ? reader->rc : target.rc;
}

int explain_read_object(json_t *root, json_t *object, struct explain_object *ret, struct err *err)
{
    struct reader top = reader_of(root, "answer", err);
    if (top.rc < 0)
        return top.rc;
    struct reader reader = reader_of(object, "object", err);
    *ret = (struct explain_object){.now_ms = instant(&top, "now"), .policy.idle = -1};
    if (top.rc < 0 || reader.rc < 0)
        return top.rc < 0 ? top.rc : reader.rc;
    int rc = read_identity(&reader, ret);
    json_t *policy = member(&reader, "policy"), *facts = array(&reader, "triggers", DECISION_TRIGGERS_MAX);
    if (rc == 0 && policy)
        rc = read_policy(policy, ret, err);
    for (size_t i = 0; rc == 0 && i < json_array_size(facts); i++)
        rc = read_fact(json_array_get(facts, i), &ret->facts[ret->facts_len++], err);
    return rc < 0 ? rc : reader.rc;
}

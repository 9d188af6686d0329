/* Owns the form of decisions and policies in JSON. */
#include "scaler/daemon/ledger_json.h"

#include <inttypes.h>
#include <math.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"

void ledger_json_string(struct strbuf *body, const char *key, const char *value)
{
    strbuf_printf(body, "\"%s\":", key);
    if (value)
        strbuf_append_json(body, value);
    else
        strbuf_append(body, "null");
}

void ledger_json_time(struct strbuf *body, const char *key, int64_t ms)
{
    char text[CLOCK_RFC3339_MAX];
    if (ms > 0)
        strbuf_printf(body, "\"%s\":\"%s\"", key, clock_format_rfc3339(ms, true, text, sizeof text));
    else
        strbuf_printf(body, "\"%s\":null", key);
}

void ledger_json_number(struct strbuf *body, const char *key, double value)
{
    char text[40];
    strbuf_printf(body, "\"%s\":%s", key,
                  isfinite(value) ? number_format_double(value, text, sizeof text) : "null");
}

void ledger_json_milli(struct strbuf *body, const char *key, int64_t milli)
{
    ledger_json_number(body, key, (double)milli / 1000);
}

const char *ledger_json_bool(int value)
{
    return value ? "true" : "false";
}

/* ---- one decision ---- */

static void limits(struct strbuf *body, unsigned limited_by)
{
    bool first = true;
    strbuf_append(body, "\"limited_by\":[");
    for (unsigned bit = 1; bit <= LIMIT_FALLBACK; bit <<= 1) {
        if (!(limited_by & bit))
            continue;
        strbuf_printf(body, "%s\"%s\"", first ? "" : ",", decision_limit_name((enum decision_limit)bit));
        first = false;
    }
    strbuf_append_c(body, ']');
}

void ledger_json_step(struct strbuf *body, const struct decision_step *step)
{
    strbuf_printf(body, "{\"limit\":\"%s\",\"from\":%d,\"to\":%d,\"detail\":%d,\"value\":%d,\"period\":%u,",
                  decision_limit_name(step->limit), step->from, step->to, step->detail, step->value,
                  step->period_s);
    const char *rule = step_rule_name((enum step_rule)step->rule);
    ledger_json_string(body, "rule", rule[0] ? rule : NULL);
    strbuf_append_c(body, ',');
    ledger_json_time(body, "at", step->at_ms);
    strbuf_append_c(body, '}');
}

static void steps(struct strbuf *body, const struct ledger_entry *entry)
{
    strbuf_append(body, "\"steps\":[");
    for (unsigned i = 0; i < entry->steps_len; i++) {
        if (i)
            strbuf_append_c(body, ',');
        ledger_json_step(body, &entry->steps[i]);
    }
    strbuf_append_c(body, ']');
}

/* What triggers and the formula have in common. */
static void outcome(struct strbuf *body, const struct ledger_trigger *entry)
{
    strbuf_printf(body, "\"state\":\"%s\",", reading_state_name((enum reading_state)entry->state));
    if (entry->state == READING_OK)
        ledger_json_milli(body, "value", entry->value_milli);
    else
        strbuf_append(body, "\"value\":null");
    strbuf_printf(body, ",\"active\":%s,\"fallback\":%s,", ledger_json_bool(entry->flags & LEDGER_ACTIVE),
                  ledger_json_bool(entry->flags & LEDGER_FALLBACK));
    if (entry->flags & LEDGER_PROPOSAL)
        strbuf_printf(body, "\"proposal\":%d", entry->proposal);
    else
        strbuf_append(body, "\"proposal\":null");
}

static void trigger(struct strbuf *body, const struct ledger_trigger *entry, const struct ledger_label *label)
{
    strbuf_append_c(body, '{');
    ledger_json_string(body, "name", label->name);
    strbuf_append_c(body, ',');
    ledger_json_string(body, "type", label->type);
    strbuf_append_c(body, ',');
    outcome(body, entry);
    strbuf_printf(body, ",\"read_as_zero\":%s,\"partial\":%s,\"failures\":%" PRIu32 ",",
                  ledger_json_bool(entry->flags & LEDGER_AS_ZERO),
                  ledger_json_bool(entry->flags & LEDGER_PARTIAL), entry->failures);
    ledger_json_time(body, "at", entry->at_ms);
    strbuf_append_c(body, '}');
}

static void triggers(struct strbuf *body, const struct ledger_entry *entry, const struct ledger_label *labels,
                     size_t labels_len)
{
    strbuf_append(body, "\"triggers\":[");
    for (unsigned i = 0; i < entry->triggers_len; i++) {
        const struct ledger_label none = {0};
        if (i)
            strbuf_append_c(body, ',');
        trigger(body, &entry->triggers[i], i < labels_len ? &labels[i] : &none);
    }
    strbuf_append_c(body, ']');
}

static const char *write_name(enum ledger_write write)
{
    static const char *const names[] = {[LEDGER_NOT_NEEDED] = "not-needed",
                                        [LEDGER_WRITING] = "writing",
                                        [LEDGER_WRITTEN] = "written",
                                        [LEDGER_WRITE_FAILED] = "failed"};
    return (size_t)write < ARRAY_LEN(names) ? names[write] : "";
}

void ledger_json_decision(struct strbuf *body, const struct ledger_entry *entry,
                          const struct ledger_label *labels, size_t labels_len)
{
    strbuf_append_c(body, '{');
    ledger_json_time(body, "at", entry->last_ms);
    strbuf_append_c(body, ',');
    ledger_json_time(body, "since", entry->first_ms);
    strbuf_printf(body, ",\"count\":%" PRIu32 ",\"current\":%d,\"desired\":%d,", entry->count, entry->current,
                  entry->replicas);
    if (entry->best_trigger >= 0)
        strbuf_printf(body, "\"highest\":%d,\"highest_trigger\":%d,", entry->best, entry->best_trigger);
    else
        strbuf_append(body, "\"highest\":null,\"highest_trigger\":null,");
    strbuf_printf(body, "\"reason\":\"%s\",\"active\":%s,\"error\":%s,\"write\":\"%s\",",
                  decision_reason_name((enum decision_reason)entry->reason), ledger_json_bool(entry->active),
                  ledger_json_bool(entry->error), write_name((enum ledger_write)entry->write));
    limits(body, entry->limited_by);
    strbuf_append_c(body, ',');
    steps(body, entry);
    strbuf_append_c(body, ',');
    triggers(body, entry, labels, labels_len);
    if (entry->composite) {
        strbuf_printf(body, ",\"composite\":{\"result\":\"%s\",",
                      composite_result_name((enum composite_result)entry->composite));
        outcome(body, &entry->triggers[entry->triggers_len]);
        strbuf_append_c(body, '}');
    }
    strbuf_append_c(body, '}');
}

/* ---- the policy ---- */

static void rules_json(struct strbuf *body, const char *key, const struct scaling_rules *rules,
                       double tolerance, int32_t window_s)
{
    strbuf_printf(body, "\"%s\":{\"window\":%d,\"select\":\"%s\",", key,
                  rules->has_window ? rules->window_s : window_s, scaling_select_name(rules->select));
    ledger_json_number(body, "tolerance", rules->has_tolerance ? rules->tolerance : tolerance);
    strbuf_append(body, ",\"policies\":[");
    for (uint32_t i = 0; i < rules->policies_len; i++)
        strbuf_printf(body, "%s{\"type\":\"%s\",\"value\":%d,\"period\":%d}", i ? "," : "",
                      scaling_policy_type_name(rules->policies[i].type), rules->policies[i].value,
                      rules->policies[i].period_s);
    strbuf_append(body, "]}");
}

/* As in force: defaults filled in; without `behavior` there are no policies. */
static void behavior_json(struct strbuf *body, const struct policy *policy)
{
    struct scaling_behavior behavior = policy->behavior;
    behavior_apply_defaults(&behavior);
    strbuf_printf(body, "\"behavior\":{\"written\":%s,", ledger_json_bool(behavior.set));
    rules_json(body, "up", &behavior.up, policy->tolerance, 0);
    strbuf_append_c(body, ',');
    rules_json(body, "down", &behavior.down, policy->tolerance, policy->down_window_s);
    strbuf_append(body, "}");
}

static const char *fallback_name(enum fallback_behavior behavior)
{
    static const char *const names[] = {
        [FALLBACK_STATIC] = "static",
        [FALLBACK_CURRENT_REPLICAS] = "currentReplicas",
        [FALLBACK_CURRENT_REPLICAS_IF_HIGHER] = "currentReplicasIfHigher",
        [FALLBACK_CURRENT_REPLICAS_IF_LOWER] = "currentReplicasIfLower",
        [FALLBACK_SCALING_MODIFIERS] = "scalingModifiers",
    };
    return (size_t)behavior < ARRAY_LEN(names) ? names[behavior] : "";
}

static void fallback_json(struct strbuf *body, const struct fallback_policy *fallback)
{
    if (fallback->set)
        strbuf_printf(body, "\"fallback\":{\"behavior\":\"%s\",\"replicas\":%d,\"failure_threshold\":%d},",
                      fallback_name(fallback->behavior), fallback->replicas, fallback->failure_threshold);
    else
        strbuf_append(body, "\"fallback\":null,");
}

static void pause_json(struct strbuf *body, const struct pause_policy *pause)
{
    strbuf_printf(body, "\"pause\":{\"paused\":%s,", ledger_json_bool(pause->paused));
    if (pause->has_replicas)
        strbuf_printf(body, "\"replicas\":%d,", pause->replicas);
    else
        strbuf_append(body, "\"replicas\":null,");
    strbuf_printf(body, "\"scale_in\":%s,\"scale_out\":%s},\"force_activation\":%s,",
                  ledger_json_bool(pause->scale_in), ledger_json_bool(pause->scale_out),
                  ledger_json_bool(pause->force_activation));
}

void ledger_json_policy(struct strbuf *body, const struct policy *policy)
{
    strbuf_printf(body, "{\"min\":%d,\"max\":%d,", policy->min, policy->max);
    if (policy->has_idle)
        strbuf_printf(body, "\"idle\":%d,", policy->idle);
    else
        strbuf_append(body, "\"idle\":null,");
    ledger_json_milli(body, "cooldown", policy->cooldown_ms);
    strbuf_append_c(body, ',');
    ledger_json_milli(body, "initial_cooldown", policy->initial_cooldown_ms);
    strbuf_printf(body, ",\"unknown\":\"%s\",", policy->hold_unknown ? "hold" : "keda");
    fallback_json(body, &policy->fallback);
    pause_json(body, &policy->pause);
    behavior_json(body, policy);
    strbuf_append_c(body, '}');
}

/* Owns the kinds around spec.behavior: rate limits, scale events, defaults, validation; and the limit without
 * behavior. */
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/engine/rate_limit.h"
#include "tests/vectors/hpa_input.h"

struct setting {
    struct history history; /* the event lists */
    struct scaling_behavior behavior;
};

static struct rate_events events_of(const struct setting *setting)
{
    return (struct rate_events){&setting->history.up_events, &setting->history.down_events};
}

static void setting_init(struct vector *vector, struct setting *ret)
{
    json_t *input = vector->input;
    history_init(&ret->history);
    input_events(json_object_get(input, "scaleUpEvents"), &ret->history.up_events);
    input_events(json_object_get(input, "scaleDownEvents"), &ret->history.down_events);
    ret->behavior.set = true;
    input_rules_with_defaults(vector, json_object_get(input, "scaleUpRules"), true, &ret->behavior.up);
    input_rules_with_defaults(vector, json_object_get(input, "scaleDownRules"), false, &ret->behavior.down);
}

static void run_rate(struct vector *vector)
{
    json_t *input = vector->input;
    struct setting setting;
    setting_init(vector, &setting);
    struct rate_limited result =
        rate_limit_behavior(input_i32(input, "currentReplicas", 0), input_i32(input, "desiredReplicas", 0),
                            input_i32(input, "minReplicas", 1), input_i32(input, "maxReplicas", INT32_MAX),
                            &setting.behavior, events_of(&setting), VECTOR_NOW_MS);
    expect_i64(vector, "replicas", result.replicas);
    expect_str(vector, "reason", rate_reason_name(result.reason));
    history_done(&setting.history);
}

static void run_limit(struct vector *vector, bool up)
{
    struct setting setting;
    struct scaling_rules rules;
    int32_t current = input_i32(vector->input, "currentReplicas", 0);
    setting_init(vector, &setting);
    input_rules_with_defaults(vector, json_object_get(vector->input, "rules"), up, &rules);
    expect_i64(vector, "limit",
               up ? rate_up_limit(current, &rules, events_of(&setting), VECTOR_NOW_MS)
                  : rate_down_limit(current, &rules, events_of(&setting), VECTOR_NOW_MS));
    history_done(&setting.history);
}

static void run_up_limit(struct vector *vector)
{
    run_limit(vector, true);
}

static void run_down_limit(struct vector *vector)
{
    run_limit(vector, false);
}

static void check_events(struct vector *vector, const struct scale_event_list *events)
{
    json_t *wanted = json_object_get(vector->expect, "events");
    if (!wanted)
        return;
    vector->checks++;
    if (json_array_size(wanted) != events->len) {
        vector_fail(vector, "events: expected %zu, got %u", json_array_size(wanted), events->len);
        return;
    }
    for (uint32_t i = 0; i < events->len; i++) {
        json_t *event = json_array_get(wanted, i);
        if (input_i32(event, "change", 0) != events->items[i].change)
            vector_fail(vector, "events[%u].change: got %d", i, events->items[i].change);
        if (input_has(event, "outdated") && input_bool(event, "outdated", false) != events->items[i].outdated)
            vector_fail(vector, "events[%u].outdated: got %s", i,
                        events->items[i].outdated ? "true" : "false");
    }
}

static void run_store(struct vector *vector)
{
    json_t *input = vector->input;
    bool up = text_eq(input_str(input, "direction"), "up");
    int64_t change = (int64_t)input_i32(input, "newReplicas", 0) - input_i32(input, "previousReplicas", 0);
    struct scale_event_list events;
    struct scaling_rules rules;
    input_events(json_object_get(input, "events"), &events);
    expect_i64(vector, "changeInPeriodBeforeStore",
               scale_events_change(&events, input_i32(input, "countPeriodSeconds", 0), VECTOR_NOW_MS));
    if (input_has(input, "rules")) { /* null: the HPA has no behavior and keeps no events */
        input_rules_with_defaults(vector, json_object_get(input, "rules"), up, &rules);
        scale_events_store(&events, &rules, (int32_t)(change < 0 ? -change : change), VECTOR_NOW_MS);
    }
    check_events(vector, &events);
    mem_free(events.items);
}

static void check_policies(struct vector *vector, const struct scaling_rules *rules)
{
    json_t *wanted = json_object_get(vector->expect, "policies");
    if (!wanted)
        return;
    vector->checks++;
    if (json_array_size(wanted) != rules->policies_len) {
        vector_fail(vector, "policies: expected %zu, got %u", json_array_size(wanted), rules->policies_len);
        return;
    }
    for (uint32_t i = 0; i < rules->policies_len; i++) {
        json_t *policy = json_array_get(wanted, i);
        const struct scaling_policy *actual = &rules->policies[i];
        if (!text_eq(input_str(policy, "type"), scaling_policy_type_name(actual->type)) ||
            input_i32(policy, "value", 0) != actual->value ||
            input_i32(policy, "periodSeconds", 0) != actual->period_s)
            vector_fail(vector, "policies[%u]: got %s %d / %d s", i, scaling_policy_type_name(actual->type),
                        actual->value, actual->period_s);
    }
}

static void run_defaults(struct vector *vector)
{
    struct scaling_rules rules;
    bool up = text_eq(input_str(vector->input, "direction"), "up");
    input_rules_with_defaults(vector, json_object_get(vector->input, "rules"), up, &rules);
    if (json_is_null(json_object_get(vector->expect, "stabilizationWindowSeconds"))) {
        vector->checks++;
        if (rules.has_window)
            vector_fail(vector, "stabilizationWindowSeconds: expected none, got %d", rules.window_s);
    } else {
        expect_i64(vector, "stabilizationWindowSeconds", rules.has_window ? rules.window_s : -1);
    }
    expect_str(vector, "selectPolicy", scaling_select_name(rules.select));
    check_policies(vector, &rules);
}

/* Field by field as config does it, then the whole once more: both must agree. */
static void run_validate(struct vector *vector)
{
    json_t *behavior = json_object_get(vector->input, "behavior");
    json_t *up = json_object_get(behavior, "scaleUp"), *down = json_object_get(behavior, "scaleDown");
    bool allowed = input_bool(vector->input, "toleranceAllowed", true);
    struct scaling_behavior parsed = {.set = true};
    struct err err = {0};
    int rc = 0;
    if (json_is_object(up))
        rc = input_rules(up, "spec.behavior.scaleUp", allowed, true, &parsed.up, &err);
    else
        scaling_rules_apply_defaults(&parsed.up, true);
    if (rc == 0 && json_is_object(down))
        rc = input_rules(down, "spec.behavior.scaleDown", allowed, true, &parsed.down, &err);
    else
        scaling_rules_apply_defaults(&parsed.down, false);
    if (rc == 0)
        rc = behavior_validate(&parsed, allowed, "spec.behavior", &err);
    expect_bool(vector, "valid", rc == 0);
    (void)expect_success(vector, rc, &err);
}

static struct rate_limited convert(json_t *input, double factor)
{
    return rate_limit_plain(input_i32(input, "currentReplicas", 0), input_i32(input, "desiredReplicas", 0),
                            input_i32(input, "minReplicas", 1), input_i32(input, "maxReplicas", INT32_MAX),
                            factor, input_double(input, "scaleUpLimitMinimum", RATE_UP_MINIMUM));
}

static void run_convert(struct vector *vector)
{
    json_t *input = vector->input;
    struct rate_limited result = convert(input, input_double(input, "scaleUpLimitFactor", RATE_UP_FACTOR));
    expect_i64(vector, "replicas", result.replicas);
    expect_str(vector, "reason", rate_reason_name(result.reason));
    expect_i64(vector, "replicasWithProductionFactor2", convert(input, RATE_UP_FACTOR).replicas);
}

const struct vector_kind vector_kinds_hpa_behavior[] = {
    {"behavior_scale_up", run_rate},      {"behavior_scale_down", run_rate}, {"scale_up_limit", run_up_limit},
    {"scale_down_limit", run_down_limit}, {"store_scale_events", run_store}, {"default_rules", run_defaults},
    {"validate_behavior", run_validate},  {"convert_desired", run_convert},  {NULL, NULL},
};

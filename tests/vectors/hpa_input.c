/* Owns the conversion of times, lists, behavior and memories. Pods: hpa_input_pods.c. */
#include "tests/vectors/hpa_input.h"

#include <stdio.h>

#include "scaler/base/mem.h"
#include "scaler/base/quantity.h"
#include "scaler/engine/arith.h"

#define AGE_MAX_S 1e12

int64_t input_age_ms(json_t *object, const char *key)
{
    double age_s = input_double(object, key, 0);
    if (!(age_s < AGE_MAX_S))
        age_s = AGE_MAX_S;
    if (age_s < -AGE_MAX_S)
        age_s = -AGE_MAX_S;
    return VECTOR_NOW_MS - (int64_t)(age_s * 1000.0);
}

struct tolerance input_tolerance(json_t *input)
{
    json_t *tolerance = json_object_get(input, "tolerance");
    return (struct tolerance){.up = input_double(tolerance, "scaleUp", 0.1),
                              .down = input_double(tolerance, "scaleDown", 0.1)};
}

int64_t *input_milli_list(struct vector *vector, json_t *list, size_t *ret_len)
{
    *ret_len = json_array_size(list);
    int64_t *values = vector_alloc(vector, *ret_len, sizeof(values[0]));
    for (size_t i = 0; i < *ret_len; i++)
        values[i] = json_integer_value(json_array_get(list, i));
    return values;
}

static int read_policy(json_t *policy, const char *path, struct scaling_policy *ret, struct err *err)
{
    char at[160];
    int64_t value = input_i64(policy, "value", 0), period_s = input_i64(policy, "periodSeconds", 0);
    (void)snprintf(at, sizeof(at), "%s.type", path);
    int rc = behavior_parse_policy_type(input_str(policy, "type"), at, &ret->type, err);
    (void)snprintf(at, sizeof(at), "%s.value", path);
    if (rc == 0)
        rc = behavior_check_policy_value(value, at, err);
    (void)snprintf(at, sizeof(at), "%s.periodSeconds", path);
    if (rc == 0)
        rc = behavior_check_policy_period(period_s, at, err);
    ret->value = arith_clamp_i32(value);
    ret->period_s = arith_clamp_i32(period_s);
    return rc;
}

static int read_policies(json_t *list, const char *path, bool required, struct scaling_rules *ret,
                         struct err *err)
{
    char at[128];
    size_t len = json_array_size(list);
    ret->has_policies = json_is_array(list);
    (void)snprintf(at, sizeof(at), "%s.policies", path);
    int rc = ret->has_policies || required ? behavior_check_policies_len(len, at, err) : 0;
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < len && rc == 0; i++) {
        (void)snprintf(at, sizeof(at), "%s.policies[%zu]", path, i);
        rc = read_policy(json_array_get(list, i), at, &ret->policies[i], err);
    }
    ret->policies_len = (uint32_t)len;
    return rc;
}

static int read_tolerance(json_t *rules, const char *path, bool allowed, struct scaling_rules *ret,
                          struct err *err)
{
    char at[128];
    struct quantity quantity = {0};
    if (!input_has(rules, "tolerance"))
        return 0;
    (void)snprintf(at, sizeof(at), "%s.tolerance", path);
    if (quantity_parse(input_str(rules, "tolerance"), &quantity, err) < 0)
        return err_wrap(err, "%s", at);
    ret->has_tolerance = true;
    ret->tolerance = quantity.approx;
    return behavior_check_tolerance(quantity.approx, allowed, at, err);
}

static int read_window(json_t *rules, const char *path, struct scaling_rules *ret, struct err *err)
{
    char at[128];
    if (!input_has(rules, "stabilizationWindowSeconds"))
        return 0;
    int64_t window_s = input_i64(rules, "stabilizationWindowSeconds", 0);
    (void)snprintf(at, sizeof(at), "%s.stabilizationWindowSeconds", path);
    ret->has_window = true;
    ret->window_s = arith_clamp_i32(window_s);
    return behavior_check_window(window_s, at, err);
}

int input_rules(json_t *rules, const char *path, bool tolerance_allowed, bool policies_required,
                struct scaling_rules *ret, struct err *err)
{
    char at[128];
    *ret = (struct scaling_rules){0};
    int rc = read_window(rules, path, ret, err);
    (void)snprintf(at, sizeof(at), "%s.selectPolicy", path);
    if (rc == 0 && input_has(rules, "selectPolicy"))
        rc = behavior_parse_select(input_str(rules, "selectPolicy"), at, &ret->select, err);
    if (rc == 0)
        rc = read_policies(json_object_get(rules, "policies"), path, policies_required, ret, err);
    if (rc == 0)
        rc = read_tolerance(rules, path, tolerance_allowed, ret, err);
    return rc;
}

void input_rules_with_defaults(struct vector *vector, json_t *rules, bool up, struct scaling_rules *ret)
{
    struct err err = {0};
    if (input_rules(rules, up ? "scaleUp" : "scaleDown", true, false, ret, &err) < 0)
        vector_fail(vector, "unusable rules: %s", err.msg);
    scaling_rules_apply_defaults(ret, up);
}

/* Lists that the engine may grow are the engine's kind of memory: history_done frees them. */
void input_events(json_t *list, struct scale_event_list *ret)
{
    uint32_t len = (uint32_t)json_array_size(list);
    *ret = (struct scale_event_list){.cap = len};
    ret->items = len ? mem_zalloc_array(len, sizeof(ret->items[0])) : NULL;
    for (uint32_t i = 0; i < len; i++) {
        json_t *event = json_array_get(list, i);
        ret->items[ret->len++] = (struct scale_event){.change = input_i32(event, "change", 0),
                                                      .outdated = input_bool(event, "outdated", false),
                                                      .at_ms = input_age_ms(event, "ageSeconds")};
    }
}

void input_recommendations(json_t *list, struct recommendation_list *ret)
{
    uint32_t len = (uint32_t)json_array_size(list);
    *ret = (struct recommendation_list){.cap = len, .known = json_is_array(list)};
    ret->items = len ? mem_zalloc_array(len, sizeof(ret->items[0])) : NULL;
    for (uint32_t i = 0; i < len; i++) {
        json_t *entry = json_array_get(list, i);
        ret->items[ret->len++] = (struct recommendation){.value = input_i32(entry, "value", 0),
                                                         .at_ms = input_age_ms(entry, "ageSeconds")};
    }
}

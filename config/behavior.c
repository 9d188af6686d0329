/* Owns the defaults and the API rules of `behavior` (spec/hpa-algorithm.md §5.1, §8). What the rules do is
 * the engine's. */
#include "config/behavior.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"

#define WINDOW_MAX_S 3600
#define PERIOD_MAX_S 1800
#define VALUE_MAX    INT32_MAX /* the API's type, not one of its rules */
#define PATH_MAX_LEN 160

static const struct scaling_policy default_up[] = {
    {SCALING_POLICY_PODS, 4, 15},
    {SCALING_POLICY_PERCENT, 100, 15},
};
static const struct scaling_policy default_down[] = {
    {SCALING_POLICY_PERCENT, 100, 15},
};

static void fill_policies(struct scaling_rules *rules, const struct scaling_policy *policies, uint32_t len)
{
    memcpy(rules->policies, policies, len * sizeof(policies[0]));
    rules->policies_len = len;
}

/* The window of a scale down stays unset: the controller's flag is used then. */
void scaling_rules_apply_defaults(struct scaling_rules *rules, bool up)
{
    if (up && !rules->has_window) {
        rules->has_window = true;
        rules->window_s = 0;
    }
    if (rules->has_policies)
        return;
    if (up)
        fill_policies(rules, default_up, ARRAY_LEN(default_up));
    else
        fill_policies(rules, default_down, ARRAY_LEN(default_down));
}

void behavior_apply_defaults(struct scaling_behavior *behavior)
{
    if (!behavior->set)
        return;
    scaling_rules_apply_defaults(&behavior->up, true);
    scaling_rules_apply_defaults(&behavior->down, false);
}

static int invalid(int64_t value, const char *path, const char *why, struct err *err)
{
    return err_set(err, ERR_CONFIG, "%s: Invalid value: %" PRId64 ": must be %s", path, value, why);
}

int behavior_check_window(int64_t seconds, const char *path, struct err *err)
{
    if (seconds < 0)
        return invalid(seconds, path, "greater than or equal to zero", err);
    if (seconds > WINDOW_MAX_S)
        return invalid(seconds, path, "less than or equal to 3600", err);
    return 0;
}

static int unsupported(const char *text, const char *path, const char *supported, struct err *err)
{
    return err_set(err, ERR_CONFIG, "%s: Unsupported value: \"%.64s\": supported values: %s", path,
                   text ? text : "", supported);
}

static const char *const select_names[] = {
    [SCALING_SELECT_MAX] = "Max",
    [SCALING_SELECT_MIN] = "Min",
    [SCALING_SELECT_DISABLED] = "Disabled",
};
static const char *const type_names[] = {
    [SCALING_POLICY_PODS] = "Pods",
    [SCALING_POLICY_PERCENT] = "Percent",
};

static int find_name(const char *const *names, size_t len, const char *text)
{
    for (size_t i = 0; i < len; i++)
        if (text_eq(names[i], text))
            return (int)i;
    return -1;
}

int behavior_parse_select(const char *text, const char *path, enum scaling_select *ret, struct err *err)
{
    int at = find_name(select_names, ARRAY_LEN(select_names), text);
    if (at < 0)
        return unsupported(text, path, "\"Disabled\", \"Max\", \"Min\"", err);
    *ret = (enum scaling_select)at;
    return 0;
}

int behavior_parse_policy_type(const char *text, const char *path, enum scaling_policy_type *ret,
                               struct err *err)
{
    int at = find_name(type_names, ARRAY_LEN(type_names), text);
    if (at < 0)
        return unsupported(text, path, "\"Percent\", \"Pods\"", err);
    *ret = (enum scaling_policy_type)at;
    return 0;
}

const char *scaling_select_name(enum scaling_select select)
{
    return (size_t)select < ARRAY_LEN(select_names) ? select_names[select] : "";
}

const char *scaling_policy_type_name(enum scaling_policy_type type)
{
    return (size_t)type < ARRAY_LEN(type_names) ? type_names[type] : "";
}

int behavior_check_policies_len(size_t len, const char *path, struct err *err)
{
    if (len == 0)
        return err_set(err, ERR_CONFIG, "%s: Required value: must specify at least one Policy", path);
    if (len > SCALING_POLICIES_MAX)
        return err_set(err, ERR_CONFIG, "%s: Too many: %zu: must have at most %d items", path, len,
                       SCALING_POLICIES_MAX);
    return 0;
}

int behavior_check_policy_value(int64_t value, const char *path, struct err *err)
{
    if (value <= 0)
        return invalid(value, path, "greater than zero", err);
    if (value > VALUE_MAX)
        return invalid(value, path, "less than or equal to 2147483647", err);
    return 0;
}

int behavior_check_policy_period(int64_t seconds, const char *path, struct err *err)
{
    if (seconds <= 0)
        return invalid(seconds, path, "greater than zero", err);
    if (seconds > PERIOD_MAX_S)
        return invalid(seconds, path, "less than or equal to 1800", err);
    return 0;
}

int behavior_check_tolerance(double tolerance, bool allowed, const char *path, struct err *err)
{
    if (!allowed)
        return err_set(err, ERR_CONFIG, "%s: Forbidden: tolerance is not supported by this cluster's API",
                       path);
    if (isnan(tolerance) || isinf(tolerance) || tolerance < 0)
        return err_set(err, ERR_CONFIG, "%s: Invalid value: %g: must be greater than or equal to 0", path,
                       tolerance);
    return 0;
}

static const char *field(char *buf, const char *path, const char *name)
{
    (void)snprintf(buf, PATH_MAX_LEN, "%.120s.%.30s", path, name);
    return buf;
}

static int validate_policy(const struct scaling_policy *policy, const char *path, struct err *err)
{
    char at[PATH_MAX_LEN];
    enum scaling_policy_type type;
    int rc = behavior_parse_policy_type(scaling_policy_type_name(policy->type), field(at, path, "type"),
                                        &type, err);
    if (rc == 0)
        rc = behavior_check_policy_value(policy->value, field(at, path, "value"), err);
    if (rc == 0)
        rc = behavior_check_policy_period(policy->period_s, field(at, path, "periodSeconds"), err);
    return rc;
}

static int validate_policies(const struct scaling_rules *rules, const char *path, struct err *err)
{
    char at[PATH_MAX_LEN];
    int rc = behavior_check_policies_len(rules->policies_len, path, err);
    for (uint32_t i = 0; rc == 0 && i < rules->policies_len; i++) {
        (void)snprintf(at, sizeof(at), "%.120s[%u]", path, i);
        rc = validate_policy(&rules->policies[i], at, err);
    }
    return rc;
}

static int validate_rules(const struct scaling_rules *rules, bool tolerance_allowed, const char *path,
                          struct err *err)
{
    char at[PATH_MAX_LEN];
    enum scaling_select select;
    int rc = 0;
    if (rules->has_window)
        rc = behavior_check_window(rules->window_s, field(at, path, "stabilizationWindowSeconds"), err);
    if (rc == 0)
        rc = behavior_parse_select(scaling_select_name(rules->select), field(at, path, "selectPolicy"),
                                   &select, err);
    if (rc == 0)
        rc = validate_policies(rules, field(at, path, "policies"), err);
    if (rc == 0 && rules->has_tolerance)
        rc = behavior_check_tolerance(rules->tolerance, tolerance_allowed, field(at, path, "tolerance"), err);
    return rc;
}

int behavior_validate(const struct scaling_behavior *behavior, bool tolerance_allowed, const char *path,
                      struct err *err)
{
    char at[PATH_MAX_LEN];
    if (!behavior->set)
        return 0;
    int rc = validate_rules(&behavior->up, tolerance_allowed, field(at, path, "scaleUp"), err);
    if (rc == 0)
        rc = validate_rules(&behavior->down, tolerance_allowed, field(at, path, "scaleDown"), err);
    return rc;
}

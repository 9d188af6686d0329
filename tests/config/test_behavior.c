/* The API rules and defaults of spec.behavior beyond vectors/hpa. */
#include "config/behavior.h"

#include <check.h>
#include <math.h>
#include <string.h>

#include "scaler/base/mem.h"

static struct scaling_behavior complete(void)
{
    struct scaling_behavior behavior = {.set = true};
    behavior_apply_defaults(&behavior);
    return behavior;
}

START_TEST(defaults)
{
    struct scaling_behavior behavior = {0}, once;
    behavior_apply_defaults(&behavior);
    ck_assert_uint_eq(behavior.up.policies_len, 0); /* absent stays absent */
    once = complete();
    ck_assert(once.up.has_window && once.up.window_s == 0 && !once.down.has_window);
    ck_assert_uint_eq(once.up.policies_len, 2);
    ck_assert_uint_eq(once.down.policies_len, 1);
    ck_assert(!once.up.has_policies && !once.down.has_policies);
    behavior = once;
    behavior_apply_defaults(&behavior);
    ck_assert_mem_eq(&behavior, &once, sizeof(once));
    ck_assert_int_eq(behavior_validate(&behavior, false, "spec.behavior", NULL), 0);
}
END_TEST

START_TEST(an_explicit_empty_list_is_an_error)
{
    struct scaling_behavior behavior = {.set = true, .down = {.has_policies = true}};
    struct err err = {0};
    behavior_apply_defaults(&behavior);
    ck_assert_int_eq(behavior_validate(&behavior, true, "b", &err), ERR_CONFIG);
    ck_assert_str_eq(err.msg, "b.scaleDown.policies: Required value: must specify at least one Policy");
}
END_TEST

/* One broken field each, and what is said of it. */
static void break_window(struct scaling_behavior *behavior)
{
    behavior->down.has_window = true;
    behavior->down.window_s = -1;
}
static void break_select(struct scaling_behavior *behavior)
{
    behavior->up.select = (enum scaling_select)7;
}
static void break_type(struct scaling_behavior *behavior)
{
    behavior->up.policies[1].type = (enum scaling_policy_type)7;
}
static void break_value(struct scaling_behavior *behavior)
{
    behavior->down.policies[0].value = 0;
}
static void break_period(struct scaling_behavior *behavior)
{
    behavior->up.policies[1].period_s = 1801;
}
static void break_tolerance(struct scaling_behavior *behavior)
{
    behavior->down.has_tolerance = true;
    behavior->down.tolerance = -0.1;
}
static void break_two(struct scaling_behavior *behavior)
{
    break_window(behavior);
    break_period(behavior);
}

static const struct {
    void (*breaks)(struct scaling_behavior *behavior);
    const char *message;
} broken[] = {
    {break_window,
     "b.scaleDown.stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero"},
    {break_select, "b.scaleUp.selectPolicy: Unsupported value"},
    {break_type, "b.scaleUp.policies[1].type: Unsupported value"},
    {break_value, "b.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero"},
    {break_period,
     "b.scaleUp.policies[1].periodSeconds: Invalid value: 1801: must be less than or equal to 1800"},
    {break_tolerance, "b.scaleDown.tolerance: Invalid value: -0.1: must be greater than or equal to 0"},
    {break_two, "b.scaleUp.policies[1].periodSeconds"},
};

START_TEST(broken_fields)
{
    struct scaling_behavior behavior = complete();
    struct err err = {0};
    broken[_i].breaks(&behavior);
    ck_assert_int_eq(behavior_validate(&behavior, true, "b", &err), ERR_CONFIG);
    ck_assert_msg(strncmp(err.msg, broken[_i].message, strlen(broken[_i].message)) == 0, "%s", err.msg);
}
END_TEST

START_TEST(fields)
{
    struct err err = {0};
    enum scaling_select select = SCALING_SELECT_MIN;
    enum scaling_policy_type type = SCALING_POLICY_PERCENT;
    ck_assert_int_eq(behavior_check_policies_len(SCALING_POLICIES_MAX, "p", &err), 0);
    ck_assert_int_lt(behavior_check_policies_len(SCALING_POLICIES_MAX + 1, "p", &err), 0);
    ck_assert_int_lt(behavior_check_policy_value(INT64_MAX, "p", &err), 0);
    ck_assert_int_eq(behavior_check_window(3600, "p", &err), 0);
    ck_assert_int_lt(behavior_check_window(INT64_MIN, "p", &err), 0);
    ck_assert_int_lt(behavior_check_tolerance(NAN, true, "p", &err), 0);
    ck_assert_int_eq(behavior_check_tolerance(1e9, true, "p", &err), 0);
    ck_assert_int_lt(behavior_parse_select("max", "p", &select, &err), 0);
    ck_assert_int_lt(behavior_parse_select(NULL, "p", &select, &err), 0);
    ck_assert_int_eq(select, SCALING_SELECT_MIN); /* untouched */
    ck_assert_int_eq(behavior_parse_select("Disabled", "p", &select, &err), 0);
    ck_assert_int_eq(select, SCALING_SELECT_DISABLED);
    ck_assert_int_lt(behavior_parse_policy_type("", "p", &type, &err), 0);
    ck_assert_int_eq(behavior_parse_policy_type("Pods", "p", &type, &err), 0);
    ck_assert_int_eq(type, SCALING_POLICY_PODS);
    ck_assert_str_eq(scaling_select_name((enum scaling_select)9), "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config/behavior");
    TCase *tc = tcase_create("behavior");
    tcase_add_test(tc, defaults);
    tcase_add_test(tc, an_explicit_empty_list_is_an_error);
    tcase_add_loop_test(tc, broken_fields, 0, (int)ARRAY_LEN(broken));
    tcase_add_test(tc, fields);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

/* The account a decision gives of what cut its wish: which policy, which recommendation, which fallback. */
#include "tests/engine/fixture.h"

static struct scaling_rules *rules_of(struct fixture *fixture, bool up)
{
    struct scaling_rules *rules = up ? &fixture->policy.behavior.up : &fixture->policy.behavior.down;
    fixture->policy.behavior.set = true;
    rules->has_window = true;
    return rules;
}

static void add_policy(struct scaling_rules *rules, enum scaling_policy_type type, int32_t value,
                       int32_t period_s)
{
    rules->has_policies = true;
    rules->policies[rules->policies_len++] = (struct scaling_policy){type, value, period_s};
}

static const struct {
    int32_t current;
    double value;
    enum scaling_select select;
    struct scaling_policy policies[2];
    enum step_rule rule;
    int32_t policy_value, period_s, to, left;
} rates[] = {
    {10,
     50,
     SCALING_SELECT_MAX,
     {{SCALING_POLICY_PODS, 4, 60}, {SCALING_POLICY_PERCENT, 100, 15}},
     STEP_RULE_PERCENT,
     100,
     15,
     20,
     10},
    {10,
     50,
     SCALING_SELECT_MIN,
     {{SCALING_POLICY_PODS, 4, 60}, {SCALING_POLICY_PERCENT, 100, 15}},
     STEP_RULE_PODS,
     4,
     60,
     14,
     4},
    {10, 50, SCALING_SELECT_DISABLED, {{SCALING_POLICY_PODS, 4, 60}}, STEP_RULE_DISABLED, 0, 0, 10, 0},
    {20,
     2,
     SCALING_SELECT_MAX,
     {{SCALING_POLICY_PODS, 3, 60}, {SCALING_POLICY_PERCENT, 10, 30}},
     STEP_RULE_PODS,
     3,
     60,
     17,
     3},
    {20,
     2,
     SCALING_SELECT_MIN,
     {{SCALING_POLICY_PODS, 3, 60}, {SCALING_POLICY_PERCENT, 10, 30}},
     STEP_RULE_PERCENT,
     10,
     30,
     18,
     2},
};

START_TEST(the_policy_that_binds_is_named)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_forget(&fixture);
    fixture_replicas(&fixture, rates[_i].current);
    bool up = rates[_i].value > rates[_i].current;
    struct scaling_rules *rules = rules_of(&fixture, up);
    rules->select = rates[_i].select;
    for (int i = 0; i < 2 && rates[_i].policies[i].value; i++)
        add_policy(rules, rates[_i].policies[i].type, rates[_i].policies[i].value,
                   rates[_i].policies[i].period_s);
    fixture_value(&fixture, 0, rates[_i].value);
    (void)fixture_decide(&fixture);
    const struct decision_step *step = fixture_step(&fixture, up ? LIMIT_RATE_UP : LIMIT_RATE_DOWN);
    ck_assert_ptr_nonnull(step);
    ck_assert_uint_eq(step->rule, rates[_i].rule);
    ck_assert_int_eq(step->value, rates[_i].policy_value);
    ck_assert_int_eq(step->period_s, rates[_i].period_s);
    ck_assert_int_eq(step->from, (int32_t)rates[_i].value);
    ck_assert_int_eq(step->to, rates[_i].to);
    ck_assert_int_eq(step->detail, rates[_i].left);
    ck_assert_int_eq(step->at_ms, 0); /* nothing was changed in the period yet */
    fixture_done(&fixture);
}
END_TEST

START_TEST(a_spent_budget_says_when_it_grows)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_forget(&fixture);
    fixture_replicas(&fixture, 10);
    add_policy(rules_of(&fixture, true), SCALING_POLICY_PODS, 4, 60);
    fixture_value(&fixture, 0, 50);
    ck_assert_int_eq(fixture_turn(&fixture), 14);
    fixture.now_ms += SECONDS(5);
    ck_assert_int_eq(fixture_turn(&fixture), 14);
    const struct decision_step *step = fixture_step(&fixture, LIMIT_RATE_UP);
    ck_assert_int_eq(step->detail, 0);
    ck_assert_int_eq(step->at_ms, T0 + SECONDS(60));
    ck_assert_int_eq(fixture.decision.recheck_ms, step->at_ms);
    fixture_done(&fixture);
}
END_TEST

START_TEST(without_behavior_it_is_doubling)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_forget(&fixture);
    fixture_replicas(&fixture, 5);
    fixture_value(&fixture, 0, 50);
    ck_assert_int_eq(fixture_decide(&fixture), 10);
    ck_assert_uint_eq(fixture_step(&fixture, LIMIT_RATE_UP)->rule, STEP_RULE_DOUBLE);
    fixture_done(&fixture);
}
END_TEST

START_TEST(the_recommendation_that_holds_is_told)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_forget(&fixture);
    fixture_replicas(&fixture, 8);
    rules_of(&fixture, false)->window_s = 120;
    fixture_value(&fixture, 0, 12);
    fixture.policy.pause.scale_out = true; /* 12 is recommended, and not written */
    (void)fixture_decide(&fixture);
    fixture.now_ms += SECONDS(10);
    fixture_value(&fixture, 0, 3);
    ck_assert_int_eq(fixture_decide(&fixture), 8);
    const struct decision_step *step = fixture_step(&fixture, LIMIT_STABILIZATION_DOWN);
    ck_assert(step && step->from == 3 && step->to == 8 && step->value == 12);
    ck_assert(step->at_ms == T0 && step->detail == 120);
    fixture_done(&fixture);
}
END_TEST

static const struct {
    enum fallback_behavior behavior;
    enum step_rule rule;
    int32_t to;
} fallbacks[] = {
    {FALLBACK_STATIC, STEP_RULE_STATIC, 6},
    {FALLBACK_CURRENT_REPLICAS, STEP_RULE_CURRENT, 4},
    {FALLBACK_CURRENT_REPLICAS_IF_HIGHER, STEP_RULE_CURRENT_IF_HIGHER, 6},
    {FALLBACK_CURRENT_REPLICAS_IF_LOWER, STEP_RULE_CURRENT_IF_LOWER, 4},
};

START_TEST(the_fallback_in_use_is_named)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_forget(&fixture);
    fixture_replicas(&fixture, 4);
    fixture.policy.fallback = (struct fallback_policy){
        .set = true, .failure_threshold = 2, .replicas = 6, .behavior = fallbacks[_i].behavior};
    fixture_fail(&fixture, 0, 3);
    const struct decision_step *step = fixture_step(&fixture, LIMIT_FALLBACK);
    ck_assert(step && step->rule == fallbacks[_i].rule && step->to == fallbacks[_i].to);
    fixture_done(&fixture);
}
END_TEST

START_TEST(every_rule_has_a_name)
{
    ck_assert_str_eq(step_rule_name(STEP_RULE_NONE), "");
    for (int rule = STEP_RULE_PODS; rule <= STEP_RULE_CURRENT_IF_LOWER; rule++)
        ck_assert_str_ne(step_rule_name((enum step_rule)rule), "");
    ck_assert_uint_le(sizeof(struct decision_step), 32); /* the ledger keeps eight of a decision */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/steps");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, the_policy_that_binds_is_named, 0, ARRAY_LEN(rates));
    tcase_add_test(tcase, a_spent_budget_says_when_it_grows);
    tcase_add_test(tcase, without_behavior_it_is_doubling);
    tcase_add_test(tcase, the_recommendation_that_holds_is_told);
    tcase_add_loop_test(tcase, the_fallback_in_use_is_named, 0, ARRAY_LEN(fallbacks));
    tcase_add_test(tcase, every_rule_has_a_name);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

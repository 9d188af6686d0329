/* KEDA's executor rows (spec/keda-engine.md §3.3), cooldown (§3.4) and Davit's straight step from rest. */
#include "tests/engine/fixture.h"

#define NEVER (-1)

/* One trigger with target 1; `state` and `value` are its reading. */
struct row {
    const char *name;
    int32_t min, idle; /* idle -1: unset */
    int32_t replicas;
    enum reading_state state;
    double value, activation;
    int32_t fallback; /* replicas of a fallback that is not yet in use; -1: none */
    int32_t active_ago_s;
    int32_t expect;
    enum decision_reason reason;
};

static const struct row rows[] = {
    /* A1: from 0, straight to the computed count, never below max(min, 1), never above max */
    {"from 0", 0, -1, 0, READING_OK, 7, 0, -1, NEVER, 7, DECIDE_ACTIVATED},
    {"from 0, far beyond 4 and 2n", 0, -1, 0, READING_OK, 80, 0, -1, NEVER, 80, DECIDE_ACTIVATED},
    {"from 0 to at most max", 0, -1, 0, READING_OK, 1e9, 0, -1, NEVER, 100, DECIDE_ACTIVATED},
    {"from 0 to at least min", 5, -1, 0, READING_OK, 2, 0, -1, NEVER, 5, DECIDE_ACTIVATED},
    {"from 0 with a fraction", 0, -1, 0, READING_OK, 0.2, 0, -1, NEVER, 1, DECIDE_ACTIVATED},
    {"from 0 without tolerance", 0, -1, 0, READING_OK, 1.05, 0, -1, NEVER, 2, DECIDE_ACTIVATED},
    {"activation is strict", 0, -1, 0, READING_OK, 5, 5, -1, NEVER, 0, DECIDE_NOTHING},
    {"just above activation", 0, -1, 0, READING_OK, 5.001, 5, -1, NEVER, 6, DECIDE_ACTIVATED},
    {"from idle", 4, 2, 2, READING_OK, 7, 0, -1, NEVER, 7, DECIDE_ACTIVATED},
    {"from idle to at least min", 4, 2, 2, READING_OK, 1, 0, -1, NEVER, 4, DECIDE_ACTIVATED},
    {"from between idle and min", 6, 2, 4, READING_OK, 9, 0, -1, NEVER, 9, DECIDE_ACTIVATED},
    /* A3 then the HPA's half */
    {"active, 0 < n < min, no idle", 4, -1, 2, READING_OK, 1, 0, -1, NEVER, 4, DECIDE_MIN},
    {"active and steady", 0, -1, 7, READING_OK, 7, 0, -1, NEVER, 7, DECIDE_NOTHING},
    {"active, more", 0, -1, 7, READING_OK, 9, 0, -1, NEVER, 9, DECIDE_SCALED_UP},
    {"active, above max", 0, -1, 120, READING_OK, 500, 0, -1, NEVER, 100, DECIDE_MAX},
    /* I1, I2 */
    {"error, fallback 3 not in use", 0, -1, 5, READING_ERROR, 0, 0, 3, NEVER, 5, DECIDE_HELD_UNKNOWN},
    {"error, no fallback", 0, -1, 5, READING_ERROR, 0, 0, -1, NEVER, 5, DECIDE_HELD_UNKNOWN},
    {"error at 0", 0, -1, 0, READING_ERROR, 0, 0, -1, NEVER, 0, DECIDE_NOTHING},
    {"error at 0 with min", 3, -1, 0, READING_ERROR, 0, 0, -1, NEVER, 0, DECIDE_NOTHING},
    {"error, idle", 4, 2, 2, READING_ERROR, 0, 0, -1, NEVER, 2, DECIDE_IDLE},
    {"error above idle", 4, 2, 6, READING_ERROR, 0, 0, -1, NEVER, 6, DECIDE_HELD_UNKNOWN},
    {"error, bounds are enforced: max", 0, -1, 130, READING_ERROR, 0, 0, -1, NEVER, 100, DECIDE_MAX},
    {"error, bounds are enforced: min", 6, -1, 2, READING_ERROR, 0, 0, -1, NEVER, 6, DECIDE_MIN},
    /* I3 */
    {"never active: no cooldown", 0, -1, 5, READING_OK, 0, 0, -1, NEVER, 0, DECIDE_DEACTIVATED},
    {"cooldown runs", 0, -1, 5, READING_OK, 0, 0, -1, 299, 5, DECIDE_COOLDOWN},
    {"cooldown is strict", 0, -1, 5, READING_OK, 0, 0, -1, 300, 5, DECIDE_COOLDOWN},
    {"cooldown over", 0, -1, 5, READING_OK, 0, 0, -1, 301, 0, DECIDE_DEACTIVATED},
    {"to idle", 4, 2, 6, READING_OK, 0, 0, -1, 301, 2, DECIDE_DEACTIVATED},
    {"to idle 0 with min", 4, 0, 6, READING_OK, 0, 0, -1, 301, 0, DECIDE_DEACTIVATED},
    {"to idle during cooldown", 4, 2, 6, READING_OK, 0, 0, -1, 10, 6, DECIDE_COOLDOWN},
    {"between idle and min during cooldown", 4, 2, 3, READING_OK, 0, 0, -1, 10, 4, DECIDE_MIN},
    {"error, fallback 0: the manifest says so", 0, -1, 5, READING_ERROR, 0, 0, 0, 301, 0, DECIDE_DEACTIVATED},
    {"error, fallback 0, cooldown", 0, -1, 5, READING_ERROR, 0, 0, 0, 10, 5, DECIDE_HELD_UNKNOWN},
    {"below the activation, cooldown over", 0, -1, 5, READING_OK, 5, 5, -1, 301, 0, DECIDE_DEACTIVATED},
    /* I4 */
    {"inactive below min", 4, -1, 2, READING_OK, 0, 0, -1, NEVER, 4, DECIDE_MIN},
    {"inactive below min, from 0", 4, -1, 0, READING_OK, 0, 0, -1, NEVER, 4, DECIDE_MIN},
    /* I5 */
    {"inactive at 0", 0, -1, 0, READING_OK, 0, 0, -1, NEVER, 0, DECIDE_NOTHING},
    {"inactive at idle", 4, 2, 2, READING_OK, 0, 0, -1, NEVER, 2, DECIDE_IDLE},
    {"inactive below idle: nothing raises it", 4, 2, 1, READING_OK, 0, 0, -1, NEVER, 1, DECIDE_IDLE},
    {"inactive at 0 with idle and min", 4, 2, 0, READING_OK, 0, 0, -1, NEVER, 0, DECIDE_IDLE},
    {"inactive with min: follows the metric", 2, -1, 5, READING_OK, 8, 10, -1, NEVER, 8, DECIDE_SCALED_UP},
};

static void fixture_of(struct fixture *fixture, const struct row *row)
{
    fixture_init(fixture, 1);
    fixture_replicas(fixture, row->replicas);
    fixture->policy.min = row->min;
    fixture->policy.has_idle = row->idle >= 0;
    fixture->policy.idle = row->idle >= 0 ? row->idle : 0;
    fixture->triggers[0].activation = row->activation;
    if (row->fallback >= 0)
        fixture->policy.fallback =
            (struct fallback_policy){.set = true, .failure_threshold = 1000, .replicas = row->fallback};
    if (row->active_ago_s != NEVER)
        fixture->history.last_active_ms = T0 - SECONDS(row->active_ago_s);
    fixture_value(fixture, 0, row->value);
    fixture->readings[0].state = row->state;
}

START_TEST(executor_rows)
{
    const struct row *row = &rows[_i];
    struct fixture fixture;
    fixture_of(&fixture, row);
    int32_t replicas = fixture_decide(&fixture);
    ck_assert_msg(replicas == row->expect, "%s: got %d", row->name, replicas);
    ck_assert_msg(fixture.decision.reason == row->reason, "%s: got %s", row->name,
                  decision_reason_name(fixture.decision.reason));
    ck_assert_int_eq(fixture.decision.current, row->replicas);
    ck_assert_int_eq(fixture.decision.from_zero, row->reason == DECIDE_ACTIVATED);
    fixture_done(&fixture);
}
END_TEST

START_TEST(last_active)
{
    struct fixture fixture;
    fixture_init(&fixture, 2);
    fixture_replicas(&fixture, 0);
    fixture_value(&fixture, 0, 3);
    fixture_value(&fixture, 1, 0);
    (void)fixture_decide(&fixture);
    ck_assert_int_eq(fixture.history.last_active_ms, 0); /* follows the write */
    decide_commit(&fixture.policy, &fixture.history, &fixture.decision, T0 + 5);
    ck_assert_int_eq(fixture.history.last_active_ms, T0 + 5);

    fixture_replicas(&fixture, 3); /* A3 */
    fixture.now_ms = T0 + 10;
    (void)fixture_decide(&fixture);
    ck_assert_int_eq(fixture.history.last_active_ms, T0 + 10);

    fixture.now_ms = T0 + 20; /* A2: not with an error */
    fixture_state(&fixture, 1, READING_ERROR);
    (void)fixture_decide(&fixture);
    ck_assert(fixture.decision.active && fixture.decision.error);
    ck_assert_int_eq(fixture.history.last_active_ms, T0 + 10);
    fixture_done(&fixture);
}
END_TEST

START_TEST(initial_cooldown_counts_until_the_first_activity)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 5);
    fixture.policy.initial_cooldown_ms = SECONDS(60);
    fixture.policy.created_ms = T0 - SECONDS(60);
    fixture_value(&fixture, 0, 0);
    ck_assert_int_eq(fixture_decide(&fixture), 5);
    ck_assert_int_eq(fixture.decision.reason, DECIDE_COOLDOWN);
    ck_assert_int_eq(fixture.decision.recheck_ms, T0 + 1);
    ck_assert_int_eq(fixture_step(&fixture, LIMIT_COOLDOWN)->at_ms, T0);
    ck_assert_int_eq(fixture_step(&fixture, LIMIT_COOLDOWN)->detail, 60);
    fixture.now_ms = T0 + 1;
    ck_assert_int_eq(fixture_decide(&fixture), 0);
    ck_assert(!fixture.decision.active);
    fixture_done(&fixture);
}
END_TEST

START_TEST(a_cooldown_without_end_never_ends)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 5);
    fixture.policy.cooldown_ms = INT64_MAX;
    fixture.history.last_active_ms = T0 - SECONDS(1000);
    fixture_value(&fixture, 0, 0);
    ck_assert_int_eq(fixture_decide(&fixture), 5);
    fixture_done(&fixture);
}
END_TEST

START_TEST(during_cooldown_replicas_follow_the_metric)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_forget(&fixture);
    fixture_replicas(&fixture, 20);
    fixture.triggers[0].activation = 50;
    fixture.history.last_active_ms = T0 - SECONDS(10);
    fixture_value(&fixture, 0, 8);
    ck_assert_int_eq(fixture_turn(&fixture), 8);
    ck_assert_int_eq(fixture.decision.reason, DECIDE_SCALED_DOWN);
    fixture_value(&fixture, 0, 30);
    ck_assert_int_eq(fixture_turn(&fixture), 16); /* §4: 2n per pass */
    fixture_value(&fixture, 0, 0);
    fixture.now_ms += SECONDS(289); /* the last second of the cooldown */
    ck_assert_int_eq(fixture_turn(&fixture), 30);
    fixture.now_ms += SECONDS(2);
    ck_assert_int_eq(fixture_turn(&fixture), 0);
    fixture_done(&fixture);
}
END_TEST

static void write_up_policy(struct fixture *fixture, enum scaling_policy_type type, int32_t value)
{
    fixture->policy.behavior.set = true;
    fixture->policy.behavior.up.has_policies = true;
    fixture->policy.behavior.up.policies_len = 1;
    fixture->policy.behavior.up.policies[0] = (struct scaling_policy){type, value, 60};
}

START_TEST(written_policies_bind_the_first_step)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 0);
    write_up_policy(&fixture, SCALING_POLICY_PODS, 4);
    fixture_value(&fixture, 0, 50);
    ck_assert_int_eq(fixture_turn(&fixture), 5); /* from max(min, 1) */
    ck_assert(fixture.decision.limited_by & LIMIT_RATE_UP);
    ck_assert_int_eq(fixture_step(&fixture, LIMIT_RATE_UP)->detail, 4);
    ck_assert_int_eq(fixture_turn(&fixture), 5); /* the step counts in the period */
    ck_assert_int_eq(fixture.decision.recheck_ms, T0 + SECONDS(60));
    fixture.now_ms = T0 + SECONDS(60);
    ck_assert_int_eq(fixture_turn(&fixture), 9);
    fixture_done(&fixture);
}
END_TEST

START_TEST(percent_policies_leave_zero)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 0);
    write_up_policy(&fixture, SCALING_POLICY_PERCENT, 100);
    fixture_value(&fixture, 0, 50);
    ck_assert_int_eq(fixture_turn(&fixture), 2);
    fixture_done(&fixture);
}
END_TEST

START_TEST(unwritten_policies_do_not_bind_the_first_step)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 0);
    fixture.policy.behavior.set = true; /* only scaleDown is written */
    fixture.policy.behavior.down.has_window = true;
    behavior_apply_defaults(&fixture.policy.behavior);
    fixture_value(&fixture, 0, 50);
    ck_assert_int_eq(fixture_turn(&fixture), 50);
    fixture_done(&fixture);
}
END_TEST

START_TEST(disabled_scale_up_only_starts)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 0);
    fixture.policy.min = 2;
    fixture.policy.behavior.set = true;
    fixture.policy.behavior.up.select = SCALING_SELECT_DISABLED;
    fixture_value(&fixture, 0, 50);
    ck_assert_int_eq(fixture_turn(&fixture), 2);
    fixture_done(&fixture);
}
END_TEST

START_TEST(a_peak_before_the_rest_holds_nothing)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 0);
    fixture.policy.cooldown_ms = SECONDS(5);
    fixture_value(&fixture, 0, 40);
    ck_assert_int_eq(fixture_turn(&fixture), 40);
    fixture_value(&fixture, 0, 0);
    fixture.now_ms += SECONDS(6);
    ck_assert_int_eq(fixture_turn(&fixture), 0);
    fixture_value(&fixture, 0, 3);
    fixture.now_ms += SECONDS(1);
    ck_assert_int_eq(fixture_turn(&fixture), 3);
    fixture.now_ms += SECONDS(1);
    ck_assert_int_eq(fixture_turn(&fixture), 3);
    fixture_done(&fixture);
}
END_TEST

START_TEST(a_written_window_holds_the_first_step)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 0);
    fixture.policy.behavior.set = true;
    fixture.policy.behavior.up.has_window = true;
    fixture.policy.behavior.up.window_s = 60;
    fixture_value(&fixture, 0, 0);
    ck_assert_int_eq(fixture_turn(&fixture), 0); /* plants a 0 */
    fixture_value(&fixture, 0, 30);
    fixture.now_ms += SECONDS(10);
    ck_assert_int_eq(fixture_turn(&fixture), 1);
    ck_assert(fixture.decision.limited_by & LIMIT_STABILIZATION_UP);
    ck_assert_int_eq(fixture.decision.recheck_ms, T0 + SECONDS(60));
    fixture.now_ms = T0 + SECONDS(60);
    ck_assert_int_gt(fixture_turn(&fixture), 1);
    fixture_done(&fixture);
}
END_TEST

START_TEST(force_activation)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 0);
    fixture.policy.pause.force_activation = true;
    fixture_value(&fixture, 0, 0);
    ck_assert_int_eq(fixture_turn(&fixture), 1);
    ck_assert(fixture.decision.active);
    fixture.now_ms += SECONDS(1000);
    ck_assert_int_eq(fixture_turn(&fixture), 1);
    fixture_done(&fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/activation");
    TCase *tc = tcase_create("activation");
    tcase_add_loop_test(tc, executor_rows, 0, (int)ARRAY_LEN(rows));
    tcase_add_test(tc, last_active);
    tcase_add_test(tc, initial_cooldown_counts_until_the_first_activity);
    tcase_add_test(tc, a_cooldown_without_end_never_ends);
    tcase_add_test(tc, during_cooldown_replicas_follow_the_metric);
    tcase_add_test(tc, written_policies_bind_the_first_step);
    tcase_add_test(tc, percent_policies_leave_zero);
    tcase_add_test(tc, unwritten_policies_do_not_bind_the_first_step);
    tcase_add_test(tc, disabled_scale_up_only_starts);
    tcase_add_test(tc, a_peak_before_the_rest_holds_nothing);
    tcase_add_test(tc, a_written_window_holds_the_first_step);
    tcase_add_test(tc, force_activation);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

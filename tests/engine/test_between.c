/* The HPA's half as decide() uses it: proposals, stabilization, rates, bounds, and the account it gives. */
#include "tests/engine/fixture.h"

START_TEST(tolerance)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_forget(&fixture);
    fixture_replicas(&fixture, 10);
    fixture_value(&fixture, 0, 11);
    ck_assert_int_eq(fixture_decide(&fixture), 10);
    ck_assert(fixture.decision.limited_by & LIMIT_TOLERANCE);
    ck_assert_int_eq(fixture_step(&fixture, LIMIT_TOLERANCE)->from, 11);
    fixture_value(&fixture, 0, 11.001);
    ck_assert_int_eq(fixture_decide(&fixture), 12);
    fixture.policy.behavior.set = true; /* per direction */
    fixture.policy.behavior.up.has_tolerance = true;
    fixture.policy.behavior.up.tolerance = 0.5;
    fixture_value(&fixture, 0, 15);
    ck_assert_int_eq(fixture_decide(&fixture), 10);
    fixture_value(&fixture, 0, 8.9);
    (void)fixture_decide(&fixture);
    ck_assert_int_eq(fixture.decision.best, 9);
    fixture_done(&fixture);
}
END_TEST

START_TEST(the_largest_proposal_wins)
{
    struct fixture fixture;
    fixture_init(&fixture, 3);
    fixture_replicas(&fixture, 4);
    fixture_value(&fixture, 0, 5);
    fixture_value(&fixture, 1, 7);
    fixture_value(&fixture, 2, 7);
    ck_assert_int_eq(fixture_decide(&fixture), 7);
    ck_assert_int_eq(fixture.decision.best, 7);
    ck_assert_int_eq(fixture.decision.best_trigger, 1);
    ck_assert_int_eq(fixture.decision.reason, DECIDE_SCALED_UP);
    fixture_done(&fixture);
}
END_TEST

START_TEST(first_recommendation_is_the_present_size)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 10);
    fixture.policy.min = 1;
    fixture_value(&fixture, 0, 2);
    ck_assert_int_eq(fixture_turn(&fixture), 10);
    const struct decision_step *step = fixture_step(&fixture, LIMIT_STABILIZATION_DOWN);
    ck_assert(step && step->from == 2 && step->to == 10 && step->at_ms == T0 && step->detail == 300);
    ck_assert_int_eq(fixture.decision.recheck_ms,
                     T0 + SECONDS(300) + 1); /* exactly at the edge it still counts */
    fixture.now_ms = T0 + SECONDS(300);
    ck_assert_int_eq(fixture_turn(&fixture), 10);
    fixture.now_ms += 1;
    ck_assert_int_eq(fixture_turn(&fixture), 2);
    fixture_done(&fixture);
}
END_TEST

START_TEST(with_behavior_the_edge_does_not_count)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 10);
    fixture.policy.behavior.set = true;
    fixture_value(&fixture, 0, 2);
    ck_assert_int_eq(fixture_turn(&fixture), 10);
    ck_assert_int_eq(fixture.decision.recheck_ms, T0 + SECONDS(300));
    fixture.now_ms = T0 + SECONDS(300);
    ck_assert_int_eq(fixture_turn(&fixture), 2);
    fixture_done(&fixture);
}
END_TEST

START_TEST(without_behavior_size_doubles_per_pass)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 1);
    fixture_value(&fixture, 0, 50);
    ck_assert_int_eq(fixture_turn(&fixture), 4);
    ck_assert(fixture.decision.limited_by & LIMIT_RATE_UP);
    ck_assert_int_eq(fixture_step(&fixture, LIMIT_RATE_UP)->detail, 3);
    ck_assert_int_eq(fixture_turn(&fixture), 8);
    ck_assert_int_eq(fixture_turn(&fixture), 16);
    ck_assert_uint_eq(fixture.history.up_events.len, 0);
    fixture_done(&fixture);
}
END_TEST

START_TEST(a_down_rate_is_told_and_ends)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 20);
    struct scaling_rules *down = &fixture.policy.behavior.down;
    fixture.policy.behavior.set = true;
    down->has_window = true;
    down->has_policies = true;
    down->policies_len = 1;
    down->policies[0] = (struct scaling_policy){SCALING_POLICY_PODS, 3, 60};
    fixture_value(&fixture, 0, 5);
    ck_assert_int_eq(fixture_turn(&fixture), 17);
    ck_assert_int_eq(fixture.decision.recheck_ms, 0);
    ck_assert_int_eq(fixture_turn(&fixture), 17);
    ck_assert_int_eq(fixture_step(&fixture, LIMIT_RATE_DOWN)->detail, 0);
    ck_assert_int_eq(fixture.decision.recheck_ms, T0 + SECONDS(60));
    fixture.now_ms = T0 + SECONDS(60) - 1;
    ck_assert_int_eq(fixture_turn(&fixture), 17);
    fixture.now_ms++;
    ck_assert_int_eq(fixture_turn(&fixture), 14);
    fixture_done(&fixture);
}
END_TEST

START_TEST(bounds_cut_in_the_direction_of_the_step)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_forget(&fixture);
    fixture_replicas(&fixture, 90);
    fixture_value(&fixture, 0, 400);
    ck_assert_int_eq(fixture_turn(&fixture), 100);
    ck_assert_int_eq(fixture.decision.reason, DECIDE_SCALED_UP);
    ck_assert(fixture.decision.limited_by & LIMIT_MAX);
    fixture_forget(&fixture);
    fixture.policy.min = 7;
    fixture_value(&fixture, 0, 0);
    ck_assert_int_eq(fixture_turn(&fixture), 7);
    ck_assert(fixture.decision.limited_by & LIMIT_MIN);
    fixture_done(&fixture);
}
END_TEST

/* §3 step 7: no window, no rate, not even Disabled; but the event is remembered. */
START_TEST(out_of_bounds_goes_straight_to_the_bound)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 30);
    fixture.policy.max = 10;
    fixture.policy.behavior.set = true;
    fixture.policy.behavior.down.select = SCALING_SELECT_DISABLED;
    fixture_value(&fixture, 0, 30);
    ck_assert_int_eq(fixture_turn(&fixture), 10);
    ck_assert_int_eq(fixture.decision.reason, DECIDE_MAX);
    ck_assert_uint_eq(fixture.history.down_events.len, 1);
    ck_assert_int_eq(fixture.history.down_events.items[0].change, 20);
    fixture_done(&fixture);
}
END_TEST

START_TEST(huge_numbers_saturate)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, INT32_MAX);
    fixture.policy.max = INT32_MAX;
    fixture.policy.behavior.set = true;
    fixture_value(&fixture, 0, 1e300);
    ck_assert_int_eq(fixture_turn(&fixture), INT32_MAX);
    fixture_replicas(&fixture, INT32_MIN);
    ck_assert_int_eq(fixture_turn(&fixture), INT32_MAX);
    fixture.policy.behavior.set = false;
    fixture_replicas(&fixture, 1 << 30);
    ck_assert_int_eq(fixture_turn(&fixture), INT32_MAX);
    fixture_replicas(&fixture, 5);
    fixture.policy.max = INT32_MIN; /* config refuses it */
    ck_assert_int_eq(fixture_turn(&fixture), 1);
    fixture_done(&fixture);
}
END_TEST

struct pause_row {
    const char *name;
    struct pause_policy pause;
    int32_t min, idle, replicas;
    double value;
    int32_t expect;
    enum decision_reason reason;
};

static const struct pause_row pause_rows[] = {
    {"paused", {.paused = true}, 3, -1, 1, 50, 1, DECIDE_PAUSED},
    {"paused above max", {.paused = true}, 0, -1, 300, 0, 300, DECIDE_PAUSED},
    {"paused-replicas", {.has_replicas = true, .replicas = 2}, 3, -1, 9, 50, 2, DECIDE_PAUSED},
    {"paused-replicas beyond max", {.has_replicas = true, .replicas = 200}, 0, -1, 9, 50, 200, DECIDE_PAUSED},
    {"paused-replicas wins", {.paused = true, .has_replicas = true}, 0, -1, 9, 50, 0, DECIDE_PAUSED},
    {"paused-replicas below 0", {.has_replicas = true, .replicas = -1}, 0, -1, 9, 50, 9, DECIDE_PAUSED},
    {"in: to zero", {.scale_in = true}, 0, -1, 9, 0, 9, DECIDE_HELD_PAUSED_IN},
    {"in: down", {.scale_in = true}, 0, -1, 9, 3, 9, DECIDE_HELD_PAUSED_IN},
    {"in: up goes on", {.scale_in = true}, 0, -1, 9, 12, 12, DECIDE_SCALED_UP},
    {"in: from zero goes on", {.scale_in = true}, 0, -1, 0, 12, 12, DECIDE_ACTIVATED},
    {"in: max is enforced", {.scale_in = true}, 0, -1, 300, 3, 100, DECIDE_MAX},
    {"out: from zero", {.scale_out = true}, 0, -1, 0, 12, 0, DECIDE_HELD_PAUSED_OUT},
    {"out: from idle", {.scale_out = true}, 4, 2, 2, 12, 2, DECIDE_HELD_PAUSED_OUT},
    {"out: between idle and min", {.scale_out = true}, 4, 2, 3, 12, 4, DECIDE_MIN},
    {"out: up", {.scale_out = true}, 0, -1, 5, 12, 5, DECIDE_HELD_PAUSED_OUT},
    {"out: down goes on", {.scale_out = true}, 0, -1, 9, 3, 3, DECIDE_SCALED_DOWN},
    {"out: to zero goes on", {.scale_out = true}, 0, -1, 9, 0, 0, DECIDE_DEACTIVATED},
    {"out: min is enforced", {.scale_out = true}, 4, -1, 2, 3, 4, DECIDE_MIN},
    {"out: min is enforced from 0", {.scale_out = true}, 4, -1, 0, 0, 4, DECIDE_MIN},
};

START_TEST(pauses)
{
    const struct pause_row *row = &pause_rows[_i];
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_forget(&fixture);
    fixture_replicas(&fixture, row->replicas);
    fixture.policy.pause = row->pause;
    fixture.policy.min = row->min;
    fixture.policy.has_idle = row->idle >= 0;
    fixture.policy.idle = row->idle;
    fixture_value(&fixture, 0, row->value);
    int32_t replicas = fixture_decide(&fixture);
    ck_assert_msg(replicas == row->expect, "%s: got %d", row->name, replicas);
    ck_assert_msg(fixture.decision.reason == row->reason, "%s: got %s", row->name,
                  decision_reason_name(fixture.decision.reason));
    bool held = row->reason == DECIDE_HELD_PAUSED_IN || row->reason == DECIDE_HELD_PAUSED_OUT;
    if (held)
        ck_assert_msg(fixture.decision.limited_by & LIMIT_PAUSE, "%s", row->name);
    fixture_done(&fixture);
}
END_TEST

START_TEST(after_a_pause_the_size_found_is_the_first_recommendation)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 9);
    fixture.history.last_active_ms = T0 - 1;
    fixture.policy.pause.paused = true;
    fixture_state(&fixture, 0, READING_ERROR);
    ck_assert_int_eq(fixture_turn(&fixture), 9);
    ck_assert_uint_eq(fixture.decision.triggers[0].failures, 0);
    ck_assert_int_eq(fixture.history.last_active_ms, T0 - 1);
    fixture.policy.pause.paused = false;
    fixture.now_ms += SECONDS(1000);
    fixture_value(&fixture, 0, 3);
    ck_assert_int_eq(fixture_turn(&fixture), 9);
    fixture_done(&fixture);
}
END_TEST

START_TEST(paused_scale_out_does_not_advance_last_active_at_zero)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 0);
    fixture.policy.pause.scale_out = true;
    fixture_value(&fixture, 0, 3);
    ck_assert_int_eq(fixture_turn(&fixture), 0);
    ck_assert(fixture.decision.active);
    ck_assert_int_eq(fixture.history.last_active_ms, 0);
    fixture_done(&fixture);
}
END_TEST

START_TEST(names)
{
    ck_assert_str_eq(decision_reason_name(DECIDE_HELD_UNKNOWN), "held-unknown");
    ck_assert_str_eq(decision_reason_name((enum decision_reason)99), "unknown");
    ck_assert_str_eq(decision_limit_name(LIMIT_TOLERANCE), "tolerance");
    ck_assert_str_eq(decision_limit_name(LIMIT_FALLBACK), "fallback");
    ck_assert_str_eq(decision_limit_name((enum decision_limit)3), "unknown");
    ck_assert_str_eq(reading_state_name(READING_EMPTY), "empty");
    ck_assert_str_eq(reading_state_name((enum reading_state)99), "unknown");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/between");
    TCase *tc = tcase_create("between");
    tcase_add_test(tc, tolerance);
    tcase_add_test(tc, the_largest_proposal_wins);
    tcase_add_test(tc, first_recommendation_is_the_present_size);
    tcase_add_test(tc, with_behavior_the_edge_does_not_count);
    tcase_add_test(tc, without_behavior_size_doubles_per_pass);
    tcase_add_test(tc, a_down_rate_is_told_and_ends);
    tcase_add_test(tc, bounds_cut_in_the_direction_of_the_step);
    tcase_add_test(tc, out_of_bounds_goes_straight_to_the_bound);
    tcase_add_test(tc, huge_numbers_saturate);
    tcase_add_loop_test(tc, pauses, 0, (int)ARRAY_LEN(pause_rows));
    tcase_add_test(tc, after_a_pause_the_size_found_is_the_first_recommendation);
    tcase_add_test(tc, paused_scale_out_does_not_advance_last_active_at_zero);
    tcase_add_test(tc, names);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

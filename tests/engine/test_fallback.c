/* Fallback (spec/keda-engine.md §4.8, error matrix §3.7) and what counts as a failure. */
#include "tests/engine/fixture.h"

struct row {
    const char *name;
    enum fallback_behavior behavior;
    int32_t fallback;
    int32_t min, replicas;
    double other; /* trigger 1 */
    int32_t expect;
};

/* Trigger 0 has failed more often than the threshold; no memory stands in the way. */
static const struct row rows[] = {
    {"static", FALLBACK_STATIC, 6, 0, 4, 0, 6},
    {"static, down", FALLBACK_STATIC, 6, 0, 9, 0, 6},
    {"static, the other wins", FALLBACK_STATIC, 6, 0, 7, 8, 8},
    {"static, clamped by max", FALLBACK_STATIC, 500, 0, 60, 0, 100},
    {"static, raised to min", FALLBACK_STATIC, 1, 3, 5, 0, 3},
    {"static 0 with pods", FALLBACK_STATIC, 0, 0, 5, 0, 1},
    {"static 0 from 0: active all the same", FALLBACK_STATIC, 0, 0, 0, 0, 1},
    {"static from 0, straight", FALLBACK_STATIC, 6, 0, 0, 0, 6},
    {"current", FALLBACK_CURRENT_REPLICAS, 6, 0, 4, 0, 4},
    {"current from 0", FALLBACK_CURRENT_REPLICAS, 6, 0, 0, 0, 1},
    {"current, the other wins", FALLBACK_CURRENT_REPLICAS, 6, 0, 4, 5, 5},
    {"if higher, lower", FALLBACK_CURRENT_REPLICAS_IF_HIGHER, 6, 0, 4, 0, 6},
    {"if higher, higher", FALLBACK_CURRENT_REPLICAS_IF_HIGHER, 6, 0, 9, 0, 9},
    {"if lower, lower", FALLBACK_CURRENT_REPLICAS_IF_LOWER, 6, 0, 4, 0, 4},
    {"if lower, higher", FALLBACK_CURRENT_REPLICAS_IF_LOWER, 6, 0, 9, 0, 6},
};

static void fixture_of(struct fixture *fixture, const struct row *row)
{
    fixture_init(fixture, 2);
    fixture_replicas(fixture, row->replicas);
    fixture->policy.min = row->min;
    fixture->policy.fallback = (struct fallback_policy){
        .set = true, .failure_threshold = 3, .replicas = row->fallback, .behavior = row->behavior};
    fixture_value(fixture, 1, row->other);
}

START_TEST(behaviors)
{
    const struct row *row = &rows[_i];
    struct fixture fixture;
    fixture_of(&fixture, row);
    fixture_fail(&fixture, 0, 3);
    ck_assert_msg(!fixture.decision.fallback_active, "%s: the threshold is not yet passed", row->name);
    ck_assert_msg(fixture.decision.error, "%s: the error is told until then", row->name);
    fixture_forget(&fixture);
    fixture_fail(&fixture, 0, 1);
    ck_assert_msg(fixture.decision.replicas == row->expect, "%s: got %d", row->name,
                  fixture.decision.replicas);
    ck_assert_msg(fixture.decision.fallback_active && fixture.decision.fallback_changed, "%s", row->name);
    ck_assert_msg(!fixture.decision.error && fixture.decision.active, "%s", row->name);
    ck_assert_msg(fixture.decision.triggers[0].in_fallback && fixture.decision.triggers[0].active, "%s",
                  row->name);
    ck_assert_uint_eq(fixture.decision.triggers[0].failures, 4);
    fixture_fail(&fixture, 0, 1);
    ck_assert_msg(fixture.decision.fallback_active && !fixture.decision.fallback_changed, "%s", row->name);
    fixture_done(&fixture);
}
END_TEST

static void set_fallback(struct fixture *fixture, int32_t threshold, int32_t replicas)
{
    fixture->policy.fallback =
        (struct fallback_policy){.set = true, .failure_threshold = threshold, .replicas = replicas};
}

START_TEST(threshold_zero_is_the_first_failure)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 2);
    set_fallback(&fixture, 0, 4);
    fixture_fail(&fixture, 0, 1);
    ck_assert_int_eq(fixture.decision.replicas, 4);
    ck_assert_int_eq(fixture.decision.reason, DECIDE_FALLBACK);
    ck_assert_int_eq(fixture_step(&fixture, LIMIT_FALLBACK)->to, 4);
    fixture_done(&fixture);
}
END_TEST

START_TEST(success_ends_it)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 4);
    set_fallback(&fixture, 0, 4);
    fixture_fail(&fixture, 0, 1);
    fixture_value(&fixture, 0, 4);
    (void)fixture_decide(&fixture);
    ck_assert(!fixture.decision.fallback_active && fixture.decision.fallback_changed);
    ck_assert_uint_eq(fixture.decision.triggers[0].failures, 0);
    fixture_done(&fixture);
}
END_TEST

START_TEST(one_answer_counts_once)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 4);
    fixture_state(&fixture, 0, READING_ERROR);
    for (int i = 0; i < 5; i++) {
        fixture.now_ms += 1000; /* decided upon again without a new answer */
        (void)fixture_decide(&fixture);
    }
    ck_assert_uint_eq(fixture.decision.triggers[0].failures, 1);
    fixture_fail(&fixture, 0, 2);
    ck_assert_uint_eq(fixture.decision.triggers[0].failures, 3);
    fixture_done(&fixture);
}
END_TEST

START_TEST(pending_is_no_failure_and_ends_no_fallback)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 4);
    set_fallback(&fixture, 0, 4);
    fixture_state(&fixture, 0, READING_PENDING);
    (void)fixture_decide(&fixture);
    ck_assert(!fixture.decision.fallback_active);
    ck_assert_uint_eq(fixture.decision.triggers[0].failures, 0);
    fixture_fail(&fixture, 0, 1);
    fixture_state(&fixture, 0, READING_PENDING); /* restarted meanwhile */
    (void)fixture_decide(&fixture);
    ck_assert(fixture.decision.fallback_active && !fixture.decision.fallback_changed);
    fixture_done(&fixture);
}
END_TEST

START_TEST(scaling_modifiers_leave_it_to_the_formula)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 4);
    set_fallback(&fixture, 0, 9);
    fixture.policy.fallback.behavior = FALLBACK_SCALING_MODIFIERS;
    fixture_fail(&fixture, 0, 3);
    ck_assert(!fixture.decision.fallback_active && fixture.decision.error);
    ck_assert_int_eq(fixture.decision.replicas, 4);
    fixture_done(&fixture);
}
END_TEST

START_TEST(an_impossible_fallback_is_none)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 4);
    set_fallback(&fixture, -1, 9);
    fixture_fail(&fixture, 0, 3);
    ck_assert(!fixture.decision.fallback_active);
    set_fallback(&fixture, 0, -9);
    fixture_fail(&fixture, 0, 3);
    ck_assert(!fixture.decision.fallback_active);
    ck_assert_int_eq(fixture.decision.replicas, 4);
    fixture_done(&fixture);
}
END_TEST

/* §3.7, last rows: with fallback.replicas 0 the manifest lets errors rest, but nothing else that is unknown.
 */
START_TEST(fallback_zero_covers_errors_only)
{
    struct fixture fixture;
    fixture_init(&fixture, 2);
    fixture_replicas(&fixture, 5);
    fixture.history.last_active_ms = T0 - SECONDS(1000);
    set_fallback(&fixture, 1000, 0);
    fixture_state(&fixture, 0, READING_ERROR);
    fixture_state(&fixture, 1, READING_PENDING);
    ck_assert_int_eq(fixture_decide(&fixture), 5);
    fixture_value(&fixture, 1, 0);
    fixture.readings[1].partial = true;
    ck_assert_int_eq(fixture_decide(&fixture), 5);
    fixture.readings[1].partial = false;
    ck_assert_int_eq(fixture_decide(&fixture), 0);
    ck_assert_int_eq(fixture.decision.reason, DECIDE_DEACTIVATED);
    fixture_done(&fixture);
}
END_TEST

/* [DS] The field is required beside every behavior; with those that do not put its replicas in a failing
 * trigger's place its 0 does not mean rest. KEDA goes to 0 with all of them. */
START_TEST(a_zero_that_stands_for_nothing_lets_no_error_rest)
{
    static const enum fallback_behavior all[] = {
        FALLBACK_STATIC, FALLBACK_CURRENT_REPLICAS_IF_LOWER, /* these do */
        FALLBACK_CURRENT_REPLICAS, FALLBACK_CURRENT_REPLICAS_IF_HIGHER, FALLBACK_SCALING_MODIFIERS};
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_replicas(&fixture, 5);
    fixture.history.last_active_ms = T0 - SECONDS(1000);
    set_fallback(&fixture, 1000, 0);
    fixture.policy.fallback.behavior = all[_i];
    fixture_state(&fixture, 0, READING_ERROR);
    ck_assert_int_eq(fixture_decide(&fixture), _i < 2 ? 0 : 5);
    ck_assert_int_eq(fixture.decision.reason, _i < 2 ? DECIDE_DEACTIVATED : DECIDE_HELD_UNKNOWN);
    fixture_done(&fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/fallback");
    TCase *tc = tcase_create("fallback");
    tcase_add_loop_test(tc, behaviors, 0, (int)ARRAY_LEN(rows));
    tcase_add_test(tc, threshold_zero_is_the_first_failure);
    tcase_add_test(tc, success_ends_it);
    tcase_add_test(tc, one_answer_counts_once);
    tcase_add_test(tc, pending_is_no_failure_and_ends_no_fallback);
    tcase_add_test(tc, scaling_modifiers_leave_it_to_the_formula);
    tcase_add_test(tc, an_impossible_fallback_is_none);
    tcase_add_test(tc, fallback_zero_covers_errors_only);
    tcase_add_loop_test(tc, a_zero_that_stands_for_nothing_lets_no_error_rest, 0, 5);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

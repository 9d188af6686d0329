/* Unknown is not zero: what each kind of reading may and may not do (spec/keda-engine.md §3.7, design §7). */
#include <math.h>

#include "tests/engine/fixture.h"

struct row {
    const char *name;
    enum reading_state state; /* of trigger 0; trigger 1 answers `other` */
    double value;
    bool partial, missing_is_zero, hold;
    double other;
    int32_t replicas;
    int32_t expect;
    enum decision_reason reason;
    bool error;
};

/* min 0, cooldown long over, no memory: without the unknown everything could go down at once. */
static const struct row rows[] = {
    {"error, other inactive", READING_ERROR, 0, false, false, false, 0, 5, 5, DECIDE_HELD_UNKNOWN, true},
    {"stale, other inactive", READING_STALE, 0, false, false, false, 0, 5, 5, DECIDE_HELD_UNKNOWN, true},
    {"pending, other inactive", READING_PENDING, 0, false, false, false, 0, 5, 5, DECIDE_HELD_UNKNOWN, false},
    {"empty without a rule", READING_EMPTY, 0, false, false, false, 0, 5, 5, DECIDE_HELD_UNKNOWN, true},
    {"nan without a rule", READING_NAN, 0, false, false, false, 0, 5, 5, DECIDE_HELD_UNKNOWN, true},
    {"empty is 0 by rule", READING_EMPTY, 0, false, true, false, 0, 5, 0, DECIDE_DEACTIVATED, false},
    {"nan is 0 by rule", READING_NAN, 0, false, true, false, 0, 5, 0, DECIDE_DEACTIVATED, false},
    {"an ok reading of NaN is 0 by rule", READING_OK, NAN, false, true, false, 0, 5, 0, DECIDE_DEACTIVATED,
     false},
    {"an ok reading of NaN", READING_OK, NAN, false, false, false, 0, 5, 5, DECIDE_HELD_UNKNOWN, true},
    {"an ok reading of Inf", READING_OK, INFINITY, false, false, false, 0, 5, 5, DECIDE_HELD_UNKNOWN, true},
    {"hold switches the rule off: empty", READING_EMPTY, 0, false, true, true, 0, 5, 5, DECIDE_HELD_UNKNOWN,
     true},
    {"hold switches the rule off: nan", READING_NAN, 0, false, true, true, 0, 5, 5, DECIDE_HELD_UNKNOWN,
     true},
    {"partial 0 is not inactive", READING_OK, 0, true, false, false, 0, 5, 5, DECIDE_HELD_UNKNOWN, false},
    {"partial empty is not inactive", READING_EMPTY, 0, true, true, false, 0, 5, 5, DECIDE_HELD_UNKNOWN,
     false},
    {"partial never lowers", READING_OK, 3, true, false, false, 0, 5, 5, DECIDE_HELD_UNKNOWN, false},
    {"partial may raise", READING_OK, 8, true, false, false, 0, 5, 8, DECIDE_SCALED_UP, false},
    {"partial may start", READING_OK, 8, true, false, false, 0, 0, 8, DECIDE_ACTIVATED, false},
    {"error, other lower", READING_ERROR, 0, false, false, false, 3, 5, 5, DECIDE_HELD_UNKNOWN, true},
    {"error, other equal", READING_ERROR, 0, false, false, false, 5, 5, 5, DECIDE_NOTHING, true},
    {"error, other higher", READING_ERROR, 0, false, false, false, 9, 5, 9, DECIDE_SCALED_UP, true},
    {"error, other starts", READING_ERROR, 0, false, false, false, 9, 0, 9, DECIDE_ACTIVATED, true},
    {"pending, other starts", READING_PENDING, 0, false, false, false, 9, 0, 9, DECIDE_ACTIVATED, false},
    {"error at 0", READING_ERROR, 0, false, false, false, 0, 0, 0, DECIDE_NOTHING, true},
    {"error above max", READING_ERROR, 0, false, false, false, 0, 300, 100, DECIDE_MAX, true},
    {"negative is 0", READING_OK, -7, false, false, false, 3, 5, 3, DECIDE_SCALED_DOWN, false},
    {"both known and lower", READING_OK, 2, false, false, false, 3, 5, 3, DECIDE_SCALED_DOWN, false},
};

static void fixture_of(struct fixture *fixture, const struct row *row)
{
    fixture_init(fixture, 2);
    fixture_forget(fixture);
    fixture_replicas(fixture, row->replicas);
    fixture->history.last_active_ms = T0 - SECONDS(3000);
    fixture->policy.hold_unknown = row->hold;
    fixture->triggers[0].missing_is_zero = row->missing_is_zero;
    fixture_value(fixture, 0, row->value);
    fixture->readings[0].state = row->state;
    fixture->readings[0].partial = row->partial;
    fixture_value(fixture, 1, row->other);
}

START_TEST(readings)
{
    const struct row *row = &rows[_i];
    struct fixture fixture;
    fixture_of(&fixture, row);
    int32_t replicas = fixture_decide(&fixture);
    ck_assert_msg(replicas == row->expect, "%s: got %d", row->name, replicas);
    ck_assert_msg(fixture.decision.reason == row->reason, "%s: got %s", row->name,
                  decision_reason_name(fixture.decision.reason));
    ck_assert_msg(fixture.decision.error == row->error, "%s: error", row->name);
    ck_assert_msg(!fixture.decision.all_error, "%s: the other trigger is well", row->name);
    if (row->reason == DECIDE_HELD_UNKNOWN)
        ck_assert_msg(fixture.decision.limited_by & LIMIT_UNKNOWN, "%s", row->name);
    fixture_done(&fixture);
}
END_TEST

START_TEST(outcomes_are_told)
{
    struct fixture fixture;
    fixture_init(&fixture, 3);
    fixture_replicas(&fixture, 5);
    fixture.triggers[0].missing_is_zero = true;
    fixture_state(&fixture, 0, READING_EMPTY);
    fixture_state(&fixture, 1, READING_NAN);
    fixture_value(&fixture, 2, 2.0004);
    (void)fixture_decide(&fixture);
    const struct trigger_outcome *outcomes = fixture.decision.triggers;
    ck_assert(outcomes[0].state == READING_OK && outcomes[0].as_zero && !outcomes[0].active);
    ck_assert(outcomes[0].has_proposal && outcomes[0].proposal == 0 && outcomes[0].failures == 0);
    ck_assert(outcomes[1].state == READING_NAN && !outcomes[1].as_zero && !outcomes[1].has_proposal);
    ck_assert_uint_eq(outcomes[1].failures, 1);
    ck_assert(outcomes[2].active && outcomes[2].value_milli == 2000 && outcomes[2].proposal == 2);
    ck_assert_int_eq(fixture.decision.best, 2);
    ck_assert_int_eq(fixture.decision.best_trigger, 2);
    fixture_done(&fixture);
}
END_TEST

START_TEST(everything_in_error)
{
    struct fixture fixture;
    fixture_init(&fixture, 2);
    fixture_replicas(&fixture, 5);
    fixture_state(&fixture, 0, READING_ERROR);
    fixture_state(&fixture, 1, READING_STALE);
    ck_assert_int_eq(fixture_decide(&fixture), 5);
    ck_assert(fixture.decision.error && fixture.decision.all_error);
    ck_assert_int_eq(fixture.decision.best, -1);
    ck_assert_int_eq(fixture.decision.best_trigger, -1);
    fixture_done(&fixture);
}
END_TEST

START_TEST(nothing_is_recorded_while_unknown)
{
    struct fixture fixture;
    fixture_init(&fixture, 2);
    fixture_forget(&fixture);
    fixture_replicas(&fixture, 5);
    fixture_state(&fixture, 0, READING_ERROR);
    fixture_value(&fixture, 1, 1);
    (void)fixture_decide(&fixture);
    ck_assert_uint_eq(fixture.history.recommendations.len, 0);
    fixture_done(&fixture);
}
END_TEST

START_TEST(no_trigger_is_no_knowledge)
{
    struct fixture fixture;
    fixture_init(&fixture, 0);
    fixture_replicas(&fixture, 5);
    ck_assert_int_eq(fixture_decide(&fixture), 5);
    fixture_done(&fixture);
}
END_TEST

START_TEST(a_target_of_zero_says_nothing)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_forget(&fixture);
    fixture_replicas(&fixture, 5);
    fixture.triggers[0].target_milli = 0;
    fixture_value(&fixture, 0, 3);
    ck_assert_int_eq(fixture_decide(&fixture), 5);
    ck_assert_int_eq(fixture.decision.reason, DECIDE_HELD_UNKNOWN);
    fixture_done(&fixture);
}
END_TEST

START_TEST(value_needs_the_pods)
{
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture_forget(&fixture);
    fixture_replicas(&fixture, 5);
    fixture.triggers[0].type = METRIC_VALUE;
    fixture.target.has_pods = false;
    fixture_value(&fixture, 0, 3);
    ck_assert_int_eq(fixture_decide(&fixture), 5);
    ck_assert_int_eq(fixture.decision.reason, DECIDE_HELD_UNKNOWN);
    ck_assert(fixture.decision.active && !fixture.decision.error);

    fixture.target.has_pods = true; /* none listed: an error of the metric as well */
    fixture.target.pods = fixture.target.ready_pods = 0;
    ck_assert_int_eq(fixture_decide(&fixture), 5);

    fixture.target.pods = 5;
    fixture.target.ready_pods = 2;
    ck_assert_int_eq(fixture_decide(&fixture), 6);

    fixture_replicas(&fixture, 0); /* from zero no pods are needed */
    fixture.target.has_pods = false;
    ck_assert_int_eq(fixture_decide(&fixture), 3);
    fixture_done(&fixture);
}
END_TEST

/* cpu and memory: no say between 0 and 1, no trigger error, but no lowering without them either. */
START_TEST(replica_proposals)
{
    struct fixture fixture;
    fixture_init(&fixture, 2);
    fixture_forget(&fixture);
    fixture_replicas(&fixture, 5);
    fixture.triggers[0].type = METRIC_REPLICAS;
    fixture_value(&fixture, 0, 9);
    fixture_value(&fixture, 1, 0);
    fixture.history.last_active_ms = T0 - SECONDS(10);
    ck_assert_int_eq(fixture_decide(&fixture), 9); /* cooldown: followed */
    ck_assert(!fixture.decision.active && !fixture.decision.triggers[0].active);

    fixture_state(&fixture, 0, READING_ERROR);
    fixture_value(&fixture, 1, 2);
    ck_assert_int_eq(fixture_decide(&fixture), 5);
    ck_assert(!fixture.decision.error);
    ck_assert_uint_eq(fixture.decision.triggers[0].failures, 0);

    fixture.history.last_active_ms = T0 - SECONDS(1000);
    fixture_value(&fixture, 1, 0);
    ck_assert_int_eq(fixture_decide(&fixture), 0);

    fixture.policy.triggers_len = 1; /* only cpu: always active */
    fixture_replicas(&fixture, 0);
    ck_assert_int_eq(fixture_decide(&fixture), 1);
    ck_assert(fixture.decision.active);
    fixture_done(&fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/unknown");
    TCase *tc = tcase_create("unknown");
    tcase_add_loop_test(tc, readings, 0, (int)ARRAY_LEN(rows));
    tcase_add_test(tc, outcomes_are_told);
    tcase_add_test(tc, everything_in_error);
    tcase_add_test(tc, nothing_is_recorded_while_unknown);
    tcase_add_test(tc, no_trigger_is_no_knowledge);
    tcase_add_test(tc, a_target_of_zero_says_nothing);
    tcase_add_test(tc, value_needs_the_pods);
    tcase_add_test(tc, replica_proposals);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

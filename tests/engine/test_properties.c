/* What must hold whatever the manifest, the past and the readings are: seeded random lives of objects. */
#include "scaler/engine/hpa.h"
#include "scaler/engine/rate_limit.h"
#include "tests/engine/fixture.h"

#define LIVES 150
#define TURNS 60

static bool chance(uint64_t *seed, int32_t percent)
{
    return random_below(seed, 100) < percent;
}

static void random_rules(uint64_t *seed, struct scaling_rules *rules)
{
    rules->has_window = chance(seed, 50);
    rules->window_s = rules->has_window ? random_below(seed, 120) : 0;
    rules->select = (enum scaling_select)random_below(seed, 3);
    rules->has_tolerance = chance(seed, 20);
    rules->tolerance = rules->has_tolerance ? random_below(seed, 50) / 100.0 : 0;
    rules->has_policies = chance(seed, 60);
    if (!rules->has_policies)
        return;
    rules->policies_len = 1 + (uint32_t)random_below(seed, 3);
    for (uint32_t i = 0; i < rules->policies_len; i++)
        rules->policies[i] = (struct scaling_policy){(enum scaling_policy_type)random_below(seed, 2),
                                                     1 + random_below(seed, 120), 1 + random_below(seed, 90)};
}

static void random_behavior(uint64_t *seed, struct scaling_behavior *behavior)
{
    *behavior = (struct scaling_behavior){.set = chance(seed, 50)};
    if (!behavior->set)
        return;
    random_rules(seed, &behavior->up);
    random_rules(seed, &behavior->down);
    behavior_apply_defaults(behavior);
}

static void random_trigger(uint64_t *seed, struct trigger_policy *trigger)
{
    *trigger = (struct trigger_policy){
        .type = chance(seed, 20) ? METRIC_VALUE : METRIC_AVERAGE_VALUE,
        .target_milli = 1 + random_below(seed, 5000),
        .activation = chance(seed, 40) ? random_below(seed, 30) : 0,
        .missing_is_zero = chance(seed, 30),
    };
}

static void random_policy(uint64_t *seed, struct fixture *fixture)
{
    struct policy *policy = &fixture->policy;
    fixture_init(fixture, 1 + (uint32_t)random_below(seed, FIXTURE_TRIGGERS));
    policy->max = 1 + random_below(seed, 60);
    policy->min = chance(seed, 50) ? random_below(seed, policy->max + 1) : 0;
    policy->has_idle = chance(seed, 30);
    policy->idle = policy->has_idle && policy->min > 1 ? random_below(seed, policy->min) : 0;
    policy->cooldown_ms = SECONDS(random_below(seed, 60));
    policy->initial_cooldown_ms = SECONDS(random_below(seed, 4000));
    policy->hold_unknown = chance(seed, 20);
    policy->fallback = (struct fallback_policy){.set = chance(seed, 40),
                                                .failure_threshold = random_below(seed, 4),
                                                .replicas = random_below(seed, 20),
                                                .behavior = (enum fallback_behavior)random_below(seed, 5)};
    policy->pause.scale_in = chance(seed, 10);
    policy->pause.scale_out = chance(seed, 10);
    policy->pause.force_activation = chance(seed, 5);
    random_behavior(seed, &policy->behavior);
    for (uint32_t i = 0; i < policy->triggers_len; i++)
        random_trigger(seed, &fixture->triggers[i]);
    fixture_replicas(fixture, random_below(seed, 70));
}

static void random_readings(uint64_t *seed, struct fixture *fixture)
{
    for (uint32_t i = 0; i < fixture->policy.triggers_len; i++) {
        fixture_value(fixture, i, chance(seed, 30) ? 0 : random_below(seed, 60000) / 1000.0);
        if (chance(seed, 25))
            fixture_state(fixture, i, (enum reading_state)random_below(seed, 6));
        fixture->readings[i].partial = chance(seed, 5);
    }
}

/* Now and then somebody else scales, or pods are not ready. */
static void random_world(uint64_t *seed, struct fixture *fixture)
{
    fixture->now_ms += random_below(seed, 30000);
    if (chance(seed, 3))
        fixture_replicas(fixture, random_below(seed, 70));
    if (chance(seed, 5))
        fixture->target.ready_pods = random_below(seed, fixture->target.pods + 1);
    if (chance(seed, 5))
        fixture->target.has_pods = false;
}

/* Something is unknown that no rule of the manifest covers. */
static bool uncovered_unknown(const struct fixture *fixture)
{
    const struct fallback_policy *fallback = &fixture->policy.fallback;
    bool errors_rest = fallback->set && fallback->replicas == 0;
    for (uint32_t i = 0; i < fixture->policy.triggers_len; i++) {
        const struct trigger_outcome *outcome = &fixture->decision.triggers[i];
        if (outcome->in_fallback)
            continue;
        if (outcome->state == READING_PENDING ||
            (outcome->state == READING_OK && fixture->readings[i].partial))
            return true;
        if (outcome->state != READING_OK && !errors_rest)
            return true;
    }
    return false;
}

static void check_bounds(const struct fixture *fixture, int life, int turn)
{
    const struct policy *policy = &fixture->policy;
    const struct decision *decision = &fixture->decision;
    int32_t low = policy->min > 1 ? policy->min : 1, replicas = decision->replicas;
    bool at_rest = replicas == 0 || (policy->has_idle && replicas <= policy->idle);
    ck_assert_msg(at_rest || (replicas >= low && replicas <= policy->max), "life %d turn %d: %d", life, turn,
                  replicas);
    if (at_rest && replicas != decision->current)
        ck_assert_int_eq(decision->reason, DECIDE_DEACTIVATED);
    if (replicas < decision->current && uncovered_unknown(fixture))
        ck_assert_msg(replicas == policy->max, "life %d turn %d: lowered to %d while unknown", life, turn,
                      replicas);
    ck_assert(decision->recheck_ms == 0 || decision->recheck_ms > fixture->now_ms);
    ck_assert(decision->replicas != decision->current || !decision->from_zero);
}

START_TEST(bounds_and_unknown)
{
    uint64_t seed = 1000 + (uint64_t)_i;
    struct fixture fixture;
    random_policy(&seed, &fixture);
    for (int turn = 0; turn < TURNS; turn++) {
        random_world(&seed, &fixture);
        random_readings(&seed, &fixture);
        (void)fixture_decide(&fixture);
        check_bounds(&fixture, _i, turn);
        (void)fixture_turn(&fixture);
    }
    fixture_done(&fixture);
}
END_TEST

static void copy_history(struct fixture *copy, const struct fixture *original)
{
    json_t *saved = history_save(&original->history);
    *copy = *original;
    copy->policy.triggers = copy->triggers;
    history_init(&copy->history);
    ck_assert_int_eq(history_restore(&copy->history, saved, original->now_ms, NULL), 0);
    json_decref(saved);
}

/* Same state, same other readings: more load on one trigger never means fewer replicas. */
START_TEST(more_load_never_fewer_replicas)
{
    uint64_t seed = 5000 + (uint64_t)_i;
    struct fixture fixture;
    random_policy(&seed, &fixture);
    fixture.policy.pause.scale_out =
        false; /* [Q] it stops an activation, not the raise of an inactive one to min */
    for (int turn = 0; turn < TURNS; turn++) {
        struct fixture more;
        random_world(&seed, &fixture);
        random_readings(&seed, &fixture);
        fixture.target.ready_pods =
            fixture.target.pods; /* a ratio times fewer pods than there are is no measure */
        uint32_t at = (uint32_t)random_below(&seed, (int32_t)fixture.policy.triggers_len);
        copy_history(&more, &fixture);
        if (more.readings[at].state == READING_OK) {
            more.readings[at].value += random_below(&seed, 40000) / 1000.0;
            more.readings[at].activity = more.readings[at].value;
        }
        int32_t with_more = fixture_decide(&more), with_less = fixture_decide(&fixture);
        ck_assert_msg(with_more >= with_less, "life %d turn %d: %d < %d", _i, turn, with_more, with_less);
        fixture_done(&more);
        (void)fixture_turn(&fixture);
    }
    fixture_done(&fixture);
}
END_TEST

static void check_same(const struct decision *a, const struct decision *b)
{
    ck_assert_int_eq(a->replicas, b->replicas);
    ck_assert_int_eq(a->best, b->best);
    ck_assert_int_eq(a->reason, b->reason);
    ck_assert_uint_eq(a->limited_by, b->limited_by);
    ck_assert_int_eq(a->active, b->active);
    ck_assert_int_eq(a->fallback_active, b->fallback_active);
    ck_assert_int_eq(a->fallback_changed, b->fallback_changed);
    ck_assert_int_eq(a->recheck_ms, b->recheck_ms);
    ck_assert_uint_eq(a->steps_len, b->steps_len);
    for (uint32_t i = 0; i < a->steps_len; i++) {
        ck_assert_int_eq(a->steps[i].limit, b->steps[i].limit);
        ck_assert_int_eq(a->steps[i].from, b->steps[i].from);
        ck_assert_int_eq(a->steps[i].to, b->steps[i].to);
        ck_assert_int_eq(a->steps[i].at_ms, b->steps[i].at_ms);
    }
    for (uint32_t i = 0; i < a->triggers_len; i++)
        ck_assert_uint_eq(a->triggers[i].failures, b->triggers[i].failures);
}

START_TEST(a_restart_changes_nothing)
{
    uint64_t seed = 9000 + (uint64_t)_i;
    struct fixture fixture, restarted;
    random_policy(&seed, &fixture);
    int restart_at = random_below(&seed, TURNS / 2);
    for (int turn = 0; turn < restart_at; turn++) {
        random_world(&seed, &fixture);
        random_readings(&seed, &fixture);
        (void)fixture_turn(&fixture);
    }
    copy_history(&restarted, &fixture);
    for (int turn = 0; turn < TURNS / 2; turn++) {
        random_world(&seed, &fixture);
        random_readings(&seed, &fixture);
        restarted.target = fixture.target;
        restarted.now_ms = fixture.now_ms;
        memcpy(restarted.readings, fixture.readings, sizeof(fixture.readings));
        (void)fixture_turn(&fixture);
        (void)fixture_turn(&restarted);
        check_same(&fixture.decision, &restarted.decision);
    }
    fixture_done(&restarted);
    fixture_done(&fixture);
}
END_TEST

/* While a target runs and min ≥ 1, decide() is the HPA: the same sizes as a whole pass of hpa.h, turn for
 * turn. */
static void hpa_of(const struct fixture *fixture, struct hpa_metric *metrics, struct hpa_spec *ret)
{
    for (uint32_t i = 0; i < fixture->policy.triggers_len; i++)
        metrics[i] = (struct hpa_metric){.type = HPA_METRIC_OBJECT,
                                         .resource = "",
                                         .container = "",
                                         .target_type = HPA_TARGET_AVERAGE_VALUE,
                                         .has_average_value = true,
                                         .average_value_milli = fixture->triggers[i].target_milli};
    *ret = (struct hpa_spec){.min = fixture->policy.min,
                             .max = fixture->policy.max,
                             .metrics = metrics,
                             .metrics_len = fixture->policy.triggers_len,
                             .behavior = fixture->policy.behavior,
                             .gate_tolerance = true,
                             .zero_rule = HPA_ZERO_LEGACY};
}

START_TEST(as_the_hpa_between_min_and_max)
{
    uint64_t seed = 13000 + (uint64_t)_i;
    struct fixture fixture;
    struct hpa_metric metrics[FIXTURE_TRIGGERS];
    struct hpa_spec spec;
    struct hpa_controller controller = {0.1, 300, RATE_UP_FACTOR, RATE_UP_MINIMUM, 0, 0};
    struct hpa_status status = {0};
    struct history history;
    random_policy(&seed, &fixture);
    fixture.policy.min = 1 + random_below(&seed, fixture.policy.max);
    fixture.policy.has_idle = false;
    fixture.policy.pause = (struct pause_policy){0};
    fixture.policy.triggers_len = 1;
    fixture.triggers[0].type = METRIC_AVERAGE_VALUE;
    fixture_replicas(&fixture, 1 + random_below(&seed, 70));
    history_init(&history);
    hpa_of(&fixture, metrics, &spec);
    for (int turn = 0; turn < TURNS; turn++) {
        fixture.now_ms += random_below(&seed, 40000);
        double value = random_below(&seed, 60000);
        struct hpa_world world = {.spec_replicas = fixture.target.spec_replicas,
                                  .status_replicas = fixture.target.status_replicas,
                                  .has_object = true,
                                  .object_milli = (int64_t)value};
        fixture_value(&fixture, 0, value / 1000.0);
        int32_t current = fixture.target.spec_replicas;
        ck_assert_int_eq(hpa_pass(&spec, &controller, &world, &history, fixture.now_ms, &status, NULL), 0);
        ck_assert_msg(fixture_turn(&fixture) == status.desired, "life %d turn %d: from %d: %d, the HPA: %d",
                      _i, turn, current, fixture.decision.replicas, status.desired);
    }
    history_done(&history);
    fixture_done(&fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/properties");
    TCase *tc = tcase_create("properties");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, bounds_and_unknown, 0, LIVES);
    tcase_add_loop_test(tc, more_load_never_fewer_replicas, 0, LIVES);
    tcase_add_loop_test(tc, a_restart_changes_nothing, 0, LIVES);
    tcase_add_loop_test(tc, as_the_hpa_between_min_and_max, 0, LIVES);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

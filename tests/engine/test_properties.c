/* What must hold at every instant whatever the manifest, the past and the readings are: seeded random lives
 * of objects. What holds over time: test_properties_time.c. */
#include "scaler/engine/hpa.h"
#include "scaler/engine/rate_limit.h"
#include "tests/engine/random_life.h"

#define TURNS 50

/* The manifest's rules on what is unknown, said anew (not taken from a decision): what they cover is no
 * unknown any more. Failures are counted by answers, a stale reading each time it is looked at. */
struct ledger {
    uint32_t failures[FIXTURE_TRIGGERS];
    int64_t counted_ms[FIXTURE_TRIGGERS];
};

struct unknowns {
    bool hard;      /* pending or partial: nothing covers it */
    bool error;     /* not covered by fallback nor as 0 */
    bool resources; /* cpu or memory without an answer: no lowering between min and max */
};

static enum reading_state manifest_state(const struct fixture *fixture, uint32_t at)
{
    const struct reading *reading = &fixture->readings[at];
    const struct trigger_policy *trigger = &fixture->triggers[at];
    bool finite = isfinite(reading->value);
    enum reading_state state = reading->state == READING_OK && !finite ? READING_NAN : reading->state;
    bool missing = state == READING_EMPTY || state == READING_NAN;
    bool zero = missing && trigger->missing_is_zero && !fixture->policy.hold_unknown;
    return zero && trigger->type != METRIC_REPLICAS ? READING_OK : state;
}

static void count(struct ledger *ledger, const struct fixture *fixture, uint32_t at)
{
    enum reading_state state = manifest_state(fixture, at);
    int64_t at_ms = fixture->readings[at].at_ms;
    if (state == READING_OK)
        ledger->failures[at] = 0;
    else if (state != READING_PENDING &&
             !(state != READING_STALE && ledger->failures[at] > 0 && ledger->counted_ms[at] == at_ms)) {
        ledger->failures[at]++;
        ledger->counted_ms[at] = at_ms;
    }
}

static bool covered_by_fallback(const struct fixture *fixture, const struct ledger *ledger, uint32_t at)
{
    const struct fallback_policy *fallback = &fixture->policy.fallback;
    return fallback->set && fallback->behavior != FALLBACK_SCALING_MODIFIERS &&
           ledger->failures[at] > (uint32_t)fallback->failure_threshold;
}

static void look_at(const struct fixture *fixture, struct ledger *ledger, uint32_t at, struct unknowns *ret)
{
    bool partial = fixture->readings[at].partial;
    enum reading_state state = manifest_state(fixture, at);
    if (fixture->triggers[at].type == METRIC_REPLICAS) {
        ret->resources = ret->resources || state != READING_OK || partial;
        return;
    }
    count(ledger, fixture, at);
    if (state == READING_OK)
        ret->hard = ret->hard || partial;
    else if (!covered_by_fallback(fixture, ledger, at)) {
        ret->hard = ret->hard || state == READING_PENDING;
        ret->error = ret->error || state != READING_PENDING;
    }
}

static struct unknowns unknowns_of(const struct fixture *fixture, struct ledger *ledger)
{
    struct unknowns unknowns = {0};
    if (is_paused(fixture)) /* nobody is asked, nothing is counted */
        return unknowns;
    for (uint32_t i = 0; i < fixture->policy.triggers_len; i++)
        look_at(fixture, ledger, i, &unknowns);
    return unknowns;
}

/* [Q] KEDA lets an object in error rest if its fallback says 0 replicas; here it has to mean them, too. */
static bool may_rest(const struct fixture *fixture, const struct unknowns *unknowns)
{
    const struct fallback_policy *fallback = &fixture->policy.fallback;
    bool zero =
        fallback->set && fallback->replicas == 0 &&
        (fallback->behavior == FALLBACK_STATIC || fallback->behavior == FALLBACK_CURRENT_REPLICAS_IF_LOWER);
    return !unknowns->hard && (!unknowns->error || zero);
}

static void check_unknown_never_lowers(const struct fixture *fixture, const struct unknowns *unknowns,
                                       const char *where)
{
    const struct decision *decision = &fixture->decision;
    int32_t high = fixture->policy.max;
    if (decision->replicas >= decision->current || is_paused(fixture))
        return;
    if (decision->reason == DECIDE_DEACTIVATED)
        ck_assert_msg(may_rest(fixture, unknowns), "%s: rests while unknown", where);
    else if (decision->current > high)
        ck_assert_msg(decision->replicas == high, "%s: %d, more than to max", where, decision->replicas);
    else
        ck_assert_msg(!unknowns->hard && !unknowns->error && !unknowns->resources,
                      "%s: lowered from %d to %d while unknown", where, decision->current,
                      decision->replicas);
}

static void check_paused(const struct fixture *fixture, const char *where)
{
    const struct pause_policy *pause = &fixture->policy.pause;
    const struct decision *decision = &fixture->decision;
    int32_t wanted = pause->has_replicas && pause->replicas >= 0 ? pause->replicas : decision->current;
    ck_assert_msg(decision->replicas == wanted && decision->reason == DECIDE_PAUSED,
                  "%s: paused at %d, not %d", where, wanted, decision->replicas);
}

static void check_bounds(const struct fixture *fixture, const char *where)
{
    const struct policy *policy = &fixture->policy;
    const struct decision *decision = &fixture->decision;
    int32_t low = policy->min > 1 ? policy->min : 1, replicas = decision->replicas;
    bool at_rest = replicas == 0 || (policy->has_idle && replicas <= policy->idle);
    ck_assert_msg(at_rest || (replicas >= low && replicas <= policy->max), "%s: %d", where, replicas);
    if (at_rest && replicas != decision->current)
        ck_assert_msg(decision->reason == DECIDE_DEACTIVATED, "%s: rests for another reason", where);
    if (policy->pause.scale_in && decision->current <= policy->max)
        ck_assert_msg(replicas >= decision->current, "%s: lowered though paused in", where);
    ck_assert(decision->recheck_ms == 0 || decision->recheck_ms > fixture->now_ms);
    ck_assert(decision->replicas != decision->current || !decision->from_zero);
    ck_assert(decision->steps_len <= DECISION_STEPS_MAX);
}

/* The chain of steps leads to the result, where there is a chain. */
static void check_account(const struct fixture *fixture, const char *where)
{
    const struct decision *decision = &fixture->decision;
    for (uint32_t i = 0; i < decision->steps_len; i++)
        ck_assert_msg(decision->limited_by & (unsigned)decision->steps[i].limit, "%s: step %u has no bit",
                      where, i);
    ck_assert_msg(decision->best < 0 || decision->best_trigger >= 0, "%s: a best of nobody", where);
    ck_assert_msg(decision->reason != DECIDE_NOTHING || decision->replicas == decision->current,
                  "%s: changed for no reason", where);
}

static const char *place(char buf[80], int loop, int life, int turn)
{
    (void)snprintf(buf, 80, "loop %d life %d turn %d", loop, life, turn);
    return buf;
}

static void live_within_bounds(int loop, int life)
{
    char where[80];
    uint64_t seed = life_seed(1, loop, life);
    struct fixture fixture;
    struct ledger ledger = {0};
    random_policy(&seed, &fixture);
    for (int turn = 0; turn < TURNS; turn++) {
        place(where, loop, life, turn);
        random_world(&seed, &fixture);
        random_readings(&seed, &fixture);
        struct unknowns unknowns = unknowns_of(&fixture, &ledger);
        (void)fixture_turn(&fixture);
        check_unknown_never_lowers(&fixture, &unknowns, where);
        if (is_paused(&fixture)) {
            check_paused(&fixture, where);
            fixture.policy.pause.paused = fixture.policy.pause.has_replicas = !chance(&seed, 40);
        } else {
            check_bounds(&fixture, where);
            check_account(&fixture, where);
        }
    }
    fixture_done(&fixture);
}

START_TEST(bounds_and_unknown)
{
    for (int life = 0; life < life_count(); life++)
        live_within_bounds(_i, life);
}
END_TEST

/* [Q] What the HPA's rules themselves do not keep monotonic: a Value target's ratio times fewer ready pods
 * than there are; paused-scale-out, which stops an activation but not the raise of an inactive object to min.
 */
static bool is_monotonic(const struct fixture *fixture)
{
    bool resting = fixture->target.spec_replicas < (fixture->policy.min > 1 ? fixture->policy.min : 1);
    if (fixture->policy.pause.scale_out && resting)
        return false;
    for (uint32_t i = 0; i < fixture->policy.triggers_len; i++)
        if (fixture->triggers[i].type == METRIC_VALUE &&
            fixture->target.ready_pods != fixture->target.spec_replicas)
            return false;
    return fixture->target.status_replicas == fixture->target.spec_replicas;
}

static void add_load(uint64_t *seed, struct fixture *fixture, uint32_t at)
{
    struct reading *reading = &fixture->readings[at];
    double more = chance(seed, 50) ? random_below(seed, 40000) / 1000.0
                                   : fabs(reading->value) * random_below(seed, 300) / 1000.0;
    if (fixture->triggers[at].type == METRIC_REPLICAS)
        more = random_below(seed, 5);
    reading->value += more;
    reading->activity += more;
}

/* Same state, same other readings: more load on one trigger never means fewer replicas. */
static void live_under_more_load(int loop, int life)
{
    uint64_t seed = life_seed(2, loop, life);
    struct fixture fixture;
    random_policy(&seed, &fixture);
    for (int turn = 0; turn < TURNS; turn++) {
        struct fixture more;
        random_world(&seed, &fixture);
        random_readings(&seed, &fixture);
        uint32_t at = (uint32_t)random_below(&seed, (int32_t)fixture.policy.triggers_len);
        copy_life(&more, &fixture);
        if (more.readings[at].state == READING_OK && isfinite(more.readings[at].value))
            add_load(&seed, &more, at);
        int32_t with_more = fixture_decide(&more), with_less = fixture_decide(&fixture);
        if (is_monotonic(&fixture))
            ck_assert_msg(with_more >= with_less, "loop %d life %d turn %d: %d < %d", loop, life, turn,
                          with_more, with_less);
        fixture_done(&more);
        (void)fixture_turn(&fixture);
        fixture.policy.pause.paused = fixture.policy.pause.has_replicas = false;
    }
    fixture_done(&fixture);
}

START_TEST(more_load_never_fewer_replicas)
{
    for (int life = 0; life < life_count(); life++)
        live_under_more_load(_i, life);
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

static void begin_as_hpa(uint64_t *seed, struct fixture *fixture)
{
    random_policy(seed, fixture);
    fixture->policy.min = 1 + random_below(seed, fixture->policy.max);
    fixture->policy.has_idle = false;
    fixture->policy.pause = (struct pause_policy){0};
    fixture->policy.triggers_len = 1;
    fixture->triggers[0].type = METRIC_AVERAGE_VALUE;
    fixture->triggers[0].target_milli = 1 + random_below(seed, 5000);
    fixture_replicas(fixture, 1 + random_below(seed, 70));
}

static void live_as_the_hpa(int loop, int life)
{
    uint64_t seed = life_seed(3, loop, life);
    struct fixture fixture;
    struct hpa_metric metrics[FIXTURE_TRIGGERS];
    struct hpa_spec spec;
    struct hpa_status status = {0};
    struct history history;
    begin_as_hpa(&seed, &fixture);
    struct hpa_controller controller = {fixture.policy.tolerance, fixture.policy.down_window_s,
                                        RATE_UP_FACTOR, RATE_UP_MINIMUM, .cpu_initialization_ms = 0};
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
        ck_assert_msg(fixture_turn(&fixture) == status.desired,
                      "loop %d life %d turn %d: from %d: %d, the HPA: %d", loop, life, turn, current,
                      fixture.decision.replicas, status.desired);
    }
    history_done(&history);
    fixture_done(&fixture);
}

START_TEST(as_the_hpa_between_min_and_max)
{
    for (int life = 0; life < life_count(); life++)
        live_as_the_hpa(_i, life);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/properties");
    TCase *tc = tcase_create("properties");
    tcase_set_timeout(tc, 600);
    tcase_add_loop_test(tc, bounds_and_unknown, 0, LOOPS);
    tcase_add_loop_test(tc, more_load_never_fewer_replicas, 0, LOOPS);
    tcase_add_loop_test(tc, as_the_hpa_between_min_and_max, 0, LOOPS);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

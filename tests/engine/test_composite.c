/* Formulas in decide(): what they see, what they give, and what is done when they know nothing. */
#include <math.h>

#include "tests/engine/fixture.h"

enum { A, B, C, CPU }; /* the triggers: three with a name, and one that proposes replicas itself */

static const char *const names[] = {"a", "b", "c"};
static const int32_t inputs[] = {0, 1, 2, -1};

struct world {
    struct fixture base;
    struct formula *formula;
    struct formula_scratch *scratch;
};

/* Target 1, AverageValue; the object is known for long, and may rest at once. */
static void world_init(struct world *world, const char *formula, bool speaks_of_nil, uint32_t triggers)
{
    struct formula_place place;
    struct err err = {0};
    fixture_init(&world->base, triggers);
    fixture_forget(&world->base);
    fixture_replicas(&world->base, 5);
    world->base.triggers[CPU].type = METRIC_REPLICAS;
    ck_assert_msg(formula_compile(formula, names, 3, &world->formula, &place, &err) == 0, "%s: %s", formula,
                  err.msg);
    world->scratch = formula_scratch_new();
    world->base.policy.modifiers = (struct modifiers_policy){.formula = world->formula,
                                                             .scratch = world->scratch,
                                                             .target_milli = 1000,
                                                             .nil_spoken_of = speaks_of_nil,
                                                             .inputs = inputs,
                                                             .inputs_len = 3};
    for (uint32_t i = 0; i < FIXTURE_TRIGGERS; i++)
        fixture_value(&world->base, i, 0);
}

static void world_done(struct world *world)
{
    fixture_done(&world->base);
    formula_free(world->formula);
    formula_scratch_free(world->scratch);
}

static void set_fallback(struct world *world, int32_t threshold, int32_t replicas,
                         enum fallback_behavior behavior)
{
    world->base.policy.fallback = (struct fallback_policy){
        .set = true, .failure_threshold = threshold, .replicas = replicas, .behavior = behavior};
}

/* ---- values ---- */

#define NO_VALUE (-12345.0)

/* Readings as numbers, or as a state with NO_VALUE. */
static const struct row {
    const char *formula;
    bool speaks_of_nil;
    double a;
    enum reading_state a_state;
    double b;
    int32_t from, to;
    enum composite_result result;
    int64_t value_milli;
    bool active, incomplete;
} rows[] = {
    {"a + b", false, 3, READING_OK, 4, 5, 7, COMPOSITE_OK, 7000, true, false},
    {"a > b ? a : b", false, 3, READING_OK, 4, 5, 4, COMPOSITE_OK, 4000, true, false},
    {"a + b", false, 3, READING_OK, 4, 0, 7, COMPOSITE_OK, 7000, true, false},
    {"a - b", false, 1, READING_OK, 4, 5, 0, COMPOSITE_OK, -3000, false, false},
    {"a - b", false, 1, READING_OK, 4, 0, 0, COMPOSITE_OK, -3000, false, false},
    {"a / 3", false, 10, READING_OK, 0, 5, 4, COMPOSITE_OK, 3333, true, false},
    {"0 - a / 3", false, 10, READING_OK, 0, 5, 0, COMPOSITE_OK, -3333, false, false},
    {"a / 10000", false, 9, READING_OK, 0, 5, 0, COMPOSITE_OK, 0, false, false}, /* below a thousandth */
    {"a * 1000000000000000000", false, 1e5, READING_OK, 0, 60, 100, COMPOSITE_OK, INT64_MAX, true, false},
    {"a", false, -7, READING_OK, 0, 5, 0, COMPOSITE_OK, 0, false, false}, /* a metric is never negative */
    {"a * 1000", false, 0.0004, READING_OK, 0, 5, 0, COMPOSITE_OK, 0, false, false}, /* thousandths */
    {"5", false, 0, READING_OK, 0, 1, 4, COMPOSITE_OK, 5000, true, false},           /* HPA: max(2n, 4) */
    {"a", false, 5.4, READING_OK, 0, 5, 5, COMPOSITE_OK, 5400, true, false},         /* tolerance */
    /* failures are unknown, not 0 */
    {"a / b", false, 3, READING_OK, 0, 5, 5, COMPOSITE_ERROR, 0, false, false},
    {"(a - 3) / b", false, 3, READING_OK, 0, 5, 5, COMPOSITE_ERROR, 0, false, false},
    {"a / b", false, 3, READING_OK, 0, 0, 0, COMPOSITE_ERROR, 0, false, false},
    {"a + b", false, NO_VALUE, READING_ERROR, 4, 5, 5, COMPOSITE_ERROR, 0, false, false},
    {"a + b", false, NO_VALUE, READING_ERROR, 40, 5, 5, COMPOSITE_ERROR, 0, false, false},
    {"a + b", false, NO_VALUE, READING_EMPTY, 4, 5, 5, COMPOSITE_ERROR, 0, false, false},
    {"a + b", false, NO_VALUE, READING_NAN, 4, 5, 5, COMPOSITE_ERROR, 0, false, false},
    {"a + b", false, INFINITY, READING_OK, 4, 5, 5, COMPOSITE_ERROR, 0, false, false},
    /* the manifest says what a failing trigger means: followed between 1 and max, but an error wakes nothing
       and lets nothing rest */
    {"(a ?? 0) + b", true, NO_VALUE, READING_ERROR, 2, 5, 2, COMPOSITE_OK, 2000, true, false},
    {"(a ?? 0) + b", true, NO_VALUE, READING_ERROR, 9, 5, 9, COMPOSITE_OK, 9000, true, false},
    {"(a ?? 0) + b", true, NO_VALUE, READING_ERROR, 0, 5, 1, COMPOSITE_OK, 0, false, false},
    {"(a ?? 0) + b", true, NO_VALUE, READING_ERROR, 9, 0, 0, COMPOSITE_OK, 9000, true, false},
    {"(a ?? 0) + b", true, NO_VALUE, READING_EMPTY, 2, 5, 2, COMPOSITE_OK, 2000, true, false},
    {"a == nil ? b : a", true, NO_VALUE, READING_ERROR, 2, 5, 2, COMPOSITE_OK, 2000, true, false},
    /* it does not: only upwards */
    {"b > 3 ? b : a", false, NO_VALUE, READING_ERROR, 4, 5, 5, COMPOSITE_OK, 4000, true, true},
    {"b > 3 ? b : a", false, NO_VALUE, READING_ERROR, 9, 5, 9, COMPOSITE_OK, 9000, true, true},
    {"a == 3 ? 9 : 1", false, NO_VALUE, READING_ERROR, 0, 5, 5, COMPOSITE_OK, 1000, true, true},
    {"(a ?? 0) + b", true, NO_VALUE, READING_STALE, 2, 5, 5, COMPOSITE_OK, 2000, true, true},
    {"(a ?? 0) + b", true, NO_VALUE, READING_STALE, 9, 5, 9, COMPOSITE_OK, 9000, true, true},
    {"(a ?? 0) + b", true, NO_VALUE, READING_STALE, 0, 5, 5, COMPOSITE_OK, 0, false, true},
    /* nobody has been asked: a `??` speaks of failures */
    {"(a ?? 90) + b", true, NO_VALUE, READING_PENDING, 2, 5, 5, COMPOSITE_PENDING, 0, false, false},
    {"(a ?? 90) + b", true, NO_VALUE, READING_PENDING, 2, 0, 0, COMPOSITE_PENDING, 0, false, false},
    {"b", false, NO_VALUE, READING_PENDING, 2, 5, 5, COMPOSITE_OK, 2000, true, false},
    {"b", false, NO_VALUE, READING_PENDING, 9, 5, 9, COMPOSITE_OK, 9000, true, false},
    /* a trigger that does not occur: its value is nothing to the formula, its error is one of the object */
    {"b", false, NO_VALUE, READING_ERROR, 2, 5, 2, COMPOSITE_OK, 2000, true, false},
    {"b", false, NO_VALUE, READING_ERROR, 0, 5, 1, COMPOSITE_OK, 0, false, false},
    {"b", false, NO_VALUE, READING_ERROR, 9, 0, 0, COMPOSITE_OK, 9000, true, false},
    /* nil, and nothing says what that means */
    {"a ?? nil", true, NO_VALUE, READING_ERROR, 0, 5, 5, COMPOSITE_NIL, 0, false, false},
    {"a ?? nil", true, NO_VALUE, READING_ERROR, 0, 0, 0, COMPOSITE_NIL, 0, false, false},
};

START_TEST(formula)
{
    const struct row *row = &rows[_i];
    struct world world;
    struct fixture *fixture = &world.base;
    world_init(&world, row->formula, row->speaks_of_nil, 2);
    fixture_replicas(fixture, row->from);
    if (row->a_state == READING_OK)
        fixture_value(fixture, A, row->a);
    else
        fixture_state(fixture, A, row->a_state);
    fixture_value(fixture, B, row->b);
    int32_t replicas = fixture_decide(fixture);
    const struct composite_outcome *composite = &fixture->decision.composite;
    ck_assert_msg(replicas == row->to, "%s: from %d to %d, not %d (%s)", row->formula, row->from, replicas,
                  row->to, decision_reason_name(fixture->decision.reason));
    ck_assert_str_eq(composite_result_name(composite->result), composite_result_name(row->result));
    ck_assert_int_eq(composite->value_milli, row->value_milli);
    ck_assert_msg(composite->active == row->active && composite->incomplete == row->incomplete, "%s",
                  row->formula);
    ck_assert_int_eq(composite->state == READING_OK, row->result == COMPOSITE_OK);
    ck_assert_int_eq(*composite->error != '\0', row->result == COMPOSITE_ERROR);
    ck_assert_int_eq(composite->has_proposal, composite->state == READING_OK);
    ck_assert_int_eq(fixture->decision.best, composite->has_proposal ? composite->proposal : -1);
    ck_assert_int_eq(fixture->decision.best_trigger, -1);
    bool error = row->a_state != READING_OK && row->a_state != READING_PENDING;
    ck_assert_int_eq(fixture->decision.error, error || isinf(row->a));
    ck_assert_int_eq(fixture->decision.active, row->active && !error);
    world_done(&world);
}
END_TEST

START_TEST(the_triggers_own_words_do_not_count)
{
    struct world world;
    struct fixture *fixture = &world.base;
    world_init(&world, "a", false, 2);
    fixture->triggers[B].target_milli = 0; /* not even given: the object has a formula */
    fixture_value(fixture, A, 2);
    fixture_value(fixture, B, 90);
    ck_assert_int_eq(fixture_decide(fixture), 2);
    ck_assert(fixture->decision.triggers[B].active && !fixture->decision.triggers[B].has_proposal);
    fixture->triggers[A].activation = 50;
    ck_assert_int_eq(fixture_decide(fixture), 2);
    ck_assert(fixture->decision.active);
    fixture->policy.modifiers.activation = 2; /* greater, not equal */
    fixture->policy.cooldown_ms = 0;
    fixture->now_ms += 1;
    ck_assert_int_eq(fixture_decide(fixture), 0);
    fixture->policy.modifiers.activation = -1;
    fixture_value(fixture, A, 0);
    fixture_decide(fixture);
    ck_assert(fixture->decision.active);
    world_done(&world);
}
END_TEST

START_TEST(partial_and_empty_inputs)
{
    struct world world;
    struct fixture *fixture = &world.base;
    world_init(&world, "a + b", false, 3);
    fixture_value(fixture, A, 2);
    fixture->readings[A].partial = true;
    ck_assert_int_eq(fixture_decide(fixture), 5);
    ck_assert(fixture->decision.composite.incomplete);
    ck_assert_uint_ne(fixture->decision.limited_by & LIMIT_UNKNOWN, 0);
    fixture_value(fixture, A, 0);
    fixture->readings[A].partial = true;
    ck_assert_int_eq(fixture_decide(fixture), 5); /* no rest either */
    fixture->readings[A].partial = false;
    fixture->readings[C].partial = true; /* does not occur */
    fixture_value(fixture, A, 2);
    ck_assert_int_eq(fixture_decide(fixture), 2);

    fixture->triggers[A].missing_is_zero = true;
    fixture_state(fixture, A, READING_EMPTY);
    fixture_value(fixture, B, 3);
    ck_assert_int_eq(fixture_decide(fixture), 3);
    ck_assert_int_eq(fixture->decision.composite.value_milli, 3000);
    fixture->policy.hold_unknown = true; /* empty is not 0 any more */
    ck_assert_int_eq(fixture_decide(fixture), 5);
    ck_assert_int_eq(fixture->decision.composite.result, COMPOSITE_ERROR);
    world_done(&world);
}
END_TEST

/* KEDA passes over an object with a trigger that cannot be built. */
START_TEST(a_trigger_that_cannot_be_asked)
{
    struct world world;
    struct fixture *fixture = &world.base;
    world_init(&world, "(a ?? 0) + b", true, 2);
    fixture->readings[A] = (struct reading){.state = READING_ERROR};
    fixture_value(fixture, B, 2);
    ck_assert_int_eq(fixture_decide(fixture), 5);
    fixture_value(fixture, B, 9);
    ck_assert_int_eq(fixture_decide(fixture), 9);
    world_done(&world);
}
END_TEST

START_TEST(hold_unknown_beats_the_formula)
{
    struct world world;
    struct fixture *fixture = &world.base;
    world_init(&world, "(a ?? 0) + b", true, 2);
    fixture->policy.hold_unknown = true;
    fixture_state(fixture, A, READING_ERROR);
    fixture_value(fixture, B, 2);
    ck_assert_int_eq(fixture_decide(fixture), 5);
    ck_assert_int_eq(fixture->decision.reason, DECIDE_HELD_UNKNOWN);
    fixture_value(fixture, B, 9);
    ck_assert_int_eq(fixture_decide(fixture), 9);
    world_done(&world);
}
END_TEST

/* ---- fallback ---- */

static const struct {
    enum fallback_behavior behavior;
    int32_t replicas, from, to;
    bool active;
} fallbacks[] = {
    {FALLBACK_STATIC, 3, 5, 3, true},
    {FALLBACK_STATIC, 3, 0, 3, true},
    {FALLBACK_STATIC, 9, 5, 9, true},
    {FALLBACK_STATIC, 0, 5, 0, false}, /* target × 0 is not above activationTarget */
    {FALLBACK_STATIC, 0, 0, 0, false},
    {FALLBACK_STATIC, 200, 60, 100, true},
    {FALLBACK_CURRENT_REPLICAS, 9, 5, 5, true},
    {FALLBACK_CURRENT_REPLICAS_IF_HIGHER, 9, 5, 9, true},
    {FALLBACK_CURRENT_REPLICAS_IF_HIGHER, 3, 5, 5, true},
    {FALLBACK_CURRENT_REPLICAS_IF_LOWER, 3, 5, 3, true},
};

START_TEST(a_trigger_in_fallback_replaces_the_formula)
{
    struct world world;
    struct fixture *fixture = &world.base;
    world_init(&world, "a + b", false, 3);
    set_fallback(&world, 2, fallbacks[_i].replicas, fallbacks[_i].behavior);
    fixture->policy.modifiers.target_milli = 2500;
    fixture_replicas(fixture, fallbacks[_i].from);
    fixture_value(fixture, B, 70);
    fixture_fail(fixture, C, 2); /* does not occur: a fallback all the same */
    ck_assert(!fixture->decision.fallback_active);
    fixture_forget(fixture);
    fixture_replicas(fixture, fallbacks[_i].from);
    fixture->history.last_active_ms = T0 - SECONDS(1000);
    fixture_fail(fixture, C, 1);
    ck_assert_int_eq(fixture->decision.replicas, fallbacks[_i].to);
    const struct composite_outcome *composite = &fixture->decision.composite;
    ck_assert_int_eq(composite->result, COMPOSITE_FALLBACK);
    ck_assert_int_eq(composite->value_milli, INT64_C(2500) * composite->proposal);
    ck_assert(fixture->decision.fallback_active && !fixture->decision.error);
    ck_assert_int_eq(fixture->decision.active, fallbacks[_i].active);
    if (fallbacks[_i].active) {
        const struct decision_step *step = fixture_step(fixture, LIMIT_FALLBACK);
        ck_assert(step && step->to == composite->proposal);
    }
    world_done(&world);
}
END_TEST

/* fallback.behavior scalingModifiers: an error until the threshold, then nil and no error. */
START_TEST(a_failing_trigger_becomes_nil)
{
    struct world world;
    struct fixture *fixture = &world.base;
    world_init(&world, "(a ?? 0) + b", true, 2);
    set_fallback(&world, 2, 7, FALLBACK_SCALING_MODIFIERS);
    fixture_value(fixture, B, 0);
    fixture_fail(fixture, A, 2);
    ck_assert(fixture->decision.error && !fixture->decision.triggers[A].as_nil);
    fixture_replicas(fixture, 5);
    fixture_fail(fixture, A, 1);
    ck_assert(!fixture->decision.error && fixture->decision.triggers[A].as_nil);
    ck_assert(!fixture->decision.fallback_active && !fixture->decision.triggers[A].active);
    ck_assert_int_eq(fixture->decision.replicas, 0); /* 0 by the manifest's own word */
    fixture_value(fixture, B, 9);
    fixture_replicas(fixture, 0);
    ck_assert_int_eq(fixture_decide(fixture), 9); /* no error stands in the way */
    fixture_state(fixture, A, READING_STALE);
    fixture_replicas(fixture, 20);
    fixture_forget(fixture);
    ck_assert_int_eq(fixture_decide(fixture), 9);
    fixture_state(fixture, A, READING_PENDING); /* restarted: no answer has ended it */
    ck_assert_int_eq(fixture_decide(fixture), 9);
    fixture_value(fixture, A, 1);
    ck_assert_int_eq(fixture_decide(fixture), 10);
    ck_assert(!fixture->decision.triggers[A].as_nil);
    world_done(&world);
}
END_TEST

START_TEST(nil_without_a_word_for_it_is_unknown)
{
    struct world world;
    struct fixture *fixture = &world.base;
    world_init(&world, "a + b", false, 2);
    set_fallback(&world, 0, 0, FALLBACK_SCALING_MODIFIERS);
    fixture_fail(fixture, A, 3);
    ck_assert(fixture->decision.triggers[A].as_nil && !fixture->decision.error);
    ck_assert_int_eq(fixture->decision.composite.result, COMPOSITE_ERROR);
    ck_assert_int_eq(fixture->decision.replicas, 5);
    ck_assert_int_eq(fixture->decision.reason, DECIDE_HELD_UNKNOWN);
    world_done(&world);
}
END_TEST

/* A nil result is the fallback's replicas; downwards only once the failures are old enough for it. */
START_TEST(a_nil_result_falls_back)
{
    struct world world;
    struct fixture *fixture = &world.base;
    world_init(&world, "a ?? b", true, 2);
    set_fallback(&world, 3, 3, FALLBACK_SCALING_MODIFIERS);
    fixture_state(fixture, A, READING_ERROR);
    fixture_state(fixture, B, READING_ERROR);
    ck_assert_int_eq(fixture_decide(fixture), 5);
    ck_assert(fixture->decision.composite.result == COMPOSITE_NIL_FALLBACK &&
              fixture->decision.composite.incomplete && fixture->decision.error);
    fixture->policy.fallback.replicas = 8;
    ck_assert_int_eq(fixture_decide(fixture), 8);
    fixture->policy.fallback.replicas = 3;
    for (int i = 0; i < 4; i++) {
        fixture_state(fixture, B, READING_ERROR);
        fixture_fail(fixture, A, 1);
        fixture->readings[B].at_ms = fixture->now_ms;
        fixture_decide(fixture);
    }
    fixture_forget(fixture);
    ck_assert_int_eq(fixture_decide(fixture), 3);
    ck_assert(fixture->decision.active && !fixture->decision.composite.incomplete);
    ck_assert_int_eq(fixture->decision.composite.value_milli, 3000);
    ck_assert_int_eq(fixture->decision.reason, DECIDE_FALLBACK);
    world_done(&world);
}
END_TEST

/* ---- beside the formula ---- */

START_TEST(value_counts_ready_pods)
{
    struct world world;
    struct fixture *fixture = &world.base;
    world_init(&world, "a", false, 1);
    fixture->policy.modifiers.type = METRIC_VALUE;
    fixture->policy.modifiers.target_milli = 2000;
    fixture_replicas(fixture, 3);
    fixture_value(fixture, A, 4);
    ck_assert_int_eq(fixture_decide(fixture), 6);
    fixture_value(fixture, A, 1);
    fixture->target.has_pods = false;
    ck_assert_int_eq(fixture_decide(fixture), 3);
    ck_assert_int_eq(fixture->decision.reason, DECIDE_HELD_UNKNOWN);
    ck_assert(fixture->decision.composite.result == COMPOSITE_OK &&
              !fixture->decision.composite.has_proposal);
    fixture_replicas(fixture, 0);
    ck_assert_int_eq(fixture_decide(fixture), 1);
    world_done(&world);
}
END_TEST

START_TEST(cpu_joins_as_a_maximum)
{
    struct world world;
    struct fixture *fixture = &world.base;
    world_init(&world, "a + b", false, 4);
    fixture_value(fixture, A, 4);
    fixture_value(fixture, CPU, 9);
    ck_assert_int_eq(fixture_decide(fixture), 9);
    ck_assert(!fixture->decision.composite.best && fixture->decision.best_trigger == CPU);
    fixture_value(fixture, CPU, 2);
    fixture_forget(fixture);
    ck_assert_int_eq(fixture_decide(fixture), 4);
    ck_assert(fixture->decision.composite.best && fixture->decision.best_trigger == -1);
    fixture_state(fixture, CPU, READING_ERROR);
    ck_assert_int_eq(fixture_decide(fixture), 5);
    ck_assert(!fixture->decision.error && fixture->decision.active);
    fixture_state(fixture, A, READING_ERROR); /* the formula knows nothing: cpu may still raise */
    fixture_value(fixture, CPU, 8);
    ck_assert_int_eq(fixture_decide(fixture), 8);
    fixture_value(fixture, CPU, 2);
    ck_assert_int_eq(fixture_decide(fixture), 5);
    world_done(&world);
}
END_TEST

START_TEST(pauses_and_forced_activation)
{
    struct world world;
    struct fixture *fixture = &world.base;
    world_init(&world, "a / b", false, 2);
    fixture->policy.pause.paused = true;
    ck_assert_int_eq(fixture_decide(fixture), 5);
    ck_assert_int_eq(fixture->decision.composite.result, COMPOSITE_NONE);
    fixture->policy.pause = (struct pause_policy){.force_activation = true};
    fixture_replicas(fixture, 0);
    ck_assert_int_eq(fixture_decide(fixture), 1);
    ck_assert_int_eq(fixture->decision.composite.result, COMPOSITE_ERROR);
    world_done(&world);
}
END_TEST

START_TEST(unknown_keeps_bounds_idle_and_history)
{
    struct world world;
    struct fixture *fixture = &world.base;
    world_init(&world, "a / b", false, 2);
    fixture_replicas(fixture, 120); /* bounds need no formula */
    ck_assert_int_eq(fixture_decide(fixture), 100);
    fixture->policy.min = 6;
    fixture->policy.has_idle = true;
    fixture->policy.idle = 2;
    fixture_replicas(fixture, 8);
    ck_assert_int_eq(fixture_decide(fixture), 8);
    ck_assert_int_eq(fixture->decision.reason, DECIDE_HELD_UNKNOWN);
    fixture_replicas(fixture, 2);
    ck_assert_int_eq(fixture_decide(fixture), 2);
    ck_assert_uint_eq(fixture->history.recommendations.len, 0);
    ck_assert_int_eq(fixture->history.last_active_ms, 0);
    world_done(&world);
}
END_TEST

/* ---- properties ---- */

static const struct {
    const char *text;
    bool speaks_of_nil;
} lives[] = {
    {"a + b", false},
    {"(a ?? 0) + b", true},
    {"a > b ? a : b", false},
    {"a ?? b", true},
    {"a / (b + 1)", false},
    {"a == 3 ? 9 : 1", false},
    {"a / b", false},
    {"(a ?? b) - 3", true},
    {"b > 9 ? b : a", false},
    {"(a ?? b ?? 0) + max(b, c)", true},
    {"c", false},
    {"7", false},
};

static void random_life(uint64_t *seed, struct world *world, size_t at)
{
    struct policy *policy = &world->base.policy;
    world_init(world, lives[at].text, lives[at].speaks_of_nil, 2 + (uint32_t)random_below(seed, 3));
    policy->min = random_below(seed, 3) ? 0 : random_below(seed, 8);
    policy->max = 8 + random_below(seed, 50);
    policy->hold_unknown = random_below(seed, 5) == 0;
    policy->cooldown_ms = SECONDS(random_below(seed, 20));
    policy->modifiers.type = random_below(seed, 4) ? METRIC_AVERAGE_VALUE : METRIC_VALUE;
    policy->modifiers.target_milli = 1 + random_below(seed, 4000);
    policy->modifiers.activation = random_below(seed, 10) - 2;
    if (random_below(seed, 2))
        set_fallback(world, random_below(seed, 4), random_below(seed, 12),
                     (enum fallback_behavior)random_below(seed, 5));
}

static void random_readings(uint64_t *seed, struct fixture *fixture)
{
    fixture->now_ms += random_below(seed, 30000);
    for (uint32_t i = 0; i < fixture->policy.triggers_len; i++) {
        fixture_value(fixture, i, random_below(seed, 40000) / 1000.0);
        if (random_below(seed, 3) == 0)
            fixture_state(fixture, i, (enum reading_state)random_below(seed, 6));
        fixture->readings[i].partial = random_below(seed, 12) == 0;
    }
}

/* Said without the engine's own words: an input that occurs has no whole value, and the manifest has no word
 * for that. */
static bool uncovered(const struct world *world, bool speaks_of_nil)
{
    const struct policy *policy = &world->base.policy;
    bool hold = policy->hold_unknown || !speaks_of_nil;
    for (uint32_t i = 0; i < policy->triggers_len; i++) {
        const struct trigger_outcome *outcome = &world->base.decision.triggers[i];
        if (outcome->in_fallback)
            return false; /* the fallback stands for everything */
    }
    for (uint32_t i = 0; i < policy->triggers_len && i < CPU; i++) {
        const struct trigger_outcome *outcome = &world->base.decision.triggers[i];
        if (!formula_uses(world->formula, i) || outcome->as_nil)
            continue;
        if (outcome->state == READING_OK
                ? world->base.readings[i].partial
                : hold || outcome->state == READING_STALE || outcome->state == READING_PENDING)
            return true;
    }
    return false;
}

static void check_life(const struct world *world, bool speaks_of_nil, int life)
{
    const struct policy *policy = &world->base.policy;
    const struct decision *decision = &world->base.decision;
    bool errors_rest = policy->fallback.set && policy->fallback.replicas == 0;
    int32_t low = policy->min > 1 ? policy->min : 1;
    ck_assert(decision->replicas == 0 || (decision->replicas >= low && decision->replicas <= policy->max));
    if (decision->replicas >= decision->current || decision->replicas == policy->max)
        return;
    ck_assert_msg(decision->composite.state == READING_OK, "life %d: lowered without a value", life);
    ck_assert_msg(!uncovered(world, speaks_of_nil), "life %d: lowered by what is unknown", life);
    if (decision->replicas == 0)
        ck_assert_msg(!decision->error || errors_rest, "life %d: rest in spite of an error", life);
}

START_TEST(unknown_never_lowers)
{
    uint64_t seed = 77000 + (uint64_t)_i;
    size_t at = (size_t)_i % ARRAY_LEN(lives);
    struct world world;
    random_life(&seed, &world, at);
    for (int turn = 0; turn < 60; turn++) {
        if (random_below(&seed, 10) == 0)
            fixture_replicas(&world.base, random_below(&seed, 60));
        random_readings(&seed, &world.base);
        (void)fixture_decide(&world.base);
        check_life(&world, lives[at].speaks_of_nil, _i);
        (void)fixture_turn(&world.base);
    }
    world_done(&world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/composite");
    TCase *tc = tcase_create("composite");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, formula, 0, (int)ARRAY_LEN(rows));
    tcase_add_test(tc, the_triggers_own_words_do_not_count);
    tcase_add_test(tc, partial_and_empty_inputs);
    tcase_add_test(tc, a_trigger_that_cannot_be_asked);
    tcase_add_test(tc, hold_unknown_beats_the_formula);
    tcase_add_loop_test(tc, a_trigger_in_fallback_replaces_the_formula, 0, (int)ARRAY_LEN(fallbacks));
    tcase_add_test(tc, a_failing_trigger_becomes_nil);
    tcase_add_test(tc, nil_without_a_word_for_it_is_unknown);
    tcase_add_test(tc, a_nil_result_falls_back);
    tcase_add_test(tc, value_counts_ready_pods);
    tcase_add_test(tc, cpu_joins_as_a_maximum);
    tcase_add_test(tc, pauses_and_forced_activation);
    tcase_add_test(tc, unknown_keeps_bounds_idle_and_history);
    tcase_add_loop_test(tc, unknown_never_lowers, 0, 240);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

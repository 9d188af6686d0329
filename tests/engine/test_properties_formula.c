/* What must hold with advanced.scalingModifiers whatever the manifest, the past and the readings are: seeded
 * random lives of objects with a formula. Without one: test_properties.c, test_properties_time.c. */
#include "scaler/daemon/state_codec.h"
#include "tests/engine/random_life.h"

#define TURNS 50
#define NAMED 3 /* triggers with a name; the fourth has none, or is cpu or memory */

static const char *const names[NAMED] = {"a", "b", "c"};
static const int32_t inputs[FIXTURE_TRIGGERS] = {0, 1, 2, -1};

/* monotonic: more of any input never makes less of the result, while the same inputs are known. */
static const struct formula_row {
    const char *text;
    bool speaks_of_nil, monotonic;
} formulas[] = {
    {"a + b", false, true},
    {"max(a, b, c)", false, true},
    {"(a ?? 0) + 2 * (b ?? 7)", true, true},
    {"a ?? b ?? c", true, true},
    {"max(filter([a, b, c], # != nil))", true, true},
    {"count([a, b, c], # > 4) * 5", false, true},
    {"let s = a * b; s > 9 ? s : min(s + 1, 9)", false, true},
    {"c", false, true},
    {"a == 3 ? 9 : 1", false, false},
    {"(a - b) / (c + 1)", false, false},
    {"a > 2 ? (b ?? nil) : c / (b ?? 2)", true, false},
    {"a / b", false, false},
    {"[9, 5, 1][int(min(a, 5))]", false, false},
    {"12", false, true},
};

struct life {
    struct fixture fixture;
    const struct formula_row *row;
    struct formula *formula;
    struct formula_scratch *scratch;
};

static struct formula *compiled(const char *text)
{
    struct formula *formula = NULL;
    struct formula_place place;
    struct err err = {0};
    int rc = formula_compile(text, names, NAMED, &formula, &place, &err);
    ck_assert_msg(rc == 0, "%s: %s", text, err.msg);
    return formula;
}

static void life_begin(uint64_t *seed, struct life *life)
{
    struct policy *policy = &life->fixture.policy;
    random_policy(seed, &life->fixture);
    life->row = &formulas[random_below(seed, (int32_t)ARRAY_LEN(formulas))];
    life->formula = compiled(life->row->text);
    life->scratch = formula_scratch_new();
    policy->triggers_len = NAMED + (uint32_t)random_below(seed, 2);
    for (uint32_t i = 0; i < policy->triggers_len; i++) {
        random_trigger(seed, &life->fixture.triggers[i]);
        if (i < NAMED && life->fixture.triggers[i].type == METRIC_REPLICAS)
            life->fixture.triggers[i].type = METRIC_AVERAGE_VALUE;
    }
    policy->modifiers =
        (struct modifiers_policy){.formula = life->formula,
                                  .scratch = life->scratch,
                                  .type = chance(seed, 25) ? METRIC_VALUE : METRIC_AVERAGE_VALUE,
                                  .target_milli = 1 + random_size(seed, 5000, INT32_MAX - 1),
                                  .activation = random_below(seed, 12) - 3,
                                  .nil_spoken_of = life->row->speaks_of_nil,
                                  .inputs = inputs,
                                  .inputs_len = NAMED};
}

static void life_end(struct life *life)
{
    fixture_done(&life->fixture);
    formula_free(life->formula);
    formula_scratch_free(life->scratch);
}

static void next_turn(uint64_t *seed, struct fixture *fixture)
{
    if (is_paused(fixture) && chance(seed, 50))
        fixture->policy.pause.paused = fixture->policy.pause.has_replicas = false;
    random_world(seed, fixture);
    random_readings(seed, fixture);
}

static const char *place(char buf[96], const struct life *life, int loop, int number, int turn)
{
    (void)snprintf(buf, 96, "loop %d life %d turn %d: %s", loop, number, turn, life->row->text);
    return buf;
}

/* ---- what is unknown ---- */

/* The manifest's words, read anew and not taken from a decision. */
struct ledger {
    uint32_t failures[FIXTURE_TRIGGERS];
    int64_t counted_ms[FIXTURE_TRIGGERS];
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
    bool known = state != READING_STALE && ledger->failures[at] > 0 && ledger->counted_ms[at] == at_ms;
    if (state == READING_OK)
        ledger->failures[at] = 0;
    else if (state != READING_PENDING && !known) {
        ledger->failures[at]++;
        ledger->counted_ms[at] = at_ms;
    }
}

/* over: failing for longer than the fallback section bears. */
struct view {
    bool ok, over, pending, partial, stale;
};

static struct view view_of(const struct fixture *fixture, const struct ledger *ledger, uint32_t at)
{
    const struct fallback_policy *fallback = &fixture->policy.fallback;
    enum reading_state state = manifest_state(fixture, at);
    bool ok = state == READING_OK;
    return (struct view){.ok = ok,
                         .over = !ok && fallback->set &&
                                 ledger->failures[at] > (uint32_t)fallback->failure_threshold,
                         .pending = state == READING_PENDING,
                         .partial = fixture->readings[at].partial,
                         .stale = state == READING_STALE};
}

/* hard: nothing may be lowered; error: nothing may rest, but for a fallback that says so. */
struct unknowns {
    bool hard, resources, error;
};

static bool input_unknown(const struct life *life, const struct view *view)
{
    bool held = life->fixture.policy.hold_unknown || !life->row->speaks_of_nil;
    if (view->ok)
        return view->partial;
    if (view->over) /* behavior scalingModifiers; the others are dealt with before */
        return false;
    bool early_nil = life->fixture.decision.composite.result == COMPOSITE_NIL_FALLBACK;
    return held || view->pending || view->stale || early_nil;
}

static struct unknowns unknowns_of(const struct life *life, const struct ledger *ledger)
{
    const struct fixture *fixture = &life->fixture;
    bool replaces = fixture->policy.fallback.behavior != FALLBACK_SCALING_MODIFIERS, replaced = false;
    struct unknowns ret = {0};
    for (uint32_t i = 0; i < fixture->policy.triggers_len; i++)
        replaced = replaced || (replaces && fixture->triggers[i].type != METRIC_REPLICAS &&
                                view_of(fixture, ledger, i).over);
    for (uint32_t i = 0; i < fixture->policy.triggers_len; i++) {
        struct view view = view_of(fixture, ledger, i);
        if (fixture->triggers[i].type == METRIC_REPLICAS) {
            ret.resources = ret.resources || !view.ok || view.partial;
            continue;
        }
        ret.error = ret.error || (!view.ok && !view.pending && !view.over);
        ret.hard = ret.hard || (view.pending && !view.over);
        if (!replaced && i < NAMED && formula_uses(life->formula, i))
            ret.hard = ret.hard || input_unknown(life, &view);
    }
    return ret;
}

/* [Q] KEDA lets an object in error rest if its fallback says 0 replicas; here only one whose words they are.
 */
static bool errors_rest(const struct fallback_policy *fallback)
{
    return fallback->set && fallback->replicas == 0 &&
           (fallback->behavior == FALLBACK_STATIC ||
            fallback->behavior == FALLBACK_CURRENT_REPLICAS_IF_LOWER);
}

static void check_lowered(const struct life *life, const struct unknowns *unknowns, const char *where)
{
    const struct policy *policy = &life->fixture.policy;
    const struct decision *decision = &life->fixture.decision;
    if (decision->replicas >= decision->current)
        return;
    if (decision->current > policy->max && decision->replicas == policy->max)
        return; /* straight to the bound, whatever is known */
    ck_assert_msg(decision->composite.state == READING_OK, "%s: lowered without a value", where);
    ck_assert_msg(!unknowns->hard, "%s: lowered while unknown", where);
    if (decision->reason == DECIDE_DEACTIVATED)
        ck_assert_msg(!unknowns->error || errors_rest(&policy->fallback), "%s: rests in error", where);
    else
        ck_assert_msg(!unknowns->resources, "%s: lowered without cpu", where);
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
    ck_assert_msg(decision->best < 0 || decision->best_trigger >= 0 || decision->composite.best,
                  "%s: a best of nobody", where);
    ck_assert_msg(decision->composite.used, "%s: the formula was left out", where);
}

static void live_within_bounds(int loop, int number)
{
    char where[96];
    uint64_t seed = life_seed(21, loop, number);
    struct life life;
    struct ledger ledger = {0};
    life_begin(&seed, &life);
    for (int turn = 0; turn < TURNS; turn++) {
        next_turn(&seed, &life.fixture);
        place(where, &life, loop, number, turn);
        bool paused = is_paused(&life.fixture);
        for (uint32_t i = 0; !paused && i < life.fixture.policy.triggers_len; i++)
            if (life.fixture.triggers[i].type != METRIC_REPLICAS)
                count(&ledger, &life.fixture, i);
        (void)fixture_turn(&life.fixture);
        if (paused)
            continue;
        struct unknowns unknowns = unknowns_of(&life, &ledger);
        check_bounds(&life.fixture, where);
        check_lowered(&life, &unknowns, where);
    }
    life_end(&life);
}

START_TEST(bounds_and_unknown)
{
    for (int number = 0; number < life_count(); number++)
        live_within_bounds(_i, number);
}
END_TEST

/* ---- more load ---- */

/* [Q] See test_properties.c: what the HPA's own rules do not keep. */
static bool is_monotonic(const struct life *life)
{
    const struct fixture *fixture = &life->fixture;
    bool resting = fixture->target.spec_replicas < (fixture->policy.min > 1 ? fixture->policy.min : 1);
    bool all_ready = fixture->target.ready_pods == fixture->target.spec_replicas;
    return life->row->monotonic && !(fixture->policy.pause.scale_out && resting) &&
           (fixture->policy.modifiers.type != METRIC_VALUE || all_ready) &&
           fixture->target.status_replicas == fixture->target.spec_replicas;
}

static void live_under_more_load(int loop, int number)
{
    char where[96];
    uint64_t seed = life_seed(22, loop, number);
    struct life life;
    life_begin(&seed, &life);
    for (int turn = 0; turn < TURNS; turn++) {
        struct fixture more;
        next_turn(&seed, &life.fixture);
        uint32_t at = (uint32_t)random_below(&seed, NAMED);
        copy_life(&more, &life.fixture);
        if (more.readings[at].state == READING_OK && isfinite(more.readings[at].value))
            more.readings[at].value += random_below(&seed, 40000) / 1000.0;
        int32_t with_more = fixture_decide(&more), with_less = fixture_decide(&life.fixture);
        ck_assert_msg(!is_monotonic(&life) || with_more >= with_less, "%s: %d, with more load %d",
                      place(where, &life, loop, number, turn), with_less, with_more);
        fixture_done(&more);
        (void)fixture_turn(&life.fixture);
    }
    life_end(&life);
}

START_TEST(more_load_never_fewer_replicas)
{
    for (int number = 0; number < life_count(); number++)
        live_under_more_load(_i, number);
}
END_TEST

/* ---- memory ---- */

static void check_same_composite(const struct decision *a, const struct decision *b, const char *where)
{
    const struct composite_outcome *x = &a->composite, *y = &b->composite;
    check_same(a, b, where);
    ck_assert_msg(x->used == y->used && x->result == y->result && x->state == y->state &&
                      x->in_fallback == y->in_fallback && x->incomplete == y->incomplete &&
                      x->active == y->active && x->has_proposal == y->has_proposal && x->best == y->best &&
                      x->value_milli == y->value_milli && x->proposal == y->proposal &&
                      x->missing == y->missing && strcmp(x->error, y->error) == 0,
                  "%s: the formulas' outcomes differ", where);
}

/* The process ends and another begins: the memory goes through the text of the state's ConfigMap, the formula
 * is compiled anew, and other objects' formulas fail in the same scratch memory. */
static void restart(struct life *life)
{
    struct fixture *fixture = &life->fixture;
    struct saved_object saved = {.created_ms = fixture->policy.created_ms,
                                 .saved_ms = fixture->now_ms,
                                 .target = 42,
                                 .graceful = true};
    struct saved_object read = {0};
    struct err err = {0};
    char *text = state_encode(&saved, &fixture->history);
    history_done(&fixture->history);
    history_init(&fixture->history);
    ck_assert_int_eq(state_decode(text, fixture->now_ms, 0, &read, &fixture->history, &err), 0);
    mem_free(text);
    formula_free(life->formula);
    life->formula = compiled(life->row->text);
    fixture->policy.modifiers.formula = life->formula;
}

static void disturb(uint64_t *seed, const struct life *life)
{
    static const char *const bad[] = {"[1, 2][int(a) + 1]", "a / b", "sum(1..(int(a) + 2)) % int(b)",
                                      "len(repeat(\"x\", int(a) + 1))", "a ?? nil"};
    struct formula *formula = compiled(bad[random_below(seed, (int32_t)ARRAY_LEN(bad))]);
    struct formula_input values[NAMED] = {
        {true, ldexp(random_below(seed, 9), random_below(seed, 60))}, {chance(seed, 50), 0}, {false, 0}};
    struct err err = {0};
    bool nil;
    double value;
    (void)formula_eval(formula, life->scratch, values, T0, &nil, &value, &err);
    formula_free(formula);
}

static void take_inputs(struct fixture *twin, const struct fixture *fixture)
{
    twin->policy.pause = fixture->policy.pause;
    twin->target = fixture->target;
    twin->now_ms = fixture->now_ms;
    memcpy(twin->readings, fixture->readings, sizeof(fixture->readings));
}

static void live_with_restarts(int loop, int number)
{
    char where[96];
    uint64_t seed = life_seed(23, loop, number), twin_seed = seed;
    struct life life, twin;
    life_begin(&seed, &life);
    life_begin(&twin_seed, &twin);
    for (int turn = 0; turn < TURNS; turn++) {
        next_turn(&seed, &life.fixture);
        take_inputs(&twin.fixture, &life.fixture);
        if (chance(&seed, 30))
            restart(&twin);
        disturb(&seed, &twin);
        memset(&life.fixture.decision, 0x55, sizeof(life.fixture.decision));
        memset(&twin.fixture.decision, 0xaa, sizeof(twin.fixture.decision));
        (void)fixture_turn(&life.fixture);
        (void)fixture_turn(&twin.fixture);
        check_same_composite(&life.fixture.decision, &twin.fixture.decision,
                             place(where, &life, loop, number, turn));
    }
    life_end(&life);
    life_end(&twin);
}

START_TEST(restarts_and_others_change_nothing)
{
    for (int number = 0; number < life_count(); number++)
        live_with_restarts(_i, number);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/properties_formula");
    TCase *tc = tcase_create("properties");
    tcase_set_timeout(tc, 600);
    tcase_add_loop_test(tc, bounds_and_unknown, 0, LOOPS);
    tcase_add_loop_test(tc, more_load_never_fewer_replicas, 0, LOOPS);
    tcase_add_loop_test(tc, restarts_and_others_change_nothing, 0, LOOPS);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

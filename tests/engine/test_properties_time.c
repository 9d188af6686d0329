/* What must hold from one decision to the next: memory that survives restarts, rates, the moment to look
 * again, and that nothing but the arguments counts. Seeded random lives; see test_properties.c. */
#include "scaler/daemon/state_codec.h"
#include "scaler/engine/arith.h"
#include "scaler/engine/rate_limit.h"
#include "tests/engine/random_life.h"

#define TURNS   50
#define RESUMES 6

static const char *place(char buf[80], int loop, int life, int turn)
{
    (void)snprintf(buf, 80, "loop %d life %d turn %d", loop, life, turn);
    return buf;
}

static void next_turn(uint64_t *seed, struct fixture *fixture)
{
    if (is_paused(fixture) && chance(seed, 50))
        fixture->policy.pause.paused = fixture->policy.pause.has_replicas = false;
    random_world(seed, fixture);
    random_readings(seed, fixture);
}

/* The process ends and another begins: the memory goes through the text of the state's ConfigMap. */
static void restart(struct fixture *fixture, bool graceful, int64_t saved_ms, int64_t lag_ms)
{
    struct saved_object saved = {.created_ms = fixture->policy.created_ms,
                                 .saved_ms = saved_ms,
                                 .target = 42,
                                 .active = fixture->decision.active,
                                 .graceful = graceful};
    struct saved_object read = {0};
    struct err err = {0};
    char *text = state_encode(&saved, &fixture->history);
    history_done(&fixture->history);
    history_init(&fixture->history);
    int rc = state_decode(text, fixture->now_ms, lag_ms, &read, &fixture->history, &err);
    ck_assert_msg(rc == 0, "%s in %s", err.msg, text);
    ck_assert(read.created_ms == saved.created_ms && read.target == 42 && read.active == saved.active);
    mem_free(text);
}

static void take_inputs(struct fixture *twin, const struct fixture *fixture)
{
    twin->policy = fixture->policy;
    twin->policy.triggers = twin->triggers;
    twin->target = fixture->target;
    twin->now_ms = fixture->now_ms;
    memcpy(twin->readings, fixture->readings, sizeof(fixture->readings));
}

/* One life in one process, and the same with a restart after each decision and each write. */
static void live_with_restarts(int loop, int life)
{
    char where[80];
    uint64_t seed = life_seed(4, loop, life);
    struct fixture fixture, restarted;
    random_policy(&seed, &fixture);
    copy_life(&restarted, &fixture);
    for (int turn = 0; turn < TURNS; turn++) {
        next_turn(&seed, &fixture);
        take_inputs(&restarted, &fixture);
        (void)fixture_decide(&fixture);
        (void)fixture_decide(&restarted);
        check_same(&fixture.decision, &restarted.decision, place(where, loop, life, turn));
        restart(&restarted, true, restarted.now_ms, 0);
        decide_commit(&fixture.policy, &fixture.history, &fixture.decision, fixture.now_ms);
        decide_commit(&restarted.policy, &restarted.history, &restarted.decision, restarted.now_ms);
        restart(&restarted, true, restarted.now_ms, 0);
        fixture_replicas(&fixture, fixture.decision.replicas);
    }
    fixture_done(&restarted);
    fixture_done(&fixture);
}

START_TEST(restarts_change_nothing)
{
    for (int life = 0; life < life_count(); life++)
        live_with_restarts(_i, life);
}
END_TEST

/* A process that died without its last save: what it knew counts as fresh until then, so the next decision is
 * not lower than without the crash. */
static void live_with_crashes(int loop, int life)
{
    uint64_t seed = life_seed(5, loop, life);
    struct fixture fixture, crashed;
    random_policy(&seed, &fixture);
    for (int turn = 0; turn < TURNS; turn++) {
        int64_t saved_ms = fixture.now_ms;
        next_turn(&seed, &fixture);
        copy_life(&crashed, &fixture);
        restart(&crashed, false, saved_ms, 30000);
        int32_t after = fixture_decide(&crashed), without = fixture_decide(&fixture);
        int32_t least = arith_min_i32(without, fixture.decision.current);
        ck_assert_msg(after >= least, "loop %d life %d turn %d: from %d to %d, without a crash %d", loop,
                      life, turn, fixture.decision.current, after, without);
        fixture_done(&crashed);
        (void)fixture_turn(&fixture);
    }
    fixture_done(&fixture);
}

START_TEST(crashes_never_lower)
{
    for (int life = 0; life < life_count(); life++)
        live_with_crashes(_i, life);
}
END_TEST

/* Whatever was in the memory that the decision is written to, and however often the same is asked. */
static void live_twice(int loop, int life)
{
    char where[80];
    uint64_t seed = life_seed(6, loop, life);
    struct fixture fixture, twin;
    random_policy(&seed, &fixture);
    copy_life(&twin, &fixture);
    for (int turn = 0; turn < TURNS; turn++) {
        next_turn(&seed, &fixture);
        take_inputs(&twin, &fixture);
        memset(&fixture.decision, 0x55, sizeof(fixture.decision));
        memset(&twin.decision, 0xaa, sizeof(twin.decision));
        (void)fixture_turn(&fixture);
        (void)fixture_turn(&twin);
        check_same(&fixture.decision, &twin.decision, place(where, loop, life, turn));
    }
    fixture_done(&twin);
    fixture_done(&fixture);
}

START_TEST(only_the_arguments_count)
{
    for (int life = 0; life < life_count(); life++)
        live_twice(_i, life);
}
END_TEST

/* Until recheck_ms the same inputs give the same answer: whoever sleeps until then misses nothing. A stale
 * reading counts as a failure each time, so it is left out. */
static bool is_still(const struct fixture *fixture)
{
    for (uint32_t i = 0; i < fixture->policy.triggers_len; i++)
        if (fixture->readings[i].state == READING_STALE)
            return false;
    return true;
}

static void check_still(uint64_t *seed, struct fixture *fixture, const char *where)
{
    struct fixture later;
    int64_t until = fixture->decision.recheck_ms;
    if (until == 0)
        until = fixture->now_ms + SECONDS(200000);
    copy_life(&later, fixture);
    for (int i = 0; i < RESUMES; i++) {
        int64_t room = until - 1 - later.now_ms;
        if (room <= 0)
            break;
        later.now_ms +=
            room < INT32_MAX ? random_below(seed, (int32_t)room + 1) : random_below(seed, INT32_MAX);
        int32_t replicas = fixture_decide(&later);
        ck_assert_msg(replicas == fixture->decision.replicas,
                      "%s: %d replicas %lld ms later, %d before and no word of it (%lld ms)", where, replicas,
                      (long long)(later.now_ms - fixture->now_ms), fixture->decision.replicas,
                      (long long)(fixture->decision.recheck_ms - fixture->now_ms));
    }
    fixture_done(&later);
}

static void live_asleep(int loop, int life)
{
    char where[80];
    uint64_t seed = life_seed(7, loop, life);
    struct fixture fixture;
    random_policy(&seed, &fixture);
    for (int turn = 0; turn < TURNS; turn++) {
        next_turn(&seed, &fixture);
        (void)fixture_decide(&fixture);
        if (is_still(&fixture) && fixture.decision.replicas == fixture.decision.current)
            check_still(&seed, &fixture, place(where, loop, life, turn));
        decide_commit(&fixture.policy, &fixture.history, &fixture.decision, fixture.now_ms);
        fixture_replicas(&fixture, fixture.decision.replicas);
    }
    fixture_done(&fixture);
}

START_TEST(nothing_changes_before_recheck)
{
    for (int life = 0; life < life_count(); life++)
        live_asleep(_i, life);
}
END_TEST

/* Decided and written, and asked again at the same instant: no way back. [Q] Only for who stands still: an
 * error under a fallback of 0 replicas rests, and one failure later the fallback makes it active. */
static void live_without_flaps(int loop, int life)
{
    uint64_t seed = life_seed(8, loop, life);
    struct fixture fixture;
    random_policy(&seed, &fixture);
    for (int turn = 0; turn < TURNS; turn++) {
        next_turn(&seed, &fixture);
        bool steady = is_still(&fixture) && fixture.target.has_pods &&
                      fixture.target.ready_pods == fixture.target.spec_replicas &&
                      fixture.target.status_replicas == fixture.target.spec_replicas;
        int32_t before = fixture.target.spec_replicas, after = fixture_turn(&fixture);
        struct fixture again;
        copy_life(&again, &fixture);
        int32_t next = fixture_decide(&again);
        bool back = (after > before && next < after) || (after < before && next > after);
        ck_assert_msg(!steady || !back, "loop %d life %d turn %d: %d, %d and back to %d", loop, life, turn,
                      before, after, next);
        fixture_done(&again);
    }
    fixture_done(&fixture);
}

START_TEST(no_way_back_at_once)
{
    for (int life = 0; life < life_count(); life++)
        live_without_flaps(_i, life);
}
END_TEST

/* The test's own account of what was written, for the rules on how fast. */
struct account {
    struct {
        int64_t at_ms;
        int32_t change;
    } writes[TURNS];
    int len;
};

static int64_t written(const struct account *account, int sign, int32_t period_s, int64_t now_ms)
{
    int64_t sum = 0;
    for (int i = 0; i < account->len; i++)
        if (account->writes[i].at_ms > now_ms - SECONDS(period_s) && account->writes[i].change * sign > 0)
            sum += account->writes[i].change * sign;
    return sum;
}

/* As far as one policy lets it go from what was there at the beginning of its period. */
static double policy_limit(const struct scaling_policy *policy, const struct account *account, bool up,
                           int32_t current, int64_t now_ms)
{
    double start = (double)(current - written(account, 1, policy->period_s, now_ms) +
                            written(account, -1, policy->period_s, now_ms));
    double by = policy->type == SCALING_POLICY_PODS ? policy->value : start * policy->value / 100.0;
    return up ? ceil(start + by - 1e-6) + 1e-6 * fabs(by) : trunc(start - by + 1e-6);
}

static double rules_limit(const struct scaling_rules *rules, const struct account *account, bool up,
                          int32_t current, int64_t now_ms)
{
    bool largest = up == (rules->select == SCALING_SELECT_MAX);
    double limit = largest ? -INFINITY : INFINITY;
    for (uint32_t i = 0; i < rules->policies_len; i++) {
        double each = policy_limit(&rules->policies[i], account, up, current, now_ms);
        limit = largest ? fmax(limit, each) : fmin(limit, each);
    }
    return rules->select == SCALING_SELECT_DISABLED ? current : limit;
}

static struct scaling_behavior behavior_in_force(const struct policy *policy)
{
    struct scaling_behavior behavior = policy->behavior;
    behavior.set = behavior.set || policy->pause.scale_in || policy->pause.scale_out;
    behavior_apply_defaults(&behavior);
    if (policy->pause.scale_in)
        behavior.down.select = SCALING_SELECT_DISABLED;
    if (policy->pause.scale_out)
        behavior.up.select = SCALING_SELECT_DISABLED;
    return behavior;
}

static void check_rate_up(const struct fixture *fixture, const struct account *account, const char *where)
{
    const struct decision *decision = &fixture->decision;
    const struct policy *policy = &fixture->policy;
    struct scaling_behavior behavior = behavior_in_force(policy);
    int32_t low = policy->min > 1 ? policy->min : 1;
    int32_t from = decision->from_zero ? low : decision->current;
    bool written_up =
        policy->behavior.set && (behavior.up.has_policies || behavior.up.select == SCALING_SELECT_DISABLED);
    double limit =
        behavior.set ? rules_limit(&behavior.up, account, true, from, fixture->now_ms) : fmax(2.0 * from, 4);
    if (decision->from_zero && !written_up)
        return; /* straight to what is needed */
    limit = fmax(limit, fmax(low, from));
    ck_assert_msg(decision->replicas <= limit, "%s: from %d to %d, at most %g", where, decision->current,
                  decision->replicas, limit);
}

static void check_rate_down(const struct fixture *fixture, const struct account *account, const char *where)
{
    const struct decision *decision = &fixture->decision;
    struct scaling_behavior behavior = behavior_in_force(&fixture->policy);
    if (decision->reason == DECIDE_DEACTIVATED || decision->current > fixture->policy.max || !behavior.set)
        return;
    double limit = rules_limit(&behavior.down, account, false, decision->current, fixture->now_ms);
    ck_assert_msg(decision->replicas >= fmin(limit, decision->current), "%s: from %d to %d, at least %g",
                  where, decision->current, decision->replicas, limit);
}

/* What autoscaling/v2 counts: writes between max(min,1) and max while there is a behavior. */
static void note_write(struct account *account, const struct fixture *fixture)
{
    const struct decision *decision = &fixture->decision;
    int32_t low = fixture->policy.min > 1 ? fixture->policy.min : 1;
    int32_t before = decision->from_zero || decision->current == 0 ? low : decision->current;
    if (is_paused(fixture))
        account->len = 0;
    if (is_paused(fixture) || decision->reason == DECIDE_DEACTIVATED ||
        decision->replicas == decision->current || !behavior_in_force(&fixture->policy).set)
        return;
    account->writes[account->len].at_ms = fixture->now_ms;
    account->writes[account->len++].change = decision->replicas - before;
}

static void live_by_the_rates(int loop, int life)
{
    char where[80];
    uint64_t seed = life_seed(9, loop, life);
    struct fixture fixture;
    struct account account = {.len = 0};
    random_policy(&seed, &fixture);
    for (int turn = 0; turn < TURNS; turn++) {
        next_turn(&seed, &fixture);
        place(where, loop, life, turn);
        (void)fixture_turn(&fixture);
        if (!is_paused(&fixture) && fixture.decision.replicas > fixture.decision.current)
            check_rate_up(&fixture, &account, where);
        if (!is_paused(&fixture) && fixture.decision.replicas < fixture.decision.current)
            check_rate_down(&fixture, &account, where);
        note_write(&account, &fixture);
    }
    fixture_done(&fixture);
}

START_TEST(never_faster_than_the_rates)
{
    for (int life = 0; life < life_count(); life++)
        live_by_the_rates(_i, life);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/properties_time");
    TCase *tc = tcase_create("properties");
    tcase_set_timeout(tc, 600);
    tcase_add_loop_test(tc, restarts_change_nothing, 0, LOOPS);
    tcase_add_loop_test(tc, crashes_never_lower, 0, LOOPS);
    tcase_add_loop_test(tc, only_the_arguments_count, 0, LOOPS);
    tcase_add_loop_test(tc, nothing_changes_before_recheck, 0, LOOPS);
    tcase_add_loop_test(tc, no_way_back_at_once, 0, LOOPS);
    tcase_add_loop_test(tc, never_faster_than_the_rates, 0, LOOPS);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

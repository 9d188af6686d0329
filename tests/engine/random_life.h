/* Seeded random lives of objects for the property tests: manifests from the whole space of what config lets
 * through, readings, and what happens to a target meanwhile. */
#ifndef TESTS_ENGINE_RANDOM_LIFE_H
#define TESTS_ENGINE_RANDOM_LIFE_H

#include <math.h>
#include <stdlib.h>

#include "tests/engine/fixture.h"

/* A loop test is a process of its own; each lives this many lives. */
#define LOOPS          30
#define LIVES_PER_LOOP 8

/* DAVIT_PROPERTY_LIVES: so many times as many lives, for a long look. */
static inline int life_count(void)
{
    const char *text = getenv("DAVIT_PROPERTY_LIVES");
    int times = text ? (int)strtol(text, NULL, 10) : 1;
    return LIVES_PER_LOOP * (times > 0 ? times : 1);
}

static inline uint64_t life_seed(int property, int loop, int life)
{
    uint64_t seed = (uint64_t)property * UINT64_C(1000000007) + (uint64_t)loop * 1000003 + (uint64_t)life + 1;
    (void)random_next(&seed);
    return seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

static inline bool chance(uint64_t *seed, int32_t percent)
{
    return random_below(seed, 100) < percent;
}

/* Mostly small, now and then as large as it may be. */
static inline int32_t random_size(uint64_t *seed, int32_t usual, int32_t most)
{
    return chance(seed, 90) ? random_below(seed, usual) : random_below(seed, most);
}

static inline void random_rules(uint64_t *seed, struct scaling_rules *rules)
{
    rules->has_window = chance(seed, 50);
    rules->window_s = rules->has_window ? random_size(seed, 120, 3601) : 0;
    rules->select = (enum scaling_select)random_below(seed, chance(seed, 15) ? 3 : 2);
    rules->has_tolerance = chance(seed, 20);
    rules->tolerance = rules->has_tolerance ? random_below(seed, 50) / 100.0 : 0;
    rules->has_policies = chance(seed, 60);
    if (!rules->has_policies)
        return;
    rules->policies_len = 1 + (uint32_t)random_size(seed, 3, SCALING_POLICIES_MAX);
    for (uint32_t i = 0; i < rules->policies_len; i++)
        rules->policies[i] = (struct scaling_policy){(enum scaling_policy_type)random_below(seed, 2),
                                                     1 + random_size(seed, 120, INT32_MAX - 1),
                                                     1 + random_size(seed, 90, 1800)};
}

static inline void random_behavior(uint64_t *seed, struct scaling_behavior *behavior)
{
    *behavior = (struct scaling_behavior){.set = chance(seed, 60)};
    if (!behavior->set)
        return;
    random_rules(seed, &behavior->up);
    random_rules(seed, &behavior->down);
    behavior_apply_defaults(behavior);
}

static inline void random_trigger(uint64_t *seed, struct trigger_policy *trigger)
{
    *trigger = (struct trigger_policy){
        .type = chance(seed, 15)   ? METRIC_REPLICAS
                : chance(seed, 25) ? METRIC_VALUE
                                   : METRIC_AVERAGE_VALUE,
        .target_milli = 1 + random_size(seed, 5000, INT32_MAX - 1),
        .activation = chance(seed, 40) ? random_below(seed, 30) : 0,
        .missing_is_zero = chance(seed, 30),
    };
}

static inline void random_pause(uint64_t *seed, struct pause_policy *pause)
{
    *pause = (struct pause_policy){
        .scale_in = chance(seed, 10), .scale_out = chance(seed, 10), .force_activation = chance(seed, 5)};
}

static inline void random_bounds(uint64_t *seed, struct policy *policy)
{
    policy->max = 1 + random_size(seed, 60, 100000);
    policy->min = chance(seed, 50) ? random_below(seed, policy->max + 1) : 0;
    policy->has_idle = policy->min > 0 && chance(seed, 30);
    policy->idle = policy->has_idle && policy->min > 1 ? random_below(seed, policy->min) : 0;
    policy->cooldown_ms = SECONDS(random_size(seed, 60, 100000));
    policy->initial_cooldown_ms = SECONDS(random_below(seed, 4000));
}

static inline void random_policy(uint64_t *seed, struct fixture *fixture)
{
    struct policy *policy = &fixture->policy;
    fixture_init(fixture, 1 + (uint32_t)random_below(seed, FIXTURE_TRIGGERS));
    random_bounds(seed, policy);
    policy->hold_unknown = chance(seed, 20);
    policy->tolerance = chance(seed, 80) ? 0.1 : random_below(seed, 100) / 100.0;
    policy->down_window_s = chance(seed, 70) ? 300 : random_below(seed, 600);
    policy->fallback = (struct fallback_policy){.set = chance(seed, 40),
                                                .failure_threshold = random_below(seed, 4),
                                                .replicas = random_size(seed, 20, 200000),
                                                .behavior = (enum fallback_behavior)random_below(seed, 5)};
    if (chance(seed, 30))
        policy->fallback.replicas = 0;
    random_pause(seed, &policy->pause);
    random_behavior(seed, &policy->behavior);
    for (uint32_t i = 0; i < policy->triggers_len; i++)
        random_trigger(seed, &fixture->triggers[i]);
    fixture_replicas(fixture, random_size(seed, 70, 200000));
}

/* How much there is: nothing, about what the target carries now, anything, or more than any number holds. */
static inline double random_value(uint64_t *seed, const struct fixture *fixture, uint32_t at)
{
    double target = (double)fixture->triggers[at].target_milli / 1000.0;
    int32_t kind = random_below(seed, 100);
    if (fixture->triggers[at].type == METRIC_REPLICAS)
        return random_size(seed, 80, INT32_MAX);
    if (kind < 25)
        return 0;
    if (kind < 65)
        return target * fixture->target.status_replicas * (0.5 + random_below(seed, 1000) / 800.0);
    if (kind < 92)
        return random_below(seed, 60000) / 1000.0;
    if (kind < 96)
        return -random_below(seed, 1000) / 10.0;
    return ldexp(1.0 + random_below(seed, 1000), random_below(seed, 120));
}

static inline void random_reading(uint64_t *seed, struct fixture *fixture, uint32_t at)
{
    struct reading *reading = &fixture->readings[at];
    if (chance(seed, 30) && reading->at_ms > 0) { /* no new answer since */
        if (reading->state == READING_OK && chance(seed, 20))
            reading->state = READING_STALE;
        return;
    }
    fixture_value(fixture, at, random_value(seed, fixture, at));
    if (chance(seed, 10))
        reading->activity = random_below(seed, 40);
    if (chance(seed, 25))
        fixture_state(fixture, at, (enum reading_state)random_below(seed, 6));
    if (reading->state == READING_OK && chance(seed, 3))
        reading->value = reading->activity = chance(seed, 50) ? NAN : INFINITY;
    reading->partial = chance(seed, 5);
}

static inline void random_readings(uint64_t *seed, struct fixture *fixture)
{
    for (uint32_t i = 0; i < fixture->policy.triggers_len; i++)
        random_reading(seed, fixture, i);
}

/* Now and then somebody else scales, pods are not ready or not known, the manifest's pauses change. */
static inline void random_world(uint64_t *seed, struct fixture *fixture)
{
    fixture->now_ms += 1 + (chance(seed, 97) ? random_below(seed, 30000) : random_below(seed, 4000000));
    if (chance(seed, 3))
        fixture_replicas(fixture, random_size(seed, 70, 200000));
    if (chance(seed, 5))
        fixture->target.ready_pods = random_below(seed, fixture->target.pods + 1);
    if (chance(seed, 5))
        fixture->target.status_replicas = random_below(seed, fixture->target.status_replicas + 2);
    if (chance(seed, 5))
        fixture->target.has_pods = false;
    if (chance(seed, 2))
        random_pause(seed, &fixture->policy.pause);
    if (chance(seed, 2))
        fixture->policy.pause.paused = true;
    if (chance(seed, 1)) {
        fixture->policy.pause.has_replicas = true;
        fixture->policy.pause.replicas = random_below(seed, 100) - 1;
    }
}

static inline bool is_paused(const struct fixture *fixture)
{
    return fixture->policy.pause.paused || fixture->policy.pause.has_replicas;
}

/* The same object, with a memory of its own that went through its saved form. */
static inline void copy_life(struct fixture *copy, const struct fixture *original)
{
    json_t *saved = history_save(&original->history);
    *copy = *original;
    copy->policy.triggers = copy->triggers;
    history_init(&copy->history);
    ck_assert_int_eq(history_restore(&copy->history, saved, original->now_ms, NULL), 0);
    json_decref(saved);
}

static inline void check_same(const struct decision *a, const struct decision *b, const char *where)
{
    ck_assert_msg(a->replicas == b->replicas, "%s: %d and %d replicas", where, a->replicas, b->replicas);
    ck_assert_msg(a->reason == b->reason && a->limited_by == b->limited_by && a->best == b->best &&
                      a->best_trigger == b->best_trigger,
                  "%s: the reasons differ", where);
    ck_assert_msg(a->active == b->active && a->error == b->error && a->all_error == b->all_error &&
                      a->from_zero == b->from_zero,
                  "%s: what is active or in error differs", where);
    ck_assert_msg(a->fallback_active == b->fallback_active && a->fallback_changed == b->fallback_changed,
                  "%s: the fallback differs", where);
    ck_assert_msg(a->recheck_ms == b->recheck_ms, "%s: looks again at another time", where);
    ck_assert_uint_eq(a->steps_len, b->steps_len);
    for (uint32_t i = 0; i < a->steps_len; i++) {
        const struct decision_step *x = &a->steps[i], *y = &b->steps[i];
        ck_assert_msg(x->limit == y->limit && x->from == y->from && x->to == y->to && x->at_ms == y->at_ms &&
                          x->detail == y->detail,
                      "%s: step %u differs", where, i);
    }
    ck_assert_uint_eq(a->triggers_len, b->triggers_len);
    for (uint32_t i = 0; i < a->triggers_len; i++) {
        const struct trigger_outcome *x = &a->triggers[i], *y = &b->triggers[i];
        ck_assert_msg(x->state == y->state && x->failures == y->failures && x->active == y->active &&
                          x->proposal == y->proposal && x->value_milli == y->value_milli &&
                          x->has_proposal == y->has_proposal && x->in_fallback == y->in_fallback &&
                          x->as_zero == y->as_zero,
                      "%s: trigger %u differs", where, i);
    }
}

#endif

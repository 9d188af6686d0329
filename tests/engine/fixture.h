/* One object with its policy, history, readings and target: what tests of decide() turn the knobs of. */
#ifndef TESTS_ENGINE_FIXTURE_H
#define TESTS_ENGINE_FIXTURE_H

#include <check.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/engine/decide.h"

#define FIXTURE_TRIGGERS 4
#define T0               INT64_C(1700000000000)
#define SECONDS(s)       ((int64_t)(s)*1000)

struct fixture {
    struct policy policy;
    struct trigger_policy triggers[FIXTURE_TRIGGERS];
    struct history history;
    struct reading readings[FIXTURE_TRIGGERS];
    struct target_state target;
    int64_t now_ms;
    struct decision decision;
};

/* KEDA's defaults; every trigger AverageValue with target 1; the object was made an hour ago and never
 * active. */
static inline void fixture_init(struct fixture *fixture, uint32_t triggers)
{
    memset(fixture, 0, sizeof(*fixture));
    history_init(&fixture->history);
    fixture->now_ms = T0;
    fixture->policy = (struct policy){
        .max = 100,
        .cooldown_ms = SECONDS(300),
        .created_ms = T0 - SECONDS(3600),
        .tolerance = 0.1,
        .down_window_s = 300,
        .triggers_len = triggers,
        .triggers = fixture->triggers,
    };
    for (uint32_t i = 0; i < FIXTURE_TRIGGERS; i++)
        fixture->triggers[i] = (struct trigger_policy){.target_milli = 1000};
}

static inline void fixture_done(struct fixture *fixture)
{
    history_done(&fixture->history);
}

static inline void fixture_replicas(struct fixture *fixture, int32_t replicas)
{
    fixture->target = (struct target_state){.spec_replicas = replicas,
                                            .status_replicas = replicas,
                                            .has_pods = true,
                                            .ready_pods = replicas,
                                            .pods = replicas};
}

/* The memory of an object that has long been known: no first recommendation stands in the way. */
static inline void fixture_forget(struct fixture *fixture)
{
    fixture->history.recommendations.known = true;
    fixture->history.recommendations.len = 0;
}

static inline void fixture_value(struct fixture *fixture, uint32_t at, double value)
{
    fixture->readings[at] =
        (struct reading){.state = READING_OK, .value = value, .activity = value, .at_ms = fixture->now_ms};
}

static inline void fixture_state(struct fixture *fixture, uint32_t at, enum reading_state state)
{
    fixture->readings[at] = (struct reading){.state = state, .at_ms = fixture->now_ms};
}

static inline int32_t fixture_decide(struct fixture *fixture)
{
    decide(&fixture->policy, &fixture->history, fixture->readings, &fixture->target, fixture->now_ms,
           &fixture->decision);
    return fixture->decision.replicas;
}

/* Decides, and the write succeeds. */
static inline int32_t fixture_turn(struct fixture *fixture)
{
    int32_t replicas = fixture_decide(fixture);
    decide_commit(&fixture->policy, &fixture->history, &fixture->decision, fixture->now_ms);
    fixture_replicas(fixture, replicas);
    return replicas;
}

/* The n-th failure in a row: a new answer each time. */
static inline void fixture_fail(struct fixture *fixture, uint32_t at, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        fixture->now_ms += 1;
        fixture_state(fixture, at, READING_ERROR);
        (void)fixture_decide(fixture);
    }
}

static inline const struct decision_step *fixture_step(const struct fixture *fixture,
                                                       enum decision_limit limit)
{
    for (uint32_t i = 0; i < fixture->decision.steps_len; i++)
        if (fixture->decision.steps[i].limit == limit)
            return &fixture->decision.steps[i];
    return NULL;
}

/* xorshift64*: the same numbers on every machine. */
static inline uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

static inline int32_t random_below(uint64_t *seed, int32_t bound)
{
    return (int32_t)((random_next(seed) >> 33) % (uint64_t)bound);
}

static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

#endif

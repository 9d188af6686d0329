/* One object in every situation that `davit explain` has words for. */
#ifndef TESTS_CLI_EXPLAIN_SCENES_H
#define TESTS_CLI_EXPLAIN_SCENES_H

#include "scaler/daemon/ledger.h"
#include "tests/engine/fixture.h"

/* One object: the engine's, and what the daemon knows around it. */
struct scene {
    struct fixture fixture;
    struct ledger ledger;
    const char *phase, *problem;
    const char *errors[2];
    int64_t ok_ms[2];
    enum ledger_write write;
    int64_t next_ms; /* after now; 0: none */
    bool running;    /* replicas are known */
    struct formula *formula;
    struct formula_scratch *scratch;
};

static inline void look(struct scene *scene)
{
    (void)fixture_decide(&scene->fixture);
    ledger_add(&scene->ledger, &scene->fixture.decision, scene->fixture.readings, scene->fixture.now_ms);
}

/* Decides and writes. */
static inline void go(struct scene *scene)
{
    struct fixture *fixture = &scene->fixture;
    look(scene);
    if (fixture->decision.replicas == fixture->decision.current)
        return;
    decide_commit(&fixture->policy, &fixture->history, &fixture->decision, fixture->now_ms);
    fixture_replicas(fixture, fixture->decision.replicas);
    ledger_set_write(&scene->ledger, scene->write);
}

static inline void later(struct scene *scene, int64_t seconds)
{
    scene->fixture.now_ms += SECONDS(seconds);
}

static inline void value(struct scene *scene, uint32_t at, double number)
{
    fixture_value(&scene->fixture, at, number);
    scene->ok_ms[at] = scene->fixture.now_ms;
}

static inline void start(struct scene *scene, int32_t replicas, double first, double second)
{
    struct fixture *fixture = &scene->fixture;
    fixture_init(fixture, 2);
    fixture_forget(fixture);
    fixture_replicas(fixture, replicas);
    fixture->triggers[0].target_milli = 10000;
    fixture->policy.min = 1;
    fixture->policy.max = 20;
    value(scene, 0, first);
    value(scene, 1, second);
}

static inline struct scaling_rules *rules(struct scene *scene, bool up)
{
    scene->fixture.policy.behavior.set = true;
    struct scaling_behavior *behavior = &scene->fixture.policy.behavior;
    behavior->down.has_window = true;
    return up ? &behavior->up : &behavior->down;
}

static inline void policy(struct scaling_rules *rules, enum scaling_policy_type type, int32_t number,
                          int32_t period)
{
    rules->has_policies = true;
    rules->policies[rules->policies_len++] = (struct scaling_policy){type, number, period};
}

static inline void scene_rate_up(struct scene *scene)
{
    start(scene, 4, 76, 3);
    policy(rules(scene, true), SCALING_POLICY_PODS, 2, 60);
    look(scene);
    later(scene, 15);
    value(scene, 0, 76);
    go(scene);
}

static inline void scene_rate_used_up(struct scene *scene)
{
    scene_rate_up(scene);
    later(scene, 2);
    value(scene, 0, 78);
    go(scene);
    later(scene, 2);
    value(scene, 0, 79);
    go(scene);
    later(scene, 1);
}

static inline void scene_rate_down(struct scene *scene)
{
    start(scene, 20, 20, 1);
    policy(rules(scene, false), SCALING_POLICY_PERCENT, 10, 60);
    go(scene);
}

static inline void scene_rate_double(struct scene *scene)
{
    start(scene, 3, 150, 1);
    go(scene);
}

static inline void scene_rate_disabled(struct scene *scene)
{
    start(scene, 3, 150, 1);
    rules(scene, true)->select = SCALING_SELECT_DISABLED;
    go(scene);
}

static inline void scene_stabilization_down(struct scene *scene)
{
    start(scene, 12, 120, 1);
    go(scene);
    later(scene, 20);
    value(scene, 0, 30);
    go(scene);
    later(scene, 20);
    value(scene, 0, 31);
    go(scene);
}

static inline void scene_stabilization_up(struct scene *scene)
{
    start(scene, 5, 50, 1);
    struct scaling_rules *up = rules(scene, true);
    up->has_window = true;
    up->window_s = 60;
    go(scene);
    later(scene, 10);
    value(scene, 0, 90);
    go(scene);
}

static inline void scene_tolerance(struct scene *scene)
{
    start(scene, 8, 84, 1);
    go(scene);
}

static inline void scene_maximum(struct scene *scene)
{
    start(scene, 19, 350, 1);
    go(scene);
}

static inline void scene_minimum(struct scene *scene)
{
    start(scene, 3, 0, 1);
    scene->fixture.policy.min = 2;
    go(scene);
}

static inline void scene_cooldown(struct scene *scene)
{
    start(scene, 4, 35, 0);
    scene->fixture.policy.min = 0;
    go(scene);
    later(scene, 70);
    value(scene, 0, 0);
    value(scene, 1, 0);
    go(scene);
    later(scene, 5);
    go(scene);
}

static inline void scene_activated(struct scene *scene)
{
    start(scene, 0, 0, 0);
    scene->fixture.policy.min = 0;
    go(scene);
    later(scene, 30);
    value(scene, 0, 45);
    go(scene);
}

static inline void scene_deactivated(struct scene *scene)
{
    scene_cooldown(scene);
    later(scene, 300);
    value(scene, 0, 0);
    value(scene, 1, 0);
    go(scene);
}

static inline void scene_below_activation(struct scene *scene)
{
    start(scene, 0, 3, 0);
    scene->fixture.policy.min = 0;
    scene->fixture.triggers[0].activation = 5;
    go(scene);
}

static inline void scene_initial_cooldown(struct scene *scene)
{
    start(scene, 4, 0, 0);
    scene->fixture.policy.min = 0;
    scene->fixture.policy.initial_cooldown_ms = SECONDS(60);
    scene->fixture.policy.created_ms = scene->fixture.now_ms - SECONDS(45);
    go(scene);
}

/* The formula proposes, the triggers are only its parts. */
static inline void formula(struct scene *scene, const char *text, double target)
{
    static const char *const names[] = {"queue", "http"};
    static const int32_t inputs[] = {0, 1};
    struct modifiers_policy *modifiers = &scene->fixture.policy.modifiers;
    struct formula *compiled = NULL;
    struct formula_place place;
    struct err err = {0};
    ck_assert_msg(formula_compile(text, names, 2, &compiled, &place, &err) == 0, "%s", err.msg);
    scene->formula = compiled;
    scene->scratch = formula_scratch_new();
    *modifiers = (struct modifiers_policy){.formula = compiled,
                                           .scratch = scene->scratch,
                                           .type = METRIC_AVERAGE_VALUE,
                                           .target_milli = (int64_t)(target * 1000),
                                           .inputs = inputs,
                                           .inputs_len = 2};
}

static inline void scene_formula(struct scene *scene)
{
    start(scene, 4, 76, 3);
    formula(scene, "(queue + 15 * http) / 2", 9);
    go(scene);
}

static inline void scene_formula_fails(struct scene *scene)
{
    start(scene, 4, 76, 3);
    formula(scene, "[queue, http][int(http)]", 9);
    go(scene);
}

static inline void scene_formula_nil(struct scene *scene)
{
    start(scene, 4, 76, 3);
    formula(scene, "http ?? nil", 9);
    fixture_state(&scene->fixture, 1, READING_ERROR);
    go(scene);
}

static inline void scene_idle(struct scene *scene)
{
    start(scene, 2, 0, 0);
    scene->fixture.policy.min = 5;
    scene->fixture.policy.has_idle = true;
    scene->fixture.policy.idle = 2;
    go(scene);
}

static inline void scene_frozen(struct scene *scene)
{
    start(scene, 4, 90, 1);
    scene->fixture.policy.pause.paused = true;
    go(scene);
}

static inline void scene_paused_replicas(struct scene *scene)
{
    start(scene, 4, 90, 1);
    scene->fixture.policy.pause.has_replicas = true;
    scene->fixture.policy.pause.replicas = 2;
    go(scene);
}

static inline void scene_paused_scale_in(struct scene *scene)
{
    start(scene, 8, 20, 1);
    scene->fixture.policy.pause.scale_in = true;
    rules(scene, false);
    go(scene);
}

static inline void scene_paused_scale_out(struct scene *scene)
{
    start(scene, 4, 90, 1);
    scene->fixture.policy.pause.scale_out = true;
    go(scene);
}

static inline void scene_fallback(struct scene *scene)
{
    start(scene, 3, 30, 1);
    scene->fixture.policy.fallback =
        (struct fallback_policy){.set = true, .failure_threshold = 3, .replicas = 6};
    go(scene);
    scene->errors[1] = "Connection refused";
    for (int i = 0; i < 4; i++) {
        later(scene, 5);
        value(scene, 0, 30);
        fixture_state(&scene->fixture, 1, READING_ERROR);
        go(scene);
    }
    later(scene, 1);
}

static inline void scene_unknown(struct scene *scene)
{
    start(scene, 8, 30, 8);
    go(scene);
    later(scene, 130);
    value(scene, 0, 30);
    fixture_state(&scene->fixture, 1, READING_ERROR);
    scene->errors[1] = "GET http://prometheus/api/v1/query?query=...: timed out after 3000 ms";
    go(scene);
}

static inline void scene_nothing_known(struct scene *scene)
{
    start(scene, 8, 0, 0);
    fixture_state(&scene->fixture, 0, READING_PENDING);
    fixture_state(&scene->fixture, 1, READING_NAN);
    go(scene);
}

static inline void scene_read_as_zero(struct scene *scene)
{
    start(scene, 8, 80, 0);
    fixture_state(&scene->fixture, 1, READING_EMPTY);
    scene->fixture.triggers[1].missing_is_zero = true;
    go(scene);
}

static inline void scene_odd_readings(struct scene *scene)
{
    start(scene, 8, 30, 0);
    scene->fixture.readings[0].partial = true;
    fixture_state(&scene->fixture, 1, READING_EMPTY);
    go(scene);
    later(scene, 3);
    fixture_state(&scene->fixture, 1, READING_STALE);
    go(scene);
}

static inline void scene_value_metric(struct scene *scene)
{
    start(scene, 4, 10, 150);
    scene->fixture.triggers[1].type = METRIC_VALUE;
    scene->fixture.triggers[1].target_milli = 100000;
    go(scene);
}

static inline void scene_steady(struct scene *scene)
{
    start(scene, 8, 80, 3);
    for (int i = 0; i < 5; i++) {
        go(scene);
        later(scene, 2);
    }
}

static inline void scene_write_failed(struct scene *scene)
{
    scene->write = LEDGER_WRITE_FAILED;
    scene_rate_double(scene);
}

static inline void scene_other_day(struct scene *scene)
{
    scene_rate_double(scene);
    later(scene, 86400 * 2 + 3600 * 4);
    scene->next_ms = 0;
}

static inline void scene_never_decided(struct scene *scene)
{
    start(scene, 1, 0, 0);
    scene->phase = "starting";
    scene->running = false;
    scene->next_ms = 0;
}

static inline void scene_refused(struct scene *scene)
{
    scene_never_decided(scene);
    scene->phase = "refused";
    scene->problem = "Deployment worker is already scaled by HorizontalPodAutoscaler web; it is taken on "
                     "once that is gone";
}

static inline void scene_no_target(struct scene *scene)
{
    scene_steady(scene);
    scene->running = false;
    scene->problem = "Deployment worker does not exist";
}

static const struct {
    const char *name;
    void (*build)(struct scene *scene);
} scenes[] = {
    {"rate-up", scene_rate_up},
    {"rate-used-up", scene_rate_used_up},
    {"rate-down", scene_rate_down},
    {"rate-double", scene_rate_double},
    {"rate-disabled", scene_rate_disabled},
    {"stabilization-down", scene_stabilization_down},
    {"stabilization-up", scene_stabilization_up},
    {"tolerance", scene_tolerance},
    {"maximum", scene_maximum},
    {"minimum", scene_minimum},
    {"cooldown", scene_cooldown},
    {"activated", scene_activated},
    {"deactivated", scene_deactivated},
    {"below-activation", scene_below_activation},
    {"initial-cooldown", scene_initial_cooldown},
    {"formula", scene_formula},
    {"formula-fails", scene_formula_fails},
    {"formula-nil", scene_formula_nil},
    {"idle", scene_idle},
    {"frozen", scene_frozen},
    {"paused-replicas", scene_paused_replicas},
    {"paused-scale-in", scene_paused_scale_in},
    {"paused-scale-out", scene_paused_scale_out},
    {"fallback", scene_fallback},
    {"unknown", scene_unknown},
    {"nothing-known", scene_nothing_known},
    {"read-as-zero", scene_read_as_zero},
    {"odd-readings", scene_odd_readings},
    {"value-metric", scene_value_metric},
    {"steady", scene_steady},
    {"write-failed", scene_write_failed},
    {"other-day", scene_other_day},
    {"never-decided", scene_never_decided},
    {"refused", scene_refused},
    {"no-target", scene_no_target},
};

#endif

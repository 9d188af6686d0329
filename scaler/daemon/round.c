/* Owns an object's rounds: when it is due, asking its triggers, deciding once all have answered. */
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/daemon/internal.h"
#include "scaler/daemon/interval.h"
#include "scaler/daemon/policy_build.h"
#include "scaler/daemon/state.h"

static bool at_zero(const struct object *object)
{
    return object->target && target_info(object->target)->spec_replicas == 0;
}

int64_t round_interval_ms(const struct object *object)
{
    return interval_ms(object->spec, at_zero(object));
}

static void on_timer(struct timer *timer)
{
    round_begin(container_of(timer, struct object, timer));
}

void round_schedule(struct object *object, int64_t delay_ms)
{
    object->due_as_at_zero = false;
    if (!object->dead)
        timer_start(object->daemon->net, &object->timer, delay_ms, on_timer);
}

/* Rounds fall on a grid whose phase comes from the first query: objects that share a reading are due
 * together, others spread out. */
static void schedule_next(struct object *object)
{
    int64_t now = net_now_ms(object->daemon->net), interval = round_interval_ms(object);
    const struct query *query = object->triggers_len ? object->triggers[0].query : NULL;
    int64_t phase = query ? (int64_t)(query_hash(query) % (uint64_t)interval) : 0;
    round_schedule(object, interval_delay_ms(interval, phase, now));
    object->due_as_at_zero = at_zero(object);
}

void round_target_changed(struct object *object)
{
    if (object->due_as_at_zero && !object->in_round && !at_zero(object))
        schedule_next(object);
}

void round_abort(struct object *object)
{
    for (uint32_t i = 0; i < object->triggers_len; i++) {
        if (object->triggers[i].waiting)
            query_forget(&object->triggers[i].waiter);
        object->triggers[i].waiting = false;
    }
    object->waiting = 0;
    object->in_round = false;
}

/* The first list has come, or will not: no need to wait for the next round. */
static void on_pods(void *arg)
{
    struct object *object = arg;
    if (object->pods_awaited && !object->in_round)
        round_schedule(object, 1);
    object->pods_awaited = false;
}

/* The selector is known only now, and may change with the target. */
static void follow_pods(struct object *object)
{
    const char *selector = target_info(object->target)->selector;
    bool wanted = policy_needs_pods(object->spec);
    for (uint32_t i = 0; i < object->triggers_len; i++)
        wanted = wanted || object->trigger_policies[i].type == METRIC_REPLICAS;
    if (object->pods && (!wanted || !text_eq(pods_selector(object->pods), selector))) {
        pods_release(object->pods);
        object->pods = NULL;
    }
    struct err err;
    if (wanted && !object->pods && !text_empty(selector))
        (void)pods_acquire(object->daemon->pods, object->spec->meta.ns, selector, on_pods, object,
                           &object->pods, &err);
    own_usage_follow(object);
}

static struct target_state target_state_of(struct object *object)
{
    const struct target_info *info = target_info(object->target);
    struct target_state state = {.spec_replicas = info->spec_replicas,
                                 .status_replicas = info->status_replicas};
    state.has_pods = pods_count_ready(object->pods, &state.pods, &state.ready_pods);
    return state;
}

static void collect_readings(struct object *object, const struct policy *policy, int64_t now,
                             struct reading *ret)
{
    for (uint32_t i = 0; i < object->triggers_len; i++) {
        struct trigger *trigger = &object->triggers[i];
        if (trigger->own_usage)
            own_usage_read(object, trigger, policy, now);
        ret[i] = trigger->reading;
    }
}

static void evaluate(struct object *object)
{
    struct daemon *daemon = object->daemon;
    object->in_round = false;
    schedule_next(object);
    if (object->write || object->daemon->stopping || !target_info(object->target)->exists)
        return; /* the last decision is still being written; the next round sees its result */
    struct target_state target = target_state_of(object);
    int64_t now = net_now_ms(daemon->net);
    struct reading readings[DECISION_TRIGGERS_MAX];
    struct policy policy;
    struct decision decision;
    policy_fill(object, &policy);
    collect_readings(object, &policy, now, readings);
    decide(&policy, &object->history, readings, &target, now, &decision);
    daemon->decisions++;
    object->first_round_done = true;
    ledger_add(&object->ledger, &decision, readings, now);
    report_formula(object, &decision.composite);
    report_transition(object, &decision);
    state_note(daemon->state, object, &decision);
    if (decision.replicas != decision.current)
        writer_apply(object, &decision);
}

static void take_reading(struct trigger *trigger, const struct reading *reading, const char *error)
{
    trigger->reading = *reading;
    trigger_set_error(trigger, error);
    if (reading->state == READING_OK)
        trigger->ok_ms = reading->at_ms;
}

static void on_answer(struct query_waiter *waiter, const struct reading *reading, const char *error)
{
    struct trigger *trigger = container_of(waiter, struct trigger, waiter);
    struct object *object = trigger->object;
    trigger->waiting = false;
    object->trigger_errors += error != NULL;
    if (trigger->own_usage) {
        /* Usage at hand is not yet a proposal: own_usage_read says whether all is well. */
        own_usage_note(trigger->own_usage, reading);
        if (error)
            trigger_set_error(trigger, error);
    } else {
        take_reading(trigger, reading, error);
    }
    if (--object->waiting == 0)
        evaluate(object);
}

static void ask(struct object *object, uint32_t index, int64_t interval)
{
    struct trigger *trigger = &object->triggers[index];
    if (!trigger->query)
        return;
    if (trigger->own_usage && at_zero(object)) { /* no pods, no usage, and nothing wrong with that */
        own_usage_note(trigger->own_usage, &(struct reading){.state = READING_PENDING});
        trigger_set_error(trigger, NULL);
        return;
    }
    trigger->waiting = true;
    object->waiting++;
    trigger->waiter.fn = on_answer;
    query_ask(trigger->query, interval_max_age_ms(object->spec, index, interval), &trigger->waiter);
}

void round_begin(struct object *object)
{
    if (object->dead || object->phase != OBJECT_RUNNING || object->daemon->stopping)
        return;
    if (object->in_round) { /* a source is slower than the interval: no pile-up, the next round waits for this
                               one */
        schedule_next(object);
        return;
    }
    if (!object->built)
        triggers_build(object);
    const struct target_info *info = target_info(object->target);
    if (!info->known || !info->exists) {
        schedule_next(object);
        return;
    }
    follow_pods(object);
    object->in_round = true;
    object->waiting = 0;
    int64_t interval = round_interval_ms(object);
    if (!policy_frozen(object->spec))
        for (uint32_t i = 0; i < object->triggers_len; i++)
            ask(object, i, interval);
    if (object->waiting == 0)
        evaluate(object);
}

/* Owns the virtual clock: rounds, readings from the trace, decisions, their effect. When a round is due and
 * what the policy is are the daemon's (interval.h, policy_build.h), what is decided is the engine's. */
#include "scaler/simulate/simulation.h"

#include "scaler/base/mem.h"
#include "scaler/daemon/interval.h"

/* What a trigger's source would answer now. */
struct source {
    bool known; /* the trace has spoken of it */
    struct trace_entry entry;
    int64_t request_milli; /* -1: not said */
};

struct simulation {
    const struct subject *subject;
    const struct trace *trace;
    const struct simulation_options *options;
    struct policy policy;
    struct history history;
    struct world world;
    size_t next; /* entry of the trace */
    struct source *sources;
    struct reading *readings;
    int64_t *shown_milli;
    struct decision *decision;
};

static void follow_trace(struct simulation *simulation, int64_t t_ms)
{
    const struct trace *trace = simulation->trace;
    for (; simulation->next < trace->len && trace->entries[simulation->next].t_ms <= t_ms;
         simulation->next++) {
        const struct trace_entry *entry = &trace->entries[simulation->next];
        int32_t trigger = simulation->subject->channels[entry->channel];
        if (trigger < 0)
            continue;
        struct source *source = &simulation->sources[trigger];
        source->known = true;
        source->entry = *entry;
        if (entry->kind == TRACE_USAGE && entry->usage.request_milli >= 0)
            source->request_milli = entry->usage.request_milli;
    }
}

static struct reading plain_reading(const struct trace_entry *entry, int64_t now_ms)
{
    static const enum reading_state states[] = {[TRACE_NUMBER] = READING_OK,
                                                [TRACE_EMPTY] = READING_EMPTY,
                                                [TRACE_NAN] = READING_NAN,
                                                [TRACE_ERROR] = READING_ERROR,
                                                [TRACE_USAGE] = READING_ERROR};
    double value = entry->kind == TRACE_NUMBER ? entry->number : 0;
    return (struct reading){.state = states[entry->kind], .value = value, .activity = value, .at_ms = now_ms};
}

/* What the trace does not speak of: its own answer if the time is all it asks, else nobody knows. */
static struct reading untold_reading(const struct subject_trigger *trigger, int64_t now_ms)
{
    static const enum reading_state states[] = {
        [SCALER_OK] = READING_OK, [SCALER_EMPTY] = READING_EMPTY, [SCALER_NAN] = READING_NAN};
    struct scaler_result result;
    if (!trigger->type)
        return (struct reading){.state = READING_PENDING};
    if (trigger->type->evaluate(trigger->config, now_ms, &result, NULL) < 0)
        return (struct reading){.state = READING_ERROR, .at_ms = now_ms};
    return (struct reading){
        .state = states[result.state], .value = result.value, .activity = result.activity, .at_ms = now_ms};
}

static int ask(struct simulation *simulation, uint32_t index, int64_t now_ms, struct err *err)
{
    const struct source *source = &simulation->sources[index];
    struct reading *reading = &simulation->readings[index];
    const struct subject_trigger *trigger = &simulation->subject->triggers[index];
    if (!source->known) {
        *reading = untold_reading(trigger, now_ms);
        return 0;
    }
    if (source->entry.kind == TRACE_USAGE) {
        struct resource_usage usage = {source->entry.usage.usage_milli, source->request_milli};
        struct tolerance tolerance = policy_tolerance(&simulation->policy);
        return resource_read(&trigger->goal, &usage, &simulation->world, &tolerance, now_ms, reading,
                             &simulation->shown_milli[index], err);
    }
    *reading = plain_reading(&source->entry, now_ms);
    return 0;
}

/* As the daemon asks: nothing while the object is frozen, and no trigger whose reading is young enough. */
static int ask_all(struct simulation *simulation, int64_t interval, int64_t now_ms, struct err *err)
{
    const struct scaled_object *spec = simulation->subject->spec;
    if (policy_frozen(spec))
        return 0;
    for (uint32_t i = 0; i < simulation->subject->triggers_len; i++) {
        const struct reading *reading = &simulation->readings[i];
        if (reading->state != READING_PENDING &&
            now_ms - reading->at_ms <= interval_max_age_ms(spec, i, interval))
            continue;
        int rc = ask(simulation, i, now_ms, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* What is shown of a plain trigger is what the engine took it for. */
static void show_values(struct simulation *simulation)
{
    for (uint32_t i = 0; i < simulation->subject->triggers_len; i++)
        if (!simulation->subject->triggers[i].resource)
            simulation->shown_milli[i] = simulation->decision->triggers[i].value_milli;
}

static int evaluate(struct simulation *simulation, int64_t t_ms, int64_t interval, struct err *err)
{
    int64_t now_ms = simulation->options->start_ms + t_ms;
    struct world *world = &simulation->world;
    struct decision *decision = simulation->decision;
    follow_trace(simulation, t_ms);
    int rc = ask_all(simulation, interval, now_ms, err);
    if (rc < 0)
        return rc;
    const struct target_state target = {.spec_replicas = world->replicas,
                                        .status_replicas = world->replicas,
                                        .has_pods = true,
                                        .ready_pods = world_ready(world, now_ms),
                                        .pods = world->replicas};
    decide(&simulation->policy, &simulation->history, simulation->readings, &target, now_ms, decision);
    show_values(simulation);
    if (decision->replicas != decision->current) {
        decide_commit(&simulation->policy, &simulation->history, decision, now_ms);
        world_scale(world, decision->replicas, now_ms);
    }
    return 0;
}

/* The daemon plans the next round before it writes; only a target that leaves zero is planned anew. */
static int64_t due_after(const struct simulation *simulation, int64_t t_ms)
{
    const struct decision *decision = simulation->decision;
    bool at_zero = decision->current == 0 && decision->replicas == 0;
    return t_ms + interval_delay_ms(interval_ms(simulation->subject->spec, at_zero), 0, t_ms);
}

static int too_many(struct err *err)
{
    return err_set(err, ERR_LIMIT, "more than %u evaluations; end it sooner with --until",
                   SIMULATION_ROUNDS_MAX);
}

/* Not even at the slower pace. */
static bool hopeless(const struct simulation *simulation)
{
    int64_t pace = interval_ms(simulation->subject->spec, true);
    return simulation->options->until_ms / pace >= SIMULATION_ROUNDS_MAX;
}

static int run(struct simulation *simulation, struct simulation_sink *sink, struct err *err)
{
    const struct simulation_options *options = simulation->options;
    size_t rounds = 0;
    if (hopeless(simulation))
        return too_many(err);
    for (int64_t t_ms = 0; t_ms <= options->until_ms; t_ms = due_after(simulation, t_ms)) {
        if (rounds++ == SIMULATION_ROUNDS_MAX)
            return too_many(err);
        int64_t interval = interval_ms(simulation->subject->spec, simulation->world.replicas == 0);
        int rc = evaluate(simulation, t_ms, interval, err);
        if (rc < 0) {
            err_wrap(err, "at %.3f s", (double)t_ms / 1000);
            return rc;
        }
        const struct instant instant = {.t_ms = t_ms,
                                        .start_ms = options->start_ms,
                                        .subject = simulation->subject,
                                        .decision = simulation->decision,
                                        .shown_milli = simulation->shown_milli,
                                        .world = &simulation->world};
        sink->instant(sink, &instant);
    }
    return 0;
}

/* As the daemon counts an object without saved state: from when the manifest says it was made, else from when
 * it was first seen, which is a moment before its first round. */
static int64_t created_ms(const struct scaled_object *spec, int64_t start_ms)
{
    int64_t created = spec->meta.created_ms;
    return created > 0 && created < start_ms ? created : start_ms - 1;
}

int simulation_run(const struct subject *subject, const struct trace *trace,
                   const struct simulation_options *options, struct simulation_sink *sink, struct err *err)
{
    uint32_t len = subject->triggers_len;
    struct simulation simulation = {.subject = subject,
                                    .trace = trace,
                                    .options = options,
                                    .sources = mem_zalloc_array(len, sizeof *simulation.sources),
                                    .readings = mem_zalloc_array(len, sizeof *simulation.readings),
                                    .shown_milli = mem_zalloc_array(len, sizeof *simulation.shown_milli),
                                    .decision = mem_zalloc(sizeof *simulation.decision)};
    for (uint32_t i = 0; i < len; i++)
        simulation.sources[i].request_milli = -1;
    history_init(&simulation.history);
    world_init(&simulation.world, options->replicas, options->ready_delay_ms);
    struct policy_options common = options->policy;
    common.scratch = formula_scratch_new();
    policy_build(subject->spec, &common, created_ms(subject->spec, options->start_ms), subject->policies, len,
                 &simulation.policy);
    int rc = run(&simulation, sink, err);
    world_done(&simulation.world);
    history_done(&simulation.history);
    formula_scratch_free(common.scratch);
    mem_free(simulation.decision);
    mem_free(simulation.shown_milli);
    mem_free(simulation.readings);
    mem_free(simulation.sources);
    return rc;
}

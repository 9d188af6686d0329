/* Owns the figures of a simulation, and how two are held against each other. */
#include "scaler/simulate/summary.h"

#include <inttypes.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"

#define MS_PER_HOUR 3600000.0

/* From the last evaluation to t_ms everything stood as it was then, but pods became ready. */
static void pass_time(struct summary *summary, int64_t t_ms)
{
    int64_t met = summary->met_ms < t_ms ? summary->met_ms : t_ms;
    summary->pod_ms += (double)summary->last * (double)(t_ms - summary->t_ms);
    if (met > summary->t_ms)
        summary->above_ms += met - summary->t_ms;
    summary->t_ms = t_ms;
}

static void count_change(struct summary *summary, int64_t t_ms, int direction)
{
    if (direction > 0)
        summary->ups++;
    else
        summary->downs++;
    if (summary->direction == -direction && t_ms - summary->changed_ms <= SUMMARY_FLAP_MS)
        summary->flaps++;
    summary->direction = direction;
    summary->changed_ms = t_ms;
}

static void on_instant(struct simulation_sink *sink, const struct instant *instant)
{
    struct summary *summary = container_of(sink, struct summary, sink);
    const struct decision *decision = instant->decision;
    pass_time(summary, instant->t_ms);
    if (decision->replicas != decision->current)
        count_change(summary, instant->t_ms, decision->replicas > decision->current ? 1 : -1);
    summary->evaluations++;
    summary->last = decision->replicas;
    summary->lowest = summary->last < summary->lowest ? summary->last : summary->lowest;
    summary->highest = summary->last > summary->highest ? summary->last : summary->highest;
    int64_t met = world_ready_at(instant->world, decision->best);
    summary->met_ms = met == INT64_MIN || met == INT64_MAX ? met : met - instant->start_ms;
}

void summary_init(struct summary *summary, const char *label, const struct simulation_options *options)
{
    *summary = (struct summary){.sink = {on_instant},
                                .label = label,
                                .until_ms = options->until_ms,
                                .first = options->replicas,
                                .last = options->replicas,
                                .lowest = options->replicas,
                                .highest = options->replicas,
                                .met_ms = INT64_MIN};
}

void summary_finish(struct summary *summary)
{
    pass_time(summary, summary->until_ms);
}

/* ---- one figure, one row ---- */

static void pod_hours(const struct summary *summary, struct strbuf *text)
{
    strbuf_printf(text, "%.3f", summary->pod_ms / MS_PER_HOUR);
}

static void events(const struct summary *summary, struct strbuf *text)
{
    strbuf_printf(text, "%" PRIu64, summary->ups + summary->downs);
}

static void ups(const struct summary *summary, struct strbuf *text)
{
    strbuf_printf(text, "%" PRIu64, summary->ups);
}

static void downs(const struct summary *summary, struct strbuf *text)
{
    strbuf_printf(text, "%" PRIu64, summary->downs);
}

static void flaps(const struct summary *summary, struct strbuf *text)
{
    strbuf_printf(text, "%" PRIu64, summary->flaps);
}

static void above(const struct summary *summary, struct strbuf *text)
{
    output_milli(text, summary->above_ms);
}

static void lowest(const struct summary *summary, struct strbuf *text)
{
    strbuf_printf(text, "%d", summary->lowest);
}

static void highest(const struct summary *summary, struct strbuf *text)
{
    strbuf_printf(text, "%d", summary->highest);
}

static void last(const struct summary *summary, struct strbuf *text)
{
    strbuf_printf(text, "%d", summary->last);
}

static void evaluations(const struct summary *summary, struct strbuf *text)
{
    strbuf_printf(text, "%" PRIu64, summary->evaluations);
}

static void until(const struct summary *summary, struct strbuf *text)
{
    output_milli(text, summary->until_ms);
}

static const struct {
    const char *title; /* in a table */
    const char *key;   /* in JSON */
    void (*append)(const struct summary *summary, struct strbuf *text);
} figures[] = {
    {"pod-hours", "pod_hours", pod_hours},
    {"scale events", "scale_events", events},
    {"  up", "ups", ups},
    {"  down", "downs", downs},
    {"flaps", "flaps", flaps},
    {"seconds above target", "above_target_seconds", above},
    {"lowest replicas", "lowest", lowest},
    {"highest replicas", "highest", highest},
    {"replicas at the end", "last", last},
    {"evaluations", "evaluations", evaluations},
    {"seconds simulated", "seconds", until},
};

static void cell(struct strbuf *text, const char *content, int width)
{
    strbuf_printf(text, "  %*s", width, content);
}

static int width_of(const struct summary *summary)
{
    size_t len = strlen(summary->label);
    return len < 12 ? 12 : len > 60 ? 60 : (int)len;
}

void summary_table(const struct summary *summaries, size_t len, struct strbuf *text)
{
    if (len > 1) {
        strbuf_printf(text, "%-22s", "");
        for (size_t i = 0; i < len; i++)
            cell(text, summaries[i].label, width_of(&summaries[i]));
        strbuf_append_c(text, '\n');
    }
    for (size_t row = 0; row < ARRAY_LEN(figures); row++) {
        strbuf_printf(text, "%-22s", figures[row].title);
        for (size_t i = 0; i < len; i++) {
            AUTO_STRBUF struct strbuf value;
            strbuf_init(&value);
            figures[row].append(&summaries[i], &value);
            cell(text, value.data, len > 1 ? width_of(&summaries[i]) : 12);
        }
        strbuf_append_c(text, '\n');
    }
}

void summary_json(const struct summary *summary, struct strbuf *text)
{
    strbuf_append(text, "{\"object\":");
    strbuf_append_json(text, summary->label);
    for (size_t row = 0; row < ARRAY_LEN(figures); row++) {
        strbuf_printf(text, ",\"%s\":", figures[row].key);
        figures[row].append(summary, text);
    }
    strbuf_append(text, "}\n");
}

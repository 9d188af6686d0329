/* Owns what a chart remembers. How it is drawn: svg.c. */
#include "scaler/simulate/chart.h"

#include "scaler/base/mem.h"

static void note(struct series *series, size_t column, double value)
{
    struct span *span = &series->columns[column];
    if (!span->known)
        *span = (struct span){true, value, value, value, value};
    span->lowest = value < span->lowest ? value : span->lowest;
    span->highest = value > span->highest ? value : span->highest;
    span->last = value;
    series->highest = value > series->highest ? value : series->highest;
}

static void note_change(struct column *column, const struct instant *instant)
{
    const struct decision *decision = instant->decision;
    column->any = true;
    if (column->changes == 0 || decision->replicas != decision->current)
        column->reason = decision->reason; /* a change tells more than what followed it */
    if (decision->replicas == decision->current)
        return;
    if (column->changes++ == 0)
        column->from = decision->current;
    column->to = decision->replicas;
    column->t_ms = instant->t_ms;
    column->limited_by = decision->limited_by;
}

static void on_instant(struct simulation_sink *sink, const struct instant *instant)
{
    struct chart *chart = container_of(sink, struct chart, sink);
    const struct decision *decision = instant->decision;
    size_t column = (size_t)((double)instant->t_ms / ((double)chart->until_ms + 1) * CHART_COLUMNS);
    note_change(&chart->columns[column], instant);
    note(&chart->replicas, column, decision->replicas);
    note(&chart->ready, column, world_ready(instant->world, instant->start_ms + instant->t_ms));
    if (decision->best >= 0)
        note(&chart->asked, column, decision->best);
    for (uint32_t i = 0; i < decision->triggers_len; i++)
        if (decision->triggers[i].state == READING_OK)
            note(&chart->triggers[i], column, (double)instant->shown_milli[i] / 1000);
}

struct chart *chart_new(const struct subject *subject, const char *label,
                        const struct simulation_options *options)
{
    struct chart *chart = mem_zalloc(sizeof *chart);
    chart->sink.instant = on_instant;
    chart->subject = subject;
    chart->label = label;
    chart->until_ms = options->until_ms;
    chart->triggers = mem_zalloc_array(subject->triggers_len, sizeof *chart->triggers);
    return chart;
}

struct simulation_sink *chart_sink(struct chart *chart)
{
    return &chart->sink;
}

void chart_free(struct chart *chart)
{
    if (!chart)
        return;
    mem_free(chart->triggers);
    mem_free(chart);
}

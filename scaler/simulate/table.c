/* Owns the table: one row wherever something changed, in words. */
#include <inttypes.h>

#include "scaler/base/mem.h"
#include "scaler/simulate/render.h"

/* Values come and go; what is told of them is their state, and what they asked for when that mattered. */
static bool same_trigger(const struct trigger_outcome *a, const struct trigger_outcome *b)
{
    return a->state == b->state && a->as_zero == b->as_zero && a->active == b->active &&
           a->in_fallback == b->in_fallback;
}

static bool same(const struct decision *a, const struct decision *b)
{
    bool equal = b->replicas == b->current && a->replicas == b->current && a->reason == b->reason &&
                 a->limited_by == b->limited_by && a->active == b->active;
    for (uint32_t i = 0; equal && i < b->triggers_len; i++)
        equal = same_trigger(&a->triggers[i], &b->triggers[i]);
    return equal;
}

static void append_limits(struct strbuf *text, unsigned limited_by)
{
    const char *separator = "";
    for (unsigned bit = 1; bit && bit <= limited_by; bit <<= 1) {
        if (!(limited_by & bit))
            continue;
        strbuf_printf(text, "%s%s", separator, decision_limit_name((enum decision_limit)bit));
        separator = ",";
    }
}

static void append_triggers(struct strbuf *text, const struct instant *instant)
{
    const struct decision *decision = instant->decision;
    for (uint32_t i = 0; i < decision->triggers_len; i++) {
        const struct trigger_outcome *outcome = &decision->triggers[i];
        strbuf_printf(text, "%s%s ", i ? ", " : "", instant->subject->triggers[i].name);
        if (outcome->state == READING_OK)
            output_milli(text, instant->shown_milli[i]);
        else
            strbuf_append(text, reading_state_name(outcome->state));
        if (outcome->as_zero)
            strbuf_append(text, " (read as 0)");
        if (outcome->has_proposal)
            strbuf_printf(text, " asks for %d%s", outcome->proposal,
                          outcome->in_fallback ? " (fallback)" : "");
    }
}

static void append_formula(struct strbuf *text, const struct composite_outcome *composite)
{
    if (!composite->used)
        return;
    strbuf_append(text, "; formula ");
    if (composite->state == READING_OK)
        output_milli(text, composite->value_milli);
    else
        strbuf_append(text, reading_state_name(composite->state));
    if (composite->has_proposal)
        strbuf_printf(text, " asks for %d", composite->proposal);
}

static void row(struct strbuf *text, const struct instant *instant)
{
    const struct decision *decision = instant->decision;
    AUTO_STRBUF struct strbuf cell;
    strbuf_init(&cell);
    output_clock(&cell, instant->t_ms);
    strbuf_printf(text, "%12s  ", cell.data);
    strbuf_reset(&cell);
    if (decision->replicas == decision->current)
        strbuf_printf(text, "%17d", decision->current);
    else
        strbuf_printf(text, "%7d -> %6d", decision->current, decision->replicas);
    strbuf_printf(text, "  %-15s  ", decision_reason_name(decision->reason));
    append_limits(&cell, decision->limited_by);
    strbuf_printf(text, "%-24s  ", cell.data);
    append_triggers(text, instant);
    append_formula(text, &decision->composite);
    strbuf_append_c(text, '\n');
}

static void on_instant(struct simulation_sink *sink, const struct instant *instant)
{
    struct table *table = container_of(sink, struct table, sink);
    struct strbuf *text = &table->output->text;
    if (table->any && same(table->shown, instant->decision)) {
        table->equal++;
        return;
    }
    if (!table->any)
        strbuf_printf(text, "%12s  %17s  %-15s  %-24s  %s\n", "time", "replicas", "reason", "limited by",
                      "triggers");
    table->any = true;
    table->rows++;
    *table->shown = *instant->decision;
    row(text, instant);
    output_pass(table->output);
}

void table_init(struct table *table, struct output *output)
{
    *table =
        (struct table){.sink = {on_instant}, .output = output, .shown = mem_zalloc(sizeof *table->shown)};
}

void table_finish(struct table *table)
{
    mem_free(table->shown);
    table->shown = NULL;
    if (table->any)
        strbuf_printf(&table->output->text,
                      "%" PRIu64 " evaluations like the one above them are left out\n\n", table->equal);
}

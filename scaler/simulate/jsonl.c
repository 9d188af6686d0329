/* Owns the machine's face of a simulation: one JSON object per evaluation, the words as in /decisions. */
#include "scaler/base/mem.h"
#include "scaler/daemon/ledger_json.h"
#include "scaler/simulate/render.h"

static void limits(struct strbuf *text, unsigned limited_by)
{
    const char *separator = "";
    strbuf_append(text, ",\"limited_by\":[");
    for (unsigned bit = 1; bit && bit <= limited_by; bit <<= 1) {
        if (!(limited_by & bit))
            continue;
        strbuf_append(text, separator);
        strbuf_append_c(text, '"');
        strbuf_append(text, decision_limit_name((enum decision_limit)bit));
        strbuf_append_c(text, '"');
        separator = ",";
    }
    strbuf_append_c(text, ']');
}

static void outcome(struct strbuf *text, const char *name, enum reading_state state, int64_t value_milli,
                    bool has_proposal, int32_t proposal)
{
    strbuf_append_json(text, name);
    strbuf_append(text, ":{\"state\":\"");
    strbuf_append(text, reading_state_name(state));
    strbuf_append(text, "\",\"value\":");
    if (state == READING_OK)
        output_milli(text, value_milli);
    else
        strbuf_append(text, "null");
    strbuf_append(text, ",\"proposal\":");
    if (has_proposal)
        output_milli(text, (int64_t)proposal * 1000);
    else
        strbuf_append(text, "null");
    strbuf_append_c(text, '}');
}

/* A formula over the triggers stands behind them, by the name that KEDA gives its metric. */
static void outcomes(struct strbuf *text, const struct instant *instant)
{
    const struct decision *decision = instant->decision;
    const struct composite_outcome *composite = &decision->composite;
    for (uint32_t i = 0; i < decision->triggers_len; i++) {
        const struct trigger_outcome *trigger = &decision->triggers[i];
        if (i)
            strbuf_append_c(text, ',');
        outcome(text, instant->subject->triggers[i].name, trigger->state, instant->shown_milli[i],
                trigger->has_proposal, trigger->proposal);
    }
    if (!composite->used)
        return;
    if (decision->triggers_len)
        strbuf_append_c(text, ',');
    outcome(text, "composite-metric", composite->state, composite->value_milli, composite->has_proposal,
            composite->proposal);
}

static void on_instant(struct simulation_sink *sink, const struct instant *instant)
{
    struct output *output = container_of(sink, struct jsonl, sink)->output;
    const struct decision *decision = instant->decision;
    struct strbuf *text = &output->text;
    strbuf_append(text, "{\"t\":");
    output_milli(text, instant->t_ms);
    strbuf_append(text, ",\"replicas\":");
    output_milli(text, (int64_t)decision->current * 1000);
    strbuf_append(text, ",\"desired\":");
    output_milli(text, (int64_t)decision->replicas * 1000);
    strbuf_append(text,
                  decision->active ? ",\"active\":true,\"reason\":\"" : ",\"active\":false,\"reason\":\"");
    strbuf_append(text, decision_reason_name(decision->reason));
    strbuf_append_c(text, '"');
    limits(text, decision->limited_by);
    strbuf_append(text, ",\"triggers\":{");
    outcomes(text, instant);
    strbuf_append(text, "},\"steps\":[");
    for (uint32_t i = 0; i < decision->steps_len; i++) {
        if (i)
            strbuf_append_c(text, ',');
        ledger_json_step(text, &decision->steps[i]);
    }
    strbuf_append(text, "],");
    ledger_json_time(text, "at", instant->start_ms + instant->t_ms);
    strbuf_append(text, "}\n");
    output_pass(output);
}

void jsonl_init(struct jsonl *jsonl, struct output *output)
{
    *jsonl = (struct jsonl){.sink = {on_instant}, .output = output};
}

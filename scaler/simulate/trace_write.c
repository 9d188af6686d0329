/* Owns the trace as a file: the opposite of trace_line.c, for what triggers read. */
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/simulate/output.h"
#include "scaler/simulate/trace_internal.h"

static void append_value(struct strbuf *text, const struct trace_entry *entry)
{
    static const char *const words[] = {
        [TRACE_EMPTY] = "\"empty\"", [TRACE_NAN] = "\"nan\"", [TRACE_ERROR] = "\"error\""};
    char number[40];
    if (entry->kind == TRACE_NUMBER)
        strbuf_append(text, number_format_double(entry->number, number, sizeof number));
    else
        strbuf_append(text, words[entry->kind]);
}

/* All values of one instant. Gives where the next begins. */
static size_t append_line(struct strbuf *text, const struct trace *trace, const char *const *names, size_t at)
{
    const struct trace_entry *entries = trace->entries;
    int64_t t_ms = entries[at].t_ms;
    const char *separator = "";
    strbuf_append(text, "{\"t\":");
    output_milli(text, t_ms);
    strbuf_append(text, ",\"triggers\":{");
    for (; at < trace->len && entries[at].t_ms == t_ms; at++) {
        if (entries[at].kind == TRACE_USAGE)
            continue;
        strbuf_append(text, separator);
        strbuf_append_json(text, names[entries[at].channel]);
        strbuf_append_c(text, ':');
        append_value(text, &entries[at]);
        separator = ",";
    }
    strbuf_append(text, "}}\n");
    return at;
}

bool trace_write(const struct trace *trace, FILE *file)
{
    struct output output;
    const char **names = mem_zalloc_array(trace->channels_len, sizeof *names);
    for (const struct trace_channel *channel = trace->channels; channel; channel = channel->hh.next)
        names[channel->index] = channel->key + 1; /* behind the section */
    output_init(&output, file);
    for (size_t at = 0; at < trace->len;) {
        at = append_line(&output.text, trace, names, at);
        output_pass(&output);
    }
    /* The last values hold up to here. */
    strbuf_append(&output.text, "{\"t\":");
    output_milli(&output.text, trace->end_ms);
    strbuf_append(&output.text, "}\n");
    mem_free(names);
    return output_end(&output);
}

/* Traces for `davit simulate`: what is accepted is in the order of time and within its caps, and what is
 * written of it reads again as the same. */
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/simulate/trace.h"
#include "tests/fuzz/fuzz.h"

static void declare(struct trace *trace)
{
    static const char *const names[] = {"s0", "s1", "orders"};
    trace_init(trace);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        (void)trace_declare(trace, TRACE_TRIGGERS, names[i]);
    (void)trace_declare(trace, TRACE_CPU, "s0");
    (void)trace_declare(trace, TRACE_MEMORY, "s1");
}

static int read_text(struct trace *trace, char *text, size_t len, struct err *err)
{
    FILE *file = fmemopen(text, len, "r");
    FUZZ_CHECK(file);
    int rc = trace_read(trace, file, "fuzz.jsonl", err);
    (void)fclose(file);
    return rc;
}

static void check_entries(const struct trace *trace)
{
    int64_t before_ms = 0;
    for (size_t i = 0; i < trace->len; i++) {
        const struct trace_entry *entry = &trace->entries[i];
        FUZZ_CHECK(entry->t_ms >= before_ms && entry->t_ms <= trace->end_ms);
        FUZZ_CHECK(entry->channel < trace->channels_len && entry->kind <= TRACE_USAGE);
        if (entry->kind == TRACE_USAGE)
            FUZZ_CHECK(entry->usage.usage_milli >= 0 && entry->usage.request_milli >= -1);
        else if (entry->kind == TRACE_NUMBER)
            FUZZ_CHECK(entry->number - entry->number == 0); /* finite */
        before_ms = entry->t_ms;
    }
}

static char *write_text(const struct trace *trace, size_t *ret_len)
{
    char *text = NULL;
    FILE *file = open_memstream(&text, ret_len);
    FUZZ_CHECK(file && trace_write(trace, file));
    (void)fclose(file);
    return text;
}

/* Written and read until it stands still: two values of one instant become the later one. */
static void check_writing(const struct trace *trace)
{
    size_t len, again_len;
    char *text = write_text(trace, &len);
    for (int i = 0; i < 2; i++) {
        struct trace read;
        struct err err = {0};
        declare(&read);
        FUZZ_CHECK(read_text(&read, text, len, &err) == 0);
        FUZZ_CHECK(read.end_ms == trace->end_ms && read.len <= trace->len);
        char *again = write_text(&read, &again_len);
        FUZZ_CHECK(i == 0 || (len == again_len && memcmp(text, again, len) == 0));
        mem_free(text);
        text = again;
        len = again_len;
        trace_done(&read);
    }
    mem_free(text);
}

static bool has_usage(const struct trace *trace)
{
    for (size_t i = 0; i < trace->len; i++)
        if (trace->entries[i].kind == TRACE_USAGE)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trace trace;
    struct err err = {0};
    if (size == 0)
        return 0; /* no file for fmemopen */
    char *text = mem_strndup((const char *)data, size);
    declare(&trace);
    if (read_text(&trace, text, size, &err) < 0)
        FUZZ_CHECK(err.code < 0 && strncmp(err.msg, "fuzz.jsonl:", 11) == 0);
    else
        check_entries(&trace);
    if (err.code == 0 && !has_usage(&trace)) /* those are not written */
        check_writing(&trace);
    trace_done(&trace);
    mem_free(text);
    return 0;
}

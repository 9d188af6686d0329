/* Owns the trace in memory and its file: lines, sizes, places of mistakes. What one line means: trace_line.c.
 */
#include "scaler/simulate/trace.h"

#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/simulate/trace_internal.h"

void trace_init(struct trace *trace)
{
    *trace = (struct trace){0};
}

void trace_done(struct trace *trace)
{
    struct trace_channel *channel, *next;
    HASH_ITER (hh, trace->channels, channel, next) {
        HASH_DEL(trace->channels, channel);
        mem_free(channel->key);
        mem_free(channel);
    }
    mem_free(trace->entries);
    *trace = (struct trace){0};
}

/* A section's digit and the name. */
static char *key_of(enum trace_section section, const char *name)
{
    return mem_printf("%d%s", (int)section, name);
}

const struct trace_channel *trace_find(const struct trace *trace, enum trace_section section,
                                       const char *name)
{
    AUTO_FREE char *key = key_of(section, name);
    struct trace_channel *found = NULL;
    HASH_FIND_STR(trace->channels, key, found);
    return found;
}

uint32_t trace_declare(struct trace *trace, enum trace_section section, const char *name)
{
    const struct trace_channel *found = trace_find(trace, section, name);
    if (found)
        return found->index;
    struct trace_channel *channel = mem_zalloc(sizeof *channel);
    channel->key = key_of(section, name);
    channel->index = trace->channels_len++;
    HASH_ADD_KEYPTR(hh, trace->channels, channel->key, strlen(channel->key), channel);
    return channel->index;
}

bool trace_add(struct trace *trace, const struct trace_entry *entry)
{
    if (trace->len >= TRACE_ENTRIES_MAX)
        return false;
    if (trace->len == trace->cap) {
        trace->cap = trace->cap ? trace->cap * 2 : 256;
        trace->entries = mem_realloc_array(trace->entries, trace->cap, sizeof *trace->entries);
    }
    trace->entries[trace->len++] = *entry;
    if (entry->t_ms > trace->end_ms)
        trace->end_ms = entry->t_ms;
    return true;
}

static bool blank(const char *line, size_t len)
{
    size_t at = 0;
    while (at < len && (line[at] == ' ' || line[at] == '\t' || line[at] == '\r'))
        at++;
    return at == len;
}

/* Into line, without its end. False: there is no more. */
static bool next_line(FILE *input, char *line, size_t *ret_len)
{
    size_t len = 0;
    int c = getc_unlocked(input);
    if (c == EOF)
        return false;
    for (; c != EOF && c != '\n'; c = getc_unlocked(input)) {
        line[len++] = (char)c;
        if (len > TRACE_LINE_MAX)
            break;
    }
    *ret_len = len;
    return true;
}

static int read_line(struct trace *trace, const char *line, size_t len, struct err *err)
{
    if (len > TRACE_LINE_MAX)
        return err_set(err, ERR_LIMIT, "the line is longer than %zu bytes", TRACE_LINE_MAX);
    return blank(line, len) ? 0 : trace_read_line(trace, line, len, err);
}

int trace_read(struct trace *trace, FILE *input, const char *file, struct err *err)
{
    AUTO_FREE char *line = mem_alloc(TRACE_LINE_MAX + 1);
    size_t len;
    for (size_t number = 1; next_line(input, line, &len); number++) {
        int rc = read_line(trace, line, len, err);
        if (rc < 0) {
            err_wrap(err, "%s:%zu", file, number);
            return rc;
        }
    }
    if (ferror(input))
        return err_set(err, ERR_IO, "%s: cannot be read", file);
    return 0;
}

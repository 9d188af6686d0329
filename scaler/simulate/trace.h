/* A trace: what triggers read, and what pods used, at which time. Read from JSON lines; kept compact. */
#ifndef SCALER_SIMULATE_TRACE_H
#define SCALER_SIMULATE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "scaler/base/err.h"

#define TRACE_LINE_MAX    ((size_t)64 << 10)
#define TRACE_ENTRIES_MAX ((size_t)8 << 20)
#define TRACE_SECONDS_MAX 1e9

/* The objects of a line that name triggers. */
enum trace_section { TRACE_TRIGGERS, TRACE_CPU, TRACE_MEMORY };
#define TRACE_SECTIONS 3

enum trace_kind { TRACE_NUMBER, TRACE_EMPTY, TRACE_NAN, TRACE_ERROR, TRACE_USAGE };

struct trace_entry {
    int64_t t_ms;
    uint32_t channel;
    enum trace_kind kind;
    union {
        double number;
        struct {
            int64_t usage_milli;   /* of all pods together */
            int64_t request_milli; /* of one pod; -1: as said before */
        } usage;
    };
};

/* What may be named: one section's name. */
struct trace_channel;

struct trace {
    struct trace_channel *channels;
    uint32_t channels_len;
    struct trace_entry *entries; /* in the order of time */
    size_t len, cap;
    int64_t end_ms; /* of the last line */
    size_t lines;
};

void trace_init(struct trace *trace);
void trace_done(struct trace *trace);

/* Before reading: a name that lines may use. Declaring it again gives the same number. */
uint32_t trace_declare(struct trace *trace, enum trace_section section, const char *name);

/* Reads lines to the end of the file. Anything wrong ends it with "file:line: what". file: how messages name
 * it. */
int trace_read(struct trace *trace, FILE *input, const char *file, struct err *err);
int trace_read_line(struct trace *trace, const char *line, size_t len, struct err *err);

/* For traces that come from elsewhere; times must not fall. False: too many. */
bool trace_add(struct trace *trace, const struct trace_entry *entry);

/* What triggers read, as lines that trace_read understands. False: not all could be written. */
bool trace_write(const struct trace *trace, FILE *file);

#endif

/* What the sandbox counts and remembers for tests and benches. */
#ifndef TESTS_SANDBOX_STATS_H
#define TESTS_SANDBOX_STATS_H

#include <jansson.h>
#include <stdint.h>

#include "scaler/base/strbuf.h"
#include "tests/sandbox/resource.h"

#define STATS_SCALES_MAX 100000 /* the newest writes that are remembered */

struct counter;

/* One write of spec.replicas. */
struct scale_write {
    const struct resource *resource;
    const char *ns, *name;
    int64_t from, to;
    const char *via; /* "scale", or "object" when the workload itself was written; static */
    const char *user_agent;
};

struct scale_record;

struct stats {
    struct counter *counters;
    uint64_t requests;
    struct scale_record *scales; /* a ring */
    size_t scale_start, scale_len, scale_cap;
    uint64_t scale_seq; /* of the newest */
};

void stats_done(struct stats *stats);
void stats_reset_requests(struct stats *stats);
void stats_reset_scales(struct stats *stats);
/* code 0: no answer was given. */
void stats_count(struct stats *stats, const char *verb, const char *path_class, int code);
void stats_note_scale(struct stats *stats, const struct scale_write *write);
json_t *stats_requests(const struct stats *stats); /* a list; new reference */
/* Entries after the sequence number, one JSON object each, comma-separated. */
void stats_append_scales(const struct stats *stats, uint64_t since, struct strbuf *out);

#endif

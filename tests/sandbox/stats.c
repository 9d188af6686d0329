/* Owns the request counters and the audit log of scale writes. */
#include "tests/sandbox/stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uthash.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"

#define AGENT_MAX 120

struct counter {
    UT_hash_handle hh;
    char key[160]; /* "verb class code" */
    char verb[24];
    char path_class[96];
    int code;
    uint64_t count;
};

struct scale_record {
    uint64_t seq;
    int64_t at_ms;
    const struct resource *resource;
    char *ns, *name, *user_agent;
    const char *via;
    int64_t from, to;
};

void stats_reset_requests(struct stats *stats)
{
    struct counter *counter, *next;
    HASH_ITER (hh, stats->counters, counter, next) {
        HASH_DEL(stats->counters, counter);
        mem_free(counter);
    }
    stats->requests = 0;
}

static struct scale_record *record_at(const struct stats *stats, size_t index)
{
    return &stats->scales[(stats->scale_start + index) % stats->scale_cap];
}

static void drop_oldest(struct stats *stats)
{
    struct scale_record *record = record_at(stats, 0);
    mem_free(record->ns);
    mem_free(record->name);
    mem_free(record->user_agent);
    stats->scale_start = (stats->scale_start + 1) % stats->scale_cap;
    stats->scale_len--;
}

void stats_reset_scales(struct stats *stats)
{
    while (stats->scale_len)
        drop_oldest(stats);
}

void stats_done(struct stats *stats)
{
    stats_reset_requests(stats);
    stats_reset_scales(stats);
    mem_free(stats->scales);
    stats->scales = NULL;
}

void stats_count(struct stats *stats, const char *verb, const char *path_class, int code)
{
    char key[160];
    struct counter *counter;
    int len = snprintf(key, sizeof(key), "%s %s %d", verb, path_class, code);
    HASH_FIND(hh, stats->counters, key, (size_t)len, counter);
    if (!counter) {
        counter = mem_zalloc(sizeof(*counter));
        snprintf(counter->key, sizeof(counter->key), "%s", key);
        snprintf(counter->verb, sizeof(counter->verb), "%s", verb);
        snprintf(counter->path_class, sizeof(counter->path_class), "%s", path_class);
        counter->code = code;
        HASH_ADD_KEYPTR(hh, stats->counters, counter->key, (size_t)len, counter);
    }
    counter->count++;
    stats->requests++;
}

static void grow(struct stats *stats)
{
    size_t cap = stats->scale_cap ? stats->scale_cap * 2 : 256;
    cap = cap < STATS_SCALES_MAX ? cap : STATS_SCALES_MAX;
    struct scale_record *scales = mem_zalloc_array(cap, sizeof(*scales));
    for (size_t i = 0; i < stats->scale_len; i++)
        scales[i] = *record_at(stats, i);
    mem_free(stats->scales);
    stats->scales = scales;
    stats->scale_start = 0;
    stats->scale_cap = cap;
}

void stats_note_scale(struct stats *stats, const struct scale_write *write)
{
    if (stats->scale_len == STATS_SCALES_MAX)
        drop_oldest(stats);
    if (stats->scale_len == stats->scale_cap)
        grow(stats);
    *record_at(stats, stats->scale_len++) = (struct scale_record){
        .seq = ++stats->scale_seq,
        .at_ms = clock_wall_ms(),
        .resource = write->resource,
        .ns = mem_strdup(write->ns),
        .name = mem_strdup(write->name),
        .user_agent = mem_strndup(write->user_agent, strnlen(write->user_agent, AGENT_MAX)),
        .via = write->via,
        .from = write->from,
        .to = write->to};
}

json_t *stats_requests(const struct stats *stats)
{
    json_t *list = json_array();
    for (const struct counter *counter = stats->counters; counter; counter = counter->hh.next)
        json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:I}", "verb", counter->verb, "path",
                                              counter->path_class, "code", counter->code, "count",
                                              (json_int_t)counter->count));
    return list;
}

/* Records are in order of their numbers without gaps, so the first one wanted is found by counting. */
void stats_append_scales(const struct stats *stats, uint64_t since, struct strbuf *out)
{
    char time[CLOCK_RFC3339_MAX];
    uint64_t oldest = stats->scale_seq - stats->scale_len + 1;
    size_t first = since >= oldest ? (size_t)(since - oldest + 1) : 0;
    for (size_t i = first; i < stats->scale_len; i++) {
        const struct scale_record *record = record_at(stats, i);
        strbuf_printf(
            out,
            "%s{\"seq\":%" PRIu64 ",\"time\":\"%s\",\"atMs\":%" PRId64 ",\"resource\":\"%s\",\"namespace\":",
            i > first ? "," : "", record->seq, clock_format_rfc3339(record->at_ms, true, time, sizeof(time)),
            record->at_ms, record->resource->plural);
        strbuf_append_json(out, record->ns);
        strbuf_append(out, ",\"name\":");
        strbuf_append_json(out, record->name);
        strbuf_printf(out,
                      ",\"from\":%" PRId64 ",\"to\":%" PRId64 ",\"via\":\"%s\",\"userAgent\":", record->from,
                      record->to, record->via);
        strbuf_append_json(out, record->user_agent);
        strbuf_append_c(out, '}');
    }
}

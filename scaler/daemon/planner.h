/* The source planner: who is asked what, and how often. Triggers with equal source keys share one source
 * (connections, in-flight cap, back-off); triggers with equal query keys share one reading. Owns sources and
 * queries; knows nothing of objects. */
#ifndef SCALER_DAEMON_PLANNER_H
#define SCALER_DAEMON_PLANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"
#include "scaler/engine/reading.h"
#include "scalers/api.h"

struct net;
struct planner;
struct query;

/* Embedded by who waits; called once per query_ask, never before query_ask has returned. */
struct query_waiter {
    struct query_waiter *next, *prev;
    void (*fn)(struct query_waiter *waiter, const struct reading *reading, const char *error);
    struct query *query; /* NULL: not waiting */
};

struct planner *planner_new(struct net *net);
/* What types that read the cluster are given; borrowed. Before the first query. */
void planner_set_cluster(struct planner *planner, struct scaler_cluster *cluster);
/* Drop the queries before or soon after: closed() waits for the last. Reads under way are canceled. */
void planner_close(struct planner *planner, void (*closed)(void *arg), void *arg);

/* Takes config over in any case (params_done + mem_free when it is not needed). The query is shared if an
 * equal one exists. */
int planner_query(struct planner *planner, const struct scaler_type *type, void *config_take,
                  struct query **ret, struct err *err);
void query_unref(struct query *query);

/* Wants a reading not older than max_age_ms: an answer at hand is handed over in the next turn, one under way
 * is joined, else the source is asked. */
void query_ask(struct query *query, int64_t max_age_ms, struct query_waiter *waiter);
void query_forget(struct query_waiter *waiter); /* the waiter is not called any more */
uint64_t
query_hash(const struct query *query); /* of the query key: equal for triggers that share the reading */

/* For /metrics. */
struct source_stats {
    const char *name;
    const char *type;
    unsigned in_flight;
    unsigned queued;
    unsigned queries;
    uint64_t reads;
    uint64_t errors;
    uint64_t latency_sum_us;
    int64_t latency_last_us;
    bool down;
};
void planner_each_source(struct planner *planner, void (*fn)(const struct source_stats *stats, void *arg),
                         void *arg);
uint64_t planner_late_reads(
    const struct planner *planner); /* readings that began > 100 ms after they were asked for */

#endif

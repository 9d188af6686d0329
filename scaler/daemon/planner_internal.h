/* The planner's own structs, shared by planner.c (queries) and source.c (reads, back-off). Not for others. */
#ifndef SCALER_DAEMON_PLANNER_INTERNAL_H
#define SCALER_DAEMON_PLANNER_INTERNAL_H

#include <uthash.h>

#include "scaler/daemon/planner.h"
#include "scaler/net/timer.h"

#define SOURCE_ERROR_MAX ERR_TEXT_MAX

struct source {
    UT_hash_handle hh;
    struct planner *planner;
    const struct scaler_type *type;
    char *key; /* may hold secrets */
    size_t key_len;
    UT_hash_handle hh_name;
    char *name;                   /* unique among the sources: metric labels and log lines tell them apart */
    struct scaler_source *handle; /* NULL: not open */
    unsigned in_flight;
    unsigned queries;                      /* that refer to it */
    struct query *queue_head, *queue_tail; /* wait for a place */
    unsigned queued;
    /* Back-off: after SOURCE_DOWN_AFTER failures in a row to get any answer, the source is down: one probe at
     * a time, everybody else is answered with the last error at once instead of piling up behind a hanging
     * peer. */
    unsigned failures;
    bool down;
    bool probing;
    int64_t probe_at_ms;
    struct backoff backoff;
    int64_t down_since_ms;
    char last_error[SOURCE_ERROR_MAX];
    bool closing;
    uint64_t reads, errors, latency_sum_us;
    int64_t latency_last_us;
};

enum query_state { QUERY_IDLE, QUERY_QUEUED, QUERY_READING };

struct query {
    UT_hash_handle hh;
    struct source *source;
    void *config;
    char *key; /* source key pointer + query key; may hold secrets */
    size_t key_len;
    uint64_t hash;
    unsigned refs;
    enum query_state state;
    bool retried;  /* the one immediate second try of this asking is used up */
    bool answered; /* the guard answered its waiters; the late result is dropped */
    struct reading reading;
    char *error; /* of the last reading, NULL if it had none */
    int64_t asked_ms;
    int64_t started_ms;
    int64_t started_us;
    struct timer guard;
    struct query_waiter *waiters;
    struct query *next;       /* in the source's queue */
    struct query *ready_next; /* in the planner's list of answers to hand over */
    bool ready;
};

struct planner {
    struct net *net;
    struct scaler_cluster *cluster; /* NULL: none */
    struct source *sources;         /* by key */
    struct source *source_names;    /* the same, by name */
    struct query *queries;
    struct query *ready; /* answers to hand over in the next turn */
    bool ready_deferred;
    unsigned sources_open; /* handles whose close has not ended */
    bool closing;
    bool check_deferred;
    void (*closed)(void *arg);
    void *closed_arg;
    uint64_t late_reads;
};

/* planner.c */
void query_finish(struct query *query, const struct reading *reading, const char *error);
void planner_maybe_closed(struct planner *planner);
void planner_check_closed_later(struct planner *planner); /* in the next turn; only while closing */
void query_free(struct query *query);

/* source.c */
void source_enqueue(struct source *source, struct query *query);
void source_dequeue(struct source *source, struct query *query);
void source_release(struct source *source); /* one query less */
void source_close(struct source *source);   /* reads under way are answered ERR_CANCELED */

#endif

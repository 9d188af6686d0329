/* The contract of a trigger type. A type is a const table; adding one touches one file, one line in
 * registry.c, a page, a test. A scaler returns values: it never decides, never retries, never scales. */
#ifndef SCALERS_API_H
#define SCALERS_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/params.h"
#include "scaler/base/err.h"
#include "scaler/base/strbuf.h"

struct net;

enum scaler_result_state { SCALER_OK, SCALER_EMPTY, SCALER_NAN };

struct scaler_result {
    enum scaler_result_state state;
    bool partial;    /* the answer says of itself that it is incomplete */
    double value;    /* raw; may be negative */
    double activity; /* compared with the activation threshold; most types: value */
};

/* Exactly once per read, never before read() has returned. error NULL: result is valid; else result is NULL.
 * Both die with the call. */
typedef void (*scaler_done_fn)(const struct scaler_result *result, const struct err *error, void *arg);

/* Instants of the past, start to end, both inclusive; wall clock. */
struct scaler_range {
    int64_t start_ms, end_ms, step_ms;
};
#define SCALER_RANGE_MAX 10000 /* instants at once */

/* What read() would have answered then. */
struct scaler_sample {
    int64_t at_ms;
    bool error;
    struct scaler_result result;
};

/* As scaler_done_fn. One sample for each instant of the range. */
typedef void (*scaler_range_fn)(const struct scaler_sample *samples, size_t len, const struct err *error,
                                void *arg);

#define SCALER_METRIC_NAME_MAX 512

/* What a trigger's reading is compared with; constant for a config. */
struct scaler_target {
    double threshold;     /* target in whole units (formatted with three decimals like KEDA does) */
    double activation;    /* active iff activity > activation */
    bool missing_is_zero; /* KEDA reads EMPTY and NAN of this trigger as 0 */
    char metric_name[SCALER_METRIC_NAME_MAX]; /* normalised, without the "s<i>-" prefix */
};

/* What is compared with the usage of the target's own pods. */
struct scaler_resource {
    const char *name;      /* "cpu", "memory" */
    const char *container; /* "": the whole pod; borrowed from the config */
    bool utilization;      /* target is a percentage of what is requested, else milli-units a pod */
    int64_t target;        /* > 0 */
};

/* What the daemon knows of the cluster, for types that read it. One watch for all who look at the same thing,
 * kept while anybody does. */
struct scaler_watch;
struct scaler_cluster {
    /* Pods of a namespace by label selector. changed: there is news, or trouble; never from within this call,
     * nor after unwatch. */
    int (*watch_pods)(struct scaler_cluster *cluster, const char *ns, const char *label_selector,
                      void (*changed)(void *arg), void *arg, struct scaler_watch **ret, struct err *err);
    /* One Secret or ConfigMap, there or not. */
    int (*watch_values)(struct scaler_cluster *cluster, bool secret, const char *ns, const char *name,
                        void (*changed)(void *arg), void *arg, struct scaler_watch **ret, struct err *err);
    void (*unwatch)(struct scaler_watch *watch);
    /* 1: what the others say is so; 0: nothing is known yet; < 0: it cannot be known, or is not believed any
     * more. */
    int (*known)(const struct scaler_watch *watch, struct err *err);
    /* Pods that have not ended (phase neither Succeeded nor Failed), and on how many nodes they are. */
    void (*count_pods)(const struct scaler_watch *watch, int64_t *ret_pods, int64_t *ret_nodes);
    /* The (decoded) value of a key; borrowed until the loop's next turn. ERR_NOT_FOUND: no such object or
     * key.
     */
    int (*value)(const struct scaler_watch *watch, const char *key, const char **ret, struct err *err);
};

/* A shared connection (or set of) to one endpoint with one set of credentials; the type defines it. */
struct scaler_source;

struct scaler_type {
    struct trigger_schema schema;
    unsigned max_in_flight; /* reads per source the planner may have open at once */
    void (*describe)(const void *config, struct scaler_target *ret);
    /* Equal keys: one shared source. May hold secrets: the planner keeps keys only as long as needed and
     * never shows them. */
    void (*source_key)(const void *config, struct strbuf *key);
    /* For people and metric labels: "prometheus http://host:9090". No user-info, no secret. */
    void (*source_name)(const void *config, struct strbuf *name);
    /* Equal keys within one source: one reading shared. */
    void (*query_key)(const void *config, struct strbuf *key);
    /* Never blocks, never connects before it returns. config is only borrowed during the call. */
    int (*open)(struct net *net, const void *config, struct scaler_source **ret, struct err *err);
    /* Instead of open, for types that read the cluster. */
    int (*open_in)(struct net *net, struct scaler_cluster *cluster, const void *config,
                   struct scaler_source **ret, struct err *err);
    /* Starts one reading with its own deadline. config outlives the read. Failing at once (< 0) means done is
     * not called. */
    int (*read)(struct scaler_source *source, const void *config, scaler_done_fn done, void *arg,
                struct err *err);
    /* For types that are no source but a measure of the target's own pods: whoever runs the object reads
     * those; of the functions only describe is there besides. */
    void (*resource)(const void *config, struct scaler_resource *ret);
    /* For types whose reading depends on nothing but the time: what read() would answer at now_ms (wall
     * clock). NULL: the type asks somebody. */
    int (*evaluate)(const void *config, int64_t now_ms, struct scaler_result *ret, struct err *err);
    /* For sources that remember: readings of the past, for simulations. NULL: none. As read(). */
    int (*read_range)(struct scaler_source *source, const void *config, const struct scaler_range *range,
                      scaler_range_fn done, void *arg, struct err *err);
    /* Reads in flight are answered ERR_CANCELED first; then closed(arg), never before close() has returned.
     */
    void (*close)(struct scaler_source *source, void (*closed)(void *arg), void *arg);
};

/* registry.c */
const struct scaler_type *scaler_find(const char *trigger_type);
const struct trigger_schema *scaler_find_schema(const char *trigger_type);
/* In alphabetical order; NULL-terminated. */
const struct scaler_type *const *scaler_all(void);
/* KEDA's name normalisation: each of / . : % ( ) becomes '-'. In place. */
void scaler_normalize_name(char *name);

#endif

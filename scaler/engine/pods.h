/* Pods as the replica formulas see them: which of them count (spec/hpa-algorithm.md §1.5), what they ask for
 * and what they use (§1.4). Views only: every pointer is borrowed from the caller. */
#ifndef SCALER_ENGINE_PODS_H
#define SCALER_ENGINE_PODS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"
#include "scaler/engine/proposal.h"

enum pod_phase {
    POD_PHASE_UNKNOWN,
    POD_PHASE_PENDING,
    POD_PHASE_RUNNING,
    POD_PHASE_SUCCEEDED,
    POD_PHASE_FAILED
};
enum pod_condition { POD_CONDITION_ABSENT, POD_CONDITION_TRUE, POD_CONDITION_FALSE, POD_CONDITION_UNKNOWN };

struct resource_amount {
    const char *resource; /* "cpu", "memory" */
    int64_t milli;
};

struct container_view {
    const char *name;
    bool init;    /* an init container */
    bool sidecar; /* an init container with restartPolicy Always */
    const struct resource_amount *requests;
    size_t requests_len;
};

struct pod_view {
    const char *name;
    enum pod_phase phase;
    bool deleted; /* has a deletion timestamp */
    bool has_start;
    int64_t start_ms;
    enum pod_condition ready;
    int64_t ready_changed_ms;                /* lastTransitionTime of Ready */
    const struct container_view *containers; /* init containers among them, in their own order */
    size_t containers_len;
    const struct resource_amount *requests; /* pod level */
    size_t requests_len;
};

/* One value per pod, from the custom metrics API or summed up from a pod_sample. */
struct pod_metric {
    const char *pod;
    int64_t milli;
    int64_t at_ms;
    int64_t window_ms;
};

/* What metrics.k8s.io says of one pod, for one resource. */
struct container_usage {
    const char *container;
    bool has_value; /* false: the sample lacks the resource */
    int64_t milli;
};
struct pod_sample {
    const char *pod;
    const struct container_usage *containers;
    size_t containers_len;
    int64_t at_ms;
    int64_t window_ms;
};

/* Sums samples to metrics, sorted; container "" is the whole pod. ret has room for len; returns how many pods
 * have a metric. */
size_t pod_metrics_from_samples(const struct pod_sample *samples, size_t len, const char *container,
                                struct pod_metric *ret);
void pod_metrics_sort(struct pod_metric *metrics, size_t len); /* by name: what everything below expects */
const struct pod_metric *pod_metrics_find(const struct pod_metric *metrics, size_t len, const char *pod);

/* The controller's flags, as they are unless somebody sets them. */
#define POD_CPU_INITIALIZATION_MS 300000
#define POD_INITIAL_READINESS_MS  30000

struct pod_rules {
    const char *resource; /* "" for metrics that are no resource */
    int64_t now_ms;
    int64_t cpu_initialization_ms;
    int64_t initial_readiness_ms;
};

enum pod_class { POD_READY, POD_UNREADY, POD_MISSING, POD_IGNORED };

/* §1.5, per pod into ret_classes; returns the number of ready ones. */
size_t pods_group(const struct pod_view *pods, size_t len, const struct pod_metric *metrics,
                  size_t metrics_len, const struct pod_rules *rules, enum pod_class *ret_classes);

/* §1.4 `requests`, per pod into ret_milli. container "": the whole pod. */
int pods_requests(const struct pod_view *pods, size_t len, const char *resource, const char *container,
                  bool pod_level, int64_t *ret_milli, struct err *err);

struct pod_count pods_count(const struct pod_view *pods, size_t len);

#endif

/* One whole pass of a HorizontalPodAutoscaler (spec/hpa-algorithm.md §2, §3, §6, §7): everything the API
 * servers answer goes in as data, the new status comes out. decide() takes the HPA's arithmetic from
 * proposal.h, stabilization.h and rate_limit.h; this is the reference around the same functions, for
 * comparing Davit with the HPA that a manifest would otherwise get. */
#ifndef SCALER_ENGINE_HPA_H
#define SCALER_ENGINE_HPA_H

#include "config/behavior.h"
#include "scaler/engine/history.h"
#include "scaler/engine/pods.h"

enum hpa_metric_type {
    HPA_METRIC_INVALID, /* no type the API knows */
    HPA_METRIC_EXTERNAL,
    HPA_METRIC_OBJECT,
    HPA_METRIC_PODS,
    HPA_METRIC_RESOURCE,
    HPA_METRIC_CONTAINER_RESOURCE,
};

enum hpa_target_type { HPA_TARGET_NONE, HPA_TARGET_UTILIZATION, HPA_TARGET_VALUE, HPA_TARGET_AVERAGE_VALUE };

struct hpa_metric {
    enum hpa_metric_type type;
    const char *resource;  /* "" unless a resource */
    const char *container; /* "" unless a container resource */
    enum hpa_target_type target_type;
    bool has_value, has_average_value, has_utilization;
    int64_t value_milli, average_value_milli;
    int32_t utilization;
};

enum hpa_zero_rule {
    HPA_ZERO_CONDITION, /* 1.36+: at 0 only with condition ScaledToZero */
    HPA_ZERO_LEGACY,    /* up to 1.35: at 0 only with min 0 */
};

struct hpa_spec {
    int32_t min, max;
    const struct hpa_metric *metrics;
    size_t metrics_len;
    struct scaling_behavior behavior; /* with defaults */
    bool gate_scale_to_zero;
    bool gate_tolerance; /* behavior's tolerances count */
    bool gate_pod_level; /* PodLevelResources */
    enum hpa_zero_rule zero_rule;
};

struct hpa_controller {
    double tolerance;
    int32_t downscale_stabilization_s;
    double up_factor, up_minimum;
    int64_t cpu_initialization_ms, initial_readiness_ms;
};

enum hpa_selector { HPA_SELECTOR_OK, HPA_SELECTOR_MISSING, HPA_SELECTOR_UNPARSABLE };

/* What the API servers answer. */
struct hpa_world {
    int32_t spec_replicas, status_replicas;
    const struct pod_view *pods;
    size_t pods_len;
    const int64_t *external_milli; /* the same list for every External metric */
    size_t external_len;
    bool has_object;
    int64_t object_milli;
    const struct pod_metric *pod_metrics; /* sorted */
    size_t pod_metrics_len;
    const struct pod_sample *resource_samples;
    size_t resource_samples_len;
    enum hpa_selector selector;
    bool ambiguous_selector;
    unsigned failures; /* bits 1 << hpa_metric_type: that API fails */
    bool scale_get_fails, scale_update_fails;
};

enum hpa_condition_type {
    HPA_ABLE_TO_SCALE,
    HPA_SCALING_ACTIVE,
    HPA_SCALING_LIMITED,
    HPA_SCALED_TO_ZERO,
    HPA_CONDITION_TYPES
};

struct hpa_condition {
    enum hpa_condition_type type;
    bool status;
    const char *reason; /* borrowed, lives as long as the program */
};

struct hpa_status {
    int32_t current, desired;
    struct hpa_condition conditions[HPA_CONDITION_TYPES]; /* in the order of first setting */
    size_t conditions_len;
    bool has_utilization; /* of the last Resource metric that gave one */
    int32_t utilization;
    bool updated; /* the scale was written in this pass */
};

const char *hpa_condition_type_name(enum hpa_condition_type type);
const struct hpa_condition *hpa_condition_find(const struct hpa_status *status, enum hpa_condition_type type);
void hpa_condition_set(struct hpa_status *status, enum hpa_condition_type type, bool value,
                       const char *reason);
void hpa_condition_remove(struct hpa_status *status, enum hpa_condition_type type);

/* §1 for one metric; *ret_reason gets the condition reason of its failure. */
int hpa_metric_propose(const struct hpa_metric *metric, const struct hpa_spec *spec,
                       const struct hpa_controller *controller, const struct hpa_world *world, int64_t now_ms,
                       struct hpa_status *status, int32_t *ret, const char **ret_reason, struct err *err);

/* One pass. < 0: the pass returns an error; status is what it left behind all the same. */
int hpa_pass(const struct hpa_spec *spec, const struct hpa_controller *controller,
             const struct hpa_world *world, struct history *history, int64_t now_ms,
             struct hpa_status *status, struct err *err);

#endif

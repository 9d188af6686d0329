/* Replica proposals from values per pod: Pods metrics and Resource/ContainerResource metrics
 * (spec/hpa-algorithm.md §1.3, §1.4). */
#ifndef SCALER_ENGINE_RESOURCE_H
#define SCALER_ENGINE_RESOURCE_H

#include "scaler/engine/pods.h"
#include "scaler/engine/proposal.h"

struct resource_question {
    int32_t current;  /* spec replicas */
    bool utilization; /* target is a percentage of requests (§1.4), else milli-units per pod (§1.3) */
    int64_t target;
    const char *container; /* "" for the whole pod */
    bool pod_level;        /* pod-level requests count (gate PodLevelResources) */
    struct tolerance tolerance;
    struct pod_rules rules; /* rules.resource: "" for Pods metrics */
    const struct pod_view *pods;
    size_t pods_len;
    const struct pod_metric *metrics; /* sorted */
    size_t metrics_len;
};

struct resource_answer {
    int32_t replicas;
    int32_t utilization;   /* percent, of the first pass; only with question->utilization */
    int64_t average_milli; /* of the first pass */
};

int resource_propose(const struct resource_question *question, struct resource_answer *ret, struct err *err);

/* One pod's contribution to a ratio. */
struct pod_usage {
    int64_t milli;
    int64_t request_milli;
    bool known; /* its requests are known */
};

/* §1.4: percent over the pods whose requests are known, and the ratio to the target. */
int utilization_ratio(const struct pod_usage *usages, size_t len, int64_t target, double *ret_ratio,
                      struct resource_answer *ret, struct err *err);

#endif

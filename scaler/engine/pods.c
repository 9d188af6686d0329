/* Owns the classes of pods and their metrics (spec/hpa-algorithm.md §1.5). What they ask for: requests.c. */
#include "scaler/engine/pods.h"

#include <stdlib.h>
#include <string.h>

#include "scaler/base/text.h"
#include "scaler/engine/arith.h"

static int compare_metrics(const void *a, const void *b)
{
    const struct pod_metric *left = a, *right = b;
    return strcmp(left->pod, right->pod);
}

void pod_metrics_sort(struct pod_metric *metrics, size_t len)
{
    if (len > 1)
        qsort(metrics, len, sizeof(metrics[0]), compare_metrics);
}

const struct pod_metric *pod_metrics_find(const struct pod_metric *metrics, size_t len, const char *pod)
{
    struct pod_metric key = {.pod = pod};
    return len ? bsearch(&key, metrics, len, sizeof(metrics[0]), compare_metrics) : NULL;
}

/* A container that lacks the resource, or no container at all, means no metric for the pod. */
static bool sample_usage(const struct pod_sample *sample, const char *container, int64_t *ret)
{
    int64_t usage = 0;
    bool found = false;
    for (size_t i = 0; i < sample->containers_len; i++) {
        const struct container_usage *part = &sample->containers[i];
        if (!text_empty(container) && !text_eq(container, part->container))
            continue;
        if (!part->has_value)
            return false;
        usage = arith_add_wrap(usage, part->milli);
        found = true;
    }
    if (found)
        *ret = usage;
    return found;
}

size_t pod_metrics_from_samples(const struct pod_sample *samples, size_t len, const char *container,
                                struct pod_metric *ret)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        int64_t usage;
        if (!sample_usage(&samples[i], container, &usage))
            continue;
        ret[count++] = (struct pod_metric){samples[i].pod, usage, samples[i].at_ms, samples[i].window_ms};
    }
    pod_metrics_sort(ret, count);
    return count;
}

/* Only cpu: a starting pod burns cpu that says nothing of its load. */
static bool cpu_unready(const struct pod_view *pod, const struct pod_metric *metric,
                        const struct pod_rules *rules)
{
    if (pod->ready == POD_CONDITION_ABSENT || !pod->has_start)
        return true;
    if (pod->start_ms + rules->cpu_initialization_ms > rules->now_ms)
        return pod->ready == POD_CONDITION_FALSE || metric->at_ms < pod->ready_changed_ms + metric->window_ms;
    return pod->ready == POD_CONDITION_FALSE &&
           pod->start_ms + rules->initial_readiness_ms > pod->ready_changed_ms;
}

static enum pod_class classify(const struct pod_view *pod, const struct pod_metric *metric,
                               const struct pod_rules *rules)
{
    if (pod->deleted || pod->phase == POD_PHASE_FAILED || pod->phase == POD_PHASE_SUCCEEDED)
        return POD_IGNORED;
    if (pod->phase == POD_PHASE_PENDING)
        return POD_UNREADY;
    if (!metric)
        return POD_MISSING;
    if (text_eq(rules->resource, "cpu") && cpu_unready(pod, metric, rules))
        return POD_UNREADY;
    return POD_READY;
}

size_t pods_group(const struct pod_view *pods, size_t len, const struct pod_metric *metrics,
                  size_t metrics_len, const struct pod_rules *rules, enum pod_class *ret_classes)
{
    size_t ready = 0;
    for (size_t i = 0; i < len; i++) {
        ret_classes[i] = classify(&pods[i], pod_metrics_find(metrics, metrics_len, pods[i].name), rules);
        ready += ret_classes[i] == POD_READY;
    }
    return ready;
}

struct pod_count pods_count(const struct pod_view *pods, size_t len)
{
    int64_t ready = 0;
    for (size_t i = 0; i < len; i++)
        ready += pods[i].phase == POD_PHASE_RUNNING && pods[i].ready == POD_CONDITION_TRUE;
    return (struct pod_count){
        .known = true, .ready = arith_clamp_i32(ready), .listed = arith_clamp_i32((int64_t)len)};
}

/* Owns the kinds group_pods, calculate_requests and utilization_ratio. */
#include <stdlib.h>
#include <string.h>

#include "scaler/base/text.h"
#include "scaler/engine/resource.h"
#include "tests/vectors/hpa_input.h"

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void expect_names(struct vector *vector, const char *key, const char **names, size_t len)
{
    json_t *list = json_object_get(vector->expect, key);
    if (!list)
        return;
    vector->checks++;
    if (json_array_size(list) != len) {
        vector_fail(vector, "%s: expected %zu pods, got %zu", key, json_array_size(list), len);
        return;
    }
    const char **wanted = vector_alloc(vector, len, sizeof(wanted[0]));
    for (size_t i = 0; i < len; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        wanted[i] = name ? name : "";
    }
    qsort(wanted, len, sizeof(wanted[0]), compare_names);
    qsort(names, len, sizeof(names[0]), compare_names);
    for (size_t i = 0; i < len; i++)
        if (!text_eq(wanted[i], names[i]))
            vector_fail(vector, "%s: expected %s, got %s", key, wanted[i], names[i]);
}

static void expect_class(struct vector *vector, const char *key, const struct pod_view *pods,
                         const enum pod_class *classes, size_t len, enum pod_class wanted)
{
    const char **names = vector_alloc(vector, len, sizeof(names[0]));
    size_t count = 0;
    for (size_t i = 0; i < len; i++)
        if (classes[i] == wanted)
            names[count++] = pods[i].name;
    expect_names(vector, key, names, count);
}

static void run_group(struct vector *vector)
{
    json_t *input = vector->input;
    size_t pods_len, metrics_len;
    const struct pod_view *pods = input_pods(vector, json_object_get(input, "pods"), &pods_len);
    struct pod_metric *metrics = input_pod_metrics(vector, json_object_get(input, "metrics"), &metrics_len);
    struct pod_rules rules = input_pod_rules(input, input_str(input, "resource"));
    enum pod_class *classes = vector_alloc(vector, pods_len, sizeof(classes[0]));
    size_t ready = pods_group(pods, pods_len, metrics, metrics_len, &rules, classes);
    expect_i64(vector, "readyPodCount", (int64_t)ready);
    expect_class(vector, "unready", pods, classes, pods_len, POD_UNREADY);
    expect_class(vector, "missing", pods, classes, pods_len, POD_MISSING);
    expect_class(vector, "ignored", pods, classes, pods_len, POD_IGNORED);
}

static void run_requests(struct vector *vector)
{
    json_t *input = vector->input, *wanted = json_object_get(vector->expect, "requestsMilli");
    size_t len;
    const struct pod_view *pods = input_pods(vector, json_object_get(input, "pods"), &len);
    int64_t *requests = vector_alloc(vector, len, sizeof(requests[0]));
    struct err err = {0};
    int rc = pods_requests(pods, len, input_str(input, "resource"), input_str(input, "container"),
                           input_bool(input, "podLevelResources", false), requests, &err);
    if (!expect_success(vector, rc, &err) || !wanted)
        return;
    vector->checks++;
    if (json_object_size(wanted) != len)
        vector_fail(vector, "requestsMilli: expected %zu pods, got %zu", json_object_size(wanted), len);
    for (size_t i = 0; i < len; i++)
        if (!input_has(wanted, pods[i].name) || input_i64(wanted, pods[i].name, 0) != requests[i])
            vector_fail(vector, "requestsMilli: %s: expected %lld, got %lld", pods[i].name,
                        (long long)input_i64(wanted, pods[i].name, 0), (long long)requests[i]);
}

static void run_utilization(struct vector *vector)
{
    json_t *metrics = json_object_get(vector->input, "metricsMilli");
    json_t *requests = json_object_get(vector->input, "requestsMilli"), *value;
    const char *pod;
    struct pod_usage *usages = vector_alloc(vector, json_object_size(metrics), sizeof(usages[0]));
    struct resource_answer answer = {0};
    struct err err = {0};
    size_t len = 0;
    double ratio;
    json_object_foreach (metrics, pod, value)
        usages[len++] = (struct pod_usage){.milli = input_i64(metrics, pod, 0),
                                           .request_milli = input_i64(requests, pod, 0),
                                           .known = input_has(requests, pod)};
    int rc = utilization_ratio(usages, len, input_i32(vector->input, "targetUtilization", 0), &ratio, &answer,
                               &err);
    if (!expect_success(vector, rc, &err))
        return;
    expect_double(vector, "ratio", ratio);
    expect_i64(vector, "utilization", answer.utilization);
    expect_i64(vector, "rawMilli", answer.average_milli);
}

const struct vector_kind vector_kinds_hpa_pods[] = {
    {"group_pods", run_group},
    {"calculate_requests", run_requests},
    {"utilization_ratio", run_utilization},
    {NULL, NULL},
};

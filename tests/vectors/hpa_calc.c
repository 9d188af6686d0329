/* Owns the kinds replica_calc_* and per_pod_usage: values to proposals. */
#include "scaler/engine/proposal.h"
#include "scaler/engine/resource.h"
#include "tests/vectors/hpa_input.h"

static void check_value(struct vector *vector, int64_t usage)
{
    json_t *input = vector->input;
    size_t pods_len;
    const struct pod_view *pods = input_pods(vector, json_object_get(input, "pods"), &pods_len);
    struct pod_count count = pods_count(pods, pods_len);
    struct tolerance tolerance = input_tolerance(input);
    struct proposal proposal;
    struct err err = {0};
    if (pods_len == 0 && input_i32(input, "readyRunningPodCount", 0) > 0) { /* only the count was given */
        count.ready = input_i32(input, "readyRunningPodCount", 0);
        count.listed = count.ready;
    }
    int rc = proposal_value(usage, input_i64(input, "targetMilli", 0), input_i32(input, "currentReplicas", 0),
                            &count, &tolerance, &proposal, &err);
    if (!expect_success(vector, rc, &err))
        return;
    expect_i64(vector, "replicas", proposal.replicas);
    expect_i64(vector, "usageMilli", usage);
}

static void check_average(struct vector *vector, int64_t usage)
{
    json_t *input = vector->input;
    struct tolerance tolerance = input_tolerance(input);
    int32_t status = input_i32(input, "statusReplicas", 0);
    struct err err = {0};
    if (!expect_success(vector, 0, &err))
        return;
    expect_i64(
        vector, "replicas",
        proposal_average_value(usage, input_i64(input, "targetMilli", 0), status, &tolerance).replicas);
    expect_i64(vector, "usageMilli", usage_per_pod(usage, status));
}

/* An empty list is an error before any formula. */
static bool read_external(struct vector *vector, const int64_t **ret, size_t *ret_len)
{
    struct err err = {0};
    *ret = input_milli_list(vector, json_object_get(vector->input, "metricValuesMilli"), ret_len);
    if (*ret_len > 0)
        return true;
    int rc = err_set(&err, ERR_NOT_FOUND, "no metrics returned from external metrics API");
    (void)expect_success(vector, rc, &err);
    return false;
}

static void run_external(struct vector *vector)
{
    const int64_t *values;
    size_t len;
    if (read_external(vector, &values, &len))
        check_value(vector, usage_sum_value(values, len));
}

static void run_external_per_pod(struct vector *vector)
{
    const int64_t *values;
    size_t len;
    if (read_external(vector, &values, &len))
        check_average(vector, usage_sum_average(values, len));
}

static void run_object(struct vector *vector)
{
    check_value(vector, input_i64(vector->input, "metricMilli", 0));
}

static void run_object_per_pod(struct vector *vector)
{
    check_average(vector, input_i64(vector->input, "metricMilli", 0));
}

static void run_question(struct vector *vector, struct resource_question *question)
{
    json_t *input = vector->input;
    struct resource_answer answer = {0};
    struct err err = {0};
    question->current = input_i32(input, "currentReplicas", 0);
    question->tolerance = input_tolerance(input);
    question->pods = input_pods(vector, json_object_get(input, "pods"), &question->pods_len);
    if (!expect_success(vector, resource_propose(question, &answer, &err), &err))
        return;
    expect_i64(vector, "replicas", answer.replicas);
    expect_i64(vector, "utilization", answer.utilization);
    expect_i64(vector, "rawMilli", answer.average_milli);
    expect_i64(vector, "usageMilli", answer.average_milli);
}

static void run_pods(struct vector *vector)
{
    struct resource_question question = {
        .target = input_i64(vector->input, "targetMilli", 0),
        .container = "",
        .rules = input_pod_rules(vector->input, ""),
    };
    question.metrics =
        input_pod_metrics(vector, json_object_get(vector->input, "metrics"), &question.metrics_len);
    run_question(vector, &question);
}

static void run_resource(struct vector *vector)
{
    json_t *input = vector->input;
    size_t samples_len;
    struct pod_sample *samples = input_samples(vector, json_object_get(input, "metrics"), &samples_len);
    struct pod_metric *metrics = vector_alloc(vector, samples_len, sizeof(metrics[0]));
    bool plain = input_has(input, "targetMilli") && !input_has(input, "targetUtilization");
    struct resource_question question = {
        .utilization = !plain,
        .target = plain ? input_i64(input, "targetMilli", 0) : input_i32(input, "targetUtilization", 0),
        .container = input_str(input, "container"),
        .pod_level = input_bool(input, "podLevelResources", false),
        .rules = input_pod_rules(input, input_str(input, "resource")),
        .metrics = metrics,
    };
    question.metrics_len = pod_metrics_from_samples(samples, samples_len, question.container, metrics);
    run_question(vector, &question);
}

static void run_per_pod_usage(struct vector *vector)
{
    expect_i64(vector, "usageMilli",
               usage_per_pod(input_i64(vector->input, "usageMilli", 0),
                             input_i32(vector->input, "statusReplicas", 0)));
}

const struct vector_kind vector_kinds_hpa_calc[] = {
    {"replica_calc_external", run_external}, {"replica_calc_external_per_pod", run_external_per_pod},
    {"replica_calc_object", run_object},     {"replica_calc_object_per_pod", run_object_per_pod},
    {"replica_calc_pods", run_pods},         {"replica_calc_resource", run_resource},
    {"per_pod_usage", run_per_pod_usage},    {NULL, NULL},
};

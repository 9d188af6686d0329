/* Owns the kind reconcile: one whole pass. */
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/engine/hpa.h"
#include "tests/vectors/hpa_input.h"

struct name_value {
    const char *name;
    int value;
};

static int find_value(const struct name_value *names, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i++)
        if (text_eq(names[i].name, name))
            return names[i].value;
    return 0; /* of all enums here: none, invalid, ok */
}

static const struct name_value metric_types[] = {
    {"External", HPA_METRIC_EXTERNAL},
    {"Object", HPA_METRIC_OBJECT},
    {"Pods", HPA_METRIC_PODS},
    {"Resource", HPA_METRIC_RESOURCE},
    {"ContainerResource", HPA_METRIC_CONTAINER_RESOURCE},
};
static const struct name_value target_types[] = {
    {"Utilization", HPA_TARGET_UTILIZATION},
    {"Value", HPA_TARGET_VALUE},
    {"AverageValue", HPA_TARGET_AVERAGE_VALUE},
};
static const struct name_value selectors[] = {
    {"missing", HPA_SELECTOR_MISSING},
    {"unparsable", HPA_SELECTOR_UNPARSABLE},
};

static void read_metric(json_t *metric, struct hpa_metric *ret)
{
    json_t *target = json_object_get(metric, "target");
    *ret = (struct hpa_metric){
        .type = (enum hpa_metric_type)find_value(metric_types, ARRAY_LEN(metric_types),
                                                 input_str(metric, "type")),
        .resource = input_str(metric, "resource"),
        .container = input_str(metric, "container"),
        .target_type = (enum hpa_target_type)find_value(target_types, ARRAY_LEN(target_types),
                                                        input_str(target, "type")),
        .has_value = input_has(target, "valueMilli"),
        .has_average_value = input_has(target, "averageValueMilli"),
        .has_utilization = input_has(target, "averageUtilization"),
        .value_milli = input_i64(target, "valueMilli", 0),
        .average_value_milli = input_i64(target, "averageValueMilli", 0),
        .utilization = input_i32(target, "averageUtilization", 0),
    };
}

static void read_behavior(struct vector *vector, json_t *behavior, struct scaling_behavior *ret)
{
    if (!json_is_object(behavior))
        return;
    ret->set = true;
    input_rules_with_defaults(vector, json_object_get(behavior, "scaleUp"), true, &ret->up);
    input_rules_with_defaults(vector, json_object_get(behavior, "scaleDown"), false, &ret->down);
}

static void read_spec(struct vector *vector, struct hpa_spec *ret)
{
    json_t *hpa = json_object_get(vector->input, "hpa"),
           *gates = json_object_get(vector->input, "featureGates");
    json_t *list = json_object_get(hpa, "metrics");
    size_t len = json_array_size(list);
    struct hpa_metric *metrics = vector_alloc(vector, len, sizeof(metrics[0]));
    for (size_t i = 0; i < len; i++)
        read_metric(json_array_get(list, i), &metrics[i]);
    *ret = (struct hpa_spec){
        .min = input_i32(hpa, "minReplicas", 1),
        .max = input_i32(hpa, "maxReplicas", 1),
        .metrics = metrics,
        .metrics_len = len,
        .gate_scale_to_zero = input_bool(gates, "HPAScaleToZero", true),
        .gate_tolerance = input_bool(gates, "HPAConfigurableTolerance", true),
        .gate_pod_level = input_bool(gates, "PodLevelResources", false),
        .zero_rule = text_eq(input_str(vector->input, "zeroReplicaRule"), "legacy") ? HPA_ZERO_LEGACY
                                                                                    : HPA_ZERO_CONDITION,
    };
    read_behavior(vector, json_object_get(hpa, "behavior"), &ret->behavior);
}

static struct hpa_controller read_controller(json_t *flags)
{
    struct pod_rules rules = input_pod_rules(flags, "");
    return (struct hpa_controller){
        .tolerance = input_double(flags, "tolerance", 0.1),
        .downscale_stabilization_s = input_i32(flags, "downscaleStabilizationSeconds", 300),
        .up_factor = input_double(flags, "scaleUpLimitFactor", 2),
        .up_minimum = input_double(flags, "scaleUpLimitMinimum", 4),
        .cpu_initialization_ms = rules.cpu_initialization_ms,
        .initial_readiness_ms = rules.initial_readiness_ms,
    };
}

static unsigned read_failures(json_t *list)
{
    unsigned bits = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        bits |= 1u << find_value(metric_types, ARRAY_LEN(metric_types),
                                 json_string_value(json_array_get(list, i)));
    return bits;
}

static void read_world(struct vector *vector, struct hpa_world *ret)
{
    json_t *scale = json_object_get(vector->input, "scale"), *world = json_object_get(vector->input, "world");
    *ret = (struct hpa_world){
        .spec_replicas = input_i32(scale, "specReplicas", 0),
        .status_replicas = input_i32(scale, "statusReplicas", 0),
        .has_object = input_has(world, "objectMilli"),
        .object_milli = input_i64(world, "objectMilli", 0),
        .selector =
            (enum hpa_selector)find_value(selectors, ARRAY_LEN(selectors), input_str(world, "selector")),
        .ambiguous_selector = input_bool(world, "ambiguousSelector", false),
        .failures = read_failures(json_object_get(world, "failures")),
        .scale_get_fails = input_bool(world, "scaleGetFails", false),
        .scale_update_fails = input_bool(world, "scaleUpdateFails", false),
    };
    ret->pods = input_pods(vector, json_object_get(world, "pods"), &ret->pods_len);
    ret->external_milli =
        input_milli_list(vector, json_object_get(world, "externalMilli"), &ret->external_len);
    ret->pod_metrics = input_pod_metrics(vector, json_object_get(world, "podMetrics"), &ret->pod_metrics_len);
    ret->resource_samples =
        input_samples(vector, json_object_get(world, "resourceMetrics"), &ret->resource_samples_len);
}

static void read_status(json_t *status, struct hpa_status *ret)
{
    json_t *list = json_object_get(status, "conditions");
    *ret = (struct hpa_status){.current = input_i32(status, "currentReplicas", 0),
                               .desired = input_i32(status, "desiredReplicas", 0)};
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *condition = json_array_get(list, i);
        for (int type = 0; type < HPA_CONDITION_TYPES; type++)
            if (text_eq(hpa_condition_type_name((enum hpa_condition_type)type), input_str(condition, "type")))
                hpa_condition_set(ret, (enum hpa_condition_type)type,
                                  text_eq(input_str(condition, "status"), "True"),
                                  input_str(condition, "reason"));
    }
}

static void check_condition(struct vector *vector, size_t at, json_t *wanted,
                            const struct hpa_condition *actual)
{
    const char *type = hpa_condition_type_name(actual->type), *status = actual->status ? "True" : "False";
    if (!text_eq(input_str(wanted, "type"), type) || !text_eq(input_str(wanted, "status"), status) ||
        !text_eq(input_str(wanted, "reason"), actual->reason))
        vector_fail(vector, "conditions[%zu]: expected %s=%s/%s, got %s=%s/%s", at, input_str(wanted, "type"),
                    input_str(wanted, "status"), input_str(wanted, "reason"), type, status, actual->reason);
}

static void check_conditions(struct vector *vector, const struct hpa_status *status)
{
    json_t *wanted = json_object_get(vector->expect, "conditions");
    if (!json_is_array(wanted))
        return;
    vector->checks++;
    if (json_array_size(wanted) != status->conditions_len) {
        vector_fail(vector, "conditions: expected %zu, got %zu", json_array_size(wanted),
                    status->conditions_len);
        return;
    }
    for (size_t i = 0; i < status->conditions_len; i++)
        check_condition(vector, i, json_array_get(wanted, i), &status->conditions[i]);
}

static void check(struct vector *vector, int rc, const struct err *err, const struct hpa_status *status)
{
    expect_i64(vector, "desiredReplicas", status->desired);
    expect_bool(vector, "scaleUpdated", status->updated);
    expect_bool(vector, "error", rc < 0);
    expect_error_text(vector, "errorContains", rc < 0 ? err->msg : "");
    expect_i64(vector, "cpuUtilization", status->has_utilization ? status->utilization : -1);
    check_conditions(vector, status);
}

static void run_reconcile(struct vector *vector)
{
    json_t *input = vector->input;
    struct hpa_spec spec;
    struct hpa_world world;
    struct hpa_status status;
    struct history history;
    struct err err = {0};
    struct hpa_controller controller = read_controller(json_object_get(input, "controller"));
    read_spec(vector, &spec);
    read_world(vector, &world);
    read_status(json_object_get(input, "status"), &status);
    history_init(&history);
    input_recommendations(json_object_get(input, "recommendations"), &history.recommendations);
    input_events(json_object_get(input, "scaleUpEvents"), &history.up_events);
    input_events(json_object_get(input, "scaleDownEvents"), &history.down_events);
    int rc = hpa_pass(&spec, &controller, &world, &history, VECTOR_NOW_MS, &status, &err);
    check(vector, rc, &err, &status);
    history_done(&history);
}

const struct vector_kind vector_kinds_hpa_reconcile[] = {
    {"reconcile", run_reconcile},
    {NULL, NULL},
};

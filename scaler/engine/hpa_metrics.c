/* Owns the way from a metric of an HPA to its proposal: which source, which target, which formula
 * (spec/hpa-algorithm.md §1). */
#include "scaler/base/mem.h"
#include "scaler/engine/hpa.h"
#include "scaler/engine/proposal.h"
#include "scaler/engine/resource.h"

struct asking {
    const struct hpa_metric *metric;
    const struct hpa_spec *spec;
    const struct hpa_controller *controller;
    const struct hpa_world *world;
    int64_t now_ms;
    struct hpa_status *status;
    struct tolerance tolerance;
};

static struct tolerance tolerance_of(const struct hpa_spec *spec, const struct hpa_controller *controller)
{
    struct tolerance tolerance = {controller->tolerance, controller->tolerance};
    if (!spec->gate_tolerance || !spec->behavior.set)
        return tolerance;
    if (spec->behavior.up.has_tolerance)
        tolerance.up = spec->behavior.up.tolerance;
    if (spec->behavior.down.has_tolerance)
        tolerance.down = spec->behavior.down.tolerance;
    return tolerance;
}

static int propose_value(const struct asking *asking, int64_t usage, int32_t *ret, struct err *err)
{
    const struct hpa_world *world = asking->world;
    struct pod_count pods = pods_count(world->pods, world->pods_len);
    struct proposal proposal;
    int rc = proposal_value(usage, asking->metric->value_milli, world->spec_replicas, &pods,
                            &asking->tolerance, &proposal, err);
    if (rc == 0)
        *ret = proposal.replicas;
    return rc;
}

static int propose_average(const struct asking *asking, int64_t usage, int32_t *ret)
{
    *ret = proposal_average_value(usage, asking->metric->average_value_milli, asking->world->status_replicas,
                                  &asking->tolerance)
               .replicas;
    return 0;
}

/* averageValue wins; target.type is not looked at. */
static int propose_external(const struct asking *asking, int32_t *ret, struct err *err)
{
    const struct hpa_world *world = asking->world;
    const struct hpa_metric *metric = asking->metric;
    if (!metric->has_average_value && !metric->has_value)
        return err_set(err, ERR_INVALID,
                       "invalid external metric source: neither a value target nor an average value "
                       "target was set");
    if (world->external_len == 0)
        return err_set(err, ERR_NOT_FOUND, "no metrics returned from external metrics API");
    if (metric->has_average_value)
        return propose_average(asking, usage_sum_average(world->external_milli, world->external_len), ret);
    return propose_value(asking, usage_sum_value(world->external_milli, world->external_len), ret, err);
}

/* Type and field are both needed; Value is tried first. */
static int propose_object(const struct asking *asking, int32_t *ret, struct err *err)
{
    const struct hpa_metric *metric = asking->metric;
    bool value = metric->target_type == HPA_TARGET_VALUE && metric->has_value;
    bool average = metric->target_type == HPA_TARGET_AVERAGE_VALUE && metric->has_average_value;
    if (!value && !average)
        return err_set(err, ERR_INVALID,
                       "invalid object metric source: neither a value target nor an average value "
                       "target was set");
    if (!asking->world->has_object)
        return err_set(err, ERR_NOT_FOUND, "no metric returned from custom metrics API for the object");
    if (value)
        return propose_value(asking, asking->world->object_milli, ret, err);
    return propose_average(asking, asking->world->object_milli, ret);
}

static struct resource_question question_of(const struct asking *asking)
{
    const struct hpa_world *world = asking->world;
    return (struct resource_question){
        .current = world->spec_replicas,
        .target = asking->metric->average_value_milli,
        .container = asking->metric->container,
        .pod_level = asking->spec->gate_pod_level,
        .tolerance = asking->tolerance,
        .rules = {.resource = "",
                  .now_ms = asking->now_ms,
                  .cpu_initialization_ms = asking->controller->cpu_initialization_ms,
                  .initial_readiness_ms = asking->controller->initial_readiness_ms},
        .pods = world->pods,
        .pods_len = world->pods_len,
    };
}

static int propose_pods(const struct asking *asking, int32_t *ret, struct err *err)
{
    struct resource_question question = question_of(asking);
    struct resource_answer answer;
    if (!asking->metric->has_average_value)
        return err_set(err, ERR_INVALID, "invalid pods metric source: no average value target was set");
    question.metrics = asking->world->pod_metrics;
    question.metrics_len = asking->world->pod_metrics_len;
    int rc = resource_propose(&question, &answer, err);
    if (rc == 0)
        *ret = answer.replicas;
    return rc;
}

static int propose_from_samples(const struct asking *asking, struct resource_question *question, int32_t *ret,
                                struct err *err)
{
    const struct hpa_world *world = asking->world;
    struct resource_answer answer;
    struct pod_metric *metrics = mem_zalloc_array(world->resource_samples_len, sizeof(metrics[0]));
    question->metrics = metrics;
    question->metrics_len = pod_metrics_from_samples(world->resource_samples, world->resource_samples_len,
                                                     question->container, metrics);
    int rc = resource_propose(question, &answer, err);
    mem_free(metrics);
    if (rc < 0)
        return rc;
    *ret = answer.replicas;
    if (question->utilization) {
        asking->status->has_utilization = true;
        asking->status->utilization = answer.utilization;
    }
    return 0;
}

/* averageValue wins over averageUtilization. */
static int propose_resource(const struct asking *asking, int32_t *ret, struct err *err)
{
    const struct hpa_metric *metric = asking->metric;
    struct resource_question question = question_of(asking);
    question.rules.resource = metric->resource;
    if (!metric->has_average_value) {
        if (!metric->has_utilization)
            return err_set(err, ERR_INVALID,
                           "invalid resource metric source: neither an average utilization target "
                           "nor an average value target was set");
        question.utilization = true;
        question.target = metric->utilization;
    }
    return propose_from_samples(asking, &question, ret, err);
}

static int propose(const struct asking *asking, int32_t *ret, struct err *err)
{
    switch (asking->metric->type) {
    case HPA_METRIC_EXTERNAL:
        return propose_external(asking, ret, err);
    case HPA_METRIC_OBJECT:
        return propose_object(asking, ret, err);
    case HPA_METRIC_PODS:
        return propose_pods(asking, ret, err);
    case HPA_METRIC_RESOURCE:
    case HPA_METRIC_CONTAINER_RESOURCE:
        return propose_resource(asking, ret, err);
    case HPA_METRIC_INVALID:
        break;
    }
    return err_set(err, ERR_INVALID, "unknown metric source type");
}

static const char *failure_reason(enum hpa_metric_type type)
{
    static const char *const reasons[] = {
        [HPA_METRIC_INVALID] = "InvalidMetricSourceType",
        [HPA_METRIC_EXTERNAL] = "FailedGetExternalMetric",
        [HPA_METRIC_OBJECT] = "FailedGetObjectMetric",
        [HPA_METRIC_PODS] = "FailedGetPodsMetric",
        [HPA_METRIC_RESOURCE] = "FailedGetResourceMetric",
        [HPA_METRIC_CONTAINER_RESOURCE] = "FailedGetContainerResourceMetric",
    };
    return (size_t)type < ARRAY_LEN(reasons) ? reasons[type] : reasons[HPA_METRIC_INVALID];
}

int hpa_metric_propose(const struct hpa_metric *metric, const struct hpa_spec *spec,
                       const struct hpa_controller *controller, const struct hpa_world *world, int64_t now_ms,
                       struct hpa_status *status, int32_t *ret, const char **ret_reason, struct err *err)
{
    struct asking asking = {metric, spec, controller, world, now_ms, status, tolerance_of(spec, controller)};
    int rc;
    if (metric->type != HPA_METRIC_INVALID && world->failures & (1u << metric->type))
        rc = err_set(err, ERR_IO, "unable to get metrics: the metrics API failed");
    else
        rc = propose(&asking, ret, err);
    if (rc < 0)
        *ret_reason = failure_reason(metric->type);
    return rc;
}

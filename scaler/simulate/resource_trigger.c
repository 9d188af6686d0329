/* Owns what cpu and memory triggers say in a simulation: pods made up from the world, all alike. */
#include "scaler/simulate/resource_trigger.h"

#include <stdio.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/engine/resource.h"

#define POD_NAME_SIZE 24

struct pods {
    struct pod_view *views;
    struct pod_metric *metrics; /* of the ready ones */
    char (*names)[POD_NAME_SIZE];
    size_t ready;
    struct resource_amount request;
    struct container_view container;
};

static void pods_done(struct pods *pods)
{
    mem_free(pods->views);
    mem_free(pods->metrics);
    mem_free(pods->names);
}

/* A pod that is not ready yet is Pending, and has no metric. */
static void pods_make(struct pods *pods, const struct scaler_resource *goal,
                      const struct resource_usage *usage, const struct world *world, int64_t now_ms)
{
    size_t len = (size_t)world->replicas;
    pods->ready = (size_t)world_ready(world, now_ms);
    pods->views = mem_zalloc_array(len, sizeof *pods->views);
    pods->metrics = mem_zalloc_array(pods->ready, sizeof *pods->metrics);
    pods->names = mem_zalloc_array(len, sizeof *pods->names);
    pods->request = (struct resource_amount){goal->name, usage->request_milli};
    pods->container = (struct container_view){
        .name = "main", .requests = &pods->request, .requests_len = usage->request_milli >= 0};
    for (size_t i = 0; i < len; i++) {
        bool ready = i < pods->ready;
        (void)snprintf(pods->names[i], POD_NAME_SIZE, "%05zu", i);
        pods->views[i] = (struct pod_view){.name = pods->names[i],
                                           .phase = ready ? POD_PHASE_RUNNING : POD_PHASE_PENDING,
                                           .has_start = ready,
                                           .start_ms = 0,
                                           .ready = ready ? POD_CONDITION_TRUE : POD_CONDITION_FALSE,
                                           .containers = &pods->container,
                                           .containers_len = 1};
        if (!ready)
            continue;
        /* What does not divide goes to the first ones: the sum stays what the trace says. */
        int64_t share = usage->usage_milli / (int64_t)pods->ready;
        bool more = (int64_t)i < usage->usage_milli % (int64_t)pods->ready;
        pods->metrics[i] = (struct pod_metric){.pod = pods->names[i], .milli = share + more, .at_ms = now_ms};
    }
}

int resource_read(const struct scaler_resource *goal, const struct resource_usage *usage,
                  const struct world *world, const struct tolerance *tolerance, int64_t now_ms,
                  struct reading *ret, int64_t *ret_shown_milli, struct err *err)
{
    if (world->replicas > RESOURCE_PODS_MAX)
        return err_set(err, ERR_LIMIT, "%s of more than %d pods cannot be simulated", goal->name,
                       RESOURCE_PODS_MAX);
    struct pods pods = {0};
    struct resource_answer answer = {0};
    pods_make(&pods, goal, usage, world, now_ms);
    const struct resource_question question = {
        .current = world->replicas,
        .utilization = goal->utilization,
        .target = goal->target,
        .container = "",
        .tolerance = *tolerance,
        .rules = {.resource = goal->name,
                  .now_ms = now_ms,
                  .cpu_initialization_ms = POD_CPU_INITIALIZATION_MS,
                  .initial_readiness_ms = POD_INITIAL_READINESS_MS},
        .pods = pods.views,
        .pods_len = (size_t)world->replicas,
        .metrics = pods.metrics,
        .metrics_len = pods.ready,
    };
    /* Why it failed is the HPA's business: an error is a reading like others. */
    bool known = resource_propose(&question, &answer, NULL) == 0;
    *ret = (struct reading){
        .state = known ? READING_OK : READING_ERROR, .value = known ? answer.replicas : 0, .at_ms = now_ms};
    *ret_shown_milli = goal->utilization ? (int64_t)answer.utilization * 1000 : answer.average_milli;
    pods_done(&pods);
    return 0;
}

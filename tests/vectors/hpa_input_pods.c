/* Owns the conversion of pods and what is measured of them. */
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "tests/vectors/hpa_input.h"

static const struct resource_amount *read_amounts(struct vector *vector, json_t *map, size_t *ret_len)
{
    const char *key;
    json_t *value;
    struct resource_amount *amounts = vector_alloc(vector, json_object_size(map), sizeof(amounts[0]));
    size_t len = 0;
    json_object_foreach (map, key, value)
        if (json_is_number(value))
            amounts[len++] = (struct resource_amount){.resource = key, .milli = input_i64(map, key, 0)};
    *ret_len = len;
    return amounts;
}

static void read_container(struct vector *vector, json_t *container, bool init, struct container_view *ret)
{
    *ret = (struct container_view){
        .name = input_str(container, "name"),
        .init = init,
        .sidecar = init && text_eq(input_str(container, "restartPolicy"), "Always"),
    };
    ret->requests = read_amounts(vector, json_object_get(container, "requestsMilli"), &ret->requests_len);
}

/* Init containers first, as they run. */
static void read_containers(struct vector *vector, json_t *pod, struct pod_view *ret)
{
    json_t *inits = json_object_get(pod, "initContainers"), *mains = json_object_get(pod, "containers");
    size_t inits_len = json_array_size(inits), mains_len = json_array_size(mains);
    struct container_view *views = vector_alloc(vector, inits_len + mains_len, sizeof(views[0]));
    for (size_t i = 0; i < inits_len; i++)
        read_container(vector, json_array_get(inits, i), true, &views[i]);
    for (size_t i = 0; i < mains_len; i++)
        read_container(vector, json_array_get(mains, i), false, &views[inits_len + i]);
    ret->containers = views;
    ret->containers_len = inits_len + mains_len;
}

static enum pod_phase read_phase(const char *text)
{
    static const struct {
        const char *name;
        enum pod_phase phase;
    } phases[] = {
        {"Pending", POD_PHASE_PENDING},
        {"Running", POD_PHASE_RUNNING},
        {"Succeeded", POD_PHASE_SUCCEEDED},
        {"Failed", POD_PHASE_FAILED},
    };
    for (size_t i = 0; i < ARRAY_LEN(phases); i++)
        if (text_eq(phases[i].name, text))
            return phases[i].phase;
    return POD_PHASE_UNKNOWN;
}

static enum pod_condition read_ready(json_t *pod)
{
    const char *text = input_str(pod, "ready");
    if (text_eq(text, "True"))
        return POD_CONDITION_TRUE;
    if (text_eq(text, "False"))
        return POD_CONDITION_FALSE;
    return text_empty(text) ? POD_CONDITION_ABSENT : POD_CONDITION_UNKNOWN;
}

static void read_pod(struct vector *vector, json_t *pod, struct pod_view *ret)
{
    *ret = (struct pod_view){
        .name = input_str(pod, "name"),
        .phase = read_phase(input_str(pod, "phase")),
        .deleted = input_bool(pod, "deleted", false),
        .has_start = input_has(pod, "startAgeSeconds"),
        .start_ms = input_age_ms(pod, "startAgeSeconds"),
        .ready = read_ready(pod),
        .ready_changed_ms = input_age_ms(pod, "readyTransitionAgeSeconds"),
    };
    read_containers(vector, pod, ret);
    ret->requests = read_amounts(vector, json_object_get(pod, "podLevelRequestsMilli"), &ret->requests_len);
}

const struct pod_view *input_pods(struct vector *vector, json_t *list, size_t *ret_len)
{
    *ret_len = json_array_size(list);
    struct pod_view *pods = vector_alloc(vector, *ret_len, sizeof(pods[0]));
    for (size_t i = 0; i < *ret_len; i++)
        read_pod(vector, json_array_get(list, i), &pods[i]);
    return pods;
}

static int64_t window_ms(json_t *sample)
{
    int64_t window_s = input_i32(sample, "windowSeconds", 60); /* what samples without a window have */
    return window_s * 1000;
}

struct pod_metric *input_pod_metrics(struct vector *vector, json_t *map, size_t *ret_len)
{
    const char *pod;
    json_t *sample;
    struct pod_metric *metrics = vector_alloc(vector, json_object_size(map), sizeof(metrics[0]));
    size_t len = 0;
    json_object_foreach (map, pod, sample)
        metrics[len++] = (struct pod_metric){.pod = pod,
                                             .milli = input_i64(sample, "milli", 0),
                                             .at_ms = input_age_ms(sample, "ageSeconds"),
                                             .window_ms = window_ms(sample)};
    pod_metrics_sort(metrics, len);
    *ret_len = len;
    return metrics;
}

static const struct container_usage *read_usages(struct vector *vector, json_t *map, size_t *ret_len)
{
    const char *container;
    json_t *value;
    struct container_usage *usages = vector_alloc(vector, json_object_size(map), sizeof(usages[0]));
    size_t len = 0;
    json_object_foreach (map, container, value)
        usages[len++] = (struct container_usage){.container = container,
                                                 .has_value = json_is_number(value),
                                                 .milli = input_i64(map, container, 0)};
    *ret_len = len;
    return usages;
}

struct pod_sample *input_samples(struct vector *vector, json_t *map, size_t *ret_len)
{
    const char *pod;
    json_t *sample;
    struct pod_sample *samples = vector_alloc(vector, json_object_size(map), sizeof(samples[0]));
    size_t len = 0;
    json_object_foreach (map, pod, sample) {
        samples[len] = (struct pod_sample){
            .pod = pod, .at_ms = input_age_ms(sample, "ageSeconds"), .window_ms = window_ms(sample)};
        samples[len].containers =
            read_usages(vector, json_object_get(sample, "containers"), &samples[len].containers_len);
        len++;
    }
    *ret_len = len;
    return samples;
}

struct pod_rules input_pod_rules(json_t *input, const char *resource)
{
    return (struct pod_rules){
        .resource = resource,
        .now_ms = VECTOR_NOW_MS,
        .cpu_initialization_ms = (int64_t)input_i32(input, "cpuInitializationPeriodSeconds", 300) * 1000,
        .initial_readiness_ms = (int64_t)input_i32(input, "delayOfInitialReadinessStatusSeconds", 30) * 1000,
    };
}

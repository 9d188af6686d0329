/* Owns the kinds stabilization (with behavior) and normalize (without). */
#include "scaler/base/mem.h"
#include "scaler/engine/stabilization.h"
#include "tests/vectors/hpa_input.h"

static void check_values(struct vector *vector, const struct recommendation_list *list)
{
    json_t *wanted = json_object_get(vector->expect, "recommendations");
    if (!wanted)
        return;
    vector->checks++;
    if (json_array_size(wanted) != list->len) {
        vector_fail(vector, "recommendations: expected %zu, got %u", json_array_size(wanted), list->len);
        return;
    }
    for (uint32_t i = 0; i < list->len; i++)
        if (json_integer_value(json_array_get(wanted, i)) != list->items[i].value)
            vector_fail(vector, "recommendations[%u]: got %d", i, list->items[i].value);
}

static void run_stabilization(struct vector *vector)
{
    json_t *input = vector->input;
    struct recommendation_list list;
    input_recommendations(json_object_get(input, "recommendations"), &list);
    struct stabilized result = stabilize_behavior(
        &list, input_i32(input, "currentReplicas", 0), input_i32(input, "desiredReplicas", 0),
        input_i32(input, "scaleUpStabilizationWindowSeconds", 0),
        input_i32(input, "scaleDownStabilizationWindowSeconds", 300), VECTOR_NOW_MS);
    expect_i64(vector, "stabilized", result.replicas);
    check_values(vector, &list);
    mem_free(list.items);
}

static void run_normalize(struct vector *vector)
{
    json_t *input = vector->input;
    struct recommendation_list list;
    input_recommendations(json_object_get(input, "recommendations"), &list);
    struct stabilized result =
        stabilize_plain(&list, input_i32(input, "desiredReplicas", 0),
                        input_i32(input, "downscaleStabilizationSeconds", 300), VECTOR_NOW_MS);
    expect_i64(vector, "stabilized", result.replicas);
    expect_i64(vector, "recommendationCount", list.len);
    check_values(vector, &list);
    mem_free(list.items);
}

const struct vector_kind vector_kinds_hpa_stabilization[] = {
    {"stabilization", run_stabilization},
    {"normalize", run_normalize},
    {NULL, NULL},
};

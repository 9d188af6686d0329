/* The shapes that kinds of vectors/hpa share (hpa/README.md, "Conventions"). */
#ifndef TESTS_VECTORS_HPA_INPUT_H
#define TESTS_VECTORS_HPA_INPUT_H

#include "config/behavior.h"
#include "scaler/engine/history.h"
#include "scaler/engine/pods.h"
#include "tests/vectors/runner.h"

#define VECTOR_NOW_MS INT64_C(4000000000000) /* times are ages: any fixed moment will do */

int64_t input_age_ms(json_t *object, const char *key); /* the moment of that age */
struct tolerance input_tolerance(json_t *input);
int64_t *input_milli_list(struct vector *vector, json_t *list, size_t *ret_len);
const struct pod_view *input_pods(struct vector *vector, json_t *list, size_t *ret_len);
/* {pod: {"milli", "ageSeconds", "windowSeconds"}}, sorted. */
struct pod_metric *input_pod_metrics(struct vector *vector, json_t *map, size_t *ret_len);
/* {pod: {"containers": {name: milli}, …}}. */
struct pod_sample *input_samples(struct vector *vector, json_t *map, size_t *ret_len);
struct pod_rules input_pod_rules(json_t *input, const char *resource);

/* Checks as the API does, in its order; path: "spec.behavior.scaleUp". */
int input_rules(json_t *rules, const char *path, bool tolerance_allowed, bool policies_required,
                struct scaling_rules *ret, struct err *err);
/* For vectors where rules are only input: null or unset fields get their defaults. */
void input_rules_with_defaults(struct vector *vector, json_t *rules, bool up, struct scaling_rules *ret);
void input_events(json_t *list, struct scale_event_list *ret);
void input_recommendations(json_t *list, struct recommendation_list *ret);

#endif

/* Pods, requests and proposals where the vectors do not reach. */
#include <math.h>

#include "scaler/engine/arith.h"
#include "scaler/engine/resource.h"
#include "tests/engine/fixture.h"

static const struct resource_amount cpu_100[] = {{"cpu", 100}}, cpu_250[] = {{"memory", 1}, {"cpu", 250}};
static const struct resource_amount cpu_900[] = {{"cpu", 900}}, memory_only[] = {{"memory", 64}};

static const struct container_view parts[] = {
    {.name = "setup", .init = true, .requests = cpu_900, .requests_len = 1},
    {.name = "proxy", .init = true, .sidecar = true, .requests = cpu_250, .requests_len = 2},
    {.name = "main", .requests = cpu_100, .requests_len = 1},
};
static const struct container_view late_init[] = {
    {.name = "proxy", .init = true, .sidecar = true, .requests = cpu_250, .requests_len = 2},
    {.name = "setup", .init = true, .requests = cpu_900, .requests_len = 1},
    {.name = "main", .requests = cpu_100, .requests_len = 1},
};
static const struct container_view without[] = {{.name = "main", .requests = memory_only, .requests_len = 1}};

struct request_row {
    const char *name;
    const struct container_view *containers;
    size_t containers_len;
    const struct resource_amount *pod;
    size_t pod_len;
    const char *container;
    bool pod_level;
    int64_t expect; /* -1: an error that holds `error` */
    const char *error;
};

static const struct request_row request_rows[] = {
    {"containers and sidecars, no ended init", parts, 3, NULL, 0, "", false, 350, ""},
    {"one container", parts, 3, NULL, 0, "main", false, 100, ""},
    {"a sidecar by name", parts, 3, NULL, 0, "proxy", false, 250, ""},
    {"an ended init container is none", parts, 3, NULL, 0, "setup", false, -1,
     "container setup not found in Pod p"},
    {"a missing request", without, 1, NULL, 0, "", false, -1,
     "missing request for cpu in container main of Pod p"},
    {"no container", NULL, 0, NULL, 0, "", false, 0, ""},
    {"pod level", parts, 3, cpu_100, 1, "", true, 100, ""},
    {"pod level without the gate", parts, 3, cpu_900, 1, "", false, 350, ""},
    {"pod level, one container", parts, 3, cpu_900, 1, "main", true, 100, ""},
    {"pod level for memory only: the aggregate", parts, 3, memory_only, 1, "", true, 900, ""},
    {"pod level, the aggregate with a sidecar before", late_init, 3, memory_only, 1, "", true, 1150, ""},
    {"pod level, nowhere", without, 1, memory_only, 1, "", true, -1,
     "missing pod-level request for cpu in Pod p"},
};

START_TEST(requests)
{
    const struct request_row *row = &request_rows[_i];
    struct pod_view pod = {.name = "p",
                           .containers = row->containers,
                           .containers_len = row->containers_len,
                           .requests = row->pod,
                           .requests_len = row->pod_len};
    int64_t milli = -1;
    struct err err = {0};
    int rc = pods_requests(&pod, 1, "cpu", row->container, row->pod_level, &milli, &err);
    ck_assert_msg((rc < 0) == (row->expect < 0), "%s: %s", row->name, err.msg);
    if (rc == 0)
        ck_assert_msg(milli == row->expect, "%s: got %lld", row->name, (long long)milli);
    ck_assert_msg(strstr(err.msg, row->error) != NULL, "%s: %s", row->name, err.msg);
}
END_TEST

START_TEST(samples)
{
    const struct container_usage both[] = {{"a", true, 100}, {"b", true, 20}},
                                 half[] = {{"a", true, 1}, {"b", false, 0}};
    const struct pod_sample list[] = {
        {.pod = "z", .containers = both, .containers_len = 2},
        {.pod = "m", .containers = half, .containers_len = 2},
        {.pod = "k"},
        {.pod = "a", .containers = both, .containers_len = 2},
    };
    struct pod_metric metrics[4];
    ck_assert_uint_eq(pod_metrics_from_samples(list, 4, "", metrics), 2);
    ck_assert_str_eq(metrics[0].pod, "a");
    ck_assert_int_eq(metrics[1].milli, 120);
    ck_assert_uint_eq(pod_metrics_from_samples(list, 4, "a", metrics), 3);
    ck_assert_int_eq(pod_metrics_find(metrics, 3, "m")->milli, 1);
    ck_assert_ptr_null(pod_metrics_find(metrics, 3, "k"));
    ck_assert_ptr_null(pod_metrics_find(metrics, 0, "a"));
}
END_TEST

START_TEST(a_starting_pod_needs_a_sample_of_its_ready_time)
{
    struct pod_view pod = {.name = "p",
                           .phase = POD_PHASE_RUNNING,
                           .has_start = true,
                           .start_ms = T0 - SECONDS(60),
                           .ready = POD_CONDITION_TRUE,
                           .ready_changed_ms = T0 - SECONDS(30)};
    struct pod_metric metric = {.pod = "p", .at_ms = T0 - 1, .window_ms = SECONDS(30)};
    struct pod_rules rules = {"cpu", T0, SECONDS(300), SECONDS(30)};
    enum pod_class class;
    ck_assert_uint_eq(pods_group(&pod, 1, &metric, 1, &rules, &class), 0);
    ck_assert_int_eq(class, POD_UNREADY);
    metric.at_ms = T0;
    ck_assert_uint_eq(pods_group(&pod, 1, &metric, 1, &rules, &class), 1);
    rules.resource = "memory"; /* only cpu asks */
    metric.at_ms = 0;
    ck_assert_uint_eq(pods_group(&pod, 1, &metric, 1, &rules, &class), 1);
}
END_TEST

START_TEST(arithmetic_has_no_undefined_corner)
{
    struct tolerance none = {0, 0}, any = {INFINITY, INFINITY};
    struct proposal proposal;
    struct pod_count pods = {.known = true, .ready = INT32_MAX, .listed = INT32_MAX};
    ck_assert_int_eq(proposal_average_value(0, 0, 0, &any).replicas, 0);
    ck_assert_int_eq(proposal_average_value(1, 0, 5, &none).replicas, INT32_MAX);
    ck_assert_int_eq(proposal_average_value(INT64_MAX, 1, INT32_MIN, &none).replicas, INT32_MAX);
    ck_assert_int_eq(proposal_value(INT64_MIN, 1, 5, &pods, &none, &proposal, NULL), 0);
    ck_assert_int_eq(proposal.replicas, INT32_MIN);
    ck_assert_int_eq(proposal_value(0, 0, 5, &pods, &none, &proposal, NULL), 0);
    ck_assert_int_eq(proposal.replicas, 0);
    ck_assert_int_eq(usage_per_pod(INT64_MIN, -1), INT64_MAX);
    ck_assert_int_eq(arith_div(INT64_MIN, -1), INT64_MIN);
    ck_assert_int_eq(arith_div(7, 0), 0);
    ck_assert_int_eq(arith_ceil_i64(NAN), 0);
    ck_assert_int_eq(arith_ceil_i64(-1e300), INT64_MIN);
    ck_assert_int_eq(arith_trunc_i32(-1e300), INT32_MIN);
    ck_assert_int_eq(arith_ceil_i32(-0.5), 0);
}
END_TEST

/* Hundreds of pods with every kind of silence: the answer stays between what the formulas can give. */
START_TEST(a_crowd)
{
    enum { PODS = 400 };
    static char names[PODS][16];
    struct pod_view pods[PODS];
    struct pod_metric metrics[PODS];
    uint64_t seed = 3;
    size_t measured = 0;
    for (int i = 0; i < PODS; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "pod-%d", i);
        pods[i] = (struct pod_view){.name = names[i],
                                    .phase = (enum pod_phase)random_below(&seed, 5),
                                    .deleted = random_below(&seed, 10) == 0,
                                    .has_start = true,
                                    .start_ms = T0 - SECONDS(random_below(&seed, 600)),
                                    .ready = (enum pod_condition)random_below(&seed, 4),
                                    .ready_changed_ms = T0 - SECONDS(random_below(&seed, 600)),
                                    .containers = &parts[2],
                                    .containers_len = 1};
        if (random_below(&seed, 5) > 0)
            metrics[measured++] = (struct pod_metric){names[i], random_below(&seed, 200), T0, SECONDS(60)};
    }
    pod_metrics_sort(metrics, measured);
    struct resource_question question = {.current = PODS,
                                         .utilization = true,
                                         .target = 50,
                                         .container = "",
                                         .tolerance = {0.1, 0.1},
                                         .rules = {"cpu", T0, SECONDS(300), SECONDS(30)},
                                         .pods = pods,
                                         .pods_len = PODS,
                                         .metrics = metrics,
                                         .metrics_len = measured};
    struct resource_answer answer;
    ck_assert_int_eq(resource_propose(&question, &answer, NULL), 0);
    ck_assert_int_gt(answer.utilization, 60);
    ck_assert_int_ge(answer.replicas, PODS); /* above target: never down */
    ck_assert_int_le(answer.replicas, 4 * PODS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/resource");
    TCase *tc = tcase_create("resource");
    tcase_add_loop_test(tc, requests, 0, (int)ARRAY_LEN(request_rows));
    tcase_add_test(tc, samples);
    tcase_add_test(tc, a_starting_pod_needs_a_sample_of_its_ready_time);
    tcase_add_test(tc, arithmetic_has_no_undefined_corner);
    tcase_add_test(tc, a_crowd);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

/* Pods and their metrics from the API's JSON, whole and broken. */
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/daemon/pod_record.h"
#include "scaler/daemon/usage_read.h"
#include "tests/support/suite.h"

static json_t *parse(const char *text)
{
    json_t *root = json_loads(text, JSON_DECODE_ANY, NULL);
    ck_assert_msg(root != NULL, "%s", text);
    return root;
}

START_TEST(whole_pod)
{
    AUTO_JSON json_t *json =
        parse("{\"metadata\":{\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"},"
              "\"spec\":{\"nodeName\":\"n1\",\"resources\":{\"requests\":{\"cpu\":\"2\"}},"
              "\"initContainers\":[{\"name\":\"i\"},{\"name\":\"s\",\"restartPolicy\":\"Always\","
              "\"resources\":{\"requests\":{\"cpu\":\"10m\"}}}],"
              "\"containers\":[{\"name\":\"c\",\"resources\":{\"requests\":{\"memory\":\"1Ki\",\"cpu\":0.5,"
              "\"nvidia.com/gpu\":\"1\"}}},{\"name\":\"d\",\"resources\":{\"requests\":{\"cpu\":3}}}]},"
              "\"status\":{\"phase\":\"Running\",\"startTime\":\"1970-01-01T00:01:00Z\",\"conditions\":["
              "{\"type\":\"Other\",\"status\":\"True\"},"
              "{\"type\":\"Ready\",\"status\":\"False\",\"lastTransitionTime\":\"1970-01-01T00:02:00Z\"}]}}");
    struct pod_record record;
    pod_record_read(json, "p", &record);
    const struct pod_view *view = &record.view;
    ck_assert_str_eq(view->name, "p");
    ck_assert_str_eq(record.node, "n1");
    ck_assert(view->deleted && view->phase == POD_PHASE_RUNNING && view->ready == POD_CONDITION_FALSE);
    ck_assert(view->has_start && view->start_ms == 60000 && view->ready_changed_ms == 120000);
    ck_assert_uint_eq(view->containers_len, 4);
    ck_assert(view->containers[0].init && !view->containers[0].sidecar && view->containers[1].sidecar);
    ck_assert_uint_eq(view->containers[0].requests_len, 0);
    ck_assert_int_eq(view->containers[1].requests[0].milli, 10);
    ck_assert_uint_eq(view->containers[2].requests_len, 1); /* a fraction is no quantity of the API */
    ck_assert_str_eq(view->containers[2].requests[0].resource, "memory");
    ck_assert_int_eq(view->containers[2].requests[0].milli, 1024000);
    ck_assert_int_eq(view->containers[3].requests[0].milli, 3000);
    ck_assert_uint_eq(view->requests_len, 1);
    ck_assert_int_eq(view->requests[0].milli, 2000);
    pod_record_done(&record);
    pod_record_done(&record); /* an empty one is nothing */
}
END_TEST

static const char *const broken_pods[] = {
    "{}",
    "[]",
    "null",
    "{\"spec\":7,\"status\":\"x\",\"metadata\":[]}",
    "{\"spec\":{\"containers\":{},\"initContainers\":[null,3,[]],\"nodeName\":{}},\"status\":{\"phase\":1}}",
    "{\"spec\":{\"containers\":[{\"name\":9,\"resources\":{\"requests\":[]}}]}}",
    "{\"spec\":{\"containers\":[{\"resources\":{\"requests\":{\"cpu\":\"1x\",\"memory\":-5}}}]}}",
    ("{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"lastTransitionTime\":\"never\"}],\"startTime\":\"\"}"
     "}"),
};

START_TEST(broken_pod)
{
    AUTO_JSON json_t *json = parse(broken_pods[_i]);
    struct pod_record record;
    pod_record_read(json, "p", &record);
    ck_assert(record.view.phase == POD_PHASE_UNKNOWN && !record.view.has_start && !record.view.deleted);
    ck_assert_int_ne(record.view.ready, POD_CONDITION_TRUE);
    for (size_t i = 0; i < record.view.containers_len; i++)
        ck_assert_uint_eq(record.view.containers[i].requests_len, 0);
    ck_assert_str_eq(record.node, "");
    pod_record_done(&record);
}
END_TEST

#define ITEM(name, rest)                                                                                     \
    "{\"metadata\":{\"name\":\"" name                                                                        \
    "\"},\"timestamp\":\"1970-01-01T00:01:00Z\",\"window\":\"15.5s\"," rest "}"

START_TEST(whole_metrics)
{
    AUTO_JSON json_t *json = parse("{\"items\":[" ITEM(
        "b", "\"containers\":[{\"name\":\"x\",\"usage\":{\"cpu\":\"250000001n\","
             "\"memory\":\"2Ki\"}},{\"name\":\"y\",\"usage\":{\"cpu\":\"0\"}}]") "," ITEM("a", "\"containers"
                                                                                               "\":[]") "]}");
    struct usage_list list;
    ck_assert_int_eq(usage_list_read(json, &list, NULL), 0);
    ck_assert_uint_eq(list.len, 2);
    struct pod_metric metrics[2];
    ck_assert_uint_eq(pod_metrics_from_samples(list.samples[USAGE_CPU], 2, "", metrics), 1);
    ck_assert_str_eq(metrics[0].pod, "b");
    ck_assert(metrics[0].milli == 251 && metrics[0].at_ms == 60000 && metrics[0].window_ms == 15500);
    /* One container does not say its memory: nobody knows the pod's. */
    ck_assert_uint_eq(pod_metrics_from_samples(list.samples[USAGE_MEMORY], 2, "", metrics), 0);
    ck_assert_uint_eq(pod_metrics_from_samples(list.samples[USAGE_MEMORY], 2, "x", metrics), 1);
    ck_assert_int_eq(metrics[0].milli, 2048000);
    usage_list_done(&list);
}
END_TEST

/* Each leaves out what is broken, and keeps the pod beside it. */
static const char *const broken_samples[] = {
    "null",
    "7",
    "{}",
    "{\"metadata\":{\"name\":\"x\"},\"window\":\"1s\",\"containers\":[{}]}",
    "{\"metadata\":{\"name\":\"x\"},\"timestamp\":\"1970-01-01T00:01:00Z\",\"containers\":[{}]}",
    "{\"metadata\":{\"name\":\"x\"},\"timestamp\":\"soon\",\"window\":\"1s\"}",
    "{\"metadata\":{\"name\":\"x\"},\"timestamp\":\"1970-01-01T00:01:00Z\",\"window\":\"long\"}",
    (ITEM("x", "\"containers\":{}")),
    (ITEM("x", "\"containers\":[null,[],4]")),
    (ITEM("x", "\"containers\":[{\"name\":3,\"usage\":\"much\"}]")),
    (ITEM("x", "\"containers\":[{\"name\":\"c\",\"usage\":{\"cpu\":\"-1\",\"memory\":-1}}]")),
    (ITEM("x", "\"containers\":[{\"name\":\"c\",\"usage\":{\"cpu\":\"1q\",\"memory\":1.5}}]")),
};

START_TEST(broken_metrics)
{
    AUTO_FREE char *text = mem_printf("{\"items\":[%s,%s]}", broken_samples[_i],
                                      ITEM("ok", "\"containers\":[{\"name\":\"c\",\"usage\":{\"cpu\":1}}]"));
    AUTO_JSON json_t *json = parse(text);
    struct usage_list list;
    struct pod_metric metrics[2];
    ck_assert_int_eq(usage_list_read(json, &list, NULL), 0);
    ck_assert_uint_eq(pod_metrics_from_samples(list.samples[USAGE_CPU], list.len, "", metrics), 1);
    ck_assert_str_eq(metrics[0].pod, "ok");
    ck_assert_int_eq(metrics[0].milli, 1000);
    usage_list_done(&list);
}
END_TEST

START_TEST(no_list)
{
    static const char *const texts[] = {"{}", "[]", "null", "{\"items\":{}}", "{\"items\":null}", "3"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        AUTO_JSON json_t *json = parse(texts[i]);
        struct usage_list list;
        struct err err = {0};
        ck_assert_int_eq(usage_list_read(json, &list, &err), ERR_PROTOCOL);
        ck_assert_str_eq(err.msg, "the answer is no list of pod metrics");
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, whole_pod);
    tcase_add_loop_test(tests, broken_pod, 0, (int)ARRAY_LEN(broken_pods));
    tcase_add_test(tests, whole_metrics);
    tcase_add_loop_test(tests, broken_metrics, 0, (int)ARRAY_LEN(broken_samples));
    tcase_add_test(tests, no_list);
}

int main(void)
{
    return suite_run("pods and metrics", 60, add);
}

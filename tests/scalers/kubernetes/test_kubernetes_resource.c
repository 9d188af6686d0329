/* kubernetes-resource: parameters, keys, what text makes which number, and the reading on a cluster that is
 * told what to say. */
#include <math.h>

#include "scalers/kubernetes/resource_value.h"
#include "tests/support/cluster.h"
#include "tests/support/harness.h"
#include "tests/support/suite.h"

extern const struct scaler_type scaler_kubernetes_resource;
static const struct scaler_type *const type = &scaler_kubernetes_resource;

#define MAP    "resourceKind", "ConfigMap", "resourceName", "scaling.config", "key", "queue/length"
#define TARGET "targetValue", "3"

static const struct params_case cases[] = {
    {{MAP, TARGET}, NULL},
    {{MAP, TARGET, "format", "json", "valueLocation", "a.b", "valueType", "quantity"}, NULL},
    {{MAP, "targetValue", "0.5", "format", "yaml", "valueLocation", "a", "activationTargetValue", "-2"},
     NULL},
    {{"resourceKind", "Secret", "resourceName", "s", "key", "k", TARGET, "valueType", "int64"}, NULL},
    {{"resourceName", "s", "key", "k", TARGET}, "error resourceKind: is required"},
    {{"resourceKind", "Secret", "key", "k", TARGET}, "error resourceName: is required"},
    {{"resourceKind", "Secret", "resourceName", "s", TARGET}, "error key: is required"},
    {{"resourceKind", "secret", "resourceName", "s", "key", "k", TARGET}, "error resourceKind"},
    {{"resourceKind", "Secret,ConfigMap", "resourceName", "s", "key", "k", TARGET}, "error resourceKind"},
    {{MAP}, "error targetValue: is required"},
    {{MAP, "targetValue", "0"}, "error targetValue: must be greater than 0"},
    {{MAP, "targetValue", "-1"}, "error targetValue: must be greater than 0"},
    {{MAP, TARGET, "format", "json"}, "error valueLocation: is required with format json"},
    {{MAP, TARGET, "format", "yaml"}, "error valueLocation: is required with format yaml"},
    {{MAP, TARGET, "valueLocation", "a"}, "error valueLocation: is only for format json or yaml"},
    {{MAP, TARGET, "format", "xml"}, "error format"},
    {{MAP, TARGET, "format", "json,yaml", "valueLocation", "a"}, "error format"},
    {{MAP, TARGET, "valueType", "float32"}, "error valueType"},
};

START_TEST(parameters)
{
    check_params_case(&type->schema, &cases[_i]);
}
END_TEST

START_TEST(describes_itself)
{
    const char *pairs[] = {MAP, "targetValue", "2.5", "activationTargetValue", "1", NULL};
    struct scaler_target target;
    void *config = config_parse(&type->schema, pairs, NULL);
    type->describe(config, &target);
    ck_assert_str_eq(target.metric_name, "configmap-scaling-config-queue-length");
    ck_assert(target.threshold == 2.5 && target.activation == 1 && !target.missing_is_zero);
    config_drop(&type->schema, config);
}
END_TEST

#define NUMBER RESOURCE_NUMBER, RESOURCE_FLOAT64, NULL
#define WHOLE  RESOURCE_NUMBER, RESOURCE_INT64, NULL
#define AMOUNT RESOURCE_NUMBER, RESOURCE_QUANTITY, NULL
#define JSON   RESOURCE_JSON
#define YAML   RESOURCE_YAML

static const struct {
    const char *text;
    enum resource_format format;
    enum resource_number number;
    const char *location;
    double value;
    int code;
} texts[] = {
    {"5", NUMBER, 5, 0},
    {"5\n", NUMBER, 5, 0},
    {" \t5abc", NUMBER, 5, 0},
    {"-1.5e2x", NUMBER, -150, 0},
    {"+.5 of it", NUMBER, 0.5, 0},
    {"0x1p4", NUMBER, 16, 0},
    {"1.5p3", NUMBER, 12, 0},
    {"1_0", NUMBER, 10, 0},
    {"1__0", NUMBER, 0, ERR_INVALID},
    {"Inf", NUMBER, INFINITY, 0},
    {"-infinite", NUMBER, -INFINITY, 0},
    {"nan", NUMBER, NAN, 0},
    {"nab", NUMBER, 0, ERR_INVALID},
    {"\n5", NUMBER, 0, ERR_INVALID},
    {"", NUMBER, 0, ERR_INVALID},
    {"abc", NUMBER, 0, ERR_INVALID},
    {"1e", NUMBER, 0, ERR_INVALID},
    {"1e400", NUMBER, 0, ERR_INVALID},
    {".", NUMBER, 0, ERR_INVALID},
    {"1p99999999999999999999", NUMBER, 0, ERR_INVALID},
    {"5.7", WHOLE, 5, 0},
    {"-12 apples", WHOLE, -12, 0},
    {"9223372036854775808", WHOLE, 0, ERR_INVALID},
    {"0x10", WHOLE, 0, 0},
    {"x", WHOLE, 0, ERR_INVALID},
    {"-", WHOLE, 0, ERR_INVALID},
    {"500m", AMOUNT, 0.5, 0},
    {"1Ki", AMOUNT, 1024, 0},
    {"5 apples", AMOUNT, 0, ERR_INVALID},
    {"5\n", AMOUNT, 0, ERR_INVALID},
    {"{\"a\":{\"b\":[1,2.7]}}", JSON, RESOURCE_FLOAT64, "a.b.1", 2.7, 0},
    {"{\"a\":{\"b\":[1,-2.7]}}", JSON, RESOURCE_INT64, "a.b.1", -2, 0},
    {"{\"a\":\"1k\"}", JSON, RESOURCE_FLOAT64, "a", 1000, 0},
    {"{\"a\":\"500m\"}", JSON, RESOURCE_QUANTITY, "a", 0.5, 0},
    {"{\"a\":\"5\"}", JSON, RESOURCE_INT64, "a", 0, ERR_INVALID},
    {"{\"a\":\"x\"}", JSON, RESOURCE_FLOAT64, "a", 0, ERR_INVALID},
    {"{\"a\":\"5\\u0000\"}", JSON, RESOURCE_FLOAT64, "a", 0, ERR_INVALID},
    {"{\"a\":true}", JSON, RESOURCE_FLOAT64, "a", 0, ERR_INVALID},
    {"{\"a\":null}", JSON, RESOURCE_FLOAT64, "a", 0, ERR_INVALID},
    {"{\"a\":{}}", JSON, RESOURCE_FLOAT64, "a", 0, ERR_INVALID},
    {"{\"a\":1}", JSON, RESOURCE_FLOAT64, "b", 0, ERR_NOT_FOUND},
    {"{invalid json}", JSON, RESOURCE_FLOAT64, "a", 0, ERR_NOT_FOUND},
    {"a:\n  b: [1, 2.7]\n", YAML, RESOURCE_INT64, "a.b.1", 2.7, 0},
    {"a: 5 apples", YAML, RESOURCE_FLOAT64, "a", 5, 0},
    {"a: 500m", YAML, RESOURCE_QUANTITY, "a", 0.5, 0},
    {"a: apples", YAML, RESOURCE_FLOAT64, "a", 0, ERR_INVALID},
    {"a: 5 apples", YAML, RESOURCE_QUANTITY, "a", 0, ERR_INVALID},
    {"a: true", YAML, RESOURCE_FLOAT64, "a", 0, ERR_INVALID},
    {"a: {}", YAML, RESOURCE_FLOAT64, "a", 0, ERR_NOT_FOUND},
    {"a: 1", YAML, RESOURCE_FLOAT64, "b", 0, ERR_NOT_FOUND},
    {"[1]", YAML, RESOURCE_FLOAT64, "0", 0, ERR_PROTOCOL},
    {"a: [", YAML, RESOURCE_FLOAT64, "a", 0, ERR_PROTOCOL},
};

START_TEST(text_to_number)
{
    struct err err = {0};
    double value = -77;
    int code = resource_value_read(texts[_i].text, texts[_i].format, texts[_i].number, texts[_i].location,
                                   &value, &err);
    ck_assert_msg(code == texts[_i].code, "%s: %d %s", texts[_i].text, code, err.msg);
    bool same = value == texts[_i].value || (isnan(value) && isnan(texts[_i].value));
    ck_assert_msg(code != 0 || same, "%s: %g", texts[_i].text, value);
    ck_assert(code == 0 || value == -77);
}
END_TEST

/* What holds a secret is never quoted. */
START_TEST(errors_do_not_quote)
{
    static const char *const secrets[] = {"hunter2", "{\"a\":\"hunter2\"}", "a: hunter2", "hunter2: ["};
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++)
        for (int format = RESOURCE_NUMBER; format <= RESOURCE_YAML; format++)
            for (int number = RESOURCE_FLOAT64; number <= RESOURCE_QUANTITY; number++) {
                struct err err = {0};
                double value;
                ck_assert_int_lt(resource_value_read(secrets[i], (enum resource_format)format,
                                                     (enum resource_number)number, "a", &value, &err),
                                 0);
                ck_assert_msg(!strstr(err.msg, "hunter"), "%s", err.msg);
            }
}
END_TEST

static const char *const map_pairs[] = {MAP, TARGET, NULL};
static const char *const secret_pairs[] = {"resourceKind", "Secret", "resourceName", "s",
                                           "key",          "k",      TARGET,         NULL};

START_TEST(reads)
{
    struct harness harness;
    struct fake_cluster cluster;
    fake_cluster_init(&cluster);
    cluster.key = "queue/length";
    cluster.value = "9";
    harness_init(&harness);
    harness.cluster = &cluster.base;
    harness_open(&harness, type, map_pairs);
    ck_assert_str_eq(cluster.watch->what, "ConfigMap default/scaling.config");
    struct outcome outcome = harness_read(&harness);
    ck_assert_value(outcome, 9);
    cluster.value = "nan";
    outcome = harness_read(&harness);
    ck_assert(outcome.code == 0 && outcome.result.state == SCALER_NAN);
    cluster.value = "many";
    outcome = harness_read(&harness);
    ck_assert_failed(outcome, ERR_INVALID, "ConfigMap default/scaling.config, key queue/length: the value");
    cluster.key = NULL;
    outcome = harness_read(&harness);
    ck_assert_failed(outcome, ERR_NOT_FOUND, "no key");
    cluster.known = ERR_UNAVAILABLE;
    cluster.why = "not heard of";
    outcome = harness_read(&harness);
    ck_assert_failed(outcome, ERR_UNAVAILABLE, "not heard of");
    harness_close_source(&harness);
    harness_open(&harness, type, secret_pairs);
    ck_assert_str_eq(cluster.watch->what, "Secret default/s");
    harness_done(&harness);
    ck_assert_ptr_null(cluster.watch);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, parameters, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tests, describes_itself);
    tcase_add_loop_test(tests, text_to_number, 0, (int)ARRAY_LEN(texts));
    tcase_add_test(tests, errors_do_not_quote);
    tcase_add_test(tests, reads);
}

int main(void)
{
    return suite_run("kubernetes-resource", 60, add);
}

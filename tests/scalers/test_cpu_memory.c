/* Parameters of cpu and memory triggers, and what they say has to be compared. */
#include "scalers/api.h"
#include "tests/support/params.h"
#include "tests/support/suite.h"

extern const struct scaler_type scaler_cpu, scaler_memory;

#define PERCENT "trigger:metricType", "Utilization"

static const struct params_case cases[] = {
    {{PERCENT, "value", "50"}, NULL},
    {{PERCENT, "value", "+050"}, NULL}, /* as Go reads it */
    {{PERCENT, "value", "2147483647"}, NULL},
    {{PERCENT, "value", " 1 ", "containerName", "app"}, NULL},
    {{"value", "500m"}, NULL},
    {{"value", "1.5Gi"}, NULL},
    {{"value", "1n"}, NULL}, /* rounds up to a thousandth */
    {{PERCENT, "value", "2147483648"}, "error value: \"2147483648\" is no percentage"},
    {{PERCENT, "value", "0"}, "error value: \"0\" is no percentage above 0"},
    {{PERCENT, "value", "-5"}, "error value"},
    {{PERCENT, "value", "50.5"}, "error value"},
    {{PERCENT, "value", "50%"}, "error value"},
    {{PERCENT, "value", "1Gi"}, "error value"},
    {{"value", "0"}, "error value: \"0\" is no quantity above 0"},
    {{"value", "-1"}, "error value"},
    {{"value", "1 Gi"}, "error value"},
    {{"value", "many"}, "error value"},
    {{PERCENT}, "error value: is required"},
    {{PERCENT, "value", "  "}, "error value: is required"},
    {{PERCENT, "value", "50", "type", "Utilization"}, "error type: "},
    {{PERCENT, "value", "50", "container", "x"}, "warning container"},
};

START_TEST(parameters)
{
    check_params_case(&scaler_cpu.schema, &cases[_i]);
    check_params_case(&scaler_memory.schema, &cases[_i]);
}
END_TEST

static const struct {
    const struct scaler_type *type;
    const char *pairs[8];
    struct scaler_resource resource;
    double threshold;
} goals[] = {
    {&scaler_cpu, {PERCENT, "value", "50"}, {"cpu", "", true, 50}, 50},
    {&scaler_cpu, {"value", "500m", "containerName", "app"}, {"cpu", "app", false, 500}, 0.5},
    {&scaler_memory, {"value", "1Ki"}, {"memory", "", false, 1024000}, 1024},
    {&scaler_memory, {PERCENT, "value", "120", "containerName", "x"}, {"memory", "x", true, 120}, 120},
};

START_TEST(what_is_compared)
{
    const struct scaler_type *type = goals[_i].type;
    const struct scaler_resource *wanted = &goals[_i].resource;
    struct scaler_resource resource;
    struct scaler_target target;
    void *config = config_parse(&type->schema, goals[_i].pairs, NULL);
    type->resource(config, &resource);
    ck_assert_str_eq(resource.name, wanted->name);
    ck_assert_str_eq(resource.container, wanted->container);
    ck_assert(resource.utilization == wanted->utilization && resource.target == wanted->target);
    type->describe(config, &target);
    ck_assert_str_eq(target.metric_name, wanted->name);
    ck_assert(target.threshold == goals[_i].threshold && !target.missing_is_zero);
    config_drop(&type->schema, config);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, parameters, 0, (int)ARRAY_LEN(cases));
    tcase_add_loop_test(tests, what_is_compared, 0, (int)ARRAY_LEN(goals));
}

int main(void)
{
    return suite_run("cpu and memory", 60, add);
}

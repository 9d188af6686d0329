/* Trigger types cpu and memory: what the target's own pods use, held against what they ask for or against an
 * amount. Only what a manifest may say of it: whoever runs the object reads the pods, and proposes replicas
 * with the HPA's rules. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/quantity.h"
#include "scalers/api.h"

struct usage_config {
    char *value;
    char *container;
    char *type; /* the refused parameter */
    bool utilization;
    int64_t target;
};

static void check(void *config, const struct params_context *context, struct params_error_sink *sink)
{
    struct usage_config *self = config;
    struct quantity quantity;
    self->utilization = context->utilization;
    self->target = 1;
    if (!self->value)
        return;
    if (!self->utilization) {
        if (quantity_parse(self->value, &quantity, NULL) < 0 || quantity.milli <= 0)
            params_report(sink, "value", "\"%.40s\" is no quantity above 0", self->value);
        else
            self->target = quantity.milli;
    } else if (number_parse_go_int(self->value, &self->target, NULL) < 0 || self->target < 1 ||
               self->target > INT32_MAX) {
        params_report(sink, "value", "\"%.40s\" is no percentage above 0", self->value);
    }
}

static void resource_of(const struct usage_config *self, const char *name, struct scaler_resource *ret)
{
    *ret = (struct scaler_resource){.name = name,
                                    .container = self->container ? self->container : "",
                                    .utilization = self->utilization,
                                    .target = self->target};
}

static void cpu_resource(const void *config, struct scaler_resource *ret)
{
    resource_of(config, "cpu", ret);
}

static void memory_resource(const void *config, struct scaler_resource *ret)
{
    resource_of(config, "memory", ret);
}

static void describe(const struct usage_config *self, const char *name, struct scaler_target *ret)
{
    double target = (double)self->target;
    *ret = (struct scaler_target){.threshold = self->utilization ? target : target / 1000};
    memcpy(ret->metric_name, name, strlen(name) + 1);
}

static void cpu_describe(const void *config, struct scaler_target *ret)
{
    describe(config, "cpu", ret);
}

static void memory_describe(const void *config, struct scaler_target *ret)
{
    describe(config, "memory", ret);
}

static const char *const cpu_names[] = {"cpu", NULL};
static const char *const memory_names[] = {"memory", NULL};

#define AT(member) offsetof(struct usage_config, member)

static const struct param_row rows[] = {
    {.names = {"value"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA},
     .required = true,
     .doc = "With `metricType: Utilization` a percentage of what the pods request, such as `60`; with "
            "`AverageValue` an amount for each pod, such as `500m` or `1Gi`.",
     .offset = AT(value)},
    {.names = {"containerName"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA},
     .doc = "Looks at this container of each pod alone; without it, at the whole pod.",
     .offset = AT(container)},
    {.names = {"type"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA},
     .refused = "is not understood any more: say metricType beside metadata instead",
     .doc = "No more: `metricType` stands beside `metadata`.",
     .offset = AT(type)},
};

#define DOC(what)                                                                                            \
    what " that the target's pods use, as metrics.k8s.io (metrics-server) says, by the HPA's rules: pods "   \
         "that "                                                                                             \
         "are not ready or tell nothing hold changes back rather than cause them. `metricType` must be "     \
         "`Utilization` or `AverageValue`; with `Utilization` every container needs a request. Such a "      \
         "trigger "                                                                                          \
         "cannot wake a target from zero, nor keep it from it: alone it needs `minReplicaCount` of 1 or "    \
         "more. "                                                                                            \
         "Without an answer replicas are not lowered."

const struct scaler_type scaler_cpu = {
    .schema =
        {
            .names = cpu_names,
            .title = "CPU usage",
            .doc = DOC("CPU"),
            .rows = rows,
            .rows_len = ARRAY_LEN(rows),
            .config_size = sizeof(struct usage_config),
            .check = check,
        },
    .describe = cpu_describe,
    .resource = cpu_resource,
};

const struct scaler_type scaler_memory = {
    .schema =
        {
            .names = memory_names,
            .title = "Memory usage",
            .doc = DOC("Memory"),
            .rows = rows,
            .rows_len = ARRAY_LEN(rows),
            .config_size = sizeof(struct usage_config),
            .check = check,
        },
    .describe = memory_describe,
    .resource = memory_resource,
};

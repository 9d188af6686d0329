/* The list of trigger types. Adding one is a line here, its file, its page and its test. */
#include <string.h>

#include "scaler/base/mem.h"
#include "scalers/api.h"

extern const struct scaler_type scaler_cpu;
extern const struct scaler_type scaler_cron;
extern const struct scaler_type scaler_kafka;
extern const struct scaler_type scaler_kubernetes_resource;
extern const struct scaler_type scaler_kubernetes_workload;
extern const struct scaler_type scaler_memory;
extern const struct scaler_type scaler_metrics_api;
extern const struct scaler_type scaler_prometheus;
extern const struct scaler_type scaler_redis_cluster_list;
extern const struct scaler_type scaler_redis_cluster_streams;
extern const struct scaler_type scaler_redis_list;
extern const struct scaler_type scaler_redis_sentinel_list;
extern const struct scaler_type scaler_redis_sentinel_streams;
extern const struct scaler_type scaler_redis_streams;

/* Alphabetical by the first name (a test holds it to that). */
static const struct scaler_type *const types[] = {
    &scaler_cpu,
    &scaler_cron,
    &scaler_kafka,
    &scaler_kubernetes_resource,
    &scaler_kubernetes_workload,
    &scaler_memory,
    &scaler_metrics_api,
    &scaler_prometheus,
    &scaler_redis_list,
    &scaler_redis_cluster_list,
    &scaler_redis_cluster_streams,
    &scaler_redis_sentinel_list,
    &scaler_redis_sentinel_streams,
    &scaler_redis_streams,
    NULL,
};

static bool answers_to(const struct scaler_type *type, const char *trigger_type)
{
    for (const char *const *name = type->schema.names; *name; name++) {
        if (strcmp(*name, trigger_type) == 0)
            return true;
    }
    return false;
}

const struct scaler_type *scaler_find(const char *trigger_type)
{
    if (!trigger_type)
        return NULL;
    for (const struct scaler_type *const *type = types; *type; type++) {
        if (answers_to(*type, trigger_type))
            return *type;
    }
    return NULL;
}

const struct trigger_schema *scaler_find_schema(const char *trigger_type)
{
    const struct scaler_type *type = scaler_find(trigger_type);
    return type ? &type->schema : NULL;
}

const struct scaler_type *const *scaler_all(void)
{
    return types;
}

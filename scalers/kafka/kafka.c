/* The trigger type kafka: lag of a consumer group behind the ends of its topics (spec/keda-scalers.md §5). */
#include <stdio.h>

#include "scaler/base/mem.h"
#include "scalers/api.h"
#include "scalers/kafka/cluster.h"
#include "scalers/kafka/config.h"
#include "scalers/kafka/query.h"
#include "scalers/kafka/source.h"

static void describe(const void *arg, struct scaler_target *ret)
{
    const struct kafka_config *config = arg;
    *ret = (struct scaler_target){
        .threshold = (double)config->lag_threshold,
        .activation = (double)config->activation_threshold,
    };
    if (text_empty(config->topic))
        snprintf(ret->metric_name, sizeof(ret->metric_name), "kafka-%s-topics", config->group);
    else
        snprintf(ret->metric_name, sizeof(ret->metric_name), "kafka-%s", config->topic);
    scaler_normalize_name(ret->metric_name);
}

static void source_key(const void *config, struct strbuf *key)
{
    kafka_cluster_key(config, key);
}

static void source_name(const void *config, struct strbuf *name)
{
    AUTO_STRBUF struct strbuf servers;
    strbuf_init(&servers);
    kafka_config_servers(config, &servers);
    strbuf_append(name, "kafka ");
    strbuf_append(name, servers.data);
}

static void query_key(const void *config, struct strbuf *key)
{
    kafka_query_key(config, key);
}

extern const struct scaler_type scaler_kafka;

const struct scaler_type scaler_kafka = {
    .schema =
        {
            .names = (const char *const[]){"kafka", NULL},
            .title = "Kafka consumer lag",
            .doc = "How far a consumer group's committed offsets are behind the ends of its partitions. By "
                   "default no more "
                   "replicas are asked for than there are partitions. All triggers of a cluster share one "
                   "connection; what "
                   "is due at once is asked at once.",
            .rows = kafka_rows,
            .rows_len = KAFKA_ROWS_LEN,
            .groups = {{.rows = tls_params_rows,
                        .rows_len = TLS_PARAMS_ROWS_LEN,
                        .offset = offsetof(struct kafka_config, tls_material)}},
            .groups_len = 1,
            .config_size = sizeof(struct kafka_config),
            .check = kafka_config_check,
            .done = kafka_config_done,
        },
    .max_in_flight = 10000,
    .describe = describe,
    .source_key = source_key,
    .source_name = source_name,
    .query_key = query_key,
    .open = kafka_open,
    .read = kafka_read,
    .close = kafka_close,
};

/* Queries: copied from a config, told apart by their key. */
#include "scalers/kafka/query.h"

#include <string.h>

#include "scaler/base/mem.h"
#include "scalers/shared/key.h"

static void key_add_limits(struct strbuf *key, const struct kafka_config *config)
{
    key_add_int(key, config->limited ? (int64_t)config->limits.len : -1);
    for (size_t i = 0; i < config->limits.len; i++) {
        key_add_int(key, config->limits.items[i].first);
        key_add_int(key, config->limits.items[i].last);
    }
}

void kafka_query_key(const struct kafka_config *config, struct strbuf *key)
{
    struct kafka_lag_rules rules;
    kafka_config_lag_rules(config, &rules);
    key_add(key, config->group);
    key_add(key, config->topic);
    key_add_limits(key, config);
    key_add_int(key, rules.threshold);
    const bool flags[] = {
        rules.earliest,
        rules.zero_on_invalid_offset,
        rules.allow_idle_consumers,
        rules.limit_to_partitions_with_lag,
        rules.even_distribution,
        config->exclude_persistent_lag,
    };
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        strbuf_append_c(key, flags[i] ? '1' : '0');
}

void kafka_query_init(struct kafka_query *query, const struct kafka_config *config)
{
    struct strbuf key;
    strbuf_init(&key);
    kafka_query_key(config, &key);
    *query = (struct kafka_query){
        .key = strbuf_take(&key),
        .group = mem_strdup(config->group),
        .limited = config->limited,
        .exclude_persistent = config->exclude_persistent_lag,
    };
    strbuf_done(&key);
    kafka_config_lag_rules(config, &query->rules);
    if (!text_empty(config->topic))
        text_list_add(&query->topics, config->topic);
    if (config->limits.len > 0) {
        query->limits.items = mem_zalloc_array(config->limits.len, sizeof(*query->limits.items));
        query->limits.len = config->limits.len;
        memcpy(query->limits.items, config->limits.items, config->limits.len * sizeof(*query->limits.items));
    }
}

void kafka_query_done(struct kafka_query *query)
{
    mem_free(query->key);
    mem_free(query->group);
    mem_free(query->limits.items);
    text_list_done(&query->topics);
    *query = (struct kafka_query){0};
}

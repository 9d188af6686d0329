/* What the tests do to a real broker, with the client library's own producer and admin client. */
#ifndef TESTS_SCALERS_KAFKA_BROKER_ADMIN_H
#define TESTS_SCALERS_KAFKA_BROKER_ADMIN_H

#include <check.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "tests/support/spawn.h"

#define ADMIN_MS 20000

static inline int admin_port(int listener)
{
    const char *port = getenv("KAFKA_PORT");
    ck_assert_msg(port != NULL, "KAFKA_PORT is not set: this program is run by broker.sh");
    return (int)strtol(port, NULL, 10) + listener;
}

static inline void admin_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[256];
    ck_assert_msg(rd_kafka_conf_set(conf, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK, "%s", why);
}

/* transaction: NULL, or the transactional ID. */
static inline rd_kafka_t *admin_open(const char *transaction)
{
    char why[256], servers[64];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    snprintf(servers, sizeof(servers), "127.0.0.1:%d", admin_port(0));
    admin_set(conf, "bootstrap.servers", servers);
    if (transaction)
        admin_set(conf, "transactional.id", transaction);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    ck_assert_msg(rk != NULL, "%s", why);
    return rk;
}

/* The event of one admin request; the caller destroys it. */
static inline rd_kafka_event_t *admin_wait(rd_kafka_queue_t *queue)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ADMIN_MS);
    ck_assert_msg(event != NULL, "the broker does not answer");
    ck_assert_msg(!rd_kafka_event_error(event), "%s", rd_kafka_event_error_string(event));
    return event;
}

static inline void admin_check_topics(const rd_kafka_topic_result_t **results, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(!rd_kafka_topic_result_error(results[i]), "%s: %s",
                      rd_kafka_topic_result_name(results[i]),
                      rd_kafka_err2str(rd_kafka_topic_result_error(results[i])));
}

static inline void admin_topics(rd_kafka_t *rk, const char *const *names, size_t len, int partitions)
{
    char why[256];
    size_t count;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_NewTopic_t **topics = mem_zalloc_array(len, sizeof(rd_kafka_NewTopic_t *));
    for (size_t i = 0; i < len; i++)
        topics[i] = rd_kafka_NewTopic_new(names[i], partitions, 1, why, sizeof(why));
    rd_kafka_CreateTopics(rk, topics, len, NULL, queue);
    rd_kafka_event_t *event = admin_wait(queue);
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    admin_check_topics(results, count);
    rd_kafka_event_destroy(event);
    rd_kafka_NewTopic_destroy_array(topics, len);
    mem_free(topics);
    rd_kafka_queue_destroy(queue);
}

static inline void admin_topic(rd_kafka_t *rk, const char *name, int partitions)
{
    admin_topics(rk, &name, 1, partitions);
}

static inline void admin_grow(rd_kafka_t *rk, const char *name, size_t partitions)
{
    char why[256];
    size_t count;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_NewPartitions_t *request = rd_kafka_NewPartitions_new(name, partitions, why, sizeof(why));
    rd_kafka_CreatePartitions(rk, &request, 1, NULL, queue);
    rd_kafka_event_t *event = admin_wait(queue);
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event), &count);
    admin_check_topics(results, count);
    rd_kafka_event_destroy(event);
    rd_kafka_NewPartitions_destroy(request);
    rd_kafka_queue_destroy(queue);
}

static inline void admin_delete_topic(rd_kafka_t *rk, const char *name)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_DeleteTopic_t *request = rd_kafka_DeleteTopic_new(name);
    rd_kafka_DeleteTopics(rk, &request, 1, NULL, queue);
    rd_kafka_event_destroy(admin_wait(queue));
    rd_kafka_DeleteTopic_destroy(request);
    rd_kafka_queue_destroy(queue);
}

static inline rd_kafka_resp_err_t admin_first_error(rd_kafka_event_t *event)
{
    size_t count;
    const rd_kafka_group_result_t **results = rd_kafka_AlterConsumerGroupOffsets_result_groups(
        rd_kafka_event_AlterConsumerGroupOffsets_result(event), &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_ptr_null(rd_kafka_group_result_error(results[0]));
    const rd_kafka_topic_partition_list_t *done = rd_kafka_group_result_partitions(results[0]);
    for (int i = 0; i < done->cnt; i++) {
        if (done->elems[i].err)
            return done->elems[i].err;
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* offsets: one per partition from 0; -1 leaves one out. A broker that is new still loads its coordinator. */
static inline void admin_commit(rd_kafka_t *rk, const char *group, const char *topic, const int64_t *offsets,
                                int32_t partitions)
{
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int32_t p = 0; p < partitions; p++) {
        if (offsets[p] >= 0)
            rd_kafka_topic_partition_list_add(list, topic, p)->offset = offsets[p];
    }
    for (int i = 0; i < 100 && code == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS; i++) {
        spawn_sleep_ms(i ? 100 : 0);
        rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
        rd_kafka_AlterConsumerGroupOffsets_t *request = rd_kafka_AlterConsumerGroupOffsets_new(group, list);
        rd_kafka_AlterConsumerGroupOffsets(rk, &request, 1, NULL, queue);
        rd_kafka_event_t *event = admin_wait(queue);
        code = admin_first_error(event);
        rd_kafka_event_destroy(event);
        rd_kafka_AlterConsumerGroupOffsets_destroy(request);
        rd_kafka_queue_destroy(queue);
    }
    ck_assert_msg(!code, "%s", rd_kafka_err2str(code));
    rd_kafka_topic_partition_list_destroy(list);
}

static inline void admin_send(rd_kafka_t *rk, const char *topic, int32_t partition, unsigned count)
{
    static char payload[] = "x";
    for (unsigned i = 0; i < count; i++)
        ck_assert_int_eq(rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                                           RD_KAFKA_V_VALUE(payload, 1), RD_KAFKA_V_END),
                         0);
}

static inline void admin_flush(rd_kafka_t *rk)
{
    ck_assert_int_eq(rd_kafka_flush(rk, ADMIN_MS), 0);
}

static inline void admin_produce(rd_kafka_t *rk, const char *topic, int32_t partition, unsigned count)
{
    admin_send(rk, topic, partition, count);
    admin_flush(rk);
}

static inline bool admin_topic_exists(rd_kafka_t *rk, const char *name)
{
    const struct rd_kafka_metadata *metadata;
    bool found = false;
    ck_assert_int_eq(rd_kafka_metadata(rk, 1, NULL, &metadata, ADMIN_MS), 0);
    for (int i = 0; i < metadata->topic_cnt; i++)
        found = found || strcmp(metadata->topics[i].topic, name) == 0;
    rd_kafka_metadata_destroy(metadata);
    return found;
}

#endif

/* The client library's own mock cluster, filled and bent by tests. It knows no committed offsets for a
 * request that asks for all of a group's, so every group looks new here; the tests of a real broker have
 * those. */
#ifndef TESTS_SCALERS_KAFKA_MOCK_H
#define TESTS_SCALERS_KAFKA_MOCK_H

#include <librdkafka/rdkafka.h>

#include <librdkafka/rdkafka_mock.h>

#include "tests/support/harness.h"

/* Kafka's numbers of requests. */
#define MOCK_LIST_OFFSETS 2
#define MOCK_METADATA     3
#define MOCK_OFFSET_FETCH 9

struct mock {
    rd_kafka_t *rk; /* the cluster lives in it, and it produces */
    rd_kafka_mock_cluster_t *cluster;
    char *first; /* address of the first broker */
};

static inline void mock_open(struct mock *mock, int brokers)
{
    char why[256];
    char count[8];
    snprintf(count, sizeof(count), "%d", brokers);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    ck_assert_int_eq(rd_kafka_conf_set(conf, "test.mock.num.brokers", count, why, sizeof(why)),
                     RD_KAFKA_CONF_OK);
    mock->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    ck_assert_msg(mock->rk != NULL, "%s", why);
    mock->cluster = rd_kafka_handle_mock_cluster(mock->rk);
    mock->first = mem_strdup(rd_kafka_mock_cluster_bootstraps(mock->cluster));
    char *comma = strchr(mock->first, ',');
    if (comma)
        *comma = '\0';
}

static inline void mock_topic(struct mock *mock, const char *name, int partitions, int leader)
{
    ck_assert_int_eq(rd_kafka_mock_topic_create(mock->cluster, name, partitions, 1), 0);
    for (int32_t p = 0; p < partitions; p++)
        ck_assert_int_eq(rd_kafka_mock_partition_set_leader(mock->cluster, name, p, leader), 0);
}

/* Asked to send; mock_flush makes sure. */
static inline void mock_send(struct mock *mock, const char *topic, int32_t partition, unsigned count)
{
    static char payload[] = "x";
    for (unsigned i = 0; i < count; i++)
        ck_assert_int_eq(rd_kafka_producev(mock->rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                                           RD_KAFKA_V_VALUE(payload, 1), RD_KAFKA_V_END),
                         0);
}

static inline void mock_flush(struct mock *mock)
{
    ck_assert_int_eq(rd_kafka_flush(mock->rk, 20000), 0);
}

static inline void mock_produce(struct mock *mock, const char *topic, int32_t partition, unsigned count)
{
    mock_send(mock, topic, partition, count);
    mock_flush(mock);
}

static inline void mock_close(struct mock *mock)
{
    mem_free(mock->first);
    rd_kafka_destroy(mock->rk);
}

#endif

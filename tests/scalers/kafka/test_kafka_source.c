/* A kafka source against a mock cluster and against peers that are none: batches, errors of groups, topics
 * and leaders, a broker that hangs, refusals, cancelling, closing in flight. */
#include "tests/scalers/kafka/mock.h"
#include "tests/support/c11_threads.h"
#include "tests/support/spawn.h"
#include "tests/support/suite.h"
#include "tests/support/tcp_server.h"

extern const struct scaler_type scaler_kafka;

struct test {
    struct mock mock;
    struct harness harness;
};

/* Each partition counts its end offset: nothing is committed and the policy is earliest. */
#define QUERY(servers, group, topic)                                                                         \
    "bootstrapServers", servers, "consumerGroup", group, "topic", topic, "offsetResetPolicy", "earliest",    \
        "allowIdleConsumers", "true", NULL

static void test_init(struct test *test, int brokers)
{
    mock_open(&test->mock, brokers);
    harness_init(&test->harness);
}

static void test_done(struct test *test)
{
    harness_done(&test->harness);
    mock_close(&test->mock);
}

/* Producing holds the loop up, so its clock is set right. */
static void produce(struct test *test, const char *topic, int32_t partition, unsigned count)
{
    mock_produce(&test->mock, topic, partition, count);
    uv_update_time(&test->harness.loop);
}

static void *query(const char *servers, const char *group, const char *topic)
{
    const char *const pairs[] = {QUERY(servers, group, topic)};
    return config_parse(&scaler_kafka.schema, pairs, NULL);
}

static void open_for(struct test *test, const char *topic)
{
    const char *const pairs[] = {QUERY(test->mock.first, "g", topic)};
    harness_open(&test->harness, &scaler_kafka, pairs);
}

START_TEST(reads)
{
    struct test test;
    test_init(&test, 1);
    mock_topic(&test.mock, "orders", 3, 1);
    produce(&test, "orders", 0, 5);
    produce(&test, "orders", 2, 7);
    open_for(&test, "orders");
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 12);
    produce(&test, "orders", 1, 1);
    outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 13);
    test_done(&test);
}
END_TEST

/* More partitions than are asked for at first. */
START_TEST(finds_all_partitions)
{
    static const int counts[] = {1, 15, 16, 17, 33, 100};
    struct test test;
    int partitions = counts[_i];
    test_init(&test, 1);
    mock_topic(&test.mock, "wide", partitions, 1);
    produce(&test, "wide", partitions - 1, 4);
    open_for(&test, "wide");
    for (int i = 0; i < 2; i++) {
        struct outcome outcome = harness_read(&test.harness);
        ck_assert_value(outcome, 4);
    }
    test_done(&test);
}
END_TEST

#define MANY 300

START_TEST(many_at_once)
{
    static struct outcome outcomes[MANY];
    struct test test;
    void *configs[MANY];
    test_init(&test, 3);
    for (int i = 0; i < 30; i++) {
        AUTO_FREE char *topic = mem_printf("t%d", i);
        mock_topic(&test.mock, topic, 2, i % 3 + 1);
        mock_send(&test.mock, topic, 1, (unsigned)i + 1);
    }
    mock_flush(&test.mock);
    uv_update_time(&test.harness.loop);
    open_for(&test, "t0");
    for (int i = 0; i < MANY; i++) {
        AUTO_FREE char *topic = mem_printf("t%d", i % 30), *group = mem_printf("g%d", i);
        configs[i] = query(test.mock.first, group, topic);
        harness_start(&test.harness, configs[i], &outcomes[i]);
    }
    for (int i = 0; i < MANY; i++) {
        harness_wait(&test.harness, &outcomes[i]);
        ck_assert_value(outcomes[i], i % 30 + 1);
        config_drop(&scaler_kafka.schema, configs[i]);
    }
    test_done(&test);
}
END_TEST

START_TEST(unknown_topic)
{
    struct test test;
    test_init(&test, 1);
    mock_topic(&test.mock, "orders", 1, 1);
    produce(&test, "orders", 0, 2);
    rd_kafka_mock_topic_set_error(test.mock.cluster, "nowhere", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    open_for(&test, "nowhere");
    void *orders = query(test.mock.first, "g", "orders");
    for (int i = 0; i < 2; i++) {
        struct outcome bad, good;
        harness_start(&test.harness, test.harness.config, &bad);
        harness_start(&test.harness, orders, &good);
        harness_wait(&test.harness, &bad);
        harness_wait(&test.harness, &good);
        ck_assert_failed(bad, ERR_NOT_FOUND, "topic nowhere");
        ck_assert_value(good, 2);
    }
    config_drop(&scaler_kafka.schema, orders);
    test_done(&test);
}
END_TEST

static const struct {
    int16_t request;
    rd_kafka_resp_err_t answer;
    unsigned times;
    int code;
    const char *piece;
} errors[] = {
    {MOCK_OFFSET_FETCH, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 1, ERR_AUTH, "consumer group g"},
    {MOCK_OFFSET_FETCH, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 1, ERR_UNAVAILABLE,
     "consumer group g"},
    {MOCK_OFFSET_FETCH, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, 1, ERR_UNAVAILABLE, "consumer group g"},
    {MOCK_LIST_OFFSETS, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 1, ERR_UNAVAILABLE, "topic orders"},
    {MOCK_LIST_OFFSETS, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1, ERR_AUTH, "topic orders"},
    {MOCK_LIST_OFFSETS, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, 1, ERR_NOT_FOUND, "topic orders"},
    {MOCK_LIST_OFFSETS, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, 1, ERR_PROTOCOL, "topic orders"},
};

/* One error answer is one failed reading, and the next is good again. */
START_TEST(error_answer)
{
    struct test test;
    test_init(&test, 1);
    mock_topic(&test.mock, "orders", 1, 1);
    produce(&test, "orders", 0, 2);
    open_for(&test, "orders");
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 2);
    rd_kafka_mock_push_request_errors(test.mock.cluster, errors[_i].request, 1, errors[_i].answer);
    outcome = harness_read(&test.harness);
    ck_assert_failed(outcome, errors[_i].code, errors[_i].piece);
    if (errors[_i].answer == RD_KAFKA_RESP_ERR_NOT_COORDINATOR)
        harness_idle(&test.harness,
                     5200); /* long enough for a new client, which finds the coordinator anew */
    outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 2);
    test_done(&test);
}
END_TEST

START_TEST(leaderless_partition)
{
    struct test test;
    test_init(&test, 1);
    mock_topic(&test.mock, "orders", 2, 1);
    mock_topic(&test.mock, "healthy", 1, 1);
    produce(&test, "healthy", 0, 3);
    ck_assert_int_eq(rd_kafka_mock_partition_set_leader(test.mock.cluster, "orders", 1, -1), 0);
    open_for(&test, "orders");
    void *healthy = query(test.mock.first, "g", "healthy");
    struct outcome bad, good;
    harness_start(&test.harness, test.harness.config, &bad);
    harness_start(&test.harness, healthy, &good);
    harness_wait(&test.harness, &bad);
    harness_wait(&test.harness, &good);
    ck_assert_failed(bad, ERR_UNAVAILABLE, "topic orders partition 1");
    ck_assert_value(good, 3);
    config_drop(&scaler_kafka.schema, healthy);
    test_done(&test);
}
END_TEST

/* A broker that is silent takes only the topics that it leads with it, and once that is known it delays
 * nobody else. */
START_TEST(silent_leader)
{
    struct test test;
    test_init(&test, 2);
    rd_kafka_mock_coordinator_set(test.mock.cluster, "group", "g", 1);
    mock_topic(&test.mock, "healthy", 1, 1);
    mock_topic(&test.mock, "stuck", 1, 2);
    produce(&test, "healthy", 0, 3);
    produce(&test, "stuck", 0, 3);
    rd_kafka_mock_broker_set_rtt(test.mock.cluster, 2, 60000);
    open_for(&test, "stuck");
    void *healthy = query(test.mock.first, "g", "healthy");
    for (int round = 0; round < 2; round++) {
        struct outcome bad, good;
        int64_t started_ms = clock_mono_ms();
        harness_start(&test.harness, test.harness.config, &bad);
        harness_start(&test.harness, healthy, &good);
        harness_wait(&test.harness, &good);
        int64_t good_ms = clock_mono_ms() - started_ms;
        ck_assert_value(good, 3);
        ck_assert_msg(round == 0 || (good_ms < 1000 && bad.calls == 0), "%d ms", (int)good_ms);
        harness_wait(&test.harness, &bad);
        ck_assert_msg(bad.code == ERR_TIMEOUT || bad.code == ERR_IO, "%d %s", bad.code, bad.msg);
    }
    config_drop(&scaler_kafka.schema, healthy);
    test_done(&test);
}
END_TEST

START_TEST(down_and_up_again)
{
    struct test test;
    test_init(&test, 1);
    mock_topic(&test.mock, "orders", 1, 1);
    produce(&test, "orders", 0, 2);
    open_for(&test, "orders");
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 2);
    rd_kafka_mock_broker_set_down(test.mock.cluster, 1);
    for (int i = 0; i < 2; i++) {
        int64_t started_ms = clock_mono_ms();
        outcome = harness_read(&test.harness);
        ck_assert_msg(outcome.code == ERR_IO, "%d %s", outcome.code, outcome.msg);
        ck_assert_int_lt(clock_mono_ms() - started_ms, 6000);
    }
    rd_kafka_mock_broker_set_up(test.mock.cluster, 1);
    outcome = harness_read(&test.harness);
    for (int i = 0; i < 5 && outcome.code != 0; i++)
        outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 2);
    test_done(&test);
}
END_TEST

#define RESTLESS_GROUPS 20

/* Brokers come and go while groups are being read: every reading has one answer, no answer is wrong, the
 * process lives (the client library has ended it in such weather), and in the end all is well. */
START_TEST(restless_brokers)
{
    struct test test;
    struct outcome outcomes[RESTLESS_GROUPS];
    void *configs[RESTLESS_GROUPS];
    test_init(&test, 3);
    for (int i = 0; i < 3; i++)
        mock_topic(&test.mock, (const char *const[]){"t0", "t1", "t2"}[i], 1, i + 1);
    produce(&test, "t0", 0, 1);
    produce(&test, "t1", 0, 2);
    produce(&test, "t2", 0, 3);
    const char *const pairs[] = {QUERY(rd_kafka_mock_cluster_bootstraps(test.mock.cluster), "g", "t0")};
    harness_open(&test.harness, &scaler_kafka, pairs);
    for (int i = 0; i < RESTLESS_GROUPS; i++) {
        AUTO_FREE char *topic = mem_printf("t%d", i % 3), *group = mem_printf("g%d", i);
        configs[i] = query(test.mock.first, group, topic);
    }
    unsigned good = 0;
    for (int round = 0; round < 14; round++) {
        int32_t broker = round % 3 + 1;
        if (round < 12 && round % 4 != 3)
            rd_kafka_mock_broker_set_down(test.mock.cluster, broker);
        for (int i = 0; i < RESTLESS_GROUPS; i++)
            harness_start(&test.harness, configs[i], &outcomes[i]);
        harness_idle(&test.harness, (uint64_t)(round % 5) * 300);
        for (int32_t b = 1; b <= 3 && round % 2; b++)
            rd_kafka_mock_broker_set_up(test.mock.cluster, b);
        good = 0;
        for (int i = 0; i < RESTLESS_GROUPS; i++) {
            harness_wait(&test.harness, &outcomes[i]);
            if (outcomes[i].code == 0)
                ck_assert_value(outcomes[i], i % 3 + 1);
            good += outcomes[i].code == 0;
        }
    }
    ck_assert_uint_eq(good, RESTLESS_GROUPS);
    for (int i = 0; i < RESTLESS_GROUPS; i++)
        config_drop(&scaler_kafka.schema, configs[i]);
    test_done(&test);
}
END_TEST

static void open_port(struct harness *harness, int port)
{
    AUTO_FREE char *servers = mem_printf("127.0.0.1:%d", port);
    const char *const pairs[] = {QUERY(servers, "g", "t")};
    harness_init(harness);
    harness_open(harness, &scaler_kafka, pairs);
}

START_TEST(refused)
{
    struct harness harness;
    open_port(&harness, spawn_free_port());
    for (int i = 0; i < 2; i++) {
        int64_t started_ms = clock_mono_ms();
        struct outcome outcome = harness_read(&harness);
        ck_assert_failed(outcome, ERR_IO, "Connection refused");
        ck_assert_int_lt(clock_mono_ms() - started_ms, 4000);
    }
    harness_done(&harness);
}
END_TEST

START_TEST(name_that_does_not_exist)
{
    struct harness harness;
    const char *const pairs[] = {QUERY("no-such-host.invalid:9092", "g", "t")};
    harness_init(&harness);
    harness_open(&harness, &scaler_kafka, pairs);
    struct outcome outcome = harness_read(&harness);
    ck_assert_failed(outcome, ERR_IO, "no-such-host.invalid");
    harness_done(&harness);
}
END_TEST

static void say_nothing(struct tcp_client *client)
{
    (void)client;
}

static void say_garbage(struct tcp_client *client)
{
    tcp_client_say(client, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
}

static void hang_up(struct tcp_client *client)
{
    tcp_client_close(client);
}

static const struct {
    void (*on_bytes)(struct tcp_client *client);
    int code, other;
} peers[] = {
    {say_nothing, ERR_TIMEOUT, ERR_TIMEOUT},
    {say_garbage, ERR_PROTOCOL, ERR_IO},
    {hang_up, ERR_IO, ERR_TIMEOUT},
};

START_TEST(no_broker)
{
    struct harness harness;
    struct tcp_server server = {.on_bytes = peers[_i].on_bytes};
    harness_init(&harness);
    tcp_server_open(&server, &harness.loop);
    AUTO_FREE char *servers = mem_printf("127.0.0.1:%d", server.port);
    const char *const pairs[] = {QUERY(servers, "g", "t")};
    harness_open(&harness, &scaler_kafka, pairs);
    struct outcome outcome = harness_read(&harness);
    ck_assert_msg(outcome.code == peers[_i].code || outcome.code == peers[_i].other, "%d %s", outcome.code,
                  outcome.msg);
    tcp_server_close(&server);
    harness_done(&harness);
}
END_TEST

/* Readings that wait for the worker have their deadline too. */
START_TEST(deadline_of_the_waiting)
{
    struct harness harness;
    struct tcp_server server = {.on_bytes = say_nothing};
    struct outcome first, second;
    harness_init(&harness);
    tcp_server_open(&server, &harness.loop);
    AUTO_FREE char *servers = mem_printf("127.0.0.1:%d", server.port);
    const char *const pairs[] = {QUERY(servers, "g", "t")};
    harness_open(&harness, &scaler_kafka, pairs);
    harness_start(&harness, harness.config, &first);
    harness_idle(&harness, 500);
    int64_t started_ms = clock_mono_ms();
    harness_start(&harness, harness.config, &second);
    harness_wait(&harness, &first);
    harness_wait(&harness, &second);
    ck_assert_int_lt(clock_mono_ms() - started_ms, 11000);
    ck_assert_int_lt(second.code, 0);
    tcp_server_close(&server);
    harness_done(&harness);
}
END_TEST

/* Closed at once, while connecting, with reads waiting behind a batch: each is answered ERR_CANCELED before
 * closed. */
START_TEST(close_in_flight)
{
    static const uint64_t pauses_ms[] = {0, 1, 300, 1500};
    struct harness harness;
    struct tcp_server server = {.on_bytes = say_nothing};
    struct outcome outcomes[3];
    harness_init(&harness);
    tcp_server_open(&server, &harness.loop);
    AUTO_FREE char *servers = mem_printf("127.0.0.1:%d", server.port);
    const char *const pairs[] = {QUERY(servers, "g", "t")};
    harness_open(&harness, &scaler_kafka, pairs);
    harness_start(&harness, harness.config, &outcomes[0]);
    if (pauses_ms[_i] > 0)
        harness_idle(&harness, pauses_ms[_i]);
    harness_start(&harness, harness.config, &outcomes[1]);
    if (pauses_ms[_i] > 0)
        harness_idle(&harness, pauses_ms[_i]);
    harness_start(&harness, harness.config, &outcomes[2]);
    harness_close_source(&harness);
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
        ck_assert_uint_eq(outcomes[i].calls, 1);
        ck_assert_int_eq(outcomes[i].code, ERR_CANCELED);
    }
    tcp_server_close(&server);
    harness_done(&harness);
}
END_TEST

START_TEST(open_and_close)
{
    struct harness harness;
    open_port(&harness, 1);
    harness_done(&harness);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, reads);
    tcase_add_loop_test(tests, finds_all_partitions, 0, 6);
    tcase_add_test(tests, many_at_once);
    tcase_add_test(tests, unknown_topic);
    tcase_add_loop_test(tests, error_answer, 0, ARRAY_LEN(errors));
    tcase_add_test(tests, leaderless_partition);
    tcase_add_test(tests, silent_leader);
    tcase_add_test(tests, down_and_up_again);
    tcase_add_test(tests, restless_brokers);
    tcase_add_test(tests, refused);
    tcase_add_test(tests, name_that_does_not_exist);
    tcase_add_loop_test(tests, no_broker, 0, ARRAY_LEN(peers));
    tcase_add_test(tests, deadline_of_the_waiting);
    tcase_add_loop_test(tests, close_in_flight, 0, 4);
    tcase_add_test(tests, open_and_close);
}

int main(void)
{
    return suite_run("kafka_source", 200, add);
}

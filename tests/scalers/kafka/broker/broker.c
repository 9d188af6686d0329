/* The kafka trigger against a real broker, which broker.sh starts: every way to connect, every rule of the
 * value, topics that grow and go, a broker that hangs, dies and comes back. Topics and groups are named after
 * the tests, so that they do not meet. */
#include "scaler/base/base64.h"
#include "tests/scalers/kafka/broker/admin.h"
#include "tests/support/c11_threads.h"
#include "tests/support/certs.h"
#include "tests/support/harness.h"
#include "tests/support/suite.h"
#include "tests/support/tcp_server.h"

extern const struct scaler_type scaler_kafka;

enum listener { PLAIN, SASL, TLS, MTLS, SASL_TLS };

#define PAIRS_MAX   24
#define PATIENCE_MS 60000

struct test {
    rd_kafka_t *rk;
    struct harness harness;
    char *servers;
};

static void test_init(struct test *test, enum listener listener)
{
    *test = (struct test){.rk = admin_open(NULL),
                          .servers = mem_printf("127.0.0.1:%d", admin_port((int)listener))};
    harness_init(&test->harness);
}

static void test_done(struct test *test)
{
    harness_done(&test->harness);
    mem_free(test->servers);
    rd_kafka_destroy(test->rk);
}

/* Where the broker is, then pairs. */
static void fill_pairs(const struct test *test, const char *const *pairs, const char **all)
{
    size_t len = 0;
    all[len++] = "bootstrapServers";
    all[len++] = test->servers;
    while (*pairs)
        all[len++] = *pairs++;
    all[len] = NULL;
}

static void open_with(struct test *test, const char *const *pairs)
{
    const char *all[PAIRS_MAX + 3];
    fill_pairs(test, pairs, all);
    uv_update_time(&test->harness.loop);
    harness_open(&test->harness, &scaler_kafka, all);
}

static void *parse_with(const struct test *test, const char *const *pairs)
{
    const char *all[PAIRS_MAX + 3];
    fill_pairs(test, pairs, all);
    return config_parse(&scaler_kafka.schema, all, NULL);
}

static struct outcome read_now(struct test *test)
{
    uv_update_time(&test->harness.loop);
    return harness_read(&test->harness);
}

static void check_reading(const struct outcome *outcome, double value, double activity)
{
    ck_assert_msg(outcome->code == 0, "%d %s", outcome->code, outcome->msg);
    ck_assert_int_eq(outcome->result.state, SCALER_OK);
    ck_assert(!outcome->result.partial);
    ck_assert_msg(outcome->result.value == value && outcome->result.activity == activity,
                  "value %g, activity %g", outcome->result.value, outcome->result.activity);
}

/* What a broker learns (a topic, a partition, a deletion) takes a moment; one that has just started on a busy
 * machine takes many seconds to read its groups again, and refuses them until then. */
static struct outcome read_until(struct test *test, int code, double value)
{
    int64_t deadline_ms = clock_mono_ms() + PATIENCE_MS;
    struct outcome outcome = read_now(test);
    while ((outcome.code != code || (code == 0 && outcome.result.value != value)) &&
           clock_mono_ms() < deadline_ms) {
        harness_idle(&test->harness, 200);
        outcome = read_now(test);
    }
    return outcome;
}

#define TOPIC(t) "consumerGroup", t "-group", "topic", t

/* Ends 10, 20, 5; committed 4, 20 and nothing: lag 6, 0 and what the policy says. */
static const struct {
    const char *pairs[PAIRS_MAX];
    double value, activity;
} rules[] = {
    {{TOPIC("rules")}, 7, 7},
    {{TOPIC("rules"), "scaleToZeroOnInvalidOffset", "true"}, 6, 6},
    {{TOPIC("rules"), "offsetResetPolicy", "earliest"}, 11, 11},
    {{TOPIC("rules"), "offsetResetPolicy", "earliest", "scaleToZeroOnInvalidOffset", "true"}, 6, 6},
    {{TOPIC("rules"), "partitionLimitation", "0"}, 6, 6},
    {{TOPIC("rules"), "partitionLimitation", "1-2", "offsetResetPolicy", "earliest"}, 5, 5},
    {{TOPIC("rules"), "partitionLimitation", " 0 , 2-9 ", "offsetResetPolicy", "earliest"}, 11, 11},
    {{TOPIC("rules"), "lagThreshold", "1"}, 3, 7},
    {{TOPIC("rules"), "lagThreshold", "2"}, 7, 7},
    {{TOPIC("rules"), "lagThreshold", "1", "allowIdleConsumers", "true"}, 7, 7},
    {{TOPIC("rules"), "lagThreshold", "1", "limitToPartitionsWithLag", "true", "offsetResetPolicy",
      "earliest"},
     2,
     11},
    {{TOPIC("rules"), "lagThreshold", "1", "ensureEvenDistributionOfPartitions", "true"}, 3, 7},
    {{TOPIC("rules"), "lagThreshold", "5", "ensureEvenDistributionOfPartitions", "true"}, 15, 7},
    {{TOPIC("rules"), "lagThreshold", "7", "ensureEvenDistributionOfPartitions", "true", "allowIdleConsumers",
      "true"},
     7,
     7},
};

START_TEST(rule)
{
    struct test test;
    static const int64_t offsets[] = {4, 20, -1};
    test_init(&test, PLAIN);
    if (!admin_topic_exists(test.rk, "rules")) {
        admin_topic(test.rk, "rules", 3);
        admin_send(test.rk, "rules", 0, 10);
        admin_send(test.rk, "rules", 1, 20);
        admin_produce(test.rk, "rules", 2, 5);
        admin_commit(test.rk, "rules-group", "rules", offsets, 3);
    }
    open_with(&test, rules[_i].pairs);
    struct outcome outcome = read_now(&test);
    check_reading(&outcome, rules[_i].value, rules[_i].activity);
    test_done(&test);
}
END_TEST

static const char *const empty_limits[] = {"4-1", "7"};

START_TEST(limit_without_partition)
{
    struct test test;
    test_init(&test, PLAIN);
    const char *const pairs[] = {TOPIC("rules"), "partitionLimitation", empty_limits[_i], NULL};
    open_with(&test, pairs);
    struct outcome outcome = read_now(&test);
    ck_assert_failed(outcome, ERR_NOT_FOUND, "partitionLimitation");
    test_done(&test);
}
END_TEST

/* Without topic: what the group has committed for; its other partitions count as new. */
START_TEST(all_topics)
{
    struct test test;
    static const int64_t first[] = {1, -1}, second[] = {0};
    static const char *const pairs[] = {"consumerGroup", "all-group", NULL};
    static const char *const nobody[] = {"consumerGroup", "all-nobody", NULL};
    test_init(&test, PLAIN);
    admin_topic(test.rk, "all-1", 2);
    admin_topic(test.rk, "all-2", 1);
    admin_topic(test.rk, "all-3", 1);
    admin_send(test.rk, "all-1", 0, 4);
    admin_send(test.rk, "all-2", 0, 5);
    admin_produce(test.rk, "all-3", 0, 100);
    admin_commit(test.rk, "all-group", "all-1", first, 2);
    admin_commit(test.rk, "all-group", "all-2", second, 1);
    open_with(&test, pairs);
    struct outcome outcome = read_now(&test);
    check_reading(&outcome, 3 + 1 + 5, 3 + 1 + 5);
    struct outcome empty;
    void *config = parse_with(&test, nobody);
    harness_start(&test.harness, config, &empty);
    harness_wait(&test.harness, &empty);
    check_reading(&empty, 0, 0);
    config_drop(&scaler_kafka.schema, config);
    test_done(&test);
}
END_TEST

START_TEST(persistent_lag)
{
    struct test test;
    static const int64_t before[] = {2, 3}, after[] = {2, 4};
    static const char *const pairs[] = {TOPIC("stuck"), "excludePersistentLag", "true", NULL};
    test_init(&test, PLAIN);
    admin_topic(test.rk, "stuck", 2);
    admin_send(test.rk, "stuck", 0, 5);
    admin_produce(test.rk, "stuck", 1, 9);
    admin_commit(test.rk, "stuck-group", "stuck", before, 2);
    open_with(&test, pairs);
    struct outcome outcome = read_now(&test);
    check_reading(&outcome, 9, 9);
    outcome = read_now(&test); /* a moment later nothing is stuck yet */
    check_reading(&outcome, 9, 9);
    harness_idle(&test.harness, 10200);
    outcome = read_now(&test);
    check_reading(&outcome, 0, 9);
    admin_commit(test.rk, "stuck-group", "stuck", after, 2);
    outcome = read_now(&test);
    check_reading(&outcome, 5, 8);
    test_done(&test);
}
END_TEST

/* The broker makes topics that clients ask for; we must not be such a client. */
START_TEST(unknown_topic)
{
    struct test test;
    static const char *const pairs[] = {TOPIC("nowhere"), NULL};
    test_init(&test, PLAIN);
    open_with(&test, pairs);
    for (int i = 0; i < 2; i++) {
        struct outcome outcome = read_now(&test);
        ck_assert_failed(outcome, ERR_NOT_FOUND, "topic nowhere");
    }
    ck_assert(!admin_topic_exists(test.rk, "nowhere"));
    test_done(&test);
}
END_TEST

START_TEST(topic_grows_and_goes)
{
    struct test test;
    static const char *const pairs[] = {TOPIC("growing"), "offsetResetPolicy", "earliest", NULL};
    test_init(&test, PLAIN);
    admin_topic(test.rk, "growing", 1);
    admin_produce(test.rk, "growing", 0, 3);
    open_with(&test, pairs);
    struct outcome outcome = read_now(&test);
    check_reading(&outcome, 3, 3);
    admin_grow(test.rk, "growing", 40);
    rd_kafka_t *other = admin_open(NULL); /* knows of the new partitions from the start */
    admin_produce(other, "growing", 39, 4);
    rd_kafka_destroy(other);
    outcome = read_until(&test, 0, 7);
    check_reading(&outcome, 7, 7);
    admin_delete_topic(test.rk, "growing");
    outcome = read_until(&test, ERR_NOT_FOUND, 0);
    ck_assert_failed(outcome, ERR_NOT_FOUND, "topic growing");
    test_done(&test);
}
END_TEST

START_TEST(wide_topic)
{
    struct test test;
    static const char *const pairs[] = {TOPIC("wide"), "offsetResetPolicy", "earliest", NULL};
    test_init(&test, PLAIN);
    admin_topic(test.rk, "wide", 1200);
    admin_send(test.rk, "wide", 0, 2);
    admin_produce(test.rk, "wide", 1199, 3);
    open_with(&test, pairs);
    struct outcome outcome = read_until(&test, 0, 5);
    check_reading(&outcome, 5, 5);
    outcome = read_now(&test);
    check_reading(&outcome, 5, 5);
    test_done(&test);
}
END_TEST

#define MANY_TOPICS 120
#define MANY_READS  600

static void make_many(struct test *test, char names[MANY_TOPICS][16])
{
    const char *list[MANY_TOPICS];
    for (int i = 0; i < MANY_TOPICS; i++) {
        snprintf(names[i], 16, "many-%d", i);
        list[i] = names[i];
    }
    admin_topics(test->rk, list, MANY_TOPICS, 2);
    for (int i = 0; i < MANY_TOPICS; i++)
        admin_send(test->rk, names[i], 1, (unsigned)i + 1);
    admin_flush(test->rk);
}

/* Due together, asked together: as many groups as readings, each topic for several. */
START_TEST(many_at_once)
{
    static struct outcome outcomes[MANY_READS];
    static char names[MANY_TOPICS][16];
    static const char *const first[] = {TOPIC("many-0"), NULL};
    struct test test;
    void *configs[MANY_READS];
    test_init(&test, PLAIN);
    make_many(&test, names);
    open_with(&test, first);
    for (int i = 0; i < MANY_READS; i++) {
        AUTO_FREE char *group = mem_printf("many-group-%d", i);
        const char *const pairs[] = {
            "consumerGroup",      group,  "topic", names[i % MANY_TOPICS], "offsetResetPolicy", "earliest",
            "allowIdleConsumers", "true", NULL};
        configs[i] = parse_with(&test, pairs);
        harness_start(&test.harness, configs[i], &outcomes[i]);
    }
    for (int i = 0; i < MANY_READS; i++) {
        harness_wait(&test.harness, &outcomes[i]);
        check_reading(&outcomes[i], i % MANY_TOPICS + 1, i % MANY_TOPICS + 1);
        config_drop(&scaler_kafka.schema, configs[i]);
    }
    test_done(&test);
}
END_TEST

/* End offsets are high watermarks: what an open transaction has written counts. */
START_TEST(open_transaction)
{
    struct test test;
    static const char *const pairs[] = {TOPIC("transaction"), "offsetResetPolicy", "earliest", NULL};
    test_init(&test, PLAIN);
    admin_topic(test.rk, "transaction", 1);
    rd_kafka_t *writer = admin_open("davit-test");
    ck_assert_ptr_null(rd_kafka_init_transactions(writer, ADMIN_MS));
    ck_assert_ptr_null(rd_kafka_begin_transaction(writer));
    admin_produce(writer, "transaction", 0, 6);
    open_with(&test, pairs);
    struct outcome outcome = read_now(&test);
    check_reading(&outcome, 6, 6);
    ck_assert_ptr_null(rd_kafka_abort_transaction(writer, ADMIN_MS));
    rd_kafka_destroy(writer);
    test_done(&test);
}
END_TEST

/* Values that begin with '@' are files of the broker's directory. */
static const struct {
    enum listener listener;
    const char *pairs[PAIRS_MAX];
    int code;          /* 0: a reading */
    const char *piece; /* of the error */
} connections[] = {
    {PLAIN, {NULL}, 0, NULL},
    {SASL, {"sasl", "plaintext", "auth:username", "alice", "auth:password", "alice-secret"}, 0, NULL},
    {SASL,
     {"sasl", "plaintext", "auth:username", "alice", "auth:password", "wrong-secret"},
     ERR_AUTH,
     "uthentication"},
    {SASL, {NULL}, ERR_IO, "isconnected"},
    {TLS, {"tls", "enable", "auth:ca", "@ca.crt"}, 0, NULL},
    {TLS, {"tls", "enable"}, ERR_IO, "certificate verify failed"},
    {TLS, {"tls", "enable", "unsafeSsl", "true"}, 0, NULL},
    {TLS, {NULL}, ERR_IO, "isconnected"},
    {PLAIN, {"tls", "enable", "auth:ca", "@ca.crt"}, ERR_IO, "SSL"},
    {MTLS,
     {"tls", "enable", "auth:ca", "@ca.crt", "auth:cert", "@client.crt", "auth:key", "@client.key"},
     0,
     NULL},
    {MTLS,
     {"tls", "enable", "auth:ca", "@ca.crt", "auth:cert", "@client.crt", "auth:key", "@client-encrypted.key",
      "auth:keyPassword", "key-secret"},
     0,
     NULL},
    {MTLS, {"tls", "enable", "auth:ca", "@ca.crt"}, ERR_IO, "SSL"},
    {SASL_TLS,
     {"tls", "enable", "auth:ca", "@ca.crt", "sasl", "plaintext", "auth:username", "alice", "auth:password",
      "alice-secret"},
     0,
     NULL},
};

static const char *const scram[] = {"scram_sha256", "scram_sha512"};

static void check_connection(struct test *test, const char *const *pairs, int code, const char *piece)
{
    const char *all[PAIRS_MAX] = {"consumerGroup", "connect-group", "topic", "connect"};
    char *files[PAIRS_MAX] = {0};
    for (size_t i = 0; pairs[i]; i++) {
        if (pairs[i][0] == '@')
            files[i] = certs_read(getenv("KAFKA_DIR"), pairs[i] + 1);
        all[i + 4] = files[i] ? files[i] : pairs[i];
    }
    if (!admin_topic_exists(test->rk, "connect")) {
        admin_topic(test->rk, "connect", 1);
        admin_produce(test->rk, "connect", 0, 1);
        admin_commit(test->rk, "connect-group", "connect", (const int64_t[]){0}, 1);
    }
    open_with(test, all);
    for (int i = 0; i < 2; i++) {
        struct outcome outcome = read_now(test);
        if (code == 0)
            check_reading(&outcome, 1, 1);
        else
            ck_assert_failed(outcome, code, piece);
        ck_assert_ptr_null(strstr(outcome.msg, "secret"));
    }
    for (size_t i = 0; i < PAIRS_MAX; i++)
        mem_free(files[i]);
}

START_TEST(connection)
{
    struct test test;
    test_init(&test, connections[_i].listener);
    check_connection(&test, connections[_i].pairs, connections[_i].code, connections[_i].piece);
    test_done(&test);
}
END_TEST

/* This library and this broker go together for SCRAM, or the error says that they do not. */
START_TEST(scram_connection)
{
    struct test test;
    bool able = rd_kafka_version() >= 0x02060100 || getenv("KAFKA_OLD_SCRAM");
    test_init(&test, SASL);
    const char *const pairs[] = {"sasl",         scram[_i], "auth:username", "alice", "auth:password",
                                 "alice-secret", NULL};
    check_connection(&test, pairs, able ? 0 : ERR_AUTH, "librdkafka before 2.6.1");
    test_done(&test);
}
END_TEST

START_TEST(scram_wrong_password)
{
    struct test test;
    test_init(&test, SASL);
    const char *const pairs[] = {"sasl",         scram[_i], "auth:username", "alice", "auth:password",
                                 "wrong-secret", NULL};
    check_connection(&test, pairs, ERR_AUTH, "uthentication");
    test_done(&test);
}
END_TEST

/* A token endpoint: unsigned tokens, which the broker takes from anybody. */
static char *encode_url(const char *text)
{
    char *encoded = base64_encode(text, strlen(text));
    for (char *c = encoded; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    encoded[strcspn(encoded, "=")] = '\0';
    return encoded;
}

static char *make_token(void)
{
    long long now_s = (long long)clock_wall_ms() / 1000;
    AUTO_FREE char *claims =
        mem_printf("{\"sub\":\"davit\",\"iat\":%lld,\"exp\":%lld}", now_s - 5, now_s + 600);
    AUTO_FREE char *head = encode_url("{\"alg\":\"none\"}");
    AUTO_FREE char *body = encode_url(claims);
    return mem_printf("%s.%s.", head, body);
}

static void answer_token(struct tcp_client *client)
{
    bool refuse = client->server->arg != NULL;
    AUTO_FREE char *token = make_token();
    AUTO_FREE char *body = mem_printf("{\"access_token\":\"%s\",\"expires_in\":600}", token);
    AUTO_FREE char *answer =
        mem_printf("HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                   refuse ? "403 Forbidden" : "200 OK", refuse ? 0 : strlen(body), refuse ? "" : body);
    if (!strstr(client->in.data, "grant_type=client_credentials"))
        return;
    strbuf_reset(&client->in);
    tcp_client_say(client, answer);
}

START_TEST(oauth)
{
    struct test test;
    static char refuse;
    struct tcp_server endpoint = {.on_bytes = answer_token, .arg = _i == 1 ? &refuse : NULL};
    test_init(&test, SASL);
    tcp_server_open(&endpoint, &test.harness.loop);
    AUTO_FREE char *uri = mem_printf("http://127.0.0.1:%d/token", endpoint.port);
    const char *const pairs[] = {"sasl",
                                 "oauthbearer",
                                 "auth:oauthTokenEndpointUri",
                                 uri,
                                 "auth:username",
                                 "id",
                                 "auth:password",
                                 "hush-secret",
                                 "auth:scopes",
                                 "a,b",
                                 "auth:oauthExtensions",
                                 "traceId=7",
                                 NULL};
    check_connection(&test, pairs, _i == 0 ? 0 : ERR_AUTH, "status 403");
    tcp_server_close(&endpoint);
    test_done(&test);
}
END_TEST

/* From here on the broker itself suffers; it is whole again at the end of each test. */

static pid_t broker_pid(void)
{
    char *text = certs_read(getenv("KAFKA_DIR"), "pid");
    pid_t pid = (pid_t)strtol(text, NULL, 10);
    mem_free(text);
    ck_assert_int_gt(pid, 1);
    return pid;
}

static void open_patient(struct test *test, const char *topic)
{
    AUTO_FREE char *group = mem_printf("%s-group", topic);
    const char *const pairs[] = {"consumerGroup",     group,      "topic", topic,
                                 "offsetResetPolicy", "earliest", NULL};
    test_init(test, PLAIN);
    admin_topic(test->rk, topic, 1);
    admin_produce(test->rk, topic, 0, 2);
    open_with(test, pairs);
    struct outcome outcome = read_until(test, 0, 2); /* it may still suffer from the test before */
    check_reading(&outcome, 2, 2);
}

START_TEST(hangs)
{
    struct test test;
    open_patient(&test, "hangs");
    ck_assert_int_eq(kill(broker_pid(), SIGSTOP), 0);
    int64_t started_ms = clock_mono_ms();
    struct outcome first = read_now(&test), second = read_now(&test);
    ck_assert_int_eq(kill(broker_pid(), SIGCONT), 0);
    ck_assert_int_lt(clock_mono_ms() - started_ms, 21000);
    ck_assert_failed(first, ERR_TIMEOUT, "hangs-group");
    ck_assert_int_lt(second.code, 0);
    struct outcome outcome = read_until(&test, 0, 2);
    check_reading(&outcome, 2, 2);
    test_done(&test);
}
END_TEST

START_TEST(dies_and_comes_back)
{
    struct test test;
    open_patient(&test, "dies");
    ck_assert_int_eq(kill(broker_pid(), SIGKILL), 0);
    struct outcome outcome = read_until(&test, ERR_IO, 0);
    ck_assert_int_eq(outcome.code, ERR_IO);
    int64_t started_ms = clock_mono_ms();
    outcome = read_now(&test);
    ck_assert_failed(outcome, ERR_IO, "Connection refused");
    ck_assert_int_lt(clock_mono_ms() - started_ms, 5000);
    const char *const argv[] = {"bash", getenv("KAFKA_SCRIPT"), "start", getenv("KAFKA_DIR"), NULL};
    spawn_run(argv, "/dev/null");
    outcome = read_until(&test, 0, 2);
    check_reading(&outcome, 2, 2);
    test_done(&test);
}
END_TEST

static void add(TCase *tests)
{
    if (getenv("KAFKA_OLD_SCRAM")) {
        tcase_add_loop_test(tests, scram_connection, 0, ARRAY_LEN(scram));
        tcase_add_loop_test(tests, scram_wrong_password, 0, ARRAY_LEN(scram));
        return;
    }
    tcase_add_loop_test(tests, rule, 0, ARRAY_LEN(rules));
    tcase_add_loop_test(tests, limit_without_partition, 0, ARRAY_LEN(empty_limits));
    tcase_add_test(tests, all_topics);
    tcase_add_test(tests, persistent_lag);
    tcase_add_test(tests, unknown_topic);
    tcase_add_test(tests, topic_grows_and_goes);
    tcase_add_test(tests, wide_topic);
    tcase_add_test(tests, many_at_once);
    tcase_add_test(tests, open_transaction);
    tcase_add_loop_test(tests, connection, 0, ARRAY_LEN(connections));
    tcase_add_loop_test(tests, scram_connection, 0, ARRAY_LEN(scram));
    tcase_add_loop_test(tests, oauth, 0, 2);
    tcase_add_test(tests, hangs);
    tcase_add_test(tests, dies_and_comes_back);
}

int main(void)
{
    return suite_run("kafka_broker", 300, add);
}

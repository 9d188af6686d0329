/* The redis trigger against a peer that says what the test wants: order, handshake, torn and hostile replies,
 * silence, ends. */
#include "tests/scalers/redis/peer.h"
#include "tests/support/suite.h"

START_TEST(nothing_connects_before_a_reading)
{
    struct test test;
    test_init(&test, reply_seven, NULL);
    test_open(&test);
    harness_idle(&test.harness, 100);
    ck_assert_uint_eq(test.peer.server.accepted, 0);
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 7);
    outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 7);
    ck_assert_str_eq(test.peer.log.data, "1:LLEN jobs\n1:LLEN jobs\n");
    test_done(&test);
}
END_TEST

#define MANY 5000

static const char *reply_number(struct peer *peer, struct tcp_client *client, const char *command)
{
    static char text[64];
    int number = -1;
    (void)peer, (void)client;
    ck_assert_int_eq(sscanf(command, "LLEN key-%d", &number), 1);
    snprintf(text, sizeof(text), ":%d\r\n", number);
    return text;
}

/* Each answer goes to its own asker, and one turn's commands leave together. */
START_TEST(pipelines)
{
    struct test test;
    static struct outcome outcomes[MANY];
    static void *configs[MANY];
    test_init(&test, reply_number, NULL);
    test_open(&test);
    for (int i = 0; i < MANY; i++) {
        char name[32];
        snprintf(name, sizeof(name), "key-%d", i);
        const char *pairs[] = {"listName", name, "address", test.address, NULL};
        configs[i] = config_parse(&scaler_redis_list.schema, pairs, NULL);
        harness_start(&test.harness, configs[i], &outcomes[i]);
    }
    struct all all = {outcomes, MANY};
    ck_assert(harness_run(&test.harness, all_answered, &all, 10000));
    for (int i = 0; i < MANY; i++) {
        ck_assert_value(outcomes[i], i);
        config_drop(&scaler_redis_list.schema, configs[i]);
    }
    ck_assert_uint_eq(test.peer.server.accepted, 1);
    ck_assert_uint_eq(test.peer.commands, MANY);
    ck_assert_uint_lt(test.peer.batches, MANY / 50);
    test_done(&test);
}
END_TEST

static const struct {
    const char *pairs[8];
    const char *replies[8];
    const char *log;
    int code; /* 0: the value 7 */
    const char *piece;
} handshakes[] = {
    {{"password", "hunter2"},
     {"AUTH", "+OK\r\n", "LLEN", ":7\r\n"},
     "1:AUTH hunter2\n1:LLEN jobs\n",
     0,
     NULL},
    {{"password", "hunter2", "username", "amy", "databaseIndex", "3"},
     {"AUTH", "+OK\r\n", "SELECT", "+OK\r\n", "LLEN", ":7\r\n"},
     "1:AUTH amy hunter2\n1:SELECT 3\n1:LLEN jobs\n",
     0,
     NULL},
    {{"username", "amy"}, {"LLEN", ":7\r\n"}, "1:LLEN jobs\n", 0, NULL},
    {{"databaseIndex", "-1"}, {"LLEN", ":7\r\n"}, "1:LLEN jobs\n", 0, NULL},
    {{"password", "hunter2"},
     {"AUTH",
      "-ERR AUTH <password> called without any password configured for the default user. Are you sure?\r\n",
      "LLEN", ":7\r\n"},
     "1:AUTH hunter2\n1:LLEN jobs\n",
     0,
     NULL},
    {{"password", "hunter2"},
     {"AUTH", "-WRONGPASS hunter2\r\n"},
     "1:AUTH hunter2\n",
     ERR_AUTH,
     "AUTH was refused (WRONGPASS)"},
    {{"password", "hunter2", "username", "amy"},
     {"AUTH", "-ERR unknown command 'AUTH', args: 'amy' 'hunter2'\r\n"},
     "1:AUTH amy hunter2\n",
     ERR_AUTH,
     "AUTH was refused (ERR)"},
    {{"databaseIndex", "99"},
     {"SELECT", "-ERR DB index is out of range\r\n"},
     "1:SELECT 99\n",
     ERR_INVALID,
     "SELECT 99: ERR DB index is out of range"},
    {{"password", "hunter2"},
     {"AUTH", "+OK\r\n", "LLEN", "-ERR hunter2 is a fine password\r\n"},
     "1:AUTH hunter2\n1:LLEN jobs\n",
     ERR_INVALID,
     "repeats a credential"},
    {{"databaseIndex", "2"}, {"SELECT", "-LOADING busy\r\n"}, "1:SELECT 2\n", ERR_UNAVAILABLE, "LOADING"},
};

START_TEST(handshake)
{
    struct test test;
    test_init(&test, reply_table, handshakes[_i].replies);
    const char *pairs[16] = {"listName", "jobs", "address", test.address};
    memcpy(pairs + 4, handshakes[_i].pairs, sizeof(handshakes[_i].pairs));
    harness_open(&test.harness, &scaler_redis_list, pairs);
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_str_eq(test.peer.log.data, handshakes[_i].log);
    ck_assert_ptr_null(strstr(outcome.msg, "hunter2"));
    if (handshakes[_i].code == 0) {
        ck_assert_value(outcome, 7);
    } else {
        ck_assert_failed(outcome, handshakes[_i].code, handshakes[_i].piece);
    }
    test_done(&test);
}
END_TEST

/* A refused handshake does not stick: the next reading tries anew. */
START_TEST(connects_anew_after_refusal)
{
    static const char *const refuse[] = {"AUTH", "-WRONGPASS no\r\n", NULL};
    static const char *const accept[] = {"AUTH", "+OK\r\n", "LLEN", ":7\r\n", NULL};
    struct test test;
    test_init(&test, reply_table, refuse);
    const char *pairs[] = {"listName", "jobs", "address", test.address, "password", "p", NULL};
    harness_open(&test.harness, &scaler_redis_list, pairs);
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_int_eq(outcome.code, ERR_AUTH);
    test.peer.arg = accept;
    outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 7);
    ck_assert_uint_eq(test.peer.server.accepted, 2);
    test_done(&test);
}
END_TEST

static const char *reply_by_type(struct peer *peer, struct tcp_client *client, const char *command)
{
    static const char *const rows[] = {
        "LLEN", "-WRONGTYPE Operation against a key\r\n", "TYPE", "+set\r\n", "SCARD", ":42\r\n", NULL};
    peer->arg = rows;
    return reply_table(peer, client, command);
}

/* What is not a list costs two more commands once, then one per reading. */
START_TEST(learns_the_type)
{
    struct test test;
    test_init(&test, reply_by_type, NULL);
    test_open(&test);
    for (int i = 0; i < 3; i++) {
        struct outcome outcome = harness_read(&test.harness);
        ck_assert_value(outcome, 42);
    }
    ck_assert_str_eq(test.peer.log.data,
                     "1:LLEN jobs\n1:TYPE jobs\n1:SCARD jobs\n1:SCARD jobs\n1:SCARD jobs\n");
    test_done(&test);
}
END_TEST

static const struct {
    const char *replies[10];
    int code; /* 0: the value 7 */
    const char *piece;
    unsigned commands;
} types[] = {
    {{"LLEN", "-WRONGTYPE x\r\n", "TYPE", "+string\r\n"}, ERR_INVALID, "unsupported key type", 2},
    {{"LLEN", "-WRONGTYPE x\r\n", "TYPE", "+stream\r\n"}, ERR_INVALID, "unsupported key type", 2},
    {{"LLEN", "-WRONGTYPE x\r\n", "TYPE", ":1\r\n"}, ERR_PROTOCOL, "TYPE", 2},
    {{"LLEN", "-WRONGTYPE x\r\n", "TYPE", "-NOPERM no type\r\n"}, ERR_AUTH, "no type", 2},
    {{"LLEN", "-WRONGTYPE x\r\n", "TYPE", "+zset\r\n", "ZCARD", ":7\r\n"}, 0, NULL, 3},
    {{"LLEN", "-WRONGTYPE x\r\n", "TYPE", "+hash\r\n", "HLEN", ":7\r\n"}, 0, NULL, 3},
    {{"LLEN", "-NOPERM no llen\r\n", "TYPE", "+zset\r\n", "ZCARD", ":7\r\n"}, 0, NULL, 3},
    {{"LLEN", "-NOPERM no llen\r\n", "TYPE", "+list\r\n"}, ERR_AUTH, "no llen", 3},
    {{"LLEN", "-WRONGTYPE x\r\n", "TYPE", "+none\r\n"}, ERR_INVALID, "WRONGTYPE", 7},
    {{"LLEN", "-WRONGTYPE x\r\n", "TYPE", "+set\r\n", "SCARD", "-WRONGTYPE x\r\n"},
     ERR_INVALID,
     "WRONGTYPE",
     7},
};

START_TEST(type_found)
{
    struct test test;
    test_init(&test, reply_table, types[_i].replies);
    test_open(&test);
    struct outcome outcome = harness_read(&test.harness);
    if (types[_i].code == 0) {
        ck_assert_value(outcome, 7);
    } else {
        ck_assert_failed(outcome, types[_i].code, types[_i].piece);
    }
    ck_assert_uint_eq(test.peer.commands, types[_i].commands);
    test_done(&test);
}
END_TEST

static void on_torn(struct tcp_client *client)
{
    static const char reply[] = "-WRONGTYPE x\r\n+hash\r\n:123456789\r\n";
    struct peer *peer = client->server->arg;
    static size_t at;
    (void)peer;
    /* One byte per turn: each of ours makes the reader ask for more only when a reply is whole. */
    for (size_t i = 0; i < 1 && at < sizeof(reply) - 1; i++, at++)
        tcp_client_send(client, reply + at, 1);
}

static void on_tick(uv_timer_t *timer)
{
    struct peer *peer = timer->data;
    if (peer->server.clients)
        on_torn(peer->server.clients);
}

START_TEST(torn)
{
    struct test test;
    uv_timer_t timer;
    test_init(&test, reply_nothing, NULL);
    test_open(&test);
    uv_timer_init(&test.harness.loop, &timer);
    timer.data = &test.peer;
    uv_timer_start(&timer, on_tick, 20, 2);
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 123456789);
    uv_close((uv_handle_t *)&timer, NULL);
    test_done(&test);
}
END_TEST

/* What cannot be queued is refused at once, and leaves the rest alone. */
START_TEST(too_much)
{
    struct test test;
    size_t len = 17u << 20;
    char *name = mem_alloc(len + 1);
    memset(name, 'x', len);
    name[len] = '\0';
    test_init(&test, reply_seven, NULL);
    test_open(&test);
    const char *pairs[] = {"listName", name, "address", test.address, NULL};
    void *config = config_parse(&scaler_redis_list.schema, pairs, NULL);
    struct outcome good, large;
    harness_start(&test.harness, test.harness.config, &good);
    harness_start(&test.harness, config, &large);
    ck_assert_uint_eq(large.calls, 1);
    ck_assert_int_eq(large.code, ERR_LIMIT);
    harness_wait(&test.harness, &good);
    ck_assert_value(good, 7);
    config_drop(&scaler_redis_list.schema, config);
    mem_free(name);
    test_done(&test);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, nothing_connects_before_a_reading);
    tcase_add_test(tests, pipelines);
    tcase_add_loop_test(tests, handshake, 0, (int)ARRAY_LEN(handshakes));
    tcase_add_test(tests, connects_anew_after_refusal);
    tcase_add_test(tests, learns_the_type);
    tcase_add_loop_test(tests, type_found, 0, (int)ARRAY_LEN(types));
    tcase_add_test(tests, torn);
    tcase_add_test(tests, too_much);
}

int main(void)
{
    return suite_run("redis peer", 60, add);
}

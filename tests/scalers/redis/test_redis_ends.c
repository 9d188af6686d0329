/* How connections of the redis trigger end, and what comes after: hostile answers, silence, peers that go,
 * closing in flight. */
#include "scalers/redis/connection.h"
#include "tests/scalers/redis/peer.h"
#include "tests/support/suite.h"

static const struct {
    const char *first; /* what LLEN brings at first */
    int code;
    const char *piece;
} broken[] = {
    {"$100\r\nabc\r\nGARBAGE", ERR_TIMEOUT, "no answer in time"},
    {"HTTP/1.1 400 Bad Request\r\n\r\n", ERR_PROTOCOL, "not what the Redis protocol says"},
    {"*2147483647\r\n", ERR_PROTOCOL, "not what the Redis protocol says"},
    {":7\r\n:8\r\n:9\r\n", ERR_PROTOCOL, "without being asked"},
    {"+OK\r\n", ERR_PROTOCOL, "not an integer"},
    {"$-1\r\n", ERR_PROTOCOL, "not an integer"},
    {"*0\r\n", ERR_PROTOCOL, "not an integer"},
    {"-MOVED 1 10.0.0.1:6379\r\n", ERR_UNSUPPORTED, "redis-cluster"},
    {"-NOAUTH Authentication required.\r\n", ERR_AUTH, "wants a password"},
};

/* Whatever the first answer was, the source is of use again afterwards. */
START_TEST(recovers)
{
    const char *first[] = {"LLEN", broken[_i].first, NULL};
    struct test test;
    test_init(&test, reply_table, first);
    test_open(&test);
    struct outcome outcome = harness_read(&test.harness);
    if (strncmp(broken[_i].first, ":7", 2) == 0) {
        ck_assert_value(outcome, 7); /* the surplus hits nobody */
        harness_idle(&test.harness, 50);
    } else {
        ck_assert_failed(outcome, broken[_i].code, broken[_i].piece);
    }
    test.peer.reply = reply_seven;
    outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 7);
    test_done(&test);
}
END_TEST

static void on_accept_refuse(struct tcp_client *client)
{
    tcp_client_say(client, "-ERR max number of clients reached\r\n");
    tcp_client_close(client);
}

static void on_accept_close(struct tcp_client *client)
{
    tcp_client_close(client);
}

static void on_accept_chatter(struct tcp_client *client)
{
    tcp_client_say(client, "+HELLO\r\n");
}

static const struct {
    void (*on_accept)(struct tcp_client *client);
    int code, other; /* a close right after accept may be seen before or after the reply */
} greetings[] = {
    {on_accept_refuse, ERR_UNAVAILABLE, ERR_IO},
    {on_accept_close, ERR_IO, ERR_IO},
    {on_accept_chatter, ERR_PROTOCOL, ERR_PROTOCOL},
};

START_TEST(greeting)
{
    struct test test;
    test_init(&test, reply_nothing, NULL);
    test.peer.server.on_accept = greetings[_i].on_accept;
    test_open(&test);
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_msg(outcome.code == greetings[_i].code || outcome.code == greetings[_i].other, "%d %s",
                  outcome.code, outcome.msg);
    test_done(&test);
}
END_TEST

static const char *reply_once_then_close(struct peer *peer, struct tcp_client *client, const char *command)
{
    (void)command;
    if (peer->commands == 1)
        return ":7\r\n";
    tcp_client_close(client);
    return "";
}

/* The peer dies between two answers: who has one keeps it, who waits gets the error. */
START_TEST(dies_between)
{
    struct test test;
    struct outcome outcomes[3];
    test_init(&test, reply_once_then_close, NULL);
    test_open(&test);
    harness_start(&test.harness, test.harness.config, &outcomes[0]);
    harness_wait(&test.harness, &outcomes[0]);
    ck_assert_value(outcomes[0], 7);
    harness_start(&test.harness, test.harness.config, &outcomes[1]);
    harness_start(&test.harness, test.harness.config, &outcomes[2]);
    harness_wait(&test.harness, &outcomes[1]);
    harness_wait(&test.harness, &outcomes[2]);
    ck_assert_failed(outcomes[1], ERR_IO, "closed the connection");
    ck_assert_failed(outcomes[2], ERR_IO, test.address);
    test.peer.reply = reply_seven;
    outcomes[0] = harness_read(&test.harness);
    ck_assert_value(outcomes[0], 7);
    test_done(&test);
}
END_TEST

/* A peer that closes an idle connection is no error of the next reading. */
START_TEST(closed_while_idle)
{
    struct test test;
    test_init(&test, reply_seven, NULL);
    test_open(&test);
    struct outcome outcome = harness_read(&test.harness);
    tcp_client_close(test.peer.server.clients);
    harness_idle(&test.harness, 50);
    outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 7);
    ck_assert_uint_eq(test.peer.server.accepted, 2);
    test_done(&test);
}
END_TEST

START_TEST(nobody_listens)
{
    struct test test;
    test_init(&test, reply_seven, NULL);
    test_open(&test);
    uv_close((uv_handle_t *)&test.peer.server.listener, NULL);
    harness_idle(&test.harness, 10);
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_failed(outcome, ERR_IO, test.address);
    harness_close_source(&test.harness);
    harness_done(&test.harness);
    strbuf_done(&test.peer.log);
}
END_TEST

/* Everyone who waits at a silent server hears of it, at the deadline of the first, and the connection is
 * given up. */
START_TEST(silence)
{
    struct test test;
    struct outcome outcomes[20];
    test_init(&test, reply_nothing, NULL);
    test_open(&test);
    int64_t start = clock_mono_ms();
    for (int i = 0; i < 20; i++)
        harness_start(&test.harness, test.harness.config, &outcomes[i]);
    struct all all = {outcomes, 20};
    ck_assert(harness_run(&test.harness, all_answered, &all, 10000));
    int64_t took = clock_mono_ms() - start;
    ck_assert_msg(took >= REDIS_TIMEOUT_MS - 20 && took < REDIS_TIMEOUT_MS + 2000, "%lld ms",
                  (long long)took);
    for (int i = 0; i < 20; i++)
        ck_assert_failed(outcomes[i], ERR_TIMEOUT, "no answer in time");
    harness_idle(&test.harness, 50);
    ck_assert_uint_eq(test.peer.server.open, 0);
    test.peer.reply = reply_seven;
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 7);
    test_done(&test);
}
END_TEST

/* Closing answers what is under way first, whether connecting, waiting for the handshake or for an answer. */
START_TEST(closes_in_flight)
{
    struct test test;
    struct outcome outcomes[2];
    test_init(&test, reply_nothing, NULL);
    const char *pairs[] = {"listName", "jobs", "address", test.address, "password", _i == 1 ? "p" : "", NULL};
    harness_open(&test.harness, &scaler_redis_list, pairs);
    for (int i = 0; i < 2; i++)
        harness_start(&test.harness, test.harness.config, &outcomes[i]);
    if (_i > 0)
        harness_idle(&test.harness, 50);
    ck_assert_uint_eq(test.peer.commands, (unsigned)_i); /* none, AUTH, both */
    test.harness.type->close(test.harness.source, harness_set_flag, &test.harness.source_closed);
    ck_assert_uint_eq(outcomes[0].calls, 0);
    ck_assert(harness_run(&test.harness, harness_flag_is_set, &test.harness.source_closed, 5000));
    for (int i = 0; i < 2; i++)
        ck_assert_failed(outcomes[i], ERR_CANCELED, "");
    test_done_closed(&test);
}
END_TEST

/* An answered asker asks again, or closes, from inside the answer. */
struct nested {
    struct test *test;
    struct outcome next;
    bool close;
    unsigned calls;
    bool closed;
};

static void on_nested(const struct scaler_result *result, const struct err *error, void *arg)
{
    struct nested *nested = arg;
    struct harness *harness = &nested->test->harness;
    (void)result, (void)error;
    if (nested->calls++ > 0)
        return;
    if (nested->close)
        harness->type->close(harness->source, harness_set_flag, &nested->closed);
    else
        harness_start(harness, harness->config, &nested->next);
}

START_TEST(asks_from_inside)
{
    struct test test;
    test_init(&test, reply_once_then_close, NULL);
    test_open(&test);
    struct nested nested = {.test = &test};
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(
            scaler_redis_list.read(test.harness.source, test.harness.config, on_nested, &nested, NULL), 0);
    harness_wait(&test.harness, &nested.next);
    ck_assert_uint_eq(nested.calls, 3);
    test_done(&test);
}
END_TEST

START_TEST(closes_from_inside)
{
    struct test test;
    test_init(&test, _i == 0 ? reply_seven : reply_once_then_close, NULL);
    test_open(&test);
    test.peer.commands = _i == 0 ? 0 : 1; /* 1: closed from inside a failure */
    struct nested nested = {.test = &test, .close = true};
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(
            scaler_redis_list.read(test.harness.source, test.harness.config, on_nested, &nested, NULL), 0);
    ck_assert(harness_run(&test.harness, harness_flag_is_set, &nested.closed, 5000));
    ck_assert_uint_eq(nested.calls, 3);
    test_done_closed(&test);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, recovers, 0, (int)ARRAY_LEN(broken));
    tcase_add_loop_test(tests, greeting, 0, (int)ARRAY_LEN(greetings));
    tcase_add_test(tests, dies_between);
    tcase_add_test(tests, closed_while_idle);
    tcase_add_test(tests, nobody_listens);
    tcase_add_test(tests, silence);
    tcase_add_loop_test(tests, closes_in_flight, 0, 3);
    tcase_add_test(tests, asks_from_inside);
    tcase_add_loop_test(tests, closes_from_inside, 0, 2);
}

int main(void)
{
    return suite_run("redis ends", 60, add);
}

/* The redis-streams trigger against a server that says what the test wants. */
#include "tests/scalers/redis/peer.h"
#include "tests/support/suite.h"

extern const struct scaler_type scaler_redis_streams;

#define INFO7    "INFO server", "$21\r\nredis_version:7.0.15\n\r\n"
#define LAG(lag) "*1\r\n*4\r\n$4\r\nname\r\n$1\r\ng\r\n$3\r\nlag\r\n" lag
#define GROUPS   "XINFO GROUPS s"
#define LENGTH                                                                                               \
    {                                                                                                        \
        NULL                                                                                                 \
    }
#define PENDING                                                                                              \
    {                                                                                                        \
        "consumerGroup", "g"                                                                                 \
    }
#define LAGGING                                                                                              \
    {                                                                                                        \
        "consumerGroup", "g", "lagCount", "5"                                                                \
    }
#define UNKNOWN (-1)

static const struct {
    const char *pairs[6];
    const char *replies[10];
    int code;
    double value;
    const char *piece; /* of the error, or of what was asked */
} cases[] = {
    {LENGTH, {"XLEN s", ":7\r\n"}, 0, 7, "1:XLEN s\n"},
    {LENGTH, {"XLEN s", ":0\r\n"}, 0, 0, ""},
    {LENGTH, {"XLEN s", "$2\r\n12\r\n"}, 0, 12, ""},
    {LENGTH, {"XLEN s", ":-1\r\n"}, ERR_PROTOCOL, 0, "below 0"},
    {LENGTH, {"XLEN s", "$-1\r\n"}, ERR_PROTOCOL, 0, "not an integer"},
    {LENGTH, {"XLEN s", "-WRONGTYPE Operation against a key\r\n"}, ERR_INVALID, 0, "does not hold what"},
    {LENGTH, {"XLEN s", "-LOADING busy\r\n"}, ERR_UNAVAILABLE, 0, "LOADING"},
    {LENGTH, {"XLEN s", "-MOVED 1 h:1\r\n"}, ERR_UNSUPPORTED, 0, "redis-cluster"},
    {{"lagCount", "5"}, {"XLEN s", ":7\r\n"}, 0, 7, "1:XLEN s\n"},
    {PENDING, {"XPENDING s g", "*4\r\n:7\r\n$3\r\n1-0\r\n$3\r\n2-0\r\n*0\r\n"}, 0, 7, "1:XPENDING s g\n"},
    {PENDING, {"XPENDING s g", "*4\r\n:0\r\n$-1\r\n$-1\r\n*-1\r\n"}, 0, 0, ""},
    {PENDING,
     {"XPENDING s g", "-NOGROUP No such key 's' or consumer group 'g'\r\n"},
     ERR_NOT_FOUND,
     0,
     "NOGROUP"},
    {PENDING, {"XPENDING s g", "*0\r\n"}, ERR_PROTOCOL, 0, "not a summary"},
    {PENDING, {"XPENDING s g", ":7\r\n"}, ERR_PROTOCOL, 0, "not a summary"},
    {LAGGING, {INFO7, GROUPS, LAG(":7\r\n")}, 0, 7, "1:INFO server\n1:XINFO GROUPS s\n"},
    {LAGGING, {INFO7, GROUPS, LAG(":0\r\n")}, 0, 0, ""},
    {LAGGING, {INFO7, GROUPS, LAG("$-1\r\n")}, 0, UNKNOWN, ""},
    {LAGGING, {INFO7, GROUPS, "-ERR no such key\r\n"}, 0, 0, "1:XINFO GROUPS s\n"},
    {LAGGING, {INFO7, GROUPS, "*0\r\n", "XLEN s", ":9\r\n"}, 0, 9, "1:XLEN s\n"},
    {LAGGING, {INFO7, GROUPS, "-ERR no such thing\r\n", "XLEN s", ":9\r\n"}, 0, 9, "1:XLEN s\n"},
    {LAGGING,
     {INFO7, GROUPS, "-WRONGTYPE x\r\n", "XLEN s", "-WRONGTYPE x\r\n"},
     ERR_INVALID,
     0,
     "does not hold"},
    {LAGGING, {INFO7, GROUPS, "-LOADING x\r\n", "XLEN s", "-LOADING x\r\n"}, ERR_UNAVAILABLE, 0, "LOADING"},
    {LAGGING, {INFO7, GROUPS, LAG("$1\r\n7\r\n")}, ERR_PROTOCOL, 0, "no lag for the group"},
    {LAGGING, {INFO7, GROUPS, ":1\r\n"}, ERR_PROTOCOL, 0, "not a list"},
    {LAGGING, {"INFO server", "$20\r\nredis_version:6.2.6\n\r\n"}, ERR_UNSUPPORTED, 0, "Redis 7 or newer"},
    {LAGGING, {"INFO server", "$2\r\nno\r\n"}, ERR_PROTOCOL, 0, "names no Redis version"},
    {LAGGING, {"INFO server", ":7\r\n"}, ERR_PROTOCOL, 0, "not a text"},
    {LAGGING, {"INFO server", "-NOPERM no info\r\n"}, ERR_AUTH, 0, "NOPERM"},
};

static void open_stream(struct test *test, const char *const *more)
{
    const char *pairs[12] = {"stream", "s", "address", test->address};
    for (size_t i = 0; i < 6 && more[i]; i++)
        pairs[4 + i] = more[i];
    harness_open(&test->harness, &scaler_redis_streams, pairs);
}

START_TEST(reading)
{
    struct test test;
    test_init(&test, reply_table, cases[_i].replies);
    open_stream(&test, cases[_i].pairs);
    struct outcome outcome = harness_read(&test.harness);
    if (cases[_i].code < 0) {
        ck_assert_failed(outcome, cases[_i].code, cases[_i].piece);
    } else if (cases[_i].value == UNKNOWN) {
        ck_assert_int_eq(outcome.code, 0);
        ck_assert_int_eq(outcome.result.state, SCALER_EMPTY);
    } else {
        ck_assert_value(outcome, cases[_i].value);
        ck_assert_ptr_nonnull(strstr(test.peer.log.data, cases[_i].piece));
    }
    test_done(&test);
}
END_TEST

/* The version is known from the first reading on; an old server is asked each time. */
START_TEST(version_once)
{
    static const char *const replies[] = {INFO7, GROUPS, LAG(":7\r\n"), NULL};
    static const char *const old[] = {"INFO", "$15\r\nredis_version:6\r\n", NULL};
    static const char *const pairs[6] = LAGGING;
    struct test test;
    test_init(&test, reply_table, old);
    open_stream(&test, pairs);
    struct outcome outcome;
    for (int i = 0; i < 2; i++)
        outcome = harness_read(&test.harness);
    test.peer.arg = replies;
    for (int i = 0; i < 3; i++)
        outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 7);
    ck_assert_str_eq(test.peer.log.data, "1:INFO server\n1:INFO server\n1:INFO server\n1:XINFO GROUPS s\n"
                                         "1:XINFO GROUPS s\n1:XINFO GROUPS s\n");
    test_done(&test);
}
END_TEST

/* The connection ends between the questions of one reading. */
static const char *reply_then_close(struct peer *peer, struct tcp_client *client, const char *command)
{
    (void)peer;
    if (text_starts_with(command, "INFO"))
        return "$15\r\nredis_version:7\r\n";
    tcp_client_close(client);
    return "";
}

START_TEST(broken_off)
{
    static const char *const pairs[6] = LAGGING;
    struct test test;
    test_init(&test, reply_then_close, NULL);
    open_stream(&test, pairs);
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_failed(outcome, ERR_IO, "closed");
    test_done(&test);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, reading, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tests, version_once);
    tcase_add_test(tests, broken_off);
}

int main(void)
{
    return suite_run("redis streams peer", 60, add);
}

/* What replies about streams say: versions, pending entries, lags. */
#include "scaler/base/mem.h"
#include "scalers/redis/stream_info.h"
#include "tests/scalers/redis/wire.h"
#include "tests/support/suite.h"

static const struct {
    const char *info;
    int code;
} versions[] = {
    {"# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n", 0},
    {"redis_version:7.2.4\nserver_name:valkey\nvalkey_version:8.0.1\n", 0},
    {"redis_version:10", 0},
    {"# Server\r\nredis_version:6.2.14\r\n", ERR_UNSUPPORTED},
    {"redis_version:255.255.255\r\n", 0},
    {"", ERR_PROTOCOL},
    {"# Server\r\n", ERR_PROTOCOL},
    {"redis_version:\r\n", ERR_PROTOCOL},
    {"redis_version:seven.1\r\n", ERR_PROTOCOL},
    {"redis_version:.7\r\n", ERR_PROTOCOL},
    {"my_redis_version:7.0.0\r\n", ERR_PROTOCOL},
    {"redis_version:99999999999999999999.0\r\n", ERR_PROTOCOL},
};

START_TEST(version)
{
    AUTO_FREE char *wire = mem_printf("$%zu\r\n%s\r\n", strlen(versions[_i].info), versions[_i].info);
    struct redis_reply *reply = wire_reply(wire);
    struct err err = {0};
    ck_assert_int_eq(stream_version_check(reply, &err), versions[_i].code);
    redis_reply_free(reply);
}
END_TEST

static const struct {
    const char *wire;
    int64_t count; /* -1: refused */
} pendings[] = {
    {"*4\r\n:12\r\n$3\r\n1-0\r\n$3\r\n9-0\r\n*1\r\n*2\r\n$1\r\na\r\n$2\r\n12\r\n", 12},
    {"*4\r\n:0\r\n$-1\r\n$-1\r\n*-1\r\n", 0},
    {"*0\r\n", -1},
    {":12\r\n", -1},
    {"*1\r\n$2\r\n12\r\n", -1},
    {"*1\r\n:-5\r\n", -1},
    {"$-1\r\n", -1},
};

START_TEST(pending)
{
    struct redis_reply *reply = wire_reply(pendings[_i].wire);
    struct err err = {0};
    int64_t count = -1;
    int result = stream_pending_count(reply, &count, &err);
    ck_assert_int_eq(result, pendings[_i].count < 0 ? ERR_PROTOCOL : 0);
    ck_assert_int_eq(count, pendings[_i].count);
    redis_reply_free(reply);
}
END_TEST

#define GROUP(name, lag) "*6\r\n$4\r\nname\r\n" name "$7\r\npending\r\n:1\r\n$3\r\nlag\r\n" lag

static const struct {
    const char *wire;
    int code;
    enum stream_lag kind;
    int64_t lag;
} lags[] = {
    {"*1\r\n" GROUP("$1\r\ng\r\n", ":42\r\n"), 0, STREAM_LAG_KNOWN, 42},
    {"*2\r\n" GROUP("$2\r\ng2\r\n", ":1\r\n") GROUP("$1\r\ng\r\n", ":2\r\n"), 0, STREAM_LAG_KNOWN, 2},
    {"*1\r\n" GROUP("$1\r\ng\r\n", "$-1\r\n"), 0, STREAM_LAG_UNKNOWN, 0},
    {"*1\r\n" GROUP("$1\r\ng\r\n", ":-3\r\n"), 0, STREAM_LAG_UNKNOWN, 0},
    {"*1\r\n" GROUP("$2\r\ngg\r\n", ":1\r\n"), 0, STREAM_NO_GROUP, 0},
    {"*0\r\n", 0, STREAM_NO_GROUP, 0},
    {"*2\r\n:1\r\n*1\r\n$4\r\nname\r\n", 0, STREAM_NO_GROUP, 0},
    {"*1\r\n*4\r\n$4\r\nname\r\n$1\r\ng\r\n$7\r\npending\r\n:1\r\n", ERR_PROTOCOL, 0, 0},
    {"*1\r\n" GROUP("$1\r\ng\r\n", "$2\r\n42\r\n"), ERR_PROTOCOL, 0, 0},
    {":3\r\n", ERR_PROTOCOL, 0, 0},
    {"$1\r\nx\r\n", ERR_PROTOCOL, 0, 0},
};

START_TEST(lag)
{
    struct redis_reply *reply = wire_reply(lags[_i].wire);
    struct err err = {0};
    enum stream_lag kind = STREAM_NO_GROUP;
    int64_t value = 0;
    ck_assert_int_eq(stream_group_lag(reply, "g", &kind, &value, &err), lags[_i].code);
    if (lags[_i].code == 0) {
        ck_assert_int_eq(kind, lags[_i].kind);
        ck_assert_int_eq(value, lags[_i].lag);
    }
    redis_reply_free(reply);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, version, 0, (int)ARRAY_LEN(versions));
    tcase_add_loop_test(tests, pending, 0, (int)ARRAY_LEN(pendings));
    tcase_add_loop_test(tests, lag, 0, (int)ARRAY_LEN(lags));
}

int main(void)
{
    return suite_run("redis stream replies", 60, add);
}

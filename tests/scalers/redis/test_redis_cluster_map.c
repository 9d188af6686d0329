/* Slots of keys, and what a cluster says of itself. */
#include "scaler/base/mem.h"
#include "scalers/redis/cluster_map.h"
#include "tests/scalers/redis/wire.h"
#include "tests/support/suite.h"

/* From the specification of Redis Cluster and from CLUSTER KEYSLOT. */
static const struct {
    const char *key;
    uint16_t slot;
} slots[] = {
    {"123456789", 12739},           {"foo", 12182},     {"bar", 5061},        {"", 0},
    {"{user1000}.following", 3443}, {"user1000", 3443}, {"foo{}{bar}", 8363}, {"foo{{bar}}zap", 4015},
    {"foo{bar}{zap}", 5061},        {"{", 4092},
};

START_TEST(slot_of_key)
{
    ck_assert_uint_eq(cluster_slot(slots[_i].key, strlen(slots[_i].key)), slots[_i].slot);
}
END_TEST

static int print(void *arg, const struct cluster_range *range, struct err *err)
{
    (void)err;
    strbuf_printf(arg, "%s:%u %c %u-%u\n", range->host, (unsigned)range->port, range->owner ? 'o' : 'r',
                  (unsigned)range->first, (unsigned)range->last);
    return 0;
}

#define NODE(host, port) "*3\r\n" host ":" port "\r\n$2\r\nid\r\n"
#define A                "$2\r\nn1\r\n"
#define BAD              NULL

static const struct {
    const char *wire;
    const char *ranges; /* BAD: refused */
    int code;
} maps[] = {
    {"*1\r\n*3\r\n:0\r\n:16383\r\n" NODE(A, "1"), "n1:1 o 0-16383\n", 0},
    {"*2\r\n*4\r\n:0\r\n:5\r\n" NODE(A, "1") NODE("$2\r\nn2\r\n", "2") "*3\r\n:7\r\n:7\r\n" NODE(A, "1"),
     "n1:1 o 0-5\nn2:2 r 0-5\nn1:1 o 7-7\n", 0},
    {"*1\r\n*3\r\n:0\r\n:1\r\n" NODE("$0\r\n\r\n", "1"), ":1 o 0-1\n", 0},
    {"*1\r\n*3\r\n:0\r\n:1\r\n" NODE("$-1\r\n", "1"), ":1 o 0-1\n", 0},
    {"*1\r\n*3\r\n:0\r\n:1\r\n" NODE("$1\r\n?\r\n", "1"), ":1 o 0-1\n", 0},
    {"*1\r\n*3\r\n:0\r\n:1\r\n*4\r\n$2\r\nn1\r\n:1\r\n$2\r\nid\r\n*2\r\n$8\r\nhostname\r\n$1\r\nh\r\n",
     "n1:1 o 0-1\n", 0},
    {"*1\r\n*3\r\n:0\r\n:1\r\n" NODE(A, "0"), "", 0}, /* no port for this way in: not told */
    {"*0\r\n", BAD, ERR_UNAVAILABLE},
    {"+OK\r\n", BAD, ERR_PROTOCOL},
    {":1\r\n", BAD, ERR_PROTOCOL},
    {"*1\r\n:1\r\n", BAD, ERR_PROTOCOL},
    {"*1\r\n*0\r\n", BAD, ERR_PROTOCOL},
    {"*1\r\n*2\r\n:0\r\n:1\r\n", BAD, ERR_PROTOCOL},
    {"*1\r\n*3\r\n:0\r\n:1\r\n*1\r\n$2\r\nn1\r\n", BAD, ERR_PROTOCOL},
    {"*1\r\n*3\r\n:0\r\n:1\r\n:9\r\n", BAD, ERR_PROTOCOL},
    {"*1\r\n*3\r\n:0\r\n:1\r\n" NODE(":3\r\n", "1"), BAD, ERR_PROTOCOL},
    {"*1\r\n*3\r\n:0\r\n:16384\r\n" NODE(A, "1"), BAD, ERR_PROTOCOL},
    {"*1\r\n*3\r\n:-1\r\n:5\r\n" NODE(A, "1"), BAD, ERR_PROTOCOL},
    {"*1\r\n*3\r\n:5\r\n:4\r\n" NODE(A, "1"), BAD, ERR_PROTOCOL},
    {"*1\r\n*3\r\n$1\r\n0\r\n:4\r\n" NODE(A, "1"), BAD, ERR_PROTOCOL},
    {"*1\r\n*3\r\n:0\r\n:4\r\n" NODE(A, "65536"), BAD, ERR_PROTOCOL},
    {"*1\r\n*3\r\n:0\r\n:4\r\n" NODE(A, "-1"), BAD, ERR_PROTOCOL},
};

static void check_map(const char *wire, bool shards, bool tls, const char *ranges, int code)
{
    struct err err = {0};
    AUTO_STRBUF struct strbuf text;
    struct redis_reply *reply = wire_reply(wire);
    strbuf_init(&text);
    int result = shards ? cluster_shards_each(reply, tls, print, &text, &err)
                        : cluster_slots_each(reply, print, &text, &err);
    ck_assert_msg(result == code, "%d: %s", result, err.msg);
    if (ranges)
        ck_assert_str_eq(text.data, ranges);
    redis_reply_free(reply);
}

START_TEST(slots_reply)
{
    check_map(maps[_i].wire, false, false, maps[_i].ranges, maps[_i].code);
}
END_TEST

#define FIELDS(endpoint, role, health)                                                                       \
    "*14\r\n$2\r\nid\r\n$1\r\nx\r\n$4\r\nport\r\n:1\r\n$8\r\ntls-port\r\n:2\r\n$2\r\nip\r\n$2\r\ni1\r\n"     \
    "$8\r\nendpoint\r\n" endpoint "$4\r\nrole\r\n" role "$6\r\nhealth\r\n" health
#define SLOTS(range) "*4\r\n$5\r\nslots\r\n" range "$5\r\nnodes\r\n"
#define MASTER       "$6\r\nmaster\r\n"
#define REPLICA      "$7\r\nreplica\r\n"
#define ONLINE       "$6\r\nonline\r\n"
#define FAIL         "$4\r\nfail\r\n"

static const struct {
    const char *wire;
    bool tls;
    const char *ranges;
    int code;
} shards[] = {
    {"*1\r\n" SLOTS("*2\r\n:0\r\n:9\r\n") "*1\r\n" FIELDS(A, MASTER, ONLINE), false, "n1:1 o 0-9\n", 0},
    {"*1\r\n" SLOTS("*2\r\n:0\r\n:9\r\n") "*1\r\n" FIELDS(A, MASTER, ONLINE), true, "n1:2 o 0-9\n", 0},
    {"*1\r\n" SLOTS("*4\r\n:0\r\n:9\r\n:11\r\n:12\r\n") "*1\r\n" FIELDS(A, MASTER, ONLINE), false,
     "n1:1 o 0-9\nn1:1 o 11-12\n", 0},
    {"*1\r\n" SLOTS("*2\r\n:0\r\n:9\r\n") "*2\r\n" FIELDS(A, MASTER, FAIL)
         FIELDS("$2\r\nn2\r\n", MASTER, ONLINE),
     false, "n1:1 r 0-9\nn2:1 o 0-9\n", 0},
    {"*1\r\n" SLOTS("*2\r\n:0\r\n:9\r\n") "*1\r\n" FIELDS("$-1\r\n", REPLICA, ONLINE), false, "i1:1 r 0-9\n",
     0},
    {"*2\r\n" SLOTS("*0\r\n") "*1\r\n" FIELDS(A, MASTER, ONLINE)
         SLOTS("*2\r\n:0\r\n:9\r\n") "*1\r\n" FIELDS("$2\r\nn2\r\n", MASTER, ONLINE),
     false, "n1:1 o 1-0\nn2:1 o 0-9\n", 0},
    {"*1\r\n" SLOTS("*0\r\n") "*1\r\n" FIELDS(A, MASTER, ONLINE), false, BAD, ERR_UNAVAILABLE},
    {"*0\r\n", false, BAD, ERR_UNAVAILABLE},
    {"*1\r\n" SLOTS("*1\r\n:0\r\n") "*0\r\n", false, BAD, ERR_PROTOCOL},
    {"*1\r\n" SLOTS("*2\r\n:9\r\n:0\r\n") "*1\r\n" FIELDS(A, MASTER, ONLINE), false, BAD, ERR_PROTOCOL},
    {"*1\r\n" SLOTS("*2\r\n:0\r\n:9\r\n") "*1\r\n*2\r\n$4\r\nport\r\n:1\r\n", false, BAD, ERR_PROTOCOL},
    {"*1\r\n" SLOTS("*2\r\n:0\r\n:9\r\n") "*1\r\n:5\r\n", false, BAD, ERR_PROTOCOL},
    {"*1\r\n" SLOTS(":1\r\n") "*0\r\n", false, BAD, ERR_PROTOCOL},
    {"*1\r\n*2\r\n$5\r\nslots\r\n*0\r\n", false, BAD, ERR_PROTOCOL},
    {"*1\r\n:1\r\n", false, BAD, ERR_PROTOCOL},
    {"+OK\r\n", false, BAD, ERR_PROTOCOL},
};

START_TEST(shards_reply)
{
    check_map(shards[_i].wire, true, shards[_i].tls, shards[_i].ranges, shards[_i].code);
}
END_TEST

static const struct {
    const char *text;
    int slot; /* -1: refused */
    const char *host;
    uint16_t port;
} redirects[] = {
    {"MOVED 3999 127.0.0.1:6381", 3999, "127.0.0.1", 6381},
    {"ASK 0 node-1.shop:1", 0, "node-1.shop", 1},
    {"MOVED 16383 ::1:65535", 16383, "::1", 65535},
    {"MOVED 16383 [::1]:65535", 16383, "::1", 65535},
    {"MOVED 5 :6379", 5, "", 6379},
    {"MOVED 5 ", -1, NULL, 0},
    {"MOVED 5", -1, NULL, 0},
    {"MOVED", -1, NULL, 0},
    {"MOVED  h:1", -1, NULL, 0},
    {"MOVED x h:1", -1, NULL, 0},
    {"MOVED -1 h:1", -1, NULL, 0},
    {"MOVED 16384 h:1", -1, NULL, 0},
    {"MOVED 5 h", -1, NULL, 0},
    {"MOVED 5 h:", -1, NULL, 0},
    {"MOVED 5 h:0", -1, NULL, 0},
    {"MOVED 5 h:65536", -1, NULL, 0},
    {"MOVED 5 h:1 more", -1, NULL, 0},
};

START_TEST(redirect)
{
    AUTO_FREE char *wire = mem_printf("-%s\r\n", redirects[_i].text);
    AUTO_FREE char *host = NULL;
    struct redis_reply *reply = wire_reply(wire);
    uint16_t slot = 77, port = 77;
    struct err err = {0};
    int result = cluster_redirect_parse(reply, &slot, &host, &port, &err);
    ck_assert_int_eq(result, redirects[_i].slot < 0 ? ERR_PROTOCOL : 0);
    if (result == 0) {
        ck_assert_int_eq(slot, redirects[_i].slot);
        ck_assert_str_eq(host, redirects[_i].host);
        ck_assert_uint_eq(port, redirects[_i].port);
    } else {
        ck_assert(!host && slot == 77 && port == 77);
    }
    redis_reply_free(reply);
}
END_TEST

START_TEST(loopback)
{
    ck_assert(cluster_host_is_loopback("127.0.0.1") && cluster_host_is_loopback("127.9.9.9"));
    ck_assert(cluster_host_is_loopback("::1") && cluster_host_is_loopback("localhost"));
    ck_assert(!cluster_host_is_loopback("10.0.0.1") && !cluster_host_is_loopback(""));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, slot_of_key, 0, (int)ARRAY_LEN(slots));
    tcase_add_loop_test(tests, slots_reply, 0, (int)ARRAY_LEN(maps));
    tcase_add_loop_test(tests, shards_reply, 0, (int)ARRAY_LEN(shards));
    tcase_add_loop_test(tests, redirect, 0, (int)ARRAY_LEN(redirects));
    tcase_add_test(tests, loopback);
}

int main(void)
{
    return suite_run("redis cluster map", 60, add);
}

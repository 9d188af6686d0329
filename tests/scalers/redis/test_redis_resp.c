/* RESP: commands, replies however they are torn, hostile replies; what error replies mean. */
#include <stdio.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scalers/redis/failure.h"
#include "scalers/redis/key_types.h"
#include "scalers/redis/resp.h"
#include "tests/support/suite.h"

START_TEST(command)
{
    AUTO_STRBUF struct strbuf out;
    strbuf_init(&out);
    const struct redis_arg args[] = {{"LLEN", 4}, {"a\r\nb", 4}, {"", 0}, {"0123456789", 10}};
    resp_append_command(&out, args, ARRAY_LEN(args));
    ck_assert_str_eq(out.data, "*4\r\n$4\r\nLLEN\r\n$4\r\na\r\nb\r\n$0\r\n\r\n$10\r\n0123456789\r\n");
}
END_TEST

/* Replies as text: 7 | "x" | +x | -x | nil | [a b] */
static void print(const struct redis_reply *reply, struct strbuf *out)
{
    switch (reply->type) {
    case REDIS_INTEGER:
        strbuf_printf(out, "%lld", (long long)reply->integer);
        break;
    case REDIS_TEXT:
        strbuf_append_json(out, reply->text);
        break;
    case REDIS_STATUS:
    case REDIS_ERROR:
        strbuf_printf(out, "%c%s", reply->type == REDIS_ERROR ? '-' : '+', reply->text);
        break;
    case REDIS_NIL:
        strbuf_append(out, "nil");
        break;
    case REDIS_LIST:
        strbuf_append_c(out, '[');
        for (size_t i = 0; i < reply->len; i++) {
            strbuf_append(out, i ? " " : "");
            print(reply->items[i], out);
        }
        strbuf_append_c(out, ']');
        break;
    }
}

/* Feeds piecewise; the replies so far, and the code that ended it. */
static int read_all(const char *bytes, size_t len, size_t piece, struct strbuf *out)
{
    struct resp_reader *reader = resp_reader_new();
    int code = 0;
    for (size_t at = 0; at < len && code == 0; at += piece) {
        size_t now = len - at < piece ? len - at : piece;
        struct redis_reply *reply = NULL;
        code = resp_reader_feed(reader, bytes + at, now, NULL);
        while (code == 0 && (code = resp_reader_next(reader, &reply, NULL)) == 0 && reply) {
            print(reply, out);
            strbuf_append_c(out, ';');
            redis_reply_free(reply);
            reply = NULL;
        }
    }
    resp_reader_free(reader);
    return code;
}

static const struct {
    const char *bytes;
    const char *replies;
    int code;
} streams[] = {
    {":7\r\n:-1\r\n", "7;-1;", 0},
    {"+OK\r\n-ERR no\r\n$3\r\nabc\r\n$-1\r\n*-1\r\n", "+OK;-ERR no;\"abc\";nil;nil;", 0},
    {"*2\r\n*1\r\n:1\r\n$0\r\n\r\n*0\r\n", "[[1] \"\"];[];", 0},
    {":9223372036854775807\r\n", "9223372036854775807;", 0},
    {":1", "", 0},
    {"$5\r\nab", "", 0},
    {":1\r\nHTTP/1.1 400 Bad Request\r\n", "1;", ERR_PROTOCOL},
    {"\r\n", "", ERR_PROTOCOL},
    {"*2147483647\r\n", "", ERR_PROTOCOL},
    {"*300000\r\n", "", ERR_PROTOCOL},
    {"*9999999999999999999\r\n", "", ERR_PROTOCOL},
    {"*-2\r\n", "", ERR_PROTOCOL},
    {"*2\r\n*262143\r\n*1\r\n", "", ERR_PROTOCOL},
    {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "", ERR_PROTOCOL},
};

START_TEST(stream)
{
    size_t len = strlen(streams[_i].bytes);
    for (size_t piece = 1; piece <= len; piece++) {
        AUTO_STRBUF struct strbuf out;
        strbuf_init(&out);
        int code = read_all(streams[_i].bytes, len, piece, &out);
        ck_assert_msg(code == streams[_i].code, "pieces of %zu: %d", piece, code);
        ck_assert_str_eq(out.data, streams[_i].replies);
    }
}
END_TEST

/* A reply that is announced or grows beyond the cap ends the stream long before memory does. */
START_TEST(endless)
{
    static const char *const starts[] = {"$2147483647\r\n", "+", "*100000\r\n$100000000\r\n"};
    struct resp_reader *reader = resp_reader_new();
    struct redis_reply *reply = NULL;
    struct err err = {0};
    char *junk = mem_alloc(RESP_FEED_MAX);
    memset(junk, 'x', RESP_FEED_MAX);
    int code = resp_reader_feed(reader, starts[_i], strlen(starts[_i]), &err);
    size_t fed = 0;
    while (code == 0 && fed < 2 * RESP_REPLY_MAX_BYTES) {
        code = resp_reader_next(reader, &reply, &err);
        ck_assert_ptr_null(reply);
        if (code == 0)
            code = resp_reader_feed(reader, junk, RESP_FEED_MAX, &err);
        fed += RESP_FEED_MAX;
    }
    ck_assert_msg(code == ERR_LIMIT, "%d after %zu", code, fed);
    ck_assert_uint_le(fed, RESP_REPLY_MAX_BYTES + RESP_FEED_MAX);
    mem_free(junk);
    resp_reader_free(reader);
}
END_TEST

/* Many large texts in one list: each is fine, all together are not. */
START_TEST(large_list)
{
    AUTO_STRBUF struct strbuf bytes, out;
    strbuf_init(&bytes);
    strbuf_init(&out);
    strbuf_append(&bytes, "*100\r\n");
    for (int i = 0; i < 100; i++) {
        strbuf_append(&bytes, "$65536\r\n");
        for (int k = 0; k < 65536 / 16; k++)
            strbuf_append(&bytes, "0123456789abcdef");
        strbuf_append(&bytes, "\r\n");
    }
    ck_assert_int_eq(read_all(bytes.data, bytes.len, RESP_FEED_MAX, &out), ERR_PROTOCOL);
    ck_assert_uint_eq(out.len, 0);
    char *few = strstr(bytes.data, "\r\n"); /* the same as single replies */
    ck_assert_int_eq(read_all(few + 2, bytes.len - 6, RESP_FEED_MAX, &out), 0);
    ck_assert_uint_eq(out.len, 100 * (65536 + 3));
}
END_TEST

/* The reader's own allowance starts anew with each reply. */
START_TEST(allowance)
{
    AUTO_STRBUF struct strbuf bytes, out;
    strbuf_init(&bytes);
    strbuf_init(&out);
    for (int i = 0; i < 3; i++) {
        strbuf_append(&bytes, "*200000\r\n");
        for (int k = 0; k < 200000; k++)
            strbuf_append(&bytes, ":1\r\n");
    }
    ck_assert_int_eq(read_all(bytes.data, bytes.len, RESP_FEED_MAX, &out), 0);
    ck_assert_uint_eq(out.len, 3 * (400000 + 2));
}
END_TEST

static struct redis_reply *reply_of(const char *bytes)
{
    struct resp_reader *reader = resp_reader_new();
    struct redis_reply *reply = NULL;
    ck_assert_int_eq(resp_reader_feed(reader, bytes, strlen(bytes), NULL), 0);
    ck_assert_int_eq(resp_reader_next(reader, &reply, NULL), 0);
    ck_assert_ptr_nonnull(reply);
    resp_reader_free(reader);
    return reply;
}

static const struct {
    const char *bytes;
    bool ok;
    int64_t value;
} integers[] = {{":12\r\n", true, 12},     {":-1\r\n", true, -1}, {"$2\r\n12\r\n", true, 12},
                {"+7\r\n", true, 7},       {"$-1\r\n", false, 0}, {"$3\r\n1.5\r\n", false, 0},
                {"*0\r\n", false, 0},      {"+OK\r\n", false, 0}, {"$0\r\n\r\n", false, 0},
                {"$2\r\n1 \r\n", false, 0}};

START_TEST(integer)
{
    struct redis_reply *reply = reply_of(integers[_i].bytes);
    int64_t value = 4711;
    int code = redis_reply_integer(reply, &value, NULL);
    ck_assert_int_eq(code, integers[_i].ok ? 0 : ERR_PROTOCOL);
    ck_assert_int_eq(value, integers[_i].ok ? integers[_i].value : 4711);
    redis_reply_free(reply);
}
END_TEST

static const struct {
    const char *bytes;
    int code;
    const char *piece;
} failures[] = {
    {"-NOAUTH Authentication required.\r\n", ERR_AUTH, "wants a password"},
    {"-WRONGPASS invalid username-password pair\r\n", ERR_AUTH, "WRONGPASS"},
    {"-NOPERM this user has no permissions\r\n", ERR_AUTH, "NOPERM"},
    {"-DENIED Redis is running in protected mode\r\n", ERR_AUTH, "protected mode"},
    {"-LOADING Redis is loading the dataset in memory\r\n", ERR_UNAVAILABLE, "LOADING"},
    {"-MASTERDOWN Link with MASTER is down\r\n", ERR_UNAVAILABLE, "MASTERDOWN"},
    {"-BUSY Redis is busy running a script.\r\n", ERR_UNAVAILABLE, "BUSY"},
    {"-READONLY You can't write\r\n", ERR_UNAVAILABLE, "READONLY"},
    {"-MOVED 3999 127.0.0.1:6381\r\n", ERR_UNSUPPORTED, "use a redis-cluster trigger"},
    {"-ASK 3999 127.0.0.1:6381\r\n", ERR_UNSUPPORTED, "use a redis-cluster trigger"},
    {"-CLUSTERDOWN The cluster is down\r\n", ERR_UNAVAILABLE, "CLUSTERDOWN"},
    {"-WRONGTYPE Operation against a key\r\n", ERR_INVALID, "WRONGTYPE"},
    {"-ERR max number of clients reached\r\n", ERR_UNAVAILABLE, "max number of clients"},
    {"-ERR unknown command\r\n", ERR_INVALID, "unknown command"},
    {"-NOAUTHOR\r\n", ERR_INVALID, "NOAUTHOR"},
    {"-\x01\xff\tx\r\n", ERR_INVALID, "???x"},
    {"-ERR you said hunter2, did you\r\n", ERR_INVALID, "repeats a credential"},
    {"-\r\n", ERR_INVALID, ""},
};

START_TEST(failure)
{
    const char *secrets[] = {NULL, "", "hunter2"};
    struct redis_reply *reply = reply_of(failures[_i].bytes);
    struct err err = {0};
    ck_assert_int_eq(redis_failure(reply, secrets, ARRAY_LEN(secrets), &err), failures[_i].code);
    ck_assert_int_eq(err.code, failures[_i].code);
    ck_assert_msg(strstr(err.msg, failures[_i].piece) != NULL, "%s", err.msg);
    ck_assert_ptr_null(strstr(err.msg, "hunter2"));
    redis_reply_free(reply);
}
END_TEST

START_TEST(failure_by_word)
{
    static const char *const replies[] = {"-WRONGPASS hunter2\r\n",
                                          "-ERR unknown command `AUTH`, with args: `hunter2`\r\n",
                                          "-hunter2\r\n", "-LOADING hunter2\r\n"};
    static const char *const texts[] = {"AUTH was refused (WRONGPASS)", "AUTH was refused (ERR)",
                                        "AUTH was refused (no code)", "AUTH was refused (LOADING)"};
    struct redis_reply *reply = reply_of(replies[_i]);
    struct err err = {0};
    ck_assert_int_eq(redis_failure_word(reply, "AUTH", &err), _i == 3 ? ERR_UNAVAILABLE : ERR_AUTH);
    ck_assert_str_eq(err.msg, texts[_i]);
    redis_reply_free(reply);
}
END_TEST

START_TEST(types_are_remembered)
{
    struct key_types types = {0};
    ck_assert_int_eq(key_types_get(&types, "a"), LENGTH_LLEN);
    key_types_set(&types, "a", LENGTH_SCARD);
    key_types_set(&types, "b", LENGTH_HLEN);
    key_types_set(&types, "a", LENGTH_ZCARD);
    ck_assert_int_eq(key_types_get(&types, "a"), LENGTH_ZCARD);
    ck_assert_int_eq(key_types_get(&types, "b"), LENGTH_HLEN);
    key_types_set(&types, "a", LENGTH_LLEN);
    ck_assert_int_eq(key_types_get(&types, "a"), LENGTH_LLEN);
    for (int i = 0; i < 70000; i++) {
        char key[16];
        snprintf(key, sizeof(key), "k%d", i);
        key_types_set(&types, key, LENGTH_SCARD);
    }
    ck_assert_int_eq(key_types_get(&types, "b"), LENGTH_LLEN); /* forgotten with the first 65536 */
    ck_assert_int_eq(key_types_get(&types, "k69999"), LENGTH_SCARD);
    key_types_done(&types);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, command);
    tcase_add_loop_test(tests, stream, 0, (int)ARRAY_LEN(streams));
    tcase_add_loop_test(tests, endless, 0, 3);
    tcase_add_test(tests, large_list);
    tcase_add_test(tests, allowance);
    tcase_add_loop_test(tests, integer, 0, (int)ARRAY_LEN(integers));
    tcase_add_loop_test(tests, failure, 0, (int)ARRAY_LEN(failures));
    tcase_add_loop_test(tests, failure_by_word, 0, 4);
    tcase_add_test(tests, types_are_remembered);
}

int main(void)
{
    return suite_run("redis protocol", 60, add);
}

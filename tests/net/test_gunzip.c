/* Unpacking piece by piece: members, cuts, junk, and what the sink may do. */
#include "scaler/net/gunzip.h"

#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "tests/support/suite.h"

static size_t pack(const char *text, size_t len, char *out, size_t size)
{
    z_stream stream = {0};
    ck_assert_int_eq(deflateInit2(&stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (const unsigned char *)text;
    stream.avail_in = (unsigned)len;
    stream.next_out = (unsigned char *)out;
    stream.avail_out = (unsigned)size;
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return size - stream.avail_out;
}

static bool collect(const char *bytes, size_t len, void *arg)
{
    strbuf_append_n(arg, bytes, len);
    return true;
}

static bool refuse(const char *bytes, size_t len, void *arg)
{
    (void)bytes, (void)len;
    ++*(unsigned *)arg;
    return false;
}

/* In pieces of `step` bytes. */
static enum gunzip_result feed(struct gunzip *gunzip, const char *bytes, size_t len, size_t step,
                               struct strbuf *out)
{
    enum gunzip_result result = GUNZIP_GOOD;
    for (size_t at = 0; at < len && result == GUNZIP_GOOD; at += step)
        result = gunzip_feed(gunzip, bytes + at, len - at < step ? len - at : step, collect, out);
    return result;
}

static const size_t steps[] = {1, 2, 7, 100000};

START_TEST(members_follow_each_other)
{
    char packed[256];
    AUTO_STRBUF struct strbuf out;
    strbuf_init(&out);
    size_t len = pack("hello ", 6, packed, sizeof(packed));
    len += pack("", 0, packed + len, sizeof(packed) - len);
    len += pack("world", 5, packed + len, sizeof(packed) - len);
    struct gunzip *gunzip = gunzip_new();
    ck_assert(!gunzip_is_whole(gunzip));
    ck_assert_int_eq(feed(gunzip, packed, len, steps[_i], &out), GUNZIP_GOOD);
    ck_assert(gunzip_is_whole(gunzip));
    ck_assert_str_eq(out.data, "hello world");
    gunzip_free(gunzip);
}
END_TEST

/* Every cut of a member is not whole; behind a member only another one may come. */
START_TEST(cuts_and_junk_show)
{
    char packed[256];
    size_t len = pack("some text to pack", 17, packed, sizeof(packed));
    for (size_t cut = 0; cut <= len; cut++) {
        AUTO_STRBUF struct strbuf out;
        strbuf_init(&out);
        struct gunzip *gunzip = gunzip_new();
        ck_assert_int_eq(feed(gunzip, packed, cut, steps[_i], &out), GUNZIP_GOOD);
        ck_assert(gunzip_is_whole(gunzip) == (cut == len));
        if (cut == len)
            ck_assert_int_eq(feed(gunzip, "junk", 4, steps[_i], &out), GUNZIP_BROKEN);
        gunzip_free(gunzip);
    }
}
END_TEST

START_TEST(a_wrong_sum_shows)
{
    char packed[256];
    AUTO_STRBUF struct strbuf out;
    strbuf_init(&out);
    size_t len = pack("some text to pack", 17, packed, sizeof(packed));
    packed[len - 6] ^= 1; /* in the CRC */
    struct gunzip *gunzip = gunzip_new();
    ck_assert_int_eq(feed(gunzip, packed, len, steps[_i], &out), GUNZIP_BROKEN);
    gunzip_free(gunzip);
}
END_TEST

START_TEST(the_sink_ends_it)
{
    static char zeros[1 << 20];
    static char packed[1 << 16];
    unsigned calls = 0;
    size_t len = pack(zeros, sizeof(zeros), packed, sizeof(packed));
    struct gunzip *gunzip = gunzip_new();
    ck_assert_int_eq(gunzip_feed(gunzip, packed, len, refuse, &calls), GUNZIP_STOPPED);
    ck_assert_uint_eq(calls, 1);
    gunzip_free(gunzip);
}
END_TEST

START_TEST(much_comes_whole)
{
    static char zeros[1 << 20];
    static char packed[1 << 16];
    AUTO_STRBUF struct strbuf out;
    strbuf_init(&out);
    size_t len = pack(zeros, sizeof(zeros), packed, sizeof(packed));
    struct gunzip *gunzip = gunzip_new();
    ck_assert_int_eq(feed(gunzip, packed, len, steps[_i], &out), GUNZIP_GOOD);
    ck_assert(gunzip_is_whole(gunzip));
    ck_assert_uint_eq(out.len, sizeof(zeros));
    gunzip_free(gunzip);
}
END_TEST

START_TEST(nothing_is_nothing)
{
    gunzip_free(NULL);
    ck_assert(!gunzip_is_whole(NULL));
    ck_assert_int_eq(gunzip_feed(NULL, "", 0, collect, NULL), GUNZIP_BROKEN);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, members_follow_each_other, 0, ARRAY_LEN(steps));
    tcase_add_loop_test(tests, cuts_and_junk_show, 0, ARRAY_LEN(steps));
    tcase_add_loop_test(tests, a_wrong_sum_shows, 0, ARRAY_LEN(steps));
    tcase_add_loop_test(tests, much_comes_whole, 0, ARRAY_LEN(steps));
    tcase_add_test(tests, the_sink_ends_it);
    tcase_add_test(tests, nothing_is_nothing);
}

int main(void)
{
    return suite_run("net/gunzip", 60, add);
}

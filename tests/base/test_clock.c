/* The clocks and RFC 3339. */
#include "scaler/base/clock.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "tests/base/suite.h"

START_TEST(test_now_follows_the_monotonic_clock)
{
    int64_t wall = clock_wall_ms();
    int64_t now = clock_now_ms();
    ck_assert_int_le(now - wall, 10000);
    ck_assert_int_ge(now - wall, -10);
    int64_t offset = clock_now_ms() - clock_mono_ms();
    for (int i = 0; i < 10000; i++) {
        int64_t before = clock_mono_ms();
        now = clock_now_ms();
        ck_assert_int_ge(now, before + offset - 1);
        ck_assert_int_le(now, clock_mono_ms() + offset + 1);
    }
    ck_assert_int_le(clock_mono_us() / 1000 - clock_mono_ms(), 0);
}
END_TEST

static void *read_anchor(void *ret)
{
    *(int64_t *)ret = clock_now_ms() - clock_mono_ms();
    return NULL;
}

START_TEST(test_threads_share_one_anchor)
{
    pthread_t threads[8];
    int64_t offsets[8];
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_anchor, &offsets[i]), 0);
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    for (int i = 1; i < 8; i++) {
        ck_assert_int_le(offsets[i] - offsets[0], 1); /* the two reads may lie in neighbouring milliseconds */
        ck_assert_int_ge(offsets[i] - offsets[0], -1);
    }
}
END_TEST

static const struct {
    int64_t ms;
    const char *plain;
    const char *with_ms;
} format_rows[] = {
    {0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
    {-1, "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999Z"},
    {1787220000123, "2026-08-20T10:00:00Z", "2026-08-20T10:00:00.123Z"},
    {951782400000, "2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"},
    {4107542399999, "2100-02-28T23:59:59Z", "2100-02-28T23:59:59.999Z"},
    {4107542400000, "2100-03-01T00:00:00Z", "2100-03-01T00:00:00.000Z"},
    {253402300799999, "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999Z"},
    {-62167219200000, "0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"},
    {INT64_MAX, "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999Z"},
    {INT64_MIN, "0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"},
};

START_TEST(test_format)
{
    char buf[CLOCK_RFC3339_MAX];
    ck_assert_str_eq(clock_format_rfc3339(format_rows[_i].ms, false, buf, sizeof(buf)),
                     format_rows[_i].plain);
    ck_assert_str_eq(clock_format_rfc3339(format_rows[_i].ms, true, buf, sizeof(buf)),
                     format_rows[_i].with_ms);
    int64_t ms;
    ck_assert_int_eq(clock_parse_rfc3339(buf, &ms, NULL), 0);
    if (_i < 8)
        ck_assert_int_eq(ms, format_rows[_i].ms);
}
END_TEST

/* Against the C library's calendar, a day at a time over 800 years. */
START_TEST(test_calendar)
{
    for (int64_t day = -150000; day < 150000; day++) {
        time_t seconds = day * 86400 + 12345;
        struct tm tm;
        ck_assert_ptr_nonnull(gmtime_r(&seconds, &tm));
        char want[64], buf[CLOCK_RFC3339_MAX];
        strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm);
        ck_assert_str_eq(clock_format_rfc3339(seconds * 1000, false, buf, sizeof(buf)), want);
        int64_t ms;
        ck_assert_int_eq(clock_parse_rfc3339(buf, &ms, NULL), 0);
        ck_assert_int_eq(ms, seconds * 1000);
    }
}
END_TEST

static const struct {
    const char *text;
    bool ok;
    int64_t ms;
} parse_rows[] = {
    {"1970-01-01T00:00:00Z", true, 0},
    {"1970-01-01T00:00:00.5Z", true, 500},
    {"1970-01-01T00:00:00.123456Z", true, 123},
    {"1970-01-01T00:00:00.999999999Z", true, 999},
    {"1970-01-01T02:00:00+02:00", true, 0},
    {"1969-12-31T18:30:00-05:30", true, 0},
    {"2024-02-29T00:00:00Z", true, 1709164800000},
    {"2023-02-29T00:00:00Z", false, 0},
    {"1900-02-29T00:00:00Z", false, 0},
    {"2024-00-01T00:00:00Z", false, 0},
    {"2024-13-01T00:00:00Z", false, 0},
    {"2024-04-31T00:00:00Z", false, 0},
    {"2024-04-00T00:00:00Z", false, 0},
    {"2024-04-01T24:00:00Z", false, 0},
    {"2024-04-01T00:60:00Z", false, 0},
    {"2024-04-01T00:00:60Z", false, 0},
    {"2024-04-01T00:00:00", false, 0},
    {"2024-04-01T00:00:00.Z", false, 0},
    {"2024-04-01T00:00:00z", false, 0},
    {"2024-04-01 00:00:00Z", false, 0},
    {"2024-04-01T00:00:00Zx", false, 0},
    {"2024-04-01T00:00:00+2:00", false, 0},
    {"2024-04-01T00:00:00+25:00", false, 0},
    {"2024-04-01T00:00:00+02:60", false, 0},
    {"24-04-01T00:00:00Z", false, 0},
    {"12024-04-01T00:00:00Z", false, 0},
    {"-024-04-01T00:00:00Z", false, 0},
    {"", false, 0},
    {"2024", false, 0},
};

START_TEST(test_parse)
{
    int64_t ms = 77;
    struct err err = {0};
    int rc = clock_parse_rfc3339(parse_rows[_i].text, &ms, &err);
    ck_assert_int_eq(rc, parse_rows[_i].ok ? 0 : ERR_INVALID);
    ck_assert_int_eq(ms, parse_rows[_i].ok ? parse_rows[_i].ms : 77);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/clock");
    SUITE_ADD(suite, test_now_follows_the_monotonic_clock);
    SUITE_ADD(suite, test_threads_share_one_anchor);
    SUITE_ADD_LOOP(suite, test_format, format_rows);
    SUITE_ADD(suite, test_calendar);
    SUITE_ADD_LOOP(suite, test_parse, parse_rows);
    return suite_run(suite);
}

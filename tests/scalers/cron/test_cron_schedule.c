/* Schedules: what is accepted, and when it fires. The expected instants come from the library KEDA uses,
 * those on days the calendar leaves out from reason. */
#include "scalers/cron/schedule.h"

#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"
#include "scaler/base/zone.h"
#include "tests/support/suite.h"

static const struct {
    const char *text;
    const char *error; /* a piece of it; NULL: accepted */
} grammar[] = {
    {"* * * * *", NULL},
    {"*/5 8-18/2 ? JAN,mar-May mon-Fri", NULL},
    {"+5 007 1-31 1-12 0-6", NULL},
    {"*-5 *-1-2/3 * * *", NULL},
    {", ,, * * *", NULL},
    {"0,,5, * * * *", NULL},
    {"*/99999999999 * * * *", NULL},
    {"0/59 * * * *", NULL},
    {"\t0 \u00a0 8\u2003* * * ", NULL},
    {"TZ=Asia/Seoul 0 8 * * *", NULL},
    {"CRON_TZ=UTC   0 8 * * *", NULL},
    {"TZ= 0 8 * * *", NULL},
    {"TZ=Local 0 8 * * *", NULL},
    {"", "five fields"},
    {"   ", "five fields"},
    {"0 8 * *", "five fields"},
    {"0 8 * * * *", "five fields"},
    {"0 0 0 0 0 0 0 0 0 0 0 0", "five fields"},
    {"@daily", "@daily"},
    {"@every 5m 1 2 3", "@daily"},
    {"TZ=UTC @daily", "@daily"},
    {"TZ=UTC", "nothing but a time zone"},
    {"TZ=UTC\t0 8 * * *", "time zone"}, /* the zone's name ends at a space only */
    {"TZ=No/Where 0 8 * * *", "unknown time zone \"No/Where\""},
    {"tz=UTC 0 8 * * *", "five fields"},
    {"60 * * * *", "minute \"60\": ends above"},
    {"* 24 * * *", "hour \"24\": ends above"},
    {"* * 0 * *", "day of month \"0\": begins below"},
    {"* * 32 * *", "day of month \"32\": ends above"},
    {"* * * 0 *", "month \"0\": begins below"},
    {"* * * 13 *", "month \"13\": ends above"},
    {"* * * * 7", "day of week \"7\": ends above"},
    {"* * * * sunday", "day of week \"sunday\": is neither"},
    {"* * * mon *", "month \"mon\": is neither"},
    {"* mon * * *", "hour \"mon\": is not a number"},
    {"-1 * * * *", "minute \"\": is not a number"},
    {"1--2 * * * *", "more than one hyphen"},
    {"1-2-3 * * * *", "more than one hyphen"},
    {"5-1 * * * *", "begins after its end"},
    {"5-* * * * *", "minute \"*\": is not a number"},
    {"*/0 * * * *", "a step of 0"},
    {"*/-1 * * * *", "is negative"},
    {"*/ * * * *", "is not a number"},
    {"/5 * * * *", "is not a number"},
    {"1/2/3 * * * *", "more than one slash"},
    {"0x5 * * * *", "is not a number"},
    {"1.5 * * * *", "is not a number"},
    {"99999999999999999999 * * * *", "is not a number"},
    {"** * * * *", "is not a number"},
    {"*5 * * * *", "is not a number"},
    {"L * * * *", "is not a number"},
    {"* * * * 1#2", "is neither"},
};

START_TEST(test_grammar)
{
    struct cron_schedule schedule = {.minute = 77};
    struct err err = {0};
    const char *error = grammar[_i].error;
    int rc = cron_schedule_parse(grammar[_i].text, &schedule, &err);
    ck_assert_msg(rc == (error ? ERR_CONFIG : 0), "%d %s", rc, err.msg);
    if (!error)
        return;
    ck_assert_int_eq(err.code, rc);
    ck_assert_msg(strstr(err.msg, error), "wanted: %s\nfound: %s", error, err.msg);
    ck_assert_uint_eq(schedule.minute, 77);
}
END_TEST

START_TEST(test_fields)
{
    struct cron_schedule schedule;
    ck_assert_int_eq(cron_schedule_parse("3-7/2,50 */12 10/10 feb */2", &schedule, NULL), 0);
    ck_assert_uint_eq(schedule.minute, 1 << 3 | 1 << 5 | 1 << 7 | UINT64_C(1) << 50);
    ck_assert_uint_eq(schedule.hour, 1 | 1 << 12);
    ck_assert_uint_eq(schedule.day, 1 << 10 | 1 << 20 | 1 << 30);
    ck_assert_uint_eq(schedule.month, 1 << 2);
    ck_assert_uint_eq(schedule.weekday, 1 | 1 << 2 | 1 << 4 | 1 << 6);
    ck_assert_ptr_null(schedule.zone);
    ck_assert_int_eq(cron_schedule_parse("CRON_TZ=UTC * ?/1 *,5 * ?", &schedule, NULL), 0);
    ck_assert_uint_eq(schedule.minute, CRON_STAR | ((UINT64_C(1) << 60) - 1));
    ck_assert_uint_eq(schedule.hour, CRON_STAR | ((1 << 24) - 1));
    ck_assert_uint_eq(schedule.day, CRON_STAR | ((UINT64_C(1) << 32) - 2));
    ck_assert_str_eq(zone_name(schedule.zone), "UTC");
}
END_TEST

/* Every byte, and every cut of a long line. */
START_TEST(test_hostile_text)
{
    char text[] = "TZ=Asia/Seoul 3-7/2,50 */12 10/10 feb-mar */2";
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        char before = text[i];
        for (int c = 0; c < 256; c++) {
            struct cron_schedule schedule;
            struct err err = {0};
            text[i] = (char)c;
            int rc = cron_schedule_parse(text, &schedule, &err);
            ck_assert(rc == 0 || (rc == ERR_CONFIG && err.code == rc && *err.msg));
        }
        text[i] = before;
    }
}
END_TEST

static const struct {
    const char *zone, *schedule, *from, *next; /* next NULL: never */
} firings[] = {
    {"UTC", "0 8 * * *", "2025-06-11T07:59:59.999Z", "2025-06-11T08:00:00Z"},
    {"UTC", "0 8 * * *", "2025-06-11T08:00:00Z", "2025-06-12T08:00:00Z"},
    {"UTC", "* * * * *", "2025-12-31T23:59:30Z", "2026-01-01T00:00:00Z"},
    {"UTC", "0 0 1 1 *", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z"},
    {"UTC", "30 4 1 1 *", "1901-06-01T00:00:17Z", "1902-01-01T04:30:00Z"},
    /* Feb 29 */
    {"UTC", "0 0 29 2 *", "2024-02-29T00:00:00Z", "2028-02-29T00:00:00Z"},
    {"UTC", "0 0 29 2 *", "2097-01-01T00:00:00Z", NULL}, /* 2100 is no leap year, 2104 too far */
    {"UTC", "0 0 29 2 1", "2025-01-01T00:00:00Z", "2025-02-03T00:00:00Z"},
    {"UTC", "0 0 31 2 *", "2025-01-01T00:00:00Z", NULL},
    {"UTC", "0 0 31 2,4,6,9,11 *", "2025-01-01T00:00:00Z", NULL},
    {"UTC", ", * * * *", "2025-01-01T00:00:00Z", NULL},
    {"UTC", "* , * * *", "2025-01-01T00:00:00Z", NULL},
    {"UTC", "* * * , *", "2025-01-01T00:00:00Z", NULL},
    {"UTC", "* * , * *", "2025-01-01T00:00:00Z", NULL},
    {"UTC", "* * , * ,", "2025-01-01T00:00:00Z", NULL},
    {"UTC", "0 0 , * 1", "2025-01-01T00:00:00Z", "2025-01-06T00:00:00Z"}, /* either day is enough */
    {"UTC", "0 0 13 * 5", "2025-06-14T00:00:00Z", "2025-06-20T00:00:00Z"},
    {"UTC", "0 0 13 * *", "2025-06-14T00:00:00Z", "2025-07-13T00:00:00Z"},
    {"UTC", "0 0 */2 * 1", "2025-06-07T00:00:00Z", "2025-06-09T00:00:00Z"},
    /* clocks that go forward and back */
    {"Europe/Berlin", "30 2 * * *", "2025-03-29T12:00:00Z", "2025-03-31T00:30:00Z"},
    {"Europe/Berlin", "30 2 * * *", "2025-10-26T00:00:00Z", "2025-10-26T00:30:00Z"},
    {"Europe/Berlin", "30 2 * * *", "2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z"},
    {"America/Santiago", "0 0 * * *", "2025-09-06T12:00:00Z", "2025-09-08T03:00:00Z"},
    {"America/Santiago", "30 23 * * *", "2026-04-05T02:00:00Z", "2026-04-05T02:30:00Z"},
    {"America/Santiago", "30 23 * * *", "2026-04-05T02:30:00Z", "2026-04-05T03:30:00Z"},
    {"Australia/Lord_Howe", "15 2 * * *", "2025-10-04T00:00:00Z", "2025-10-05T15:15:00Z"},
    {"Australia/Lord_Howe", "45 1 * * *", "2026-04-04T14:40:00Z", "2026-04-04T14:45:00Z"},
    {"Australia/Lord_Howe", "45 1 * * *", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"},
    {"Asia/Kathmandu", "15 6 * * *", "2025-01-01T00:00:00Z", "2025-01-01T00:30:00Z"},
    {"Pacific/Chatham", "45 2 * * *", "2025-09-26T00:00:00Z", "2025-09-26T14:00:00Z"},
    {"Africa/Monrovia", "0 0 * * *", "1960-01-01T00:00:00Z", "1960-01-01T00:44:30Z"},
    /* a zone of its own, read in another */
    {"America/New_York", "TZ=Asia/Seoul 0 8 * * *", "2025-06-11T22:59:59Z", "2025-06-11T23:00:00Z"},
    {"America/New_York", "TZ=Local 0 8 * * *", "2025-06-11T00:00:00Z", "2025-06-11T12:00:00Z"},
    {"America/New_York", "TZ= 0 8 * * *", "2025-06-11T00:00:00Z", "2025-06-11T08:00:00Z"},
    /* 2011-12-30 does not exist in Apia */
    {"Pacific/Apia", "0 12 30 12 *", "2011-12-28T00:00:00Z", "2012-12-29T22:00:00Z"},
    {"Pacific/Apia", "0 12 31 12 *", "2011-12-29T00:00:00Z", "2011-12-30T22:00:00Z"},
    {"Pacific/Apia", "0 0 31 12 *", "2011-12-29T00:00:00Z", "2011-12-30T10:00:00Z"},
    {"Pacific/Kwajalein", "0 12 23 8 *", "1993-08-20T00:00:00Z", "1993-08-23T00:00:00Z"},
};

START_TEST(test_firings)
{
    const struct zone *zone;
    struct cron_schedule schedule;
    struct cron_firing firing = {0};
    struct err err = {0};
    int64_t from_ms;
    char text[CLOCK_RFC3339_MAX];
    ck_assert_int_eq(zone_find(firings[_i].zone, &zone, NULL), 0);
    ck_assert_int_eq(clock_parse_rfc3339(firings[_i].from, &from_ms, NULL), 0);
    ck_assert_int_eq(cron_schedule_parse(firings[_i].schedule, &schedule, NULL), 0);
    int64_t from_s = from_ms / 1000 - (from_ms % 1000 < 0);
    ck_assert_msg(cron_schedule_next(&schedule, zone, from_s, &firing, &err) == 0, "%s", err.msg);
    ck_assert_int_eq(firing.ever, firings[_i].next != NULL);
    if (firing.ever)
        ck_assert_str_eq(clock_format_rfc3339(firing.unix_s * 1000, false, text, sizeof(text)),
                         firings[_i].next);
}
END_TEST

static uint64_t random_state = 20250611;

static unsigned random_of(unsigned below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % below;
}

static uint64_t one_or_two(unsigned values)
{
    uint64_t first = UINT64_C(1) << random_of(values);
    return first | UINT64_C(1) << random_of(values);
}

static bool field_has(uint64_t field, int value)
{
    return field >> value & 1;
}

static bool fires_at(const struct cron_schedule *schedule, const struct civil *civil)
{
    bool day = field_has(schedule->day, civil->day), weekday = field_has(schedule->weekday, civil->weekday);
    bool star = (schedule->day | schedule->weekday) & CRON_STAR;
    return field_has(schedule->minute, civil->minute) && field_has(schedule->hour, civil->hour) &&
           field_has(schedule->month, civil->month) && (star ? day && weekday : day || weekday) &&
           civil->second == 0;
}

/* Without changes of the clocks there is nothing to choose: the next firing is the first minute that fits. */
START_TEST(test_against_every_minute)
{
    const struct zone *zone;
    ck_assert_int_eq(zone_find("Asia/Kathmandu", &zone, NULL), 0);
    for (int round = 0; round < 300; round++) {
        struct cron_schedule schedule = {
            .minute = one_or_two(60),
            .hour = one_or_two(24),
            .day = UINT64_C(1) << (1 + random_of(31)) | (random_of(2) ? 0 : CRON_STAR | 0xfffffffe),
            .month = random_of(3) ? 0x1ffe | CRON_STAR : UINT64_C(1) << (1 + random_of(12)),
            .weekday = UINT64_C(1) << random_of(7) | (random_of(2) ? 0 : CRON_STAR | 0x7f),
        };
        int64_t from = 1750000000 + (int64_t)random_of(100000000), at = from - from % 60;
        struct cron_firing firing;
        ck_assert_int_eq(cron_schedule_next(&schedule, zone, from, &firing, NULL), 0);
        struct civil civil;
        do {
            at += 60;
            zone_civil(zone, at, &civil);
        } while (!fires_at(&schedule, &civil) && at < from + 40 * 86400);
        if (at < from + 40 * 86400) {
            ck_assert(firing.ever);
            ck_assert_int_eq(firing.unix_s, at);
        } else {
            ck_assert(!firing.ever || firing.unix_s >= at);
        }
    }
}
END_TEST

/* Wherever one starts, the search ends, goes forward, and finds a time that fits (hour and day aside where
 * the clocks change). */
START_TEST(test_always_ends)
{
    static const char *const zones[] = {"Pacific/Apia",    "Australia/Lord_Howe", "Africa/Casablanca",
                                        "Asia/Beirut",     "America/Havana",      "Pacific/Kwajalein",
                                        "Antarctica/Troll"};
    static const char *const schedules[] = {"0 0 30 * *", "59 23 * 12 *", "0 0 * * 6", "1 1 1 1 *",
                                            "30 2 31 */2 5"};
    for (size_t z = 0; z < ARRAY_LEN(zones); z++)
        for (size_t s = 0; s < ARRAY_LEN(schedules); s++) {
            const struct zone *zone;
            struct cron_schedule schedule;
            ck_assert_int_eq(zone_find(zones[z], &zone, NULL), 0);
            ck_assert_int_eq(cron_schedule_parse(schedules[s], &schedule, NULL), 0);
            for (int64_t from = -1500000000; from < 4000000000; from += 1234567) {
                struct cron_firing firing;
                struct err err = {0};
                ck_assert_msg(cron_schedule_next(&schedule, zone, from, &firing, &err) == 0, "%s", err.msg);
                ck_assert(firing.ever);
                ck_assert_int_gt(firing.unix_s, from);
            }
        }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_grammar, 0, (int)ARRAY_LEN(grammar));
    tcase_add_test(tests, test_fields);
    tcase_add_test(tests, test_hostile_text);
    tcase_add_loop_test(tests, test_firings, 0, (int)ARRAY_LEN(firings));
    tcase_add_test(tests, test_against_every_minute);
    tcase_add_test(tests, test_always_ends);
}

int main(void)
{
    return suite_run("cron schedules", 120, add);
}

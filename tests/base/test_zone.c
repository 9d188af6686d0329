/* Time zones: instants to local times and back as Go does, names, sound and broken files. The expected
 * numbers come from Go's time package. */
#include "scaler/base/zone.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scaler/base/civil.h"
#include "scaler/base/file.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/zone_internal.h"
#include "tests/base/suite.h"

static const struct zone *find(const char *name)
{
    const struct zone *zone = NULL;
    struct err err = {0};
    ck_assert_msg(zone_find(name, &zone, &err) == 0, "%s", err.msg);
    return zone;
}

static const struct {
    const char *zone;
    int64_t unix_s;
    int32_t offset;
    const char *abbreviation;
} offset_rows[] = {
    {"", 1750000000, 0, "UTC"},
    {"UTC", 1750000000, 0, "UTC"},
    {"Local", 1750000000, 0, "UTC"},
    {"Europe/Berlin", -3000000000, 3208, "LMT"}, /* before the first change */
    {"Europe/Berlin", 1743296399, 3600, "CET"},
    {"Europe/Berlin", 1743296400, 7200, "CEST"},
    {"Europe/Berlin", 1761440399, 7200, "CEST"},
    {"Europe/Berlin", 1761440400, 3600, "CET"},
    {"Europe/Berlin", 4102444800, 3600, "CET"}, /* beyond the table */
    {"Europe/Berlin", 7000000000, 7200, "CEST"},
    {"Europe/Dublin", 1750000000, 3600, "IST"}, /* whose summer time is, by the file, standard time */
    {"Europe/Dublin", 7000000000, 3600, "IST"},
    {"America/Sao_Paulo", 1325239199, -7200, "-02"},
    {"America/Sao_Paulo", 7000000000, -10800, "-03"},
    {"Australia/Lord_Howe", 1750000000, 37800, "+1030"},
    {"Australia/Lord_Howe", 4102444800, 39600, "+11"}, /* the southern half: summer over New Year */
    {"Pacific/Apia", 1325239199, -36000, "-10"},
    {"Pacific/Apia", 1325239200, 50400, "+14"},
    {"Asia/Kathmandu", 1750000000, 20700, "+0545"},
    {"Africa/Monrovia", 0, -2670, "MMT"},
    {"Antarctica/Troll", 7000000000, 7200, "+02"},
};

START_TEST(test_offsets)
{
    const struct zone *zone = find(offset_rows[_i].zone);
    ck_assert_int_eq(zone_offset_at(zone, offset_rows[_i].unix_s), offset_rows[_i].offset);
    ck_assert_str_eq(zone_abbreviation_at(zone, offset_rows[_i].unix_s), offset_rows[_i].abbreviation);
    if (strstr(offset_rows[_i].zone, "/"))
        ck_assert_str_eq(zone_name(zone), offset_rows[_i].zone);
    else
        ck_assert_str_eq(zone_name(zone), "UTC");
}
END_TEST

static const struct {
    const char *zone;
    struct civil civil;
    int64_t unix_s;
} date_rows[] = {
    /* skipped */
    {"Europe/Berlin", {2025, 3, 30, 2, 30, 0, 0, 0}, 1743298200},
    {"Europe/London", {2025, 3, 30, 1, 30, 0, 0, 0}, 1743298200},
    {"America/New_York", {2025, 3, 9, 2, 30, 0, 0, 0}, 1741501800},
    {"America/New_York", {2050, 3, 13, 2, 30, 0, 0, 0}, 2530765800},
    {"Australia/Lord_Howe", {2025, 10, 5, 2, 15, 0, 0, 0}, 1759592700},
    {"America/Sao_Paulo", {2018, 11, 4, 0, 0, 0, 0, 0}, 1541296800},
    {"Pacific/Apia", {2011, 12, 30, 12, 0, 0, 0, 0}, 1325282400},
    /* twice */
    {"Europe/Berlin", {2025, 10, 26, 2, 30, 0, 0, 0}, 1761442200},
    {"Europe/London", {2025, 10, 26, 1, 30, 0, 0, 0}, 1761442200},
    {"America/New_York", {2025, 11, 2, 1, 30, 0, 0, 0}, 1762061400},
    {"Australia/Lord_Howe", {2025, 4, 6, 1, 45, 0, 0, 0}, 1743866100},
    /* carried over */
    {"Asia/Seoul", {2024, 14, 31, 25, -61, 3700, 0, 0}, 1741017640},
    {"UTC", {2024, 2, 30, 24, 60, 60, 0, 0}, 1709341260},
    {"UTC", {2024, -11, -30, -25, 0, 0, 0, 0}, 1669762800},
};

START_TEST(test_dates)
{
    ck_assert_int_eq(zone_to_unix(find(date_rows[_i].zone), &date_rows[_i].civil), date_rows[_i].unix_s);
}
END_TEST

static const char *const round_trip_rows[] = {"UTC",          "Europe/Berlin",  "America/St_Johns",
                                              "Asia/Tehran",  "Africa/Cairo",   "Australia/Lord_Howe",
                                              "Asia/Kolkata", "America/Nuuk",   "Pacific/Chatham",
                                              "Africa/Juba",  "America/Havana", "Pacific/Kiritimati"};

static bool same_clock(const struct civil *a, const struct civil *b)
{
    return a->year == b->year && a->year_day == b->year_day && a->month == b->month && a->day == b->day &&
           a->weekday == b->weekday && a->hour == b->hour && a->minute == b->minute && a->second == b->second;
}

/* Away from the hours that exist twice, the way back leads to where one came from. */
START_TEST(test_round_trip)
{
    const struct zone *zone = find(round_trip_rows[_i]);
    for (int64_t at = 1700000000; at < 2400000000; at += 7777) {
        struct civil civil;
        zone_civil(zone, at, &civil);
        int64_t back = zone_to_unix(zone, &civil);
        struct civil again;
        zone_civil(zone, back, &again);
        ck_assert(same_clock(&civil, &again));
        if (zone_offset_at(zone, at - 7200) == zone_offset_at(zone, at + 7200))
            ck_assert_int_eq(back, at);
    }
}
END_TEST

START_TEST(test_civil)
{
    struct civil civil;
    zone_civil(find("Asia/Seoul"), 1735660800, &civil); /* 2024-12-31T16:00Z */
    ck_assert_int_eq(civil.year, 2025);
    ck_assert_int_eq(civil.month, 1);
    ck_assert_int_eq(civil.day, 1);
    ck_assert_int_eq(civil.hour, 1);
    ck_assert_int_eq(civil.weekday, 3);
    ck_assert_int_eq(civil.year_day, 1);
    zone_civil(find("UTC"), 1735603200 + 86399, &civil);
    ck_assert_int_eq(civil.year_day, 366);
    zone_civil(find("UTC"), -1, &civil);
    ck_assert_int_eq(civil.year, 1969);
    ck_assert_int_eq(civil.second, 59);
    ck_assert_int_eq(civil.weekday, 3);
    ck_assert_int_eq(civil_days_in_month(1900, 2), 28);
    ck_assert_int_eq(civil_days_in_month(2000, 2), 29);
}
END_TEST

/* Nothing overflows, whatever is asked (UBSan watches). */
START_TEST(test_extremes)
{
    static const int64_t ends[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX - 1, INT64_MAX};
    static const char *const names[] = {"UTC", "Europe/Berlin", "Australia/Lord_Howe"};
    for (size_t n = 0; n < ARRAY_LEN(names); n++)
        for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
            struct civil civil;
            zone_civil(find(names[n]), ends[i], &civil);
            ck_assert_int_ge(civil.month, 1);
            ck_assert_int_le(civil.month, 12);
            struct civil far = {ends[i], INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN, INT32_MAX, 0, 0};
            int64_t at = zone_to_unix(find(names[n]), &far);
            ck_assert_int_eq(at > 0, ends[i] > 0);
        }
}
END_TEST

static const char *const bad_names[] = {
    "utc",
    "europe/berlin",
    "No/Where",
    "/etc/localtime",
    "/usr/share/zoneinfo/UTC",
    "../zoneinfo",
    "Europe/../UTC",
    "Europe..",
    "\\UTC",
    "Europe",
    "zone.tab",
    "Europe/Berlin/",
    "+09:00",
    "GMT+9",
    " UTC",
    "Europe/Berlin ",
    "Europe/Berl\xc3\xadn",
    "tzdata.zi",
};

START_TEST(test_bad_names)
{
    const struct zone *zone = NULL;
    struct err err = {0};
    int rc = zone_find(bad_names[_i], &zone, &err);
    ck_assert_int_lt(rc, 0);
    ck_assert_int_eq(err.code, rc);
    ck_assert_str_ne(err.msg, "");
    ck_assert_ptr_null(zone);
}
END_TEST

START_TEST(test_names)
{
    const struct zone *zone = NULL;
    ck_assert_int_eq(zone_find("No/Where", &zone, NULL), ERR_NOT_FOUND);
    char longest[5000];
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    ck_assert_int_eq(zone_find(longest, &zone, NULL), ERR_NOT_FOUND);
    ck_assert_ptr_eq(find("Europe/Berlin"), find("Europe/Berlin"));
    ck_assert_ptr_ne(find("Europe/Berlin"), find("Europe/Paris"));
}
END_TEST

/* One file has many spellings; they do not take memory without end. */
START_TEST(test_spellings_end)
{
    const struct zone *zone = NULL;
    int rc = 0;
    for (int i = 0; i < 4200 && rc == 0; i++) {
        AUTO_STRBUF struct strbuf name;
        strbuf_init(&name);
        strbuf_append(&name, "Europe/");
        for (int bit = 0; bit < 13; bit++)
            strbuf_append(&name, i & 1 << bit ? "./" : "/");
        strbuf_append(&name, "Berlin");
        rc = zone_find(name.data, &zone, NULL);
    }
    ck_assert_int_eq(rc, ERR_LIMIT);
}
END_TEST

/* ---- files ---- */

static void read_berlin(char **ret, size_t *ret_len)
{
    ck_assert_int_eq(file_read("/usr/share/zoneinfo/Europe/Berlin", 1 << 20, ret, ret_len, NULL), 0);
}

static int parse(const char *bytes, size_t len, struct zone *zone)
{
    /* An exact copy, so that ASan sees what is read beyond it. */
    char *copy = mem_alloc(len);
    memcpy(copy, bytes, len);
    memset(zone, 0, sizeof(*zone));
    struct err err = {0};
    int rc = tzif_parse(copy, len, zone, &err);
    ck_assert(rc == 0 || (rc == ERR_PROTOCOL && err.code == rc));
    mem_free(copy);
    return rc;
}

START_TEST(test_truncated_at_every_length)
{
    AUTO_FREE char *bytes = NULL;
    size_t len;
    struct zone zone;
    read_berlin(&bytes, &len);
    for (size_t cut = 0; cut < len; cut++) {
        ck_assert_int_lt(parse(bytes, cut, &zone), 0);
        zone_tables_done(&zone);
    }
    ck_assert_int_eq(parse(bytes, len, &zone), 0);
    zone_tables_done(&zone);
}
END_TEST

/* Whatever still parses must answer without a crash. */
START_TEST(test_every_byte_changed)
{
    static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff, '0', ',', '\n'};
    AUTO_FREE char *bytes = NULL;
    size_t len;
    read_berlin(&bytes, &len);
    for (size_t i = 0; i < len; i++) {
        char before = bytes[i];
        for (size_t v = 0; v < ARRAY_LEN(values); v++) {
            struct zone zone;
            struct civil civil;
            bytes[i] = (char)values[v];
            if (parse(bytes, len, &zone) == 0)
                for (int64_t at = -4000000000; at < 8000000000; at += 700000000) {
                    zone_civil(&zone, at, &civil);
                    (void)zone_to_unix(&zone, &civil);
                    ck_assert_ptr_nonnull(zone_abbreviation_at(&zone, at));
                }
            zone_tables_done(&zone);
        }
        bytes[i] = before;
    }
}
END_TEST

/* Version 1: one change, to +1 h at 1000 s. */
static const char version_1[] = "TZif\0"
                                "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0\10"
                                "\0\0\3\350\1"
                                "\0\0\0\0\0\0\0\0\16\20\1\4"
                                "AAA\0BBB";

START_TEST(test_version_1)
{
    struct zone zone;
    ck_assert_int_eq(parse(version_1, sizeof(version_1), &zone), 0);
    ck_assert_int_eq(zone_offset_at(&zone, 999), 0);
    ck_assert_str_eq(zone_abbreviation_at(&zone, 999), "AAA");
    ck_assert_int_eq(zone_offset_at(&zone, 1000), 3600);
    ck_assert_str_eq(zone_abbreviation_at(&zone, 1000), "BBB");
    ck_assert_int_eq(zone_offset_at(&zone, 99999999999), 3600);
    zone_tables_done(&zone);
    for (size_t cut = 0; cut < sizeof(version_1); cut++) {
        ck_assert_int_lt(parse(version_1, cut, &zone), 0);
        zone_tables_done(&zone);
    }
}
END_TEST

START_TEST(test_counts_beyond_the_file)
{
    for (size_t at = 20; at < 44; at++) {
        char bytes[sizeof(version_1)];
        struct zone zone;
        memcpy(bytes, version_1, sizeof(bytes));
        bytes[at] = (char)0xff;
        ck_assert_int_lt(parse(bytes, sizeof(bytes), &zone), 0);
        zone_tables_done(&zone);
    }
}
END_TEST

START_TEST(test_own_directory_first)
{
    char dir[] = "/tmp/test-zone-XXXXXX", path[64];
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/Mine", dir);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(version_1, 1, sizeof(version_1) - 1, file), sizeof(version_1) - 1);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(setenv("ZONEINFO", dir, 1), 0);
    struct err err = {0};
    const struct zone *zone = NULL;
    ck_assert_int_eq(zone_find("Mine", &zone, &err), ERR_PROTOCOL); /* one byte short */
    ck_assert_msg(strstr(err.msg, path), "%s", err.msg);
    file = fopen(path, "w");
    ck_assert_uint_eq(fwrite(version_1, 1, sizeof(version_1), file), sizeof(version_1));
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(zone_offset_at(find("Mine"), 2000), 3600);
    ck_assert_int_eq(zone_offset_at(find("Asia/Seoul"), 1750000000), 32400); /* the system's still count */
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(zone_offset_at(find("Mine"), 2000), 3600); /* read once */
    ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

/* ---- rules for later times ---- */

static const struct {
    const char *text;
    bool ok;
    int32_t january, july; /* offsets in the middle of the month, 2040 */
} rule_rows[] = {
    {"CET-1CEST,M3.5.0,M10.5.0/3", true, 3600, 7200},
    {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", true, 39600, 37800},
    {"IST-1GMT0,M10.5.0,M3.5.0/1", true, 0, 3600},
    {"EST5EDT", true, -18000, -14400},
    {"EST5EDT4:30:10", true, -18000, -16210},
    {"<-03>3", true, -10800, -10800},
    {"AAA-24:59:59", true, 89999, 89999},
    {"AAA0BBB,J1/0,J365/25", true, 3600, 3600}, /* all the year */
    {"AAA0BBB,60,300", true, 0, 3600},
    {"AAA0BBB,M3.4.4/50,M10.4.4/-1", true, 0, 3600},
    {"", false, 0, 0},
    {"CE-1", false, 0, 0},
    {"CET", false, 0, 0},
    {"<+1030-10:30", false, 0, 0},
    {"CET-1CEST,", false, 0, 0},
    {"CET-1CEST,M3.5.0", false, 0, 0},
    {"CET-1CEST,M3.5.0,", false, 0, 0},
    {"CET-1CEST,M3.5.0,M10.5.0/3x", false, 0, 0},
    {"CET-1CEST,M13.5.0,M10.5.0", false, 0, 0},
    {"CET-1CEST,M3.6.0,M10.5.0", false, 0, 0},
    {"CET-1CEST,M3.0.0,M10.5.0", false, 0, 0},
    {"CET-1CEST,M3.5.7,M10.5.0", false, 0, 0},
    {"CET-1CEST,J0,J365", false, 0, 0},
    {"CET-1CEST,J366,J365", false, 0, 0},
    {"CET-1CEST,366,1", false, 0, 0},
    {"CET-169", false, 0, 0},
    {"CET-1:60", false, 0, 0},
    {"CET-1:", false, 0, 0},
    {"CET-99999999999999999999", false, 0, 0},
    {"<AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA>1", false, 0, 0},
};

START_TEST(test_rules)
{
    struct posix_tz rule;
    const char *text = rule_rows[_i].text;
    ck_assert_int_eq(posix_tz_parse(text, strlen(text), &rule), rule_rows[_i].ok);
    if (!rule_rows[_i].ok)
        return;
    int64_t january = civil_to_days(2040, 1, 15) * 86400, july = civil_to_days(2040, 7, 15) * 86400;
    ck_assert_int_eq(posix_tz_lookup(&rule, 0, january).type->offset, rule_rows[_i].january);
    ck_assert_int_eq(posix_tz_lookup(&rule, 0, july).type->offset, rule_rows[_i].july);
}
END_TEST

static void *find_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < 200; i++)
        for (size_t n = 0; n < ARRAY_LEN(round_trip_rows); n++) {
            const struct zone *zone = NULL;
            if (zone_find(round_trip_rows[n], &zone, NULL) < 0)
                return NULL;
        }
    return (void *)find("Asia/Tehran");
}

START_TEST(test_threads_share_zones)
{
    pthread_t threads[4];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, find_many, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        void *zone;
        ck_assert_int_eq(pthread_join(threads[i], &zone), 0);
        ck_assert_ptr_eq(zone, find("Asia/Tehran"));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/zone");
    SUITE_ADD_LOOP(suite, test_offsets, offset_rows);
    SUITE_ADD_LOOP(suite, test_dates, date_rows);
    SUITE_ADD_LOOP(suite, test_round_trip, round_trip_rows);
    SUITE_ADD(suite, test_civil);
    SUITE_ADD(suite, test_extremes);
    SUITE_ADD_LOOP(suite, test_bad_names, bad_names);
    SUITE_ADD(suite, test_names);
    SUITE_ADD(suite, test_spellings_end);
    SUITE_ADD(suite, test_truncated_at_every_length);
    SUITE_ADD(suite, test_every_byte_changed);
    SUITE_ADD(suite, test_version_1);
    SUITE_ADD(suite, test_counts_beyond_the_file);
    SUITE_ADD(suite, test_own_directory_first);
    SUITE_ADD_LOOP(suite, test_rules, rule_rows);
    SUITE_ADD(suite, test_threads_share_zones);
    return suite_run(suite);
}

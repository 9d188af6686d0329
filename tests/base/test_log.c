/* The log: what a line looks like, and that no event can become two. */
#include "scaler/base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scaler/base/clock.h"
#include "scaler/base/json.h"
#include "scaler/base/text.h"
#include "tests/base/suite.h"

static int saved_stderr;
static int ends[2];
static char captured[65536];

static void capture(void)
{
    saved_stderr = dup(STDERR_FILENO);
    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
}

static size_t release(void)
{
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    size_t len = 0;
    for (ssize_t n; (n = read(ends[0], captured + len, sizeof(captured) - 1 - len)) > 0;)
        len += (size_t)n;
    captured[len] = '\0';
    close(ends[0]);
    return len;
}

static size_t count_lines(void)
{
    size_t lines = 0;
    for (const char *at = captured; *at; at++)
        lines += *at == '\n';
    return lines;
}

START_TEST(test_text)
{
    log_setup(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    capture();
    log_info("ns/name", "scaled to %d", 3);
    log_error(NULL, "stop");
    release();
    ck_assert_uint_eq(count_lines(), 2);
    char *second = strchr(captured, '\n') + 1;
    ck_assert(text_starts_with(captured + 24, " info  ns/name: scaled to 3\n"));
    ck_assert_str_eq(second + 24, " error stop\n");
    captured[24] = '\0';
    int64_t ms;
    ck_assert_int_eq(clock_parse_rfc3339(captured, &ms, NULL), 0);
    ck_assert_int_le(llabs(ms - clock_wall_ms()), 60000);
    ck_assert_int_eq(captured[19], '.');
}
END_TEST

START_TEST(test_json)
{
    log_setup(LOG_LEVEL_DEBUG, LOG_FORMAT_JSON);
    capture();
    log_warn("ns/na\"me", "a \"quoted\"\nthing \x01");
    size_t len = release();
    ck_assert_uint_eq(count_lines(), 1);
    AUTO_JSON json_t *line = NULL;
    ck_assert_int_eq(json_load_bytes(captured, len, &line, NULL), 0);
    ck_assert_uint_eq(json_object_size(line), 4);
    ck_assert_str_eq(json_str(line, "level"), "warn");
    ck_assert_str_eq(json_str(line, "object"), "ns/na\"me");
    ck_assert_str_eq(json_str(line, "message"), "a \"quoted\"\nthing \x01");
    int64_t ms;
    ck_assert_int_eq(clock_parse_rfc3339(json_str(line, "time"), &ms, NULL), 0);
}
END_TEST

START_TEST(test_json_without_object)
{
    log_setup(LOG_LEVEL_DEBUG, LOG_FORMAT_JSON);
    capture();
    log_debug(NULL, "m");
    size_t len = release();
    AUTO_JSON json_t *line = NULL;
    ck_assert_int_eq(json_load_bytes(captured, len, &line, NULL), 0);
    ck_assert_uint_eq(json_object_size(line), 3);
    ck_assert_str_eq(json_str(line, "level"), "debug");
}
END_TEST

static const struct {
    const char *message;
    const char *shown;
} hostile_rows[] = {
    {"a\nb\r\nc", "a\\nb\\r\\nc"},
    {"tab\there", "tab\\there"},
    {"\x1b[2J\x07\x7f", "\\x1b[2J\\x07\\x7f"},
    {"\xc2\x9b"
     "1m",
     "\\u009b1m"},
    {"line\u2028sep\u2029", "line\\u2028sep\\u2029"},
    {"bad\xff\xc3", "bad\ufffd\ufffd"},
    {"héllo €", "héllo €"},
    {"", ""},
    {"100% %s %n", "100% %s %n"},
};

START_TEST(test_hostile)
{
    char want[100];
    for (int json = 0; json < 2; json++) {
        log_setup(LOG_LEVEL_INFO, json ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT);
        capture();
        log_info(hostile_rows[_i].message, "%s", hostile_rows[_i].message);
        size_t len = release();
        ck_assert_uint_eq(count_lines(), 1);
        ck_assert_int_eq(captured[len - 1], '\n');
        ck_assert(text_is_utf8(captured, len));
    }
    log_setup(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    capture();
    log_info(hostile_rows[_i].message, "%s", hostile_rows[_i].message);
    release();
    snprintf(want, sizeof(want), " info  %s: %s\n", hostile_rows[_i].shown, hostile_rows[_i].shown);
    ck_assert_str_eq(captured + 24, want);
}
END_TEST

START_TEST(test_long_message_is_cut)
{
    char *text = mem_alloc(1 << 20);
    memset(text, _i ? '\x01' : 'x', (1 << 20) - 1);
    text[(1 << 20) - 1] = '\0';
    log_setup(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    capture();
    log_info(NULL, "%s", text);
    size_t len = release();
    mem_free(text);
    ck_assert_uint_gt(len, 1000);
    ck_assert_uint_lt(len, 40000);
    ck_assert_uint_eq(count_lines(), 1);
    ck_assert_int_eq(captured[len - 1], '\n');
}
END_TEST

START_TEST(test_long_object_still_ends_its_line)
{
    char *text = mem_alloc(60000);
    memset(text, 'x', 59999);
    text[59999] = '\0';
    log_setup(LOG_LEVEL_INFO, _i ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT);
    capture();
    log_info(text, "m");
    size_t len = release();
    mem_free(text);
    ck_assert_uint_eq(count_lines(), 1);
    ck_assert_int_eq(captured[len - 1], '\n');
}
END_TEST

START_TEST(test_levels)
{
    log_setup(LOG_LEVEL_WARN, LOG_FORMAT_TEXT);
    ck_assert(log_enabled(LOG_LEVEL_ERROR) && log_enabled(LOG_LEVEL_WARN));
    ck_assert(!log_enabled(LOG_LEVEL_INFO) && !log_enabled(LOG_LEVEL_DEBUG));
    capture();
    errno = EAGAIN;
    log_info(NULL, "no");
    log_debug(NULL, "no");
    log_warn(NULL, "yes");
    ck_assert_int_eq(errno, EAGAIN);
    release();
    ck_assert_uint_eq(count_lines(), 1);
}
END_TEST

START_TEST(test_parse)
{
    enum log_level level = LOG_LEVEL_DEBUG;
    enum log_format format = LOG_FORMAT_JSON;
    struct err err = {0};
    ck_assert_int_eq(log_parse_level("warn", &level, &err), 0);
    ck_assert_int_eq(level, LOG_LEVEL_WARN);
    ck_assert_int_eq(log_parse_level("WARN", &level, &err), ERR_CONFIG);
    ck_assert_int_eq(log_parse_level(NULL, &level, &err), ERR_CONFIG);
    ck_assert_int_eq(level, LOG_LEVEL_WARN);
    ck_assert_int_eq(log_parse_format("text", &format, &err), 0);
    ck_assert_int_eq(format, LOG_FORMAT_TEXT);
    ck_assert_int_eq(log_parse_format("xml", &format, &err), ERR_CONFIG);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/log");
    const int both[2] = {0};
    SUITE_ADD(suite, test_text);
    SUITE_ADD(suite, test_json);
    SUITE_ADD(suite, test_json_without_object);
    SUITE_ADD_LOOP(suite, test_hostile, hostile_rows);
    SUITE_ADD_LOOP(suite, test_long_message_is_cut, both);
    SUITE_ADD_LOOP(suite, test_long_object_still_ends_its_line, both);
    SUITE_ADD(suite, test_levels);
    SUITE_ADD(suite, test_parse);
    return suite_run(suite);
}

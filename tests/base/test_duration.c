/* Durations beyond vectors/exact/coercion. */
#include "scaler/base/duration.h"

#include <string.h>

#include "tests/base/suite.h"

static const struct {
    const char *text;
    int code;
    int64_t ns;
} param_rows[] = {
    {"0", 0, 0},
    {"200ms", 0, 200000000},
    {"1000", 0, 1000000000},
    {"+7", 0, 7000000},
    {"1.5s", 0, 1500000000},
    {"9223372036854", 0, 9223372036854000000},
    {"9223372036855", 0, -9223372036854551616},
    {"9223372036854775807", 0, -1000000}, /* upstream's wrapping */
    {"18446744073710", 0, 448384},
    {"9223372036854775808", ERR_INVALID, 0},
    {"-1", ERR_INVALID, 0},
    {"-9223372036854775808", ERR_INVALID, 0},
    {"-1s", ERR_INVALID, 0},
    {"-0.5ns", 0, 0},
    {"", ERR_INVALID, 0},
    {" 5", ERR_INVALID, 0},
    {"1d", ERR_INVALID, 0},
    {"1.5", ERR_INVALID, 0},
    {"s", ERR_INVALID, 0},
    {"1s.", ERR_INVALID, 0},
    {"1\xc2s", ERR_INVALID, 0},
};

START_TEST(test_param)
{
    int64_t ns = 77;
    struct err err = {0};
    ck_assert_int_eq(duration_parse_param(param_rows[_i].text, &ns, &err), param_rows[_i].code);
    ck_assert_int_eq(ns, param_rows[_i].code ? 77 : param_rows[_i].ns);
    ck_assert_int_eq(err.code, param_rows[_i].code);
}
END_TEST

static const struct {
    const char *text;
    int code;
    int64_t ns;
} go_rows[] = {
    {"-2562047h47m16.854775808s", 0, INT64_MIN},
    {"-9223372036854775808ns", 0, INT64_MIN},
    {"9223372036854775808ns", ERR_INVALID, 0},
    {"9223372036854775807ns1ns", ERR_INVALID, 0},
    {"99999999999999999999s", ERR_INVALID, 0},
    {"0.99999999999999999999999s", 0, 1000000000},
    {"0.3333333333333333333h", 0, 1200000000000},
    {"+", ERR_INVALID, 0},
    {"-", ERR_INVALID, 0},
    {"00", ERR_INVALID, 0},
    {"0s", 0, 0},
    {"5", ERR_INVALID, 0},
};

START_TEST(test_go)
{
    int64_t ns = 77;
    ck_assert_int_eq(duration_parse_go(go_rows[_i].text, &ns, NULL), go_rows[_i].code);
    ck_assert_int_eq(ns, go_rows[_i].code ? 77 : go_rows[_i].ns);
}
END_TEST

static const struct {
    int64_t ms;
    const char *text;
} format_rows[] = {
    {0, "0s"},
    {1, "1ms"},
    {200, "200ms"},
    {1000, "1s"},
    {1500, "1s500ms"},
    {90000, "1m30s"},
    {3600000, "1h"},
    {3661001, "1h1m1s1ms"},
    {-90000, "-1m30s"},
    {86400000, "24h"},
    {INT64_MAX, "2562047788015h12m55s807ms"},
    {INT64_MIN, "-2562047788015h12m55s808ms"},
};

START_TEST(test_format)
{
    char buf[64];
    ck_assert_str_eq(duration_format_ms(format_rows[_i].ms, buf, sizeof(buf)), format_rows[_i].text);
    int64_t ns;
    if (_i < 10) {
        ck_assert_int_eq(duration_parse_go(buf, &ns, NULL), 0);
        ck_assert_int_eq(ns, format_rows[_i].ms * 1000000);
    }
    char small[4];
    ck_assert_uint_lt(strlen(duration_format_ms(format_rows[_i].ms, small, sizeof(small))), sizeof(small));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/duration");
    SUITE_ADD_LOOP(suite, test_param, param_rows);
    SUITE_ADD_LOOP(suite, test_go, go_rows);
    SUITE_ADD_LOOP(suite, test_format, format_rows);
    return suite_run(suite);
}

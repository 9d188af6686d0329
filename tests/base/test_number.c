/* Numbers in text beyond vectors/exact/coercion: edges, untouched outputs, formatting. */
#include "scaler/base/number.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/base/suite.h"

static const struct {
    const char *text;
    int64_t min, max;
    bool ok;
    int64_t value;
} json_int_rows[] = {
    {"0", INT64_MIN, INT64_MAX, true, 0},
    {"-0", INT64_MIN, INT64_MAX, true, 0},
    {"9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX},
    {"-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN},
    {"9223372036854775808", INT64_MIN, INT64_MAX, false, 0},
    {"-9223372036854775809", INT64_MIN, INT64_MAX, false, 0},
    {"99999999999999999999999999", INT64_MIN, INT64_MAX, false, 0},
    {"5", 1, 5, true, 5},
    {"6", 1, 5, false, 0},
    {"0", 1, 5, false, 0},
    {"+5", INT64_MIN, INT64_MAX, false, 0},
    {"05", INT64_MIN, INT64_MAX, false, 0},
    {"-05", INT64_MIN, INT64_MAX, false, 0},
    {"-", INT64_MIN, INT64_MAX, false, 0},
    {"", INT64_MIN, INT64_MAX, false, 0},
    {"5.0", INT64_MIN, INT64_MAX, false, 0},
    {"1e3", INT64_MIN, INT64_MAX, false, 0},
    {" 5", INT64_MIN, INT64_MAX, false, 0},
    {"5\n", INT64_MIN, INT64_MAX, false, 0},
};

START_TEST(test_json_int)
{
    int64_t value = 77;
    struct err err = {0};
    int rc = number_parse_json_int(json_int_rows[_i].text, json_int_rows[_i].min, json_int_rows[_i].max,
                                   &value, &err);
    ck_assert_int_eq(rc == 0, json_int_rows[_i].ok);
    ck_assert_int_eq(err.code, rc);
    ck_assert_int_eq(value, json_int_rows[_i].ok ? json_int_rows[_i].value : 77);
}
END_TEST

static const struct {
    const char *text;
    bool go;   /* Go's strconv takes it */
    bool json; /* JSON takes it */
    double value;
} float_rows[] = {
    {"0", true, true, 0},
    {"-1.5e-3", true, true, -1.5e-3},
    {"1E+2", true, true, 100},
    {"1.7976931348623157e308", true, true, DBL_MAX},
    {"1e309", false, false, 0},
    {"-1e309", false, false, 0},
    {"1e-400", true, true, 0},
    {"5e-324", true, true, 5e-324},
    {"5.", true, false, 5},
    {".5", true, false, 0.5},
    {"+5", true, false, 5},
    {"007", true, false, 7},
    {"1_000.5", true, false, 1000.5},
    {"1_0e1_0", true, false, 10e10},
    {"1__0", false, false, 0},
    {"_1", false, false, 0},
    {"1_", false, false, 0},
    {"1_.5", false, false, 0},
    {"1e_5", false, false, 0},
    {"0x1p4", true, false, 16},
    {"0X1.8P-1", true, false, 0.75},
    {"0x_1p4", true, false, 16},
    {"0x10", false, false, 0},
    {"0x", false, false, 0},
    {"0xp4", false, false, 0},
    {"0x1p", false, false, 0},
    {"0x1p1024", false, false, 0},
    {"inf", true, false, (double)INFINITY},
    {"+Infinity", true, false, (double)INFINITY},
    {"-INF", true, false, -(double)INFINITY},
    {"infi", false, false, 0},
    {"+nan", false, false, 0},
    {"nan(1)", false, false, 0},
    {".", false, false, 0},
    {"", false, false, 0},
    {"-", false, false, 0},
    {"1e", false, false, 0},
    {"1e+", false, false, 0},
    {"1,5", false, false, 0},
    {" 1", false, false, 0},
    {"1 ", false, false, 0},
    {"1f", false, false, 0},
    {"1k", false, false, 0},
};

START_TEST(test_floats)
{
    double go = 77, json = 77;
    int go_rc = number_parse_go_float(float_rows[_i].text, &go, NULL);
    int json_rc = number_parse_json_float(float_rows[_i].text, &json, NULL);
    ck_assert_int_eq(go_rc == 0, float_rows[_i].go);
    ck_assert_int_eq(json_rc == 0, float_rows[_i].json);
    ck_assert(go == (float_rows[_i].go ? float_rows[_i].value : 77));
    ck_assert(json == (float_rows[_i].json ? float_rows[_i].value : 77));
}
END_TEST

START_TEST(test_nan)
{
    double value = 0;
    ck_assert_int_eq(number_parse_go_float("NaN", &value, NULL), 0);
    ck_assert(isnan(value));
    ck_assert_int_lt(number_parse_json_float("NaN", &value, NULL), 0);
}
END_TEST

START_TEST(test_long_text)
{
    char *text = mem_alloc(1000001);
    memset(text, '1', 1000000);
    text[1000000] = '\0';
    double value = 77;
    int64_t whole = 77;
    struct err err = {0};
    ck_assert_int_lt(number_parse_go_float(text, &value, &err), 0);
    ck_assert_uint_lt(strlen(err.msg), 200);
    ck_assert_int_lt(number_parse_go_int(text, &whole, NULL), 0);
    memset(text + 2, '0', 999998);
    text[1] = '.';
    ck_assert_int_eq(number_parse_go_float(text, &value, NULL), 0);
    ck_assert(value == 1);
    ck_assert_int_eq(whole, 77);
    mem_free(text);
}
END_TEST

static const struct {
    double value;
    const char *text;
} format_rows[] = {
    {0, "0"},
    {-0.0, "-0"},
    {1, "1"},
    {-2.5, "-2.5"},
    {0.1, "0.1"},
    {0.30000000000000004, "0.30000000000000004"},
    {100, "100"},
    {1e6, "1000000"},
    {123456789.125, "123456789.125"},
    {1e20, "100000000000000000000"},
    {1e21, "1e+21"},
    {1.5e300, "1.5e+300"},
    {1e-6, "0.000001"},
    {1.25e-7, "1.25e-7"},
    {5e-324, "5e-324"},
    {DBL_MAX, "1.7976931348623157e+308"},
    {-DBL_MAX, "-1.7976931348623157e+308"},
    {9007199254740993.0, "9007199254740992"},
    {(double)NAN, "NaN"},
    {(double)INFINITY, "+Inf"},
    {-(double)INFINITY, "-Inf"},
};

START_TEST(test_format)
{
    char buf[32];
    ck_assert_str_eq(number_format_double(format_rows[_i].value, buf, sizeof(buf)), format_rows[_i].text);
}
END_TEST

START_TEST(test_format_reads_back)
{
    uint64_t bits = 0x9e3779b97f4a7c15u;
    for (int i = 0; i < 200000; i++) {
        bits = bits * 6364136223846793005u + 1442695040888963407u;
        double value;
        memcpy(&value, &bits, sizeof(value));
        if (isnan(value) || isinf(value))
            continue;
        char buf[32];
        memset(buf, 'x', sizeof(buf));
        number_format_double(value, buf, sizeof(buf));
        ck_assert_uint_lt(strnlen(buf, sizeof(buf)), sizeof(buf) - 1);
        ck_assert(strtod(buf, NULL) == value);
    }
}
END_TEST

static const struct {
    double value;
    int64_t milli;
} milli_rows[] = {
    {0, 0},
    {-0.0, 0},
    {0.5, 500},
    {0.0004, 0},
    {0.0005, 1},
    {999.9996, 1000000},
    {33.333333333333336, 33333},
    {-1, 0},
    {-1e300, 0},
    {(double)NAN, 0},
    {(double)INFINITY, 0},
    {-(double)INFINITY, 0},
    {9.2e15, 9200000000000000000},
    {9223372036854774.0, 9223372036854774000},
    {9223372036854776.0, INT64_MAX},
    {9.3e15, INT64_MAX},
    {1e18, INT64_MAX},
    {DBL_MAX, INT64_MAX},
};

START_TEST(test_metric_milli)
{
    ck_assert_int_eq(number_metric_milli(milli_rows[_i].value), milli_rows[_i].milli);
}
END_TEST

static const struct {
    const char *text;
    bool accepted;
} target_rows[] = {
    {"5", true},   {"1_0.5", true}, {"0x1p-3", true}, {"NaN", true}, {"Inf", true}, {"0", false},
    {"-0", false}, {"-5", false},   {"-Inf", false},  {" 5", false}, {"", false},   {"1e309", false},
};

START_TEST(test_modifiers_target)
{
    double value = 77;
    int rc = number_parse_modifiers_target(target_rows[_i].text, &value, NULL);
    ck_assert_msg((rc == 0) == target_rows[_i].accepted, "%s", target_rows[_i].text);
    ck_assert(rc == 0 || value == 77);
}
END_TEST

static const struct {
    double value;
    const char *text;
} metric_rows[] = {
    {33.333333333333336, "33.333"},
    {0.0005, "0.001"},
    {0.0004, "0.000"},
    {1000, "1000.000"},
    {0, "0"},
    {-5, "0"},
    {NAN, "0"},
    {INFINITY, "0"},
};

START_TEST(test_metric_text)
{
    AUTO_FREE char *text = number_format_metric(metric_rows[_i].value);
    ck_assert_str_eq(text, metric_rows[_i].text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/number");
    SUITE_ADD_LOOP(suite, test_json_int, json_int_rows);
    SUITE_ADD_LOOP(suite, test_floats, float_rows);
    SUITE_ADD(suite, test_nan);
    SUITE_ADD(suite, test_long_text);
    SUITE_ADD_LOOP(suite, test_format, format_rows);
    SUITE_ADD(suite, test_format_reads_back);
    SUITE_ADD_LOOP(suite, test_metric_milli, milli_rows);
    SUITE_ADD_LOOP(suite, test_modifiers_target, target_rows);
    SUITE_ADD_LOOP(suite, test_metric_text, metric_rows);
    return suite_run(suite);
}

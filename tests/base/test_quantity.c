/* Quantities beyond vectors/exact/coercion. Doubles obtained by running
 * apimachinery 0.36; where its milli values wrap, Davit's saturate. */
#include "scaler/base/quantity.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/base/suite.h"

static const struct {
    const char *text;
    double approx;
    int64_t milli;
} good_rows[] = {
    {"0.7", 0.7000000000000001, 700},
    {"100u", 9.999999999999999e-05, 1},
    {"250m", 0.25, 250},
    {"5.", 5, 5000},
    {"007", 7, 7000},
    {"1Ki", 1024, 1024000},
    {"0.5Ki", 512, 512000},
    {"1.0001Ki", 1024.1024, 1024103},
    {"1.5e3", 1500, 1500000},
    {"1E2", 100, 100000},
    {"1e-400", 1e-9, 1},
    {"0.99999999999", 1, 1000},
    {"9.9999999999999999999", 10, 10000},
    {"-0.0000000001", -1e-9, 1}, /* upstream's rounding of long negatives */
    {"-1.5", -1.5, -1500},
    {"-1n", -1e-9, -1},
    {"0e400", 0, 0},
    {"0.00000000000000000000000", 0, 0},
    {"1e400", (double)INFINITY, INT64_MAX},
    {"-1e400", -(double)INFINITY, INT64_MIN},
    {"1e1000000000", (double)INFINITY, INT64_MAX},
    {"1e-1000000000", 1e-9, 1},
    {"100Ei", 9223372036854775807.0, INT64_MAX},
    {"-100Ei", -9223372036854775807.0, INT64_MIN},
    {"9223372036854775807000000000000000000", 9.223372036854777e36, INT64_MAX},
};

START_TEST(test_good)
{
    struct quantity quantity = {0};
    struct err err = {0};
    ck_assert_int_eq(quantity_parse(good_rows[_i].text, &quantity, &err), 0);
    ck_assert_msg(quantity.approx == good_rows[_i].approx, "%s gave %.17g", good_rows[_i].text,
                  quantity.approx);
    ck_assert_int_eq(quantity.milli, good_rows[_i].milli);
}
END_TEST

static const struct {
    const char *text, *canonical, *shown;
    int64_t value;
} text_rows[] = {
    {"0", "0", "0", 0},
    {"-0", "0", "0", 0},
    {"0Ki", "0", "0", 0},
    {"1Ki", "1Ki", "1Ki", 1024},
    {"1Mi", "1Mi", "1Mi", 1048576},
    {"1Gi", "1Gi", "1Gi", 1073741824},
    {"1Ti", "1Ti", "1Ti", 1099511627776},
    {"1Pi", "1Pi", "1Pi", 1125899906842624},
    {"1Ei", "1Ei", "1Ei", 1152921504606846976},
    {"1023", "1023", "1023", 1023},
    {"1024", "1024", "1024", 1024},
    {"1024Ki", "1Mi", "1Mi", 1048576},
    {"1023Ki", "1023Ki", "1023Ki", 1047552},
    {"1025Ki", "1025Ki", "1025Ki", 1049600},
    {"8Ki", "8Ki", "8Ki", 8192},
    {"0.5Ki", "512", "512", 512},
    {"0.1Ki", "102400m", "102400m", 103},
    {"1.1Ki", "1126400m", "1126400m", 1127},
    {"-1.5Gi", "-1536Mi", "-1536Mi", -1610612736},
    {"1.5Gi", "1536Mi", "1536Mi", 1610612736},
    {"1e3", "1e3", "1e3", 1000},
    {"1E3", "1e3", "1E3", 1000},
    {"1e4", "10e3", "10e3", 10000},
    {"1e-9", "1e-9", "1e-9", 1},
    {"1e-10", "1e-9", "1e-9", 1},
    {"1000m", "1", "1", 1},
    {"1500m", "1500m", "1500m", 2},
    {"1000000n", "1m", "1m", 1},
    {"1000001n", "1000001n", "1000001n", 1},
    {"0.0000000001", "1n", "1n", 1},
    {"1234567.1234567891", "1234567123456790n", "1234567123456790n", 1234568},
    {"5.", "5", "5.", 5},
    {".5", "500m", "500m", 1},
    {"+5", "5", "+5", 5},
    {"+5k", "5k", "+5k", 5000},
    {"007", "7", "007", 7},
    {"1000k", "1M", "1M", 1000000},
    {"100000", "100k", "100k", 100000},
    {"1001k", "1001k", "1001k", 1001000},
    {"1.000", "1", "1", 1},
    {"123.000", "123", "123", 123},
    {"1.0e3", "1e3", "1e3", 1000},
    {"-2.675", "-2675m", "-2.675", -3},
    {"1.005", "1005m", "1.005", 2},
    {"0.999999999", "999999999n", "999999999n", 1},
    {"33.3333333333", "33333333334n", "33333333334n", 34},
    {"1e18", "1e18", "1e18", 1000000000000000000},
    {"999999999999999999", "999999999999999999", "999999999999999999", 999999999999999999},
    {"1000000000000000000", "1E", "1E", 1000000000000000000},
    {"10E", "10E", "10E", INT64_MAX}, /* upstream wraps */
    {"12345678901234567890", "12345678901234567890", "12345678901234567890", INT64_MAX},
    {"1000E", "1e21", "1e21", INT64_MAX},
    {"16Ei", "9223372036854775807", "9223372036854775807", INT64_MAX},
};

START_TEST(test_text)
{
    struct quantity quantity = {0};
    const char *text = text_rows[_i].text;
    AUTO_STRBUF struct strbuf canonical, shown;
    strbuf_init(&canonical);
    strbuf_init(&shown);
    ck_assert_int_eq(quantity_parse(text, &quantity, NULL), 0);
    ck_assert_int_eq(quantity_format(text, QUANTITY_CANONICAL, &canonical, NULL), 0);
    ck_assert_int_eq(quantity_format(text, QUANTITY_SHOWN, &shown, NULL), 0);
    ck_assert_int_eq(quantity.value, text_rows[_i].value);
    ck_assert_str_eq(canonical.data, text_rows[_i].canonical);
    ck_assert_str_eq(shown.data, text_rows[_i].shown);
}
END_TEST

static const char *const bad_rows[] = {
    "",
    "abc",
    "1K",
    "1ki",
    "1e",
    "1e+",
    "1 ",
    " 1",
    "1.2.3",
    "--1",
    "1Kii",
    "1e3m",
    "0x10",
    "1,5",
    "NaN",
    "Inf",
    "1Ti2",
    "1e1.5",
    "é",
    "1\n",
    ".e-10",
    "-e-10",
    "1-5",
    "+-1",
    "1mm",
    "Ki.",
    "1e99999999999999999999",
    "1e4294967296",
    "1e-4294967296",
};

START_TEST(test_bad)
{
    struct quantity quantity = {.approx = 77, .milli = 77};
    struct err err = {0};
    ck_assert_int_eq(quantity_parse(bad_rows[_i], &quantity, &err), ERR_INVALID);
    AUTO_STRBUF struct strbuf text;
    strbuf_init(&text);
    ck_assert_int_eq(quantity_format(bad_rows[_i], QUANTITY_SHOWN, &text, NULL), ERR_INVALID);
    ck_assert_uint_eq(text.len, 0);
    ck_assert(quantity.approx == 77 && quantity.milli == 77);
    ck_assert_uint_gt(strlen(err.msg), 0);
}
END_TEST

/* Every length up to and beyond the cap, with and without a binary suffix: no digit is lost, none is
 * invented. */
START_TEST(test_long)
{
    char text[1200];
    for (size_t len = 1; len < 1100; len++) {
        memset(text, '9', len);
        (void)snprintf(text + len, sizeof(text) - len, "%s", _i == 0 ? "" : _i == 1 ? "Ei" : "n");
        struct quantity quantity;
        int rc = quantity_parse(text, &quantity, NULL);
        ck_assert_int_eq(rc, strlen(text) > 1024 ? ERR_LIMIT : 0);
        if (rc == 0 && len > 40)
            ck_assert_int_eq(quantity.milli, INT64_MAX);
        if (rc == 0 && _i == 0 && len <= 290)
            ck_assert(fabs(quantity.approx / pow(10, (double)len) - 1) < 0.2);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/quantity");
    const int suffixes[3] = {0};
    SUITE_ADD_LOOP(suite, test_good, good_rows);
    SUITE_ADD_LOOP(suite, test_text, text_rows);
    SUITE_ADD_LOOP(suite, test_bad, bad_rows);
    SUITE_ADD_LOOP(suite, test_long, suffixes);
    return suite_run(suite);
}

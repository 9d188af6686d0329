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
    SUITE_ADD_LOOP(suite, test_bad, bad_rows);
    SUITE_ADD_LOOP(suite, test_long, suffixes);
    return suite_run(suite);
}

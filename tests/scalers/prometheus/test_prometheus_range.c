/* Answers of /api/v1/query_range. */
#include <math.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scalers/prometheus/range.h"
#include "tests/support/suite.h"

/* 1000, 1015, 1030, 1045 */
static const struct scaler_range range = {1000000, 1045000, 15000};

#define MATRIX(result) "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":" result "}}"

/* Each sample as a character: a digit of a value, e(mpty), n(an), x error. */
static const struct {
    const char *body, *samples;
} good[] = {
    {MATRIX("[]"), "eeee"},
    {MATRIX("[{\"metric\":{},\"values\":[[1000,\"1\"],[1015,\"2\"],[1030,\"3\"],[1045,\"4\"]]}]"), "1234"},
    {MATRIX("[{\"values\":[[1015.001,\"2\"],[1045,\"NaN\"]]}]"), "e2en"},
    {MATRIX("[{\"values\":[[1000,\"+Inf\"],[1015,\"-Inf\"]]}]"), "nnee"},
    {MATRIX("[{\"values\":[[1000,\"1\"],[1015,\"2\"]]},{\"values\":[[1015,\"3\"],[1030,\"3\"]]}]"), "1x3e"},
    {MATRIX("[{\"values\":[[1000,\"NaN\"]]},{\"values\":[[1000,\"3\"]]},{\"values\":[[1000,\"3\"]]}]"),
     "xeee"},
};

static char letter(const struct scaler_sample *sample)
{
    if (sample->error)
        return 'x';
    if (sample->result.state == SCALER_OK)
        return (char)('0' + (int)sample->result.value);
    return sample->result.state == SCALER_NAN ? 'n' : 'e';
}

START_TEST(test_good)
{
    struct scaler_sample *samples;
    size_t len;
    struct err err = {0};
    const char *body = good[_i].body;
    ck_assert_msg(prometheus_range_read(200, body, strlen(body), &range, &samples, &len, &err) == 0, "%s",
                  err.msg);
    ck_assert_uint_eq(len, 4);
    for (size_t i = 0; i < len; i++) {
        ck_assert_int_eq(letter(&samples[i]), good[_i].samples[i]);
        ck_assert_int_eq(samples[i].at_ms, 1000000 + (int64_t)i * 15000);
        ck_assert(!samples[i].result.partial);
        ck_assert(samples[i].result.state != SCALER_OK ||
                  fabs(samples[i].result.value - samples[i].result.activity) < 1e-9);
    }
    mem_free(samples);
}
END_TEST

static const char *const bad[] = {
    "",
    "{",
    "null",
    "[]",
    "{}",
    "{\"status\":\"success\"}",
    "{\"status\":\"error\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}",
    "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}",
    MATRIX("{}"),
    MATRIX("null"),
    MATRIX("[1]"),
    MATRIX("[{}]"),
    MATRIX("[{\"values\":{}}]"),
    MATRIX("[{\"values\":[1]}]"),
    MATRIX("[{\"values\":[[1000]]}]"),
    MATRIX("[{\"values\":[[1000,\"1\",2]]}]"),
    MATRIX("[{\"values\":[[1000,1]]}]"),
    MATRIX("[{\"values\":[[1000,null]]}]"),
    MATRIX("[{\"values\":[[1000,\"\"]]}]"),
    MATRIX("[{\"values\":[[1000,\"x\"]]}]"),
    MATRIX("[{\"values\":[[\"1000\",\"1\"]]}]"),
    MATRIX("[{\"values\":[[1007,\"1\"]]}]"),
    MATRIX("[{\"values\":[[985,\"1\"]]}]"),
    MATRIX("[{\"values\":[[1060,\"1\"]]}]"),
    MATRIX("[{\"values\":[[-1e300,\"1\"]]}]"),
    MATRIX("[{\"values\":[[1e300,\"1\"]]}]"),
};

START_TEST(test_bad)
{
    struct scaler_sample *samples = NULL;
    size_t len = 7;
    struct err err = {0};
    ck_assert_int_lt(prometheus_range_read(200, bad[_i], strlen(bad[_i]), &range, &samples, &len, &err), 0);
    ck_assert_ptr_null(samples);
    ck_assert_uint_eq(len, 7);
    ck_assert_str_ne(err.msg, "");
}
END_TEST

START_TEST(test_status)
{
    static const int statuses[] = {199, 300, 401, 503};
    struct scaler_sample *samples;
    size_t len;
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        struct err err = {0};
        ck_assert_int_lt(prometheus_range_read(statuses[i], good[0].body, strlen(good[0].body), &range,
                                               &samples, &len, &err),
                         0);
        ck_assert(strstr(err.msg, "HTTP status"));
    }
}
END_TEST

START_TEST(test_partial)
{
    static const char body[] =
        "{\"status\":\"success\",\"warnings\":[\"x\"],\"data\":{\"resultType\":\"matrix\",\"result\":[]}}";
    struct scaler_sample *samples;
    size_t len;
    ck_assert_int_eq(prometheus_range_read(200, body, sizeof body - 1, &range, &samples, &len, NULL), 0);
    ck_assert(samples[0].result.partial && samples[3].result.partial);
    mem_free(samples);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_good, 0, ARRAY_LEN(good));
    tcase_add_loop_test(tests, test_bad, 0, ARRAY_LEN(bad));
    tcase_add_test(tests, test_status);
    tcase_add_test(tests, test_partial);
}

int main(void)
{
    return suite_run("scalers/prometheus/range", 30, add);
}

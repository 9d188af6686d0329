/* The reading of answers beyond vectors/exact/prom-response: partial ones, hostile bodies, the server's own
 * error text. */
#include <math.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scalers/prometheus/response.h"
#include "tests/support/suite.h"

#define ONE(value) "{\"data\":{\"result\":[{\"value\":[0," value "]}]}}"

static const struct {
    const char *body;
    double value;
    bool error;
    enum scaler_result_state state;
    bool partial;
} answers[] = {
    {.body = "{\"warnings\":[\"a store is missing\"],\"data\":{\"result\":[]}}",
     .state = SCALER_EMPTY,
     .partial = true},
    {.body = "{\"warnings\":[\"PromQL warning: quantile value should be between 0 and "
             "1\"],\"data\":{\"result\":[]}}",
     .state = SCALER_EMPTY},
    {.body = "{\"warnings\":[\"PromQL warning: x\",\"a store is missing\"],\"data\":{\"result\":[]}}",
     .state = SCALER_EMPTY,
     .partial = true},
    {.body = "{\"warnings\":[],\"data\":{\"result\":[]}}", .state = SCALER_EMPTY},
    {.body = "{\"warnings\":null,\"data\":{\"result\":[]}}", .state = SCALER_EMPTY},
    {.body = "{\"warnings\":\"w\",\"data\":{\"result\":[]}}", .state = SCALER_EMPTY, .partial = true},
    {.body = "{\"warnings\":\"\",\"data\":{\"result\":[]}}", .state = SCALER_EMPTY},
    {.body = "{\"infos\":[\"i\"],\"data\":{\"result\":[]}}", .state = SCALER_EMPTY},
    {.body = "{\"isPartial\":true,\"data\":{\"result\":[{\"value\":[0,\"7\"]}]}}",
     .value = 7,
     .partial = true},
    {.body = "{\"isPartial\":false,\"data\":{\"result\":[{\"value\":[0,\"7\"]}]}}", .value = 7},
    {.body = "{\"data\":{\"result\":[{\"value\":[0,\"7\"]}]},\"Warnings\":[ \"late\" ]}",
     .value = 7,
     .partial = true},
    {.body = ONE("\"\\u0031\\u0032\""), .value = 12},
    {.body = "{\"d\\u0061ta\":{\"result\":[{\"value\":[0,\"4\"]}]}}", .value = 4},
    {.body = "{\"data\":{\"re\u017fult\":[{\"VALUE\":[0,\"4\"]}]}}", .value = 4}, /* a long s */
    {.body = "{\"data\":{\"re\\u017fult\":[{\"value\":[0,\"4\"]}]}}", .value = 4},
    {.body = ONE("\"1\\u0000\""), .error = true},
    {.body = ONE("\"\\ud83d\\ude00\""), .error = true},
    {.body = ONE("\"\\ud800\""), .error = true},
    {.body = ONE("\"\\x31\""), .error = true},
    {.body = ONE("\"NaN\""), .value = NAN, .state = SCALER_NAN},
    {.body = ONE("\"+Inf\""), .value = INFINITY, .state = SCALER_NAN},
    {.body = ONE("null"), .value = -1},
    /* A repeated field merges, as in Go: null and {} leave what was there. */
    {.body = "{\"data\":{\"result\":[{\"value\":[0,\"3\"]}]},\"data\":null}", .value = 3},
    {.body = "{\"data\":{\"result\":[{\"value\":[0,\"3\"]}]},\"data\":{}}", .value = 3},
    {.body = "{\"data\":{\"result\":[{\"value\":[0,\"3\"]}],\"result\":null}}", .state = SCALER_EMPTY},
    {.body = "{\"data\":{\"result\":[{\"value\":[0,\"3\"],\"value\":null}]}}",
     .state = SCALER_EMPTY,
     .partial = true},
    {.body = "{\"data\":{\"result\":[null]}}", .state = SCALER_EMPTY, .partial = true},
    /* Unknown fields may hold what a double cannot; value may not, at any depth. */
    {.body = "{\"x\":1e999,\"data\":{\"result\":[{\"value\":[0,\"3\"],\"y\":[1e999]}]}}", .value = 3},
    {.body = "{\"data\":{\"result\":[{\"value\":[{\"a\":[\"1e9\",1e999]},\"3\"]}]}}", .error = true},
    {.body = "{\"data\":{\"result\":[{\"value\":[{\"a\":[\"\\\"1e999\",1e99]},\"3\"]}]}}", .value = 3},
    {.body = "{\"data\":{\"result\":[{\"metric\":7,\"value\":[0,\"3\"]}]}}", .error = true},
    {.body = "{\"data\":{\"result\":[{\"metric\":null,\"value\":[0,\"3\"]}]}}", .value = 3},
    {.body = "{\"status\":null,\"data\":{\"resultType\":null,\"result\":[{\"value\":[01,\"3\"]}]}}",
     .error = true},
    {.body = "{\"status\":null,\"data\":{\"resultType\":null,\"result\":[{\"value\":[-0.5e-2,\"3\"]}]}}",
     .value = 3},
    /* KEDA's 0, out of what is no answer to the question. */
    {.body = "{}", .state = SCALER_EMPTY, .partial = true},
    {.body = "null", .state = SCALER_EMPTY, .partial = true},
    {.body = "{\"status\":\"ok\"}", .state = SCALER_EMPTY, .partial = true},
    {.body = "{\"status\":\"error\",\"error\":\"boom\"}", .state = SCALER_EMPTY, .partial = true},
    {.body = "{\"status\":\"error\",\"data\":{\"result\":[{\"value\":[0,\"7\"]}]}}",
     .value = 7,
     .partial = true},
    {.body = "{\"status\":\"success\",\"data\":{\"result\":[]}}", .state = SCALER_EMPTY},
    {.body = "{\"status\":\"success\",\"data\":{\"result\":null}}", .state = SCALER_EMPTY},
    {.body = "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"values\":[[0,\"7\"]]"
             "}]}}",
     .state = SCALER_EMPTY,
     .partial = true},
    {.body = "{\"a\":tru,\"data\":null}", .error = true},
    {.body = "{\"a\":-,\"data\":null}", .error = true},
    {.body = "{\"a\":1.,\"data\":null}", .error = true},
    {.body = "{\"a\":1e,\"data\":null}", .error = true},
    {.body = "{\"a\":{\"b\":[1,{}],\"c\":[]},\"data\":null}", .state = SCALER_EMPTY, .partial = true},
    {.body = "{\"a\":{\"b\":[1,{},]},\"data\":null}", .error = true},
    {.body = "{\"a\":{\"b\" [1]},\"data\":null}", .error = true},
    {.body = "{\"a\":[1}],\"data\":null}", .error = true},
    {.body = "{\"a\":1 \"data\":null}", .error = true},
    {.body = "{,}", .error = true},
    {.body = "{", .error = true},
    {.body = "\"", .error = true},
};

START_TEST(answer)
{
    const char *body = answers[_i].body;
    struct scaler_result result = {0};
    struct err err = {0};
    int code = prometheus_response_read(200, body, strlen(body), &result, &err);
    ck_assert_msg((code < 0) == answers[_i].error, "%s: %s", body, err.msg);
    if (answers[_i].error)
        return;
    ck_assert_int_eq(result.state, answers[_i].state);
    ck_assert_int_eq(result.partial, answers[_i].partial);
    if (isnan(answers[_i].value))
        ck_assert(isnan(result.value) && isnan(result.activity));
    else
        ck_assert(result.value == answers[_i].value && result.activity == answers[_i].value);
}
END_TEST

/* No cut of a good answer is read as one, and none is read beyond its end (the copy has no byte to spare). */
START_TEST(cut_off)
{
    static const char whole[] =
        "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":"
        "{\"a\":\"\\u00e4\"},\"value\":[1.5e3,\"3\"]}]},\"warnings\":[\"w\"]}";
    for (size_t len = 0; len < sizeof(whole) - 1; len++) {
        char *copy = mem_alloc(len);
        memcpy(copy, whole, len);
        struct scaler_result result = {.value = 4711};
        ck_assert_int_eq(prometheus_response_read(200, copy, len, &result, NULL), ERR_PROTOCOL);
        ck_assert(result.value == 4711);
        mem_free(copy);
    }
    struct scaler_result result = {0};
    ck_assert_int_eq(prometheus_response_read(200, whole, sizeof(whole) - 1, &result, NULL), 0);
    ck_assert(result.value == 3 && result.partial);
}
END_TEST

/* One byte changed anywhere: any outcome but a crash or a read out of bounds. */
START_TEST(flipped)
{
    static const char whole[] =
        "{\"data\":{\"result\":[{\"metric\":{\"a\":\"b\\\\\"},\"value\":[1,\"3\"]}]},\"warnings\":[1]}";
    static const char bytes[] = {0, '"', '\\', '{', '}', '[', ']', ',', ':', 'u', 'n', '-', '9', (char)0xff};
    size_t good = 0;
    for (size_t at = 0; at < sizeof(whole) - 1; at++) {
        for (size_t i = 0; i < sizeof(bytes); i++) {
            char *copy = mem_alloc(sizeof(whole) - 1);
            memcpy(copy, whole, sizeof(whole) - 1);
            copy[at] = bytes[i];
            struct scaler_result result;
            good += prometheus_response_read(200, copy, sizeof(whole) - 1, &result, NULL) == 0;
            mem_free(copy);
        }
    }
    ck_assert_uint_gt(good, 0);
    ck_assert_uint_lt(good, (sizeof(whole) - 1) * sizeof(bytes) / 2);
}
END_TEST

START_TEST(deep)
{
    size_t depth = 1 << 20;
    char *body = mem_alloc(2 * depth + 64);
    for (size_t levels = 9000; levels <= depth; levels = levels == 9000 ? depth : depth + 1) {
        char *at = stpcpy(body, "{\"x\":");
        memset(at, '[', levels);
        memset(at + levels, ']', levels);
        stpcpy(at + 2 * levels, ",\"data\":{}}");
        struct scaler_result result;
        int expected = levels == 9000 ? 0 : ERR_PROTOCOL;
        ck_assert_int_eq(prometheus_response_read(200, body, strlen(body), &result, NULL), expected);
    }
    mem_free(body);
}
END_TEST

static const struct {
    int status;
    int code;
} statuses[] = {{400, ERR_INVALID},  {401, ERR_AUTH},        {403, ERR_AUTH},        {404, ERR_NOT_FOUND},
                {422, ERR_INVALID},  {429, ERR_UNAVAILABLE}, {500, ERR_UNAVAILABLE}, {503, ERR_UNAVAILABLE},
                {302, ERR_PROTOCOL}, {100, ERR_PROTOCOL}};

START_TEST(status)
{
    struct scaler_result result;
    struct err err = {0};
    ck_assert_int_eq(
        prometheus_response_read(statuses[_i].status, ONE("\"3\""), strlen(ONE("\"3\"")), &result, &err),
        statuses[_i].code);
    AUTO_FREE char *text = mem_printf("HTTP status %d", statuses[_i].status);
    ck_assert_str_eq(err.msg, text);
}
END_TEST

static const struct {
    const char *body;
    const char *text; /* NULL: none */
} errors[] = {
    {"{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"1:5: parse \\\"error\\\"\"}",
     "1:5: parse \"error\""},
    {"{\"error\":\"\"}", NULL},
    {"{\"error\":7,\"a\":1}", NULL},
    {"{\"error\":", NULL},
    {"<html>", NULL},
    {"", NULL},
};

START_TEST(error_text)
{
    char text[64] = "";
    bool found = prometheus_response_error(errors[_i].body, strlen(errors[_i].body), text, sizeof(text));
    ck_assert_int_eq(found, errors[_i].text != NULL);
    if (found)
        ck_assert_str_eq(text, errors[_i].text);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, answer, 0, (int)ARRAY_LEN(answers));
    tcase_add_test(tests, cut_off);
    tcase_add_test(tests, flipped);
    tcase_add_test(tests, deep);
    tcase_add_loop_test(tests, status, 0, (int)ARRAY_LEN(statuses));
    tcase_add_loop_test(tests, error_text, 0, (int)ARRAY_LEN(errors));
}

int main(void)
{
    return suite_run("prometheus response", 60, add);
}

/* The metrics-api trigger over HTTP against a scripted peer: what is sent, what comes back, what does not. */
#include "tests/scalers/metrics_api/peer.h"
#include "tests/support/suite.h"

static const struct {
    const char *path;
    const char *pairs[14];
    const char *line;      /* the request line begins so */
    const char *header[2]; /* each must be there */
} requests[] = {
    {"/stats?b=1&a=2#top", {NULL}, "GET /stats?b=1&a=2 HTTP/1.1\r\n", {NULL}},
    {"", {NULL}, "GET / HTTP/1.1\r\n", {NULL}},
    {"/x",
     {"authModes", "bearer", "auth:bearerToken", "hunter2"},
     "GET /x HTTP/1.1\r\n",
     {"\r\nAuthorization: Bearer hunter2\r\n"}},
    {"/x",
     {"authMode", "basic", "auth:username", "amy", "auth:password", "hunter2"},
     "GET /x HTTP/1.1\r\n",
     {"\r\nAuthorization: Basic YW15Omh1bnRlcjI=\r\n"}},
    {"/x", {"authMode", "apiKey", "auth:apiKey", "k"}, "GET /x HTTP/1.1\r\n", {"\r\nX-API-KEY: k\r\n"}},
    {"/x",
     {"authMode", "apiKey", "apiKey", "k", "method", "header", "keyParamName", "X-Mine"},
     "GET /x HTTP/1.1\r\n",
     {"\r\nX-Mine: k\r\n"}},
    {"/x?z=1&b=%20&api_key=old&b=2&c;d&bad=%g",
     {"authMode", "apiKey", "auth:apiKey", "k/ +", "method", "query"},
     "GET /x?api_key=k%2F+%2B&b=+&b=2&z=1 HTTP/1.1\r\n",
     {NULL}},
    {"/x#f",
     {"authMode", "apiKey", "auth:apiKey", "k", "method", "query", "keyParamName", "key"},
     "GET /x?key=k HTTP/1.1\r\n",
     {NULL}},
    {"/x",
     {"authModes", "apiKey,bearer", "auth:apiKey", "k", "auth:token", "t"},
     "GET /x HTTP/1.1\r\n",
     {"\r\nX-API-KEY: k\r\n", "\r\nAuthorization: Bearer t\r\n"}},
    {"/x",
     {"authModes", "custom", "auth:customAuthHeader", "X-C", "auth:customAuthValue", "v"},
     "GET /x HTTP/1.1\r\n",
     {NULL}},
};

START_TEST(request)
{
    struct test test;
    test_init(&test, requests[_i].path);
    test_open(&test, requests[_i].pairs);
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 7);
    ck_assert_msg(text_starts_with(test.request, requests[_i].line), "%s", test.request);
    for (size_t i = 0; i < 2 && requests[_i].header[i]; i++)
        ck_assert_msg(strstr(test.request, requests[_i].header[i]) != NULL, "%s", test.request);
    ck_assert_ptr_null(strstr(test.request, "X-C:"));
    test_done(&test);
}
END_TEST

START_TEST(keeps_alive)
{
    struct test test;
    test_init(&test, "/");
    test_open(&test, NULL);
    harness_idle(&test.harness, 50);
    ck_assert_uint_eq(test.server.accepted, 0);
    for (int i = 0; i < 3; i++) {
        struct outcome outcome = harness_read(&test.harness);
        ck_assert_value(outcome, 7);
    }
    ck_assert_uint_eq(test.server.accepted, 1);
    ck_assert_uint_eq(test.requests, 3);
    test_done(&test);
}
END_TEST

static const struct {
    const char *format, *location, *status, *body;
    int code; /* 0: state and value count */
    const char *piece;
    enum scaler_result_state state;
    double value;
} answers[] = {
    {"json", "jobs.waiting", "200 OK", "{\"jobs\":{\"waiting\":\"1500m\"}}", 0, NULL, SCALER_OK, 1.5},
    {"json", "#", "200 OK", "[1,2,3]", 0, NULL, SCALER_OK, 3},
    {"json", "jobs", "200 OK", "{\"jobs\":-4}", 0, NULL, SCALER_OK, -4},
    {"yaml", "jobs.1.n", "200 OK", "jobs: [{n: 1}, {n: 0x10}]", 0, NULL, SCALER_OK, 16},
    {"prometheus", "jobs{q=\"b\"}", "200 OK", "jobs{q=\"a\"} 1\njobs{q=\"b\"} 2\n", 0, NULL, SCALER_OK, 2},
    {"prometheus", "jobs", "200 OK", "jobs NaN\n", 0, NULL, SCALER_NAN, 0},
    {"json", "jobs", "200 OK", "{\"jobs\":1e400}", 0, NULL, SCALER_NAN, 0},
    {"json", "jobs", "200 OK", "{\"job\":1}", ERR_NOT_FOUND, "nothing is at valueLocation", 0, 0},
    {"json", "jobs", "200 OK", "", ERR_NOT_FOUND, "nothing is at valueLocation", 0, 0},
    {"json", "jobs", "200 OK", "{\"jobs\":null}", ERR_INVALID, "but to Null", 0, 0},
    {"json", "jobs", "200 OK", "{\"jobs\":\"hunter2\"}", ERR_INVALID, "no quantity", 0, 0},
    {"json", "jobs", "200 OK", "<html>hunter2</html>", ERR_NOT_FOUND, "nothing is at", 0, 0},
    {"yaml", "jobs", "200 OK", "jobs: [hunter2", ERR_PROTOCOL, "not valid YAML", 0, 0},
    {"prometheus", "jobs", "200 OK", "<html>hunter2</html>", ERR_PROTOCOL, "line 1 of the metrics", 0, 0},
    {"prometheus", "jobs", "200 OK", "other 1\n", ERR_NOT_FOUND, "no counter, gauge or untyped", 0, 0},
    {"json", "jobs", "201 Made", "{\"jobs\":1}", ERR_PROTOCOL, "HTTP status 201", 0, 0},
    {"json", "jobs", "204 No Content", "", ERR_PROTOCOL, "HTTP status 204", 0, 0},
    {"json", "jobs", "401 No", "hunter2", ERR_AUTH, "HTTP status 401", 0, 0},
    {"json", "jobs", "404 No", "{\"jobs\":1}", ERR_NOT_FOUND, "HTTP status 404", 0, 0},
    {"json", "jobs", "429 Slow", "", ERR_UNAVAILABLE, "HTTP status 429", 0, 0},
    {"json", "jobs", "500 Oops", "{\"jobs\":0}", ERR_UNAVAILABLE, "HTTP status 500", 0, 0},
};

START_TEST(answer)
{
    struct test test;
    const char *pairs[] = {"format", answers[_i].format, "valueLocation", answers[_i].location, NULL};
    test_init(&test, "/");
    test_answer(&test, answers[_i].status, "", answers[_i].body);
    test_open(&test, pairs);
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_ptr_null(strstr(outcome.msg, "hunter2"));
    if (answers[_i].code != 0) {
        ck_assert_failed(outcome, answers[_i].code, answers[_i].piece);
    } else {
        ck_assert_msg(outcome.code == 0, "%s", outcome.msg);
        ck_assert_int_eq(outcome.result.state, answers[_i].state);
        ck_assert(!outcome.result.partial);
        if (outcome.result.state == SCALER_OK)
            ck_assert_msg(outcome.result.value == answers[_i].value, "%g", outcome.result.value);
    }
    test_done(&test);
}
END_TEST

START_TEST(timeout)
{
    struct test test;
    const char *pairs[] = {"timeout", "100ms", NULL};
    test_init(&test, "/");
    strbuf_reset(&test.answer);
    test_open(&test, pairs);
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_failed(outcome, ERR_TIMEOUT, "");
    test_done(&test);
}
END_TEST

START_TEST(refused_connection)
{
    struct harness harness;
    harness_init(&harness);
    const char *pairs[] = {"url", "http://127.0.0.1:1/", "valueLocation", "v", "targetValue", "1", NULL};
    harness_open(&harness, &scaler_metrics_api, pairs);
    struct outcome outcome = harness_read(&harness);
    ck_assert_failed(outcome, ERR_IO, "");
    harness_done(&harness);
}
END_TEST

/* Closing answers what is under way, once, as canceled. */
START_TEST(close_in_flight)
{
    struct test test;
    struct outcome outcome;
    test_init(&test, "/");
    strbuf_reset(&test.answer);
    test_open(&test, NULL);
    harness_start(&test.harness, test.harness.config, &outcome);
    harness_idle(&test.harness, 100);
    ck_assert_uint_eq(test.requests, 1);
    test.harness.source_closed = false;
    test.harness.type->close(test.harness.source, harness_set_flag, &test.harness.source_closed);
    ck_assert(harness_run(&test.harness, harness_flag_is_set, &test.harness.source_closed, 5000));
    ck_assert_uint_eq(outcome.calls, 1);
    ck_assert_failed(outcome, ERR_CANCELED, "");
    config_drop(&test.harness.type->schema, test.harness.config);
    test.harness.source = NULL;
    test_done(&test);
}
END_TEST

START_TEST(large_body)
{
    struct test test;
    test_init(&test, "/");
    strbuf_reset(&test.answer);
    strbuf_append(&test.answer, "HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n{\"jobs\":");
    for (int i = 0; i < 80000; i++)
        strbuf_append(&test.answer, "                                                                  "
                                    "                                  ");
    test_open(&test, NULL);
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_failed(outcome, ERR_LIMIT, "");
    test_done(&test);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, request, 0, ARRAY_LEN(requests));
    tcase_add_test(tests, keeps_alive);
    tcase_add_loop_test(tests, answer, 0, ARRAY_LEN(answers));
    tcase_add_test(tests, timeout);
    tcase_add_test(tests, refused_connection);
    tcase_add_test(tests, close_in_flight);
    tcase_add_test(tests, large_body);
}

int main(void)
{
    return suite_run("metrics_api_http", 60, add);
}

/* The prometheus trigger over HTTP against a scripted peer: what is sent, what comes back, what does not. */
#include "tests/scalers/prometheus/peer.h"
#include "tests/support/suite.h"

START_TEST(request)
{
    struct test test;
    const char *pairs[] = {"customHeaders",
                           "X-Scope-OrgID=team",
                           "namespace",
                           "ns",
                           "queryParameters",
                           "dedup=true",
                           "authModes",
                           "bearer",
                           "auth:bearerToken",
                           "hunter2",
                           NULL};
    test_init(&test);
    test_open(&test, pairs);
    harness_idle(&test.harness, 50);
    ck_assert_uint_eq(test.server.accepted, 0);
    for (int i = 0; i < 3; i++) {
        struct outcome outcome = harness_read(&test.harness);
        ck_assert_value(outcome, 7);
        ck_assert(!outcome.result.partial);
    }
    ck_assert_uint_eq(test.server.accepted, 1); /* kept alive */
    ck_assert_uint_eq(test.requests, 3);
    static const char start[] = "GET /api/v1/query?query=up&time=20";
    static const char rest[] = "Z&namespace=ns&dedup=true HTTP/1.1\r\n";
    ck_assert_msg(text_starts_with(test.request, start) && strstr(test.request, rest), "%s", test.request);
    ck_assert_ptr_nonnull(strstr(test.request, "\r\nX-Scope-OrgID: team\r\n"));
    ck_assert_ptr_nonnull(strstr(test.request, "\r\nAuthorization: Bearer hunter2\r\n"));
    test_done(&test);
}
END_TEST

/* The time sent is now, in UTC and whole seconds. */
START_TEST(request_time)
{
    struct test test;
    int64_t sent = 0;
    char text[21] = "";
    test_init(&test);
    test_open(&test, NULL);
    int64_t before = clock_wall_ms() / 1000 * 1000;
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 7);
    ck_assert_int_eq(sscanf(strstr(test.request, "&time="), "&time=%20s", text), 1);
    ck_assert_int_eq(clock_parse_rfc3339(text, &sent, NULL), 0);
    ck_assert(sent >= before && sent <= clock_wall_ms());
    test_done(&test);
}
END_TEST

START_TEST(user_info_in_address)
{
    struct test test;
    test_init(&test);
    snprintf(test.url, sizeof(test.url), "http://amy:hunter2@127.0.0.1:%d", test.server.port);
    test_open(&test, NULL);
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 7);
    ck_assert_ptr_nonnull(strstr(test.request, "\r\nAuthorization: Basic YW15Omh1bnRlcjI=\r\n"));
    test_answer(&test, "500 Oops", "", "", 0);
    outcome = harness_read(&test.harness);
    ck_assert_failed(outcome, ERR_UNAVAILABLE, "500");
    ck_assert_ptr_null(strstr(outcome.msg, "hunter2"));
    test_done(&test);
}
END_TEST

static const struct {
    const char *status, *headers, *body;
    int code; /* 0: state and partial count */
    const char *piece;
    enum scaler_result_state state;
    bool partial;
} answers[] = {
    {"200 OK", "", "{\"warnings\":[\"w\"],\"data\":{\"result\":[]}}", 0, NULL, SCALER_EMPTY, true},
    {"200 OK", "", "{}", 0, NULL, SCALER_EMPTY, true},
    {"200 OK", "", PEER_BODY("NaN"), 0, NULL, SCALER_NAN, false},
    {"299 Odd", "", PEER_BODY("3"), 0, NULL, SCALER_OK, false},
    {"204 No Content", "", "", ERR_PROTOCOL, "not the answer", 0, false},
    {"200 OK", "", "<html>hunter2</html>", ERR_PROTOCOL, "not the answer of an instant vector query", 0,
     false},
    {"302 Found", "", "", ERR_PROTOCOL, "HTTP status 302", 0, false},
    {"401 No", "", "", ERR_AUTH, "HTTP status 401", 0, false},
    {"403 No", "", "{\"error\":\"token hunter2 expired\"}", ERR_AUTH, "HTTP status 403: (not shown", 0,
     false},
    {"403 No", "", "{\"error\":\"Bearer aHVudGVyMg\"}", ERR_AUTH, "HTTP status 403: Bearer aHVudGVyMg", 0,
     false},
    {"404 No", "", "", ERR_NOT_FOUND, "HTTP status 404", 0, false},
    {"400 Bad", "", "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"1:5: parse error\\nhere\"}",
     ERR_INVALID, "HTTP status 400: 1:5: parse error?here", 0, false},
    {"422 Bad", "", "{\"error\":\"query timed out in expression evaluation\"}", ERR_INVALID,
     "query timed out", 0, false},
    {"429 Slow", "Retry-After: 5\r\n", "", ERR_UNAVAILABLE, "HTTP status 429", 0, false},
    {"503 Down", "", "upstream connect error", ERR_UNAVAILABLE, "HTTP status 503", 0, false},
};

START_TEST(answer)
{
    struct test test;
    const char *pairs[] = {"authModes", "bearer", "auth:bearerToken", "hunter2", NULL};
    test_init(&test);
    test_answer(&test, answers[_i].status, answers[_i].headers, answers[_i].body, strlen(answers[_i].body));
    test_open(&test, pairs);
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_ptr_null(strstr(outcome.msg, "hunter2"));
    if (answers[_i].code != 0) {
        ck_assert_failed(outcome, answers[_i].code, answers[_i].piece);
    } else {
        ck_assert_msg(outcome.code == 0, "%s", outcome.msg);
        ck_assert_int_eq(outcome.result.state, answers[_i].state);
        ck_assert_int_eq(outcome.result.partial, answers[_i].partial);
    }
    test_done(&test);
}
END_TEST

/* A server may repeat credentials in any form it knows; what we sent is not shown. */
START_TEST(repeated_basic)
{
    struct test test;
    const char *pairs[] = {"authModes", "basic", "auth:username", "amy", "auth:password", "hunter2", NULL};
    static const char body[] = "{\"error\":\"bad header Basic YW15Omh1bnRlcjI=\"}";
    test_init(&test);
    test_answer(&test, "403 No", "", body, strlen(body));
    test_open(&test, pairs);
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_failed(outcome, ERR_AUTH, "HTTP status 403: (not shown");
    test_done(&test);
}
END_TEST

static const struct {
    const char *answer;
    int code;
} broken[] = {
    {"SSH-2.0-OpenSSH_9.2\r\n\r\n", ERR_PROTOCOL},
    {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{", ERR_LIMIT},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", ERR_PROTOCOL},
};

START_TEST(broken_answer)
{
    struct test test;
    test_init(&test);
    strbuf_reset(&test.answer);
    strbuf_append(&test.answer, broken[_i].answer);
    test_open(&test, NULL);
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_failed(outcome, broken[_i].code, "");
    test_done(&test);
}
END_TEST

START_TEST(body_too_large)
{
    struct test test;
    size_t len = 5u << 20;
    char *body = mem_alloc(len);
    memset(body, ' ', len);
    test_init(&test);
    test_answer(&test, "200 OK", "", body, len);
    test_open(&test, NULL);
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_failed(outcome, ERR_LIMIT, "");
    mem_free(body);
    test_done(&test);
}
END_TEST

static const struct {
    const char *pairs[4];
    const char *env;
    int64_t expected_ms;
} timeouts[] = {
    {{"timeout", "300ms"}, NULL, 300},
    {{"timeout", "400"}, NULL, 400},
    {{NULL}, "500", 500},
    {{NULL}, "-1", 300},
    {{"timeout", "0"}, "600", 600},
    {{NULL}, NULL, 3000},
    {{NULL}, "soon", 3000},
};

/* A server that accepts and says nothing. */
START_TEST(silence)
{
    struct test test;
    if (timeouts[_i].env)
        setenv("KEDA_HTTP_DEFAULT_TIMEOUT", timeouts[_i].env, 1);
    test_init(&test);
    strbuf_reset(&test.answer);
    test_open(&test, timeouts[_i].pairs);
    int64_t start = clock_mono_ms();
    struct outcome outcome = harness_read(&test.harness);
    int64_t took = clock_mono_ms() - start;
    ck_assert_failed(outcome, ERR_TIMEOUT, "");
    ck_assert_msg(took > timeouts[_i].expected_ms - 50 && took < timeouts[_i].expected_ms + 1500, "%lld ms",
                  (long long)took);
    test_answer(&test, "200 OK", "", PEER_BODY("7"), strlen(PEER_BODY("7")));
    outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 7);
    test_done(&test);
}
END_TEST

START_TEST(nobody_listens)
{
    struct test test;
    test_init(&test);
    test_open(&test, NULL);
    tcp_server_close(&test.server);
    harness_idle(&test.harness, 10);
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_failed(outcome, ERR_IO, "");
    harness_done(&test.harness);
    strbuf_done(&test.answer);
}
END_TEST

#define MANY 50

/* Prometheus runs 20 queries at a time: never more than 18 of ours wait there. */
START_TEST(in_flight_cap)
{
    struct test test;
    static struct outcome outcomes[MANY];
    test_init(&test);
    strbuf_reset(&test.answer);
    test_open(&test, NULL);
    ck_assert_uint_eq(scaler_prometheus.max_in_flight, 18);
    for (int i = 0; i < MANY; i++)
        harness_start(&test.harness, test.harness.config, &outcomes[i]);
    harness_idle(&test.harness, 300);
    ck_assert_uint_eq(test.waiting_most, 18);
    harness_close_source(&test.harness);
    for (int i = 0; i < MANY; i++)
        ck_assert_failed(outcomes[i], ERR_CANCELED, "");
    test_done(&test);
}
END_TEST

START_TEST(closes_before_anything_was_sent)
{
    struct test test;
    struct outcome outcome;
    test_init(&test);
    test_open(&test, NULL);
    harness_start(&test.harness, test.harness.config, &outcome);
    harness_close_source(&test.harness);
    ck_assert_failed(outcome, ERR_CANCELED, "");
    test_done(&test);
}
END_TEST

/* A header or URL that cannot be sent is refused at once (a token with a line break in its middle). */
START_TEST(unsendable)
{
    struct test test;
    const char *pairs[] = {"authModes", "bearer", "auth:bearerToken", "hunter2\r\nX-Evil: 1", NULL};
    const char *blank[] = {"namespace", "a b", NULL};
    struct outcome outcome;
    test_init(&test);
    test_open(&test, _i == 0 ? pairs : blank);
    harness_start(&test.harness, test.harness.config, &outcome);
    ck_assert_uint_eq(outcome.calls, 1);
    ck_assert_failed(outcome, ERR_CONFIG, "");
    ck_assert_ptr_null(strstr(outcome.msg, "hunter2"));
    harness_idle(&test.harness, 50);
    ck_assert_uint_eq(test.requests, 0);
    test_done(&test);
}
END_TEST

/* Redirects are followed; credentials stay with the host they were meant for. */
START_TEST(redirects)
{
    struct test test;
    struct tcp_server target = {0};
    const char *pairs[] = {"authModes", "bearer", "auth:bearerToken", "hunter2", NULL};
    char location[128];
    test_init(&test);
    target.on_bytes = test_on_bytes;
    struct test other = {0};
    strbuf_init(&other.answer);
    test_answer(&other, "200 OK", "", PEER_BODY("9"), strlen(PEER_BODY("9")));
    target.arg = &other;
    tcp_server_open(&target, &test.harness.loop);
    snprintf(location, sizeof(location), "Location: http://localhost:%d/elsewhere\r\n", target.port);
    test_answer(&test, "302 Found", location, "", 0);
    test_open(&test, pairs);
    struct outcome outcome = harness_read(&test.harness);
    ck_assert_value(outcome, 9);
    ck_assert_msg(text_starts_with(other.request, "GET /elsewhere HTTP/1.1\r\n"), "%s", other.request);
    ck_assert_ptr_null(strstr(other.request, "hunter2"));
    tcp_server_close(&target);
    test_done(&test);
    strbuf_done(&other.answer);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, request);
    tcase_add_test(tests, request_time);
    tcase_add_test(tests, user_info_in_address);
    tcase_add_loop_test(tests, answer, 0, (int)ARRAY_LEN(answers));
    tcase_add_test(tests, repeated_basic);
    tcase_add_loop_test(tests, broken_answer, 0, (int)ARRAY_LEN(broken));
    tcase_add_test(tests, body_too_large);
    tcase_add_loop_test(tests, silence, 0, (int)ARRAY_LEN(timeouts));
    tcase_add_test(tests, nobody_listens);
    tcase_add_test(tests, in_flight_cap);
    tcase_add_test(tests, closes_before_anything_was_sent);
    tcase_add_loop_test(tests, unsendable, 0, 2);
    tcase_add_test(tests, redirects);
}

int main(void)
{
    return suite_run("prometheus http", 60, add);
}

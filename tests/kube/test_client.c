/* Requests: headers, answers, retries, Retry-After and its pause, urgency, deadlines, cancelling and closing
 * at every stage. */
#include "tests/kube/kube_fixture.h"

/* A server that plays one raw answer after the other; the last one again and again. */
struct script_row {
    int status; /* 0: hang up, -1: say nothing */
    const char *headers, *body;
};

static const struct script_row *script;
static size_t script_len;

static void play(struct peer_conn *conn, const char *text, size_t len)
{
    struct request request;
    (void)len;
    request_read(&request, text);
    size_t at = api.requests - 1 < script_len ? api.requests - 1 : script_len - 1;
    const struct script_row *row = &script[at];
    if (row->status == 0)
        peer_hangup(conn);
    else if (row->status > 0)
        api_reply_with(conn, row->status, row->headers ? row->headers : "", row->body ? row->body : "{}");
}

#define PLAY(...)                                                                                            \
    static const struct script_row rows[] = {__VA_ARGS__};                                                   \
    script = rows;                                                                                           \
    script_len = ARRAY_LEN(rows);                                                                            \
    open_client(play)

static void check_headers(struct peer_conn *conn, const char *text, size_t len)
{
    struct request request;
    (void)len;
    request_read(&request, text);
    ck_assert_str_eq(request.method, "PATCH");
    ck_assert(request_has(&request, "\r\nAuthorization: Bearer sesame\r\n"));
    ck_assert(request_has(&request, "\r\nAccept: application/json\r\n"));
    ck_assert(request_has(&request, "\r\nUser-Agent: davit/test\r\n"));
    ck_assert(request_has(&request, "\r\nContent-Type: application/merge-patch+json\r\n"));
    ck_assert_str_eq(request.body, "{\"a\":1}");
    api_reply(conn, 200, "{\"ok\":true}");
}

START_TEST(sends_what_was_asked)
{
    struct result result;
    open_client(check_headers);
    call(&(struct kube_request){.method = "PATCH",
                                .path = "/x",
                                .content_type = "application/merge-patch+json",
                                .body = "{\"a\":1}"},
         &result);
    ck_assert_int_eq(result.status, 200);
    ck_assert_str_eq(result.body, "{\"ok\":true}");
    result_done(&result);
    const struct kube_counter *counters;
    ck_assert_uint_eq(kube_counters(client, &counters), 1);
    ck_assert_str_eq(counters[0].verb, "patch");
    ck_assert_int_eq(counters[0].code, 200);
    ck_assert_uint_eq(counters[0].count, 1);
    close_client();
}
END_TEST

START_TEST(errors_are_answers)
{
    struct result result;
    PLAY({.status = 404, .body = "{\"kind\":\"Status\",\"message\":\"no such thing\"}"});
    get("/api/v1/pods?token=x", &result);
    ck_assert_int_eq(result.status, 404);
    ck_assert_int_eq(result.error.code, ERR_NOT_FOUND);
    ck_assert_str_eq(result.error.msg, "GET /api/v1/pods: 404: no such thing");
    ck_assert_uint_eq(api.requests, 1);
    close_client();
}
END_TEST

START_TEST(tries_again)
{
    struct result result;
    PLAY({.status = 500}, {.status = 0}, {.status = 200, .body = "{\"torn\":"}, {.status = 503},
         {.status = 200, .body = "{\"a\":1}"});
    get("/x", &result);
    ck_assert_msg(result.status == 200, "%s", result.error.msg);
    ck_assert_uint_eq(api.requests, 5);
    result_done(&result);
    close_client();
}
END_TEST

START_TEST(tries_are_counted)
{
    struct result result;
    PLAY({.status = 500, .body = "{\"kind\":\"Status\",\"message\":\"etcd\"}"});
    call(&(struct kube_request){.method = "GET", .path = "/x", .max_tries = 3}, &result);
    ck_assert_int_eq(result.error.code, ERR_UNAVAILABLE);
    ck_assert_str_eq(result.error.msg, "GET /x: 500: etcd");
    ck_assert_int_eq(result.status, 500);
    ck_assert_uint_eq(api.requests, 3);
    close_client();
}
END_TEST

struct once_case {
    struct script_row row;
    int code;
};

/* A create is repeated only when it surely was not executed. */
static const struct once_case once_cases[] = {
    {{.status = 500, .body = NULL}, ERR_UNAVAILABLE},
    {{.status = 503, .headers = "Retry-After: 0\r\n", NULL}, ERR_UNAVAILABLE},
    {{.status = 0, .body = NULL}, ERR_IO},
    {{.status = 201, .body = "{\"torn"}, ERR_PROTOCOL},
    {{.status = 409, .body = NULL}, ERR_CONFLICT},
};

START_TEST(creates_once)
{
    for (size_t i = 0; i < ARRAY_LEN(once_cases); i++) {
        struct result result;
        script = &once_cases[i].row;
        script_len = 1;
        open_client(play);
        call(&(struct kube_request){.method = "POST", .path = "/x", .body = "{}"}, &result);
        ck_assert_msg(result.error.code == once_cases[i].code, "%zu: %s", i, result.error.msg);
        ck_assert_uint_eq(api.requests, 1);
        close_client();
    }
}
END_TEST

START_TEST(a_throttled_create_is_repeated)
{
    struct result result;
    PLAY({.status = 429}, {.status = 201});
    call(&(struct kube_request){.method = "POST", .path = "/x", .body = "{}"}, &result);
    ck_assert_int_eq(result.status, 201);
    result_done(&result);
    close_client();
}
END_TEST

/* Retry-After holds back this request and everything that is not urgent. */
START_TEST(retry_after_pauses_all_but_the_urgent)
{
    struct result first, normal, urgent;
    PLAY({.status = 429, .headers = "Retry-After: 1\r\n"}, {.status = 200});
    start_call(&(struct kube_request){.method = "GET", .path = "/first"}, &first);
    run_for(200);
    int64_t began = clock_mono_ms();
    start_call(&(struct kube_request){.method = "GET", .path = "/normal"}, &normal);
    start_call(&(struct kube_request){.method = "GET", .path = "/urgent", .priority = KUBE_URGENT}, &urgent);
    run_until(&urgent.done);
    ck_assert_int_lt(clock_mono_ms() - began, 500);
    ck_assert(!normal.done);
    run_until(&normal.done);
    ck_assert_int_ge(clock_mono_ms() - began, 600);
    run_until(&first.done);
    ck_assert_int_eq(first.status, 200);
    result_done(&first);
    result_done(&normal);
    result_done(&urgent);
    close_client();
}
END_TEST

/* What cannot come in time is answered at once, with what is known. */
START_TEST(a_late_retry_is_not_waited_for)
{
    struct result result;
    PLAY({.status = 429, .headers = "Retry-After: 3600\r\n"});
    int64_t began = clock_mono_ms();
    call(&(struct kube_request){.method = "GET", .path = "/x", .timeout_ms = 3000}, &result);
    ck_assert_int_lt(clock_mono_ms() - began, 2000);
    ck_assert_int_eq(result.status, 429);
    ck_assert_int_eq(result.error.code, ERR_UNAVAILABLE);
    close_client();
}
END_TEST

START_TEST(the_timeout_is_for_all_tries)
{
    struct result result;
    PLAY({.status = -1});
    int64_t began = clock_mono_ms();
    call(&(struct kube_request){.method = "GET", .path = "/x", .timeout_ms = 500}, &result);
    ck_assert_int_eq(result.error.code, ERR_TIMEOUT);
    ck_assert_int_ge(clock_mono_ms() - began, 490);
    ck_assert_int_lt(clock_mono_ms() - began, 2500);
    close_client();
}
END_TEST

/* A connection that died unnoticed must leave time for another try, on another connection. */
START_TEST(a_silent_connection_does_not_cost_the_whole_time)
{
    struct result result;
    PLAY({.status = -1}, {.status = 200});
    call(&(struct kube_request){.method = "PATCH", .path = "/x", .body = "{}", .timeout_ms = 10000}, &result);
    ck_assert_msg(result.status == 200, "%s", result.error.msg);
    ck_assert_uint_eq(api.accepted, 2);
    result_done(&result);
    close_client();
}
END_TEST

START_TEST(nobody_listens)
{
    struct result result;
    PLAY({.status = 200});
    peer_close(&api);
    call(&(struct kube_request){.method = "GET", .path = "/x", .max_tries = 2}, &result);
    ck_assert_int_eq(result.status, 0);
    ck_assert_int_eq(result.error.code, ERR_IO);
    close_client_only();
}
END_TEST

#define MANY 70

START_TEST(normal_requests_leave_room_for_urgent_ones)
{
    static struct result results[MANY], urgent[MANY];
    PLAY({.status = -1});
    for (int i = 0; i < MANY; i++)
        start_call(&(struct kube_request){.method = "GET", .path = "/n"}, &results[i]);
    run_for(300);
    ck_assert_uint_eq(api.requests, 56);
    for (int i = 0; i < MANY; i++)
        start_call(&(struct kube_request){.method = "GET", .path = "/u", .priority = KUBE_URGENT},
                   &urgent[i]);
    run_for(300);
    ck_assert_uint_eq(api.requests, 64);
    close_client();
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(results[i].times, 1);
        ck_assert_int_eq(urgent[i].times, 1);
        ck_assert_int_eq(urgent[i].error.code, ERR_CANCELED);
    }
}
END_TEST

START_TEST(queued_requests_have_deadlines_too)
{
    static struct result results[MANY];
    struct result late;
    PLAY({.status = -1});
    for (int i = 0; i < MANY; i++)
        start_call(&(struct kube_request){.method = "GET", .path = "/n"}, &results[i]);
    call(&(struct kube_request){.method = "GET", .path = "/late", .timeout_ms = 300}, &late);
    ck_assert_int_eq(late.error.code, ERR_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(late.error.msg, "GET /late: not sent in time"));
    close_client();
}
END_TEST

START_TEST(cancels_at_every_stage)
{
    static struct result sent[MANY];
    struct result queued, waiting;
    PLAY({.status = 500}, {.status = -1});
    start_call(&(struct kube_request){.method = "GET", .path = "/waiting"}, &waiting);
    run_for(100);
    kube_cancel(waiting.call);
    kube_cancel(waiting.call);
    ck_assert(!waiting.done);
    for (int i = 0; i < MANY; i++)
        start_call(&(struct kube_request){.method = "GET", .path = "/sent"}, &sent[i]);
    start_call(&(struct kube_request){.method = "GET", .path = "/queued"}, &queued);
    run_for(100);
    kube_cancel(queued.call);
    kube_cancel(sent[0].call);
    ck_assert(!queued.done && !sent[0].done);
    run_until(&queued.done);
    run_until(&sent[0].done);
    ck_assert_int_eq(waiting.error.code, ERR_CANCELED);
    ck_assert_int_eq(queued.error.code, ERR_CANCELED);
    ck_assert_int_eq(sent[0].error.code, ERR_CANCELED);
    ck_assert_int_eq(sent[0].status, 0);
    close_client();
    ck_assert_int_eq(sent[MANY - 1].error.code, ERR_CANCELED);
    ck_assert_int_eq(queued.times + waiting.times + sent[0].times, 3);
}
END_TEST

START_TEST(a_closing_client_refuses)
{
    struct err err = {0};
    struct result result = {0};
    bool closed = false;
    PLAY({.status = 200});
    kube_client_close(client, on_flag, &closed);
    struct kube_request request = {.method = "GET", .path = "/x"};
    ck_assert_int_eq(kube_start(client, &request, on_result, &result, &result.call, &err), ERR_CANCELED);
    run_until(&closed);
    ck_assert(!result.done);
    peer_close(&api);
}
END_TEST

struct reopener {
    struct result result;
    bool closed;
};

static void on_close_inside(int status, json_t *body, const struct err *error, void *arg)
{
    struct reopener *reopener = arg;
    on_result(status, body, error, &reopener->result);
    kube_client_close(client, on_flag, &reopener->closed);
}

START_TEST(closing_inside_an_answer)
{
    struct reopener reopener = {0};
    struct result other;
    struct err err = {0};
    PLAY({.status = 200}, {.status = -1});
    struct kube_request request = {.method = "GET", .path = "/x"};
    ck_assert_int_eq(kube_start(client, &request, on_close_inside, &reopener, NULL, &err), 0);
    start_call(&request, &other);
    run_until(&reopener.closed);
    ck_assert_int_eq(other.times, 1);
    ck_assert_int_eq(other.error.code, ERR_CANCELED);
    result_done(&reopener.result);
    peer_close(&api);
}
END_TEST

struct bad_request {
    const char *method, *path;
};

static const struct bad_request bad_requests[] = {
    {"GET", "x"}, {"GET", ""}, {"GET", NULL}, {NULL, "/x"}, {"", "/x"}};

START_TEST(refuses_bad_requests)
{
    PLAY({.status = 200});
    for (size_t i = 0; i < ARRAY_LEN(bad_requests); i++) {
        struct err err = {0};
        struct result result = {0};
        struct kube_request request = {.method = bad_requests[i].method, .path = bad_requests[i].path};
        ck_assert_int_eq(kube_start(client, &request, on_result, &result, &result.call, &err), ERR_INVALID);
        ck_assert(!result.done);
    }
    struct result result;
    get("/with space\r\nand: header", &result);
    ck_assert_int_lt(result.error.code, 0);
    ck_assert_uint_eq(api.requests, 0);
    close_client();
}
END_TEST

RUN_SUITE("client", sends_what_was_asked, errors_are_answers, tries_again, tries_are_counted, creates_once,
          a_throttled_create_is_repeated, retry_after_pauses_all_but_the_urgent,
          a_late_retry_is_not_waited_for, the_timeout_is_for_all_tries,
          a_silent_connection_does_not_cost_the_whole_time, nobody_listens,
          normal_requests_leave_room_for_urgent_ones, queued_requests_have_deadlines_too,
          cancels_at_every_stage, a_closing_client_refuses, closing_inside_an_answer, refuses_bad_requests)

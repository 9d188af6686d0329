/* The HTTP client against a well-behaved peer: what is sent, what comes back, queueing, redirects, streaming.
 */
#include "tests/net/peer.h"

static struct peer peer;
static char last_request[8192];

static void remember(const char *text)
{
    snprintf(last_request, sizeof(last_request), "%s", text);
}

static void on_hello(struct peer_conn *conn, const char *text, size_t len)
{
    (void)len;
    remember(text);
    peer_reply(conn, "hello");
}

START_TEST(get)
{
    struct answer answer;
    peer_listen(&peer, on_hello);
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    char *url = peer_url(&peer, "/a/b?x=1&y=%20");
    const struct http_header headers[] = {
        {"X-One", "1"}, {"X-Empty", ""}, {"X-Null", NULL}, {"Accept", "text/x"}};
    ask(pool, &(struct http_request){.url = url, .headers = headers, .headers_len = 4}, &answer);
    ck_assert_int_eq(answer.error.code, 0);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_str_eq(answer.body, "hello");
    ck_assert_uint_eq(answer.body_len, 5);
    ck_assert_str_eq(answer.content_type, "text/x-test");
    ck_assert_int_eq((int)answer.retry_after_ms, -1);
    ck_assert_ptr_eq(strstr(last_request, "GET /a/b?x=1&y=%20 HTTP/1.1\r\n"), last_request);
    static const char *const expected[] = {"\r\nX-One: 1\r\n",       "\r\nX-Empty:\r\n",
                                           "\r\nX-Null:\r\n",        "\r\nAccept: text/x\r\n",
                                           "\r\nUser-Agent: davit/", "\r\nAccept-Encoding: gzip\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(expected); i++)
        ck_assert_msg(strstr(last_request, expected[i]) != NULL, "%s in %s", expected[i], last_request);
    answer_done(&answer);
    mem_free(url);
    close_pool(pool);
    peer_close(&peer);
}
END_TEST

/* One handle goes through all methods in turn: nothing of one request may show up in the next. */
START_TEST(methods)
{
    static const struct {
        const char *method, *body, *line, *absent;
    } rows[] = {
        {NULL, NULL, "GET / ", "Content-Length"},        {"POST", "a=1", "POST / ", "Content-Type"},
        {"GET", NULL, "GET / ", "Content-Length"},       {"HEAD", NULL, "HEAD / ", "Content-Length"},
        {"GET", "{}", "GET / ", "Content-Type"},         {"PATCH", "[1]", "PATCH / ", "Expect"},
        {"DELETE", NULL, "DELETE / ", "Content-Length"}, {"PUT", "x", "PUT / ", "Expect"},
        {"POST", NULL, "POST / ", "Content-Type"},       {"POST", "", "POST / ", "Content-Type"},
        {"OPTIONS", NULL, "OPTIONS / ", "Content-"},     {NULL, NULL, "GET / ", "Content-Length"},
    };
    struct answer answer;
    peer_listen(&peer, on_hello);
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    char *url = peer_url(&peer, "");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_request request = {.method = rows[i].method,
                                       .url = url,
                                       .body = rows[i].body,
                                       .body_len = rows[i].body ? strlen(rows[i].body) : 0};
        ask(pool, &request, &answer);
        ck_assert_int_eq(answer.status, 200);
        ck_assert_str_eq(answer.body, rows[i].method && !strcmp(rows[i].method, "HEAD") ? "" : "hello");
        ck_assert_msg(strncmp(last_request, rows[i].line, strlen(rows[i].line)) == 0, "%zu: %s", i,
                      last_request);
        ck_assert_msg(!strstr(last_request, rows[i].absent), "%zu: %s", i, last_request);
        const char *end = strstr(last_request, "\r\n\r\n") + 4;
        ck_assert_str_eq(end, rows[i].body ? rows[i].body : "");
        answer_done(&answer);
    }
    ck_assert_uint_eq(peer.accepted, 1);
    mem_free(url);
    close_pool(pool);
    peer_close(&peer);
}
END_TEST

START_TEST(basic_auth_and_content_type)
{
    struct answer answer;
    peer_listen(&peer, on_hello);
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    char *url = peer_url(&peer, "/");
    const struct http_header json = {"Content-Type", "application/json"};
    struct http_request request = {.url = url,
                                   .username = "ali",
                                   .password = "s3:\xc3\xa9",
                                   .method = "POST",
                                   .body = "{}",
                                   .body_len = 2,
                                   .headers = &json,
                                   .headers_len = 1};
    ask(pool, &request, &answer);
    ck_assert_ptr_nonnull(strstr(last_request, "\r\nAuthorization: Basic YWxpOnMzOsOp\r\n"));
    ck_assert_ptr_nonnull(strstr(last_request, "\r\nContent-Type: application/json\r\n"));
    answer_done(&answer);
    ask(pool, &(struct http_request){.url = url}, &answer);
    ck_assert_ptr_null(strstr(last_request, "Authorization"));
    answer_done(&answer);
    ask(pool, &(struct http_request){.url = url, .username = "", .password = "p"}, &answer);
    ck_assert_ptr_nonnull(strstr(last_request, "\r\nAuthorization: Basic OnA=\r\n"));
    answer_done(&answer);
    mem_free(url);
    close_pool(pool);
    peer_close(&peer);
}
END_TEST

static void on_status(struct peer_conn *conn, const char *text, size_t len)
{
    int status;
    (void)len;
    ck_assert_int_eq(sscanf(text, "GET /%d ", &status), 1);
    char *reply = mem_printf("HTTP/1.1 %d Text\r\nContent-Length: %d\r\n\r\n%s", status,
                             status == 204 ? 0 : 2, status == 204 ? "" : "no");
    peer_send(conn, reply);
    mem_free(reply);
}

/* A status is an answer, never an error. */
START_TEST(statuses)
{
    static const int codes[] = {200, 201, 204, 302, 401, 403, 404, 409, 410, 429, 500, 503};
    struct answer answer;
    peer_listen(&peer, on_status);
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        char *url = mem_printf("http://127.0.0.1:%u/%d", peer.port, codes[i]);
        ask(pool, &(struct http_request){.url = url}, &answer);
        ck_assert_int_eq(answer.error.code, 0);
        ck_assert_int_eq(answer.status, codes[i]);
        ck_assert_str_eq(answer.body, codes[i] == 204 ? "" : "no");
        ck_assert_str_eq(answer.content_type, "");
        answer_done(&answer);
        mem_free(url);
    }
    close_pool(pool);
    peer_close(&peer);
}
END_TEST

static const char *retry_after;

static void on_unavailable(struct peer_conn *conn, const char *text, size_t len)
{
    (void)text, (void)len;
    char *reply = mem_printf("HTTP/1.1 503 No\r\nContent-Length: 0\r\n%s\r\n", retry_after);
    peer_send(conn, reply);
    mem_free(reply);
}

START_TEST(retry_after_header)
{
    static const struct {
        const char *header;
        int64_t ms;
    } rows[] = {
        {"", -1},
        {"Retry-After: 7\r\n", 7000},
        {"retry-after:0\r\n", 0},
        {"RETRY-AFTER:  12 \r\n", 12000},
        {"Retry-After: 99999999999999999999\r\n", 86400000},
        {"Retry-After: -5\r\n", -1},
        {"Retry-After: soon\r\n", -1},
        {"Retry-After:\r\n", -1},
        {"Retry-After: 5 minutes or so, who knows, certainly not before the end of this long header line\r\n",
         -1},
        {"Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n", 0},
        {"Retry-After: Fri, 31 Dec 2060 23:59:59 GMT\r\n", 86400000},
    };
    struct answer answer;
    peer_listen(&peer, on_unavailable);
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    char *url = peer_url(&peer, "/");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        retry_after = rows[i].header;
        ask(pool, &(struct http_request){.url = url}, &answer);
        ck_assert_int_eq(answer.status, 503);
        ck_assert_msg(answer.retry_after_ms == rows[i].ms, "%s: %lld", rows[i].header,
                      (long long)answer.retry_after_ms);
        answer_done(&answer);
    }
    mem_free(url);
    close_pool(pool);
    peer_close(&peer);
}
END_TEST

static unsigned waiting, waiting_max;
static struct strbuf paths;
static struct peer_conn *held[64];

static void on_slow_timer(uv_timer_t *timer)
{
    struct peer_conn *conn = held[--waiting];
    uv_close((uv_handle_t *)timer, (uv_close_cb)(void (*)(void))mem_free);
    peer_reply(conn, "slow");
}

static void on_slow(struct peer_conn *conn, const char *text, size_t len)
{
    uv_timer_t *timer = mem_zalloc(sizeof(*timer));
    (void)len;
    strbuf_append_n(&paths, text + 5, 1);
    held[waiting++] = conn;
    if (waiting > waiting_max)
        waiting_max = waiting;
    uv_timer_init(&test_loop, timer);
    uv_timer_start(timer, on_slow_timer, 10, 0);
}

/* The cap holds, the rest waits in order, and the connections are reused. */
START_TEST(in_flight_cap)
{
    struct answer answers[12];
    peer_listen(&peer, on_slow);
    strbuf_init(&paths);
    struct http_pool *pool = open_pool(&(struct http_pool_options){.max_in_flight = 2});
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        char *url = mem_printf("http://127.0.0.1:%u/%c", peer.port, (char)('a' + i));
        start_request(pool, &(struct http_request){.url = url}, &answers[i]);
        ck_assert_uint_le(http_pool_in_flight(pool), 2);
        mem_free(url);
    }
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        run_until(&answers[i].done);
        ck_assert_int_eq(answers[i].status, 200);
        answer_done(&answers[i]);
    }
    ck_assert_uint_eq(http_pool_in_flight(pool), 0);
    ck_assert_uint_eq(waiting_max, 2);
    ck_assert_uint_eq(peer.accepted, 2);
    ck_assert_uint_eq(paths.len, 12);
    for (size_t i = 0; i + 2 < 12; i++)
        ck_assert_int_lt(paths.data[i], paths.data[i + 2]);
    strbuf_done(&paths);
    close_pool(pool);
    peer_close(&peer);
}
END_TEST

START_TEST(keep_alive)
{
    struct answer answer;
    peer_listen(&peer, on_hello);
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    char *url = peer_url(&peer, "/");
    for (int i = 0; i < 300; i++) {
        ask(pool, &(struct http_request){.url = url}, &answer);
        ck_assert_int_eq(answer.status, 200);
        answer_done(&answer);
    }
    ck_assert_uint_eq(peer.accepted, 1);
    mem_free(url);
    close_pool(pool);
    peer_close(&peer);
}
END_TEST

START_TEST(url_user_info_is_basic_auth)
{
    struct answer answer;
    peer_listen(&peer, on_hello);
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    char *url = mem_printf("http://ali:s3%%40@127.0.0.1:%u/", peer.port);
    ask(pool, &(struct http_request){.url = url}, &answer);
    ck_assert_ptr_nonnull(strstr(last_request, "\r\nAuthorization: Basic YWxpOnMzQA==\r\n"));
    answer_done(&answer);
    mem_free(url);
    close_pool(pool);
    peer_close(&peer);
}
END_TEST

RUN_SUITE("http_client", get, methods, basic_auth_and_content_type, url_user_info_is_basic_auth, statuses,
          retry_after_header, in_flight_cap, keep_alive)

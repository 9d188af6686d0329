/* What the HTTP client refuses before anything is sent, and which proxy it takes. */
#include "tests/net/peer.h"

static struct peer peer;
static char last_request[8192];

static void on_proxied(struct peer_conn *conn, const char *text, size_t len)
{
    (void)len;
    snprintf(last_request, sizeof(last_request), "%s", text);
    peer_reply(conn, "proxied");
}

/* Bad requests are refused at once, done is never called, and the reason shows no secret. */
START_TEST(bad_requests)
{
    static const struct {
        const char *method, *url, *name, *value;
    } rows[] = {
        {NULL, NULL, NULL, NULL},
        {NULL, "", NULL, NULL},
        {NULL, "ftp://h/", NULL, NULL},
        {NULL, "file:///etc/passwd", NULL, NULL},
        {NULL, "gopher://h/", NULL, NULL},
        {NULL, "//h/", NULL, NULL},
        {NULL, "h/path", NULL, NULL},
        {NULL, "http://", NULL, NULL},
        {NULL, "http:///path", NULL, NULL},
        {NULL, "https://?q", NULL, NULL},
        {NULL, "http://h:99999/", NULL, NULL},
        {NULL, "http://h:port/", NULL, NULL},
        {NULL, "http://[::1/", NULL, NULL},
        {NULL, "http://us3r:s3cret@h:x/?k=s3cret", NULL, NULL},
        {NULL, "http://h/a b", NULL, NULL},
        {NULL, "http://h/\r\nX-Evil: 1", NULL, NULL},
        {NULL, "http://h/\n", NULL, NULL},
        {NULL, "http://h/\x01", NULL, NULL},
        {NULL, "http://h/\x7f", NULL, NULL},
        {"GET / HTTP/1.1\r\nX: y", "http://h/", NULL, NULL},
        {"", "http://h/", NULL, NULL},
        {NULL, "http://h/", "X-A", "s3cret\r\nX-Evil: 1"},
        {NULL, "http://h/", "X-A", "s3cret\nX-Evil: 1"},
        {NULL, "http://h/", "X-A", "s3cret\r"},
        {NULL, "http://h/", "X-A",
         "s3\x01"
         "cret"},
        {NULL, "http://h/", "X-A: b\r\nX-Evil", "s3cret"},
        {NULL, "http://h/", "X A", "s3cret"},
        {NULL, "http://h/", "", "s3cret"},
        {NULL, "http://h/", NULL, "s3cret"},
    };
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    struct answer answer = {0};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        const struct http_header header = {rows[i].name, rows[i].value};
        struct http_request request = {.method = rows[i].method,
                                       .url = rows[i].url,
                                       .headers = &header,
                                       .headers_len = rows[i].value != NULL};
        struct http_call *call = (struct http_call *)0x1;
        ck_assert_msg(http_start(pool, &request, on_answer, &answer, &call, &err) == ERR_CONFIG, "row %zu",
                      i);
        ck_assert_int_eq(err.code, ERR_CONFIG);
        ck_assert_ptr_eq(call, (struct http_call *)0x1);
        ck_assert_msg(!strstr(err.msg, "s3cret") && !strpbrk(err.msg, "\r\n"), "row %zu: %s", i, err.msg);
        ck_assert_int_eq(http_start(pool, &request, on_answer, &answer, NULL, NULL), ERR_CONFIG);
    }
    run_for(20);
    ck_assert(!answer.done);
    close_pool(pool);
}
END_TEST

/* proxy: the option; env: set as HTTP_PROXY. A proxy sees the whole URL in the request line. */
START_TEST(proxies)
{
    static const struct {
        const char *name, *no_proxy, *url;
        bool option, proxied;
    } rows[] = {
        {"HTTP_PROXY", NULL, "http://davit.test/x", false, true},
        {"http_proxy", NULL, "http://davit.test/x", false, true},
        {"HTTP_PROXY", "other.test", "http://davit.test/x", false, true},
        {"HTTP_PROXY", "davit.test", "http://davit.test/x", false, false},
        {"HTTP_PROXY", ".test", "http://davit.test/x", false, false},
        {"HTTP_PROXY", "10.0.0.0/8", "http://10.255.255.1/x", false, false},
        {"HTTP_PROXY", "*", "http://davit.test/x", false, false},
        {"HTTP_PROXY", NULL, "http://127.0.0.1:1/x", false, false},
        {"HTTP_PROXY", NULL, "http://localhost:1/x", false, false},
        {"HTTP_PROXY", NULL, "http://[::1]:1/x", false, false},
        {"HTTPS_PROXY", NULL, "http://davit.test/x", false, false},
        {NULL, NULL, "http://davit.test/x", true, true},
        {NULL, "davit.test", "http://davit.test/x", true, true}, /* given: the environment has no say */
        {NULL, NULL, "http://127.0.0.1:1/x", true, true},
        {NULL, NULL, "http://davit.test/x", false, false},
    };
    struct answer answer;
    peer_listen(&peer, on_proxied);
    char *proxy = mem_printf("http://u:pr0xysecret@127.0.0.1:%u", peer.port);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].name)
            setenv(rows[i].name, proxy, 1);
        if (rows[i].no_proxy)
            setenv("NO_PROXY", rows[i].no_proxy, 1);
        struct http_pool *pool =
            open_pool(&(struct http_pool_options){.proxy = rows[i].option ? proxy : NULL});
        ask(pool, &(struct http_request){.url = rows[i].url, .connect_timeout_ms = 200}, &answer);
        ck_assert_msg((answer.status == 200) == rows[i].proxied, "row %zu: %s", i, answer.error.msg);
        ck_assert(!strstr(answer.error.msg, "pr0xysecret"));
        if (rows[i].proxied)
            ck_assert_int_eq(strncmp(last_request, "GET http://", 11), 0);
        answer_done(&answer);
        close_pool(pool);
        if (rows[i].name)
            unsetenv(rows[i].name);
        unsetenv("NO_PROXY");
    }
    setenv("HTTP_PROXY", proxy, 1);
    struct http_pool *pool = open_pool(&(struct http_pool_options){.proxy = ""});
    ask(pool, &(struct http_request){.url = "http://davit.test/x", .connect_timeout_ms = 200}, &answer);
    ck_assert_int_ne(answer.error.code, 0);
    answer_done(&answer);
    close_pool(pool);
    mem_free(proxy);
    peer_close(&peer);
}
END_TEST

START_TEST(bad_proxies)
{
    static const char *const bad[] = {"ftp://u:s3cret@h:1", "javascript://s3cret", "http://s3cret\r\nX: y",
                                      "a b"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err err = {0};
        struct http_pool *pool = NULL;
        ck_assert_int_eq(http_pool_new(test_net, &(struct http_pool_options){.proxy = bad[i]}, &pool, &err),
                         ERR_CONFIG);
        ck_assert_ptr_null(pool);
        ck_assert_ptr_null(strstr(err.msg, "s3cret"));
    }
    /* One from the environment that curl cannot use: an error of the call, without its password. */
    struct answer answer;
    setenv("HTTP_PROXY", "weird://u:s3cret@h:1", 1);
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    ask(pool, &(struct http_request){.url = "http://davit.test/x"}, &answer);
    ck_assert_int_ne(answer.error.code, 0);
    ck_assert_ptr_null(strstr(answer.error.msg, "s3cret"));
    answer_done(&answer);
    close_pool(pool);
}
END_TEST

RUN_SUITE("http_check", bad_requests, proxies, bad_proxies)

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

static const struct {
    const char *method, *url, *name, *value;
} requests[] = {
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

/* Bad requests are refused at once, done is never called, and the reason shows no secret. */
START_TEST(bad_requests)
{
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    struct answer answer = {0};
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        struct err err = {0};
        const struct http_header header = {requests[i].name, requests[i].value};
        struct http_request request = {.method = requests[i].method,
                                       .url = requests[i].url,
                                       .headers = &header,
                                       .headers_len = requests[i].value != NULL};
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

static const struct {
    const char *name, *no_proxy, *url;
    bool option, proxied;
} proxied[] = {
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

static void check_proxied(const char *proxy, const char *url, bool expected)
{
    struct answer answer;
    struct http_pool *pool = open_pool(&(struct http_pool_options){.proxy = proxy});
    ask(pool, &(struct http_request){.url = url, .connect_timeout_ms = 200}, &answer);
    ck_assert_msg((answer.status == 200) == expected, "%s: %s", url, answer.error.msg);
    ck_assert(!strstr(answer.error.msg, "pr0xysecret"));
    if (expected)
        ck_assert_int_eq(strncmp(last_request, "GET http://", 11), 0);
    answer_done(&answer);
    close_pool(pool);
}

/* A proxy sees the whole URL in the request line. */
START_TEST(proxies)
{
    peer_listen(&peer, on_proxied);
    char *proxy = mem_printf("http://u:pr0xysecret@127.0.0.1:%u", peer.port);
    for (size_t i = 0; i < ARRAY_LEN(proxied); i++) {
        if (proxied[i].name)
            setenv(proxied[i].name, proxy, 1);
        if (proxied[i].no_proxy)
            setenv("NO_PROXY", proxied[i].no_proxy, 1);
        check_proxied(proxied[i].option ? proxy : NULL, proxied[i].url, proxied[i].proxied);
        if (proxied[i].name)
            unsetenv(proxied[i].name);
        unsetenv("NO_PROXY");
    }
    setenv("HTTP_PROXY", proxy, 1);
    check_proxied("", "http://davit.test/x", false);
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

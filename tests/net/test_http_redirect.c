/* Redirects and streamed answers. */
#include "tests/net/peer.h"

static struct peer peer;
static char last_request[8192];

static void on_redirect(struct peer_conn *conn, const char *text, size_t len)
{
    (void)len;
    snprintf(last_request, sizeof(last_request), "%s", text);
    char *reply;
    if (strncmp(text, "GET /same ", 10) == 0)
        reply = mem_printf("HTTP/1.1 302 F\r\nLocation: /end?s=1\r\nContent-Length: 3\r\n\r\nxxx");
    else if (strncmp(text, "GET /other ", 11) == 0)
        reply = mem_printf("HTTP/1.1 307 F\r\nLocation: http://localhost:%u/end\r\nContent-Length: 0\r\n\r\n",
                           peer.port);
    else if (strncmp(text, "GET /ftp ", 9) == 0)
        reply = mem_printf("HTTP/1.1 302 F\r\nLocation: ftp://127.0.0.1:%u/x\r\nContent-Length: 0\r\n\r\n",
                           peer.port);
    else if (strncmp(text, "GET /file ", 10) == 0)
        reply = mem_printf("HTTP/1.1 302 F\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n");
    else if (strncmp(text, "GET /loop ", 10) == 0)
        reply = mem_printf("HTTP/1.1 302 F\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n");
    else
        reply = mem_printf("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nend");
    peer_send(conn, reply);
    mem_free(reply);
}

static void ask_with_header(struct http_pool *pool, const char *path, const char *name, struct answer *answer)
{
    char *url = peer_url(&peer, path);
    const struct http_header header = {name, "Bearer tok3n"};
    ask(pool, &(struct http_request){.url = url, .headers = &header, .headers_len = 1}, answer);
    mem_free(url);
}

static void ask_redirect(struct http_pool *pool, const char *path, struct answer *answer)
{
    ask_with_header(pool, path, "Authorization", answer);
}

START_TEST(redirects)
{
    struct answer answer;
    peer_listen(&peer, on_redirect);
    struct http_pool *pool = open_pool(&(struct http_pool_options){.follow_redirects = true});
    struct http_pool *strict = open_pool(&(struct http_pool_options){0});
    ask_redirect(pool, "/same", &answer);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_str_eq(answer.body, "end"); /* not the redirect's own body */
    ck_assert_ptr_nonnull(strstr(last_request, "tok3n"));
    answer_done(&answer);
    ask_redirect(pool, "/other", &answer);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_ptr_nonnull(strstr(last_request, "Host: localhost"));
    ck_assert_ptr_null(strstr(last_request, "tok3n"));
    answer_done(&answer);
    static const char *const bad[] = {"/ftp", "/file", "/loop"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        ask_redirect(pool, bad[i], &answer);
        ck_assert_int_eq(answer.error.code, ERR_PROTOCOL);
        answer_done(&answer);
    }
    ask_with_header(pool, "/same", "X-Key", &answer);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_ptr_nonnull(strstr(last_request, "X-Key: Bearer tok3n"));
    answer_done(&answer);
    ask_with_header(pool, "/other", "X-Key", &answer); /* curl would carry it along */
    ck_assert_int_eq(answer.error.code, ERR_PROTOCOL);
    ck_assert_ptr_null(strstr(last_request, "Host: localhost"));
    answer_done(&answer);
    ask_redirect(strict, "/same", &answer); /* the same spare handle, another pool */
    ck_assert_int_eq(answer.status, 302);
    ck_assert_str_eq(answer.body, "xxx");
    answer_done(&answer);
    close_pool(strict);
    close_pool(pool);
    peer_close(&peer);
}
END_TEST

static void on_chunks(struct peer_conn *conn, const char *text, size_t len)
{
    (void)len;
    bool ok = strncmp(text, "GET /ok ", 8) == 0;
    char *head = mem_printf("HTTP/1.1 %s\r\nTransfer-Encoding: chunked\r\n\r\n", ok ? "200 OK" : "410 Gone");
    peer_send(conn, head);
    peer_send(conn, "3\r\none\r\n");
    peer_send(conn, "3\r\ntwo\r\n0\r\n\r\n");
    mem_free(head);
}

struct streamed {
    struct answer answer; /* first: on_answer gets the same arg */
    struct strbuf bytes;
    int stop_after; /* pieces; 0: never */
    int pieces;
};

static bool on_piece(const char *bytes, size_t len, void *arg)
{
    struct streamed *streamed = arg;
    strbuf_append_n(&streamed->bytes, bytes, len);
    return ++streamed->pieces != streamed->stop_after;
}

static void ask_stream(struct http_pool *pool, const char *path, int stop_after, struct streamed *streamed)
{
    char *url = peer_url(&peer, path);
    struct http_request request = {.url = url, .on_data = on_piece};
    *streamed = (struct streamed){.stop_after = stop_after};
    strbuf_init(&streamed->bytes);
    ck_assert_int_eq(http_start(pool, &request, on_answer, streamed, NULL, NULL), 0);
    run_until(&streamed->answer.done);
    mem_free(url);
}

static void streamed_done(struct streamed *streamed)
{
    strbuf_done(&streamed->bytes);
    answer_done(&streamed->answer);
}

START_TEST(streaming)
{
    struct streamed streamed;
    peer_listen(&peer, on_chunks);
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    ask_stream(pool, "/ok", 0, &streamed);
    ck_assert_int_eq(streamed.answer.status, 200);
    ck_assert_str_eq(streamed.answer.body, "");
    ck_assert_str_eq(streamed.bytes.data, "onetwo");
    streamed_done(&streamed);
    ask_stream(pool, "/gone", 0, &streamed); /* not 2xx: collected */
    ck_assert_int_eq(streamed.answer.status, 410);
    ck_assert_str_eq(streamed.answer.body, "onetwo");
    ck_assert_int_eq(streamed.pieces, 0);
    streamed_done(&streamed);
    ask_stream(pool, "/ok", 1, &streamed);
    ck_assert_int_eq(streamed.answer.error.code, ERR_CANCELED);
    ck_assert_int_eq(streamed.answer.times, 1);
    ck_assert_int_eq(streamed.pieces, 1);
    streamed_done(&streamed);
    close_pool(pool);
    peer_close(&peer);
}
END_TEST

RUN_SUITE("http_redirect", redirects, streaming)

/* The HTTP client against peers that break, lie, stall or flood. */
#include "tests/net/peer.h"

static struct peer peer;

/* What the peer does is said by the path: "/<index of the script>". */
struct script {
    const char *bytes;
    bool close;
    int code; /* expected; 0: answered */
    int status;
    const char *body;
    const char *text; /* part of the error */
};

#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"

static const struct script scripts[] = {
    {"", true, ERR_IO, 0, NULL, "Empty reply"},
    {"HTTP/1.1 200", true, ERR_IO, 0, NULL, NULL},
    {OK_HEAD "Content-Length: 10\r\n\r\nabc", true, ERR_IO, 0, NULL, NULL},
    {OK_HEAD "Content-Length: 2\r\n\r\nabcdef", true, 0, 200, "ab", NULL},
    {OK_HEAD "Content-Length: -5\r\n\r\nabc", true, ERR_PROTOCOL, 0, NULL, NULL},
    {OK_HEAD "Content-Length: 99999999999999999999999\r\n\r\nabc", true, ERR_LIMIT, 0, NULL, NULL},
    {OK_HEAD "\r\nuntil the end", true, 0, 200, "until the end", NULL},
    {"SSH-2.0-OpenSSH_9.2\r\n", true, ERR_PROTOCOL, 0, NULL, NULL},
    {"\x16\x03\x01\x02garbage\r\n\r\n", true, ERR_PROTOCOL, 0, NULL, NULL},
    {"HTTP/9.9 abc\r\n\r\n", true, ERR_PROTOCOL, 0, NULL, NULL},
    {CHUNKED "3\r\nabc\r\n0\r\n\r\n", true, 0, 200, "abc", NULL},
    {CHUNKED "3\r\nabc\r\n", true, ERR_IO, 0, NULL, NULL},
    {CHUNKED "zz\r\nabc\r\n0\r\n\r\n", true, ERR_PROTOCOL, 0, NULL, "chunk"},
    {CHUNKED "3\r\nabcdef\r\n0\r\n\r\n", true, ERR_PROTOCOL, 0, NULL, "chunk"},
    {CHUNKED "ffffffffffffffffffff\r\nabc", true, ERR_PROTOCOL, 0, NULL, "chunk"},
    {CHUNKED "-1\r\nabc", true, ERR_PROTOCOL, 0, NULL, "chunk"},
    {OK_HEAD "Content-Encoding: gzip\r\nContent-Length: 7\r\n\r\nnotgzip", true, ERR_PROTOCOL, 0, NULL, NULL},
    {"HTTP/1.1 100 Continue\r\n\r\n" OK_HEAD "Content-Length: 2\r\n\r\nhi", true, 0, 200, "hi", NULL},
    {"HTTP/1.1 301 M\r\nContent-Length: 0\r\n\r\n", true, 0, 301, "", NULL},
};

static void on_script(struct peer_conn *conn, const char *text, size_t len)
{
    int index;
    (void)len;
    ck_assert_int_eq(sscanf(text, "GET /%d ", &index), 1);
    if (*scripts[index].bytes == '\0')
        peer_hangup(conn);
    else if (scripts[index].close)
        peer_send_close(conn, scripts[index].bytes);
    else
        peer_send(conn, scripts[index].bytes);
}

START_TEST(broken_answers)
{
    struct answer answer;
    peer_listen(&peer, on_script);
    struct http_pool *pool = open_pool(&(struct http_pool_options){.follow_redirects = true});
    for (int i = 0; i < (int)ARRAY_LEN(scripts); i++) {
        char *url = mem_printf("http://ali:s3cret@127.0.0.1:%u/%d?token=s3cret", peer.port, i);
        char *path = mem_printf("http://127.0.0.1:%u/%d", peer.port, i);
        ask(pool, &(struct http_request){.url = url, .timeout_ms = 5000}, &answer);
        ck_assert_msg(answer.error.code == scripts[i].code, "script %d: %d %s", i, answer.error.code,
                      answer.error.msg);
        ck_assert_int_eq(answer.status, scripts[i].status);
        if (scripts[i].body)
            ck_assert_str_eq(answer.body, scripts[i].body);
        if (scripts[i].text)
            ck_assert_msg(strcasestr(answer.error.msg, scripts[i].text) != NULL, "%s", answer.error.msg);
        if (scripts[i].code) {
            ck_assert_msg(strstr(answer.error.msg, path) != NULL, "%s", answer.error.msg);
            ck_assert_msg(!strstr(answer.error.msg, "s3cret"), "%s", answer.error.msg);
        }
        answer_done(&answer);
        mem_free(path);
        mem_free(url);
    }
    close_pool(pool);
    peer_close(&peer);
}
END_TEST

static void on_nothing(struct peer_conn *conn, const char *text, size_t len)
{
    (void)conn, (void)text, (void)len;
}

START_TEST(a_peer_that_never_answers)
{
    struct answer answer, queued;
    peer_listen(&peer, on_nothing);
    struct http_pool *pool = open_pool(&(struct http_pool_options){.max_in_flight = 1});
    char *url = peer_url(&peer, "/");
    int64_t start = clock_mono_ms();
    start_request(pool, &(struct http_request){.url = url, .timeout_ms = 300}, &answer);
    start_request(pool, &(struct http_request){.url = url, .timeout_ms = 100}, &queued);
    run_until(&queued.done);
    ck_assert_int_eq(queued.error.code, ERR_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(queued.error.msg, "waiting for a free connection slot"));
    ck_assert(!answer.done);
    run_until(&answer.done);
    ck_assert_int_eq(answer.error.code, ERR_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(answer.error.msg, "waiting for the answer"));
    ck_assert_int_ge(clock_mono_ms() - start, 300);
    ck_assert_int_lt(clock_mono_ms() - start, 3000);
    ck_assert_uint_eq(http_pool_in_flight(pool), 0);
    mem_free(url);
    close_pool(pool);
    peer_close(&peer);
}
END_TEST

/* A listener whose queue is full: SYNs are dropped, as by a firewall. */
START_TEST(a_peer_that_cannot_be_reached)
{
    struct answer answer;
    struct sockaddr_in address;
    socklen_t len = sizeof(address);
    int fill[8];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    uv_ip4_addr("127.0.0.1", 0, &address);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(fd, 0), 0);
    getsockname(fd, (struct sockaddr *)&address, &len);
    for (size_t i = 0; i < ARRAY_LEN(fill); i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fill[i], (const struct sockaddr *)&address, sizeof(address));
    }
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    char *url = mem_printf("http://127.0.0.1:%u/", ntohs(address.sin_port));
    ask(pool, &(struct http_request){.url = url, .connect_timeout_ms = 200}, &answer);
    ck_assert_int_eq(answer.error.code, ERR_TIMEOUT);
    answer_done(&answer);
    ask(pool, &(struct http_request){.url = url, .timeout_ms = 200}, &answer);
    ck_assert_int_eq(answer.error.code, ERR_TIMEOUT);
    ck_assert_msg(strstr(answer.error.msg, "connecting") != NULL, "%s", answer.error.msg);
    mem_free(url);
    close_pool(pool);
    for (size_t i = 0; i < ARRAY_LEN(fill); i++)
        close(fill[i]);
    close(fd);
}
END_TEST

START_TEST(refused_and_unknown_host)
{
    static const struct {
        const char *url, *text;
    } rows[] = {
        {"http://127.0.0.1:1/x", "connect"},
        {"http://[::1]:1/x", "connect"},
        {"http://no-such-host.invalid/x", "resolve host"},
        {"http://no-such-host.invalid/x", "resolve host"},
    };
    struct answer answer;
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ask(pool, &(struct http_request){.url = rows[i].url}, &answer);
        ck_assert_msg(answer.error.code == ERR_IO, "%s: %s", rows[i].url, answer.error.msg);
        ck_assert_msg(strstr(answer.error.msg, rows[i].text) != NULL, "%s", answer.error.msg);
        answer_done(&answer);
    }
    close_pool(pool);
}
END_TEST

static uv_timer_t dripper;
static struct peer_conn *dripping;

static void on_drip(uv_timer_t *timer)
{
    (void)timer;
    if (dripping && !dripping->closing)
        peer_send(dripping, "x");
}

static void on_start_dripping(struct peer_conn *conn, const char *text, size_t len)
{
    (void)text, (void)len;
    dripping = conn;
    peer_send(conn, OK_HEAD "Content-Length: 1000000\r\n\r\n");
}

/* A byte now and then keeps the idle timeout away, not the whole timeout. */
START_TEST(slow_body)
{
    struct answer answer;
    peer_listen(&peer, on_start_dripping);
    uv_timer_init(&test_loop, &dripper);
    uv_timer_start(&dripper, on_drip, 30, 30);
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    char *url = peer_url(&peer, "/");
    int64_t start = clock_mono_ms();
    ask(pool, &(struct http_request){.url = url, .idle_timeout_ms = 300, .timeout_ms = 900}, &answer);
    ck_assert_int_ge(clock_mono_ms() - start, 900);
    ck_assert_int_eq(answer.error.code, ERR_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(answer.error.msg, "900 ms while reading the answer"));
    dripping = NULL;
    uv_timer_stop(&dripper);
    start = clock_mono_ms();
    ask(pool, &(struct http_request){.url = url, .idle_timeout_ms = 200}, &answer);
    ck_assert_int_ge(clock_mono_ms() - start, 200);
    ck_assert_int_eq(answer.error.code, ERR_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(answer.error.msg, "200 ms"));
    uv_close((uv_handle_t *)&dripper, NULL);
    mem_free(url);
    close_pool(pool);
    peer_close(&peer);
}
END_TEST

static void send_much(struct peer_conn *conn, const char *piece, size_t total)
{
    struct strbuf buf AUTO_STRBUF;
    strbuf_init_max(&buf, (size_t)1 << 30);
    while (buf.len < total)
        strbuf_append(&buf, piece);
    peer_send_n(conn, buf.data, total, false);
}

/* Headers without end, a first line without end, 1xx answers without end. */
static void on_flood(struct peer_conn *conn, const char *text, size_t len)
{
    (void)len;
    if (strncmp(text, "GET /continue ", 14) == 0) {
        send_much(conn, "HTTP/1.1 100 Continue\r\nX-A: b\r\n\r\n", (size_t)8 << 20);
        return;
    }
    peer_send(conn, OK_HEAD);
    bool one_line = strncmp(text, "GET /line ", 10) == 0;
    send_much(conn, one_line ? "aaaaaaaaaaaaaaaaaaaaaaaaaaa" : "X-Flood: aaaaaaaaaaaaaaaaa\r\n",
              (size_t)8 << 20);
}

START_TEST(header_floods)
{
    static const char *const paths[] = {"/lines", "/line", "/continue"};
    struct answer answer;
    peer_listen(&peer, on_flood);
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        char *url = peer_url(&peer, paths[i]);
        ask(pool, &(struct http_request){.url = url, .timeout_ms = 10000}, &answer);
        ck_assert_msg(answer.error.code == ERR_LIMIT, "%s: %d %s", paths[i], answer.error.code,
                      answer.error.msg);
        answer_done(&answer);
        mem_free(url);
    }
    close_pool(pool);
    peer_close(&peer);
}
END_TEST

static bool say_length;
static size_t body_size;

static void on_large(struct peer_conn *conn, const char *text, size_t len)
{
    (void)text, (void)len;
    char *head = say_length ? mem_printf(OK_HEAD "Content-Length: %zu\r\n\r\n", body_size)
                            : mem_printf(CHUNKED "%zx\r\n", body_size);
    peer_send(conn, head);
    send_much(conn, "0123456789", body_size);
    if (!say_length)
        peer_send(conn, "\r\n0\r\n\r\n");
    mem_free(head);
}

static void ask_large(struct http_pool *pool, size_t size, bool length, size_t max, struct answer *answer)
{
    char *url = peer_url(&peer, "/");
    body_size = size;
    say_length = length;
    ask(pool, &(struct http_request){.url = url, .max_body = max}, answer);
    mem_free(url);
}

START_TEST(large_bodies)
{
    static const struct {
        size_t size;
        bool length;
        size_t max;
        int code;
    } rows[] = {
        {1000, true, 1000, 0},
        {1001, true, 1000, ERR_LIMIT},
        {1000, false, 1000, 0},
        {1001, false, 1000, ERR_LIMIT},
        {(size_t)100 << 20, true, 0, ERR_LIMIT},
        {(size_t)100 << 20, false, 0, ERR_LIMIT},
        {(size_t)100 << 20, true, (size_t)100 << 20, 0},
        {(size_t)100 << 20, false, (size_t)100 << 20, 0},
    };
    struct answer answer;
    peer_listen(&peer, on_large);
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ask_large(pool, rows[i].size, rows[i].length, rows[i].max, &answer);
        ck_assert_msg(answer.error.code == rows[i].code, "row %zu: %s", i, answer.error.msg);
        if (!rows[i].code) {
            ck_assert_uint_eq(answer.body_len, rows[i].size);
            ck_assert_int_eq(answer.body[rows[i].size - 1], (int)("0123456789"[(rows[i].size - 1) % 10]));
        }
        answer_done(&answer);
    }
    close_pool(pool);
    peer_close(&peer);
}
END_TEST

static char *squeezed;
static size_t squeezed_len;

static void on_gzip(struct peer_conn *conn, const char *text, size_t len)
{
    (void)text, (void)len;
    char *head = mem_printf(OK_HEAD "Content-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", squeezed_len);
    peer_send(conn, head);
    peer_send_n(conn, squeezed, squeezed_len, false);
    mem_free(head);
}

static void squeeze(const char *command)
{
    size_t cap = (size_t)1 << 20;
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    squeezed = mem_alloc(cap);
    squeezed_len = fread(squeezed, 1, cap, pipe);
    ck_assert_int_eq(pclose(pipe), 0);
    ck_assert_uint_lt(squeezed_len, cap);
}

/* The cap counts bytes after decompression: 200 KiB that become 200 MiB end early. */
START_TEST(compressed)
{
    struct answer answer;
    peer_listen(&peer, on_gzip);
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    char *url = peer_url(&peer, "/");
    squeeze("printf hello | gzip");
    ask(pool, &(struct http_request){.url = url, .max_body = 64}, &answer);
    ck_assert_int_eq(answer.error.code, 0);
    ck_assert_str_eq(answer.body, "hello");
    answer_done(&answer);
    mem_free(squeezed);
    squeeze("head -c 209715200 /dev/zero | gzip -9");
    ask(pool, &(struct http_request){.url = url}, &answer);
    ck_assert_int_eq(answer.error.code, ERR_LIMIT);
    answer_done(&answer);
    mem_free(squeezed);
    mem_free(url);
    close_pool(pool);
    peer_close(&peer);
}
END_TEST

RUN_SUITE("http_faults", broken_answers, a_peer_that_never_answers, a_peer_that_cannot_be_reached,
          refused_and_unknown_host, slow_body, header_floods, large_bodies, compressed)

/* The HTTP server, asked by the client of this room and, where it must be rude, by a bare socket. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scaler/net/http_server.h"
#include "tests/net/peer.h"

static struct http_server *server;
static int handled;
static char seen[256];
static bool close_in_handler, server_closed;

static void on_request(const struct http_server_request *request, struct http_server_reply *reply, void *arg)
{
    const char *name = request->query(request, "name");
    ck_assert_ptr_eq(arg, &handled);
    handled++;
    snprintf(seen, sizeof(seen), "%s %s %s", request->method, request->path, name ? name : "(none)");
    if (strcmp(request->path, "/missing") == 0)
        reply->status = 404;
    if (strcmp(request->path, "/json") == 0)
        reply->content_type = "application/json";
    if (strcmp(request->path, "/large") == 0)
        for (int i = 0; i < 1000000; i++)
            strbuf_append(reply->body, "0123456789");
    else if (strcmp(request->path, "/empty") != 0)
        strbuf_append(reply->body, "hello");
    if (close_in_handler)
        http_server_close(server, on_flag, &server_closed);
}

static void open_server(const char *address)
{
    struct err err = {0};
    ck_assert_msg(http_server_open(test_net, address, on_request, &handled, &server, &err) == 0, "%s",
                  err.msg);
    ck_assert_uint_ne(http_server_port(server), 0);
}

static void close_server(void)
{
    bool closed = false;
    http_server_close(server, on_flag, &closed);
    ck_assert(!closed);
    run_until(&closed);
}

static void ask_server(struct http_pool *pool, const char *method, const char *path, struct answer *answer)
{
    char *url = mem_printf("http://127.0.0.1:%u%s", http_server_port(server), path);
    ask(pool, &(struct http_request){.method = method, .url = url, .max_body = (size_t)64 << 20}, answer);
    mem_free(url);
}

START_TEST(answers)
{
    static const struct {
        const char *method, *path;
        int status;
        const char *type;
        size_t len;
        const char *seen;
    } rows[] = {
        {"GET", "/", 200, "text/plain; charset=utf-8", 5, "GET / (none)"},
        {"GET", "/a%20b?name=x%26y", 200, "text/plain; charset=utf-8", 5, "GET /a b x&y"},
        {"GET", "/?name=", 200, "text/plain; charset=utf-8", 5, "GET / "},
        {"HEAD", "/", 200, "text/plain; charset=utf-8", 0, "HEAD / (none)"},
        {"GET", "/json", 200, "application/json", 5, "GET /json (none)"},
        {"GET", "/missing", 404, "text/plain; charset=utf-8", 5, "GET /missing (none)"},
        {"GET", "/empty", 200, "text/plain; charset=utf-8", 0, "GET /empty (none)"},
        {"GET", "/large", 200, "text/plain; charset=utf-8", 10000000, "GET /large (none)"},
        {"POST", "/", 405, "", 0, NULL},
        {"DELETE", "/", 405, "", 0, NULL},
        {"OPTIONS", "/", 405, "", 0, NULL},
        {"TRACE", "/", 405, "", 0, NULL},
    };
    struct answer answer;
    open_server("127.0.0.1:0");
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        handled = 0;
        ask_server(pool, rows[i].method, rows[i].path, &answer);
        ck_assert_msg(answer.error.code == 0, "%s", answer.error.msg);
        ck_assert_int_eq(answer.status, rows[i].status);
        ck_assert_str_eq(answer.content_type, rows[i].type);
        ck_assert_uint_eq(answer.body_len, rows[i].len);
        ck_assert_int_eq(handled, rows[i].seen != NULL);
        if (rows[i].seen)
            ck_assert_str_eq(seen, rows[i].seen);
        answer_done(&answer);
    }
    close_pool(pool);
    close_server();
}
END_TEST

START_TEST(addresses)
{
    static const struct {
        const char *address;
        int code;
        const char *host; /* to ask it by */
    } rows[] = {
        {"127.0.0.1:0", 0, "127.0.0.1"},
        {"[::1]:0", 0, "[::1]"},
        {":0", 0, "127.0.0.1"},
        {"0.0.0.0:0", 0, "127.0.0.1"},
        {"", ERR_CONFIG, NULL},
        {"8080", ERR_CONFIG, NULL},
        {"::1:8080", ERR_CONFIG, NULL},
        {"[::1]", ERR_CONFIG, NULL},
        {"[::1:80", ERR_CONFIG, NULL},
        {"127.0.0.1:", ERR_CONFIG, NULL},
        {"127.0.0.1:65536", ERR_CONFIG, NULL},
        {"127.0.0.1:-1", ERR_CONFIG, NULL},
        {"127.0.0.1:80x", ERR_CONFIG, NULL},
        {"localhost:0", ERR_CONFIG, NULL},
        {"300.0.0.1:0", ERR_CONFIG, NULL},
        {"192.0.2.77:0", ERR_IO, NULL}, /* not an address of this host */
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:0",
         ERR_CONFIG, NULL},
    };
    struct answer answer;
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        char url[64];
        int rc = http_server_open(test_net, rows[i].address, on_request, &handled, &server, &err);
        ck_assert_msg(rc == rows[i].code, "%s: %s", rows[i].address, err.msg);
        if (rc < 0)
            continue;
        snprintf(url, sizeof(url), "http://%s:%u/", rows[i].host, http_server_port(server));
        ask(pool, &(struct http_request){.url = url}, &answer);
        ck_assert_msg(answer.status == 200, "%s: %s", rows[i].address, answer.error.msg);
        answer_done(&answer);
        close_server();
    }
    close_pool(pool);
}
END_TEST

START_TEST(address_in_use)
{
    struct http_server *second = NULL;
    struct err err = {0};
    open_server("127.0.0.1:0");
    char *address = mem_printf("127.0.0.1:%u", http_server_port(server));
    ck_assert_int_eq(http_server_open(test_net, address, on_request, &handled, &second, &err), ERR_IO);
    ck_assert_ptr_null(second);
    ck_assert_ptr_nonnull(strstr(err.msg, address));
    close_server();
    open_server(address); /* and free again at once */
    close_server();
    mem_free(address);
}
END_TEST

/* A bare client: sends bytes, collects what comes until the server hangs up or time is over. */
static char got[65536];

static int raw_connect(void)
{
    struct sockaddr_in address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    uv_ip4_addr("127.0.0.1", http_server_port(server), &address);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static bool raw_read(int fd, int64_t ms)
{
    size_t len = 0;
    for (int64_t end = clock_mono_ms() + ms; clock_mono_ms() < end;) {
        run_for(5);
        ssize_t n = recv(fd, got + len, sizeof(got) - 1 - len, MSG_DONTWAIT);
        if (n > 0)
            got[len += (size_t)n] = '\0';
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            return true;
    }
    return false;
}

START_TEST(rude_requests)
{
    static const struct {
        const char *bytes, *status;
        bool hangup;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", " 413 ", true},
        {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000000\r\n\r\n", " 413 ", true},
        {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", " 413 ",
         true},
        {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", " 200 ", false},
        {"GET / HTTP/1.0\r\n\r\n", " 200 ", true},
        {"nonsense\r\n\r\n", "", true},
        {"\x16\x03\x01\x02\xfc\x03\x03\r\n\r\n", "", true},
    };
    open_server("127.0.0.1:0");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int fd = raw_connect();
        got[0] = '\0';
        ck_assert_int_gt((int)send(fd, rows[i].bytes, strlen(rows[i].bytes), 0), 0);
        ck_assert_msg(raw_read(fd, rows[i].hangup ? 3000 : 100) == rows[i].hangup, "row %zu: %s", i, got);
        ck_assert_msg(strstr(got, rows[i].status) != NULL, "row %zu: %s", i, got);
        close(fd);
    }
    close_server();
}
END_TEST

/* Header floods end with an error status or a hang-up, in bounded memory; the server lives on. */
START_TEST(header_flood)
{
    struct answer answer;
    open_server("127.0.0.1:0");
    int fd = raw_connect();
    static const char line[] = "X-Flood: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";
    bool ended = false;
    send(fd, "GET / HTTP/1.1\r\n", 16, MSG_NOSIGNAL);
    for (int i = 0; i < 3000 && !ended; i++) {
        ended = send(fd, line, sizeof(line) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN;
        if (i % 50 == 0)
            run_for(2);
    }
    ck_assert(ended || raw_read(fd, 3000));
    close(fd);
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    ask_server(pool, "GET", "/", &answer);
    ck_assert_int_eq(answer.status, 200);
    answer_done(&answer);
    close_pool(pool);
    close_server();
}
END_TEST

/* More connections than the limit: the surplus is turned away, and those that leave make room. */
START_TEST(connection_limit)
{
    enum { MANY = 300 };
    int fds[MANY];
    struct answer answer;
    open_server("127.0.0.1:0");
    for (int i = 0; i < MANY; i++) {
        fds[i] = raw_connect();
        if (i % 50 == 0)
            run_for(5);
    }
    run_for(100);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    run_for(100);
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    ask_server(pool, "GET", "/", &answer);
    ck_assert_int_eq(answer.status, 200);
    answer_done(&answer);
    close_pool(pool);
    close_server();
}
END_TEST

/* Closed from inside a handler: the answer under way still arrives whole. */
START_TEST(close_with_an_answer_under_way)
{
    struct answer answer;
    open_server("127.0.0.1:0");
    struct http_pool *pool = open_pool(&(struct http_pool_options){0});
    close_in_handler = true;
    ask_server(pool, "GET", "/large", &answer);
    ck_assert_msg(answer.status == 200, "%s", answer.error.msg);
    ck_assert_uint_eq(answer.body_len, 10000000);
    answer_done(&answer);
    run_until(&server_closed);
    close_in_handler = false;
    close_pool(pool);
}
END_TEST

/* One that does not take its answer delays the close for the grace time only; idle connections do not at all.
 */
START_TEST(close_with_a_stuck_client)
{
    open_server("127.0.0.1:0");
    int idle = raw_connect(), stuck = raw_connect();
    send(stuck, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n", 32, 0);
    run_for(100);
    int64_t start = clock_mono_ms();
    close_server();
    ck_assert_int_le(clock_mono_ms() - start, 6000);
    close(stuck);
    close(idle);
    open_server("127.0.0.1:0");
    idle = raw_connect();
    run_for(50);
    start = clock_mono_ms();
    close_server();
    ck_assert_int_le(clock_mono_ms() - start, 1500);
    close(idle);
}
END_TEST

RUN_SUITE("http_server", answers, addresses, address_in_use, rude_requests, header_flood, connection_limit,
          close_with_an_answer_under_way, close_with_a_stuck_client)

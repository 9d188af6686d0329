/* The life of calls and pools: exactly one answer, whatever is canceled or closed when. */
#include "tests/net/peer.h"

static struct peer peer;
static struct http_pool *pool;
static char *url;

static void on_hello(struct peer_conn *conn, const char *text, size_t len)
{
    (void)text, (void)len;
    peer_reply(conn, "hello");
}

static void on_nothing(struct peer_conn *conn, const char *text, size_t len)
{
    (void)conn, (void)text, (void)len;
}

static void on_half(struct peer_conn *conn, const char *text, size_t len)
{
    (void)text, (void)len;
    peer_send(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
}

static void open_all(void (*on_request)(struct peer_conn *, const char *, size_t), unsigned cap)
{
    peer_listen(&peer, on_request);
    pool = open_pool(&(struct http_pool_options){.max_in_flight = cap});
    url = peer_url(&peer, "/");
}

static void close_all(void)
{
    mem_free(url);
    if (pool)
        close_pool(pool);
    peer_close(&peer);
}

static void expect_canceled(struct answer *answer)
{
    ck_assert(!answer->done);
    run_until(&answer->done);
    ck_assert_int_eq(answer->error.code, ERR_CANCELED);
    run_for(30);
    ck_assert_int_eq(answer->times, 1);
}

/* At once, while connecting, while waiting, in the middle of the body, and in the queue. */
START_TEST(cancel_at_each_stage)
{
    static const int64_t delays[] = {-1, 0, 30, 60};
    struct answer answer, queued;
    open_all(on_half, 1);
    for (size_t i = 0; i < ARRAY_LEN(delays); i++) {
        start_request(pool, &(struct http_request){.url = url}, &answer);
        start_request(pool, &(struct http_request){.url = url}, &queued);
        if (delays[i] >= 0)
            run_for(delays[i]);
        struct http_call *call = queued.call;
        http_cancel(call);
        http_cancel(call); /* twice is once */
        expect_canceled(&queued);
        http_cancel(answer.call);
        ck_assert_uint_eq(http_pool_in_flight(pool), 0);
        expect_canceled(&answer);
    }
    start_request(pool, &(struct http_request){.url = "http://no-such-host.invalid/"}, &answer);
    uv_run(&test_loop, UV_RUN_NOWAIT);
    uv_run(&test_loop, UV_RUN_NOWAIT);
    int64_t start = clock_mono_ms();
    http_cancel(answer.call); /* the resolver's thread may still be busy: nobody waits for it */
    ck_assert_int_lt(clock_mono_ms() - start, 200);
    expect_canceled(&answer);
    close_all();
}
END_TEST

/* Canceling one in flight lets the next one start. */
START_TEST(cancel_makes_room)
{
    struct answer first, second;
    open_all(on_nothing, 1);
    start_request(pool, &(struct http_request){.url = url}, &first);
    start_request(pool, &(struct http_request){.url = url}, &second);
    run_for(50);
    ck_assert_uint_eq(peer.requests, 1);
    http_cancel(first.call);
    run_for(50);
    ck_assert_uint_eq(peer.requests, 2);
    ck_assert(first.done && !second.done);
    http_cancel(second.call);
    run_for(20);
    ck_assert(second.done);
    close_all();
}
END_TEST

START_TEST(close_with_calls_everywhere)
{
    struct answer answers[20];
    struct err err = {0};
    bool closed = false;
    open_all(on_half, 5);
    for (size_t i = 0; i < 10; i++)
        start_request(pool, &(struct http_request){.url = url, .timeout_ms = 10000}, &answers[i]);
    run_for(50);
    for (size_t i = 10; i < 20; i++)
        start_request(pool, &(struct http_request){.url = url, .idle_timeout_ms = 10000}, &answers[i]);
    http_cancel(answers[0].call); /* one already on its way */
    http_pool_close(pool, on_flag, &closed);
    ck_assert_int_eq(http_start(pool, &(struct http_request){.url = url}, on_answer, NULL, NULL, &err),
                     ERR_CANCELED);
    for (size_t i = 0; i < 20; i++)
        ck_assert(!answers[i].done);
    run_until(&closed);
    for (size_t i = 0; i < 20; i++) {
        ck_assert_int_eq(answers[i].times, 1);
        ck_assert_int_eq(answers[i].error.code, ERR_CANCELED);
    }
    pool = NULL;
    close_all();
}
END_TEST

static bool pool_closed;

/* In its own answer a call closes the pool, with others still in flight and in the queue. */
static void on_answer_close(const struct http_response *response, const struct err *error, void *arg)
{
    on_answer(response, error, arg);
    http_pool_close(pool, on_flag, &pool_closed);
    http_pool_close(pool, on_flag, &pool_closed); /* twice is once */
    ck_assert(!pool_closed);
}

START_TEST(close_in_an_answer)
{
    struct answer first = {0}, others[6];
    open_all(on_hello, 2);
    ck_assert_int_eq(
        http_start(pool, &(struct http_request){.url = url}, on_answer_close, &first, NULL, NULL), 0);
    for (size_t i = 0; i < 6; i++)
        start_request(pool, &(struct http_request){.url = url}, &others[i]);
    run_until(&pool_closed);
    ck_assert_int_eq(first.times, 1);
    answer_done(&first);
    for (size_t i = 0; i < 6; i++) {
        ck_assert_int_eq(others[i].times, 1);
        answer_done(&others[i]);
    }
    pool = NULL;
    close_all();
}
END_TEST

struct chain {
    struct answer answer;
    int left;
    bool done;
};

static void on_chain(const struct http_response *response, const struct err *error, void *arg)
{
    struct chain *chain = arg;
    ck_assert_ptr_null(error);
    ck_assert_str_eq(response->body, "hello");
    if (--chain->left == 0)
        chain->done = true;
    else
        ck_assert_int_eq(http_start(pool, &(struct http_request){.url = url}, on_chain, chain, NULL, NULL),
                         0);
}

/* Starting in an answer, at a cap of one: the place is free already, the connection too. */
START_TEST(start_in_an_answer)
{
    struct chain chain = {.left = 50};
    open_all(on_hello, 1);
    ck_assert_int_eq(http_start(pool, &(struct http_request){.url = url}, on_chain, &chain, NULL, NULL), 0);
    run_until(&chain.done);
    ck_assert_uint_eq(peer.accepted, 1);
    close_all();
}
END_TEST

static struct answer self, victim, extra;
static int action;

/* curl is on the stack here: whatever is asked for must wait, and still happen. */
static bool on_data_acts(const char *bytes, size_t len, void *arg)
{
    (void)bytes, (void)len, (void)arg;
    switch (action) {
    case 0:
        http_cancel(self.call);
        break;
    case 1:
        http_cancel(victim.call);
        break;
    case 2:
        start_request(pool, &(struct http_request){.url = url, .timeout_ms = 100}, &extra);
        break;
    case 3:
        http_pool_close(pool, on_flag, &pool_closed);
        break;
    case 4:
        http_cancel(self.call);
        http_cancel(victim.call);
        start_request(pool, &(struct http_request){.url = url, .timeout_ms = 100}, &extra);
        http_pool_close(pool, on_flag, &pool_closed);
        return false;
    default:
        break;
    }
    return true;
}

static const int expected[][3] = {/* self, victim, extra; 0: no such call */
                                  {ERR_CANCELED, ERR_TIMEOUT, 0},
                                  {ERR_TIMEOUT, ERR_CANCELED, 0},
                                  {ERR_TIMEOUT, ERR_TIMEOUT, ERR_TIMEOUT},
                                  {ERR_CANCELED, ERR_CANCELED, 0},
                                  {ERR_CANCELED, ERR_CANCELED, ERR_CANCELED}};

static void check_action(void)
{
    const struct answer *answers[] = {&self, &victim, &extra};
    struct http_request request = {.url = url, .on_data = on_data_acts, .timeout_ms = 300};
    self = victim = extra = (struct answer){0};
    pool_closed = false;
    start_request(pool, &(struct http_request){.url = url, .timeout_ms = 400}, &victim);
    ck_assert_int_eq(http_start(pool, &request, on_answer, &self, &self.call, NULL), 0);
    run_for(700);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(answers[i]->times, expected[action][i] != 0);
        ck_assert_int_eq(answers[i]->error.code, expected[action][i]);
    }
}

START_TEST(act_while_streaming)
{
    for (action = 0; action < (int)ARRAY_LEN(expected); action++) {
        open_all(on_half, 0);
        check_action();
        if (action >= 3) {
            ck_assert(pool_closed);
            pool = NULL;
        }
        close_all();
    }
}
END_TEST

/* The second request on each connection is met by a close instead of an answer, in several ways. */
static int dropping;

static void on_dropping(struct peer_conn *conn, const char *text, size_t len)
{
    (void)text, (void)len;
    if (conn->requests == 1 && dropping == 0)
        peer_send_close(conn, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    else if (conn->requests == 1)
        peer_reply(conn, "hello");
    else if (dropping == 1)
        peer_hangup(conn);
    else
        peer_reset(conn);
}

/* Kept-alive connections that the server gave up in the meantime are no errors, with or without a body. */
START_TEST(dropped_between_requests)
{
    static const char *const bodies[] = {NULL, "{\"spec\":{\"replicas\":3}}"};
    struct answer answer;
    open_all(on_dropping, 0);
    for (dropping = 0; dropping < 3; dropping++) {
        for (int i = 0; i < 20; i++) {
            const char *body = bodies[i % 2];
            struct http_request request = {.method = body ? "PATCH" : "GET",
                                           .url = url,
                                           .body = body,
                                           .body_len = body ? strlen(body) : 0,
                                           .timeout_ms = 5000};
            ask(pool, &request, &answer);
            ck_assert_msg(answer.status == 200, "way %d, request %d: %s", dropping, i, answer.error.msg);
            answer_done(&answer);
            if (dropping == 0 && i % 3 == 0)
                run_for(5); /* now the close has been seen */
        }
    }
    close_all();
}
END_TEST

/* All at once, many times: what leaks or answers twice shows here. */
START_TEST(storm)
{
    enum { CALLS = 400 };
    struct answer *answers = mem_zalloc_array(CALLS, sizeof(*answers));
    open_all(on_hello, 16);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < CALLS; i++)
            start_request(pool, &(struct http_request){.url = url, .timeout_ms = 20000}, &answers[i]);
        for (int i = 0; i < 20; i++) {
            uv_run(&test_loop, UV_RUN_NOWAIT);
            for (int n = 0; n < 5; n++) {
                struct answer *answer = &answers[random_below(CALLS)];
                if (answer->call)
                    http_cancel(answer->call);
            }
        }
        for (int i = 0; i < CALLS; i++) {
            run_until(&answers[i].done);
            ck_assert_int_eq(answers[i].times, 1);
            ck_assert(answers[i].status == 200 || answers[i].error.code == ERR_CANCELED);
            answer_done(&answers[i]);
        }
    }
    mem_free(answers);
    close_all();
}
END_TEST

/* More pools than one multi serves, to the same peer; closed in another order than opened. */
START_TEST(many_pools)
{
    struct http_pool *pools[150];
    struct answer answer;
    open_all(on_hello, 0);
    for (size_t i = 0; i < ARRAY_LEN(pools); i++) {
        pools[i] = open_pool(&(struct http_pool_options){.max_in_flight = 1});
        ask(pools[i], &(struct http_request){.url = url}, &answer);
        ck_assert_int_eq(answer.status, 200);
        answer_done(&answer);
    }
    ck_assert_uint_le(peer.accepted, 3);
    for (size_t i = 0; i < ARRAY_LEN(pools); i++)
        close_pool(pools[(i * 7) % ARRAY_LEN(pools)]);
    close_all();
}
END_TEST

RUN_SUITE("http_call", cancel_at_each_stage, cancel_makes_room, close_with_calls_everywhere,
          close_in_an_answer, start_in_an_answer, act_while_streaming, dropped_between_requests, storm,
          many_pools)

/* What the tests of this room share: a loop with a net on it, and a bounded way to run it. */
#ifndef TESTS_NET_FIXTURE_H
#define TESTS_NET_FIXTURE_H

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"
#include "scaler/net/http_client.h"
#include "scaler/net/net.h"
#include "scaler/net/timer.h"

static uv_loop_t test_loop;
static struct net *test_net;

static inline void fixture_setup(void)
{
    struct err err = {0};
    ck_assert_int_eq(uv_loop_init(&test_loop), 0);
    ck_assert_int_eq(net_new(&test_loop, &test_net, &err), 0);
}

static inline void on_flag(void *arg)
{
    *(bool *)arg = true;
}

/* Runs until *flag; false: not within ms. A repeating timer keeps a quiet loop from blocking for good. */
static inline void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static inline bool run_until_ms(const bool *flag, int64_t ms)
{
    uv_timer_t tick;
    int64_t end = clock_mono_ms() + ms;
    uv_timer_init(&test_loop, &tick);
    uv_timer_start(&tick, on_tick, 20, 20);
    while (!*flag && clock_mono_ms() < end)
        uv_run(&test_loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(&test_loop, UV_RUN_NOWAIT);
    return *flag;
}

static inline void run_until(const bool *flag)
{
    ck_assert_msg(run_until_ms(flag, 20000), "nothing happened within 20 s");
}

static inline void run_for(int64_t ms)
{
    bool never = false;
    run_until_ms(&never, ms);
}

/* The loop must be empty: every handle of the room and of the test closed. */
static inline void fixture_teardown(void)
{
    bool closed = false;
    net_close(test_net, on_flag, &closed);
    run_until(&closed);
    uv_run(&test_loop, UV_RUN_NOWAIT);
    ck_assert_int_eq(uv_loop_close(&test_loop), 0);
}

/* One answer, copied. */
struct answer {
    bool done;
    int times;
    int status;
    char *body;
    size_t body_len;
    char content_type[128];
    int64_t retry_after_ms;
    struct err error;
    struct http_call *call;
};

static inline void on_answer(const struct http_response *response, const struct err *error, void *arg)
{
    struct answer *answer = arg;
    answer->done = true;
    answer->times++;
    answer->call = NULL;
    if (error) {
        answer->error = *error;
        return;
    }
    answer->status = response->status;
    answer->body_len = response->body_len;
    answer->body = mem_alloc(response->body_len + 1);
    memcpy(answer->body, response->body, response->body_len + 1);
    snprintf(answer->content_type, sizeof(answer->content_type), "%s", response->content_type);
    answer->retry_after_ms = response->retry_after_ms;
}

static inline void answer_done(struct answer *answer)
{
    mem_free(answer->body);
    *answer = (struct answer){0};
}

static inline struct http_pool *open_pool(const struct http_pool_options *options)
{
    struct http_pool *pool = NULL;
    struct err err = {0};
    ck_assert_msg(http_pool_new(test_net, options, &pool, &err) == 0, "%s", err.msg);
    return pool;
}

static inline void close_pool(struct http_pool *pool)
{
    bool closed = false;
    http_pool_close(pool, on_flag, &closed);
    ck_assert(!closed);
    run_until(&closed);
}

static inline void start_request(struct http_pool *pool, const struct http_request *request,
                                 struct answer *answer)
{
    struct err err = {0};
    *answer = (struct answer){0};
    int rc = http_start(pool, request, on_answer, answer, &answer->call, &err);
    ck_assert_msg(rc == 0, "%s", err.msg);
    ck_assert(!answer->done);
}

static inline void ask(struct http_pool *pool, const struct http_request *request, struct answer *answer)
{
    start_request(pool, request, answer);
    run_until(&answer->done);
    ck_assert_int_eq(answer->times, 1);
}

static inline int run_suite(const char *name, const TTest *const *tests, size_t len)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, fixture_setup, fixture_teardown);
    tcase_set_timeout(tcase, 120);
    for (size_t i = 0; i < len; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define RUN_SUITE(name, ...)                                                                                 \
    int main(void)                                                                                           \
    {                                                                                                        \
        const TTest *const tests[] = {__VA_ARGS__};                                                          \
        return run_suite(name, tests, ARRAY_LEN(tests));                                                     \
    }

#endif

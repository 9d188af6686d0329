/* The loop context: what is put off, the turn's clock, the heartbeat. */
#include "tests/net/fixture.h"

static char trail[32];

static void on_mark(void *arg)
{
    strncat(trail, arg, sizeof(trail) - strlen(trail) - 1);
}

START_TEST(deferred_runs_in_order_and_later)
{
    trail[0] = '\0';
    net_defer(test_net, on_mark, (char[]){"a"});
    net_defer(test_net, on_mark, (char[]){"b"});
    ck_assert_str_eq(trail, "");
    run_for(30);
    ck_assert_str_eq(trail, "ab");
}
END_TEST

struct chain {
    int left;
    bool done;
};

static void on_chain(void *arg)
{
    struct chain *chain = arg;
    if (--chain->left == 0)
        chain->done = true;
    else
        net_defer(test_net, on_chain, chain);
}

START_TEST(deferred_may_defer)
{
    struct chain chain = {.left = 1000}, wide[300];
    net_defer(test_net, on_chain, &chain);
    for (size_t i = 0; i < ARRAY_LEN(wide); i++) {
        wide[i] = (struct chain){.left = 3};
        net_defer(test_net, on_chain, &wide[i]);
    }
    run_until(&chain.done);
    for (size_t i = 0; i < ARRAY_LEN(wide); i++)
        ck_assert(wide[i].done);
}
END_TEST

static int fired;

static void on_fired(struct timer *timer)
{
    (void)timer;
    fired++;
}

static void on_spin(void *arg)
{
    bool *stop = arg;
    if (!*stop)
        net_defer(test_net, on_spin, arg);
}

/* Deferring for ever keeps the loop busy, never blind. */
START_TEST(deferring_does_not_starve_timers)
{
    struct timer timer = {0};
    bool stop = false;
    fired = 0;
    net_defer(test_net, on_spin, &stop);
    timer_start(test_net, &timer, 30, on_fired);
    run_for(100);
    ck_assert_int_eq(fired, 1);
    stop = true;
    run_for(10);
}
END_TEST

/* fixture_teardown closes the net right after: what was put off must still come. */
START_TEST(deferred_before_close_still_runs)
{
    uv_loop_t loop;
    struct net *net;
    bool closed = false;
    trail[0] = '\0';
    uv_loop_init(&loop);
    ck_assert_int_eq(net_new(&loop, &net, NULL), 0);
    ck_assert_ptr_eq(net_loop(net), &loop);
    net_defer(net, on_mark, (char[]){"x"});
    net_close(net, on_flag, &closed);
    ck_assert(!closed);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert(closed);
    ck_assert_str_eq(trail, "x");
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

static int64_t seen_ms[2];

static void on_look(void *arg)
{
    (void)arg;
    seen_ms[0] = net_now_ms(test_net);
    int64_t until = clock_mono_ms() + 30;
    while (clock_mono_ms() < until)
        ;
    seen_ms[1] = net_now_ms(test_net);
}

START_TEST(time_stands_still_within_a_turn)
{
    int64_t before = clock_now_ms();
    net_defer(test_net, on_look, NULL);
    run_for(60);
    ck_assert_int_eq(seen_ms[0], seen_ms[1]);
    ck_assert_int_ge(seen_ms[0], before - 1);
    ck_assert_int_gt(net_now_ms(test_net), seen_ms[1]);
    ck_assert_int_le(net_now_ms(test_net), clock_now_ms());
}
END_TEST

static void on_block(struct timer *timer)
{
    (void)timer;
    int64_t until = clock_mono_ms() + 350;
    while (clock_mono_ms() < until)
        ;
}

START_TEST(lag_shows_a_blocked_loop)
{
    struct net_lag lag;
    struct timer timer = {0};
    net_lag_read(test_net, &lag);
    ck_assert_uint_eq(lag.heartbeats, 0);
    ck_assert_int_eq(lag.p99_us, 0);
    run_for(250);
    net_lag_read(test_net, &lag);
    ck_assert_uint_ge(lag.heartbeats, 1);
    net_lag_reset(test_net);
    timer_start(test_net, &timer, 10, on_block);
    run_for(600);
    net_lag_read(test_net, &lag);
    ck_assert_int_ge(lag.max_us, 200000);
    ck_assert_int_ge(lag.p99_us, 200000);
    ck_assert_int_le(lag.p99_us, lag.max_us);
    net_lag_reset(test_net);
    net_lag_read(test_net, &lag);
    ck_assert_int_eq(lag.max_us, 0);
}
END_TEST

RUN_SUITE("net", deferred_runs_in_order_and_later, deferred_may_defer, deferring_does_not_starve_timers,
          deferred_before_close_still_runs, time_stands_still_within_a_turn, lag_shows_a_blocked_loop)

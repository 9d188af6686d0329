/* The timer wheel, back-off and random numbers. */
#include "tests/net/fixture.h"

#define MANY 30000

struct probe {
    struct timer timer;
    int64_t due_ms;
    int64_t fired_ms;
    int fired;
    struct probe *other;
    void *mem;
};

static int order[64];
static size_t order_len;

static void on_probe(struct timer *timer)
{
    struct probe *probe = container_of(timer, struct probe, timer);
    ck_assert(!timer_running(timer));
    probe->fired++;
    probe->fired_ms = clock_now_ms();
}

/* Never early, not much late, over all levels a test can wait for. */
START_TEST(fires_at_its_time)
{
    static const int64_t delays[] = {0, 1, 2, 9, 10, 62, 63, 64, 65, 127, 128, 200, 500, 999, -5};
    struct probe probes[ARRAY_LEN(delays)] = {0};
    int64_t start = clock_now_ms();
    for (size_t i = 0; i < ARRAY_LEN(delays); i++) {
        timer_start(test_net, &probes[i].timer, delays[i], on_probe);
        ck_assert(timer_running(&probes[i].timer));
    }
    run_for(1300);
    for (size_t i = 0; i < ARRAY_LEN(delays); i++) {
        ck_assert_int_eq(probes[i].fired, 1);
        ck_assert_int_ge(probes[i].fired_ms - start, delays[i]);
        ck_assert_int_le(probes[i].fired_ms - start, delays[i] + 200); /* a busy machine */
    }
}
END_TEST

static void on_order(struct timer *timer)
{
    order[order_len++] = (int)timer->due_ms;
}

START_TEST(fires_in_order_of_time)
{
    struct timer timers[40] = {0};
    int64_t base = clock_now_ms() + 30;
    for (int i = 0; i < 40; i++)
        timer_start_at(test_net, &timers[(i * 7) % 40], base + (i * 7) % 40 * 3, on_order);
    run_for(300);
    ck_assert_uint_eq(order_len, 40);
    for (size_t i = 1; i < 40; i++)
        ck_assert_int_lt(order[i - 1], order[i]);
}
END_TEST

/* A turn that was busy for longer than the delay: counted from the call, not from the turn's start. */
START_TEST(a_stale_loop_time_makes_no_timer_early)
{
    struct probe probe = {0};
    uv_update_time(&test_loop);
    int64_t until = clock_mono_ms() + 60;
    while (clock_mono_ms() < until)
        ;
    int64_t start = clock_now_ms();
    timer_start(test_net, &probe.timer, 50, on_probe);
    run_for(200);
    ck_assert_int_eq(probe.fired, 1);
    ck_assert_int_ge(probe.fired_ms - start, 50);
}
END_TEST

START_TEST(stop_and_restart)
{
    struct probe stopped = {0}, restarted = {0};
    timer_stop(test_net, &stopped.timer); /* never started: nothing */
    timer_start(test_net, &stopped.timer, 20, on_probe);
    timer_start(test_net, &restarted.timer, 20, on_probe);
    timer_stop(test_net, &stopped.timer);
    ck_assert(!timer_running(&stopped.timer));
    timer_start(test_net, &restarted.timer, 100, on_probe);
    run_for(60);
    ck_assert_int_eq(restarted.fired, 0);
    run_for(150);
    ck_assert_int_eq(restarted.fired, 1);
    ck_assert_int_eq(stopped.fired, 0);
}
END_TEST

static void on_stop_other(struct timer *timer)
{
    struct probe *probe = container_of(timer, struct probe, timer);
    probe->fired++;
    timer_stop(test_net, &probe->other->timer);
}

/* Whichever of two timers of the same tick comes first stops the other. */
START_TEST(stops_another_of_the_same_tick)
{
    struct probe a = {0}, b = {0};
    int64_t due = clock_now_ms() + 30;
    a.other = &b;
    b.other = &a;
    timer_start_at(test_net, &a.timer, due, on_stop_other);
    timer_start_at(test_net, &b.timer, due, on_stop_other);
    run_for(100);
    ck_assert_int_eq(a.fired + b.fired, 1);
}
END_TEST

static void on_free_other(struct timer *timer)
{
    struct probe *probe = container_of(timer, struct probe, timer);
    struct probe *other = probe->other;
    timer_stop(test_net, &other->timer);
    mem_free(other);
    mem_free(probe);
}

START_TEST(frees_itself_and_another_in_a_callback)
{
    struct probe *a = mem_zalloc(sizeof(*a)), *b = mem_zalloc(sizeof(*b));
    int64_t due = clock_now_ms() + 30;
    a->other = b;
    b->other = a;
    timer_start_at(test_net, &a->timer, due, on_free_other);
    timer_start_at(test_net, &b->timer, due, on_free_other);
    run_for(100);
}
END_TEST

static void on_again(struct timer *timer)
{
    struct probe *probe = container_of(timer, struct probe, timer);
    probe->fired++;
    timer_start(test_net, timer, 0, on_again);
}

static void on_move_other(struct timer *timer)
{
    struct probe *probe = container_of(timer, struct probe, timer);
    probe->fired++;
    timer_start(test_net, &probe->other->timer, 100, on_probe);
}

START_TEST(restarts_another_of_the_same_tick)
{
    struct probe a = {0}, b = {0};
    int64_t due = clock_now_ms() + 20;
    a.other = &b;
    timer_start_at(test_net, &a.timer, due, on_move_other);
    timer_start_at(test_net, &b.timer, due, on_probe);
    run_for(60);
    ck_assert_int_eq(a.fired, 1);
    ck_assert_int_eq(b.fired, 0);
    run_for(150);
    ck_assert_int_eq(b.fired, 1);
}
END_TEST

/* It may spin as often as the loop turns, but the loop must turn: others get their time. */
START_TEST(a_timer_of_no_delay_does_not_starve_the_loop)
{
    struct probe spinning = {0}, other = {0};
    timer_start(test_net, &spinning.timer, 0, on_again);
    timer_start(test_net, &other.timer, 30, on_probe);
    run_for(200);
    ck_assert_int_eq(other.fired, 1);
    ck_assert_int_gt(spinning.fired, 10);
    timer_stop(test_net, &spinning.timer);
}
END_TEST

START_TEST(far_and_absurd_times_wait)
{
    static const int64_t dues[] = {INT64_MAX, INT64_MAX - 1, (int64_t)1 << 48, ((int64_t)1 << 48) - 1};
    struct probe far[ARRAY_LEN(dues)] = {0}, past[2] = {0};
    for (size_t i = 0; i < ARRAY_LEN(dues); i++)
        timer_start_at(test_net, &far[i].timer, dues[i], on_probe);
    struct probe relative = {0};
    timer_start(test_net, &relative.timer, INT64_MAX, on_probe);
    timer_start_at(test_net, &past[0].timer, 0, on_probe);
    timer_start_at(test_net, &past[1].timer, INT64_MIN, on_probe);
    run_for(50);
    ck_assert_int_eq(past[0].fired, 1);
    ck_assert_int_eq(past[1].fired, 1);
    ck_assert(timer_running(&relative.timer));
    timer_stop(test_net, &relative.timer);
    for (size_t i = 0; i < ARRAY_LEN(dues); i++) {
        ck_assert_int_eq(far[i].fired, 0);
        timer_stop(test_net, &far[i].timer);
    }
}
END_TEST

static int rounds;

static void on_round(struct timer *timer)
{
    struct probe *probe = container_of(timer, struct probe, timer);
    int64_t now = clock_now_ms();
    ck_assert_int_ge(now, timer->due_ms);
    rounds++;
    probe->fired++;
    timer_start_at(test_net, timer, timer->due_ms + 1000, on_round);
}

/* 30,000 timers, each once per second: all fire, none twice. */
START_TEST(many)
{
    struct probe *probes = mem_zalloc_array(MANY, sizeof(*probes));
    int64_t start = clock_now_ms();
    for (int i = 0; i < MANY; i++)
        timer_start_at(test_net, &probes[i].timer, start + (i * 37) % 1000, on_round);
    run_for(2500);
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_ge(probes[i].fired, 2);
        ck_assert_int_le(probes[i].fired, 4);
        timer_stop(test_net, &probes[i].timer);
    }
    ck_assert_int_ge(rounds, 2 * MANY);
    run_for(20);
    mem_free(probes);
}
END_TEST

/* Random starts, stops and restarts against what a list would say. */
START_TEST(random_operations)
{
    struct probe probes[200] = {0};
    for (int round = 0; round < 300; round++) {
        for (int i = 0; i < 50; i++) {
            struct probe *probe = &probes[random_below(200)];
            if (random_below(3) == 0) {
                timer_stop(test_net, &probe->timer);
                probe->due_ms = 0;
            } else {
                int64_t delay = (int64_t)random_below(random_below(2) ? 70 : 5000);
                timer_start(test_net, &probe->timer, delay, on_probe);
                probe->due_ms = probe->timer.due_ms;
            }
        }
        uv_run(&test_loop, UV_RUN_ONCE);
        for (int i = 0; i < 200; i++)
            if (probes[i].due_ms && !timer_running(&probes[i].timer)) {
                ck_assert_int_ge(probes[i].fired_ms, probes[i].due_ms);
                probes[i].due_ms = 0;
            }
    }
    int64_t now = net_now_ms(test_net);
    for (int i = 0; i < 200; i++) {
        if (timer_running(&probes[i].timer)) /* what still runs is not overdue by more than the turn */
            ck_assert_int_gt(probes[i].due_ms, now - 200);
        timer_stop(test_net, &probes[i].timer);
    }
}
END_TEST

START_TEST(backoff_grows_to_its_cap)
{
    struct backoff backoff = {.base_ms = 100, .cap_ms = 5000};
    int64_t ceiling = 100, seen_above_half = 0;
    for (int i = 0; i < 200; i++) {
        int64_t wait = backoff_next_ms(&backoff);
        ceiling = ceiling * 2 < 5000 ? ceiling * 2 : 5000;
        ck_assert_int_ge(wait, 100);
        ck_assert_int_le(wait, ceiling);
        seen_above_half += wait > 2500;
    }
    ck_assert_int_gt(seen_above_half, 20);
    backoff_reset(&backoff);
    ck_assert_uint_eq(backoff.failures, 0);
    for (int i = 0; i < 50; i++) {
        backoff_reset(&backoff);
        ck_assert_int_le(backoff_next_ms(&backoff), 200);
    }
}
END_TEST

START_TEST(backoff_of_odd_bounds)
{
    static const struct {
        int64_t base, cap;
    } rows[] = {{0, 0}, {5, 5}, {10, 3}, {1, INT64_MAX}, {INT64_MAX, INT64_MAX}, {0, 1000}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct backoff backoff = {.base_ms = rows[i].base, .cap_ms = rows[i].cap};
        for (int n = 0; n < 200; n++) {
            int64_t wait = backoff_next_ms(&backoff);
            ck_assert_int_ge(wait, 0);
            ck_assert_int_le(wait, rows[i].cap);
        }
    }
}
END_TEST

START_TEST(random_is_within_and_spread)
{
    unsigned seen[10] = {0};
    ck_assert_uint_eq(random_below(0), 0);
    ck_assert_uint_eq(random_below(1), 0);
    for (int i = 0; i < 10000; i++)
        seen[random_below(10)]++;
    for (int i = 0; i < 10; i++) {
        ck_assert_uint_gt(seen[i], 800);
        ck_assert_uint_lt(seen[i], 1200);
    }
    for (int i = 0; i < 100; i++)
        ck_assert_uint_lt(random_below(UINT64_MAX), UINT64_MAX);
}
END_TEST

RUN_SUITE("timer", fires_at_its_time, fires_in_order_of_time, a_stale_loop_time_makes_no_timer_early,
          stop_and_restart, stops_another_of_the_same_tick, frees_itself_and_another_in_a_callback,
          restarts_another_of_the_same_tick, a_timer_of_no_delay_does_not_starve_the_loop,
          far_and_absurd_times_wait, many, random_operations, backoff_grows_to_its_cap, backoff_of_odd_bounds,
          random_is_within_and_spread)

/* The rhythm of an object, and how old its readings may be. */
#include "scaler/base/mem.h"
#include "scaler/daemon/interval.h"
#include "tests/support/suite.h"

static const struct {
    int64_t polling_ms;
    bool first_cached, second_cached;
    int64_t at_zero, running;
} rows[] = {
    {30000, false, false, 30000, 15000}, {5000, false, false, 5000, 5000},
    {15000, false, false, 15000, 15000}, {60000, true, false, 60000, 15000},
    {60000, true, true, 60000, 60000},   {200, false, false, 200, 200},
};

static struct trigger_spec triggers[2];

static struct scaled_object object_of(int index)
{
    triggers[0].use_cached_metrics = rows[index].first_cached;
    triggers[1].use_cached_metrics = rows[index].second_cached;
    return (struct scaled_object){
        .polling_ms = rows[index].polling_ms, .triggers = triggers, .triggers_len = 2};
}

START_TEST(test_interval)
{
    struct scaled_object spec = object_of(_i);
    ck_assert_int_eq(interval_ms(&spec, true), rows[_i].at_zero);
    ck_assert_int_eq(interval_ms(&spec, false), rows[_i].running);
}
END_TEST

/* A reading serves whoever is due at once, or, cached, until the next poll. */
START_TEST(test_max_age)
{
    struct scaled_object spec = object_of(_i);
    int64_t interval = rows[_i].running, shared = interval / 2 < 250 ? interval / 2 : 250;
    ck_assert_int_eq(interval_max_age_ms(&spec, 0, interval),
                     rows[_i].first_cached ? rows[_i].polling_ms - shared : shared);
    ck_assert_int_lt(interval_max_age_ms(&spec, 1, interval), rows[_i].polling_ms);
}
END_TEST

/* Every round falls on the grid, and no point of it is passed over. */
START_TEST(test_grid)
{
    for (int64_t interval = 1; interval < 20; interval++)
        for (int64_t phase = 0; phase < interval; phase++)
            for (int64_t now = 100; now < 140; now++) {
                int64_t delay = interval_delay_ms(interval, phase, now);
                ck_assert_int_ge(delay, 1);
                ck_assert_int_le(delay, interval);
                ck_assert_int_eq((now + delay - phase) % interval, 0);
            }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_interval, 0, ARRAY_LEN(rows));
    tcase_add_loop_test(tests, test_max_age, 0, ARRAY_LEN(rows));
    tcase_add_test(tests, test_grid);
}

int main(void)
{
    return suite_run("daemon/interval", 30, add);
}

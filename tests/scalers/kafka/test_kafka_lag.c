/* The arithmetic of lag: the tables of spec/keda-scalers.md §5, and its edges. */
#include "scalers/kafka/lag.h"

#include "scaler/base/mem.h"
#include "tests/support/suite.h"

struct partition {
    int64_t committed, end;
    bool persistent;
};

static const struct {
    bool earliest, zero;
    struct partition partition;
    int64_t lag, lag_all, lagging;
} partitions[] = {
    {false, false, {KAFKA_NO_COMMIT, 150, false}, 1, 1, 1},
    {false, true, {KAFKA_NO_COMMIT, 150, false}, 0, 0, 0},
    {true, false, {KAFKA_NO_COMMIT, 150, false}, 150, 150, 1},
    {true, false, {KAFKA_NO_COMMIT, 0, false}, 0, 0, 0},
    {true, true, {KAFKA_NO_COMMIT, 150, false}, 0, 0, 0},
    {false, false, {100, 150, false}, 50, 50, 1},
    {true, true, {100, 150, false}, 50, 50, 1},
    {false, false, {150, 150, false}, 0, 0, 0},
    {false, false, {150, 20, false}, -130, -130, 0}, /* the topic was made anew */
    {false, false, {100, 150, true}, 0, 50, 0},
    {false, false, {KAFKA_NO_COMMIT, 150, true}, 1, 1, 1}, /* nothing committed is never persistent */
    {false, false, {0, INT64_MAX, false}, INT64_MAX, INT64_MAX, 1},
};

START_TEST(one_partition)
{
    struct kafka_lag lag = {0};
    const struct partition *p = &partitions[_i].partition;
    struct kafka_lag_rules rules = {
        .threshold = 10, .earliest = partitions[_i].earliest, .zero_on_invalid_offset = partitions[_i].zero};
    kafka_lag_add(&lag, &rules, p->committed, p->end, p->persistent);
    ck_assert_int_eq(lag.total, partitions[_i].lag);
    ck_assert_int_eq(lag.total_all, partitions[_i].lag_all);
    ck_assert_int_eq(lag.partitions, 1);
    ck_assert_int_eq(lag.lagging, partitions[_i].lagging);
}
END_TEST

START_TEST(sums_saturate)
{
    struct kafka_lag lag = {0};
    struct kafka_lag_rules rules = {.threshold = 1};
    for (int i = 0; i < 3; i++)
        kafka_lag_add(&lag, &rules, 0, INT64_MAX, false);
    ck_assert_int_eq(lag.total, INT64_MAX);
    ck_assert_int_eq(kafka_lag_value(&lag, &rules), 3);
}
END_TEST

static const struct {
    int64_t total, partitions, threshold, factor;
} factors[] = {
    {10, 100, 10, 1},   {20, 100, 10, 2},
    {40, 100, 10, 4},   {50, 100, 10, 5},
    {99, 100, 10, 10},  {100, 100, 10, 10},
    {101, 100, 10, 20}, {5, 10, 1, 5},
    {8, 10, 1, 10},     {1, 10, 10, 1},
    {11, 10, 10, 2},    {20, 10, 10, 2},
    {21, 10, 10, 5},    {51, 10, 10, 10},
    {5000, 10, 10, 10}, {0, 10, 10, 1},
    {-5, 10, 10, 1},    {7, 0, 10, 0},
    {7, 1, 10, 1},      {7, 7, 1, 7},
    {2, 7, 1, 7},       {INT64_MAX, 12, INT64_MAX, 1},
};

START_TEST(even_factor)
{
    ck_assert_int_eq(kafka_lag_even_factor(factors[_i].total, factors[_i].partitions, factors[_i].threshold),
                     factors[_i].factor);
}
END_TEST

#define IDLE  1
#define LIMIT 2
#define EVEN  4

static const struct {
    unsigned flags;
    int64_t total, partitions, lagging, threshold, value;
} values[] = {
    /* capped by partitions; the truncated quotient lets up to (P + 1) × threshold - 1 pass */
    {0, 25, 3, 3, 10, 25},
    {0, 39, 3, 3, 10, 39},
    {0, 40, 3, 3, 10, 30},
    {0, 1000, 3, 1, 10, 30},
    {0, 0, 3, 0, 10, 0},
    {0, -130, 3, 0, 10, -130},
    {0, 7, 3, 3, 1, 3},
    /* by partitions with lag */
    {LIMIT, 6, 3, 1, 1, 1},
    {LIMIT, 60, 3, 2, 10, 20},
    {LIMIT, 29, 3, 2, 10, 29},
    {LIMIT, 30, 3, 2, 10, 20},
    {LIMIT, 0, 3, 0, 10, 0},
    /* evened */
    {EVEN, 5, 10, 10, 1, 5},
    {EVEN, 8, 10, 10, 1, 10},
    {EVEN, 15, 10, 10, 10, 20},
    {EVEN, 51, 10, 10, 10, 100},
    {EVEN, 5000, 10, 10, 10, 100},
    {EVEN, 0, 10, 0, 10, 10},
    {EVEN, -4, 10, 0, 10, 10},
    {EVEN | IDLE, 5000, 10, 10, 10, 100},
    /* idle consumers allowed */
    {IDLE, 1000, 3, 3, 10, 1000},
    {IDLE, -5, 3, 0, 10, -5},
    /* products saturate */
    {EVEN, 5, 10, 10, INT64_MAX, INT64_MAX},
};

START_TEST(value)
{
    struct kafka_lag lag = {
        .total = values[_i].total, .partitions = values[_i].partitions, .lagging = values[_i].lagging};
    struct kafka_lag_rules rules = {.threshold = values[_i].threshold,
                                    .allow_idle_consumers = values[_i].flags & IDLE,
                                    .limit_to_partitions_with_lag = values[_i].flags & LIMIT,
                                    .even_distribution = values[_i].flags & EVEN};
    ck_assert_int_eq(kafka_lag_value(&lag, &rules), values[_i].value);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, one_partition, 0, ARRAY_LEN(partitions));
    tcase_add_test(tests, sums_saturate);
    tcase_add_loop_test(tests, even_factor, 0, ARRAY_LEN(factors));
    tcase_add_loop_test(tests, value, 0, ARRAY_LEN(values));
}

int main(void)
{
    return suite_run("kafka_lag", 10, add);
}

/* The arithmetic of consumer lag. Sums and products saturate: offsets come from outside. */
#include "scalers/kafka/lag.h"

static int64_t add(int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return a < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

/* Both are ≥ 0. */
static int64_t multiply(int64_t a, int64_t b)
{
    int64_t product;
    return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

/* Where nothing is committed yet, `latest` counts one message per partition so that a consumer starts and
 * commits; `earliest` counts the END offset, not what is retained. */
static int64_t lag_without_commit(const struct kafka_lag_rules *rules, int64_t end)
{
    if (rules->zero_on_invalid_offset)
        return 0;
    return rules->earliest ? end : 1;
}

void kafka_lag_add(struct kafka_lag *lag, const struct kafka_lag_rules *rules, int64_t committed, int64_t end,
                   bool persistent)
{
    int64_t all = committed < 0 ? lag_without_commit(rules, end) : end - committed;
    int64_t counted = committed >= 0 && persistent ? 0 : all;
    lag->total = add(lag->total, counted);
    lag->total_all = add(lag->total_all, all);
    lag->partitions++;
    if (counted > 0)
        lag->lagging++;
}

int64_t kafka_lag_even_factor(int64_t total, int64_t partitions, int64_t threshold)
{
    for (int64_t factor = 1; factor < partitions; factor++) {
        if (partitions % factor == 0 && multiply(factor, threshold) >= total)
            return factor;
    }
    return partitions;
}

int64_t kafka_lag_value(const struct kafka_lag *lag, const struct kafka_lag_rules *rules)
{
    bool capped =
        !rules->allow_idle_consumers || rules->limit_to_partitions_with_lag || rules->even_distribution;
    if (!capped)
        return lag->total;
    int64_t total = lag->total;
    if (rules->even_distribution)
        total = multiply(kafka_lag_even_factor(total, lag->partitions, rules->threshold), rules->threshold);
    int64_t bound = rules->limit_to_partitions_with_lag ? lag->lagging : lag->partitions;
    /* The quotient is truncated, so up to (bound + 1) × threshold - 1 passes and rounding up afterwards can
     * ask for one consumer more than there are partitions. KEDA's users see exactly that; manifests are tuned
     * to it. */
    if (total / rules->threshold > bound)
        total = multiply(bound, rules->threshold);
    return total;
}

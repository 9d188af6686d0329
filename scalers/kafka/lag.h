/* The arithmetic of consumer lag (spec/keda-scalers.md §5): from committed and end offsets to the two numbers
 * of a reading. Pure: knows nothing of brokers, and of time only what it is told. */
#ifndef SCALERS_KAFKA_LAG_H
#define SCALERS_KAFKA_LAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KAFKA_NO_COMMIT ((int64_t)-1) /* the group has not committed an offset for the partition */

/* How lag is counted and capped; taken over from a trigger's parameters. */
struct kafka_lag_rules {
    int64_t threshold; /* > 0 */
    bool earliest;     /* offsetResetPolicy: earliest; else latest */
    bool zero_on_invalid_offset;
    bool allow_idle_consumers;
    bool limit_to_partitions_with_lag;
    bool even_distribution;
};

/* The running sums over the partitions that have an end offset. */
struct kafka_lag {
    int64_t total;     /* without what does not move */
    int64_t total_all; /* with it */
    int64_t partitions;
    int64_t lagging; /* of these, with lag > 0 */
};

/* committed: KAFKA_NO_COMMIT or ≥ 0; end ≥ 0. persistent: the consumer has not moved, so the lag counts only
 * in total_all; it says nothing where nothing is committed. */
void kafka_lag_add(struct kafka_lag *lag, const struct kafka_lag_rules *rules, int64_t committed, int64_t end,
                   bool persistent);

/* What is reported: total, capped and evened as the rules say. May be negative (offsets of a topic made
 * anew). */
int64_t kafka_lag_value(const struct kafka_lag *lag, const struct kafka_lag_rules *rules);

/* The smallest divisor f of partitions with f × threshold ≥ total; partitions if there is none; 0 if
 * partitions is 0. */
int64_t kafka_lag_even_factor(int64_t total, int64_t partitions, int64_t threshold);

#endif

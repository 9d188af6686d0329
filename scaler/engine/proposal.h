/* Replica proposals of External and Object metrics (spec/hpa-algorithm.md §1.1, §1.2): usage and target in
 * milli-units in, replicas out. A proposal may be negative; whoever combines proposals cuts that off. */
#ifndef SCALER_ENGINE_PROPOSAL_H
#define SCALER_ENGINE_PROPOSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"

struct tolerance {
    double up;
    double down;
};

/* §0: both ends inclusive, in doubles. NaN and infinities are never within. */
bool tolerance_within(const struct tolerance *tolerance, double ratio);

struct proposal {
    int32_t replicas;
    bool within_tolerance; /* the ratio was near enough to 1: replicas is the present size */
    int32_t untolerated;   /* what it would have been without tolerance */
};

/* Pods of the target, for Value targets. */
struct pod_count {
    bool known;
    int32_t ready;  /* phase Running and condition Ready, terminating ones included */
    int32_t listed; /* in any phase */
};

/* §1.1a: a running sum below zero counts as overflow and becomes INT64_MAX. */
int64_t usage_sum_average(const int64_t *values, size_t len);
/* §1.1b: only positive overflow saturates; negative values are summed as they are. */
int64_t usage_sum_value(const int64_t *values, size_t len);

/* §1.1a. status_replicas 0 switches the tolerance off. */
struct proposal proposal_average_value(int64_t usage_milli, int64_t target_milli, int32_t status_replicas,
                                       const struct tolerance *tolerance);
/* What status shows as the average of an AverageValue metric. */
int64_t usage_per_pod(int64_t usage_milli, int32_t status_replicas);

/* §1.1b. Fails if pods are needed (current > 0, out of tolerance) and unknown or none. */
int proposal_value(int64_t usage_milli, int64_t target_milli, int32_t current, const struct pod_count *pods,
                   const struct tolerance *tolerance, struct proposal *ret, struct err *err);

#endif

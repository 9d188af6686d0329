/* Owns spec/hpa-algorithm.md §0 (tolerance), §1.1 and §1.2. Metrics that are looked at pod by pod:
 * resource.c. */
#include "scaler/engine/proposal.h"

#include "scaler/engine/arith.h"

bool tolerance_within(const struct tolerance *tolerance, double ratio)
{
    return 1.0 - tolerance->down <= ratio && ratio <= 1.0 + tolerance->up;
}

int64_t usage_sum_average(const int64_t *values, size_t len)
{
    int64_t usage = 0;
    for (size_t i = 0; i < len; i++) {
        usage = arith_add_wrap(usage, values[i]);
        if (usage < 0)
            return INT64_MAX;
    }
    return usage;
}

int64_t usage_sum_value(const int64_t *values, size_t len)
{
    int64_t usage = 0;
    for (size_t i = 0; i < len; i++) {
        if (values[i] > 0 && usage > INT64_MAX - values[i])
            return INT64_MAX;
        usage = arith_add_wrap(usage, values[i]);
    }
    return usage;
}

struct proposal proposal_average_value(int64_t usage_milli, int64_t target_milli, int32_t status_replicas,
                                       const struct tolerance *tolerance)
{
    double usage = (double)usage_milli, target = (double)target_milli;
    double ratio = usage / (target * (double)status_replicas);
    struct proposal proposal = {.untolerated = arith_ceil_i32(usage / target)};
    proposal.within_tolerance = status_replicas != 0 && tolerance_within(tolerance, ratio);
    proposal.replicas = proposal.within_tolerance ? status_replicas : proposal.untolerated;
    return proposal;
}

int64_t usage_per_pod(int64_t usage_milli, int32_t status_replicas)
{
    if ((double)usage_milli >= 0x1p63)
        return INT64_MAX;
    if (status_replicas == 0)
        return 0;
    return arith_ceil_i64((double)usage_milli / (double)status_replicas);
}

int proposal_value(int64_t usage_milli, int64_t target_milli, int32_t current, const struct pod_count *pods,
                   const struct tolerance *tolerance, struct proposal *ret, struct err *err)
{
    double ratio = (double)usage_milli / (double)target_milli;
    if (current == 0) {
        int32_t replicas = arith_ceil_i32(ratio);
        *ret = (struct proposal){.replicas = replicas, .untolerated = replicas};
        return 0;
    }
    if (tolerance_within(tolerance, ratio)) {
        int32_t ready = pods->known ? pods->ready : current;
        *ret = (struct proposal){.replicas = current,
                                 .within_tolerance = true,
                                 .untolerated = arith_ceil_i32(ratio * (double)ready)};
        return 0;
    }
    if (!pods->known)
        return err_set(err, ERR_UNAVAILABLE, "the pods of the target are not known");
    if (pods->listed == 0)
        return err_set(err, ERR_NOT_FOUND, "no pods returned by selector while calculating replica count");
    int32_t replicas = arith_ceil_i32(ratio * (double)pods->ready);
    *ret = (struct proposal){.replicas = replicas, .untolerated = replicas};
    return 0;
}

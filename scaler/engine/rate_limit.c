/* Owns the limits of one step (spec/hpa-algorithm.md §4, §5.3). Doubles in exactly the spec's order: 100
 * × 1.1 must give 111. */
#include "scaler/engine/rate_limit.h"

#include <math.h>

#include "scaler/base/mem.h"
#include "scaler/engine/arith.h"

const char *rate_reason_name(enum rate_reason reason)
{
    static const char *const names[] = {
        [RATE_WITHIN_RANGE] = "DesiredWithinRange", [RATE_SCALE_UP_LIMIT] = "ScaleUpLimit",
        [RATE_SCALE_DOWN_LIMIT] = "ScaleDownLimit", [RATE_TOO_MANY] = "TooManyReplicas",
        [RATE_TOO_FEW] = "TooFewReplicas",
    };
    return (size_t)reason < ARRAY_LEN(names) ? names[reason] : "";
}

struct rate_limited rate_limit_plain(int32_t current, int32_t desired, int32_t min, int32_t max,
                                     double factor, double minimum)
{
    int32_t limit = arith_trunc_i32(fmax(factor * (double)current, minimum));
    int32_t cap = max > limit ? limit : max;
    struct rate_limited result = {.replicas = desired, .limit = limit};
    if (desired < min) { /* tested first: min may lie above the limit */
        result.replicas = min;
        result.reason = RATE_TOO_FEW;
    } else if (desired > cap) {
        result.replicas = cap;
        result.reason = max > limit ? RATE_SCALE_UP_LIMIT : RATE_TOO_MANY;
    }
    return result;
}

/* Both directions' events enter both limits. */
static int32_t start_of_period(int32_t current, int32_t period_s, struct rate_events events, int64_t now_ms)
{
    int64_t added = scale_events_change(events.up, period_s, now_ms);
    int64_t removed = scale_events_change(events.down, period_s, now_ms);
    return arith_clamp_i32((int64_t)current - added + removed);
}

static int32_t propose_up(const struct scaling_policy *policy, int32_t start)
{
    if (policy->type == SCALING_POLICY_PODS)
        return arith_clamp_i32((int64_t)start + policy->value);
    return arith_ceil_i32((double)start * (1.0 + (double)policy->value / 100.0));
}

static int32_t propose_down(const struct scaling_policy *policy, int32_t start)
{
    if (policy->type == SCALING_POLICY_PODS)
        return arith_clamp_i32((int64_t)start - policy->value);
    return arith_trunc_i32((double)start * (1.0 - (double)policy->value / 100.0));
}

typedef int32_t propose_fn(const struct scaling_policy *policy, int32_t start);

static struct rate_bound select_proposal(int32_t current, const struct scaling_rules *rules,
                                         struct rate_events events, int64_t now_ms, propose_fn *propose,
                                         bool largest)
{
    struct rate_bound bound = {.limit = largest ? INT32_MIN : INT32_MAX};
    for (uint32_t i = 0; i < rules->policies_len; i++) {
        const struct scaling_policy *policy = &rules->policies[i];
        int32_t proposal = propose(policy, start_of_period(current, policy->period_s, events, now_ms));
        if (largest ? proposal > bound.limit : proposal < bound.limit)
            bound = (struct rate_bound){.limit = proposal, .policy = policy};
    }
    return bound;
}

struct rate_bound rate_up_bound(int32_t current, const struct scaling_rules *rules, struct rate_events events,
                                int64_t now_ms)
{
    if (rules->select == SCALING_SELECT_DISABLED)
        return (struct rate_bound){.limit = current};
    return select_proposal(current, rules, events, now_ms, propose_up, rules->select == SCALING_SELECT_MAX);
}

struct rate_bound rate_down_bound(int32_t current, const struct scaling_rules *rules,
                                  struct rate_events events, int64_t now_ms)
{
    if (rules->select == SCALING_SELECT_DISABLED)
        return (struct rate_bound){.limit = current};
    return select_proposal(current, rules, events, now_ms, propose_down, rules->select == SCALING_SELECT_MIN);
}

int32_t rate_up_limit(int32_t current, const struct scaling_rules *rules, struct rate_events events,
                      int64_t now_ms)
{
    return rate_up_bound(current, rules, events, now_ms).limit;
}

int32_t rate_down_limit(int32_t current, const struct scaling_rules *rules, struct rate_events events,
                        int64_t now_ms)
{
    return rate_down_bound(current, rules, events, now_ms).limit;
}

static struct rate_limited limit_up(int32_t desired, int32_t max, int32_t limit,
                                    const struct scaling_policy *policy)
{
    int32_t cap = max > limit ? limit : max;
    struct rate_limited result = {.replicas = desired, .limit = limit, .policy = policy};
    if (desired > cap) {
        result.replicas = cap;
        result.reason = max > limit ? RATE_SCALE_UP_LIMIT : RATE_TOO_MANY;
    }
    return result;
}

static struct rate_limited limit_down(int32_t desired, int32_t min, int32_t limit,
                                      const struct scaling_policy *policy)
{
    int32_t floor = min < limit ? limit : min;
    struct rate_limited result = {.replicas = desired, .limit = limit, .policy = policy};
    if (desired < floor) {
        result.replicas = floor;
        result.reason = min < limit ? RATE_SCALE_DOWN_LIMIT : RATE_TOO_FEW;
    }
    return result;
}

struct rate_limited rate_limit_behavior(int32_t current, int32_t desired, int32_t min, int32_t max,
                                        const struct scaling_behavior *behavior, struct rate_events events,
                                        int64_t now_ms)
{
    if (desired > current) {
        struct rate_bound bound = rate_up_bound(current, &behavior->up, events, now_ms);
        /* much added already means stay, not shrink */
        return limit_up(desired, max, arith_max_i32(bound.limit, current), bound.policy);
    }
    if (desired < current) {
        struct rate_bound bound = rate_down_bound(current, &behavior->down, events, now_ms);
        return limit_down(desired, min, arith_min_i32(bound.limit, current), bound.policy);
    }
    return (struct rate_limited){.replicas = desired, .limit = current};
}

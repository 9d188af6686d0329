/* How fast replicas may change, and the bounds of a step (spec/hpa-algorithm.md §4, §5.3), and the memory of
 * scale events it needs (§5.4). */
#ifndef SCALER_ENGINE_RATE_LIMIT_H
#define SCALER_ENGINE_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/behavior.h"
#include "scaler/engine/history.h"

enum rate_reason {
    RATE_WITHIN_RANGE,
    RATE_SCALE_UP_LIMIT,
    RATE_SCALE_DOWN_LIMIT,
    RATE_TOO_MANY,
    RATE_TOO_FEW
};

const char *rate_reason_name(enum rate_reason reason); /* "DesiredWithinRange", "ScaleUpLimit", … */

struct rate_limited {
    int32_t replicas;
    enum rate_reason reason;             /* what cut it; RATE_WITHIN_RANGE: nothing */
    int32_t limit;                       /* of the direction asked for; the present size if no rate applies */
    const struct scaling_policy *policy; /* the one that set limit, within behavior; NULL: none did */
};

/* A limit, and the policy that set it; NULL: selectPolicy Disabled. */
struct rate_bound {
    int32_t limit;
    const struct scaling_policy *policy;
};

struct rate_events {
    const struct scale_event_list *up;
    const struct scale_event_list *down;
};

/* §4. Production: factor 2, minimum 4. */
#define RATE_UP_FACTOR  2.0
#define RATE_UP_MINIMUM 4.0
struct rate_limited rate_limit_plain(int32_t current, int32_t desired, int32_t min, int32_t max,
                                     double factor, double minimum);

/* §5.3. The behavior has its defaults. */
struct rate_limited rate_limit_behavior(int32_t current, int32_t desired, int32_t min, int32_t max,
                                        const struct scaling_behavior *behavior, struct rate_events events,
                                        int64_t now_ms);

/* The limits alone; may lie on the wrong side of current. */
struct rate_bound rate_up_bound(int32_t current, const struct scaling_rules *rules, struct rate_events events,
                                int64_t now_ms);
struct rate_bound rate_down_bound(int32_t current, const struct scaling_rules *rules,
                                  struct rate_events events, int64_t now_ms);
int32_t rate_up_limit(int32_t current, const struct scaling_rules *rules, struct rate_events events,
                      int64_t now_ms);
int32_t rate_down_limit(int32_t current, const struct scaling_rules *rules, struct rate_events events,
                        int64_t now_ms);

/* The first moment at which one of the events counted in `rules` stops counting; 0: none is counted. */
int64_t rate_next_change_ms(const struct scaling_rules *rules, struct rate_events events, int64_t now_ms);

/* Change within the last period_s seconds, strictly younger. */
int64_t scale_events_change(const struct scale_event_list *list, int32_t period_s, int64_t now_ms);
/* §5.4: change > 0; anything else is no event. */
void scale_events_store(struct scale_event_list *list, const struct scaling_rules *rules, int32_t change,
                        int64_t now_ms);
int32_t scaling_rules_longest_period_s(const struct scaling_rules *rules);

#endif

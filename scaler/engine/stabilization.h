/* The memory of recommendations and what it holds back (spec/hpa-algorithm.md §4, §5.2). */
#ifndef SCALER_ENGINE_STABILIZATION_H
#define SCALER_ENGINE_STABILIZATION_H

#include <stdbool.h>
#include <stdint.h>

#include "scaler/engine/history.h"

struct stabilized {
    int32_t replicas;
    /* The recommendation that holds it, if replicas is not what was desired. */
    bool held;
    int32_t held_value;    /* may lie beyond replicas: with behavior the present size stands between */
    int64_t held_since_ms; /* when that recommendation was made (the latest of equal ones) */
    int64_t held_until_ms; /* the first moment at which it does not count any more */
    int32_t window_s;
};

/* §4, without behavior: the highest recommendation of the window wins. Records desired. */
struct stabilized stabilize_plain(struct recommendation_list *list, int32_t desired, int32_t window_s,
                                  int64_t now_ms);

/* §5.2, with behavior: current is kept inside what the two windows allow. Records desired. */
struct stabilized stabilize_behavior(struct recommendation_list *list, int32_t current, int32_t desired,
                                     int32_t up_window_s, int32_t down_window_s, int64_t now_ms);

/* §3 step 4: an object never seen before begins with its present size. */
void recommendations_plant(struct recommendation_list *list, int32_t current, int64_t now_ms);

/* Drops what can never count again: entries older than both windows, and entries for which a newer one says
 * at least as much to a maximum and a newer one at most as much to a minimum. Exact: no later answer changes.
 * Leaves the list in order of time. Upstream has no such step, hence it is apart from the functions above. */
void recommendations_prune(struct recommendation_list *list, int32_t up_window_s, int32_t down_window_s,
                           int64_t now_ms);

/* Forgets recommendations above `value`: an activation starts a new life, a peak from before it holds nothing
 * up. */
void recommendations_drop_above(struct recommendation_list *list, int32_t value);

#endif

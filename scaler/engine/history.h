/* What an object's past means for its next decision. An explicit, saveable struct: nothing else is remembered
 * by the engine. All times are clock_now_ms(). */
#ifndef SCALER_ENGINE_HISTORY_H
#define SCALER_ENGINE_HISTORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"

/* More within one window than anybody has; beyond it entries are merged so that they hold rather than let go.
 */
#define HISTORY_RECOMMENDATIONS_MAX 1024
#define HISTORY_EVENTS_MAX          1024

struct recommendation {
    int32_t value;
    int64_t at_ms;
};

struct scale_event {
    int32_t change; /* > 0 */
    bool outdated;  /* only marks a slot for reuse */
    int64_t at_ms;
};

struct recommendation_list {
    struct recommendation *items;
    uint32_t len, cap;
    uint32_t pruned; /* so many from the front are in order and none superfluous: recommendations_prune; not
                        saved */
    bool known;      /* false: never seen this object; the first pass plants the current size */
};

struct scale_event_list {
    struct scale_event *items;
    uint32_t len, cap;
};

struct trigger_health {
    uint32_t failures;  /* consecutive */
    int64_t counted_ms; /* reading.at_ms of the last failure counted: one answer counts once */
};

struct history {
    struct recommendation_list recommendations;
    struct scale_event_list up_events;
    struct scale_event_list down_events;
    int64_t last_active_ms; /* 0: never */
    bool has_original;
    int32_t original_replicas; /* for restoreToOriginalReplicaCount */
    bool fallback_active;
    uint32_t triggers_len;
    struct trigger_health *triggers;
};

void history_init(struct history *history);
void history_done(struct history *history);
/* Keeps health by position where the count shrinks or grows; new slots are healthy. */
void history_set_triggers(struct history *history, uint32_t len);
/* Another target: what was recommended and written for the old one says nothing about the size found now. */
void history_forget_target(struct history *history);

/* Compact JSON for the state ConfigMap; restored at any instant it gives identical decisions afterwards. New
 * reference. */
json_t *history_save(const struct history *history);
/* Anything malformed, from the future by more than an hour, or out of range is refused whole. */
int history_restore(struct history *history, json_t *saved, int64_t now_ms, struct err *err);
size_t history_bytes(const struct history *history); /* heap in use, for accounting */

#endif

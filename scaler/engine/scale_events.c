/* Owns the memory of size changes that rate policies count (spec/hpa-algorithm.md §5.4). */
#include "scaler/base/mem.h"
#include "scaler/engine/arith.h"
#include "scaler/engine/rate_limit.h"

int64_t scale_events_change(const struct scale_event_list *list, int32_t period_s, int64_t now_ms)
{
    int64_t cutoff = now_ms - (int64_t)period_s * 1000, change = 0;
    for (uint32_t i = 0; i < list->len; i++)
        if (list->items[i].at_ms > cutoff)
            change += list->items[i].change;
    return change;
}

int32_t scaling_rules_longest_period_s(const struct scaling_rules *rules)
{
    int32_t longest = 0;
    for (uint32_t i = 0; i < rules->policies_len; i++)
        if (rules->policies[i].period_s > longest)
            longest = rules->policies[i].period_s;
    return longest;
}

/* Marks what is older than every period; returns the last marked slot, or -1. The mark is never taken back,
 * and counting ignores it: it only says which slot may be written over. */
static int64_t mark_outdated(struct scale_event_list *list, int64_t cutoff_ms)
{
    int64_t last = -1;
    for (uint32_t i = 0; i < list->len; i++) {
        if (list->items[i].at_ms < cutoff_ms)
            list->items[i].outdated = true;
        if (list->items[i].outdated)
            last = i;
    }
    return last;
}

/* Counted a moment longer than it should be: slower, never faster. */
static void merge_into_last(struct scale_event_list *list, const struct scale_event *event)
{
    struct scale_event *last = &list->items[list->len - 1];
    last->change = arith_clamp_i32((int64_t)last->change + event->change);
    last->at_ms = event->at_ms;
}

void scale_events_store(struct scale_event_list *list, const struct scaling_rules *rules, int32_t change,
                        int64_t now_ms)
{
    struct scale_event event = {.change = change, .at_ms = now_ms};
    if (change <= 0)
        return;
    int64_t slot = mark_outdated(list, now_ms - (int64_t)scaling_rules_longest_period_s(rules) * 1000);
    if (slot >= 0) {
        list->items[slot] = event;
        return;
    }
    if (list->len >= HISTORY_EVENTS_MAX) {
        merge_into_last(list, &event);
        return;
    }
    if (list->len == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 4;
        list->items = mem_realloc_array(list->items, list->cap, sizeof(list->items[0]));
    }
    list->items[list->len++] = event;
}

static int64_t earliest_end(const struct scale_event_list *list, int32_t period_s, int64_t now_ms,
                            int64_t earliest)
{
    int64_t period_ms = (int64_t)period_s * 1000;
    for (uint32_t i = 0; i < list->len; i++) {
        int64_t end = list->items[i].at_ms + period_ms;
        if (end > now_ms && (earliest == 0 || end < earliest))
            earliest = end;
    }
    return earliest;
}

int64_t rate_next_change_ms(const struct scaling_rules *rules, struct rate_events events, int64_t now_ms)
{
    int64_t earliest = 0;
    for (uint32_t i = 0; i < rules->policies_len; i++) {
        earliest = earliest_end(events.up, rules->policies[i].period_s, now_ms, earliest);
        earliest = earliest_end(events.down, rules->policies[i].period_s, now_ms, earliest);
    }
    return earliest;
}

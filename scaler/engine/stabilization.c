/* Owns recommendations: recording, windows, pruning. */
#include "scaler/engine/stabilization.h"

#include <string.h>

#include "scaler/base/mem.h"

static void append(struct recommendation_list *list, struct recommendation entry)
{
    if (list->pruned > list->len) /* it was emptied */
        list->pruned = 0;
    if (list->len == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 4;
        list->items = mem_realloc_array(list->items, list->cap, sizeof(list->items[0]));
    }
    list->items[list->len++] = entry;
}

/* Upstream's bookkeeping: the last stale entry is written over, else the list grows. */
static void record(struct recommendation_list *list, int64_t stale, int32_t value, int64_t now_ms)
{
    struct recommendation entry = {.value = value, .at_ms = now_ms};
    list->known = true;
    if (stale < 0) {
        append(list, entry);
        return;
    }
    list->items[stale] = entry;
    list->pruned = 0;
}

/* The extreme value of a window and the recommendation that is it. */
struct extreme {
    int32_t value;
    int64_t at_ms;
    bool found; /* false: the value desired now */
};

static void take_extreme(struct extreme *extreme, const struct recommendation *entry, bool higher)
{
    bool beyond = higher ? entry->value > extreme->value : entry->value < extreme->value;
    bool newer = extreme->found && entry->value == extreme->value && entry->at_ms > extreme->at_ms;
    if (beyond || newer)
        *extreme = (struct extreme){.value = entry->value, .at_ms = entry->at_ms, .found = true};
}

static void explain(struct stabilized *result, const struct extreme *extreme, int32_t window_s,
                    int64_t edge_ms)
{
    if (!extreme->found)
        return;
    result->held = true;
    result->held_value = extreme->value;
    result->held_since_ms = extreme->at_ms;
    result->held_until_ms = extreme->at_ms + (int64_t)window_s * 1000 + edge_ms;
    result->window_s = window_s;
}

struct stabilized stabilize_plain(struct recommendation_list *list, int32_t desired, int32_t window_s,
                                  int64_t now_ms)
{
    int64_t cutoff = now_ms - (int64_t)window_s * 1000, stale = -1;
    struct extreme highest = {.value = desired};
    for (uint32_t i = 0; i < list->len; i++) {
        if (list->items[i].at_ms < cutoff)
            stale = i;
        else
            take_extreme(&highest, &list->items[i], true);
    }
    record(list, stale, desired, now_ms);
    struct stabilized result = {.replicas = highest.value};
    explain(&result, &highest, window_s, 1); /* an entry exactly one window old still counts */
    return result;
}

struct stabilized stabilize_behavior(struct recommendation_list *list, int32_t current, int32_t desired,
                                     int32_t up_window_s, int32_t down_window_s, int64_t now_ms)
{
    int64_t up_cutoff = now_ms - (int64_t)up_window_s * 1000,
            down_cutoff = now_ms - (int64_t)down_window_s * 1000;
    int64_t stale = -1;
    struct extreme up = {.value = desired}, down = {.value = desired};
    for (uint32_t i = 0; i < list->len; i++) {
        const struct recommendation *entry = &list->items[i];
        if (entry->at_ms > up_cutoff)
            take_extreme(&up, entry, false);
        if (entry->at_ms > down_cutoff)
            take_extreme(&down, entry, true);
        if (entry->at_ms < up_cutoff && entry->at_ms < down_cutoff)
            stale = i;
    }
    record(list, stale, desired, now_ms);
    struct stabilized result = {.replicas = current};
    if (result.replicas < up.value)
        result.replicas = up.value;
    if (result.replicas > down.value)
        result.replicas = down.value;
    if (result.replicas < desired)
        explain(&result, &up, up_window_s, 0);
    else if (result.replicas > desired)
        explain(&result, &down, down_window_s, 0);
    return result;
}

void recommendations_plant(struct recommendation_list *list, int32_t current, int64_t now_ms)
{
    if (!list->known)
        record(list, -1, current, now_ms);
}

/* Nearly sorted already: only a slot written over can stand out of order. */
static void sort_by_time(struct recommendation_list *list)
{
    for (uint32_t i = 1; i < list->len; i++) {
        struct recommendation entry = list->items[i];
        uint32_t at = i;
        for (; at > 0 && list->items[at - 1].at_ms > entry.at_ms; at--)
            list->items[at] = list->items[at - 1];
        list->items[at] = entry;
    }
}

/* From the newest to the oldest an entry stays only if it is a new maximum or a new minimum. */
static uint32_t keep_extremes(struct recommendation_list *list, int64_t cutoff_ms)
{
    uint32_t first_kept = list->len;
    int32_t highest = INT32_MIN, lowest = INT32_MAX;
    for (uint32_t i = list->len; i-- > 0;) {
        struct recommendation entry = list->items[i];
        bool newest = i == list->len - 1;
        if (entry.at_ms < cutoff_ms || (!newest && entry.value <= highest && entry.value >= lowest))
            continue;
        highest = entry.value > highest ? entry.value : highest;
        lowest = entry.value < lowest ? entry.value : lowest;
        list->items[--first_kept] = entry;
    }
    return first_kept;
}

/* The oldest stays, its successors go: it holds for a moment longer than it should, nothing is let go too
 * early. */
static void enforce_cap(struct recommendation_list *list)
{
    if (list->len <= HISTORY_RECOMMENDATIONS_MAX)
        return;
    uint32_t excess = list->len - HISTORY_RECOMMENDATIONS_MAX;
    memmove(list->items + 1, list->items + 1 + excess, (list->len - 1 - excess) * sizeof(list->items[0]));
    list->len = HISTORY_RECOMMENDATIONS_MAX;
}

static void prune_all(struct recommendation_list *list, int64_t cutoff_ms)
{
    sort_by_time(list);
    uint32_t first = keep_extremes(list, cutoff_ms);
    list->len -= first;
    memmove(list->items, list->items + first, list->len * sizeof(list->items[0]));
}

/* With all but the newest pruned already, an entry of those is above or below everything newer than it, which
 * shows by the last of them. What lies between that one and the newest has become superfluous. */
static void prune_newest(struct recommendation_list *list, int64_t cutoff_ms)
{
    struct recommendation newest = list->items[list->len - 1], last = list->items[list->len - 2];
    int32_t low = newest.value < last.value ? newest.value : last.value + (newest.value > last.value);
    int32_t high = newest.value > last.value ? newest.value : last.value - (newest.value < last.value);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->len - 1; i++) {
        struct recommendation entry = list->items[i];
        if (entry.at_ms >= cutoff_ms && (entry.value < low || entry.value > high))
            list->items[kept++] = entry;
    }
    if (newest.at_ms >= cutoff_ms)
        list->items[kept++] = newest;
    list->len = kept;
}

static void drop_older(struct recommendation_list *list, int64_t cutoff_ms)
{
    uint32_t first = 0;
    while (first < list->len && list->items[first].at_ms < cutoff_ms)
        first++;
    list->len -= first;
    if (first > 0)
        memmove(list->items, list->items + first, list->len * sizeof(list->items[0]));
}

/* Called for each decision, mostly with one entry more than the last time. */
void recommendations_prune(struct recommendation_list *list, int32_t up_window_s, int32_t down_window_s,
                           int64_t now_ms)
{
    int32_t window_s = up_window_s > down_window_s ? up_window_s : down_window_s;
    int64_t cutoff_ms = now_ms - (int64_t)window_s * 1000;
    uint32_t len = list->len;
    if (len == 0)
        return;
    if (list->pruned == len)
        drop_older(list, cutoff_ms);
    else if (len > 1 && list->pruned == len - 1 && list->items[len - 2].at_ms <= list->items[len - 1].at_ms)
        prune_newest(list, cutoff_ms);
    else
        prune_all(list, cutoff_ms);
    enforce_cap(list);
    list->pruned = list->len;
}

void recommendations_drop_above(struct recommendation_list *list, int32_t value)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->len; i++)
        if (list->items[i].value <= value)
            list->items[kept++] = list->items[i];
    list->pruned = list->pruned == list->len ? kept : 0;
    list->len = kept;
}

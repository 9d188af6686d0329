/* Owns the life of struct history. What goes into it: stabilization.c, scale_events.c, triggers.c; its JSON:
 * history_json.c. */
#include "scaler/engine/history.h"

#include <string.h>

#include "scaler/base/mem.h"

void history_init(struct history *history)
{
    *history = (struct history){0};
}

void history_done(struct history *history)
{
    if (!history)
        return;
    mem_free(history->recommendations.items);
    mem_free(history->up_events.items);
    mem_free(history->down_events.items);
    mem_free(history->triggers);
    *history = (struct history){0};
}

void history_set_triggers(struct history *history, uint32_t len)
{
    if (len == history->triggers_len)
        return;
    history->triggers = mem_realloc_array(history->triggers, len, sizeof(history->triggers[0]));
    if (len > history->triggers_len)
        memset(history->triggers + history->triggers_len, 0,
               (len - history->triggers_len) * sizeof(history->triggers[0]));
    history->triggers_len = len;
}

void history_forget_target(struct history *history)
{
    history->recommendations.len = 0;
    history->recommendations.known = false;
    history->up_events.len = 0;
    history->down_events.len = 0;
    history->has_original = false;
    history->original_replicas = 0;
}

size_t history_bytes(const struct history *history)
{
    return history->recommendations.cap * sizeof(struct recommendation) +
           history->up_events.cap * sizeof(struct scale_event) +
           history->down_events.cap * sizeof(struct scale_event) +
           history->triggers_len * sizeof(struct trigger_health);
}

/* Owns the ring of last decisions. */
#include "scaler/daemon/ledger.h"

#include <string.h>

#include "scaler/base/mem.h"

static void entry_done(struct ledger_entry *entry)
{
    mem_free(entry->steps);
    mem_free(entry->triggers);
    *entry = (struct ledger_entry){0};
}

static struct ledger_trigger compact(const struct trigger_outcome *outcome, const struct reading *reading)
{
    unsigned flags = (outcome->active ? LEDGER_ACTIVE : 0u) | (outcome->as_zero ? LEDGER_AS_ZERO : 0u) |
                     (outcome->in_fallback ? LEDGER_FALLBACK : 0u) |
                     (outcome->has_proposal ? LEDGER_PROPOSAL : 0u) |
                     (reading->partial ? LEDGER_PARTIAL : 0u);
    return (struct ledger_trigger){.state = (uint8_t)outcome->state,
                                   .flags = (uint8_t)flags,
                                   .failures = outcome->failures,
                                   .proposal = outcome->proposal,
                                   .value_milli = outcome->value_milli,
                                   .at_ms = reading->at_ms};
}

static struct ledger_trigger compact_composite(const struct composite_outcome *composite, int64_t now_ms)
{
    unsigned flags = (composite->active ? LEDGER_ACTIVE : 0u) |
                     (composite->in_fallback ? LEDGER_FALLBACK : 0u) |
                     (composite->has_proposal ? LEDGER_PROPOSAL : 0u);
    return (struct ledger_trigger){.state = (uint8_t)composite->state,
                                   .flags = (uint8_t)flags,
                                   .proposal = composite->proposal,
                                   .value_milli = composite->value_milli,
                                   .at_ms = now_ms};
}

static uint8_t composite_of(const struct decision *decision)
{
    return (uint8_t)(decision->composite.used ? decision->composite.result : COMPOSITE_NONE);
}

static size_t outcomes(const struct ledger_entry *entry)
{
    return (size_t)entry->triggers_len + (entry->composite != COMPOSITE_NONE);
}

/* The same outcome for the same reason: one line in the story. Values may move meanwhile, the newest are
 * kept. */
static bool continues(const struct ledger_entry *entry, const struct decision *decision)
{
    return entry->current == decision->current && entry->replicas == decision->replicas &&
           entry->reason == (uint8_t)decision->reason &&
           entry->limited_by == (uint16_t)decision->limited_by && entry->active == decision->active &&
           entry->error == decision->error && entry->triggers_len == decision->triggers_len &&
           entry->composite == composite_of(decision) && decision->replicas == decision->current;
}

static void fill(struct ledger_entry *entry, const struct decision *decision, const struct reading *readings,
                 int64_t now_ms)
{
    entry->current = decision->current;
    entry->replicas = decision->replicas;
    entry->best = decision->best;
    entry->best_trigger = decision->best_trigger;
    entry->reason = (uint8_t)decision->reason;
    entry->active = decision->active;
    entry->error = decision->error;
    entry->limited_by = (uint16_t)decision->limited_by;
    size_t before = outcomes(entry);
    entry->triggers_len = (uint16_t)decision->triggers_len;
    entry->composite = composite_of(decision);
    if (outcomes(entry) != before || !entry->triggers)
        entry->triggers = mem_realloc_array(entry->triggers, outcomes(entry), sizeof *entry->triggers);
    if (entry->composite)
        entry->triggers[entry->triggers_len] = compact_composite(&decision->composite, now_ms);
    for (uint32_t i = 0; i < decision->triggers_len; i++)
        entry->triggers[i] = compact(&decision->triggers[i], &readings[i]);
    if (entry->steps_len != decision->steps_len)
        entry->steps = mem_realloc_array(entry->steps, decision->steps_len, sizeof *entry->steps);
    entry->steps_len = (uint8_t)decision->steps_len;
    if (decision->steps_len > 0)
        memcpy(entry->steps, decision->steps, decision->steps_len * sizeof *entry->steps);
}

static struct ledger_entry *newest_of(const struct ledger *ledger)
{
    return ledger->len ? &ledger->entries[(ledger->next + ledger->cap - 1u) % ledger->cap] : NULL;
}

/* Only a full ring grows; the entries come to lie in order. */
static void make_room(struct ledger *ledger)
{
    if (ledger->entries && (ledger->len < ledger->cap || ledger->cap == LEDGER_ENTRIES))
        return;
    unsigned cap = ledger->cap ? ledger->cap * 2u : 1;
    struct ledger_entry *entries = mem_zalloc_array(cap, sizeof *entries);
    for (unsigned i = 0; ledger->entries && i < ledger->len; i++)
        entries[i] = ledger->entries[(ledger->next + i) % ledger->cap]; /* full: the oldest is at next */
    mem_free(ledger->entries);
    ledger->entries = entries;
    ledger->next = ledger->len;
    ledger->cap = (uint8_t)cap;
}

static struct ledger_entry *oldest_of(const struct ledger *ledger)
{
    return &ledger->entries[(ledger->next + 2u * ledger->cap - ledger->len) % ledger->cap];
}

/* The newest stays whatever its size: 64 triggers fit. */
_Static_assert(LEDGER_ENTRIES * sizeof(struct ledger_entry) +
                       (DECISION_TRIGGERS_MAX + 1) * sizeof(struct ledger_trigger) +
                       DECISION_STEPS_MAX * sizeof(struct decision_step) <=
                   LEDGER_BYTES_MAX,
               "one decision always fits");

static void keep_bounded(struct ledger *ledger)
{
    while (ledger->len > 1 && ledger_bytes(ledger) > LEDGER_BYTES_MAX) {
        entry_done(oldest_of(ledger));
        ledger->len--;
    }
}

void ledger_add(struct ledger *ledger, const struct decision *decision, const struct reading *readings,
                int64_t now_ms)
{
    struct ledger_entry *newest = newest_of(ledger);
    if (newest && continues(newest, decision)) {
        fill(newest, decision, readings, now_ms);
        newest->last_ms = now_ms;
        newest->count += newest->count < UINT32_MAX;
        keep_bounded(ledger);
        return;
    }
    make_room(ledger);
    struct ledger_entry *entry = &ledger->entries[ledger->next];
    entry_done(entry);
    fill(entry, decision, readings, now_ms);
    entry->first_ms = entry->last_ms = now_ms;
    entry->count = 1;
    entry->write = decision->replicas == decision->current ? LEDGER_NOT_NEEDED : LEDGER_WRITING;
    ledger->next = (uint8_t)((ledger->next + 1u) % ledger->cap);
    if (ledger->len < ledger->cap)
        ledger->len++;
    keep_bounded(ledger);
}

size_t ledger_bytes(const struct ledger *ledger)
{
    size_t bytes = ledger->cap * sizeof *ledger->entries;
    for (unsigned i = 0; i < ledger->cap; i++)
        bytes += outcomes(&ledger->entries[i]) * sizeof *ledger->entries[i].triggers +
                 ledger->entries[i].steps_len * sizeof *ledger->entries[i].steps;
    return bytes;
}

const struct ledger_entry *ledger_get(const struct ledger *ledger, size_t back)
{
    if (back >= ledger->len)
        return NULL;
    return &ledger->entries[(ledger->next + 2u * ledger->cap - 1u - back) % ledger->cap];
}

void ledger_set_write(struct ledger *ledger, enum ledger_write write)
{
    struct ledger_entry *newest = newest_of(ledger);
    if (newest)
        newest->write = (uint8_t)write;
}

void ledger_done(struct ledger *ledger)
{
    for (size_t i = 0; ledger->entries && i < ledger->cap; i++)
        entry_done(&ledger->entries[i]);
    mem_free(ledger->entries);
    *ledger = (struct ledger){0};
}

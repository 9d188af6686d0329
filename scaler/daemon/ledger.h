/* The last decisions of one object, compact and bounded: at most LEDGER_ENTRIES, and at most
 * LEDGER_BYTES_MAX of heap, whichever comes first (an object with 64 triggers keeps fewer decisions). Equal
 * decisions in a row are one entry with a count. */
#ifndef SCALER_DAEMON_LEDGER_H
#define SCALER_DAEMON_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "scaler/engine/decide.h"

#define LEDGER_ENTRIES   8
#define LEDGER_BYTES_MAX 4096

struct ledger_trigger {
    uint8_t state; /* enum reading_state */
    uint8_t flags; /* LEDGER_ACTIVE … */
    uint32_t failures;
    int32_t proposal;
    int64_t value_milli;
    int64_t at_ms;
};
enum { LEDGER_ACTIVE = 1, LEDGER_AS_ZERO = 2, LEDGER_FALLBACK = 4, LEDGER_PROPOSAL = 8, LEDGER_PARTIAL = 16 };

enum ledger_write { LEDGER_NOT_NEEDED, LEDGER_WRITING, LEDGER_WRITTEN, LEDGER_WRITE_FAILED };

struct ledger_entry {
    int64_t first_ms, last_ms;
    uint32_t count;
    int32_t current, replicas, best, best_trigger;
    uint8_t reason; /* enum decision_reason */
    uint8_t write;  /* enum ledger_write */
    uint8_t active, error;
    uint16_t limited_by;
    uint16_t triggers_len;
    uint8_t steps_len;
    uint8_t composite; /* enum composite_result; set: the formula's outcome stands behind the triggers', in
                          the same form */
    struct decision_step *steps;
    struct ledger_trigger *triggers;
};

struct ledger {
    struct ledger_entry *entries; /* ring of cap; newest at (next - 1) */
    uint8_t cap;                  /* grows to LEDGER_ENTRIES: most objects have little to tell */
    uint8_t next;
    uint8_t len;
};

void ledger_add(struct ledger *ledger, const struct decision *decision, const struct reading *readings,
                int64_t now_ms);
void ledger_set_write(struct ledger *ledger, enum ledger_write write);           /* of the newest entry */
const struct ledger_entry *ledger_get(const struct ledger *ledger, size_t back); /* 0: newest; NULL: none */
size_t ledger_bytes(const struct ledger *ledger); /* heap in use, without the allocator's own */
void ledger_done(struct ledger *ledger);

#endif

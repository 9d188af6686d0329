/* A typed reading of one trigger, and what a trigger's reading is compared with. Unknown is never 0 here:
 * the six states stay apart all the way into decide(). */
#ifndef SCALER_ENGINE_READING_H
#define SCALER_ENGINE_READING_H

#include <stdbool.h>
#include <stdint.h>

enum reading_state {
    READING_PENDING, /* never answered yet */
    READING_OK,
    READING_EMPTY, /* the source answered: there is no such series, key or row */
    READING_NAN,   /* the source answered NaN or ±Inf */
    READING_ERROR, /* refused, timed out, unparsable, credentials missing … */
    READING_STALE, /* an OK reading older than the object may act upon */
};

struct reading {
    enum reading_state state;
    bool partial;    /* the answer says of itself that it is incomplete: never lowers replicas */
    double value;    /* READING_OK: raw, unrounded, may be negative (clamped by the engine) */
    double activity; /* READING_OK: what is compared with the activation threshold (most triggers: value) */
    int64_t at_ms;   /* clock_now_ms() of the answer; 0: there was none, not even a failed one */
};

const char *reading_state_name(enum reading_state state); /* "ok", "empty", … */

#endif

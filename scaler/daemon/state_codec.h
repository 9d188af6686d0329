/* One object's saved state as JSON text. */
#ifndef SCALER_DAEMON_STATE_CODEC_H
#define SCALER_DAEMON_STATE_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "scaler/engine/history.h"

struct saved_object {
    int64_t created_ms;
    int64_t saved_ms;
    int64_t target; /* hash of what was scaled; 0: not said */
    bool active;    /* was active when saved */
    bool graceful;  /* saved at an orderly end */
};

char *state_encode(const struct saved_object *saved, const struct history *history); /* new string */
/* Anything malformed is refused whole. `lag_ms`: how old a save may have been when the process died: times
 * are moved on by at most so much, so that a crash never shortens a cooldown or a stabilization window. */
int state_decode(const char *text, int64_t now_ms, int64_t lag_ms, struct saved_object *ret,
                 struct history *ret_history, struct err *err);
uint64_t history_signature(
    const struct history *history); /* changes when something worth saving changed, times aside */

#endif

/* When an object is due and how old its readings may be: the rules, without the timers. Shared by the
 * daemon's rounds and by simulations. */
#ifndef SCALER_DAEMON_INTERVAL_H
#define SCALER_DAEMON_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/object.h"

/* pollingInterval; while anything runs at most the HPA's 15 s, unless every trigger uses cached metrics. */
int64_t interval_ms(const struct scaled_object *spec, bool at_zero);

/* Rounds fall on a grid of the interval through phase_ms: what is left until the next one, at least 1. */
int64_t interval_delay_ms(int64_t interval, int64_t phase_ms, int64_t now_ms);

/* How old a reading of a trigger may be to serve a round without asking again. */
int64_t interval_max_age_ms(const struct scaled_object *spec, size_t trigger, int64_t interval);

#endif

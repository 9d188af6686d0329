/* Cron schedules as KEDA reads them: the grammar and the steps of robfig/cron 3.0.1 with its five fields, no
 * seconds, no @descriptors. Pure: no clock. */
#ifndef SCALERS_CRON_SCHEDULE_H
#define SCALERS_CRON_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "scaler/base/err.h"

struct zone;

/* Bit n: the value n fires. CRON_STAR: the field was `*` or `?`. */
struct cron_schedule {
    uint64_t minute, hour, day, month, weekday;
    const struct zone *zone; /* of a TZ= or CRON_TZ= prefix; NULL: the caller's */
};

#define CRON_STAR (UINT64_C(1) << 63)

/* ERR_CONFIG with the reason. */
int cron_schedule_parse(const char *text, struct cron_schedule *ret, struct err *err);

struct cron_firing {
    bool ever;      /* false: not within the next five years */
    int64_t unix_s; /* if ever */
};

/* The first firing after unix_s (strictly). ERR_LIMIT: the search was given up. */
int cron_schedule_next(const struct cron_schedule *schedule, const struct zone *zone, int64_t unix_s,
                       struct cron_firing *ret, struct err *err);

#endif

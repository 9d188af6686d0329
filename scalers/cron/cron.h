/* The cron trigger: a window of time in which an object has a number of replicas. */
#ifndef SCALERS_CRON_CRON_H
#define SCALERS_CRON_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "scaler/base/err.h"
#include "scalers/cron/schedule.h"

struct cron_config {
    char *timezone, *start, *end;
    int64_t desired_replicas; /* not 0; negative: active with a value of 0 */
    struct cron_schedule start_schedule, end_schedule;
};

struct cron_answer {
    bool active;
    double value;
    struct cron_firing next_start, next_end;
};

/* Pure: the answer at an instant (wall clock, milliseconds since 1970). ERR_CONFIG: no such time zone. */
int cron_evaluate(const struct cron_config *config, int64_t now_ms, struct cron_answer *ret, struct err *err);

#endif

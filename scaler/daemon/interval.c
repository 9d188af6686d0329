/* Owns the rhythm of an object: how often it is looked at, and when its readings are asked anew. */
#include "scaler/daemon/interval.h"

/* The HPA's sync period: how often 1…N is looked at, however long pollingInterval is (design.md §7). */
#define HPA_PERIOD_MS     15000
#define SHARED_READING_MS 250

static bool all_cached(const struct scaled_object *spec)
{
    for (size_t i = 0; i < spec->triggers_len; i++)
        if (!spec->triggers[i].use_cached_metrics)
            return false;
    return spec->triggers_len > 0;
}

int64_t interval_ms(const struct scaled_object *spec, bool at_zero)
{
    if (at_zero || all_cached(spec) || spec->polling_ms < HPA_PERIOD_MS)
        return spec->polling_ms;
    return HPA_PERIOD_MS;
}

int64_t interval_delay_ms(int64_t interval, int64_t phase_ms, int64_t now_ms)
{
    int64_t delay = interval - (now_ms - phase_ms) % interval;
    return delay < 1 ? 1 : delay;
}

int64_t interval_max_age_ms(const struct scaled_object *spec, size_t trigger, int64_t interval)
{
    int64_t max_age = interval / 2 < SHARED_READING_MS ? interval / 2 : SHARED_READING_MS;
    return spec->triggers[trigger].use_cached_metrics ? spec->polling_ms - max_age : max_age;
}

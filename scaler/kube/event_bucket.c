/* Owns the arithmetic of the events' rate limits. */
#include "scaler/kube/event_bucket.h"

static int64_t full_ms(const struct event_rate *rate)
{
    return rate->burst * rate->refill_ms;
}

static int64_t level_at(const struct event_bucket *bucket, const struct event_rate *rate, int64_t now_ms)
{
    int64_t level = bucket->level_ms + (now_ms - bucket->updated_ms);
    return level < full_ms(rate) ? level : full_ms(rate);
}

void event_bucket_init(struct event_bucket *bucket, const struct event_rate *rate, int64_t now_ms)
{
    *bucket = (struct event_bucket){.level_ms = full_ms(rate), .updated_ms = now_ms};
}

bool event_bucket_has(const struct event_bucket *bucket, const struct event_rate *rate, int64_t now_ms)
{
    return level_at(bucket, rate, now_ms) >= rate->refill_ms;
}

bool event_bucket_take(struct event_bucket *bucket, const struct event_rate *rate, int64_t now_ms)
{
    bucket->level_ms = level_at(bucket, rate, now_ms);
    bucket->updated_ms = now_ms;
    if (bucket->level_ms < rate->refill_ms)
        return false;
    bucket->level_ms -= rate->refill_ms;
    return true;
}

bool event_bucket_full(const struct event_bucket *bucket, const struct event_rate *rate, int64_t now_ms)
{
    return level_at(bucket, rate, now_ms) == full_ms(rate);
}

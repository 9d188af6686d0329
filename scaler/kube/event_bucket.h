/* How much may be said: a token bucket. Pure. */
#ifndef SCALER_KUBE_EVENT_BUCKET_H
#define SCALER_KUBE_EVENT_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct event_rate {
    int64_t burst;     /* tokens of a full bucket */
    int64_t refill_ms; /* one token */
};

struct event_bucket {
    int64_t level_ms; /* tokens × refill_ms, at updated_ms */
    int64_t updated_ms;
};

void event_bucket_init(struct event_bucket *bucket, const struct event_rate *rate, int64_t now_ms); /* full */
bool event_bucket_take(struct event_bucket *bucket, const struct event_rate *rate,
                       int64_t now_ms); /* false: none left */
bool event_bucket_has(const struct event_bucket *bucket, const struct event_rate *rate, int64_t now_ms);
bool event_bucket_full(const struct event_bucket *bucket, const struct event_rate *rate, int64_t now_ms);

#endif

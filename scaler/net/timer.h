/* One-shot timers on a hashed wheel: O(1), no allocation, one uv timer for all. Resolution 10 ms or finer;
 * never early. */
#ifndef SCALER_NET_TIMER_H
#define SCALER_NET_TIMER_H

#include <stdbool.h>
#include <stdint.h>

struct net;

struct timer { /* embed it; zero-initialised is stopped */
    struct timer *next, *prev;
    int64_t due_ms;
    void (*fn)(struct timer *timer);
};

void timer_start(struct net *net, struct timer *timer, int64_t delay_ms,
                 void (*fn)(struct timer *timer)); /* restarts if running */
void timer_start_at(struct net *net, struct timer *timer, int64_t due_ms, void (*fn)(struct timer *timer));
void timer_stop(struct net *net, struct timer *timer);
bool timer_running(const struct timer *timer);

/* Exponential back-off with full jitter between base and cap; reset on success. */
struct backoff {
    int64_t base_ms, cap_ms;
    unsigned failures;
};
int64_t backoff_next_ms(struct backoff *backoff); /* counts one failure */
void backoff_reset(struct backoff *backoff);

/* Uniform in [0, below). Not for secrets. */
uint64_t random_below(uint64_t below);

#endif

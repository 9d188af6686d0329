/* Owns waiting times after failures and the random numbers they (and jitter elsewhere) are made of. */
#include <sys/random.h>
#include <unistd.h>

#include "scaler/base/clock.h"
#include "scaler/net/timer.h"

static uint64_t random_state;

/* splitmix64: one add and three mixes, full period; the seed comes from the system, once. */
static uint64_t random_next(void)
{
    if (random_state == 0 && getrandom(&random_state, sizeof(random_state), GRND_NONBLOCK) < 0)
        random_state = (uint64_t)clock_mono_us() * 0x9e3779b97f4a7c15u ^ (uint64_t)getpid();
    uint64_t mixed = random_state += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

/* What lies above the highest multiple of below is drawn again, so that every value is equally likely. */
uint64_t random_below(uint64_t below)
{
    if (below <= 1)
        return 0;
    uint64_t unfair = (0 - below) % below;
    uint64_t value;
    do {
        value = random_next();
    } while (value < unfair);
    return value % below;
}

/* base · 2^failures, at most cap. */
static int64_t ceiling_ms(const struct backoff *backoff)
{
    int64_t ceiling = backoff->base_ms;
    for (unsigned i = 0; i < backoff->failures && ceiling < backoff->cap_ms; i++)
        ceiling = ceiling > backoff->cap_ms / 2 ? backoff->cap_ms : ceiling * 2;
    return ceiling < backoff->cap_ms ? ceiling : backoff->cap_ms;
}

int64_t backoff_next_ms(struct backoff *backoff)
{
    if (backoff->failures < 64)
        backoff->failures++;
    int64_t floor = backoff->base_ms < backoff->cap_ms ? backoff->base_ms : backoff->cap_ms;
    int64_t ceiling = ceiling_ms(backoff);
    if (floor < 0)
        floor = 0;
    return ceiling > floor ? floor + (int64_t)random_below((uint64_t)(ceiling - floor) + 1) : floor;
}

void backoff_reset(struct backoff *backoff)
{
    backoff->failures = 0;
}

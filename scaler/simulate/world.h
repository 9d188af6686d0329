/* The pods of a simulated target: they come at once when it is scaled, and are ready a while later. */
#ifndef SCALER_SIMULATE_WORLD_H
#define SCALER_SIMULATE_WORLD_H

#include <stddef.h>
#include <stdint.h>

/* Pods that were made together. */
struct cohort {
    int32_t pods;
    int64_t ready_at_ms;
};

struct world {
    int32_t replicas;
    int64_t ready_delay_ms;
    struct cohort *cohorts; /* the oldest first */
    size_t len, cap;
};

/* The pods there are at first are ready. */
void world_init(struct world *world, int32_t replicas, int64_t ready_delay_ms);
void world_done(struct world *world);
/* What is too much goes from the youngest end, as a ReplicaSet does it. */
void world_scale(struct world *world, int32_t replicas, int64_t now_ms);
int32_t world_ready(const struct world *world, int64_t now_ms);
/* When `pods` of them are ready, if nothing else happens; INT64_MAX: there are not so many. */
int64_t world_ready_at(const struct world *world, int32_t pods);

#endif

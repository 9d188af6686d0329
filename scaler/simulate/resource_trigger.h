/* cpu and memory triggers in a simulation: usage of all pods together, from the trace, through the HPA's own
 * arithmetic (scaler/engine/resource.h). */
#ifndef SCALER_SIMULATE_RESOURCE_TRIGGER_H
#define SCALER_SIMULATE_RESOURCE_TRIGGER_H

#include "scaler/engine/proposal.h"
#include "scaler/engine/reading.h"
#include "scaler/simulate/world.h"
#include "scalers/api.h"

/* Each pod is looked at, each time. */
#define RESOURCE_PODS_MAX 10000

struct resource_usage {
    int64_t usage_milli;   /* of all pods; those that are ready share it */
    int64_t request_milli; /* of each; -1: not known */
};

/* A reading whose value is the replicas proposed. *ret_shown_milli: percent, or average per pod, × 1000. */
int resource_read(const struct scaler_resource *goal, const struct resource_usage *usage,
                  const struct world *world, const struct tolerance *tolerance, int64_t now_ms,
                  struct reading *ret, int64_t *ret_shown_milli, struct err *err);

#endif

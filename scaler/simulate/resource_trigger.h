/* cpu and memory triggers in a simulation: usage of all pods together, from the trace, through the HPA's own
 * arithmetic (scaler/engine/resource.h). */
#ifndef SCALER_SIMULATE_RESOURCE_TRIGGER_H
#define SCALER_SIMULATE_RESOURCE_TRIGGER_H

#include "config/object.h"
#include "scaler/engine/proposal.h"
#include "scaler/engine/reading.h"
#include "scaler/simulate/world.h"

/* Each pod is looked at, each time. */
#define RESOURCE_PODS_MAX 10000

struct resource_goal {
    const char *resource; /* "cpu" or "memory" */
    bool utilization;     /* percent of the request, else milli-units per pod */
    int64_t target;
};

bool resource_is(const struct trigger_spec *spec);
/* metadata.value and metricType. */
int resource_goal_read(const struct trigger_spec *spec, struct resource_goal *ret, struct err *err);

struct resource_usage {
    int64_t usage_milli;   /* of all pods; those that are ready share it */
    int64_t request_milli; /* of each; -1: not known */
};

/* A reading whose value is the replicas proposed. *ret_shown_milli: percent, or average per pod, × 1000. */
int resource_read(const struct resource_goal *goal, const struct resource_usage *usage,
                  const struct world *world, const struct tolerance *tolerance, int64_t now_ms,
                  struct reading *ret, int64_t *ret_shown_milli, struct err *err);

#endif

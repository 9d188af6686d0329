/* The daemon's decisions on a virtual clock: rounds when the daemon has them, readings from a trace, a target
 * that is scaled at once. */
#ifndef SCALER_SIMULATE_SIMULATION_H
#define SCALER_SIMULATE_SIMULATION_H

#include "scaler/engine/decide.h"
#include "scaler/simulate/subject.h"
#include "scaler/simulate/world.h"

#define SIMULATION_ROUNDS_MAX 20000000u

struct simulation_options {
    struct policy_options policy;
    int32_t replicas; /* at first */
    int64_t ready_delay_ms;
    int64_t until_ms; /* the last instant that counts */
    int64_t start_ms; /* what t = 0 is on the clock; > 0 */
};

/* One evaluation; everything is borrowed. */
struct instant {
    int64_t t_ms;
    int64_t start_ms;
    const struct subject *subject;
    const struct decision *decision;
    const int64_t *shown_milli; /* per trigger: what was read, where the state is ok */
    const struct world *world;  /* after the decision */
};

struct simulation_sink {
    void (*instant)(struct simulation_sink *sink, const struct instant *instant);
};

/* Ends early, and well, never: < 0 with what cannot be simulated. */
int simulation_run(const struct subject *subject, const struct trace *trace,
                   const struct simulation_options *options, struct simulation_sink *sink, struct err *err);

#endif

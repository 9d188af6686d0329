/* What a chart keeps of a simulation: columns of equal width in time, however many evaluations there were. */
#ifndef SCALER_SIMULATE_CHART_H
#define SCALER_SIMULATE_CHART_H

#include "scaler/simulate/render.h"

#define CHART_COLUMNS 1000

/* What a value did within a column. */
struct span {
    bool known;
    double first, lowest, highest, last;
};

struct series {
    struct span columns[CHART_COLUMNS];
    double highest;
};

/* What happened within a column. */
struct column {
    uint32_t changes;
    int64_t t_ms; /* of the last change */
    int32_t from, to;
    enum decision_reason reason; /* of the last change, else of the last evaluation */
    unsigned limited_by;
    bool any;
};

struct chart {
    struct simulation_sink sink;
    const struct subject *subject;
    const char *label;
    int64_t until_ms;
    struct column columns[CHART_COLUMNS];
    struct series replicas, asked, ready;
    struct series *triggers; /* one per trigger */
};

#endif

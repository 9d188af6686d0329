/* The faces of a simulation: JSON lines for machines, a table and a chart for people. Each is a sink; init,
 * run, finish. */
#ifndef SCALER_SIMULATE_RENDER_H
#define SCALER_SIMULATE_RENDER_H

#include "scaler/simulate/output.h"
#include "scaler/simulate/simulation.h"
#include "scaler/simulate/summary.h"

/* Each evaluation is a line. */
struct jsonl {
    struct simulation_sink sink;
    struct output *output;
};
void jsonl_init(struct jsonl *jsonl, struct output *output);

/* The evaluations at which something changed. */
struct table {
    struct simulation_sink sink;
    struct output *output;
    bool any;
    struct decision *shown; /* what the last row said */
    uint64_t rows, equal;   /* shown, and passed over */
};
void table_init(struct table *table, struct output *output);
void table_finish(struct table *table); /* frees it */

/* A chart; of several simulations one below the other. */
struct chart;
struct chart *chart_new(const struct subject *subject, const char *label,
                        const struct simulation_options *options);
struct simulation_sink *chart_sink(struct chart *chart);
void chart_free(struct chart *chart);
/* The whole document. summaries: one for each chart. */
void chart_write(struct chart *const *charts, const struct summary *summaries, size_t len,
                 struct output *output);

#endif

/* What a simulation comes to, in a few figures. */
#ifndef SCALER_SIMULATE_SUMMARY_H
#define SCALER_SIMULATE_SUMMARY_H

#include "scaler/simulate/output.h"
#include "scaler/simulate/simulation.h"

#define SUMMARY_FLAP_MS 600000

struct summary {
    struct simulation_sink sink;
    const char *label; /* how the object is called: file or namespace/name; borrowed */
    int64_t until_ms;

    /* of what has been seen so far */
    uint64_t evaluations;
    uint64_t ups, downs;
    uint64_t flaps;      /* changes against the direction of the one before, within 10 minutes */
    int64_t above_ms;    /* more pods were asked for than were ready */
    double pod_ms;       /* replicas × time */
    int32_t first, last; /* replicas at the start, at the end */
    int32_t lowest, highest;

    int64_t t_ms;   /* of the last evaluation */
    int64_t met_ms; /* when as many pods as asked for are ready */
    int64_t changed_ms;
    int direction; /* of the last change: -1, 1; 0: none yet */
};

void summary_init(struct summary *summary, const char *label, const struct simulation_options *options);
void summary_finish(struct summary *summary); /* the time after the last evaluation */

/* Lines of "what  value value …", one column for each. */
void summary_table(const struct summary *summaries, size_t len, struct strbuf *text);
/* One JSON object, and a line break. */
void summary_json(const struct summary *summary, struct strbuf *text);

#endif

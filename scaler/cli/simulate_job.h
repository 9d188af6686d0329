/* One run of `davit simulate`: what its files share. */
#ifndef SCALER_CLI_SIMULATE_JOB_H
#define SCALER_CLI_SIMULATE_JOB_H

#include "config/set.h"
#include "scaler/cli/simulate.h"
#include "scaler/simulate/render.h"

/* One -f. */
struct simulate_candidate {
    struct config_set set;
    struct config_set siblings; /* what lies beside the file; read only if an authentication is missed */
    bool siblings_read;
    struct subject subject;
    bool built;
    char *label;
};

struct simulate_job {
    const struct simulate_options *options;
    const struct cli_context *context;
    struct simulate_candidate candidates[SIMULATE_FILES_MAX];
    struct summary summaries[SIMULATE_FILES_MAX];
    struct chart *charts[SIMULATE_FILES_MAX];
    size_t len;
    struct trace trace;
    int64_t start_ms; /* t = 0 on the clock */
    struct output output;
};

/* simulate_recall.c: the trace from Prometheus. */
int simulate_recall(struct simulate_job *job, struct err *err);

#endif

/* `davit simulate`: what the options say, and who carries it out. */
#ifndef SCALER_CLI_SIMULATE_H
#define SCALER_CLI_SIMULATE_H

#include "scaler/cli/cli.h"
#include "scaler/simulate/simulation.h"

#define SIMULATE_FILES_MAX 8

enum simulate_format { SIMULATE_TABLE, SIMULATE_JSONL, SIMULATE_SVG };

struct simulate_file {
    const char *path;
    const char *object; /* "[namespace/]name"; NULL: the only one in it */
};

struct simulate_options {
    struct simulate_file files[SIMULATE_FILES_MAX];
    size_t files_len;
    const char *ns;    /* of objects that name none */
    const char *trace; /* "-": standard input; NULL: from Prometheus */
    enum simulate_format format;
    const char *output; /* NULL: standard output */
    bool has_replicas, has_until, has_start;
    struct simulation_options simulation; /* replicas, until: if said */
    const char *prometheus_url;
    int64_t range_ms, step_ms; /* step 0: the object's own rhythm */
    const char *write_trace;
    bool help;
};

/* The work behind the options. Returns the exit status. */
int simulate_run(const struct simulate_options *options, const struct cli_context *context);

#endif

/* The commands of `davit`. */
#ifndef SCALER_CLI_CLI_H
#define SCALER_CLI_CLI_H

#include "config/check.h"
#include "scaler/daemon/daemon.h"

/* What main.c, which alone sees all rooms, hands to the commands. */
struct cli_context {
    const struct scaler_registry *registry;
    const struct trigger_schemas *schemas;
    /* Prints the reference page of a trigger type (or the list of types) in Markdown; see scalers/. */
    const struct scaler_type *const *(*all_types)(void);
    bool kubectl_plugin; /* set by cli_main: run as `kubectl davit` */
};

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

/* Runs the command named by argv[1]; returns the exit status. */
int cli_main(int argc, char **argv, const struct cli_context *context);

int cli_simulate(int argc, char **argv, const struct cli_context *context);
int cli_run(int argc, char **argv, const struct cli_context *context);
int cli_triggers(int argc, char **argv, const struct cli_context *context);

#endif

/* `davit explain`: why an object has the replicas it has. */
#ifndef SCALER_CLI_EXPLAIN_H
#define SCALER_CLI_EXPLAIN_H

#include <stdbool.h>

/* argv[0] is "explain". plugin: run by kubectl, so the API server is asked unless told otherwise. 0:
 * explained; 1: no such object, no answer; 2: wrong usage. */
int cli_explain(int argc, char **argv, bool plugin);

#endif

/* `davit validate`: reads manifests as the daemon would and says what is wrong with them. Needs no cluster.
 */
#ifndef SCALER_CLI_VALIDATE_H
#define SCALER_CLI_VALIDATE_H

struct trigger_schemas;

/* argv[0] is "validate". Findings go to standard output, mistakes in the command line to standard error.
 * Returns the exit code: 0 valid (warnings included), 1 invalid, 2 wrong usage. */
int cli_validate(int argc, char **argv, const struct trigger_schemas *schemas);

#endif

/* Owns the choice of the command and the general help. */
#include "scaler/cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/cli/explain.h"
#include "scaler/cli/validate.h"

static const char usage[] = "Davit scales Kubernetes workloads by what waits in their event sources.\n"
                            "\n"
                            "usage: davit COMMAND [OPTION…]\n"
                            "\n"
                            "commands:\n"
                            "  run        read ScaledObjects from a directory and scale their targets\n"
                            "  validate   check manifests: every error with file, line and column\n"
                            "  simulate   what the daemon would decide over a trace of readings\n"
                            "  explain    why an object has the replicas it has\n"
                            "  triggers   the trigger types and their parameters\n"
                            "  version    print the version\n"
                            "\n"
                            "`davit COMMAND --help` explains a command.\n";

static int version(int argc, char **argv, const struct cli_context *context)
{
    (void)context;
    if (argc > 1 && strcmp(argv[1], "--help") == 0)
        puts("usage: davit version\nPrints the version.");
    else
        puts("davit " DAVIT_VERSION);
    return CLI_OK;
}

static int validate(int argc, char **argv, const struct cli_context *context)
{
    return cli_validate(argc, argv, context->schemas);
}

static int explain(int argc, char **argv, const struct cli_context *context)
{
    return cli_explain(argc, argv, context->kubectl_plugin);
}

static int help(int argc, char **argv, const struct cli_context *context)
{
    (void)argc, (void)argv, (void)context;
    fputs(usage, stdout);
    return CLI_OK;
}

static const struct {
    const char *name;
    int (*fn)(int argc, char **argv, const struct cli_context *context);
} commands[] = {
    {"run", cli_run},           {"validate", validate}, {"simulate", cli_simulate}, {"explain", explain},
    {"triggers", cli_triggers}, {"version", version},   {"--version", version},     {"help", help},
    {"--help", help},           {"-h", help},
};

/* kubectl runs the program of that name for `kubectl davit …`. */
static bool is_kubectl_plugin(const char *program)
{
    const char *slash = strrchr(program, '/');
    return strcmp(slash ? slash + 1 : program, "kubectl-davit") == 0;
}

int cli_main(int argc, char **argv, const struct cli_context *main_context)
{
    struct cli_context context = *main_context;
    context.kubectl_plugin = argc > 0 && is_kubectl_plugin(argv[0]);
    if (argc < 2) {
        fputs(usage, stderr);
        return CLI_USAGE;
    }
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].fn(argc - 1, argv + 1, &context);
    fprintf(stderr, "davit: unknown command \"%s\"\n\n%s", argv[1], usage);
    return CLI_USAGE;
}

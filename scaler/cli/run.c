/* Owns `davit run`: options to daemon_run. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/log.h"
#include "scaler/base/number.h"
#include "scaler/cli/cli.h"

static const char usage[] =
    "usage: davit run --config DIR [OPTION…]\n"
    "\n"
    "Reads every *.yaml and *.yml below DIR (ScaledObject, TriggerAuthentication, "
    "ClusterTriggerAuthentication, Secret, ConfigMap), follows its\n"
    "changes, and keeps the replicas of the targets at what their triggers ask for, until SIGTERM. SIGHUP "
    "reads DIR again.\n"
    "\n"
    "  --config DIR               the manifests\n"
    "  --kubeconfig FILE          default: $KUBECONFIG, the pod's service account, ~/.kube/config\n"
    "  --context NAME             of the kubeconfig\n"
    "  --namespace NS             of objects that name none, and of the saved state; default: the "
    "kubeconfig's or the pod's\n"
    "  --cluster-namespace NS     where ClusterTriggerAuthentications look for Secrets; default: the same "
    "namespace\n"
    "  --filepath-auth-root DIR   below which filePath of ClusterTriggerAuthentications is read\n"
    "  --listen ADDR:PORT         serve /healthz /readyz /metrics /decisions\n"
    "  --unknown keda|hold        what an empty or not-a-number answer means where KEDA reads it as 0: 0 "
    "(default), or hold the replicas\n"
    "  --tolerance X              no scaling while value/target is within 1 ± X; default 0.1\n"
    "  --downscale-stabilization S  seconds; default 300\n"
    "  --state NAME               ConfigMap that keeps cooldowns and histories over a restart; default "
    "davit-state; \"\" keeps none\n"
    "  --log-level LEVEL          error, warn, info (default) or debug\n"
    "  --log-format FORMAT        text (default) or json\n";

enum option_code {
    OPT_CONFIG = 256,
    OPT_KUBECONFIG,
    OPT_CONTEXT,
    OPT_NAMESPACE,
    OPT_CLUSTER_NAMESPACE,
    OPT_FILEPATH_ROOT,
    OPT_LISTEN,
    OPT_UNKNOWN,
    OPT_TOLERANCE,
    OPT_STABILIZATION,
    OPT_STATE,
    OPT_LOG_LEVEL,
    OPT_LOG_FORMAT,
    OPT_HELP,
};

static const struct option options[] = {
    {"config", required_argument, NULL, OPT_CONFIG},
    {"kubeconfig", required_argument, NULL, OPT_KUBECONFIG},
    {"context", required_argument, NULL, OPT_CONTEXT},
    {"namespace", required_argument, NULL, OPT_NAMESPACE},
    {"cluster-namespace", required_argument, NULL, OPT_CLUSTER_NAMESPACE},
    {"filepath-auth-root", required_argument, NULL, OPT_FILEPATH_ROOT},
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"unknown", required_argument, NULL, OPT_UNKNOWN},
    {"tolerance", required_argument, NULL, OPT_TOLERANCE},
    {"downscale-stabilization", required_argument, NULL, OPT_STABILIZATION},
    {"state", required_argument, NULL, OPT_STATE},
    {"log-level", required_argument, NULL, OPT_LOG_LEVEL},
    {"log-format", required_argument, NULL, OPT_LOG_FORMAT},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

struct run_options {
    struct daemon_options daemon;
    enum log_level level;
    enum log_format format;
    bool help;
};

static int take_unknown(struct run_options *run, const char *value, struct err *err)
{
    run->daemon.hold_unknown = strcmp(value, "hold") == 0;
    if (run->daemon.hold_unknown || strcmp(value, "keda") == 0)
        return 0;
    return err_set(err, ERR_CONFIG, "--unknown: \"%s\" is neither keda nor hold", value);
}

static int take_tolerance(struct run_options *run, const char *value, struct err *err)
{
    double tolerance;
    if (number_parse_json_float(value, &tolerance, err) < 0 || tolerance < 0 || tolerance >= 1)
        return err_set(err, ERR_CONFIG, "--tolerance: \"%s\" is not a number from 0 to below 1", value);
    run->daemon.tolerance = tolerance;
    return 0;
}

static int take_stabilization(struct run_options *run, const char *value, struct err *err)
{
    int64_t seconds;
    if (number_parse_json_int(value, 0, 3600, &seconds, err) < 0)
        return err_set(err, ERR_CONFIG,
                       "--downscale-stabilization: \"%s\" is not a number of seconds from 0 to 3600", value);
    run->daemon.down_window_s = (int32_t)seconds;
    return 0;
}

static int take_text(struct run_options *run, int code, const char *value)
{
    const char **texts[] = {
        [0] = &run->daemon.config_dir,
        [OPT_KUBECONFIG - OPT_CONFIG] = &run->daemon.kubeconfig,
        [OPT_CONTEXT - OPT_CONFIG] = &run->daemon.context,
        [OPT_NAMESPACE - OPT_CONFIG] = &run->daemon.ns,
        [OPT_CLUSTER_NAMESPACE - OPT_CONFIG] = &run->daemon.cluster_ns,
        [OPT_FILEPATH_ROOT - OPT_CONFIG] = &run->daemon.file_auth_root,
        [OPT_LISTEN - OPT_CONFIG] = &run->daemon.listen,
    };
    *texts[code - OPT_CONFIG] = value;
    return 0;
}

static int take(struct run_options *run, int code, const char *value, struct err *err)
{
    switch (code) {
    case OPT_UNKNOWN:
        return take_unknown(run, value, err);
    case OPT_TOLERANCE:
        return take_tolerance(run, value, err);
    case OPT_STABILIZATION:
        return take_stabilization(run, value, err);
    case OPT_STATE:
        run->daemon.state_name = value;
        run->daemon.no_state = value[0] == '\0';
        return 0;
    case OPT_LOG_LEVEL:
        return log_parse_level(value, &run->level, err);
    case OPT_LOG_FORMAT:
        return log_parse_format(value, &run->format, err);
    case OPT_HELP:
        run->help = true;
        return 0;
    case '?':
        return err_set(err, ERR_CONFIG, "see `davit run --help`");
    default:
        return take_text(run, code, value);
    }
}

static int parse(int argc, char **argv, struct run_options *run, struct err *err)
{
    optind = 1;
    for (int code; (code = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        int rc = take(run, code == 'h' ? OPT_HELP : code, optarg, err);
        if (rc < 0)
            return rc;
    }
    if (optind < argc)
        return err_set(err, ERR_CONFIG, "unexpected argument \"%s\"", argv[optind]);
    if (!run->help && !run->daemon.config_dir)
        return err_set(err, ERR_CONFIG, "--config DIR is required");
    return 0;
}

int cli_run(int argc, char **argv, const struct cli_context *context)
{
    struct run_options run = {.daemon = {.tolerance = 0.1, .down_window_s = 300},
                              .level = LOG_LEVEL_INFO,
                              .format = LOG_FORMAT_TEXT};
    struct err err;
    if (parse(argc, argv, &run, &err) < 0) {
        fprintf(stderr, "davit run: %s\n", err.msg);
        return CLI_USAGE;
    }
    if (run.help) {
        fputs(usage, stdout);
        return CLI_OK;
    }
    log_setup(run.level, run.format);
    if (daemon_run(&run.daemon, context->registry, &err) < 0) {
        log_error(NULL, "%s", err.msg);
        return CLI_FAILED;
    }
    return CLI_OK;
}

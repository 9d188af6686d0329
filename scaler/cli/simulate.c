/* Owns the options of `davit simulate`. What is done with them: simulate_run.c. */
#include "scaler/cli/simulate.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/duration.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"

#define NS_PER_MS INT64_C(1000000)
/* A Thursday, at midnight. Later than the moments the engine takes for "never". */
#define DEFAULT_START "2026-01-01T00:00:00Z"

static const char usage[] =
    "usage: davit simulate -f FILE --trace TRACE [OPTION…]\n"
    "       davit simulate -f FILE --from-prometheus URL [OPTION…]\n"
    "\n"
    "Runs the daemon's decisions over a trace of what the triggers read, on a virtual clock. Two -f or more "
    "are held against each other.\n"
    "\n"
    "  -f, --file FILE            a manifest, or a directory of them\n"
    "  --object [NS/]NAME         which ScaledObject of the -f before it, if there are several\n"
    "  --trace FILE               JSON lines: {\"t\": seconds, \"triggers\": {\"NAME or s0\": "
    "number|\"empty\"|\"nan\"|\"error\"}}; - for standard input\n"
    "  --replicas N               at the start; default: minReplicaCount\n"
    "  --ready-delay S            until a new pod is ready: seconds, or a duration such as 1m30s; default 0\n"
    "  --until S                  when it ends; default: the last line of the trace\n"
    "  --start TIME               what t = 0 is on the clock, RFC 3339; default 2026-01-01T00:00:00Z, or "
    "when "
    "the range from Prometheus begins\n"
    "  -o, --format FORMAT        table (default), jsonl or svg\n"
    "  --output FILE              default: standard output\n"
    "  -n, --namespace NS         of objects that name none; default: default\n"
    "  --tolerance X              as of `davit run`\n"
    "  --downscale-stabilization S  as of `davit run`\n"
    "  --unknown keda|hold        as of `davit run`\n"
    "  --from-prometheus URL      makes the trace from what the prometheus triggers' queries gave\n"
    "  --range DURATION           how far back; default 24h\n"
    "  --step DURATION            between two values; default: as often as the daemon would ask\n"
    "  --write-trace FILE         keeps that trace\n"
    "  -h, --help                 this text\n";

enum option_code {
    OPT_OBJECT = 256,
    OPT_TRACE,
    OPT_REPLICAS,
    OPT_READY_DELAY,
    OPT_UNTIL,
    OPT_START,
    OPT_OUTPUT,
    OPT_TOLERANCE,
    OPT_STABILIZATION,
    OPT_UNKNOWN,
    OPT_PROMETHEUS,
    OPT_RANGE,
    OPT_STEP,
    OPT_WRITE_TRACE,
};

static const struct option long_options[] = {
    {"file", required_argument, NULL, 'f'},
    {"object", required_argument, NULL, OPT_OBJECT},
    {"trace", required_argument, NULL, OPT_TRACE},
    {"replicas", required_argument, NULL, OPT_REPLICAS},
    {"ready-delay", required_argument, NULL, OPT_READY_DELAY},
    {"until", required_argument, NULL, OPT_UNTIL},
    {"start", required_argument, NULL, OPT_START},
    {"format", required_argument, NULL, 'o'},
    {"output", required_argument, NULL, OPT_OUTPUT},
    {"namespace", required_argument, NULL, 'n'},
    {"tolerance", required_argument, NULL, OPT_TOLERANCE},
    {"downscale-stabilization", required_argument, NULL, OPT_STABILIZATION},
    {"unknown", required_argument, NULL, OPT_UNKNOWN},
    {"from-prometheus", required_argument, NULL, OPT_PROMETHEUS},
    {"range", required_argument, NULL, OPT_RANGE},
    {"step", required_argument, NULL, OPT_STEP},
    {"write-trace", required_argument, NULL, OPT_WRITE_TRACE},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* Seconds as a number, or a duration with units. */
static int take_ms(const char *option, const char *value, int64_t *ret_ms, struct err *err)
{
    double seconds;
    int64_t ns;
    if (number_parse_json_float(value, &seconds, NULL) == 0)
        ns = seconds >= 0 && seconds <= TRACE_SECONDS_MAX ? (int64_t)(seconds * 1e9) : -1;
    else if (duration_parse_go(value, &ns, NULL) < 0 || ns > (int64_t)(TRACE_SECONDS_MAX * 1e9))
        ns = -1;
    if (ns < 0)
        return err_set(err, ERR_CONFIG, "%s: \"%.80s\" is no time from 0 to %.0f seconds", option, value,
                       TRACE_SECONDS_MAX);
    *ret_ms = (ns + NS_PER_MS / 2) / NS_PER_MS;
    return 0;
}

static int take_positive_ms(const char *option, const char *value, int64_t *ret_ms, struct err *err)
{
    int rc = take_ms(option, value, ret_ms, err);
    if (rc == 0 && *ret_ms == 0)
        return err_set(err, ERR_CONFIG, "%s: must be more than 0", option);
    return rc;
}

static int take_file(struct simulate_options *options, const char *path, struct err *err)
{
    if (options->files_len == SIMULATE_FILES_MAX)
        return err_set(err, ERR_CONFIG, "more than %d -f", SIMULATE_FILES_MAX);
    options->files[options->files_len++].path = path;
    return 0;
}

static int take_object(struct simulate_options *options, const char *name, struct err *err)
{
    if (options->files_len == 0)
        return err_set(err, ERR_CONFIG, "--object belongs behind the -f that it is about");
    options->files[options->files_len - 1].object = name;
    return 0;
}

static int take_replicas(struct simulate_options *options, const char *value, struct err *err)
{
    int64_t replicas;
    if (number_parse_json_int(value, 0, INT32_MAX, &replicas, NULL) < 0)
        return err_set(err, ERR_CONFIG, "--replicas: \"%.80s\" is no number of replicas", value);
    options->has_replicas = true;
    options->simulation.replicas = (int32_t)replicas;
    return 0;
}

static int take_start(struct simulate_options *options, const char *value, struct err *err)
{
    int64_t ms;
    if (clock_parse_rfc3339(value, &ms, NULL) < 0 || ms <= 0)
        return err_set(err, ERR_CONFIG, "--start: \"%.80s\" is no RFC 3339 time after 1970", value);
    options->simulation.start_ms = ms;
    return 0;
}

static int take_format(struct simulate_options *options, const char *value, struct err *err)
{
    static const char *const formats[] = {
        [SIMULATE_TABLE] = "table", [SIMULATE_JSONL] = "jsonl", [SIMULATE_SVG] = "svg"};
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (strcmp(value, formats[i]) == 0) {
            options->format = (enum simulate_format)i;
            return 0;
        }
    return err_set(err, ERR_CONFIG, "-o: \"%.80s\" is neither table, jsonl nor svg", value);
}

static int take_tolerance(struct policy_options *policy, const char *value, struct err *err)
{
    double tolerance;
    if (number_parse_json_float(value, &tolerance, NULL) < 0 || tolerance < 0 || tolerance >= 1)
        return err_set(err, ERR_CONFIG, "--tolerance: \"%.80s\" is not a number from 0 to below 1", value);
    policy->tolerance = tolerance;
    return 0;
}

static int take_stabilization(struct policy_options *policy, const char *value, struct err *err)
{
    int64_t seconds;
    if (number_parse_json_int(value, 0, 3600, &seconds, NULL) < 0)
        return err_set(err, ERR_CONFIG,
                       "--downscale-stabilization: \"%.80s\" is not a number of seconds from 0 to 3600",
                       value);
    policy->down_window_s = (int32_t)seconds;
    return 0;
}

static int take_unknown(struct policy_options *policy, const char *value, struct err *err)
{
    policy->hold_unknown = strcmp(value, "hold") == 0;
    if (policy->hold_unknown || strcmp(value, "keda") == 0)
        return 0;
    return err_set(err, ERR_CONFIG, "--unknown: \"%.80s\" is neither keda nor hold", value);
}

static int take_number(struct simulate_options *options, int code, const char *value, struct err *err)
{
    switch (code) {
    case OPT_REPLICAS:
        return take_replicas(options, value, err);
    case OPT_READY_DELAY:
        return take_ms("--ready-delay", value, &options->simulation.ready_delay_ms, err);
    case OPT_UNTIL:
        options->has_until = true;
        return take_ms("--until", value, &options->simulation.until_ms, err);
    case OPT_RANGE:
        return take_positive_ms("--range", value, &options->range_ms, err);
    case OPT_STEP:
        return take_positive_ms("--step", value, &options->step_ms, err);
    case OPT_START:
        options->has_start = true;
        return take_start(options, value, err);
    case OPT_TOLERANCE:
        return take_tolerance(&options->simulation.policy, value, err);
    case OPT_STABILIZATION:
        return take_stabilization(&options->simulation.policy, value, err);
    default:
        return err_set(err, ERR_CONFIG, "see `davit simulate --help`");
    }
}

static int take(struct simulate_options *options, int code, const char *value, struct err *err)
{
    switch (code) {
    case 'f':
        return take_file(options, value, err);
    case OPT_OBJECT:
        return take_object(options, value, err);
    case 'o':
        return take_format(options, value, err);
    case OPT_UNKNOWN:
        return take_unknown(&options->simulation.policy, value, err);
    case OPT_TRACE:
        options->trace = value;
        return 0;
    case OPT_OUTPUT:
        options->output = value;
        return 0;
    case 'n':
        options->ns = value;
        return 0;
    case OPT_PROMETHEUS:
        options->prometheus_url = value;
        return 0;
    case OPT_WRITE_TRACE:
        options->write_trace = value;
        return 0;
    case 'h':
        options->help = true;
        return 0;
    default:
        return take_number(options, code, value, err);
    }
}

static int check(const struct simulate_options *options, struct err *err)
{
    if (options->help)
        return 0;
    if (options->files_len == 0)
        return err_set(err, ERR_CONFIG, "-f FILE is required");
    if (!options->trace == !options->prometheus_url)
        return err_set(err, ERR_CONFIG, "either --trace FILE or --from-prometheus URL is required");
    if (options->write_trace && !options->prometheus_url)
        return err_set(err, ERR_CONFIG, "--write-trace goes with --from-prometheus");
    return 0;
}

static int parse(int argc, char **argv, struct simulate_options *options, struct err *err)
{
    optind = 0; /* glibc: start afresh, whoever used getopt before */
    for (int code; (code = getopt_long(argc, argv, "f:o:n:h", long_options, NULL)) != -1;) {
        int rc = take(options, code, optarg, err);
        if (rc < 0)
            return rc;
    }
    if (optind < argc)
        return err_set(err, ERR_CONFIG, "unexpected argument \"%.80s\"", argv[optind]);
    return check(options, err);
}

int cli_simulate(int argc, char **argv, const struct cli_context *context)
{
    struct simulate_options options = {.ns = "default",
                                       .range_ms = INT64_C(24) * 3600 * 1000,
                                       .simulation = {.policy = {.tolerance = 0.1, .down_window_s = 300}}};
    struct err err;
    if (take_start(&options, DEFAULT_START, &err) < 0 || parse(argc, argv, &options, &err) < 0) {
        (void)fprintf(stderr, "davit simulate: %s\n", err.msg);
        return CLI_USAGE;
    }
    if (options.help) {
        (void)fputs(usage, stdout);
        return CLI_OK;
    }
    return simulate_run(&options, context);
}

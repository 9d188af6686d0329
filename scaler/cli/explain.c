/* Owns the command `explain`: options, whom to ask, and what to say when there is nothing to explain. */
#include "scaler/cli/explain.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "scaler/cli/explain_fetch.h"
#include "scaler/cli/explain_from.h"
#include "scaler/cli/explain_model.h"
#include "scaler/cli/explain_words.h"

#define DEFAULT_SERVER "http://127.0.0.1:8080"
#define DEFAULT_LAST   6

enum { EXPLAINED = 0, FAILED = 1, USAGE = 2 };

static const char usage[] =
    "usage: davit explain [OPTION…] [NAMESPACE/]NAME\n"
    "       kubectl davit explain [OPTION…] [NAMESPACE/]NAME\n"
    "       davit explain --from FILE [--at SECONDS]\n"
    "\n"
    "Says why a ScaledObject has the replicas it has: what each trigger reads, what it asks for, and what "
    "cut "
    "that on the way to the result.\n"
    "\n"
    "      --server URL       a running daemon; default: $DAVIT_SERVER, then "
    "http://127.0.0.1:8080\n"
    "      --kubeconfig FILE  ask through the API server instead; as `kubectl davit` without this option: "
    "$KUBECONFIG, ~/.kube/config\n"
    "      --context NAME     of the kubeconfig\n"
    "      --service NS/NAME:PORT  the Service of Davit; default: davit:http in the object's namespace, then "
    "in davit\n"
    "  -n, --namespace NS     of the object; default: the kubeconfig's\n"
    "      --last N           how many decisions are told, at most 64; default 6\n"
    "      --from FILE        the output of `davit simulate -o jsonl`; - for standard input\n"
    "      --at SECONDS       of the simulation; default: its end\n"
    "  -o, --output FORMAT    text (default) or json\n"
    "  -h, --help             this text\n"
    "\n"
    "Exit status: 0 explained, 1 no such object or no answer, 2 wrong usage.\n";

struct options {
    struct explain_source source;
    bool kube; /* --kubeconfig, --context or --service was given */
    bool json, help;
    const char *from, *object;
    double at;
    size_t last;
};

enum option_code { OPT_SERVER = 256, OPT_KUBECONFIG, OPT_CONTEXT, OPT_SERVICE, OPT_LAST, OPT_FROM, OPT_AT };

static const struct option long_options[] = {
    {"server", required_argument, NULL, OPT_SERVER},
    {"kubeconfig", required_argument, NULL, OPT_KUBECONFIG},
    {"context", required_argument, NULL, OPT_CONTEXT},
    {"service", required_argument, NULL, OPT_SERVICE},
    {"namespace", required_argument, NULL, 'n'},
    {"last", required_argument, NULL, OPT_LAST},
    {"from", required_argument, NULL, OPT_FROM},
    {"at", required_argument, NULL, OPT_AT},
    {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int take_last(struct options *options, const char *value, struct err *err)
{
    int64_t last;
    if (number_parse_json_int(value, 1, EXPLAIN_DECISIONS_MAX, &last, NULL) < 0)
        return err_set(err, ERR_CONFIG, "--last: \"%.80s\" is not a number from 1 to %d", value,
                       EXPLAIN_DECISIONS_MAX);
    options->last = (size_t)last;
    return 0;
}

static int take_at(struct options *options, const char *value, struct err *err)
{
    return number_parse_json_float(value, &options->at, NULL) < 0
               ? err_set(err, ERR_CONFIG, "--at: \"%.80s\" is not a number of seconds", value)
               : 0;
}

static int take_output(struct options *options, const char *value, struct err *err)
{
    options->json = strcmp(value, "json") == 0;
    return options->json || strcmp(value, "text") == 0
               ? 0
               : err_set(err, ERR_CONFIG, "-o: \"%.80s\" is neither text nor json", value);
}

static int take_kube(struct options *options, const char **place, const char *value)
{
    options->kube = true;
    *place = value;
    return 0;
}

static int take(struct options *options, int code, const char *value, struct err *err)
{
    switch (code) {
    case OPT_SERVER:
        options->source.server = value;
        return 0;
    case OPT_KUBECONFIG:
        return take_kube(options, &options->source.kubeconfig, value);
    case OPT_CONTEXT:
        return take_kube(options, &options->source.context, value);
    case OPT_SERVICE:
        return take_kube(options, &options->source.service, value);
    case 'n':
        options->source.ns = value;
        return 0;
    case OPT_LAST:
        return take_last(options, value, err);
    case OPT_FROM:
        options->from = value;
        return 0;
    case OPT_AT:
        return take_at(options, value, err);
    case 'o':
        return take_output(options, value, err);
    case 'h':
        options->help = true;
        return 0;
    default:
        return err_set(err, ERR_CONFIG, "see `davit explain --help`");
    }
}

static int check(const struct options *options, int left, struct err *err)
{
    if (options->help)
        return 0;
    if (options->from && (left > 0 || options->source.server || options->kube || options->json))
        return err_set(err, ERR_CONFIG, "--from goes with --at and --last only");
    if (!options->from && left != 1)
        return err_set(err, ERR_CONFIG, left ? "one object at a time" : "which object? NAMESPACE/NAME");
    if (!options->from && !isnan(options->at))
        return err_set(err, ERR_CONFIG, "--at goes with --from");
    if (options->source.server && options->kube)
        return err_set(err, ERR_CONFIG,
                       "--server asks the daemon itself, --kubeconfig the API server: one of them");
    return 0;
}

/* The daemon itself, unless kubectl runs us or an option speaks of the API server. */
static void choose_source(struct options *options, bool plugin)
{
    if (options->source.server || options->kube || plugin)
        return;
    const char *server = getenv("DAVIT_SERVER");
    options->source.server = text_empty(server) ? DEFAULT_SERVER : server;
}

static int parse(int argc, char **argv, struct options *options, struct err *err)
{
    *options = (struct options){.at = NAN, .last = DEFAULT_LAST};
    optind = 0; /* glibc: start afresh, whoever used getopt before */
    for (int code; (code = getopt_long(argc, argv, "n:o:h", long_options, NULL)) != -1;) {
        int rc = take(options, code, optarg, err);
        if (rc < 0)
            return rc;
    }
    options->object = optind < argc ? argv[optind] : NULL;
    return check(options, argc - optind, err);
}

/* ---- from a simulation ---- */

static int explain_lines(const struct options *options, struct strbuf *out, struct err *err)
{
    struct explain_lines lines;
    struct explain_decision *decisions = mem_zalloc_array(options->last, sizeof *decisions);
    size_t len;
    int rc = explain_from(options->from, options->at, options->last, &lines, decisions, &len, err);
    if (rc == 0) {
        explain_text(out, &lines.object, decisions, len);
        explain_lines_done(&lines);
    }
    mem_free(decisions);
    return rc;
}

/* ---- from a daemon ---- */

/* Nothing by that name, or too much: says what there is. */
static int none(json_t *root, const char *wanted, struct err *err)
{
    json_t *near = json_object_get(root, "near");
    int64_t same = json_i64(root, "same", 0);
    AUTO_STRBUF struct strbuf text;
    strbuf_init(&text);
    for (size_t i = 0; i < json_array_size(near) && i < 8; i++) {
        const char *id = json_string_value(json_array_get(near, i));
        strbuf_append(&text, i ? ", " : "");
        words_text(&text, id ? id : "?");
    }
    if (same > 1)
        return err_set(err, ERR_NOT_FOUND, "there are %lld objects named %s; which one? %s", (long long)same,
                       wanted, text.data);
    return err_set(err, ERR_NOT_FOUND, "Davit knows no object %s%s%s", wanted, text.len ? "; there is " : "",
                   text.data);
}

static int append_json(const char *bytes, size_t len, void *arg)
{
    strbuf_append_n(arg, bytes, len);
    return 0;
}

static void say_json(struct strbuf *out, json_t *root, json_t *object, size_t last)
{
    json_t *decisions = json_object_get(object, "decisions");
    while (json_array_size(decisions) > last)
        (void)json_array_remove(decisions, json_array_size(decisions) - 1);
    json_t *now = json_object_get(root, "now");
    if (now)
        (void)json_object_set(object, "now", now);
    (void)json_dump_callback(object, append_json, out, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    strbuf_append(out, "\n");
}

static int say_text(struct strbuf *out, const struct explain_object *object, size_t last, struct err *err)
{
    size_t len = object->decisions_len < last ? object->decisions_len : last;
    struct explain_decision *decisions = mem_zalloc_array(len, sizeof *decisions);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < len; i++)
        rc = explain_read_decision(json_array_get(object->decisions, i), &decisions[i], err);
    if (rc == 0)
        explain_text(out, object, decisions, len);
    mem_free(decisions);
    return rc;
}

static int explain_answer(const struct options *options, const char *wanted, json_t *root, struct strbuf *out,
                          struct err *err)
{
    json_t *objects = json_object_get(root, "objects");
    struct explain_object *object = mem_zalloc(sizeof *object);
    int rc = 0;
    if (!json_is_string(json_object_get(root, "davit")) || !json_is_array(objects))
        rc = err_set(err, ERR_PROTOCOL, "not an answer of Davit: it does not say so");
    else if (json_array_size(objects) == 0)
        rc = none(root, wanted, err);
    else
        rc = explain_read_object(root, json_array_get(objects, 0), object, err);
    if (rc == 0 && options->json)
        say_json(out, root, json_array_get(objects, 0), options->last);
    else if (rc == 0)
        rc = say_text(out, object, options->last, err);
    mem_free(object);
    return rc;
}

static int explain_named(const struct options *options, const char *name, struct strbuf *out, struct err *err)
{
    AUTO_JSON json_t *root = NULL;
    AUTO_FREE char *wanted = strchr(name, '/') || !options->source.ns
                                 ? mem_strdup(name)
                                 : mem_printf("%s/%s", options->source.ns, name);
    int rc = explain_fetch(&options->source, wanted, &root, err);
    return rc < 0 ? rc : explain_answer(options, wanted, root, out, err);
}

int cli_explain(int argc, char **argv, bool plugin)
{
    struct options options;
    struct err err;
    AUTO_STRBUF struct strbuf out;
    strbuf_init(&out);
    if (parse(argc, argv, &options, &err) < 0) {
        fprintf(stderr, "davit explain: %s\n", err.msg);
        return USAGE;
    }
    if (options.help) {
        fputs(usage, stdout);
        return EXPLAINED;
    }
    choose_source(&options, plugin);
    int rc = options.object ? explain_named(&options, options.object, &out, &err)
                            : explain_lines(&options, &out, &err);
    if (rc < 0) {
        fprintf(stderr, "davit explain: %s\n", err.msg);
        return FAILED;
    }
    bool told = fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
    return told ? EXPLAINED : FAILED;
}

/* Owns the command line: rows and one walker. */
#include "tests/sandbox/options.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/duration.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/text.h"
#include "tests/sandbox/sandbox.h"

enum option_type { OPTION_TEXT, OPTION_DURATION, OPTION_NUMBER, OPTION_FLAG, OPTION_LIST };

static const struct option {
    const char *name, *value;
    enum option_type type;
    size_t offset;
    int64_t min, max; /* of a number */
    const char *help;
} rows[] = {
    {"--listen", "ADDR:PORT", OPTION_TEXT, offsetof(struct options, listen), 0, 0,
     "where to serve (127.0.0.1:0: any free port)"},
    {"--load", "FILE", OPTION_LIST, offsetof(struct options, load), 0, 0,
     "YAML or JSON manifests to begin with; again for more"},
    {"--kubeconfig-out", "FILE", OPTION_TEXT, offsetof(struct options, kubeconfig_out), 0, 0,
     "write a kubeconfig that points here"},
    {"--token", "TOKEN", OPTION_TEXT, offsetof(struct options, token), 0, 0,
     "demand this bearer token (none)"},
    {"--tls-cert", "FILE", OPTION_TEXT, offsetof(struct options, cert_file), 0, 0,
     "serve HTTPS with this certificate (PEM)"},
    {"--tls-key", "FILE", OPTION_TEXT, offsetof(struct options, key_file), 0, 0, "and its key"},
    {"--ready-delay", "DURATION", OPTION_DURATION, offsetof(struct options, ready_delay_ms), 0, 0,
     "pods become ready after this long (1s)"},
    {"--no-pods", NULL, OPTION_FLAG, offsetof(struct options, no_pods), 0, 0,
     "keep only the numbers in status, for benches"},
    {"--max-pods", "N", OPTION_NUMBER, offsetof(struct options, max_pods), 0, 1000000,
     "pods there is room for (20000)"},
    {"--history", "N", OPTION_NUMBER, offsetof(struct options, history), 1, 10000000,
     "events kept for watches, per kind (20000)"},
    {"--bookmark-interval", "DURATION", OPTION_DURATION, offsetof(struct options, bookmark_ms), 0, 0,
     "how often watches get a bookmark (10s)"},
};

static void print_help(void)
{
    printf("usage: davit-sandbox [OPTION]...\n"
           "An in-memory Kubernetes API for trying and testing Davit without a cluster.\n\n");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char left[64];
        snprintf(left, sizeof(left), "%s %s", rows[i].name, rows[i].value ? rows[i].value : "");
        printf("  %-28s %s\n", left, rows[i].help);
    }
    printf("  %-28s %s\n  %-28s %s\n\n", "--help", "this text", "--version", "the version");
    printf(
        "Steering (JSON): POST, GET, DELETE /sandbox/faults; GET, DELETE /sandbox/requests;\n"
        "GET, DELETE /sandbox/scales[?since=SEQ]; POST /sandbox/objects; POST /sandbox/token; GET /sandbox.\n"
        "A fault rule: {\"rules\":[{\"method\":\"PATCH\",\"path\":\"/scale\",\"status\":409,\"times\":3}]}; "
        "fields: method (or\n"
        "WATCH), path (a part of it), probability, times, status, retryAfter, latencyMs, hang, reset, "
        "executed,\n"
        "body, expireToken, tearWatchAfterBytes; goneWatches and closeWatches end open watches at once.\n");
}

static int parse_value(const struct option *option, struct options *options, const char *value,
                       struct err *err)
{
    void *field = (char *)options + option->offset;
    int64_t ns;
    switch (option->type) {
    case OPTION_TEXT:
        *(const char **)field = value;
        return 0;
    case OPTION_LIST:
        text_list_add(field, value);
        return 0;
    case OPTION_NUMBER:
        return number_parse_json_int(value, option->min, option->max, field, err);
    default:
        if (duration_parse_go(value, &ns, err) != 0)
            return err->code;
        if (ns < 0)
            return err_set(err, ERR_CONFIG, "a duration cannot be negative");
        *(int64_t *)field = ns / 1000000;
        return 0;
    }
}

static const struct option *find(const char *text, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strlen(rows[i].name) == len && strncmp(rows[i].name, text, len) == 0)
            return &rows[i];
    return NULL;
}

/* "--name value" and "--name=value". */
static int take(struct options *options, int *at, int argc, char **argv, struct err *err)
{
    const char *text = argv[*at];
    size_t len = strcspn(text, "=");
    const struct option *option = find(text, len);
    if (!option)
        return err_set(err, ERR_CONFIG, "unknown option %.*s; see --help", (int)len, text);
    if (option->type == OPTION_FLAG) {
        *(bool *)((char *)options + option->offset) = true;
        return text[len] ? err_set(err, ERR_CONFIG, "%s takes no value", option->name) : 0;
    }
    if (!text[len] && ++*at == argc)
        return err_set(err, ERR_CONFIG, "%s needs a value", option->name);
    if (parse_value(option, options, text[len] ? text + len + 1 : argv[*at], err) != 0)
        return err_wrap(err, "%s", option->name);
    return 0;
}

int options_parse(struct options *options, int argc, char **argv, struct err *err)
{
    *options = (struct options){.listen = "127.0.0.1:0",
                                .ready_delay_ms = 1000,
                                .bookmark_ms = 10000,
                                .history = 20000,
                                .max_pods = 20000};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return print_help(), 1;
        if (strcmp(argv[i], "--version") == 0)
            return printf("davit-sandbox %s\n", DAVIT_VERSION), 1;
        if (take(options, &i, argc, argv, err) != 0)
            return err->code;
    }
    if (!options->cert_file != !options->key_file)
        return err_set(err, ERR_CONFIG, "--tls-cert and --tls-key go together");
    if (options->token && !*options->token)
        return err_set(err, ERR_CONFIG, "--token is empty");
    return 0;
}

void options_done(struct options *options)
{
    text_list_done(&options->load);
}

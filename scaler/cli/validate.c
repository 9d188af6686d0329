/* Owns the command `validate`: which files, and how findings are shown. What is wrong is config's to say. */
#include "scaler/cli/validate.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/check.h"
#include "config/set.h"
#include "scaler/base/file.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/yaml.h"

enum exit_code { EXIT_VALID = 0, EXIT_INVALID = 1, EXIT_USAGE = 2 };

struct options {
    bool json;
    const char *ns;
    const char *cluster_ns; /* NULL: ns */
    char **paths;
    int paths_len;
};

struct result {
    struct config_set set;
    struct diag_list diags;
};

static const char help[] =
    "Usage: davit validate [OPTION]... PATH...\n"
    "Checks ScaledObject and TriggerAuthentication manifests without a cluster.\n"
    "PATH is a file, a directory (searched for *.yaml and *.yml), or - for standard input.\n"
    "\n"
    "  -o, --output FORMAT        text (default) or json\n"
    "  -n, --namespace NS         namespace of objects that name none (default: default)\n"
    "      --cluster-namespace NS where ClusterTriggerAuthentications find Secrets (default: the same)\n"
    "  -h, --help                 this text\n"
    "\n"
    "Exit status: 0 valid, 1 invalid, 2 wrong usage.\n";

static int fail_usage(const char *what, const char *word)
{
    (void)fprintf(stderr, "davit validate: %s%s%s\nTry 'davit validate --help'.\n", what, word ? ": " : "",
                  word ? word : "");
    return EXIT_USAGE;
}

enum option_key { OPTION_CLUSTER_NAMESPACE = 256 };

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"namespace", required_argument, NULL, 'n'},
    {"cluster-namespace", required_argument, NULL, OPTION_CLUSTER_NAMESPACE},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* Returns -1 to go on, else the exit code. */
static int take_option(struct options *options, int key, char *const *argv)
{
    switch (key) {
    case 'o':
        options->json = strcmp(optarg, "json") == 0;
        if (!options->json && strcmp(optarg, "text") != 0)
            return fail_usage("unknown output format", optarg);
        return -1;
    case 'n':
        options->ns = optarg;
        return -1;
    case OPTION_CLUSTER_NAMESPACE:
        options->cluster_ns = optarg;
        return -1;
    case 'h':
        (void)fputs(help, stdout);
        return EXIT_VALID;
    case ':':
        return fail_usage("an option lacks its value", argv[optind - 1]);
    default:
        return fail_usage("unknown option", argv[optind - 1]);
    }
}

static int parse_options(struct options *options, int argc, char **argv)
{
    *options = (struct options){.ns = "default"};
    optind = 0; /* glibc: start afresh, whoever used getopt before */
    for (int key; (key = getopt_long(argc, argv, ":o:n:h", long_options, NULL)) != -1;) {
        int code = take_option(options, key, argv);
        if (code >= 0)
            return code;
    }
    options->paths = argv + optind;
    options->paths_len = argc - optind;
    return options->paths_len ? -1 : fail_usage("no PATH given", NULL);
}

static void load_path(struct result *result, const char *path, const char *ns)
{
    struct err err = {0};
    if (strcmp(path, "-") != 0) {
        if (config_load(&result->set, path, ns, &result->diags, &err) != 0)
            diag_add(&result->diags, DIAG_ERROR, path, 0, 0, "", "%s", diag_without_context(err.msg, path));
        return;
    }
    char *bytes;
    size_t len;
    if (file_read("/dev/stdin", YAML_MAX_BYTES, &bytes, &len, &err) != 0) {
        diag_add(&result->diags, DIAG_ERROR, "<stdin>", 0, 0, "", "%s", err.msg);
        return;
    }
    config_load_bytes(&result->set, bytes, len, "<stdin>", ns, &result->diags);
    mem_wipe(bytes, len);
    mem_free(bytes);
}

static void append_text_finding(struct strbuf *out, const struct diag *diag)
{
    strbuf_append(out, diag->file);
    if (diag->line)
        strbuf_printf(out, ":%d:%d", diag->line, diag->column);
    strbuf_append(out, ": ");
    if (*diag->path)
        strbuf_printf(out, "%s: ", diag->path);
    strbuf_printf(out, "%s%s\n", diag->severity == DIAG_WARNING ? "warning: " : "", diag->message);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void append_text(struct strbuf *out, const struct result *result)
{
    const struct diag_list *diags = &result->diags;
    for (size_t i = 0; i < diags->len; i++)
        append_text_finding(out, &diags->items[i]);
    if (diags->dropped)
        strbuf_printf(out, "%zu more finding%s not shown\n", diags->dropped, plural(diags->dropped));
    strbuf_printf(out, "%s: %zu ScaledObject%s, %zu error%s, %zu warning%s\n",
                  diags->errors ? "invalid" : "valid", result->set.objects_len,
                  plural(result->set.objects_len), diags->errors, plural(diags->errors), diags->warnings,
                  plural(diags->warnings));
}

static void append_member(struct strbuf *out, const char *key, const char *value)
{
    strbuf_append_json(out, key);
    strbuf_append_c(out, ':');
    strbuf_append_json(out, value);
}

static void append_object(struct strbuf *out, const char *kind, const struct config_meta *meta, bool *first)
{
    strbuf_append(out, *first ? "{" : ",{");
    append_member(out, "kind", kind);
    strbuf_append_c(out, ',');
    append_member(out, "namespace", meta->ns);
    strbuf_append_c(out, ',');
    append_member(out, "name", meta->name);
    strbuf_append_c(out, '}');
    *first = false;
}

static void append_objects(struct strbuf *out, const struct config_set *set)
{
    bool first = true;
    for (size_t i = 0; i < set->objects_len; i++)
        append_object(out, "ScaledObject", &set->objects[i]->meta, &first);
    for (size_t i = 0; i < set->auths_len; i++)
        append_object(out, set->auths[i]->cluster ? "ClusterTriggerAuthentication" : "TriggerAuthentication",
                      &set->auths[i]->meta, &first);
    for (size_t i = 0; i < set->values_len; i++)
        append_object(out, set->values[i]->secret ? "Secret" : "ConfigMap", &set->values[i]->meta, &first);
}

static void append_findings(struct strbuf *out, const struct diag_list *diags, enum diag_severity severity)
{
    bool first = true;
    for (size_t i = 0; i < diags->len; i++) {
        const struct diag *diag = &diags->items[i];
        if (diag->severity != severity)
            continue;
        strbuf_append(out, first ? "{" : ",{");
        append_member(out, "file", diag->file);
        strbuf_printf(out, ",\"line\":%d,\"column\":%d,", diag->line, diag->column);
        append_member(out, "path", diag->path);
        strbuf_append_c(out, ',');
        append_member(out, "message", diag->message);
        strbuf_append_c(out, '}');
        first = false;
    }
}

static void append_json(struct strbuf *out, const struct result *result)
{
    strbuf_printf(out, "{\"valid\":%s,\"objects\":[", result->diags.errors ? "false" : "true");
    append_objects(out, &result->set);
    strbuf_append(out, "],\"errors\":[");
    append_findings(out, &result->diags, DIAG_ERROR);
    strbuf_append(out, "],\"warnings\":[");
    append_findings(out, &result->diags, DIAG_WARNING);
    strbuf_printf(out, "],\"notShown\":%zu}\n", result->diags.dropped);
}

static bool show(const struct options *options, const struct result *result)
{
    AUTO_STRBUF struct strbuf out;
    strbuf_init(&out);
    if (options->json)
        append_json(&out, result);
    else
        append_text(&out, result);
    return fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
}

int cli_validate(int argc, char **argv, const struct trigger_schemas *schemas)
{
    struct options options;
    int code = parse_options(&options, argc, argv);
    if (code >= 0)
        return code;
    struct result result = {0};
    config_set_init(&result.set);
    for (int i = 0; i < options.paths_len; i++)
        load_path(&result, options.paths[i], options.ns);
    config_set_finish(&result.set, &result.diags);
    config_check(&result.set, schemas, options.cluster_ns ? options.cluster_ns : options.ns, &result.diags);
    diag_list_sort(&result.diags);
    code = result.diags.errors ? EXIT_INVALID : EXIT_VALID;
    if (!show(&options, &result))
        code = EXIT_INVALID; /* nobody saw the verdict */
    diag_list_done(&result.diags);
    config_set_done(&result.set);
    return code;
}

/* Trigger type kubernetes-resource: a number that stands in a ConfigMap or Secret of the object's namespace.
 */
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scalers/kubernetes/look.h"
#include "scalers/kubernetes/resource_value.h"
#include "scalers/shared/key.h"

struct resource_config {
    char *ns;
    char *kind_text, *name, *key, *format_text, *location, *number_text;
    double target;
    double activation;
    bool secret;
    enum resource_format format;
    enum resource_number number;
};

static const char *const kinds[] = {"ConfigMap", "Secret", NULL};
static const char *const formats[] = {"number", "json", "yaml", NULL};
static const char *const numbers[] = {"float64", "int64", "quantity", NULL};

/* -1: none of them, or several ("json,yaml" passes the walker, which checks each). */
static int choose(const char *text, const char *const *choices)
{
    for (int i = 0; text && choices[i]; i++)
        if (strcmp(text, choices[i]) == 0)
            return i;
    return -1;
}

static void check_choices(struct resource_config *self, struct params_error_sink *sink)
{
    int kind = choose(self->kind_text, kinds), format = choose(self->format_text, formats);
    int number = choose(self->number_text, numbers);
    if (self->kind_text && kind < 0)
        params_report(sink, "resourceKind", "must be ConfigMap or Secret");
    if (self->format_text && format < 0)
        params_report(sink, "format", "must be number, json or yaml");
    if (self->number_text && number < 0)
        params_report(sink, "valueType", "must be float64, int64 or quantity");
    self->secret = kind == 1;
    self->format = (enum resource_format)(format < 0 ? 0 : format);
    self->number = (enum resource_number)(number < 0 ? 0 : number);
}

static void check(void *config, const struct params_context *context, struct params_error_sink *sink)
{
    struct resource_config *self = config;
    self->ns = mem_strdup(context->ns ? context->ns : "");
    check_choices(self, sink);
    if (self->format == RESOURCE_NUMBER && self->location)
        params_report(sink, "valueLocation", "is only for format json or yaml");
    if (self->format != RESOURCE_NUMBER && !self->location)
        params_report(sink, "valueLocation", "is required with format %s", formats[self->format]);
    if (!context->metric_source && self->target <= 0)
        params_report(sink, "targetValue", "must be greater than 0");
}

static void done(void *config)
{
    mem_free(((struct resource_config *)config)->ns);
}

static void describe(const void *config, struct scaler_target *ret)
{
    const struct resource_config *self = config;
    *ret = (struct scaler_target){.threshold = self->target, .activation = self->activation};
    (void)snprintf(ret->metric_name, sizeof ret->metric_name, "%s-%s-%s",
                   self->secret ? "secret" : "configmap", self->name, self->key);
    scaler_normalize_name(ret->metric_name);
}

static void source_key(const void *config, struct strbuf *key)
{
    const struct resource_config *self = config;
    key_add_int(key, self->secret);
    key_add(key, self->ns);
    key_add(key, self->name);
}

static void source_name(const void *config, struct strbuf *name)
{
    const struct resource_config *self = config;
    strbuf_printf(name, "%s %s/%s", kinds[self->secret], self->ns, self->name);
}

static void query_key(const void *config, struct strbuf *key)
{
    const struct resource_config *self = config;
    key_add(key, self->key);
    key_add_int(key, self->format);
    key_add_int(key, self->number);
    key_add(key, self->location);
}

static int watch(struct scaler_cluster *cluster, const void *config, void (*changed)(void *arg), void *arg,
                 struct scaler_watch **ret, struct err *err)
{
    const struct resource_config *self = config;
    return cluster->watch_values(cluster, self->secret, self->ns, self->name, changed, arg, ret, err);
}

static int answer(struct scaler_cluster *cluster, const struct scaler_watch *object_watch, const void *config,
                  struct scaler_result *ret, struct err *err)
{
    const struct resource_config *self = config;
    const char *text;
    double value;
    int rc = cluster->value(object_watch, self->key, &text, err);
    if (rc < 0)
        return rc;
    rc = resource_value_read(text, self->format, self->number, self->location, &value, err);
    if (rc < 0)
        return err_wrap(err, "%s %s/%s, key %.80s", kinds[self->secret], self->ns, self->name, self->key);
    *ret = (struct scaler_result){
        .state = isfinite(value) ? SCALER_OK : SCALER_NAN, .value = value, .activity = value};
    return 0;
}

static int open_in(struct net *net, struct scaler_cluster *cluster, const void *config,
                   struct scaler_source **ret, struct err *err)
{
    static const struct look_kind kind = {watch, answer};
    return look_open(net, cluster, &kind, config, ret, err);
}

static const char *const names[] = {"kubernetes-resource", NULL};

#define AT(member) offsetof(struct resource_config, member)

static const struct param_row rows[] = {
    {.names = {"resourceKind"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA},
     .required = true,
     .choices = kinds,
     .doc = "What holds the number.",
     .offset = AT(kind_text)},
    {.names = {"resourceName"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA},
     .required = true,
     .doc = "Its name, in the namespace of the ScaledObject.",
     .offset = AT(name)},
    {.names = {"key"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA},
     .required = true,
     .doc = "Key in its `data`.",
     .offset = AT(key)},
    {.names = {"format"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA},
     .default_text = "number",
     .choices = formats,
     .doc = "What stands there: a number at the beginning of the text, or a document with one in it.",
     .offset = AT(format_text)},
    {.names = {"valueLocation"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA},
     .doc = "Where in the document: a GJSON path for `json`, keys and indexes joined with dots for `yaml`. "
            "Required with those, refused with `number`.",
     .offset = AT(location)},
    {.names = {"valueType"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA},
     .default_text = "float64",
     .choices = numbers,
     .doc = "How a text is read as a number; `quantity`: as Kubernetes writes amounts (`500m`, `1k`).",
     .offset = AT(number_text)},
    {.names = {"targetValue"},
     .type = PARAM_FLOAT,
     .from = {PARAM_FROM_METADATA},
     .required = true,
     .doc = "Target: so much for each replica; above 0.",
     .offset = AT(target)},
    {.names = {"activationTargetValue"},
     .type = PARAM_FLOAT,
     .from = {PARAM_FROM_METADATA},
     .default_text = "0",
     .doc = "Active above so much.",
     .offset = AT(activation)},
};

const struct scaler_type scaler_kubernetes_resource = {
    .schema =
        {
            .names = names,
            .title = "A number in a ConfigMap or Secret",
            .doc =
                "A number that something else writes into a ConfigMap or Secret of the object's namespace. "
                "The object is watched: a poll costs the API server nothing. What the API server has "
                "counts, not a manifest of that name in Davit's own directory. An object or key that is "
                "not there, and what is no number, is an error.",
            .rows = rows,
            .rows_len = ARRAY_LEN(rows),
            .config_size = sizeof(struct resource_config),
            .check = check,
            .done = done,
        },
    .max_in_flight = UINT_MAX,
    .describe = describe,
    .source_key = source_key,
    .source_name = source_name,
    .query_key = query_key,
    .open_in = open_in,
    .read = look_read,
    .close = look_close,
};

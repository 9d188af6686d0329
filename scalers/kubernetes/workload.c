/* Trigger type kubernetes-workload: how many pods there are that a label selector names, or on how many
 * nodes.
 */
#include <limits.h>
#include <stddef.h>
#include <stdio.h>

#include "scaler/base/label_selector.h"
#include "scaler/base/mem.h"
#include "scalers/kubernetes/look.h"
#include "scalers/shared/key.h"

struct workload_config {
    char *ns;
    char *selector;
    char *canonical; /* the form that equal selectors share */
    double value;
    double activation;
    bool by_node;
};

static void check(void *config, const struct params_context *context, struct params_error_sink *sink)
{
    struct workload_config *self = config;
    struct label_selector selector;
    struct err err = {0};
    self->ns = mem_strdup(context->ns ? context->ns : "");
    if (!context->metric_source && self->value <= 0)
        params_report(sink, "value", "must be greater than 0");
    if (!self->selector)
        return;
    if (label_selector_parse(self->selector, &selector, &err) < 0) {
        params_report(sink, "podSelector", "%s", err.msg);
        return;
    }
    struct strbuf text;
    strbuf_init(&text);
    label_selector_format(&selector, &text);
    self->canonical = strbuf_take(&text);
    label_selector_done(&selector);
}

static void done(void *config)
{
    struct workload_config *self = config;
    mem_free(self->ns);
    mem_free(self->canonical);
}

static void describe(const void *config, struct scaler_target *ret)
{
    const struct workload_config *self = config;
    *ret = (struct scaler_target){.threshold = self->value, .activation = self->activation};
    (void)snprintf(ret->metric_name, sizeof ret->metric_name, "workload-%s", self->ns);
    scaler_normalize_name(ret->metric_name);
}

static void source_key(const void *config, struct strbuf *key)
{
    const struct workload_config *self = config;
    key_add(key, self->ns);
    key_add(key, self->canonical);
}

static void source_name(const void *config, struct strbuf *name)
{
    const struct workload_config *self = config;
    strbuf_printf(name, "pods %s/%s", self->ns, self->canonical);
}

static void query_key(const void *config, struct strbuf *key)
{
    const struct workload_config *self = config;
    key_add_int(key, self->by_node);
}

static int watch(struct scaler_cluster *cluster, const void *config, void (*changed)(void *arg), void *arg,
                 struct scaler_watch **ret, struct err *err)
{
    const struct workload_config *self = config;
    return cluster->watch_pods(cluster, self->ns, self->canonical, changed, arg, ret, err);
}

static int answer(struct scaler_cluster *cluster, const struct scaler_watch *pods_watch, const void *config,
                  struct scaler_result *ret, struct err *err)
{
    (void)err;
    const struct workload_config *self = config;
    int64_t pods, nodes;
    cluster->count_pods(pods_watch, &pods, &nodes);
    double value = (double)(self->by_node ? nodes : pods);
    *ret = (struct scaler_result){.state = SCALER_OK, .value = value, .activity = value};
    return 0;
}

static int open_in(struct net *net, struct scaler_cluster *cluster, const void *config,
                   struct scaler_source **ret, struct err *err)
{
    static const struct look_kind kind = {watch, answer};
    return look_open(net, cluster, &kind, config, ret, err);
}

static const char *const names[] = {"kubernetes-workload", NULL};

#define AT(member) offsetof(struct workload_config, member)

static const struct param_row rows[] = {
    {.names = {"podSelector"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA},
     .required = true,
     .doc = "Label selector of the pods to count, such as `app=shop,tier in (front, back),!canary`.",
     .offset = AT(selector)},
    {.names = {"value"},
     .type = PARAM_FLOAT,
     .from = {PARAM_FROM_METADATA},
     .default_text = "0",
     .doc = "Target: so many of those pods (or nodes) for each replica; above 0.",
     .offset = AT(value)},
    {.names = {"activationValue"},
     .type = PARAM_FLOAT,
     .from = {PARAM_FROM_METADATA},
     .default_text = "0",
     .doc = "Active above so many.",
     .offset = AT(activation)},
    {.names = {"groupByNode"},
     .type = PARAM_BOOL,
     .from = {PARAM_FROM_METADATA},
     .default_text = "false",
     .doc = "Counts the nodes that those pods are on instead of the pods.",
     .offset = AT(by_node)},
};

const struct scaler_type scaler_kubernetes_workload = {
    .schema =
        {
            .names = names,
            .title = "Pods of another workload",
            .doc = "The number of pods in the object's namespace that a label selector names, whatever made "
                   "them. Pods that have ended (`Succeeded`, `Failed`) do not count; pending and terminating "
                   "ones do. The pods are watched: a poll costs the API server nothing. While the API server "
                   "refuses or fails to list them the reading is an error, not the last count.",
            .rows = rows,
            .rows_len = ARRAY_LEN(rows),
            .config_size = sizeof(struct workload_config),
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

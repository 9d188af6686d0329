/* Owns the lists of metrics in use, and how they are asked for: a scaler type for the planner alone. */
#include "scaler/daemon/usage.h"

#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "scaler/daemon/usage_read.h"
#include "scaler/net/net.h"

#define TIMEOUT_MS 10000
/* The aggregated API is somebody else's server behind the API server. */
#define MAX_IN_FLIGHT 8

struct usage {
    UT_hash_handle hh;
    struct usage_cache *cache;
    char *key; /* "namespace\nselector" */
    char *ns, *selector;
    unsigned refs;
    struct usage_list list;
};

struct usage_cache {
    struct kube_client *client;
    struct usage *all;
};

/* The config of a query. */
struct usage_config {
    struct usage *usage;
};

struct usage_read {
    struct usage_read *next, *prev;
    struct scaler_source *source;
    struct usage *usage; /* the query's config, and so this, outlives the read */
    scaler_done_fn done;
    void *arg;
    struct kube_call *call;
};

struct scaler_source {
    struct net *net;
    struct usage_read *reads;
    bool closing;
    void (*closed)(void *arg);
    void *closed_arg;
};

struct usage_cache *usage_cache_new(struct kube_client *client)
{
    struct usage_cache *cache = mem_zalloc(sizeof *cache);
    cache->client = client;
    return cache;
}

void usage_cache_close(struct usage_cache *cache)
{
    mem_free(cache);
}

static struct usage *usage_ref(struct usage_cache *cache, const char *ns, const char *selector)
{
    char *key = mem_printf("%s\n%s", ns, selector);
    struct usage *usage = NULL;
    HASH_FIND_STR(cache->all, key, usage);
    if (usage) {
        mem_free(key);
    } else {
        usage = mem_zalloc(sizeof *usage);
        usage->cache = cache;
        usage->key = key;
        usage->ns = mem_strdup(ns);
        usage->selector = mem_strdup(selector);
        HASH_ADD_KEYPTR(hh, cache->all, usage->key, strlen(usage->key), usage);
    }
    usage->refs++;
    return usage;
}

static void usage_unref(struct usage *usage)
{
    if (--usage->refs > 0)
        return;
    HASH_DEL(usage->cache->all, usage);
    usage_list_done(&usage->list);
    mem_free(usage->selector);
    mem_free(usage->ns);
    mem_free(usage->key);
    mem_free(usage);
}

size_t usage_samples(const struct usage *usage, const char *resource, const struct pod_sample **ret)
{
    *ret = usage->list.samples[text_eq(resource, "cpu") ? USAGE_CPU : USAGE_MEMORY];
    return usage->list.len;
}

/* ---- the type ---- */

static void config_done(void *config)
{
    usage_unref(((struct usage_config *)config)->usage);
}

static void source_key(const void *config, struct strbuf *key)
{
    (void)config;
    strbuf_append(key, "metrics.k8s.io");
}

static void query_key(const void *config, struct strbuf *key)
{
    strbuf_append(key, ((const struct usage_config *)config)->usage->key);
}

static int source_open(struct net *net, const void *config, struct scaler_source **ret, struct err *err)
{
    (void)config;
    (void)err;
    struct scaler_source *source = mem_zalloc(sizeof *source);
    source->net = net;
    *ret = source;
    return 0;
}

static void source_end(void *arg)
{
    struct scaler_source *source = arg;
    void (*closed)(void *) = source->closed;
    void *closed_arg = source->closed_arg;
    mem_free(source);
    closed(closed_arg);
}

static void on_list(int status, json_t *body, const struct err *error, void *arg)
{
    (void)status;
    struct usage_read *read = arg;
    struct scaler_source *source = read->source;
    struct scaler_result result = {.state = SCALER_OK};
    struct usage_list list;
    struct err err = {0};
    if (error) {
        err = *error;
        if (err.code != ERR_CANCELED)
            err_wrap(&err, "metrics.k8s.io");
    } else if (usage_list_read(body, &list, &err) == 0) {
        usage_list_done(&read->usage->list);
        read->usage->list = list;
        result.value = result.activity = (double)list.len;
    }
    DL_DELETE(source->reads, read);
    bool ends = source->closing && !source->reads; /* not if it is closed from within done */
    read->done(err.code ? NULL : &result, err.code ? &err : NULL, read->arg);
    mem_free(read);
    if (ends)
        source_end(source);
}

static int source_read(struct scaler_source *source, const void *config, scaler_done_fn done, void *arg,
                       struct err *err)
{
    struct usage *usage = ((const struct usage_config *)config)->usage;
    AUTO_STRBUF struct strbuf path;
    strbuf_init(&path);
    strbuf_append(&path, "/apis/metrics.k8s.io/v1beta1/namespaces/");
    strbuf_append_path_escaped(&path, usage->ns);
    strbuf_append(&path, "/pods?labelSelector=");
    strbuf_append_query_escaped(&path, usage->selector);
    /* One try: the next round asks again, for something newer. */
    const struct kube_request request = {
        .method = "GET", .path = path.data, .timeout_ms = TIMEOUT_MS, .max_tries = 1};
    struct usage_read *read = mem_zalloc(sizeof *read);
    *read = (struct usage_read){.source = source, .usage = usage, .done = done, .arg = arg};
    int rc = kube_start(usage->cache->client, &request, on_list, read, &read->call, err);
    if (rc < 0)
        mem_free(read);
    else
        DL_APPEND(source->reads, read);
    return rc;
}

static void source_close(struct scaler_source *source, void (*closed)(void *arg), void *arg)
{
    source->closing = true;
    source->closed = closed;
    source->closed_arg = arg;
    if (!source->reads)
        net_defer(source->net, source_end, source);
    struct usage_read *read;
    DL_FOREACH (source->reads, read)
        kube_cancel(read->call);
}

static const char *const names[] = {"metrics.k8s.io", NULL};

static const struct scaler_type usage_type = {
    .schema = {.names = names, .config_size = sizeof(struct usage_config), .done = config_done},
    .max_in_flight = MAX_IN_FLIGHT,
    .source_key = source_key,
    .source_name = source_key,
    .query_key = query_key,
    .open = source_open,
    .read = source_read,
    .close = source_close,
};

int usage_query(struct usage_cache *cache, struct planner *planner, const char *ns,
                const char *label_selector, struct query **ret, struct usage **ret_usage, struct err *err)
{
    struct usage_config *config = mem_zalloc(sizeof *config);
    struct usage *usage = usage_ref(cache, ns, label_selector);
    config->usage = usage;
    int rc = planner_query(planner, &usage_type, config, ret, err);
    if (rc == 0)
        *ret_usage = usage; /* an equal query's config holds the same one */
    return rc;
}

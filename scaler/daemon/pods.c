/* Owns the watches of pods and what is kept of each pod. */
#include "scaler/daemon/pods.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "scaler/daemon/doubt.h"
#include "scaler/daemon/pod_record.h"
#include "scaler/kube/watch.h"
#include "scaler/net/net.h"

/* Pods are large: a page is parsed in one turn of the loop. */
#define PAGE_SIZE 100u

struct pod {
    UT_hash_handle hh;
    struct pod_record record;
    char name[];
};

struct pods {
    UT_hash_handle hh;
    struct pod_cache *cache;
    char *key; /* "namespace\nselector" */
    char *selector;
    struct kube_watch *watch;
    struct pod *pods;
    int32_t ready;
    struct doubt doubt;
    struct err error; /* code 0: none since something was heard */
    struct pods_ref *refs;
};

struct pods_ref {
    struct pods_ref *next, *prev;
    struct pods *pods;
    void (*changed)(void *arg);
    void *arg;
};

struct pod_cache {
    struct kube_client *client;
    struct net *net;
    struct pods *all;
};

struct pod_cache *pod_cache_new(struct kube_client *client)
{
    struct pod_cache *cache = mem_zalloc(sizeof *cache);
    cache->client = client;
    cache->net = kube_client_net(client);
    return cache;
}

void pod_cache_close(struct pod_cache *cache)
{
    mem_free(cache);
}

static void tell(struct pods *pods)
{
    struct pods_ref *ref;
    DL_FOREACH (pods->refs, ref)
        if (ref->changed)
            ref->changed(ref->arg);
}

static void heard(struct pods *pods)
{
    doubt_clear(&pods->doubt);
    pods->error.code = 0;
}

/* Too few pods of some time ago would lower replicas. */
static void on_error(const struct err *error, int64_t in_ms, void *arg)
{
    struct pods *pods = arg;
    doubt_error(&pods->doubt, net_now_ms(pods->cache->net), in_ms);
    pods->error = *error;
    tell(pods);
}

static bool is_ready(const struct pod *pod)
{
    return pod->record.view.phase == POD_PHASE_RUNNING && pod->record.view.ready == POD_CONDITION_TRUE;
}

static struct pod *pod_of(struct pods *pods, const char *name)
{
    struct pod *pod = NULL;
    HASH_FIND_STR(pods->pods, name, pod);
    if (!pod) {
        size_t size = strlen(name) + 1;
        pod = mem_zalloc(sizeof *pod + size);
        memcpy(pod->name, name, size);
        HASH_ADD_KEYPTR(hh, pods->pods, pod->name, size - 1, pod);
    }
    return pod;
}

static void on_object(json_t *object, void *arg)
{
    struct pods *pods = arg;
    heard(pods);
    const char *name = json_str(json_object_get(object, "metadata"), "name");
    if (!name)
        return;
    struct pod *pod = pod_of(pods, name);
    pods->ready -= is_ready(pod);
    pod_record_done(&pod->record);
    pod_record_read(object, pod->name, &pod->record);
    pods->ready += is_ready(pod);
}

static void pod_drop(struct pods *pods, struct pod *pod)
{
    pods->ready -= is_ready(pod);
    HASH_DEL(pods->pods, pod);
    pod_record_done(&pod->record);
    mem_free(pod);
}

static void on_deleted(const char *ns, const char *name, void *arg)
{
    (void)ns;
    struct pods *pods = arg;
    heard(pods);
    struct pod *pod = NULL;
    HASH_FIND_STR(pods->pods, name, pod);
    if (pod)
        pod_drop(pods, pod);
}

static void on_synced(void *arg)
{
    heard(arg);
    tell(arg);
}

static int pods_open(struct pod_cache *cache, const char *ns, const char *label_selector, char *key_take,
                     struct pods **ret, struct err *err)
{
    static const struct kube_watch_handlers handlers = {on_object, on_deleted, on_synced, on_error};
    AUTO_STRBUF struct strbuf path;
    strbuf_init(&path);
    strbuf_append(&path, "/api/v1/namespaces/");
    strbuf_append_path_escaped(&path, ns);
    strbuf_append(&path, "/pods");
    struct pods *pods = mem_zalloc(sizeof *pods);
    struct kube_watch_options options = {
        .path = path.data, .label_selector = label_selector, .page_size = PAGE_SIZE};
    int rc = kube_watch_open(cache->client, &options, &handlers, pods, &pods->watch, err);
    if (rc < 0) {
        mem_free(pods);
        mem_free(key_take);
        return rc;
    }
    pods->cache = cache;
    pods->key = key_take;
    pods->selector = mem_strdup(label_selector);
    HASH_ADD_KEYPTR(hh, cache->all, pods->key, strlen(pods->key), pods);
    *ret = pods;
    return 0;
}

static void pods_close(struct pods *pods)
{
    HASH_DEL(pods->cache->all, pods);
    kube_watch_close(pods->watch);
    struct pod *pod, *next;
    HASH_ITER (hh, pods->pods, pod, next)
        pod_drop(pods, pod);
    mem_free(pods->selector);
    mem_free(pods->key);
    mem_free(pods);
}

int pods_acquire(struct pod_cache *cache, const char *ns, const char *label_selector,
                 void (*changed)(void *arg), void *arg, struct pods_ref **ret, struct err *err)
{
    char *key = mem_printf("%s\n%s", ns, label_selector);
    struct pods *pods = NULL;
    HASH_FIND_STR(cache->all, key, pods);
    if (pods) {
        mem_free(key);
    } else {
        int rc = pods_open(cache, ns, label_selector, key, &pods, err);
        if (rc < 0)
            return rc;
    }
    struct pods_ref *ref = mem_zalloc(sizeof *ref);
    *ref = (struct pods_ref){.pods = pods, .changed = changed, .arg = arg};
    DL_APPEND(pods->refs, ref);
    *ret = ref;
    return 0;
}

void pods_release(struct pods_ref *ref)
{
    if (!ref)
        return;
    struct pods *pods = ref->pods;
    DL_DELETE(pods->refs, ref);
    mem_free(ref);
    if (!pods->refs)
        pods_close(pods);
}

const char *pods_selector(const struct pods_ref *ref)
{
    return ref->pods->selector;
}

int pods_known(const struct pods_ref *ref, struct err *err)
{
    const struct pods *pods = ref->pods;
    bool doubted = doubt_holds(&pods->doubt, net_now_ms(pods->cache->net));
    if (kube_watch_synced(pods->watch) && !doubted)
        return 1;
    if (!doubted && !pods->error.code)
        return 0;
    return err_set(err, pods->error.code == ERR_AUTH ? ERR_AUTH : ERR_UNAVAILABLE, "pods: %s",
                   pods->error.code ? pods->error.msg : "not heard of");
}

bool pods_count_ready(const struct pods_ref *ref, int32_t *ret_pods, int32_t *ret_ready)
{
    if (!ref || pods_known(ref, NULL) != 1)
        return false;
    *ret_pods = (int32_t)HASH_COUNT(ref->pods->pods);
    *ret_ready = ref->pods->ready;
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int64_t count_different(const char **names, size_t len)
{
    int64_t count = 0;
    if (len > 1)
        qsort(names, len, sizeof *names, compare_names);
    for (size_t i = 0; i < len; i++)
        count += i == 0 || strcmp(names[i - 1], names[i]) != 0;
    return count;
}

void pods_count_live(const struct pods_ref *ref, int64_t *ret_pods, int64_t *ret_nodes)
{
    const char **nodes = mem_zalloc_array(HASH_COUNT(ref->pods->pods), sizeof *nodes);
    size_t nodes_len = 0;
    *ret_pods = 0;
    for (const struct pod *pod = ref->pods->pods; pod; pod = pod->hh.next) {
        enum pod_phase phase = pod->record.view.phase;
        if (phase == POD_PHASE_SUCCEEDED || phase == POD_PHASE_FAILED)
            continue;
        (*ret_pods)++;
        if (*pod->record.node)
            nodes[nodes_len++] = pod->record.node;
    }
    *ret_nodes = count_different(nodes, nodes_len);
    mem_free(nodes);
}

size_t pods_views(const struct pods_ref *ref, struct pod_view **ret)
{
    size_t len = HASH_COUNT(ref->pods->pods), at = 0;
    struct pod_view *views = mem_zalloc_array(len, sizeof *views);
    for (const struct pod *pod = ref->pods->pods; pod; pod = pod->hh.next)
        views[at++] = pod->record.view;
    *ret = views;
    return len;
}

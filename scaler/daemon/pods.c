/* Owns the pod counters: a watch by label selector and one bit per pod. */
#include "scaler/daemon/pods.h"

#include <string.h>
#include <uthash.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "scaler/kube/client.h"
#include "scaler/kube/watch.h"
#include "scaler/net/net.h"

/* Pods are large: a page is parsed in one turn of the loop. */
#define PAGE_SIZE 100u

/* When a failing watch's count is not believed any more, and how long after the last failure it is not. */
#define ERRORS_TO_DOUBT 3u
#define ERRORS_APART_MS 90000
#define DOUBT_MS        45000

struct pod {
    UT_hash_handle hh;
    bool ready;
    char name[];
};

struct pod_counter {
    struct net *net;
    struct kube_watch *watch;
    char *selector;
    struct pod *pods;
    int32_t ready;
    unsigned errors; /* of the watch, with nothing heard in between */
    int64_t error_ms, doubt_until_ms;
};

static bool condition_ready(json_t *status)
{
    json_t *conditions = json_object_get(status, "conditions");
    for (size_t i = 0; i < json_array_size(conditions); i++) {
        json_t *condition = json_array_get(conditions, i);
        if (text_eq(json_str(condition, "type"), "Ready"))
            return text_eq(json_str(condition, "status"), "True");
    }
    return false;
}

static struct pod *pod_of(struct pod_counter *counter, const char *name)
{
    struct pod *pod = NULL;
    HASH_FIND_STR(counter->pods, name, pod);
    if (!pod) {
        size_t size = strlen(name) + 1;
        pod = mem_zalloc(sizeof *pod + size);
        memcpy(pod->name, name, size);
        HASH_ADD_KEYPTR(hh, counter->pods, pod->name, size - 1, pod);
    }
    return pod;
}

static void heard(struct pod_counter *counter)
{
    counter->errors = 0;
    counter->doubt_until_ms = 0;
}

/* A torn stream is nothing; a watch that keeps failing counts pods of some time ago, which is no count: too
 * few of them would make a Value metric lower replicas. */
static void on_error(const struct err *error, int64_t in_ms, void *arg)
{
    (void)error;
    struct pod_counter *counter = arg;
    int64_t now = net_now_ms(counter->net);
    counter->errors = now - counter->error_ms > ERRORS_APART_MS ? 1 : counter->errors + 1;
    counter->error_ms = now;
    if (counter->errors >= ERRORS_TO_DOUBT)
        counter->doubt_until_ms = now + in_ms + DOUBT_MS;
}

static void on_object(json_t *object, void *arg)
{
    struct pod_counter *counter = arg;
    heard(counter);
    const char *name = json_str(json_object_get(object, "metadata"), "name");
    if (!name)
        return;
    json_t *status = json_object_get(object, "status");
    bool ready = text_eq(json_str(status, "phase"), "Running") && condition_ready(status);
    struct pod *pod = pod_of(counter, name);
    counter->ready += (int32_t)ready - (int32_t)pod->ready;
    pod->ready = ready;
}

static void pod_drop(struct pod_counter *counter, struct pod *pod)
{
    counter->ready -= (int32_t)pod->ready;
    HASH_DEL(counter->pods, pod);
    mem_free(pod);
}

static void on_deleted(const char *ns, const char *name, void *arg)
{
    (void)ns;
    struct pod_counter *counter = arg;
    heard(counter);
    struct pod *pod = NULL;
    HASH_FIND_STR(counter->pods, name, pod);
    if (pod)
        pod_drop(counter, pod);
}

static void on_synced(void *arg)
{
    heard(arg);
}

int pod_counter_open(struct kube_client *client, const char *ns, const char *label_selector,
                     struct pod_counter **ret, struct err *err)
{
    static const struct kube_watch_handlers handlers = {on_object, on_deleted, on_synced, on_error};
    AUTO_STRBUF struct strbuf path;
    strbuf_init(&path);
    strbuf_append(&path, "/api/v1/namespaces/");
    strbuf_append_path_escaped(&path, ns);
    strbuf_append(&path, "/pods");
    struct pod_counter *counter = mem_zalloc(sizeof *counter);
    counter->net = kube_client_net(client);
    struct kube_watch_options options = {
        .path = path.data, .label_selector = label_selector, .page_size = PAGE_SIZE};
    int rc = kube_watch_open(client, &options, &handlers, counter, &counter->watch, err);
    if (rc < 0) {
        mem_free(counter);
        return rc;
    }
    counter->selector = mem_strdup(label_selector);
    *ret = counter;
    return 0;
}

void pod_counter_close(struct pod_counter *counter)
{
    if (!counter)
        return;
    kube_watch_close(counter->watch);
    struct pod *pod, *next;
    HASH_ITER (hh, counter->pods, pod, next)
        pod_drop(counter, pod);
    mem_free(counter->selector);
    mem_free(counter);
}

bool pod_counter_read(const struct pod_counter *counter, int32_t *ret_pods, int32_t *ret_ready)
{
    if (!counter || !kube_watch_synced(counter->watch) || net_now_ms(counter->net) < counter->doubt_until_ms)
        return false;
    *ret_pods = (int32_t)HASH_COUNT(counter->pods);
    *ret_ready = counter->ready;
    return true;
}

const char *pod_counter_selector(const struct pod_counter *counter)
{
    return counter->selector;
}

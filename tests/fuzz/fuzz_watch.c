/* List and watch of a collection against a server that may answer anything: pages, streams torn anywhere,
 * statuses. The input's parts: "%%" answers the list that is asked for, or is data of the stream; "%%b" the
 * same byte by byte, "%%e404" ends either with a status, "%%c" closes the watch. */
#include <utlist.h>

#include "scaler/base/text.h"
#include "scaler/daemon/pods.h"
#include "scaler/kube/watch.h"
#include "tests/fuzz/fake_kube.h"

struct live {
    struct live *next;
    char *key;
};

/* What an owner of the watch believes there is. */
struct owner {
    struct live *objects;
    bool closed;
    unsigned synced;
};

static struct live *find(const struct owner *owner, const char *key)
{
    struct live *live;
    LL_FOREACH (owner->objects, live)
        if (strcmp(live->key, key) == 0)
            return live;
    return NULL;
}

static void on_object(json_t *object, void *arg)
{
    struct owner *owner = arg;
    json_t *meta = json_object_get(object, "metadata");
    const char *ns = json_string_value(json_object_get(meta, "namespace"));
    const char *name = json_string_value(json_object_get(meta, "name"));
    FUZZ_CHECK(!owner->closed && name && name[0]);
    AUTO_FREE char *key = mem_printf("%s/%s", ns ? ns : "", name);
    if (find(owner, key))
        return;
    struct live *live = mem_zalloc(sizeof(*live));
    live->key = mem_strdup(key);
    LL_PREPEND(owner->objects, live);
}

static void on_deleted(const char *ns, const char *name, void *arg)
{
    struct owner *owner = arg;
    AUTO_FREE char *key = mem_printf("%s/%s", ns, name);
    struct live *live = find(owner, key);
    FUZZ_CHECK(!owner->closed && live); /* nothing goes that did not come */
    LL_DELETE(owner->objects, live);
    mem_free(live->key);
    mem_free(live);
}

static void on_synced(void *arg)
{
    struct owner *owner = arg;
    FUZZ_CHECK(!owner->closed);
    owner->synced++;
}

static void on_error(const struct err *error, int64_t in_ms, void *arg)
{
    const struct owner *owner = arg;
    FUZZ_CHECK(!owner->closed && error->code < 0 && error->msg[0] && in_ms >= 0);
}

static void feed(const struct fake_part *part)
{
    bool single = part->head_len > 0 && part->head[0] == 'b';
    bool end = part->head_len > 0 && part->head[0] == 'e';
    if (!fake_calls)
        return;
    if (end || !fake_calls->on_data) {
        (void)fake_answer(end ? fake_status(part) : 200, part->body, part->body_len);
        return;
    }
    for (size_t i = 0; single && i < part->body_len; i++)
        fake_data(part->body + i, 1);
    if (!single)
        fake_data(part->body, part->body_len);
    fake_data("\n", 1);
}

/* false: the input wants the watch closed now. */
static bool play_part(const struct fake_part *part)
{
    if (part->head_len > 0 && part->head[0] == 'c')
        return false;
    feed(part);
    fake_turn();
    FUZZ_CHECK(fake_calls && !fake_calls->next); /* a watch always waits for one answer */
    return true;
}

static void watch_whole(const char *bytes, size_t len)
{
    static const struct kube_watch_handlers handlers = {on_object, on_deleted, on_synced, on_error};
    struct kube_watch_options options = {.path = "/api/v1/pods", .label_selector = "a in (b,c)"};
    struct owner owner = {0};
    struct kube_watch *watch;
    struct fake_part part;
    const char *at = bytes;
    FUZZ_CHECK(kube_watch_open(NULL, &options, &handlers, &owner, &watch, NULL) == 0);
    fake_turn();
    while (fake_next_part(&at, bytes + len, &part) && play_part(&part))
        FUZZ_CHECK(kube_watch_synced(watch) == (owner.synced > 0));
    kube_watch_close(watch);
    owner.closed = true;
    fake_turn();
    FUZZ_CHECK(!fake_calls && !fake_timers);
    struct live *live, *next;
    LL_FOREACH_SAFE(owner.objects, live, next)
    {
        mem_free(live->key);
        mem_free(live);
    }
}

static void check_pods(const struct pods_ref *watched, int32_t pods, int32_t ready)
{
    int64_t live, nodes;
    struct pod_view *views;
    FUZZ_CHECK(ready >= 0 && ready <= pods);
    pods_count_live(watched, &live, &nodes);
    FUZZ_CHECK(live >= 0 && live <= pods && nodes <= live);
    size_t len = pods_views(watched, &views);
    struct pod_count count = pods_count(views, len);
    FUZZ_CHECK(len == (size_t)pods && count.ready == ready);
    mem_free(views);
}

/* The same with one of its users, who believes what it is told of pods. */
static void count_pods(const char *bytes, size_t len)
{
    struct pod_cache *cache = pod_cache_new(NULL);
    struct pods_ref *watched;
    struct fake_part part;
    const char *at = bytes;
    int32_t pods = 0, ready = 0;
    FUZZ_CHECK(pods_acquire(cache, "ns", "app=x", NULL, NULL, &watched, NULL) == 0);
    fake_turn();
    while (fake_next_part(&at, bytes + len, &part) && play_part(&part))
        if (pods_count_ready(watched, &pods, &ready))
            check_pods(watched, pods, ready);
    pods_release(watched);
    pod_cache_close(cache);
    fake_turn();
    FUZZ_CHECK(!fake_calls && !fake_timers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    watch_whole((const char *)data, size);
    count_pods((const char *)data, size);
    return 0;
}

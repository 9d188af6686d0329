/* Owns the target cache: one watch per collection, the few fields of the targets in use, and the order of our
 * writes against the watch. */
#include "scaler/daemon/target.h"

#include <string.h>
#include <uthash.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "scaler/daemon/fields.h"
#include "scaler/daemon/selector.h"
#include "scaler/kube/scale.h"
#include "scaler/kube/watch.h"
#include "scaler/net/net.h"
#include "scaler/net/timer.h"

/* How long a watch event may contradict our own answered write before it is believed. */
#define OWN_WRITE_MS 5000
/* Kinds without known fields are read through GET /scale, at most so often. */
#define SCALE_GET_MS 200
/* After a GET that failed (the client has tried several times by then). */
#define LOOK_AGAIN_MS 2000

/* A GET under way; it outlives a target that is closed meanwhile. */
struct target_ask {
    struct target *target; /* NULL: closed */
};

struct target {
    UT_hash_handle hh;
    struct target_watch *watch;
    char *name;
    struct target_info info;
    char *resource_version, *selector, *uid;
    int64_t own_write_ms;
    char *own_version;
    target_fn on_change;
    void *arg;
    struct timer timer; /* the next GET of /scale */
    struct target_ask *ask;
    struct kube_call *call;
};

struct target_watch {
    UT_hash_handle hh;
    struct target_cache *cache;
    char *path; /* of the collection: the key */
    struct kube_resource resource;
    char *ns;
    bool plain; /* replicas stand in spec.replicas and status.replicas */
    struct kube_watch *watch;
    struct target *targets;
    char *error;
};

struct target_cache {
    struct kube_client *client;
    struct net *net;
    struct target_watch *watches;
};

struct target_cache *target_cache_new(struct kube_client *client)
{
    struct target_cache *cache = mem_zalloc(sizeof *cache);
    cache->client = client;
    cache->net = kube_client_net(client);
    return cache;
}

void target_cache_close(struct target_cache *cache)
{
    mem_free(cache);
}

bool target_cache_synced(const struct target_cache *cache)
{
    for (struct target_watch *watch = cache->watches; watch; watch = watch->hh.next)
        if (!kube_watch_synced(watch->watch))
            return false;
    return true;
}

const struct target_info *target_info(const struct target *target)
{
    return &target->info;
}

const char *target_watch_error(const struct target *target)
{
    return target->watch->error;
}

static void changed(struct target *target)
{
    if (target->on_change)
        target->on_change(target, target->arg);
}

/* resourceVersions are compared as numbers where both are; an API server hands them out in order. */
static bool older_than_own_write(struct target *target, const char *version)
{
    int64_t own, seen;
    if (!target->own_version)
        return false;
    bool recent = net_now_ms(target->watch->cache->net) - target->own_write_ms < OWN_WRITE_MS;
    bool numbers = number_parse_go_int(target->own_version, &own, NULL) == 0 &&
                   number_parse_go_int(version ? version : "", &seen, NULL) == 0;
    bool older = recent && numbers && seen < own;
    if (!older) {
        mem_free(target->own_version);
        target->own_version = NULL;
    }
    return older;
}

static void gone(struct target *target)
{
    target->info.known = true;
    target->info.exists = false;
    target->info.spec_replicas = target->info.status_replicas = 0;
    field_replace(&target->resource_version, &target->info.resource_version, "");
    changed(target);
}

static void on_timer(struct timer *timer);

static struct target_ask *ask_new(struct target *target)
{
    struct target_ask *ask = mem_zalloc(sizeof *ask);
    ask->target = target;
    target->ask = ask;
    return ask;
}

static struct target *ask_ended(void *arg)
{
    struct target_ask *ask = arg;
    struct target *target = ask->target;
    mem_free(ask);
    if (target) {
        target->call = NULL;
        target->ask = NULL;
    }
    return target;
}

/* Nobody else asks again: a watch tells only of changes. */
static void look_again(struct target *target, const struct err *error)
{
    if (error->code == ERR_CANCELED)
        return;
    timer_start(target->watch->cache->net, &target->timer, LOOK_AGAIN_MS, on_timer);
}

static void on_scale(const struct kube_scale *scale, const struct err *error, void *arg)
{
    struct target *target = ask_ended(arg);
    if (!target)
        return;
    if (error && error->code == ERR_NOT_FOUND) {
        gone(target);
    } else if (error) {
        look_again(target, error);
    } else if (!older_than_own_write(target, scale->resource_version)) {
        target->info.known = target->info.exists = true;
        target->info.spec_replicas = scale->spec_replicas;
        target->info.status_replicas = scale->status_replicas;
        field_replace(&target->resource_version, &target->info.resource_version, scale->resource_version);
        field_replace(&target->selector, &target->info.selector, scale->selector);
        changed(target);
    }
}

static void get_scale(struct target *target)
{
    struct err err;
    struct target_watch *watch = target->watch;
    if (target->ask)
        return;
    struct target_ask *ask = ask_new(target);
    if (kube_scale_get(watch->cache->client, &watch->resource, watch->ns, target->name, on_scale, ask,
                       &target->call, &err) < 0)
        ask_ended(ask);
}

static void take_object(struct target *target, json_t *object)
{
    json_t *meta = json_object_get(object, "metadata");
    const char *version = json_str(meta, "resourceVersion");
    field_replace(&target->uid, &target->info.uid, json_str(meta, "uid"));
    target->info.generation = json_i64(meta, "generation", 0);
    if (!target->watch->plain) {
        timer_start(target->watch->cache->net, &target->timer, SCALE_GET_MS, on_timer);
        return;
    }
    if (older_than_own_write(target, version))
        return;
    target->info.known = target->info.exists = true;
    target->info.spec_replicas = field_replicas(json_object_get(object, "spec"), 1);
    target->info.status_replicas = field_replicas(json_object_get(object, "status"), 0);
    field_replace(&target->resource_version, &target->info.resource_version, version);
    AUTO_FREE char *selector = selector_format(json_dig(object, "spec", "selector", NULL));
    field_replace(&target->selector, &target->info.selector, selector);
    changed(target);
}

static void on_object(json_t *object, void *arg)
{
    struct target_watch *watch = arg;
    const char *name = json_str(json_object_get(object, "metadata"), "name");
    struct target *target = NULL;
    if (name)
        HASH_FIND_STR(watch->targets, name, target);
    if (target)
        take_object(target, object);
}

static void on_deleted(const char *ns, const char *name, void *arg)
{
    (void)ns;
    struct target_watch *watch = arg;
    struct target *target = NULL;
    HASH_FIND_STR(watch->targets, name, target);
    if (target)
        gone(target);
}

static void on_synced(void *arg)
{
    struct target_watch *watch = arg;
    mem_free(watch->error);
    watch->error = NULL;
    struct target *target, *next;
    HASH_ITER (hh, watch->targets, target, next) {
        if (!target->info.known && watch->plain)
            gone(target);
        else if (!target->info.known)
            get_scale(target);
    }
}

static void on_error(const struct err *error, int64_t in_ms, void *arg)
{
    (void)in_ms;
    struct target_watch *watch = arg;
    bool news = !text_eq(watch->error, error->msg);
    mem_free(watch->error);
    watch->error = mem_strdup(error->msg);
    struct target *target, *next;
    if (news)
        HASH_ITER (hh, watch->targets, target, next)
            if (!target->info.known)
                changed(target);
}

static int watch_open(struct target_cache *cache, const struct kube_resource *resource, const char *ns,
                      char *path_take, struct target_watch **ret, struct err *err)
{
    static const struct kube_watch_handlers handlers = {on_object, on_deleted, on_synced, on_error};
    struct target_watch *watch = mem_zalloc(sizeof *watch);
    watch->cache = cache;
    watch->path = path_take;
    watch->resource = *resource;
    watch->ns = mem_strdup(ns);
    watch->plain = fields_are_known(resource);
    struct kube_watch_options options = {.path = watch->path};
    int rc = kube_watch_open(cache->client, &options, &handlers, watch, &watch->watch, err);
    if (rc < 0) {
        mem_free(watch->path);
        mem_free(watch->ns);
        mem_free(watch);
        return rc;
    }
    HASH_ADD_KEYPTR(hh, cache->watches, watch->path, strlen(watch->path), watch);
    *ret = watch;
    return 0;
}

static void watch_close(struct target_watch *watch)
{
    HASH_DEL(watch->cache->watches, watch);
    kube_watch_close(watch->watch);
    mem_free(watch->path);
    mem_free(watch->ns);
    mem_free(watch->error);
    mem_free(watch);
}

/* The watch has told of this object before we cared: ask once. */
static void on_get(int status, json_t *body, const struct err *error, void *arg)
{
    (void)status;
    struct target *target = ask_ended(arg);
    if (!target)
        return;
    if (target->info.known)
        return; /* the watch was faster, and is newer */
    if (error && error->code == ERR_NOT_FOUND)
        gone(target);
    else if (error)
        look_again(target, error);
    else if (body)
        take_object(target, body);
}

static int first_look(struct target *target, struct err *err)
{
    struct target_watch *watch = target->watch;
    if (!kube_watch_synced(watch->watch))
        return 0;
    AUTO_FREE char *path = kube_resource_path(&watch->resource, watch->ns, target->name, NULL);
    struct kube_request request = {.method = "GET", .path = path};
    struct target_ask *ask = ask_new(target);
    int rc = kube_start(watch->cache->client, &request, on_get, ask, &target->call, err);
    if (rc < 0)
        ask_ended(ask);
    return rc;
}

static void on_timer(struct timer *timer)
{
    struct target *target = container_of(timer, struct target, timer);
    struct err err;
    if (!target->watch->plain)
        get_scale(target);
    else if (!target->info.known && !target->ask && first_look(target, &err) < 0)
        look_again(target, &err);
}

int target_open(struct target_cache *cache, const struct kube_resource *resource, const char *ns,
                const char *name, target_fn on_change, void *arg, struct target **ret, struct err *err)
{
    char *path = kube_resource_path(resource, ns, NULL, NULL);
    struct target_watch *watch = NULL;
    HASH_FIND_STR(cache->watches, path, watch);
    if (watch) {
        mem_free(path);
    } else {
        int rc = watch_open(cache, resource, ns, path, &watch, err);
        if (rc < 0)
            return rc;
    }
    struct target *target = mem_zalloc(sizeof *target);
    target->watch = watch;
    target->name = mem_strdup(name);
    target->info.resource_version = target->info.selector = target->info.uid = "";
    target->on_change = on_change;
    target->arg = arg;
    HASH_ADD_KEYPTR(hh, watch->targets, target->name, strlen(target->name), target);
    int rc = first_look(target, err);
    if (rc < 0) {
        target_close(target);
        return rc;
    }
    *ret = target;
    return 0;
}

void target_close(struct target *target)
{
    if (!target)
        return;
    struct target_watch *watch = target->watch;
    HASH_DEL(watch->targets, target);
    timer_stop(watch->cache->net, &target->timer);
    if (target->ask) {
        target->ask->target = NULL;
        kube_cancel(target->call);
    }
    mem_free(target->name);
    mem_free(target->resource_version);
    mem_free(target->selector);
    mem_free(target->uid);
    mem_free(target->own_version);
    mem_free(target);
    if (!watch->targets)
        watch_close(watch);
}

void target_note_scale(struct target *target, int32_t spec_replicas, int32_t status_replicas,
                       const char *resource_version)
{
    target->info.spec_replicas = spec_replicas;
    target->info.status_replicas = status_replicas;
    field_replace(&target->resource_version, &target->info.resource_version, resource_version);
    mem_free(target->own_version);
    target->own_version = mem_strdup(resource_version ? resource_version : "");
    target->own_write_ms = net_now_ms(target->watch->cache->net);
}

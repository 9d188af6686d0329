/* Owns the Secrets and ConfigMaps in use. The directory wins over the API: what stands beside the objects is
 * meant. */
#include "scaler/daemon/values.h"

#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "scaler/base/base64.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "scaler/daemon/doubt.h"
#include "scaler/kube/watch.h"
#include "scaler/net/net.h"

struct values_ref {
    struct values_ref *next, *prev;
    struct values_entry *entry;
    void (*changed)(void *arg);
    void *arg;
};

struct values_entry {
    UT_hash_handle hh;
    struct values_cache *cache;
    char *key; /* "s/ns/name" or "c/ns/name"; live: "ls/…", "lc/…" */
    bool secret;
    bool live; /* the directory is not looked at */
    char *ns, *name;
    enum values_state state;
    struct key_values *from_file; /* not NULL: from the directory, no watch */
    struct kube_watch *watch;
    struct text_map data; /* from the API */
    char *error;
    struct doubt doubt;
    struct values_ref *refs;
};

struct values_cache {
    struct kube_client *client;
    const struct config_set *files; /* the daemon's current snapshot; borrowed */
    struct values_entry *entries;
};

struct values_cache *values_cache_new(struct kube_client *client)
{
    struct values_cache *cache = mem_zalloc(sizeof *cache);
    cache->client = client;
    return cache;
}

void values_cache_close(struct values_cache *cache)
{
    mem_free(cache);
}

static void tell(struct values_entry *entry)
{
    struct values_ref *ref, *next;
    DL_FOREACH_SAFE (entry->refs, ref, next)
        ref->changed(ref->arg);
}

static void set_state(struct values_entry *entry, enum values_state state, const char *error)
{
    mem_free(entry->error);
    entry->error = mem_strdup(error);
    entry->state = state;
}

static void add_value(struct values_entry *entry, const char *key, const char *text)
{
    if (!entry->secret) {
        text_map_set(&entry->data, key, text);
        return;
    }
    char *bytes;
    size_t len;
    if (base64_decode(text, &bytes, &len, NULL) < 0)
        return; /* the API server never stores such a value */
    text_map_set(&entry->data, key, bytes);
    mem_wipe(bytes, len);
    mem_free(bytes);
}

static void on_object(json_t *object, void *arg)
{
    struct values_entry *entry = arg;
    if (!text_eq(json_str(json_object_get(object, "metadata"), "name"), entry->name))
        return;
    doubt_clear(&entry->doubt);
    text_map_done_secret(&entry->data);
    const char *key;
    json_t *value;
    json_object_foreach (json_object_get(object, "data"), key, value) {
        if (json_is_string(value))
            add_value(entry, key, json_string_value(value));
    }
    set_state(entry, VALUES_PRESENT, NULL);
    tell(entry);
}

static void on_deleted(const char *ns, const char *name, void *arg)
{
    (void)ns;
    struct values_entry *entry = arg;
    if (!text_eq(name, entry->name))
        return;
    doubt_clear(&entry->doubt);
    text_map_done_secret(&entry->data);
    set_state(entry, VALUES_ABSENT, NULL);
    tell(entry);
}

static void on_synced(void *arg)
{
    struct values_entry *entry = arg;
    doubt_clear(&entry->doubt);
    if (entry->state == VALUES_PRESENT || entry->state == VALUES_ABSENT)
        return;
    set_state(entry, VALUES_ABSENT, NULL);
    tell(entry);
}

static void on_error(const struct err *error, int64_t in_ms, void *arg)
{
    struct values_entry *entry = arg;
    doubt_error(&entry->doubt, net_now_ms(kube_client_net(entry->cache->client)), in_ms);
    /* What was read stays in use while the API is away. */
    if (entry->state == VALUES_PRESENT || entry->state == VALUES_ABSENT) {
        set_state(entry, entry->state, error->msg);
        return;
    }
    bool news = !text_eq(entry->error, error->msg);
    set_state(entry, VALUES_UNREADABLE, error->msg);
    if (news)
        tell(entry);
}

static void open_watch(struct values_entry *entry)
{
    static const struct kube_watch_handlers handlers = {on_object, on_deleted, on_synced, on_error};
    AUTO_STRBUF struct strbuf path, field;
    strbuf_init(&path);
    strbuf_init(&field);
    strbuf_append(&path, "/api/v1/namespaces/");
    strbuf_append_path_escaped(&path, entry->ns);
    strbuf_append(&path, entry->secret ? "/secrets" : "/configmaps");
    strbuf_printf(&field, "metadata.name=%s", entry->name);
    struct kube_watch_options options = {.path = path.data, .field_selector = field.data};
    struct err err;
    if (kube_watch_open(entry->cache->client, &options, &handlers, entry, &entry->watch, &err) < 0)
        set_state(entry, VALUES_UNREADABLE, err.msg);
}

static void close_watch(struct values_entry *entry)
{
    if (entry->watch)
        kube_watch_close(entry->watch);
    entry->watch = NULL;
    text_map_done_secret(&entry->data);
}

/* Looks where the values come from now; true if something changed for the users. */
static bool settle(struct values_entry *entry)
{
    struct key_values *file =
        entry->cache->files && !entry->live
            ? config_find_values(entry->cache->files, entry->secret, entry->ns, entry->name)
            : NULL;
    struct key_values *before = entry->from_file;
    bool same = before && file && before->meta.content_hash == file->meta.content_hash;
    entry->from_file = file ? key_values_ref(file) : NULL;
    if (before)
        key_values_unref(before);
    if (file) {
        close_watch(entry);
        set_state(entry, VALUES_PRESENT, NULL);
        return !same;
    }
    if (!entry->watch) {
        set_state(entry, VALUES_PENDING, NULL);
        open_watch(entry);
        return true;
    }
    return false;
}

void values_cache_set_files(struct values_cache *cache, const struct config_set *set)
{
    cache->files = set;
    struct values_entry *entry, *next;
    HASH_ITER (hh, cache->entries, entry, next)
        if (settle(entry))
            tell(entry);
}

static struct values_entry *entry_of(struct values_cache *cache, bool live, bool secret, const char *ns,
                                     const char *name)
{
    char *key = mem_printf("%s%c/%s/%s", live ? "l" : "", secret ? 's' : 'c', ns, name);
    struct values_entry *entry = NULL;
    HASH_FIND_STR(cache->entries, key, entry);
    if (entry) {
        mem_free(key);
        return entry;
    }
    entry = mem_zalloc(sizeof *entry);
    entry->cache = cache;
    entry->key = key;
    entry->secret = secret;
    entry->live = live;
    entry->ns = mem_strdup(ns);
    entry->name = mem_strdup(name);
    HASH_ADD_KEYPTR(hh, cache->entries, entry->key, strlen(entry->key), entry);
    settle(entry);
    return entry;
}

static struct values_ref *acquire(struct values_cache *cache, bool live, bool secret, const char *ns,
                                  const char *name, void (*changed)(void *arg), void *arg)
{
    struct values_ref *ref = mem_zalloc(sizeof *ref);
    ref->entry = entry_of(cache, live, secret, ns, name);
    ref->changed = changed;
    ref->arg = arg;
    DL_APPEND(ref->entry->refs, ref);
    return ref;
}

struct values_ref *values_acquire(struct values_cache *cache, bool secret, const char *ns, const char *name,
                                  void (*changed)(void *arg), void *arg)
{
    return acquire(cache, false, secret, ns, name, changed, arg);
}

struct values_ref *values_acquire_live(struct values_cache *cache, bool secret, const char *ns,
                                       const char *name, void (*changed)(void *arg), void *arg)
{
    return acquire(cache, true, secret, ns, name, changed, arg);
}

void values_release(struct values_ref *ref)
{
    if (!ref)
        return;
    struct values_entry *entry = ref->entry;
    DL_DELETE(entry->refs, ref);
    mem_free(ref);
    if (entry->refs)
        return;
    HASH_DEL(entry->cache->entries, entry);
    close_watch(entry);
    if (entry->from_file)
        key_values_unref(entry->from_file);
    mem_free(entry->key);
    mem_free(entry->ns);
    mem_free(entry->name);
    mem_free(entry->error);
    mem_free(entry);
}

enum values_state values_state(const struct values_ref *ref)
{
    return ref->entry->state;
}

const struct text_map *values_data(const struct values_ref *ref)
{
    return ref->entry->from_file ? &ref->entry->from_file->data : &ref->entry->data;
}

const char *values_error(const struct values_ref *ref)
{
    return ref->entry->error ? ref->entry->error : "not readable";
}

bool values_doubtful(const struct values_ref *ref)
{
    const struct values_entry *entry = ref->entry;
    return entry->state == VALUES_UNREADABLE ||
           doubt_holds(&entry->doubt, net_now_ms(kube_client_net(entry->cache->client)));
}

bool values_is(const struct values_ref *ref, bool secret, const char *ns, const char *name)
{
    return ref->entry->secret == secret && text_eq(ref->entry->ns, ns) && text_eq(ref->entry->name, name);
}

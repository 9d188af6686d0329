/* Owns objects, resource versions and the history of each collection. Knows neither HTTP nor what objects
 * mean. */
#include "tests/sandbox/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"

#define DUMP_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

struct blob *blob_ref(struct blob *blob)
{
    if (blob)
        blob->refs++;
    return blob;
}

void blob_unref(struct blob *blob)
{
    if (blob && --blob->refs == 0)
        mem_free(blob);
}

json_t *blob_parse(const struct blob *blob)
{
    return json_loadb(blob->text, blob->len, JSON_ALLOW_NUL, NULL);
}

static int append_block(const char *bytes, size_t len, void *arg)
{
    strbuf_append_n(arg, bytes, len);
    return 0;
}

struct blob *blob_new(struct strbuf *scratch, uint64_t rv, const json_t *object, const char *ns,
                      const char *name)
{
    strbuf_reset(scratch);
    json_dump_callback(object, append_block, scratch, DUMP_FLAGS);
    size_t len = scratch->len, ns_size = strlen(ns) + 1, name_size = strlen(name) + 1;
    struct blob *blob = mem_alloc(sizeof(*blob) + len + 1 + ns_size + name_size);
    blob->refs = 1;
    blob->rv = rv;
    blob->len = len;
    memcpy(blob->text, scratch->data, len + 1);
    blob->ns = memcpy(blob->text + len + 1, ns, ns_size);
    blob->name = memcpy(blob->text + len + 1 + ns_size, name, name_size);
    return blob;
}

void store_init(struct store *store, size_t history)
{
    *store = (struct store){.rv = 1, .history = history};
    strbuf_init(&store->scratch);
    for (size_t i = 0; i < resource_count(); i++)
        store->collections[i].resource = resource_at(i);
}

static void drop_oldest(struct collection *collection)
{
    struct event *event = &collection->ring[collection->ring_start];
    collection->compacted_rv = event->now->rv;
    blob_unref(event->now);
    blob_unref(event->before);
    collection->ring_start = (collection->ring_start + 1) % collection->ring_cap;
    collection->ring_len--;
}

static void free_object(struct collection *collection, struct object *entry)
{
    HASH_DEL(collection->objects, entry);
    blob_unref(entry->blob);
    mem_free(entry->key);
    mem_free(entry);
}

void store_done(struct store *store)
{
    strbuf_done(&store->scratch);
    for (size_t i = 0; i < resource_count(); i++) {
        struct collection *collection = &store->collections[i];
        struct object *entry, *next;
        while (collection->ring_len)
            drop_oldest(collection);
        mem_free(collection->ring);
        HASH_ITER (hh, collection->objects, entry, next)
            free_object(collection, entry);
    }
}

void store_listen(struct store *store, store_change_fn fn, void *arg)
{
    store->listeners[store->listener_count].fn = fn;
    store->listeners[store->listener_count++].arg = arg;
}

struct collection *store_collection(struct store *store, const struct resource *resource)
{
    return &store->collections[resource_index(resource_stored(resource))];
}

struct object *store_find(struct collection *collection, const char *ns, const char *name)
{
    char key[600];
    struct object *found = NULL;
    int len = snprintf(key, sizeof(key), "%s/%s", ns, name);
    if ((size_t)len < sizeof(key))
        HASH_FIND(hh, collection->objects, key, (size_t)len, found);
    return found;
}

size_t store_count(const struct collection *collection)
{
    return HASH_COUNT(collection->objects);
}

static int by_key(const struct object *a, const struct object *b)
{
    return strcmp(a->key, b->key);
}

struct object *store_first(struct collection *collection)
{
    if (collection->unsorted)
        HASH_SORT(collection->objects, by_key);
    collection->unsorted = false;
    return collection->objects;
}

static void grow_ring(struct collection *collection, size_t cap)
{
    struct event *ring = mem_zalloc_array(cap, sizeof(*ring));
    for (size_t i = 0; i < collection->ring_len; i++)
        ring[i] = *store_event_at(collection, i);
    mem_free(collection->ring);
    collection->ring = ring;
    collection->ring_start = 0;
    collection->ring_cap = cap;
}

struct event *store_event_at(struct collection *collection, size_t index)
{
    return &collection->ring[(collection->ring_start + index) % collection->ring_cap];
}

static void record(struct store *store, struct collection *collection, const struct event *event)
{
    if (collection->ring_len == store->history)
        drop_oldest(collection);
    if (collection->ring_len == collection->ring_cap) {
        size_t cap = collection->ring_cap ? collection->ring_cap * 2 : 64;
        grow_ring(collection, cap < store->history ? cap : store->history);
    }
    collection->ring_len++;
    *store_event_at(collection, collection->ring_len - 1) = *event;
}

/* Takes over now and before. Held once more: with a history of one event, the next record would drop them. */
static void publish(struct store *store, struct collection *collection, enum change change, struct blob *now,
                    struct blob *before)
{
    struct event event = {change, now, before};
    record(store, collection, &event);
    blob_ref(now);
    blob_ref(before);
    for (size_t i = 0; i < store->listener_count; i++)
        store->listeners[i].fn(collection, &event, store->listeners[i].arg);
    blob_unref(now);
    blob_unref(before);
}

static struct blob *stamp(struct store *store, json_t *object)
{
    char rv[24];
    json_t *metadata = json_object_get(object, "metadata");
    const char *ns = json_str(metadata, "namespace");
    snprintf(rv, sizeof(rv), "%" PRIu64, ++store->rv);
    json_object_set_new(metadata, "resourceVersion", json_string(rv));
    return blob_new(&store->scratch, store->rv, object, ns ? ns : "", json_str(metadata, "name"));
}

struct object *store_insert(struct store *store, struct collection *collection, json_t *object)
{
    struct object *entry = mem_zalloc(sizeof(*entry));
    entry->blob = stamp(store, object);
    entry->key = mem_printf("%s/%s", entry->blob->ns, entry->blob->name);
    HASH_ADD_KEYPTR(hh, collection->objects, entry->key, strlen(entry->key), entry);
    collection->unsorted = true;
    publish(store, collection, CHANGE_ADDED, blob_ref(entry->blob), NULL);
    return entry;
}

void store_replace(struct store *store, struct collection *collection, struct object *entry, json_t *object)
{
    struct blob *before = entry->blob;
    entry->blob = stamp(store, object);
    publish(store, collection, CHANGE_MODIFIED, blob_ref(entry->blob), before);
}

void store_remove(struct store *store, struct collection *collection, struct object *entry)
{
    AUTO_JSON json_t *object = blob_parse(entry->blob);
    struct blob *before = blob_ref(entry->blob);
    struct blob *now = stamp(store, object);
    free_object(collection, entry);
    publish(store, collection, CHANGE_DELETED, now, before);
}

void store_compact(struct store *store, struct collection *collection)
{
    while (collection->ring_len)
        drop_oldest(collection);
    collection->compacted_rv = store->rv;
}

/* The objects. Every version of one is an immutable text (compact JSON, kind and apiVersion first), shared by
 * the store, the history and the watchers: lists and watch events are built by copying text, never by
 * printing trees. */
#ifndef TESTS_SANDBOX_STORE_H
#define TESTS_SANDBOX_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "scaler/base/strbuf.h"
#include "tests/sandbox/resource.h"

/* One version of one object. */
struct blob {
    unsigned refs;
    uint64_t rv;
    size_t len;     /* of text */
    const char *ns; /* behind the text */
    const char *name;
    char text[];
};

/* scratch: printed into it, then copied; asking jansson for the length first would print everything twice. */
struct blob *blob_new(struct strbuf *scratch, uint64_t rv, const json_t *object, const char *ns,
                      const char *name);
struct blob *blob_ref(struct blob *blob);
void blob_unref(struct blob *blob); /* NULL is fine */
json_t *blob_parse(const struct blob *blob);

struct object {
    UT_hash_handle hh;
    char *key; /* "ns/name"; cluster scope: "/name" */
    struct blob *blob;
};

enum change { CHANGE_ADDED, CHANGE_MODIFIED, CHANGE_DELETED };

/* now: the new version (of a deletion: the last state at the deletion's resourceVersion). before: NULL when
 * added. */
struct event {
    enum change change;
    struct blob *now, *before;
};

struct collection {
    const struct resource *resource;
    struct object *objects;
    bool unsorted;
    struct event *ring; /* the newest events, oldest first from ring_start */
    size_t ring_start, ring_len, ring_cap;
    uint64_t compacted_rv; /* events up to here are forgotten */
};

/* Called after the change. Must not change the store: note it and do it in a later turn. */
typedef void (*store_change_fn)(struct collection *collection, const struct event *event, void *arg);

#define STORE_LISTENERS_MAX 4

struct store {
    uint64_t rv;
    size_t history; /* events kept per collection */
    struct strbuf scratch;
    struct collection collections[RESOURCE_MAX];
    struct {
        store_change_fn fn;
        void *arg;
    } listeners[STORE_LISTENERS_MAX];
    size_t listener_count;
};

void store_init(struct store *store, size_t history);
void store_done(struct store *store);
void store_listen(struct store *store, store_change_fn fn, void *arg);

struct collection *store_collection(struct store *store, const struct resource *resource);
/* NULL: absent. */
struct object *store_find(struct collection *collection, const char *ns, const char *name);
/* object: metadata.name and .namespace are set and the key is free. Stamps the resourceVersion into it. */
struct object *store_insert(struct store *store, struct collection *collection, json_t *object);
void store_replace(struct store *store, struct collection *collection, struct object *entry, json_t *object);
void store_remove(struct store *store, struct collection *collection, struct object *entry);
/* In order of namespace and name; `entry->hh.next` walks on. */
struct object *store_first(struct collection *collection);
size_t store_count(const struct collection *collection);
/* Forgets the history, as etcd's compaction does. */
void store_compact(struct store *store, struct collection *collection);
struct event *store_event_at(struct collection *collection, size_t index);

#endif

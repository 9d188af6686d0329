/* Owns the verbs that change objects. */
#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "tests/sandbox/body.h"
#include "tests/sandbox/event_view.h"
#include "tests/sandbox/filter.h"
#include "tests/sandbox/object.h"
#include "tests/sandbox/sandbox.h"

static struct collection *collection_of(struct call *call)
{
    return store_collection(&call->sandbox->store, call->route.resource);
}

void write_make_namespace(struct sandbox *sandbox, const char *ns)
{
    const struct resource *resource = resource_find("", "v1", "namespaces");
    if (!*ns || store_find(store_collection(&sandbox->store, resource), "", ns))
        return;
    struct reply ignored;
    reply_init(&ignored);
    json_t *object =
        json_pack("{s:s, s:s, s:{s:s}}", "kind", "Namespace", "apiVersion", "v1", "metadata", "name", ns);
    if (object && object_prepare_new(resource, &object, &ignored) == 0)
        store_insert(&sandbox->store, store_collection(&sandbox->store, resource), object);
    json_decref(object);
    reply_done(&ignored);
}

struct object *write_insert(struct sandbox *sandbox, const struct resource *resource, json_t *object)
{
    const char *ns = json_str(json_object_get(object, "metadata"), "namespace");
    write_make_namespace(sandbox, ns ? ns : "");
    return store_insert(&sandbox->store, store_collection(&sandbox->store, resource), object);
}

/* A stored-form tree as the call's view shows it. */
static void answer_tree(struct call *call, int status, json_t *object)
{
    AUTO_JSON json_t *shown = json_copy(object);
    view_from_stored(call->route.resource, shown);
    reply_json(&call->reply, status, shown);
}

/* object in its stored form. */
static void create(struct call *call, json_t **object)
{
    const struct route *route = &call->route;
    const struct resource *stored = resource_stored(route->resource);
    if (object_prepare_new(stored, object, &call->reply) != 0)
        return;
    const char *name = json_str(json_object_get(*object, "metadata"), "name");
    if (store_find(collection_of(call), route->ns, name)) {
        status_already_exists(&call->reply, route->resource, name);
        return;
    }
    if (!call->dry_run && !(stored->flags & RES_REVIEW))
        write_insert(call->sandbox, stored, *object);
    answer_tree(call, 201, *object);
}

/* Checks an object that came through the call's view, and gives it its stored form. */
static int accept_object(struct call *call, const char *name, json_t *object)
{
    const struct resource *view = call->route.resource;
    if (object_check_identity(view, call->route.ns, name, object, &call->reply) != 0)
        return -1;
    if (view->flags & RES_NEW_EVENT && object_check_fields(view, object, &call->reply) != 0)
        return -1;
    if (view->flags & RES_REVIEW)
        json_object_set_new(json_object_get(object, "metadata"), "name", json_string("review"));
    view_to_stored(view, object);
    return 0;
}

void write_create(struct call *call)
{
    AUTO_JSON json_t *object = NULL;
    if (body_decode(call, &object) != 0 || accept_object(call, "", object) != 0)
        return;
    if (call->route.resource->flags & RES_NAMESPACED && !*call->route.ns)
        status_fail(&call->reply, 405, "the server does not allow this method on the requested resource");
    else
        create(call, &object);
}

/* An object marked for deletion goes when its last finalizer does. */
static bool is_released(json_t *object)
{
    json_t *metadata = json_object_get(object, "metadata");
    return json_object_get(metadata, "deletionTimestamp") &&
           !json_array_size(json_object_get(metadata, "finalizers"));
}

static void commit(struct call *call, struct object *entry, json_t *old, json_t **object)
{
    bool same = false;
    const struct resource *stored = resource_stored(call->route.resource);
    if (object_prepare_update(stored, call->route.sub, old, object, &same, &call->reply) != 0)
        return;
    if (!same && !call->dry_run) {
        workload_note_write(call->sandbox, stored, old, *object, web_header(call->request, "user-agent"));
        store_replace(&call->sandbox->store, collection_of(call), entry, *object);
    }
    answer_tree(call, 200, *object);
    if (!call->dry_run && is_released(*object))
        store_remove(&call->sandbox->store, collection_of(call), entry);
}

static struct object *find_or_refuse(struct call *call)
{
    struct object *entry = store_find(collection_of(call), call->route.ns, call->route.name);
    if (!entry)
        status_not_found(&call->reply, call->route.resource, call->route.name);
    return entry;
}

void write_update(struct call *call)
{
    AUTO_JSON json_t *object = NULL;
    if (body_decode(call, &object) != 0 || accept_object(call, call->route.name, object) != 0)
        return;
    struct object *entry = find_or_refuse(call);
    if (!entry)
        return;
    AUTO_JSON json_t *old = blob_parse(entry->blob);
    commit(call, entry, old, &object);
}

static int patched(struct call *call, enum patch_kind kind, const json_t *target, json_t *patch, json_t **ret)
{
    struct err err;
    bool keyed = !(call->route.resource->flags & RES_CUSTOM);
    int code = patch_apply(kind, keyed, target, patch, ret, &err);
    if (code)
        return status_fail(&call->reply, code == ERR_PROTOCOL ? 400 : 422, "%s", err.msg);
    return 0;
}

static void patch_existing(struct call *call, struct object *entry, enum patch_kind kind, json_t *patch)
{
    AUTO_JSON json_t *old = blob_parse(entry->blob);
    AUTO_JSON json_t *target = view_parse(call->route.resource, entry->blob);
    AUTO_JSON json_t *object = NULL;
    call->reply.patched = true;
    if (patched(call, kind, target, patch, &object) != 0 ||
        accept_object(call, call->route.name, object) != 0)
        return;
    /* A patch that says nothing of the resourceVersion is not a claim about it; one that removes it is none
     * either. */
    json_t *metadata = json_object_get(object, "metadata");
    if (!json_object_get(metadata, "resourceVersion"))
        json_object_set(metadata, "resourceVersion", json_dig(old, "metadata", "resourceVersion", NULL));
    commit(call, entry, old, &object);
}

void write_patch(struct call *call)
{
    AUTO_JSON json_t *patch = NULL;
    enum patch_kind kind = PATCH_MERGE;
    if (body_decode_patch(call, &kind, &patch) != 0)
        return;
    struct object *entry = store_find(collection_of(call), call->route.ns, call->route.name);
    if (entry)
        patch_existing(call, entry, kind, patch);
    else if (kind != PATCH_APPLY || call->route.sub != SUB_NONE)
        status_not_found(&call->reply, call->route.resource, call->route.name);
    else if (accept_object(call, call->route.name, patch) == 0)
        create(call, &patch);
}

/* A namespace takes everything in it along. */
static void empty_namespace(struct sandbox *sandbox, const char *ns)
{
    for (size_t i = 0; i < resource_count(); i++) {
        struct collection *collection = &sandbox->store.collections[i];
        struct object *entry, *next;
        if (!(collection->resource->flags & RES_NAMESPACED))
            continue;
        HASH_ITER (hh, collection->objects, entry, next)
            if (strcmp(entry->blob->ns, ns) == 0)
                store_remove(&sandbox->store, collection, entry);
    }
}

/* Removes, or marks what finalizers hold. True: it is gone. */
static bool remove_object(struct call *call, struct object *entry, json_t *object)
{
    char now[CLOCK_RFC3339_MAX];
    json_t *metadata = json_object_get(object, "metadata");
    struct store *store = &call->sandbox->store;
    if (json_array_size(json_object_get(metadata, "finalizers"))) {
        if (json_object_get(metadata, "deletionTimestamp"))
            return false;
        json_object_set_new(metadata, "deletionTimestamp", json_string(object_now(now, sizeof(now))));
        json_object_set_new(metadata, "deletionGracePeriodSeconds", json_integer(0));
        if (!call->dry_run)
            store_replace(store, collection_of(call), entry, object);
        return false;
    }
    if (call->dry_run)
        return true;
    if (strcmp(call->route.resource->kind, "Namespace") == 0)
        empty_namespace(call->sandbox, entry->blob->name);
    store_remove(store, collection_of(call), entry);
    return true;
}

/* DeleteOptions in the body, if any. */
static int check_delete_options(struct call *call, json_t *object)
{
    AUTO_JSON json_t *options = NULL;
    if (call->request->body.len == 0)
        return 0;
    if (body_decode(call, &options) != 0)
        return -1;
    json_t *wanted = json_object_get(options, "preconditions"),
           *metadata = json_object_get(object, "metadata");
    const char *uid = json_str(wanted, "uid"), *rv = json_str(wanted, "resourceVersion");
    if ((uid && !text_eq(uid, json_str(metadata, "uid"))) ||
        (rv && !text_eq(rv, json_str(metadata, "resourceVersion"))))
        return status_conflict(&call->reply, call->route.resource, call->route.name,
                               "the UID or resourceVersion in the precondition does not match the record");
    json_t *dry_run = json_object_get(options, "dryRun");
    call->dry_run = call->dry_run || json_array_size(dry_run) > 0;
    return 0;
}

void write_delete(struct call *call)
{
    struct object *entry = find_or_refuse(call);
    if (!entry)
        return;
    AUTO_JSON json_t *object = blob_parse(entry->blob);
    if (check_delete_options(call, object) != 0)
        return;
    if (!remove_object(call, entry, object)) {
        answer_tree(call, 200, object);
        return;
    }
    const char *uid = json_str(json_object_get(object, "metadata"), "uid");
    status_deleted(&call->reply, call->route.resource, call->route.name, uid ? uid : "");
}

void write_delete_collection(struct call *call)
{
    struct filter filter;
    struct err err;
    struct object *entry, *next;
    if (filter_init(&filter, call->route.resource, call->route.ns, web_query(call->request, "labelSelector"),
                    web_query(call->request, "fieldSelector"), &err) != 0) {
        status_fail(&call->reply, 400, "%s", err.msg);
        return;
    }
    HASH_ITER (hh, collection_of(call)->objects, entry, next) {
        if (!filter_matches(&filter, entry->blob))
            continue;
        AUTO_JSON json_t *object = blob_parse(entry->blob);
        remove_object(call, entry, object);
    }
    filter_done(&filter);
    reply_text(
        &call->reply, 200, "application/json",
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Success\",\"code\":200}\n");
}

/* Owns the renaming between the two event kinds, and the text of objects in answers. */
#include "tests/sandbox/event_view.h"

#include <stdio.h>
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "tests/sandbox/store.h"

static const struct {
    const char *core, *events;
} renamed[] = {
    {"involvedObject", "regarding"},
    {"message", "note"},
    {"reportingComponent", "reportingController"},
    {"firstTimestamp", "deprecatedFirstTimestamp"},
    {"lastTimestamp", "deprecatedLastTimestamp"},
    {"count", "deprecatedCount"},
    {"source", "deprecatedSource"},
};

static void rename_keys(json_t *object, bool to_core)
{
    for (size_t i = 0; i < ARRAY_LEN(renamed); i++) {
        const char *from = to_core ? renamed[i].events : renamed[i].core;
        json_t *value = json_object_get(object, from);
        if (!value)
            continue;
        json_object_set(object, to_core ? renamed[i].core : renamed[i].events, value);
        json_object_del(object, from);
    }
}

void view_to_stored(const struct resource *view, json_t *object)
{
    if (!(view->flags & RES_NEW_EVENT))
        return;
    rename_keys(object, true);
    json_object_set_new(object, "apiVersion", json_string("v1"));
    /* The core kind's reader expects these objects to be there. */
    if (!json_object_get(object, "source"))
        json_object_set_new(object, "source", json_object());
}

void view_from_stored(const struct resource *view, json_t *object)
{
    if (!(view->flags & RES_NEW_EVENT))
        return;
    rename_keys(object, false);
    json_object_set_new(object, "apiVersion", json_string("events.k8s.io/v1"));
}

json_t *view_parse(const struct resource *view, const struct blob *blob)
{
    json_t *object = blob_parse(blob);
    view_from_stored(view, object);
    return object;
}

static int append_block(const char *bytes, size_t len, void *arg)
{
    strbuf_append_n(arg, bytes, len);
    return 0;
}

/* Stored texts begin with kind and apiVersion (see object.c), so leaving them out is skipping a known length.
 */
static size_t type_prefix(const struct resource *resource)
{
    char version[128];
    resource_api_version(resource, version, sizeof(version));
    return strlen("{\"kind\":\"\",\"apiVersion\":\"\",") + strlen(resource->kind) + strlen(version);
}

void view_append_text(const struct resource *view, const struct blob *blob, bool list_item,
                      struct strbuf *out)
{
    bool strip = list_item && !(view->flags & RES_CUSTOM);
    if (!(view->flags & RES_NEW_EVENT)) {
        size_t skip = strip ? type_prefix(view) : 0;
        if (skip)
            strbuf_append_c(out, '{');
        strbuf_append_n(out, blob->text + skip, blob->len - skip);
        return;
    }
    AUTO_JSON json_t *object = view_parse(view, blob);
    if (strip) {
        json_object_del(object, "kind");
        json_object_del(object, "apiVersion");
    }
    json_dump_callback(object, append_block, out, JSON_COMPACT | JSON_REAL_PRECISION(15));
}

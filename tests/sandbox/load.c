/* Owns reading manifests at the start: every document is created or, if its object is there, replaced. */
#include <string.h>

#include "scaler/base/file.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/yaml.h"
#include "tests/sandbox/body.h"
#include "tests/sandbox/object.h"
#include "tests/sandbox/sandbox.h"

static int refused(const struct reply *reply, struct err *err)
{
    AUTO_JSON json_t *status = json_loadb(reply->body.data, reply->body.len, 0, NULL);
    const char *message = json_str(status, "message");
    return err_set(err, ERR_CONFIG, "%s", message ? message : "refused");
}

static int insert(struct sandbox *sandbox, const struct resource *resource, json_t **object,
                  struct reply *reply)
{
    json_t *metadata = json_object_get(*object, "metadata");
    const char *ns = json_str(metadata, "namespace");
    AUTO_FREE char *wanted = mem_strdup(ns && *ns ? ns : "default");
    if (!(resource->flags & RES_NAMESPACED))
        *wanted = '\0';
    json_object_del(metadata, "resourceVersion"); /* manifests may be what "kubectl get -o yaml" printed */
    if (object_check_identity(resource, wanted, "", *object, reply) != 0 ||
        object_prepare_new(resource, object, reply) != 0)
        return -1;
    struct collection *collection = store_collection(&sandbox->store, resource);
    struct object *there =
        store_find(collection, wanted, json_str(json_object_get(*object, "metadata"), "name"));
    if (there)
        store_replace(&sandbox->store, collection, there, *object);
    else
        write_insert(sandbox, resource, *object);
    return 0;
}

static int load_object(struct sandbox *sandbox, json_t *object, struct err *err)
{
    const char *version = json_str(object, "apiVersion"), *kind = json_str(object, "kind");
    const struct resource *resource = version && kind ? resource_find_kind(version, kind) : NULL;
    if (!resource || resource->flags & (RES_NEW_EVENT | RES_REVIEW))
        return err_set(err, ERR_CONFIG, "%s, Kind=%s is not known here", version ? version : "?",
                       kind ? kind : "?");
    struct reply reply;
    reply_init(&reply);
    json_t *owned = json_incref(object);
    int code = insert(sandbox, resource, &owned, &reply);
    if (code)
        code = refused(&reply, err);
    json_decref(owned);
    reply_done(&reply);
    return code;
}

/* A List is its items. */
static int load_document(struct sandbox *sandbox, json_t *document, struct err *err)
{
    json_t *items = json_object_get(document, "items"), *item;
    size_t i;
    if (!json_is_array(items))
        return load_object(sandbox, document, err);
    json_array_foreach (items, i, item)
        if (load_object(sandbox, item, err) != 0)
            return err->code;
    return 0;
}

int load_file(struct sandbox *sandbox, const char *path, struct err *err)
{
    AUTO_FREE char *text = NULL;
    size_t len = 0;
    struct yaml_stream stream;
    int line = 0, column = 0;
    if (file_read(path, YAML_MAX_BYTES, &text, &len, err) != 0)
        return err->code;
    if (yaml_parse(text, len, &stream, &line, &column, err) != 0) /* JSON is YAML, too */
        return err_wrap(err, "%s:%d:%d", path, line, column);
    int code = 0;
    for (size_t i = 0; code == 0 && i < stream.len; i++) {
        AUTO_JSON json_t *document = body_from_yaml(stream.documents[i]);
        code = load_document(sandbox, document, err);
        if (code)
            err_wrap(err, "%s:%d", path, stream.documents[i]->line);
    }
    yaml_done(&stream);
    return code;
}

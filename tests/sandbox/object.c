/* Owns identity and succession: what a write may not change, and what it changes besides what it says. */
#include "tests/sandbox/object.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "scaler/base/clock.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "tests/sandbox/patch.h"

const char *object_now(char *buf, size_t size)
{
    return clock_format_rfc3339(clock_wall_ms(), false, buf, size);
}

static void random_bytes(unsigned char *bytes, size_t len)
{
    for (ssize_t got = -1; got != (ssize_t)len;)
        got = getrandom(bytes, len, 0);
}

void object_new_uid(char ret[37])
{
    unsigned char b[16];
    random_bytes(b, sizeof(b));
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    snprintf(ret, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

void object_random_suffix(char *ret, size_t count)
{
    static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";
    unsigned char bytes[32];
    random_bytes(bytes, count);
    for (size_t i = 0; i < count; i++)
        ret[i] = alphabet[bytes[i] % (sizeof(alphabet) - 1)];
    ret[count] = '\0';
}

/* Kind and apiVersion may be left out: the URL says them. */
static int check_type(const struct resource *resource, json_t *object, struct reply *reply)
{
    char version[128];
    const char *kind = json_str(object, "kind"), *api_version = json_str(object, "apiVersion");
    resource_api_version(resource, version, sizeof(version));
    if ((json_object_get(object, "kind") && !kind) || (kind && *kind && strcmp(kind, resource->kind) != 0) ||
        (json_object_get(object, "apiVersion") && !api_version) ||
        (api_version && *api_version && strcmp(api_version, version) != 0))
        return status_fail(reply, 400,
                           "the object provided is unrecognized (must be of type %s): %s, Kind=%s",
                           resource->kind, api_version ? api_version : "", kind ? kind : "");
    json_object_set_new(object, "kind", json_string(resource->kind));
    json_object_set_new(object, "apiVersion", json_string(version));
    return 0;
}

static bool is_text_map(json_t *value)
{
    const char *key;
    json_t *member;
    if (value && !json_is_object(value))
        return false;
    json_object_foreach (value, key, member)
        if (!json_is_string(member))
            return false;
    return true;
}

static bool is_list_of(json_t *value, bool texts)
{
    size_t i;
    json_t *item;
    if (value && !json_is_array(value))
        return false;
    json_array_foreach (value, i, item)
        if (texts ? !json_is_string(item) : !json_is_object(item))
            return false;
    return true;
}

static int check_metadata(const struct resource *resource, json_t *metadata, struct reply *reply)
{
    static const char *const texts[] = {"name", "namespace", "generateName", "uid", "resourceVersion"};
    const char *wrong = NULL;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (json_object_get(metadata, texts[i]) && !json_str(metadata, texts[i]))
            wrong = texts[i];
    if (!is_text_map(json_object_get(metadata, "labels")))
        wrong = "labels";
    if (!is_text_map(json_object_get(metadata, "annotations")))
        wrong = "annotations";
    if (!is_list_of(json_object_get(metadata, "finalizers"), true))
        wrong = "finalizers";
    if (!is_list_of(json_object_get(metadata, "ownerReferences"), false))
        wrong = "ownerReferences";
    if (!wrong)
        return 0;
    AUTO_FREE char *detail = mem_printf("cannot unmarshal metadata.%s", wrong);
    return status_undecodable(reply, resource->kind, resource->version, detail);
}

/* An empty map or list in metadata is the same as none. */
static void drop_empty(json_t *metadata)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(metadata, next, key, value)
    {
        bool empty = json_is_object(value) ? !json_object_size(value)
                                           : json_is_array(value) && !json_array_size(value);
        if (empty)
            json_object_del(metadata, key);
    }
}

int object_check_identity(const struct resource *resource, const char *ns, const char *name, json_t *object,
                          struct reply *reply)
{
    if (!json_is_object(object))
        return status_fail(reply, 400, "the body is not an object");
    if (check_type(resource, object, reply) != 0)
        return -1;
    if (!(resource->flags & RES_CUSTOM))
        patch_strip_nulls(object);
    json_t *metadata = json_object_get(object, "metadata");
    if (!json_is_object(metadata)) {
        json_object_set_new(object, "metadata", json_object());
        metadata = json_object_get(object, "metadata");
    }
    patch_strip_nulls(metadata);
    drop_empty(metadata);
    if (check_metadata(resource, metadata, reply) != 0)
        return -1;
    const char *own_ns = json_str(metadata, "namespace"), *own_name = json_str(metadata, "name");
    if (!(resource->flags & RES_NAMESPACED))
        json_object_del(metadata, "namespace");
    else if (own_ns && *own_ns && strcmp(own_ns, ns) != 0)
        return status_fail(
            reply, 400,
            "the namespace of the provided object does not match the namespace sent on the request");
    else
        json_object_set_new(metadata, "namespace", json_string(ns));
    if (*name && own_name && *own_name && strcmp(own_name, name) != 0)
        return status_fail(reply, 400, "the name of the object (%s) does not match the name on the URL (%s)",
                           own_name, name);
    if (*name)
        json_object_set_new(metadata, "name", json_string(name));
    return 0;
}

/* Kind and apiVersion first (event_view.c skips them by length), metadata next, then the rest as it came. */
static void put_in_order(json_t **object)
{
    static const char *const first[] = {"kind", "apiVersion", "metadata"};
    json_t *ordered = json_object();
    for (size_t i = 0; i < ARRAY_LEN(first); i++)
        json_object_set(ordered, first[i], json_object_get(*object, first[i]));
    json_object_update_missing(ordered, *object);
    json_decref(*object);
    *object = ordered;
}

static int choose_name(const struct resource *resource, json_t *metadata, struct reply *reply)
{
    const char *name = json_str(metadata, "name"), *prefix = json_str(metadata, "generateName");
    char suffix[6];
    if ((!name || !*name) && prefix && *prefix) {
        object_random_suffix(suffix, 5);
        AUTO_FREE char *made = mem_printf("%.*s%s", 248, prefix, suffix);
        json_object_set_new(metadata, "name", json_string(made));
    }
    name = json_str(metadata, "name");
    if (!name || !*name)
        return status_invalid(reply, resource->kind, resource->group, "", "metadata.name",
                              "FieldValueRequired", "Required value: name or generateName is required");
    return 0;
}

int object_prepare_new(const struct resource *resource, json_t **object, struct reply *reply)
{
    char uid[37], now[CLOCK_RFC3339_MAX];
    json_t *metadata = json_object_get(*object, "metadata");
    const char *rv = json_str(metadata, "resourceVersion");
    if (rv && *rv)
        return status_fail(reply, 400, "resourceVersion should not be set on objects to be created");
    if (choose_name(resource, metadata, reply) != 0)
        return -1;
    object_new_uid(uid);
    json_object_set_new(metadata, "uid", json_string(uid));
    json_object_set_new(metadata, "creationTimestamp", json_string(object_now(now, sizeof(now))));
    json_object_del(metadata, "managedFields");
    json_object_del(metadata, "deletionTimestamp");
    json_object_del(metadata, "generation");
    if (resource->flags & RES_GENERATION)
        json_object_set_new(metadata, "generation", json_integer(1));
    /* A pod's status may come with it: there is no kubelet here, and tests want pods in every state. */
    if (resource->flags & RES_STATUS && strcmp(resource->kind, "Pod") != 0)
        json_object_del(*object, "status");
    object_set_defaults(resource, *object);
    if (object_check_rules(resource, *object, reply) != 0)
        return -1;
    put_in_order(object);
    return 0;
}

static void carry(json_t *from, json_t *to, const char *key)
{
    json_t *value = json_object_get(from, key);
    if (value)
        json_object_set(to, key, value);
    else
        json_object_del(to, key);
}

static int check_precondition(const struct resource *resource, json_t *old, json_t *metadata,
                              struct reply *reply)
{
    const char *name = json_str(old, "name"), *rv = json_str(metadata, "resourceVersion");
    const char *uid = json_str(metadata, "uid");
    if (uid && *uid && !text_eq(uid, json_str(old, "uid")))
        return status_conflict(reply, resource, name,
                               "Precondition failed: UID in precondition differs from UID in object meta");
    if (rv && *rv && !text_eq(rv, json_str(old, "resourceVersion")))
        return status_conflict(
            reply, resource, name,
            "the object has been modified; please apply your changes to the latest version and try again");
    if ((!rv || !*rv) && resource->flags & RES_NEED_RV)
        return status_invalid(reply, resource->plural, resource->group, name, "metadata.resourceVersion",
                              "FieldValueInvalid", "Invalid value: 0: must be specified for an update");
    return 0;
}

static void carry_metadata(json_t *old, json_t *metadata)
{
    static const char *const fixed[] = {"name",
                                        "namespace",
                                        "uid",
                                        "creationTimestamp",
                                        "deletionTimestamp",
                                        "generation",
                                        "deletionGracePeriodSeconds",
                                        "generateName",
                                        "resourceVersion"};
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        carry(old, metadata, fixed[i]);
    json_object_del(metadata, "managedFields");
}

/* Equal but for metadata and status. */
static bool same_spec(json_t *a, json_t *b)
{
    AUTO_JSON json_t *left = json_copy(a);
    AUTO_JSON json_t *right = json_copy(b);
    json_object_del(left, "metadata");
    json_object_del(right, "metadata");
    json_object_del(left, "status");
    json_object_del(right, "status");
    return json_equal(left, right);
}

int object_prepare_update(const struct resource *resource, enum sub sub, json_t *old, json_t **object,
                          bool *ret_same, struct reply *reply)
{
    json_t *old_metadata = json_object_get(old, "metadata"), *metadata = json_object_get(*object, "metadata");
    if (check_precondition(resource, old_metadata, metadata, reply) != 0)
        return -1;
    if (sub == SUB_STATUS) {
        json_t *next = json_copy(old);
        carry(*object, next, "status");
        json_decref(*object);
        *object = next;
    } else {
        carry_metadata(old_metadata, metadata);
        if (resource->flags & RES_STATUS)
            carry(old, *object, "status");
        object_set_defaults(resource, *object);
        if (object_check_rules(resource, *object, reply) != 0)
            return -1;
    }
    if (resource->flags & RES_GENERATION && !same_spec(old, *object)) {
        json_int_t generation = (json_int_t)json_i64(old_metadata, "generation", 0) + 1;
        json_object_set_new(json_object_get(*object, "metadata"), "generation", json_integer(generation));
    }
    put_in_order(object);
    *ret_same = json_equal(old, *object);
    return 0;
}

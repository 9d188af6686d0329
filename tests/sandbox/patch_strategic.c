/* Owns strategic merge: which lists have keys, and the "$" directives inside patches. */
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "tests/sandbox/patch.h"

/* By field name alone: no name below means two different lists in the kinds we serve, but for ports. */
static const struct {
    const char *field;
    const char *keys[2]; /* the first one the item has */
} merge_keys[] = {
    {"containers", {"name", NULL}},
    {"initContainers", {"name", NULL}},
    {"ephemeralContainers", {"name", NULL}},
    {"env", {"name", NULL}},
    {"volumes", {"name", NULL}},
    {"imagePullSecrets", {"name", NULL}},
    {"resourceClaims", {"name", NULL}},
    {"schedulingGates", {"name", NULL}},
    {"secrets", {"name", NULL}},
    {"ports", {"containerPort", "port"}},
    {"volumeMounts", {"mountPath", NULL}},
    {"volumeDevices", {"devicePath", NULL}},
    {"hostAliases", {"ip", NULL}},
    {"podIPs", {"ip", NULL}},
    {"topologySpreadConstraints", {"topologyKey", NULL}},
    {"conditions", {"type", NULL}},
    {"addresses", {"type", NULL}},
    {"ownerReferences", {"uid", NULL}},
};

/* NULL: the list is replaced as a whole. */
static const char *merge_key(const char *field, json_t *item)
{
    for (size_t i = 0; i < ARRAY_LEN(merge_keys); i++)
        if (strcmp(merge_keys[i].field, field) == 0)
            return merge_keys[i].keys[1] && !json_object_get(item, merge_keys[i].keys[0])
                       ? merge_keys[i].keys[1]
                       : merge_keys[i].keys[0];
    return NULL;
}

static int find_item(json_t *list, const char *key, json_t *value)
{
    size_t i;
    json_t *item;
    json_array_foreach (list, i, item)
        if (json_equal(json_object_get(item, key), value))
            return (int)i;
    return -1;
}

static int merge_item(json_t *list, const char *field, json_t *item, struct err *err)
{
    const char *key = merge_key(field, item);
    json_t *value = json_object_get(item, key);
    if (!value)
        return err_set(err, ERR_INVALID, "an item of %s in the patch has no merge key %s", field, key);
    int at = find_item(list, key, value);
    if (text_eq(json_str(item, "$patch"), "delete")) {
        if (at >= 0)
            json_array_remove(list, (size_t)at);
        return 0;
    }
    if (at >= 0)
        return patch_strategic(json_array_get(list, (size_t)at), item, err);
    json_array_append_new(list, json_object());
    return patch_strategic(json_array_get(list, json_array_size(list) - 1), item, err);
}

/* A list that holds {"$patch": "replace"} replaces; the marker itself is dropped. */
static bool take_replace_marker(json_t *list)
{
    size_t i;
    json_t *item;
    json_array_foreach (list, i, item)
        if (text_eq(json_str(item, "$patch"), "replace"))
            return json_array_remove(list, i), true;
    return false;
}

static bool is_primitive_set(const char *field)
{
    return strcmp(field, "finalizers") == 0;
}

static void add_to_set(json_t *list, json_t *patch)
{
    size_t i, at;
    json_t *item, *there;
    json_array_foreach (patch, i, item) {
        bool found = false;
        json_array_foreach (list, at, there)
            found = found || json_equal(there, item);
        if (!found)
            json_array_append(list, item);
    }
}

static int merge_list(json_t *target, const char *field, json_t *patch, struct err *err)
{
    AUTO_JSON json_t *items = json_deep_copy(patch);
    bool replaced = take_replace_marker(items);
    json_t *list = json_object_get(target, field);
    bool keyed = json_array_size(items) && json_is_object(json_array_get(items, 0)) &&
                 merge_key(field, json_array_get(items, 0));
    if (replaced || !json_is_array(list) || (!keyed && !is_primitive_set(field))) {
        json_object_set_new(target, field, json_array());
        list = json_object_get(target, field);
        if (!keyed) {
            json_array_extend(list, items);
            return 0;
        }
    }
    if (!keyed) {
        add_to_set(list, items);
        return 0;
    }
    size_t i;
    json_t *item;
    json_array_foreach (items, i, item) {
        int code = json_is_object(item)
                       ? merge_item(list, field, item, err)
                       : err_set(err, ERR_INVALID, "an item of %s in the patch is not an object", field);
        if (code)
            return code;
    }
    return 0;
}

static void delete_from_list(json_t *list, json_t *values)
{
    size_t i;
    json_t *value;
    json_array_foreach (values, i, value)
        for (size_t at = json_array_size(list); at-- > 0;)
            if (json_equal(json_array_get(list, at), value))
                json_array_remove(list, at);
}

static void retain_keys(json_t *target, json_t *names)
{
    const char *key;
    json_t *member;
    void *next;
    json_object_foreach_safe(target, next, key, member)
    {
        bool kept = false;
        size_t i;
        json_t *name;
        json_array_foreach (names, i, name)
            kept = kept || text_eq(json_string_value(name), key);
        if (!kept)
            json_object_del(target, key);
    }
}

/* Puts the listed items first, in the order given; the others keep theirs. */
static void order_list(json_t *target, const char *field, json_t *order)
{
    json_t *list = json_object_get(target, field);
    AUTO_JSON json_t *sorted = json_array();
    size_t i;
    json_t *wanted;
    json_array_foreach (order, i, wanted) {
        const char *key = json_is_object(wanted) ? merge_key(field, wanted) : NULL;
        int at = key ? find_item(list, key, json_object_get(wanted, key)) : -1;
        if (at < 0)
            continue;
        json_array_append(sorted, json_array_get(list, (size_t)at));
        json_array_remove(list, (size_t)at);
    }
    if (json_array_size(sorted)) {
        json_array_extend(sorted, list);
        json_object_set(target, field, sorted);
    }
}

/* True: the key was a directive. */
static bool apply_directive(json_t *target, const char *key, json_t *value)
{
    static const char from_list[] = "$deleteFromPrimitiveList/";
    if (text_starts_with(key, from_list))
        delete_from_list(json_object_get(target, key + sizeof(from_list) - 1), value);
    else if (strcmp(key, "$retainKeys") == 0)
        retain_keys(target, value);
    return key[0] == '$';
}

static int merge_member(json_t *target, const char *key, json_t *value, struct err *err)
{
    if (json_is_null(value)) {
        json_object_del(target, key);
        return 0;
    }
    if (json_is_array(value))
        return merge_list(target, key, value, err);
    if (!json_is_object(value)) {
        json_object_set(target, key, value);
        return 0;
    }
    if (!json_is_object(json_object_get(target, key)))
        json_object_set_new(target, key, json_object());
    return patch_strategic(json_object_get(target, key), value, err);
}

int patch_strategic(json_t *target, json_t *patch, struct err *err)
{
    static const char in_order[] = "$setElementOrder/";
    const char *key, *mode = json_str(patch, "$patch");
    json_t *value;
    if (text_eq(mode, "delete") || text_eq(mode, "replace"))
        json_object_clear(target);
    if (text_eq(mode, "delete"))
        return 0;
    json_object_foreach (patch, key, value) {
        int code = apply_directive(target, key, value) ? 0 : merge_member(target, key, value, err);
        if (code)
            return code;
    }
    json_object_foreach (patch, key, value)
        if (text_starts_with(key, in_order))
            order_list(target, key + sizeof(in_order) - 1, value);
    return 0;
}

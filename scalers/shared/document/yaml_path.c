/* Owns KEDA's dotted path through YAML: keys and indexes; the walk ends at the first scalar. */
#include "scalers/shared/document/yaml_path.h"

#include <stdio.h>
#include <string.h>

#include "scaler/base/number.h"

#define MERGE_DEPTH_MAX 32
#define LOOKS_MAX       4000000u /* keys: merges of merges multiply */

/* One step of the path. */
struct lookup {
    const char *text;
    size_t len;
    bool strings; /* keys are compared as they are written */
    int depth;
    unsigned looks;
};

/* Every key is a string by itself (or a merge): then keys are compared as they are written. */
static bool is_string_map(const struct yaml_tree_node *map)
{
    for (const struct yaml_tree_node *key = map->first; key; key = key->next->next) {
        const struct yaml_tree_node *scalar = yaml_tree_follow(key);
        if (!key->merge && scalar->scalar.type != YAML_SCALAR_STRING)
            return false;
    }
    return true;
}

/* As Go prints the value: 0x10 is "16", 1e3 is "1000". */
static const char *printed_key(const struct yaml_tree_node *key, char *buf, size_t size)
{
    switch (key->scalar.type) {
    case YAML_SCALAR_STRING:
        return key->text;
    case YAML_SCALAR_NULL:
        return "<nil>";
    case YAML_SCALAR_BOOL:
        return key->scalar.boolean ? "true" : "false";
    case YAML_SCALAR_INT:
        (void)snprintf(buf, size, "%.0f", key->scalar.number);
        return buf;
    case YAML_SCALAR_FLOAT:
        return number_format_double(key->scalar.number, buf, size);
    case YAML_SCALAR_HUGE:
    case YAML_SCALAR_TIME:
        break;
    }
    return NULL; /* nobody asks for it in that form */
}

/* The text a path has to have for this key; NULL: none. */
static const char *key_text(const struct yaml_tree_node *key, bool strings, char *buf, size_t size)
{
    const struct yaml_tree_node *scalar = yaml_tree_follow(key);
    if (strings)
        return scalar->scalar.type == YAML_SCALAR_NULL ? NULL : scalar->text;
    return printed_key(scalar, buf, size);
}

static const struct yaml_tree_node *find_key(struct lookup *lookup, const struct yaml_tree_node *map);

/* In what "<<" refers to: the first of several that has the key. */
static const struct yaml_tree_node *find_merged(struct lookup *lookup, const struct yaml_tree_node *source)
{
    const struct yaml_tree_node *found = NULL;
    if (source->kind != YAML_TREE_LIST)
        return find_key(lookup, yaml_tree_follow(source));
    for (const struct yaml_tree_node *item = source->first; item && !found; item = item->next)
        found = find_key(lookup, yaml_tree_follow(item));
    return found;
}

static bool key_is(const struct lookup *lookup, const struct yaml_tree_node *key)
{
    char buf[40];
    const char *text = key_text(key, lookup->strings, buf, sizeof(buf));
    return text && strlen(text) == lookup->len && memcmp(text, lookup->text, lookup->len) == 0;
}

static const struct yaml_tree_node *find_key(struct lookup *lookup, const struct yaml_tree_node *map)
{
    const struct yaml_tree_node *merged = NULL, *found = NULL;
    if (lookup->depth == MERGE_DEPTH_MAX || lookup->looks > LOOKS_MAX) {
        lookup->looks = LOOKS_MAX + 1;
        return NULL;
    }
    lookup->depth++;
    lookup->looks++;
    for (const struct yaml_tree_node *key = map->first; key; key = key->next->next) {
        lookup->looks++;
        if (key->merge)
            merged = key->next;
        else if (key_is(lookup, key))
            found = key->next;
    }
    if (!found && merged)
        found = find_merged(lookup, merged);
    lookup->depth--;
    return found;
}

static const struct yaml_tree_node *find_item(const struct lookup *lookup, const struct yaml_tree_node *list)
{
    char index[24];
    size_t n = 0;
    for (const struct yaml_tree_node *item = list->first; item; item = item->next, n++) {
        (void)snprintf(index, sizeof(index), "%zu", n);
        if (strlen(index) == lookup->len && memcmp(index, lookup->text, lookup->len) == 0)
            return item;
    }
    return NULL;
}

/* The scalar that location leads to; NULL: none. The outermost map's keys are strings whatever they look
 * like. */
static int walk(const struct yaml_tree_node *node, const char *location, const struct yaml_tree_node **ret,
                struct err *err)
{
    struct lookup lookup = {.strings = true};
    *ret = NULL;
    while (true) {
        lookup.text = location;
        lookup.len = strcspn(location, ".");
        node = node->kind == YAML_TREE_LIST ? find_item(&lookup, node) : find_key(&lookup, node);
        if (lookup.looks > LOOKS_MAX)
            return err_set(err, ERR_LIMIT, "valueLocation takes too much work for this YAML");
        if (!node)
            return 0;
        node = yaml_tree_follow(node);
        if (node->kind == YAML_TREE_SCALAR) {
            *ret = node;
            return 0;
        }
        if (location[lookup.len] == '\0')
            return 0;
        location += lookup.len + 1;
        lookup.strings = node->kind == YAML_TREE_MAP && is_string_map(node);
    }
}

int yaml_path_find(const struct yaml_tree *tree, const char *location, const struct yaml_tree_node **ret,
                   struct err *err)
{
    const struct yaml_tree_node *root = tree->root, *node = NULL;
    bool null = !root || (root->kind == YAML_TREE_SCALAR && root->scalar.type == YAML_SCALAR_NULL);
    if (!null && root->kind != YAML_TREE_MAP)
        return err_set(err, ERR_PROTOCOL, "the YAML is no map");
    int code = null ? 0 : walk(root, location, &node, err);
    if (code != 0)
        return code;
    if (!node)
        return err_set(err, ERR_NOT_FOUND, "valueLocation leads to no value");
    *ret = node;
    return 0;
}

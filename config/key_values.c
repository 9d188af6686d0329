/* Owns Secrets and ConfigMaps: decoded data. A secret's content never reaches a message. */
#include <stddef.h>
#include <string.h>

#include "config/kinds.h"
#include "config/meta.h"
#include "config/names.h"
#include "scaler/base/base64.h"
#include "scaler/base/mem.h"

/* Values are text here. Binary ones (keystores) are left out rather than cut at their first NUL. */
static void set_decoded(struct walk *walk, const struct yaml_node *node, const char *key,
                        struct text_map *ret)
{
    char *bytes;
    size_t len;
    if (base64_decode(node->text, &bytes, &len, NULL) != 0) {
        walk_error(walk, node, "is not valid base64");
        return;
    }
    if (memchr(bytes, '\0', len))
        walk_warn(walk, node, "is binary data and cannot be used; left out");
    else
        text_map_set(ret, key, bytes);
    mem_wipe(bytes, len);
    mem_free(bytes);
}

static void read_encoded(struct walk *walk, const struct yaml_node *node, void *out)
{
    struct key_values *values = out;
    if (!walk_expect(walk, node, YAML_MAP))
        return;
    if (node->len > WALK_TEXT_MAP_MAX) {
        walk_error(walk, node, "has %zu entries, more than %d", node->len, WALK_TEXT_MAP_MAX);
        return;
    }
    for (size_t i = 0; i < node->len; i++) {
        const struct yaml_entry *entry = &node->entries[i];
        size_t before = walk_enter(walk, entry->key->text);
        if (entry->value->kind == YAML_NULL)
            text_map_set(&values->data, entry->key->text, "");
        else if (walk_expect(walk, entry->value, YAML_STRING))
            set_decoded(walk, entry->value, entry->key->text, &values->data);
        walk_leave(walk, before);
    }
}

static void read_plain(struct walk *walk, const struct yaml_node *node, void *out)
{
    struct key_values *values = out;
    walk_text_map(walk, node, true, &values->data);
}

static const struct field secret_fields[] = {
    FIELD_KNOWN("apiVersion"), FIELD_KNOWN("kind"),      FIELD_KNOWN("metadata"), /* meta_read */
    FIELD_KNOWN("type"),       FIELD_KNOWN("immutable"), {"data", FIELD_CUSTOM, .read = read_encoded},
    FIELD_KNOWN("stringData"), /* after data, which it overrules wherever it stands */
};

static const struct field config_map_fields[] = {
    FIELD_KNOWN("apiVersion"), FIELD_KNOWN("kind"),
    FIELD_KNOWN("metadata"), /* meta_read */
    FIELD_KNOWN("immutable"),  {"data", FIELD_CUSTOM, .read = read_plain},
    FIELD_KNOWN("binaryData"), /* KEDA reads data only */
};

static void read_string_data(struct walk *walk, const struct yaml_node *document, struct key_values *values)
{
    const struct yaml_node *node = yaml_get(document, "stringData");
    if (!node || node->kind == YAML_NULL)
        return;
    size_t before = walk_enter(walk, "stringData");
    read_plain(walk, node, values);
    walk_leave(walk, before);
}

struct key_values *key_values_build(struct walk *walk, const struct yaml_node *document,
                                    const char *default_ns, bool secret)
{
    const struct meta_rules rules = {.name_max = NAME_SUBDOMAIN_MAX, .default_ns = default_ns};
    struct key_values *values = mem_zalloc(sizeof(*values));
    values->refs = 1;
    values->secret = secret;
    meta_read(walk, document, &rules, &values->meta);
    if (secret) {
        walk_fields(walk, document, secret_fields, ARRAY_LEN(secret_fields), values);
        read_string_data(walk, document, values);
    } else {
        walk_fields(walk, document, config_map_fields, ARRAY_LEN(config_map_fields), values);
    }
    if (walk->errors == 0)
        return values;
    key_values_unref(values);
    return NULL;
}

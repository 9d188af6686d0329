/* Owns metadata: names, namespaces, annotations and what tells one version of an object from the next. */
#include "config/meta.h"

#include <string.h>

#include "config/names.h"
#include "scaler/base/clock.h"
#include "scaler/base/mem.h"

/* kubectl's copy of the whole object: never read, often larger than everything else together. */
#define LAST_APPLIED "kubectl.kubernetes.io/last-applied-configuration"

/* Fields that the API server keeps and that concern nobody here. */
static const char *const kept_by_server[] = {
    "resourceVersion", "generation", "managedFields", "finalizers",
    "ownerReferences", "selfLink",   "generateName",  "deletionGracePeriodSeconds",
    "clusterName",
};

static const char *const read_fields[] = {
    "name", "namespace", "labels", "annotations", "uid", "creationTimestamp", "deletionTimestamp",
};

static bool is_one_of(const char *word, const char *const *words, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

static void warn_unknown(struct walk *walk, const struct yaml_node *metadata)
{
    for (size_t i = 0; i < metadata->len; i++) {
        const struct yaml_node *key = metadata->entries[i].key;
        if (!is_one_of(key->text, kept_by_server, ARRAY_LEN(kept_by_server)) &&
            !is_one_of(key->text, read_fields, ARRAY_LEN(read_fields)))
            walk_warn_at(walk, metadata, key->text, "unknown field, ignored");
    }
}

/* A string field; "" when absent, null or (reported) of another kind. */
static const char *string_at(struct walk *walk, const struct yaml_node *metadata, const char *key)
{
    const struct yaml_node *node = yaml_get(metadata, key);
    if (!node || node->kind == YAML_NULL)
        return "";
    size_t before = walk_enter(walk, key);
    bool right = walk_expect(walk, node, YAML_STRING);
    walk_leave(walk, before);
    return right ? node->text : "";
}

static void read_name(struct walk *walk, const struct yaml_node *metadata, const struct meta_rules *rules,
                      struct config_meta *ret)
{
    size_t errors = walk->errors;
    const char *name = string_at(walk, metadata, "name");
    const char *wrong = name_check_subdomain(name);
    if (walk->errors > errors)
        return;
    if (!*name)
        walk_error_at(walk, metadata, "name", "is required");
    else if (wrong)
        walk_error_at(walk, metadata, "name", "%s, not \"%.80s\"", wrong, name);
    else if (strlen(name) > rules->name_max)
        walk_error_at(walk, metadata, "name", "has %zu characters, more than %zu", strlen(name),
                      rules->name_max);
    else
        ret->name = mem_strdup(name);
}

static void read_namespace(struct walk *walk, const struct yaml_node *metadata,
                           const struct meta_rules *rules, struct config_meta *ret)
{
    size_t errors = walk->errors;
    const char *ns = string_at(walk, metadata, "namespace");
    if (walk->errors > errors)
        return;
    if (rules->cluster_scoped) {
        if (*ns)
            walk_warn_at(walk, metadata, "namespace", "is ignored: this kind belongs to the whole cluster");
        ret->ns = mem_strdup("");
        return;
    }
    if (!*ns && rules->default_ns)
        ns = rules->default_ns;
    const char *wrong = name_check_label(ns);
    if (!*ns)
        walk_error_at(walk, metadata, "namespace", "is required");
    else if (wrong)
        walk_error_at(walk, metadata, "namespace", "%s, not \"%.80s\"", wrong, ns);
    else
        ret->ns = mem_strdup(ns);
}

static void read_texts(struct walk *walk, const struct yaml_node *metadata, const char *key,
                       struct text_map *ret)
{
    const struct yaml_node *node = yaml_get(metadata, key);
    if (!node || node->kind == YAML_NULL)
        return;
    size_t before = walk_enter(walk, key);
    walk_text_map(walk, node, true, ret);
    walk_leave(walk, before);
    if (text_map_get(ret, LAST_APPLIED))
        text_map_set(ret, LAST_APPLIED, "");
}

static int64_t read_created(struct walk *walk, const struct yaml_node *metadata)
{
    int64_t ms = 0;
    struct err err = {0};
    const char *text = string_at(walk, metadata, "creationTimestamp");
    if (*text && clock_parse_rfc3339(text, &ms, &err) != 0)
        walk_warn_at(walk, metadata, "creationTimestamp", "ignored: %s", err.msg);
    return ms;
}

void meta_read(struct walk *walk, const struct yaml_node *document, const struct meta_rules *rules,
               struct config_meta *ret)
{
    const struct yaml_node *metadata = yaml_get(document, "metadata");
    ret->file = mem_strdup(walk->file);
    ret->mark = walk_mark(walk, document);
    ret->content_hash = meta_content_hash(document);
    if (!metadata || metadata->kind == YAML_NULL) {
        walk_error_at(walk, document, "metadata", "is required");
        return;
    }
    size_t before = walk_enter(walk, "metadata");
    if (walk_expect(walk, metadata, YAML_MAP)) {
        warn_unknown(walk, metadata);
        read_name(walk, metadata, rules, ret);
        read_namespace(walk, metadata, rules, ret);
        read_texts(walk, metadata, "labels", &ret->labels);
        read_texts(walk, metadata, "annotations", &ret->annotations);
        ret->uid = mem_strdup(string_at(walk, metadata, "uid"));
        ret->created_ms = read_created(walk, metadata);
        ret->deleting = *string_at(walk, metadata, "deletionTimestamp") != '\0';
    }
    walk_leave(walk, before);
}

void meta_done(struct config_meta *meta)
{
    mem_free(meta->file);
    mem_free(meta->ns);
    mem_free(meta->name);
    mem_free(meta->uid);
    text_map_done(&meta->annotations);
    text_map_done(&meta->labels);
    *meta = (struct config_meta){0};
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t pair[2] = {a, b};
    return text_hash((const char *)pair, sizeof(pair));
}

static uint64_t hash_node(const struct yaml_node *node);

/* Commutative over entries, so that the order of keys is of no account. Nulls are absent; so is what is not a
 * map. */
static uint64_t sum_entries(const struct yaml_node *map, bool (*counts)(const char *key))
{
    uint64_t sum = 0;
    if (!map || map->kind != YAML_MAP)
        return sum;
    for (size_t i = 0; i < map->len; i++) {
        const struct yaml_entry *entry = &map->entries[i];
        if (entry->value->kind != YAML_NULL && (!counts || counts(entry->key->text)))
            sum += mix(text_hash(entry->key->text, strlen(entry->key->text)), hash_node(entry->value));
    }
    return sum;
}

static uint64_t hash_node(const struct yaml_node *node)
{
    if (node->kind == YAML_MAP)
        return mix(YAML_MAP, sum_entries(node, NULL));
    uint64_t hash = node->kind;
    if (node->kind != YAML_LIST)
        return mix(hash, text_hash(node->text, strlen(node->text)));
    for (size_t i = 0; i < node->len; i++)
        hash = mix(hash, hash_node(node->items[i]));
    return hash;
}

static bool counts_in_document(const char *key)
{
    return strcmp(key, "metadata") != 0 && strcmp(key, "status") != 0;
}

static bool counts_in_metadata(const char *key)
{
    return strcmp(key, "annotations") != 0 && is_one_of(key, read_fields, ARRAY_LEN(read_fields));
}

static bool counts_in_annotations(const char *key)
{
    return strcmp(key, LAST_APPLIED) != 0;
}

uint64_t meta_content_hash(const struct yaml_node *document)
{
    const struct yaml_node *metadata = yaml_get(document, "metadata");
    const struct yaml_node *annotations = yaml_get(metadata, "annotations");
    uint64_t hash = mix(YAML_MAP, sum_entries(document, counts_in_document));
    hash = mix(hash, sum_entries(metadata, counts_in_metadata));
    return mix(hash, sum_entries(annotations, counts_in_annotations));
}

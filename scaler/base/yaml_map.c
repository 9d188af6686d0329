/* Owns what makes pairs a map: unique keys and the merge key "<<". Uniqueness is found by sorting, so a
 * hostile file gains nothing from a million keys. */
#include <stdlib.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/yaml_build.h"

/* Explicit keys come first, then merged ones in order of precedence: of equal keys the first one stays. */
struct candidate {
    struct yaml_entry entry;
    size_t rank;
    bool merged;
};

struct candidates {
    struct candidate *items;
    size_t len;
    size_t cap;
};

static void push(struct candidates *all, struct yaml_entry entry, bool merged)
{
    if (all->len == all->cap) {
        all->cap = all->cap ? all->cap * 2 : 16;
        all->items = mem_realloc_array(all->items, all->cap, sizeof(*all->items));
    }
    all->items[all->len] = (struct candidate){.entry = entry, .rank = all->len, .merged = merged};
    all->len++;
}

static bool is_merge_key(const struct yaml_node *key)
{
    return container_of(key, struct yaml_built, node)->is_merge_key;
}

static int fail_at(struct yaml_builder *builder, const struct yaml_node *node)
{
    builder->line = node->line;
    builder->column = node->column;
    return ERR_CONFIG;
}

static int merge_map(struct yaml_builder *builder, struct candidates *all, struct yaml_built *into,
                     const struct yaml_node *source, struct err *err)
{
    if (source->kind != YAML_MAP)
        return err_set(err, fail_at(builder, source), "\"<<\" merges maps or a list of maps, not %s",
                       yaml_kind_name(source->kind));
    for (size_t i = 0; i < source->len; i++) {
        const struct yaml_built *value = container_of(source->entries[i].value, struct yaml_built, node);
        int rc = yaml_builder_count(builder, value->expanded + 1, err);
        if (rc != 0)
            return rc;
        into->expanded += value->expanded + 1;
        push(all, source->entries[i], true);
    }
    return 0;
}

static int merge(struct yaml_builder *builder, struct candidates *all, struct yaml_built *into,
                 const struct yaml_node *source, struct err *err)
{
    if (source->kind != YAML_LIST)
        return merge_map(builder, all, into, source, err);
    for (size_t i = 0; i < source->len; i++) {
        int rc = merge_map(builder, all, into, source->items[i], err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int collect(struct yaml_builder *builder, const struct yaml_frame *frame, struct candidates *all,
                   struct err *err)
{
    const struct yaml_node *merged = NULL;
    for (size_t i = 0; i + 1 < frame->len; i += 2) {
        struct yaml_entry entry = {.key = &frame->values[i]->node, .value = &frame->values[i + 1]->node};
        if (!is_merge_key(entry.key)) {
            push(all, entry, false);
            continue;
        }
        if (merged)
            return err_set(err, fail_at(builder, entry.key),
                           "key \"<<\" on line %d is already set on line %d", entry.key->line, merged->line);
        merged = entry.key;
    }
    for (size_t i = 0; merged && i + 1 < frame->len; i += 2)
        if (&frame->values[i]->node == merged)
            return merge(builder, all, frame->built, &frame->values[i + 1]->node, err);
    return 0;
}

static int by_key(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    int order = strcmp(a->entry.key->text, b->entry.key->text);
    return order ? order : (a->rank > b->rank) - (a->rank < b->rank);
}

static int by_rank(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    return (a->rank > b->rank) - (a->rank < b->rank);
}

static int drop_repeated(struct yaml_builder *builder, struct candidates *all, struct err *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < all->len; i++) {
        const struct candidate *before = kept ? &all->items[kept - 1] : NULL;
        const struct yaml_node *key = all->items[i].entry.key;
        if (!before || strcmp(before->entry.key->text, key->text) != 0)
            all->items[kept++] = all->items[i];
        else if (!all->items[i].merged)
            return err_set(err, fail_at(builder, key), "key \"%.80s\" on line %d is already set on line %d",
                           key->text, key->line, before->entry.key->line);
    }
    all->len = kept;
    return 0;
}

static int store(struct yaml_builder *builder, struct yaml_node *map, const struct candidates *all,
                 struct err *err)
{
    map->entries = yaml_arena_alloc(builder->arena, all->len * sizeof(*map->entries));
    if (!map->entries)
        return yaml_builder_fail_memory(err);
    for (size_t i = 0; i < all->len; i++)
        map->entries[i] = all->items[i].entry;
    map->len = all->len;
    return 0;
}

int yaml_map_finish(struct yaml_builder *builder, struct yaml_frame *frame, struct err *err)
{
    struct candidates all = {0};
    int rc = collect(builder, frame, &all, err);
    if (rc == 0 && all.len > 1) {
        qsort(all.items, all.len, sizeof(*all.items), by_key);
        rc = drop_repeated(builder, &all, err);
        qsort(all.items, all.len, sizeof(*all.items), by_rank);
    }
    if (rc == 0)
        rc = store(builder, &frame->built->node, &all, err);
    mem_free(all.items);
    return rc;
}

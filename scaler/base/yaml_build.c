/* Owns nesting, anchors and caps while a tree is built. Maps are finished in yaml_map.c. */
#include "scaler/base/yaml_build.h"

#include <string.h>
#include <uthash.h>

#include "scaler/base/mem.h"

#define ANCHORS_MAX 10000 /* of one document */

struct yaml_anchor {
    UT_hash_handle hh;
    struct yaml_built *built;
    char name[];
};

void yaml_builder_init(struct yaml_builder *builder, struct yaml_arena *arena)
{
    *builder = (struct yaml_builder){.arena = arena};
}

static void forget_anchors(struct yaml_builder *builder)
{
    struct yaml_anchor *anchor, *next;
    HASH_ITER (hh, builder->anchors, anchor, next) {
        HASH_DEL(builder->anchors, anchor);
        mem_free(anchor);
    }
    builder->anchor_count = 0;
}

void yaml_builder_done(struct yaml_builder *builder)
{
    forget_anchors(builder);
    for (int i = 0; i < builder->depth; i++)
        mem_free(builder->frames[i].values);
    builder->depth = 0;
}

static struct yaml_anchor *find_anchor(struct yaml_builder *builder, const char *name)
{
    struct yaml_anchor *found;
    HASH_FIND_STR(builder->anchors, name, found);
    return found;
}

/* An anchor may be set again; aliases behind it mean the new node. */
static int set_anchor(struct yaml_builder *builder, const char *name, struct yaml_built *built,
                      struct err *err)
{
    struct yaml_anchor *anchor = find_anchor(builder, name);
    if (!anchor) {
        if (++builder->anchor_count > ANCHORS_MAX)
            return err_set(err, ERR_LIMIT, "more than %d anchors in one document", ANCHORS_MAX);
        size_t len = strlen(name);
        anchor = mem_zalloc(sizeof(*anchor) + len + 1);
        memcpy(anchor->name, name, len + 1);
        HASH_ADD_KEYPTR(hh, builder->anchors, anchor->name, len, anchor);
    }
    anchor->built = built;
    return 0;
}

int yaml_builder_fail_memory(struct err *err)
{
    return err_set(err, ERR_LIMIT, "the file needs more than %zu bytes of memory", YAML_ARENA_MAX_BYTES);
}

int yaml_builder_count(struct yaml_builder *builder, unsigned nodes, struct err *err)
{
    if (nodes > YAML_MAX_NODES - builder->expanded)
        return err_set(err, ERR_LIMIT, "more than %u values, aliases counted at each use", YAML_MAX_NODES);
    builder->expanded += nodes;
    return 0;
}

struct yaml_built *yaml_builder_node(struct yaml_builder *builder, enum yaml_kind kind, const char *anchor,
                                     struct err *err)
{
    if (yaml_builder_count(builder, 1, err) != 0)
        return NULL;
    struct yaml_built *built = yaml_arena_alloc(builder->arena, sizeof(*built));
    if (!built) {
        yaml_builder_fail_memory(err);
        return NULL;
    }
    built->node.kind = kind;
    built->node.line = builder->line;
    built->node.column = builder->column;
    built->expanded = 1;
    built->height = 1;
    if (anchor && set_anchor(builder, anchor, built, err) != 0)
        return NULL;
    return built;
}

static void push_value(struct yaml_frame *frame, struct yaml_built *built)
{
    if (frame->len == frame->cap) {
        frame->cap = frame->cap ? frame->cap * 2 : 8;
        frame->values = mem_realloc_array(frame->values, frame->cap, sizeof(struct yaml_built *));
    }
    frame->values[frame->len++] = built;
}

static int check_key(const struct yaml_builder *builder, const struct yaml_frame *frame,
                     const struct yaml_built *built, struct err *err)
{
    enum yaml_kind kind = built->node.kind;
    if (builder->depth == 0 || frame->built->node.kind != YAML_MAP || frame->len % 2 == 1)
        return 0;
    if (kind == YAML_LIST || kind == YAML_MAP || kind == YAML_NULL)
        return err_set(err, ERR_CONFIG, "a key must be a string, not %s", yaml_kind_name(kind));
    return 0;
}

static struct yaml_frame *top_frame(struct yaml_builder *builder)
{
    return &builder->frames[builder->depth > 0 ? builder->depth - 1 : 0];
}

int yaml_builder_add(struct yaml_builder *builder, struct yaml_built *built, struct err *err)
{
    struct yaml_frame *frame = top_frame(builder);
    int rc = check_key(builder, frame, built, err);
    if (rc != 0)
        return rc;
    if (builder->depth + built->height > YAML_MAX_DEPTH)
        return err_set(err, ERR_LIMIT, "nested more than %d levels deep", YAML_MAX_DEPTH);
    if (builder->depth == 0)
        builder->root = built;
    else
        push_value(frame, built);
    return 0;
}

int yaml_builder_add_alias(struct yaml_builder *builder, const char *name, struct err *err)
{
    struct yaml_anchor *anchor = find_anchor(builder, name);
    if (!anchor)
        return err_set(err, ERR_CONFIG, "alias \"*%.80s\" has no anchor before it", name);
    if (anchor->built->is_open)
        return err_set(err, ERR_CONFIG, "alias \"*%.80s\" stands inside its own anchor", name);
    int rc = yaml_builder_count(builder, anchor->built->expanded, err);
    return rc != 0 ? rc : yaml_builder_add(builder, anchor->built, err);
}

/* The list or map joins its parent when it opens, so that errors come in the order of the text. */
int yaml_builder_open(struct yaml_builder *builder, struct yaml_built *built, struct err *err)
{
    int rc = yaml_builder_add(builder, built, err);
    if (rc != 0)
        return rc;
    built->is_open = true;
    builder->frames[builder->depth++] = (struct yaml_frame){.built = built};
    return 0;
}

static int finish_list(struct yaml_builder *builder, struct yaml_frame *frame, struct err *err)
{
    struct yaml_node *list = &frame->built->node;
    list->items = yaml_arena_alloc(builder->arena, frame->len * sizeof(*list->items));
    if (!list->items)
        return yaml_builder_fail_memory(err);
    for (size_t i = 0; i < frame->len; i++)
        list->items[i] = &frame->values[i]->node;
    list->len = frame->len;
    return 0;
}

static void sum_up(struct yaml_frame *frame)
{
    struct yaml_built *built = frame->built;
    for (size_t i = 0; i < frame->len; i++) {
        built->expanded += frame->values[i]->expanded;
        if (frame->values[i]->height >= built->height)
            built->height = frame->values[i]->height + 1;
    }
    built->is_open = false;
}

int yaml_builder_close(struct yaml_builder *builder, struct err *err)
{
    struct yaml_frame *frame = top_frame(builder);
    bool is_map = frame->built->node.kind == YAML_MAP;
    sum_up(frame);
    int rc = is_map ? yaml_map_finish(builder, frame, err) : finish_list(builder, frame, err);
    mem_free(frame->values);
    builder->depth--;
    return rc;
}

struct yaml_built *yaml_builder_end_document(struct yaml_builder *builder)
{
    struct yaml_built *root = builder->root;
    builder->root = NULL;
    forget_anchors(builder);
    return root;
}

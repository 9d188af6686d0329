/* Owns the way from libyaml's events to a tree, and the checks yaml.v3 makes on it. */
#include "scalers/shared/document/yaml_tree.h"

#include <string.h>
#include <uthash.h>
#include <yaml.h>

#include "scaler/base/base64.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"

#define ANCHORS_MAX 10000u
/* libyaml looks through a document's tag directives one by one for each new one. */
#define DIRECTIVES_MAX 100u

struct anchor {
    char *name;
    struct yaml_tree_node *node;
    UT_hash_handle hh;
};

struct builder {
    struct yaml_tree tree;
    struct yaml_tree_node *open[YAML_TREE_MAX_DEPTH];
    int depth;
    unsigned nodes;
    struct anchor *anchors;
    struct err *err;
};

static int fail(struct builder *builder, const char *what)
{
    return err_set(builder->err, ERR_PROTOCOL, "the YAML has %s", what);
}

const struct yaml_tree_node *yaml_tree_follow(const struct yaml_tree_node *node)
{
    return node->kind == YAML_TREE_ALIAS ? node->target : node;
}

/* A later anchor of the same name takes the name over. */
static int set_anchor(struct builder *builder, const yaml_char_t *name, struct yaml_tree_node *node)
{
    struct anchor *anchor = NULL;
    if (!name)
        return 0;
    HASH_FIND_STR(builder->anchors, (const char *)name, anchor);
    if (!anchor) {
        if (HASH_COUNT(builder->anchors) == ANCHORS_MAX)
            return err_set(builder->err, ERR_LIMIT, "more than %u YAML anchors", ANCHORS_MAX);
        anchor = mem_zalloc(sizeof(*anchor));
        anchor->name = mem_strdup((const char *)name);
        HASH_ADD_KEYPTR(hh, builder->anchors, anchor->name, strlen(anchor->name), anchor);
    }
    anchor->node = node;
    return 0;
}

static int add_node(struct builder *builder, enum yaml_tree_kind kind, const yaml_char_t *anchor,
                    struct yaml_tree_node **ret)
{
    if (builder->nodes++ == YAML_TREE_MAX_NODES)
        return err_set(builder->err, ERR_LIMIT, "more than %u values in the YAML", YAML_TREE_MAX_NODES);
    struct yaml_tree_node *node = mem_zalloc(sizeof(*node));
    node->kind = kind;
    node->made_before = builder->tree.made;
    builder->tree.made = node;
    struct yaml_tree_node *parent = builder->depth > 0 ? builder->open[builder->depth - 1] : NULL;
    if (!parent) {
        builder->tree.root = node;
    } else {
        *(parent->last ? &parent->last->next : &parent->first) = node;
        parent->last = node;
    }
    *ret = node;
    return set_anchor(builder, anchor, node);
}

/* "!!binary": the bytes it stands for are the text. */
static int decode_binary(struct builder *builder, struct yaml_tree_node *node)
{
    char *decoded;
    size_t len;
    if (base64_decode(node->text, &decoded, &len, NULL) != 0)
        return fail(builder, "!!binary without base64 in it");
    mem_free(node->text);
    node->text = decoded;
    return strlen(decoded) == len ? 0 : fail(builder, "a NUL byte in !!binary");
}

static int on_scalar(struct builder *builder, const yaml_event_t *event)
{
    const char *tag = (const char *)event->data.scalar.tag;
    const char *text = (const char *)event->data.scalar.value;
    bool quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    struct yaml_tree_node *node;
    int code = add_node(builder, YAML_TREE_SCALAR, event->data.scalar.anchor, &node);
    if (code != 0)
        return code;
    if (strlen(text) != event->data.scalar.length)
        return fail(builder, "a NUL byte in a string");
    node->text = mem_strdup(text);
    bool untagged = text_empty(tag) || strcmp(tag, "!") == 0;
    node->merge =
        strcmp(text, "<<") == 0 && (untagged ? !quoted : strcmp(tag, "tag:yaml.org,2002:merge") == 0);
    code = yaml_scalar_read(text, tag, quoted, &node->scalar, builder->err);
    if (code == 0 && tag && strcmp(tag, "tag:yaml.org,2002:binary") == 0)
        code = decode_binary(builder, node);
    return code;
}

static int on_open(struct builder *builder, enum yaml_tree_kind kind, const yaml_char_t *anchor)
{
    struct yaml_tree_node *node;
    int code = add_node(builder, kind, anchor, &node);
    if (code != 0)
        return code;
    if (builder->depth == YAML_TREE_MAX_DEPTH)
        return err_set(builder->err, ERR_LIMIT, "YAML nested deeper than %d", YAML_TREE_MAX_DEPTH);
    builder->open[builder->depth++] = node;
    return 0;
}

static int on_alias(struct builder *builder, const yaml_char_t *name)
{
    struct anchor *anchor = NULL;
    struct yaml_tree_node *node;
    HASH_FIND_STR(builder->anchors, (const char *)name, anchor);
    if (!anchor)
        return fail(builder, "an alias without anchor");
    for (int i = 0; i < builder->depth; i++)
        if (builder->open[i] == anchor->node)
            return fail(builder, "an anchor that contains itself");
    int code = add_node(builder, YAML_TREE_ALIAS, NULL, &node);
    if (code == 0) {
        node->text = mem_strdup((const char *)name);
        node->target = anchor->node;
    }
    return code;
}

/* Keys already seen in one map. */
struct seen {
    char *key; /* kind and text */
    UT_hash_handle hh;
};

static bool see(struct seen **all, const struct yaml_tree_node *node)
{
    struct seen *seen = NULL;
    char *key = mem_printf("%d%s", (int)node->kind, node->text ? node->text : "");
    HASH_FIND_STR(*all, key, seen);
    if (seen) {
        mem_free(key);
        return false;
    }
    seen = mem_zalloc(sizeof(*seen));
    seen->key = key;
    HASH_ADD_KEYPTR(hh, *all, seen->key, strlen(seen->key), seen);
    return true;
}

static bool keys_differ(const struct yaml_tree_node *map)
{
    struct seen *all = NULL, *seen, *next;
    bool differ = true;
    for (const struct yaml_tree_node *key = map->first; key && differ; key = key->next->next)
        differ = see(&all, key);
    HASH_ITER (hh, all, seen, next) {
        HASH_DEL(all, seen);
        mem_free(seen->key);
        mem_free(seen);
    }
    return differ;
}

static bool is_map(const struct yaml_tree_node *node)
{
    return yaml_tree_follow(node)->kind == YAML_TREE_MAP;
}

/* The value of "<<": a map, or a list of maps. */
static bool can_merge(const struct yaml_tree_node *value)
{
    if (value->kind != YAML_TREE_LIST)
        return is_map(value);
    for (const struct yaml_tree_node *item = value->first; item; item = item->next)
        if (!is_map(item))
            return false;
    return true;
}

static int check_map(struct builder *builder, const struct yaml_tree_node *map)
{
    if (!map)
        return 0;
    if (!keys_differ(map))
        return fail(builder, "a key that stands twice");
    for (const struct yaml_tree_node *key = map->first; key; key = key->next->next) {
        if (yaml_tree_follow(key)->kind != YAML_TREE_SCALAR)
            return fail(builder, "a key that is a list or a map");
        if (key->kind == YAML_TREE_SCALAR && key->merge && !can_merge(key->next))
            return fail(builder, "a merge with something that is no map");
    }
    return 0;
}

static int on_event(struct builder *builder, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return on_scalar(builder, event);
    case YAML_ALIAS_EVENT:
        return on_alias(builder, event->data.alias.anchor);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(builder, YAML_TREE_LIST, event->data.sequence_start.anchor);
    case YAML_MAPPING_START_EVENT:
        return on_open(builder, YAML_TREE_MAP, event->data.mapping_start.anchor);
    case YAML_SEQUENCE_END_EVENT:
        builder->depth--;
        return 0;
    case YAML_MAPPING_END_EVENT:
        return check_map(builder, builder->open[--builder->depth]);
    default:
        return 0;
    }
}

/* To the end of the first document; what follows is not looked at. */
static int read_document(struct builder *builder, yaml_parser_t *parser)
{
    bool over = false;
    while (!over) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return err_set(builder->err, ERR_PROTOCOL, "not valid YAML: %s, line %zu",
                           parser->problem ? parser->problem : "?", parser->problem_mark.line + 1);
        over = event.type == YAML_DOCUMENT_END_EVENT || event.type == YAML_STREAM_END_EVENT;
        int code = on_event(builder, &event);
        yaml_event_delete(&event);
        if (code != 0)
            return code;
    }
    return 0;
}

static void forget_anchors(struct builder *builder)
{
    struct anchor *anchor, *next;
    HASH_ITER (hh, builder->anchors, anchor, next) {
        HASH_DEL(builder->anchors, anchor);
        mem_free(anchor->name);
        mem_free(anchor);
    }
}

static bool few_directives(const char *bytes, size_t len)
{
    unsigned directives = 0;
    for (size_t i = 0; i + 4 < len && directives <= DIRECTIVES_MAX; i++)
        if ((i == 0 || bytes[i - 1] == '\n' || bytes[i - 1] == '\r') && memcmp(bytes + i, "%TAG", 4) == 0)
            directives++;
    return directives <= DIRECTIVES_MAX;
}

int yaml_tree_read(const char *bytes, size_t len, struct yaml_tree *ret, struct err *err)
{
    struct builder builder = {.err = err};
    yaml_parser_t parser;
    if (!few_directives(bytes, len))
        return err_set(err, ERR_LIMIT, "more than %u YAML directives", DIRECTIVES_MAX);
    if (!yaml_parser_initialize(&parser))
        return err_set(err, ERR_LIMIT, "out of memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, len);
    int code = read_document(&builder, &parser);
    yaml_parser_delete(&parser);
    forget_anchors(&builder);
    if (code != 0)
        yaml_tree_done(&builder.tree);
    else
        *ret = builder.tree;
    return code;
}

void yaml_tree_done(struct yaml_tree *tree)
{
    while (tree->made) {
        struct yaml_tree_node *before = tree->made->made_before;
        mem_free(tree->made->text);
        mem_free(tree->made);
        tree->made = before;
    }
    tree->root = NULL;
}

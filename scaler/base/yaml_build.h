/* Builds the tree from libyaml's events: nesting, anchors, merge keys and every cap. Inner to base/yaml. */
#ifndef SCALER_BASE_YAML_BUILD_H
#define SCALER_BASE_YAML_BUILD_H

#include "scaler/base/err.h"
#include "scaler/base/yaml.h"
#include "scaler/base/yaml_arena.h"

/* A node and what is known about the whole tree below it, aliases followed. */
struct yaml_built {
    struct yaml_node node;
    unsigned expanded; /* nodes, itself included */
    int height;        /* 1 for a scalar */
    bool is_merge_key; /* the plain, untagged "<<" */
    bool is_open;      /* still being filled: an alias to it would be a cycle */
};

struct yaml_anchor;

/* A list or map being filled. values of a map: key, value, key, value, … */
struct yaml_frame {
    struct yaml_built *built;
    struct yaml_built **values;
    size_t len;
    size_t cap;
};

struct yaml_builder {
    struct yaml_arena *arena;
    struct yaml_frame frames[YAML_MAX_DEPTH];
    int depth;
    struct yaml_anchor *anchors;
    unsigned anchor_count;
    unsigned expanded;       /* of the stream so far */
    struct yaml_built *root; /* of the document; NULL until it is whole */
    int line;                /* where an error is */
    int column;
};

void yaml_builder_init(struct yaml_builder *builder, struct yaml_arena *arena);
void yaml_builder_done(struct yaml_builder *builder);

/* Makes an empty node at (line, column); NULL with err set when a cap is reached. anchor may be NULL. */
struct yaml_built *yaml_builder_node(struct yaml_builder *builder, enum yaml_kind kind, const char *anchor,
                                     struct err *err);
int yaml_builder_add(struct yaml_builder *builder, struct yaml_built *built, struct err *err);
int yaml_builder_add_alias(struct yaml_builder *builder, const char *anchor, struct err *err);
int yaml_builder_open(struct yaml_builder *builder, struct yaml_built *built, struct err *err);
int yaml_builder_close(struct yaml_builder *builder, struct err *err);
/* Takes the finished document (NULL: none) and forgets its anchors. */
struct yaml_built *yaml_builder_end_document(struct yaml_builder *builder);

/* yaml_map.c: turns the frame's values into its map's entries; keys checked, merge keys applied. */
int yaml_map_finish(struct yaml_builder *builder, struct yaml_frame *frame, struct err *err);
/* Counts nodes towards YAML_MAX_NODES. */
int yaml_builder_count(struct yaml_builder *builder, unsigned nodes, struct err *err);
int yaml_builder_fail_memory(struct err *err);

#endif

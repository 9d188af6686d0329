/* The first document of a YAML text as yaml.v3 would read it, for looking up one value. Bounded in depth and
 * nodes; aliases are followed, never expanded. */
#ifndef SCALERS_SHARED_DOCUMENT_YAML_TREE_H
#define SCALERS_SHARED_DOCUMENT_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "scaler/base/err.h"
#include "scalers/shared/document/yaml_scalar.h"

#define YAML_TREE_MAX_DEPTH 100
#define YAML_TREE_MAX_NODES 200000u

enum yaml_tree_kind { YAML_TREE_SCALAR, YAML_TREE_LIST, YAML_TREE_MAP, YAML_TREE_ALIAS };

struct yaml_tree_node {
    enum yaml_tree_kind kind;
    char *text; /* scalar: unescaped, base64 undone; alias: the anchor's name */
    bool merge; /* the plain key "<<" */
    struct yaml_scalar scalar;
    struct yaml_tree_node *first, *last, *next; /* members; of a map: key, value, key, … */
    struct yaml_tree_node *target;              /* alias */
    struct yaml_tree_node *made_before;         /* all nodes, for freeing */
};

struct yaml_tree {
    struct yaml_tree_node *root; /* NULL: no document */
    struct yaml_tree_node *made;
};

/* ERR_PROTOCOL for what yaml.v3 refuses, ERR_LIMIT beyond the bounds. On success: yaml_tree_done. */
int yaml_tree_read(const char *bytes, size_t len, struct yaml_tree *ret, struct err *err);
void yaml_tree_done(struct yaml_tree *tree);

/* What an alias stands for; anything else is itself. */
const struct yaml_tree_node *yaml_tree_follow(const struct yaml_tree_node *node);

#endif

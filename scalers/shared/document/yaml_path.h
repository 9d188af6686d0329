/* KEDA's valueLocation in YAML: "a.0.b". */
#ifndef SCALERS_SHARED_DOCUMENT_YAML_PATH_H
#define SCALERS_SHARED_DOCUMENT_YAML_PATH_H

#include "scalers/shared/document/yaml_tree.h"

/* The scalar it leads to, borrowed. ERR_NOT_FOUND: none; ERR_PROTOCOL: the document is no map; ERR_LIMIT: too
 * much work. */
int yaml_path_find(const struct yaml_tree *tree, const char *location, const struct yaml_tree_node **ret,
                   struct err *err);

#endif

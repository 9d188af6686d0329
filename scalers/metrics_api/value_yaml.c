/* Owns the way from a YAML body to a number. */
#include <string.h>

#include "scalers/metrics_api/value.h"
#include "scalers/shared/document/yaml_path.h"

static int read_scalar(const struct yaml_tree_node *node, double *ret, struct err *err)
{
    switch (node->scalar.type) {
    case YAML_SCALAR_INT:
    case YAML_SCALAR_FLOAT:
        *ret = node->scalar.number;
        return 0;
    case YAML_SCALAR_STRING:
        return value_from_text(node->text, strlen(node->text), ret, err);
    case YAML_SCALAR_NULL:
    case YAML_SCALAR_BOOL:
    case YAML_SCALAR_HUGE:
    case YAML_SCALAR_TIME:
        break;
    }
    return err_set(err, ERR_INVALID, "valueLocation leads to no number or quantity");
}

int value_read_yaml(const char *body, size_t len, const char *location, double *ret, struct err *err)
{
    struct yaml_tree tree = {0};
    const struct yaml_tree_node *node;
    int code = yaml_tree_read(body, len, &tree, err);
    if (code != 0)
        return code;
    code = yaml_path_find(&tree, location, &node, err);
    if (code == 0)
        code = read_scalar(node, ret, err);
    yaml_tree_done(&tree);
    return code;
}

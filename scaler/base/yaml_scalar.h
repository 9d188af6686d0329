/* What a YAML scalar is: null, boolean, number or string. Inner to base/yaml. */
#ifndef SCALER_BASE_YAML_SCALAR_H
#define SCALER_BASE_YAML_SCALAR_H

#include "scaler/base/err.h"
#include "scaler/base/yaml.h"

/* Fills node's kind and value from node->text, as a plain scalar without a tag. */
void yaml_scalar_resolve(struct yaml_node *node);
/* The same for a scalar with a tag ("tag:yaml.org,2002:int"): unknown tags and texts that do not fit are
 * errors. */
int yaml_scalar_resolve_tagged(struct yaml_node *node, const char *tag, struct err *err);

#endif

/* Request bodies and manifests as trees. */
#ifndef TESTS_SANDBOX_BODY_H
#define TESTS_SANDBOX_BODY_H

#include <jansson.h>

#include "scaler/base/err.h"
#include "tests/sandbox/patch.h"

struct call;
struct yaml_node;

json_t *body_from_yaml(const struct yaml_node *node); /* new reference */
/* JSON or, if the content type says so, YAML. -1: the reply holds the refusal. New reference. */
int body_decode(struct call *call, json_t **ret);
int body_decode_patch(struct call *call, enum patch_kind *ret_kind, json_t **ret);

#endif

/* The patch formats of the Kubernetes API. Pure functions on trees. */
#ifndef TESTS_SANDBOX_PATCH_H
#define TESTS_SANDBOX_PATCH_H

#include <jansson.h>
#include <stdbool.h>

#include "scaler/base/err.h"

enum patch_kind { PATCH_MERGE, PATCH_STRATEGIC, PATCH_JSON, PATCH_APPLY };

/* The new tree (new reference); target and patch stay as they are. ERR_INVALID: the patch does not fit (422);
 * ERR_PROTOCOL: it is not a patch at all (400). PATCH_APPLY is merged as PATCH_STRATEGIC (lists: merge keys
 * true) or PATCH_MERGE: fields that an earlier apply set and this one leaves out stay, and nobody owns
 * fields. */
int patch_apply(enum patch_kind kind, bool merge_keys, const json_t *target, json_t *patch, json_t **ret,
                struct err *err);

/* RFC 7386, in place. */
void patch_merge(json_t *target, json_t *patch);
/* Lists whose items have a known key are merged by it; understands $patch, $setElementOrder, $retainKeys and
 * $deleteFromPrimitiveList. In place. */
int patch_strategic(json_t *target, json_t *patch, struct err *err);
/* RFC 6902. On success *root is the new tree. */
int patch_json(json_t **root, json_t *operations, struct err *err);

/* Drops members that are null, all the way down: what decoding into a typed object does. */
void patch_strip_nulls(json_t *value);

#endif

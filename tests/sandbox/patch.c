/* Owns merge patch and the choice among formats. */
#include "tests/sandbox/patch.h"

#include "scaler/base/json.h"

void patch_merge(json_t *target, json_t *patch)
{
    const char *key;
    json_t *value;
    json_object_foreach (patch, key, value) {
        json_t *there = json_object_get(target, key);
        if (json_is_null(value)) {
            json_object_del(target, key);
        } else if (json_is_object(value)) {
            if (!json_is_object(there)) {
                json_object_set_new(target, key, json_object());
                there = json_object_get(target, key);
            }
            patch_merge(there, value);
        } else {
            json_object_set_new(target, key, json_deep_copy(value));
        }
    }
}

void patch_strip_nulls(json_t *value)
{
    const char *key;
    json_t *member;
    void *next;
    size_t i;
    json_object_foreach_safe(value, next, key, member)
    {
        if (json_is_null(member))
            json_object_del(value, key);
        else
            patch_strip_nulls(member);
    }
    json_array_foreach (value, i, member)
        patch_strip_nulls(member);
}

int patch_apply(enum patch_kind kind, bool merge_keys, const json_t *target, json_t *patch, json_t **ret,
                struct err *err)
{
    AUTO_JSON json_t *result = json_deep_copy(target);
    int code = 0;
    if (kind == PATCH_JSON)
        code = patch_json(&result, patch, err);
    else if (!json_is_object(patch))
        code = err_set(err, ERR_PROTOCOL, "the patch is not an object");
    else if (kind == PATCH_STRATEGIC || (kind == PATCH_APPLY && merge_keys))
        code = patch_strategic(result, patch, err);
    else
        patch_merge(result, patch);
    if (code == 0 && !json_is_object(result))
        code = err_set(err, ERR_INVALID, "the patched document is not an object");
    if (code == 0)
        *ret = json_incref(result);
    return code;
}

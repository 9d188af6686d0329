/* Owns reading the fields of a workload and keeping their text. */
#include "scaler/daemon/fields.h"

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"

bool fields_are_known(const struct kube_resource *resource)
{
    return text_eq(resource->group, "apps") &&
           (text_eq(resource->kind, "Deployment") || text_eq(resource->kind, "StatefulSet") ||
            text_eq(resource->kind, "ReplicaSet"));
}

int32_t field_replicas(json_t *part, int32_t absent)
{
    int64_t value = json_i64(part, "replicas", absent);
    if (value < 0)
        return 0;
    return value > INT32_MAX ? INT32_MAX : (int32_t)value;
}

void field_replace(char **field, const char **shown, const char *value)
{
    if (!text_eq(*field, value ? value : "")) {
        mem_free(*field);
        *field = mem_strdup(value ? value : "");
    }
    *shown = *field;
}

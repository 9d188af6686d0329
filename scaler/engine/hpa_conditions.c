/* Owns the list of conditions: one per type, in the order of first setting (spec/hpa-algorithm.md §7). */
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/engine/hpa.h"

const char *hpa_condition_type_name(enum hpa_condition_type type)
{
    static const char *const names[] = {
        [HPA_ABLE_TO_SCALE] = "AbleToScale",
        [HPA_SCALING_ACTIVE] = "ScalingActive",
        [HPA_SCALING_LIMITED] = "ScalingLimited",
        [HPA_SCALED_TO_ZERO] = "ScaledToZero",
    };
    return (size_t)type < ARRAY_LEN(names) ? names[type] : "";
}

const struct hpa_condition *hpa_condition_find(const struct hpa_status *status, enum hpa_condition_type type)
{
    for (size_t i = 0; i < status->conditions_len; i++)
        if (status->conditions[i].type == type)
            return &status->conditions[i];
    return NULL;
}

void hpa_condition_set(struct hpa_status *status, enum hpa_condition_type type, bool value,
                       const char *reason)
{
    size_t at = 0;
    while (at < status->conditions_len && status->conditions[at].type != type)
        at++;
    if (at == HPA_CONDITION_TYPES)
        return; /* cannot be: one per type */
    if (at == status->conditions_len)
        status->conditions_len++;
    status->conditions[at] = (struct hpa_condition){.type = type, .status = value, .reason = reason};
}

void hpa_condition_remove(struct hpa_status *status, enum hpa_condition_type type)
{
    for (size_t i = 0; i < status->conditions_len; i++) {
        if (status->conditions[i].type != type)
            continue;
        status->conditions_len--;
        memmove(&status->conditions[i], &status->conditions[i + 1],
                (status->conditions_len - i) * sizeof(status->conditions[0]));
        return;
    }
}

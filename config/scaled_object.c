/* Owns the fields of a ScaledObject's spec (spec/keda-engine.md §1.2). Triggers, behavior, annotations and
 * the rules between fields are in files of their own. */
#include <stddef.h>

#include "config/kinds.h"
#include "config/meta.h"
#include "config/names.h"
#include "scaler/base/mem.h"

#define OBJECT_AT(member) offsetof(struct scaled_object, member)

static const char *const fallback_kinds[] = {
    [FALLBACK_KIND_STATIC] = "static",
    [FALLBACK_KIND_CURRENT] = "currentReplicas",
    [FALLBACK_KIND_CURRENT_IF_HIGHER] = "currentReplicasIfHigher",
    [FALLBACK_KIND_CURRENT_IF_LOWER] = "currentReplicasIfLower",
    [FALLBACK_KIND_SCALING_MODIFIERS] = "scalingModifiers",
    NULL,
};

static const struct field target_fields[] = {
    {"name", FIELD_STRING, .required = true, .non_empty = true, .offset = OBJECT_AT(target.name),
     .check = name_check_subdomain},
    {"apiVersion", FIELD_STRING, .offset = OBJECT_AT(target.api_version), .check = name_check_api_version},
    {"kind", FIELD_STRING, .offset = OBJECT_AT(target.kind), .check = name_check_kind},
    {"envSourceContainerName", FIELD_STRING, .offset = OBJECT_AT(target.env_container)},
};

static const struct field fallback_fields[] = {
    {"failureThreshold", FIELD_INT32, .required = true, .offset = OBJECT_AT(fallback.failure_threshold),
     .max = INT32_MAX},
    {"replicas", FIELD_INT32, .required = true, .offset = OBJECT_AT(fallback.replicas), .max = INT32_MAX},
    {"behavior", FIELD_CHOICE, .offset = OBJECT_AT(fallback.kind), .choices = fallback_kinds},
};

static const struct field hpa_fields[] = {
    FIELD_KNOWN("name"),
    {"behavior", FIELD_CUSTOM, .offset = OBJECT_AT(behavior), .read = read_behavior},
};

static const struct field advanced_fields[] = {
    {"restoreToOriginalReplicaCount", FIELD_BOOL, .offset = OBJECT_AT(restore_to_original)},
    {"horizontalPodAutoscalerConfig", FIELD_MAP, .fields = hpa_fields, .fields_len = ARRAY_LEN(hpa_fields)},
    {"scalingModifiers", FIELD_CUSTOM, .read = read_scaling_modifiers},
};

static const struct field spec_fields[] = {
    {"scaleTargetRef", FIELD_MAP, .required = true, .fields = target_fields,
     .fields_len = ARRAY_LEN(target_fields)},
    {"pollingInterval", FIELD_SECONDS, .offset = OBJECT_AT(polling_ms), .min = 1, .max = INT32_MAX},
    {"initialCooldownPeriod", FIELD_SECONDS, .offset = OBJECT_AT(initial_cooldown_ms), .max = INT32_MAX},
    {"cooldownPeriod", FIELD_SECONDS, .offset = OBJECT_AT(cooldown_ms), .max = INT32_MAX},
    {"idleReplicaCount", FIELD_INT32, .offset = OBJECT_AT(idle), .set_offset = OBJECT_AT(has_idle),
     .max = INT32_MAX},
    {"minReplicaCount", FIELD_INT32, .offset = OBJECT_AT(min), .set_offset = OBJECT_AT(has_min),
     .max = INT32_MAX},
    {"maxReplicaCount", FIELD_INT32, .offset = OBJECT_AT(max), .min = 1, .max = INT32_MAX},
    {"triggers", FIELD_CUSTOM, .required = true, .read = read_triggers},
    {"fallback", FIELD_MAP, .set_offset = OBJECT_AT(fallback.set), .fields = fallback_fields,
     .fields_len = ARRAY_LEN(fallback_fields)},
    {"advanced", FIELD_MAP, .fields = advanced_fields, .fields_len = ARRAY_LEN(advanced_fields)},
    FIELD_KNOWN("davit"), /* read_extras: it or the annotation */
};

static const struct field document_fields[] = {
    FIELD_KNOWN("apiVersion"),
    FIELD_KNOWN("kind"),
    FIELD_KNOWN("metadata"), /* meta_read */
    {"spec", FIELD_MAP, .required = true, .fields = spec_fields, .fields_len = ARRAY_LEN(spec_fields)},
    FIELD_KNOWN("status"),
};

static struct scaled_object *new_object(void)
{
    struct scaled_object *object = mem_zalloc(sizeof(*object));
    object->refs = 1;
    object->polling_ms = 30 * 1000;
    object->cooldown_ms = 300 * 1000;
    object->max = 100;
    object->target.api_version = mem_strdup("");
    object->target.kind = mem_strdup("");
    object->target.env_container = mem_strdup("");
    return object;
}

static void default_if_empty(char **text, const char *value)
{
    if (**text)
        return;
    mem_free(*text);
    *text = mem_strdup(value);
}

/* `unknown` and a fine polling interval: from spec.davit, or from the annotation (where the API server prunes
 * the former). */
static void read_own_fields(struct walk *walk, const struct yaml_node *document, struct scaled_object *object)
{
    const struct yaml_node *extras = yaml_get(yaml_get(document, "spec"), "davit");
    if (extras && extras->kind != YAML_NULL) {
        size_t spec = walk_enter(walk, "spec");
        size_t davit = walk_enter(walk, "davit");
        read_extras(walk, extras, object);
        walk_leave(walk, davit);
        walk_leave(walk, spec);
    }
    read_annotations(walk, document, object);
}

struct scaled_object *scaled_object_build(struct walk *walk, const struct yaml_node *document,
                                          const char *default_ns, struct formula_pool *formulas)
{
    const struct meta_rules rules = {.name_max = NAME_LABEL_MAX, .default_ns = default_ns};
    struct scaled_object *object = new_object();
    meta_read(walk, document, &rules, &object->meta);
    walk_fields(walk, document, document_fields, ARRAY_LEN(document_fields), object);
    default_if_empty(&object->target.api_version, "apps/v1");
    default_if_empty(&object->target.kind, "Deployment");
    read_own_fields(walk, document, object);
    modifiers_compile(walk, document, object, formulas);
    behavior_apply_defaults(&object->behavior);
    if (walk->errors == 0) {
        size_t before = walk_enter(walk, "spec");
        check_scaled_object(walk, yaml_get(document, "spec"), object);
        walk_leave(walk, before);
    }
    if (walk->errors == 0)
        return object;
    scaled_object_unref(object);
    return NULL;
}

/* Owns the triggers of a ScaledObject as far as every type has it: type, name, metadata, authenticationRef,
 * metricType. What stands in metadata is params.c's. */
#include <string.h>

#include "config/kinds.h"
#include "scaler/base/mem.h"

#define TRIGGERS_MAX 64 /* the engine's bound, DECISION_TRIGGERS_MAX */

static const char *const auth_kinds[] = {"TriggerAuthentication", "ClusterTriggerAuthentication", NULL};

static void read_auth_ref(struct walk *walk, const struct yaml_node *node, void *out)
{
    struct raw_ref {
        char *name;
        int kind;
    } ref = {0};
    static const struct field fields[] = {
        {"name", FIELD_STRING, .required = true, .offset = offsetof(struct raw_ref, name)},
        {"kind", FIELD_CHOICE, .offset = offsetof(struct raw_ref, kind), .choices = auth_kinds},
    };
    struct auth_ref *auth = out;
    walk_fields(walk, node, fields, ARRAY_LEN(fields), &ref);
    auth->set = ref.name && *ref.name; /* an empty name is no authentication: KEDA's rule */
    auth->cluster = ref.kind == 1;
    auth->name = ref.name;
}

static void read_metadata(struct walk *walk, const struct yaml_node *node, void *out)
{
    struct trigger_spec *trigger = out;
    walk_text_map(walk, node, false, &trigger->metadata);
    trigger->metadata_marks = mem_zalloc_array(trigger->metadata.len, sizeof(struct config_mark));
    size_t at = 0;
    for (size_t i = 0; i < node->len && at < trigger->metadata.len; i++)
        if (strcmp(node->entries[i].key->text, trigger->metadata.items[at].key) == 0)
            trigger->metadata_marks[at++] = walk_mark(walk, node->entries[i].value);
}

static const struct field trigger_fields[] = {
    {"type", FIELD_STRING, .required = true, .non_empty = true,
     .offset = offsetof(struct trigger_spec, type)},
    {"name", FIELD_STRING, .offset = offsetof(struct trigger_spec, name)},
    {"metadata", FIELD_CUSTOM, .required = true, .read = read_metadata},
    {"useCachedMetrics", FIELD_BOOL, .offset = offsetof(struct trigger_spec, use_cached_metrics)},
    FIELD_KNOWN("metricType"), /* read_metric_type: it depends on the type */
    {"authenticationRef", FIELD_CUSTOM, .offset = offsetof(struct trigger_spec, auth), .read = read_auth_ref},
};

static bool is_type(const struct trigger_spec *trigger, const char *type)
{
    return text_eq(trigger->type, type);
}

bool trigger_is_resource(const struct trigger_spec *trigger)
{
    return is_type(trigger, "cpu") || is_type(trigger, "memory");
}

/* spec/keda-engine.md §4.1. "" is AverageValue, but for cpu and memory, which have no default. */
static void read_metric_type(struct walk *walk, const struct yaml_node *node, struct trigger_spec *trigger)
{
    const struct yaml_node *value = yaml_get(node, "metricType");
    const char *text = yaml_get_text(node, "metricType");
    if (value && value->kind != YAML_STRING && value->kind != YAML_NULL) {
        walk_error_at(walk, node, "metricType", "must be a string, not %s", yaml_kind_name(value->kind));
        return;
    }
    text = text ? text : "";
    trigger->value_metric = strcmp(text, "Value") == 0;
    trigger->utilization_metric = strcmp(text, "Utilization") == 0;
    bool average = strcmp(text, "AverageValue") == 0;
    if (trigger_is_resource(trigger)) {
        if (!average && !trigger->utilization_metric)
            walk_error_at(walk, node, "metricType", "must be Utilization or AverageValue for %s triggers",
                          trigger->type);
        return;
    }
    if (trigger->utilization_metric)
        walk_error_at(walk, node, "metricType", "Utilization is only for cpu and memory triggers");
    else if (*text && !average && !trigger->value_metric)
        walk_error_at(walk, node, "metricType", "must be AverageValue or Value, not \"%.40s\"", text);
}

static void read_trigger(struct walk *walk, const struct yaml_node *node, struct trigger_spec *trigger)
{
    trigger->mark = walk_mark(walk, node);
    trigger->name = mem_strdup("");
    walk_fields(walk, node, trigger_fields, ARRAY_LEN(trigger_fields), trigger);
    read_metric_type(walk, node, trigger);
    if (trigger->use_cached_metrics && (trigger_is_resource(trigger) || is_type(trigger, "cron")))
        walk_error_at(walk, node, "useCachedMetrics", "is not possible for %s triggers", trigger->type);
}

static void check_unique_name(struct walk *walk, const struct yaml_node *node,
                              const struct scaled_object *object, size_t index)
{
    const char *name = object->triggers[index].name;
    for (size_t i = 0; *name && i < index; i++)
        if (strcmp(object->triggers[i].name, name) == 0) {
            walk_error_at(walk, node, "name", "\"%.80s\" is the name of triggers[%zu] already", name, i);
            return;
        }
}

void read_triggers(struct walk *walk, const struct yaml_node *node, void *out)
{
    struct scaled_object *object = out;
    if (!walk_expect(walk, node, YAML_LIST))
        return;
    if (node->len == 0 || node->len > TRIGGERS_MAX) {
        walk_error(walk, node, "must have 1 to %d triggers, not %zu", TRIGGERS_MAX, node->len);
        return;
    }
    object->triggers = mem_zalloc_array(node->len, sizeof(*object->triggers));
    object->triggers_len = node->len;
    for (size_t i = 0; i < node->len; i++) {
        size_t before = walk_enter_index(walk, i);
        read_trigger(walk, node->items[i], &object->triggers[i]);
        check_unique_name(walk, node->items[i], object, i);
        walk_leave(walk, before);
    }
}

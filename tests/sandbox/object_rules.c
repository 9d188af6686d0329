/* Owns what the kinds demand of their fields: as much as a client can trip over, as rows. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/base64.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "tests/sandbox/object.h"

/* path ends in the last key; what leads there must exist for a default to be set, and for "required" to be
 * asked. */
static const struct {
    const char *kind, *parent, *key, *json;
} defaults[] = {
    {"Deployment", "spec", "replicas", "1"},
    {"Deployment", "spec", "revisionHistoryLimit", "10"},
    {"Deployment", "spec", "progressDeadlineSeconds", "600"},
    {"Deployment", "spec", "strategy",
     "{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxUnavailable\":\"25%\",\"maxSurge\":\"25%\"}}"},
    {"StatefulSet", "spec", "replicas", "1"},
    {"StatefulSet", "spec", "podManagementPolicy", "\"OrderedReady\""},
    {"StatefulSet", "spec", "updateStrategy",
     "{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"partition\":0}}"},
    {"ReplicaSet", "spec", "replicas", "1"},
    {"HorizontalPodAutoscaler", "spec", "minReplicas", "1"},
    {"Deployment", "", "status", "{}"},
    {"StatefulSet", "", "status", "{\"replicas\":0,\"availableReplicas\":0}"},
    {"ReplicaSet", "", "status", "{\"replicas\":0}"},
    {"Secret", "", "type", "\"Opaque\""},
    {"Namespace", "", "status", "{\"phase\":\"Active\"}"},
    {"SelfSubjectAccessReview", "", "status",
     "{\"allowed\":true,\"reason\":\"everybody may do everything here\"}"},
};

enum rule_type { RULE_INT, RULE_TEXT, RULE_OBJECT, RULE_LIST };

static const struct rule {
    const char *kind, *parent, *key;
    enum rule_type type;
    bool required;
    int64_t min; /* of an integer: 0 or 1; longest length of a text */
} rules[] = {
    {"Deployment", "", "spec", RULE_OBJECT, true, 0},
    {"Deployment", "spec", "replicas", RULE_INT, false, 0},
    {"Deployment", "spec", "selector", RULE_OBJECT, true, 0},
    {"Deployment", "spec", "template", RULE_OBJECT, true, 0},
    {"Deployment", "spec.template.spec", "containers", RULE_LIST, true, 0},
    {"StatefulSet", "", "spec", RULE_OBJECT, true, 0},
    {"StatefulSet", "spec", "replicas", RULE_INT, false, 0},
    {"StatefulSet", "spec", "selector", RULE_OBJECT, true, 0},
    {"StatefulSet", "spec", "template", RULE_OBJECT, true, 0},
    {"StatefulSet", "spec.template.spec", "containers", RULE_LIST, true, 0},
    {"ReplicaSet", "", "spec", RULE_OBJECT, true, 0},
    {"ReplicaSet", "spec", "replicas", RULE_INT, false, 0},
    {"ReplicaSet", "spec", "selector", RULE_OBJECT, true, 0},
    {"ReplicaSet", "spec", "template", RULE_OBJECT, true, 0},
    {"Rollout", "spec", "replicas", RULE_INT, false, 0},
    {"Pod", "", "spec", RULE_OBJECT, true, 0},
    {"Pod", "spec", "containers", RULE_LIST, true, 0},
    {"HorizontalPodAutoscaler", "", "spec", RULE_OBJECT, true, 0},
    {"HorizontalPodAutoscaler", "spec", "maxReplicas", RULE_INT, true, 1},
    {"HorizontalPodAutoscaler", "spec", "minReplicas", RULE_INT, false, 0},
    {"HorizontalPodAutoscaler", "spec", "scaleTargetRef", RULE_OBJECT, true, 0},
    {"HorizontalPodAutoscaler", "spec.scaleTargetRef", "kind", RULE_TEXT, true, 253},
    {"HorizontalPodAutoscaler", "spec.scaleTargetRef", "name", RULE_TEXT, true, 253},
    {"Lease", "", "spec", RULE_OBJECT, false, 0},
    {"Lease", "spec", "leaseDurationSeconds", RULE_INT, false, 1},
    {"Lease", "spec", "leaseTransitions", RULE_INT, false, 0},
    {"Lease", "spec", "holderIdentity", RULE_TEXT, false, 1024},
    {"ConfigMap", "", "data", RULE_OBJECT, false, 0},
    {"Secret", "", "data", RULE_OBJECT, false, 0},
    {"Event", "", "involvedObject", RULE_OBJECT, true, 0},
    {"Event", "", "reason", RULE_TEXT, false, 128},
    {"Event", "", "message", RULE_TEXT, false, 1024},
    {"Event", "", "type", RULE_TEXT, false, 128},
    /* The newer kind is stricter; its rows go by this name. */
    {"NewEvent", "", "eventTime", RULE_TEXT, true, 64},
    {"NewEvent", "", "regarding", RULE_OBJECT, true, 0},
    {"NewEvent", "", "reportingController", RULE_TEXT, true, 253},
    {"NewEvent", "", "reportingInstance", RULE_TEXT, true, 128},
    {"NewEvent", "", "action", RULE_TEXT, true, 128},
    {"NewEvent", "", "reason", RULE_TEXT, true, 128},
    {"NewEvent", "", "note", RULE_TEXT, false, 1024},
    {"NewEvent", "", "type", RULE_TEXT, true, 128},
    {"ScaledObject", "", "spec", RULE_OBJECT, true, 0},
    {"ScaledObject", "spec", "scaleTargetRef", RULE_OBJECT, true, 0},
    {"ScaledObject", "spec.scaleTargetRef", "name", RULE_TEXT, true, 253},
    {"ScaledObject", "spec", "triggers", RULE_LIST, true, 0},
};

/* "a.b" below object; "" is object itself. */
static json_t *dig_path(json_t *object, const char *path)
{
    while (object && *path) {
        size_t len = strcspn(path, ".");
        AUTO_FREE char *key = mem_strndup(path, len);
        object = json_object_get(object, key);
        path += len + (path[len] == '.');
    }
    return object;
}

/* stringData is only ever written: it becomes data. */
static void fold_string_data(json_t *secret)
{
    const char *key;
    json_t *value, *plain = json_object_get(secret, "stringData");
    if (!json_is_object(plain))
        return;
    if (!json_is_object(json_object_get(secret, "data")))
        json_object_set_new(secret, "data", json_object());
    json_object_foreach (plain, key, value) {
        AUTO_FREE char *encoded =
            json_is_string(value) ? base64_encode(json_string_value(value), json_string_length(value)) : NULL;
        if (encoded)
            json_object_set_new(json_object_get(secret, "data"), key, json_string(encoded));
    }
    json_object_del(secret, "stringData");
}

static void label_namespace(json_t *metadata)
{
    if (!json_object_get(metadata, "labels"))
        json_object_set_new(metadata, "labels", json_object());
    json_object_set(json_object_get(metadata, "labels"), "kubernetes.io/metadata.name",
                    json_object_get(metadata, "name"));
}

void object_set_defaults(const struct resource *resource, json_t *object)
{
    for (size_t i = 0; i < ARRAY_LEN(defaults); i++) {
        json_t *parent;
        if (strcmp(defaults[i].kind, resource->kind) != 0)
            continue;
        parent = dig_path(object, defaults[i].parent);
        if (json_is_object(parent) && !json_object_get(parent, defaults[i].key))
            json_object_set_new(parent, defaults[i].key, json_loads(defaults[i].json, JSON_DECODE_ANY, NULL));
    }
    if (strcmp(resource->kind, "Secret") == 0)
        fold_string_data(object);
    if (strcmp(resource->kind, "Namespace") == 0)
        label_namespace(json_object_get(object, "metadata"));
}

static int invalid(const struct resource *resource, json_t *object, const char *field, const char *reason,
                   const char *detail, struct reply *reply)
{
    const char *name = json_str(json_object_get(object, "metadata"), "name");
    const char *group = resource->flags & RES_NEW_EVENT ? "" : resource->group;
    return status_invalid(reply, resource->kind, group, name ? name : "", field, reason, detail);
}

static bool has_type(const struct rule *rule, json_t *value)
{
    switch (rule->type) {
    case RULE_INT:
        return json_is_integer(value) && json_integer_value(value) <= INT32_MAX &&
               json_integer_value(value) >= INT32_MIN;
    case RULE_TEXT:
        return json_is_string(value);
    case RULE_OBJECT:
        return json_is_object(value);
    default:
        return json_is_array(value);
    }
}

static bool is_empty(json_t *value)
{
    return !value || (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

static int check_rule(const struct rule *rule, const struct resource *resource, json_t *object,
                      struct reply *reply)
{
    static const char *const types[] = {"int32", "string", "object", "list"};
    char detail[128];
    json_t *parent = dig_path(object, rule->parent);
    json_t *value = json_object_get(parent, rule->key);
    AUTO_FREE char *field = mem_printf("%s%s%s", rule->parent, *rule->parent ? "." : "", rule->key);
    if (value && !has_type(rule, value)) {
        snprintf(detail, sizeof(detail), "cannot unmarshal %s into type %s", field, types[rule->type]);
        return status_undecodable(reply, resource->kind, resource->version, detail);
    }
    if (json_is_object(parent) && rule->required && is_empty(value))
        return invalid(resource, object, field, "FieldValueRequired", "Required value", reply);
    if (rule->type == RULE_INT && value && json_integer_value(value) < rule->min) {
        snprintf(detail, sizeof(detail), "Invalid value: %" JSON_INTEGER_FORMAT ": must be greater than %s0",
                 json_integer_value(value), rule->min ? "" : "or equal to ");
        return invalid(resource, object, field, "FieldValueInvalid", detail, reply);
    }
    if (rule->type == RULE_TEXT && json_string_length(value) > (size_t)rule->min) {
        snprintf(detail, sizeof(detail), "Too long: may not be more than %" PRId64 " bytes", rule->min);
        return invalid(resource, object, field, "FieldValueTooLong", detail, reply);
    }
    return 0;
}

/* Lower-case RFC 1123 subdomain; RBAC names may hold colons and capitals. */
bool object_name_is_valid(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > 253 || !isalnum((unsigned char)name[0]) || !isalnum((unsigned char)name[len - 1]))
        return false;
    for (const char *c = name; *c; c++)
        if (!(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '-' || *c == '.'))
            return false;
    return true;
}

static bool is_path_segment(const char *name)
{
    return *name && strlen(name) <= 253 && !strpbrk(name, "/%") && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

static int check_name(const struct resource *resource, json_t *object, struct reply *reply)
{
    const char *name = json_str(json_object_get(object, "metadata"), "name");
    const char *ns = json_str(json_object_get(object, "metadata"), "namespace");
    bool rbac = text_starts_with(resource->group, "rbac.");
    if (resource->flags & RES_REVIEW)
        return 0;
    if (ns && (!object_name_is_valid(ns) || strlen(ns) > 63))
        return invalid(resource, object, "metadata.namespace", "FieldValueInvalid",
                       "Invalid value: a lowercase RFC 1123 label is wanted", reply);
    if (rbac ? is_path_segment(name) : object_name_is_valid(name))
        return 0;
    AUTO_FREE char *detail = mem_printf("Invalid value: \"%s\": a lowercase RFC 1123 subdomain must consist "
                                        "of lower case alphanumeric characters, '-' or '.', "
                                        "and must start and end with an alphanumeric character",
                                        name);
    return invalid(resource, object, "metadata.name", "FieldValueInvalid", detail, reply);
}

/* The pods a workload makes must be its own. */
static int check_workload_selector(const struct resource *resource, json_t *object, struct reply *reply)
{
    json_t *labels = json_dig(object, "spec", "template", "metadata", "labels", NULL), *value;
    const char *key;
    if (!(resource->flags & RES_WORKLOAD) || resource->flags & RES_CUSTOM)
        return 0;
    bool own = true;
    json_object_foreach (json_dig(object, "spec", "selector", "matchLabels", NULL), key, value) {
        own = own && json_is_string(value) && json_equal(json_object_get(labels, key), value);
    }
    return own ? 0
               : invalid(resource, object, "spec.template.metadata.labels", "FieldValueInvalid",
                         "Invalid value: `selector` does not match template `labels`", reply);
}

static int check_secret_data(const struct resource *resource, json_t *object, struct reply *reply)
{
    const char *key;
    json_t *value;
    if (strcmp(resource->kind, "Secret") != 0)
        return 0;
    json_object_foreach (json_object_get(object, "data"), key, value) {
        char *bytes = NULL;
        size_t len = 0;
        if (!json_is_string(value) || base64_decode(json_string_value(value), &bytes, &len, NULL) != 0)
            return status_fail(reply, 400,
                               "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data");
        mem_free_secret(bytes);
    }
    return 0;
}

int object_check_fields(const struct resource *resource, json_t *object, struct reply *reply)
{
    const char *kind = resource->flags & RES_NEW_EVENT ? "NewEvent" : resource->kind;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (strcmp(rules[i].kind, kind) == 0 && check_rule(&rules[i], resource, object, reply) != 0)
            return -1;
    return 0;
}

int object_check_rules(const struct resource *resource, json_t *object, struct reply *reply)
{
    if (check_name(resource, object, reply) != 0)
        return -1;
    if (object_check_fields(resource, object, reply) != 0)
        return -1;
    if (check_workload_selector(resource, object, reply) != 0)
        return -1;
    return check_secret_data(resource, object, reply);
}

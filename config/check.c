/* Owns the checks that need more than one object or the trigger types: parameters, two objects with one
 * target. References between authentications and Secrets are check_auth.c's. */
#include "config/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/check_auth.h"
#include "scaler/base/mem.h"

struct check {
    const struct config_set *set;
    const struct trigger_schemas *schemas;
    const char *cluster_ns;
    struct diag_list *diags;
};

/* Where the findings of one trigger go. */
struct trigger_sink {
    struct params_error_sink base;
    struct diag_list *diags;
    const struct scaled_object *object;
    size_t index;
};

#define PATH_MAX_BYTES 256

static void add_at_trigger(struct diag_list *diags, enum diag_severity severity,
                           const struct scaled_object *object, size_t index, const char *field,
                           const char *message)
{
    char path[PATH_MAX_BYTES];
    const struct config_mark *mark = &object->triggers[index].mark;
    (void)snprintf(path, sizeof(path), "spec.triggers[%zu]%s%s", index, *field ? "." : "", field);
    diag_add(diags, severity, object->meta.file, mark->line, mark->column, path, "%s", message);
}

/* The key itself, or the one that names its environment variable. */
static const struct config_mark *mark_of(const struct trigger_spec *trigger, const char *key)
{
    size_t len = strlen(key);
    for (size_t i = 0; i < trigger->metadata.len; i++) {
        const char *candidate = trigger->metadata.items[i].key;
        if (strncmp(candidate, key, len) == 0 && (!candidate[len] || strcmp(candidate + len, "FromEnv") == 0))
            return &trigger->metadata_marks[i];
    }
    return &trigger->mark;
}

static void on_finding(struct params_error_sink *base, bool warning, const char *key, const char *message)
{
    const struct trigger_sink *sink = container_of(base, struct trigger_sink, base);
    enum diag_severity severity = warning ? DIAG_WARNING : DIAG_ERROR;
    if (!key) {
        add_at_trigger(sink->diags, severity, sink->object, sink->index, "", message);
        return;
    }
    char path[PATH_MAX_BYTES];
    const struct config_mark *mark = mark_of(&sink->object->triggers[sink->index], key);
    (void)snprintf(path, sizeof(path), "spec.triggers[%zu].metadata.%.160s", sink->index, key);
    diag_add(sink->diags, severity, sink->object->meta.file, mark->line, mark->column, path, "%s", message);
}

static void warn_env_keys(const struct trigger_schema *schema, const struct trigger_spec *trigger,
                          struct params_error_sink *sink)
{
    for (size_t i = 0; i < trigger->metadata.len; i++)
        if (params_is_env_key(schema, trigger->metadata.items[i].key))
            params_warn(sink, trigger->metadata.items[i].key,
                        "not checked: the environment of the target's container is not known here");
}

/* An authentication is spoken of once per object, however many triggers use it. */
static bool named_before(const struct scaled_object *object, size_t index)
{
    const struct auth_ref *auth = &object->triggers[index].auth;
    for (size_t i = 0; i < index; i++) {
        const struct auth_ref *other = &object->triggers[i].auth;
        if (other->set && other->cluster == auth->cluster && strcmp(other->name, auth->name) == 0)
            return true;
    }
    return false;
}

/* Fills *ret with what is known; true: there may be more. */
static bool resolve_auth(const struct check *check, const struct scaled_object *object, size_t index,
                         struct text_map *ret)
{
    const struct auth_ref *ref = &object->triggers[index].auth;
    const char *kind = ref->cluster ? "ClusterTriggerAuthentication" : "TriggerAuthentication";
    if (!ref->set)
        return false;
    const struct trigger_auth *auth = config_find_auth(check->set, ref->cluster, object->meta.ns, ref->name);
    if (auth && !*auth->unsupported)
        return check_auth_resolve(check->set, auth, check->cluster_ns, ret);
    if (named_before(object, index))
        return true;
    AUTO_FREE char *text =
        auth
            ? mem_printf("%s %.80s: %s is not supported by this version", kind, ref->name, auth->unsupported)
            : mem_printf("%s %.80s is not among the files; what it supplies is not checked", kind, ref->name);
    add_at_trigger(check->diags, auth ? DIAG_ERROR : DIAG_WARNING, object, index, "authenticationRef", text);
    return true;
}

static void check_trigger(const struct check *check, const struct scaled_object *object, size_t index)
{
    const struct trigger_spec *trigger = &object->triggers[index];
    struct trigger_sink sink = {{on_finding}, check->diags, object, index};
    struct text_map auth = {0};
    bool auth_unknown = resolve_auth(check, object, index, &auth);
    const struct trigger_schema *schema = check->schemas->find(trigger->type);
    if (!schema) {
        AUTO_FREE char *text = mem_printf("there is no scaler for type \"%.80s\"", trigger->type);
        add_at_trigger(check->diags, DIAG_ERROR, object, index, "type", text);
    } else {
        const struct params_context context = {
            .metadata = &trigger->metadata,
            .auth = &auth,
            .auth_unknown = auth_unknown,
            .env_unknown = true,
            .ns = object->meta.ns,
            .utilization = trigger->utilization_metric,
            .metric_source = object->modifiers.set,
            .trigger_index = (unsigned)index,
        };
        void *config = mem_zalloc(schema->config_size);
        warn_env_keys(schema, trigger, &sink.base);
        if (params_parse(schema, &context, config, &sink.base) == 0)
            params_done(schema, config);
        mem_free(config);
    }
    text_map_done_secret(&auth);
}

/* "apps/v1" and "apps/v1beta1" name the same object: only the group counts. */
static size_t group_len(const char *api_version)
{
    const char *slash = strchr(api_version, '/');
    return slash ? (size_t)(slash - api_version) : 0;
}

static int compare_targets(const struct scaled_object *a, const struct scaled_object *b)
{
    size_t a_group = group_len(a->target.api_version), b_group = group_len(b->target.api_version);
    int order = strcmp(a->meta.ns, b->meta.ns);
    if (order == 0)
        order = strcmp(a->target.name, b->target.name);
    if (order == 0)
        order = strcmp(a->target.kind, b->target.kind);
    if (order == 0)
        order = (a_group > b_group) - (a_group < b_group);
    return order ? order : memcmp(a->target.api_version, b->target.api_version, a_group);
}

static int by_target(const void *left, const void *right)
{
    const struct scaled_object *a = *(struct scaled_object *const *)left,
                               *b = *(struct scaled_object *const *)right;
    int order = compare_targets(a, b);
    if (order == 0)
        order = strcmp(a->meta.file, b->meta.file);
    if (order == 0)
        order = (a->meta.mark.line > b->meta.mark.line) - (a->meta.mark.line < b->meta.mark.line);
    return order ? order : strcmp(a->meta.name, b->meta.name);
}

static void check_targets(const struct check *check)
{
    size_t len = check->set->objects_len;
    struct scaled_object **order = mem_zalloc_array(len, sizeof(struct scaled_object *));
    for (size_t i = 0; i < len; i++)
        order[i] = check->set->objects[i];
    if (len > 1)
        qsort(order, len, sizeof(struct scaled_object *), by_target);
    for (size_t first = 0, i = 1; i < len; i++) {
        const struct scaled_object *object = order[i];
        if (compare_targets(order[first], object) == 0)
            diag_add(check->diags, DIAG_ERROR, object->meta.file, object->meta.mark.line,
                     object->meta.mark.column, "spec.scaleTargetRef",
                     "%s %s is the target of ScaledObject %s already", object->target.kind,
                     object->target.name, order[first]->meta.name);
        else
            first = i;
    }
    mem_free(order);
}

void config_check(const struct config_set *set, const struct trigger_schemas *schemas, const char *cluster_ns,
                  struct diag_list *diags)
{
    const struct check check = {set, schemas, cluster_ns ? cluster_ns : "", diags};
    for (size_t i = 0; i < set->auths_len; i++)
        check_auth_refs(set, set->auths[i], check.cluster_ns, diags);
    for (size_t i = 0; i < set->objects_len; i++)
        for (size_t t = 0; t < set->objects[i]->triggers_len; t++)
            check_trigger(&check, set->objects[i], t);
    check_targets(&check);
}

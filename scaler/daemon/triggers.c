/* Owns the way from a manifest's triggers to queries of the planner, and from the manifest to the engine's
 * policy. */
#include <stdio.h>

#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/daemon/internal.h"
#include "scaler/daemon/policy_build.h"

struct first_error {
    struct params_error_sink sink;
    char text[ERR_TEXT_MAX];
};

static void keep_errors(struct params_error_sink *sink, bool warning, const char *key, const char *message)
{
    struct first_error *first = container_of(sink, struct first_error, sink);
    if (warning)
        return;
    size_t used = strnlen(first->text, sizeof first->text);
    snprintf(first->text + used, sizeof first->text - used, "%s%s%s%s", used ? "; " : "", key ? key : "",
             key ? ": " : "", message);
}

/* true: it is news. */
static bool set_error(struct trigger *trigger, const char *text)
{
    if (text_eq(trigger->error, text))
        return false;
    mem_free(trigger->error);
    trigger->error = mem_strdup(text);
    return text != NULL;
}

void trigger_set_error(struct trigger *trigger, const char *text)
{
    if (set_error(trigger, text))
        report_trigger_error(trigger->object, trigger, (uint32_t)(trigger - trigger->object->triggers));
}

static void drop_query(struct trigger *trigger)
{
    if (trigger->query) {
        query_forget(&trigger->waiter);
        query_unref(trigger->query);
    }
    trigger->query = NULL;
    trigger->waiting = false;
    own_usage_free(trigger->own_usage);
    trigger->own_usage = NULL;
}

/* Parses the parameters; NULL and the text in first when they are wrong. */
static void *parse(struct object *object, const struct scaler_type *type, uint32_t index,
                   const struct text_map *auth, const struct text_map *env, struct first_error *first)
{
    struct params_context context = {.metadata = &object->spec->triggers[index].metadata,
                                     .auth = auth,
                                     .env = env,
                                     .ns = object->spec->meta.ns,
                                     .utilization = object->spec->triggers[index].utilization_metric,
                                     .metric_source = object->spec->modifiers.set,
                                     .trigger_index = index};
    void *config = mem_zalloc(type->schema.config_size);
    if (params_parse(&type->schema, &context, config, &first->sink) == 0)
        return config;
    mem_free(config);
    return NULL;
}

static bool describe(struct object *object, uint32_t index, const struct scaler_type *type,
                     const void *config, struct first_error *first)
{
    struct scaler_target target;
    struct err err;
    struct trigger *trigger = &object->triggers[index];
    int rc = policy_describe_trigger(type, config, object->spec->modifiers.set,
                                     &object->trigger_policies[index], &target, &err);
    mem_free(trigger->metric_name);
    trigger->metric_name = mem_printf("s%u-%s", index, target.metric_name);
    if (rc < 0)
        snprintf(first->text, sizeof first->text, "%s", err.msg);
    return rc == 0;
}

/* What asks for it follows once the target's pods are known. config NULL: it is wrong. */
static void attach_own_usage(struct trigger *trigger, void *config_take, const char *problem)
{
    struct scaler_resource resource;
    if (!config_take) {
        drop_query(trigger);
        trigger->reading = (struct reading){.state = READING_ERROR};
        trigger_set_error(trigger, problem);
        return;
    }
    trigger->type->resource(config_take, &resource);
    if (!trigger->own_usage || own_usage_differs(trigger->own_usage, &resource)) {
        drop_query(trigger);
        trigger->own_usage = own_usage_new(&resource);
        trigger->reading = (struct reading){.state = READING_PENDING};
        trigger_set_error(trigger, NULL);
    }
    params_done(&trigger->type->schema, config_take);
    mem_free(config_take);
}

static void attach(struct object *object, uint32_t index, const struct text_map *auth,
                   const struct text_map *env)
{
    struct trigger *trigger = &object->triggers[index];
    struct first_error first = {.sink.add = keep_errors};
    struct err err;
    void *config = parse(object, trigger->type, index, auth, env, &first);
    if (config && !describe(object, index, trigger->type, config, &first)) {
        params_done(&trigger->type->schema, config);
        mem_free(config);
        config = NULL;
    }
    if (trigger->type->resource) {
        attach_own_usage(trigger, config, first.text);
        return;
    }
    struct query *query = NULL;
    if (config && planner_query(object->daemon->planner, trigger->type, config, &query, &err) < 0)
        snprintf(first.text, sizeof first.text, "%s", err.msg);
    if (query && query == trigger->query) {
        query_unref(query); /* nothing changed */
        return;
    }
    drop_query(trigger);
    trigger->query = query;
    trigger->reading = (struct reading){.state = query ? READING_PENDING : READING_ERROR};
    if (set_error(trigger, query ? NULL : first.text))
        report_trigger_error(object, trigger, index);
}

static void build_one(struct object *object, uint32_t index)
{
    struct trigger *trigger = &object->triggers[index];
    const struct trigger_spec *spec = &object->spec->triggers[index];
    struct text_map auth = {0}, env = {0};
    struct err err = {0};
    trigger->type = object->daemon->registry->find(spec->type);
    if (!trigger->type) {
        drop_query(trigger);
        trigger->reading = (struct reading){.state = READING_ERROR};
        AUTO_FREE char *text = mem_printf("no scaler for trigger type \"%s\"", spec->type);
        if (set_error(trigger, text))
            report_trigger_error(object, trigger, index);
        return;
    }
    switch (credentials_resolve(object, spec, &auth, &env, &err)) {
    case RESOLVE_OK:
        attach(object, index, &auth, &env);
        break;
    case RESOLVE_PENDING: /* what ran goes on until the new values are known */
        if (!trigger->query)
            set_error(trigger, "waiting for credentials");
        break;
    case RESOLVE_ERROR:
        if (trigger->query)
            break; /* unreadable now is not changed: keep asking with what is known */
        trigger->reading = (struct reading){.state = READING_ERROR};
        if (set_error(trigger, err.msg))
            report_trigger_error(object, trigger, index);
        break;
    }
    text_map_done_secret(&auth);
    text_map_done_secret(&env);
}

/* ---- a new manifest ---- */

static bool same_map(const struct text_map *a, const struct text_map *b)
{
    for (size_t i = 0; i < a->len; i++)
        if (!text_eq(a->items[i].value, text_map_get(b, a->items[i].key)))
            return false;
    return a->len == b->len;
}

static bool same_trigger(const struct scaled_object *a, const struct scaled_object *b, uint32_t index)
{
    if (index >= a->triggers_len || index >= b->triggers_len)
        return false;
    const struct trigger_spec *x = &a->triggers[index], *y = &b->triggers[index];
    return text_eq(x->type, y->type) && same_map(&x->metadata, &y->metadata) &&
           x->value_metric == y->value_metric && x->utilization_metric == y->utilization_metric &&
           x->auth.set == y->auth.set && x->auth.cluster == y->auth.cluster &&
           text_eq(x->auth.name, y->auth.name) && text_eq(a->target.env_container, b->target.env_container);
}

void trigger_forget(struct object *object, uint32_t index)
{
    struct trigger *trigger = &object->triggers[index];
    drop_query(trigger);
    trigger->reading = (struct reading){.state = READING_PENDING};
    trigger->ok_ms = 0;
    set_error(trigger, NULL);
    mem_free(trigger->metric_name);
    trigger->metric_name = NULL;
    object->trigger_policies[index] = (struct trigger_policy){0};
}

void triggers_compare(struct object *object, const struct scaled_object *next)
{
    struct history *history = &object->history;
    for (uint32_t i = 0; i < object->triggers_len || i < history->triggers_len; i++) {
        if (same_trigger(object->spec, next, i))
            continue;
        if (i < object->triggers_len)
            trigger_forget(object, i);
        if (i < history->triggers_len)
            history->triggers[i] = (struct trigger_health){0};
    }
}

static void resize(struct object *object)
{
    uint32_t len = (uint32_t)object->spec->triggers_len;
    if (object->triggers && object->triggers_len == len)
        return;
    triggers_drop(object);
    object->triggers = mem_zalloc_array(len, sizeof *object->triggers);
    object->triggers_len = len;
    for (uint32_t i = 0; i < len; i++)
        object->triggers[i].object = object;
    mem_free(object->trigger_policies);
    object->trigger_policies = mem_zalloc_array(len, sizeof *object->trigger_policies);
}

static void prepare_policies(struct object *object)
{
    for (uint32_t i = 0; i < object->triggers_len; i++)
        policy_build_trigger(&object->spec->triggers[i], &object->trigger_policies[i]);
    history_set_triggers(&object->history, object->triggers_len);
}

void triggers_build(struct object *object)
{
    round_abort(object);
    resize(object);
    prepare_policies(object);
    struct values_ref **old = object->refs;
    size_t old_len = object->refs_len;
    object->refs = NULL;
    object->refs_len = 0;
    for (uint32_t i = 0; i < object->triggers_len; i++)
        build_one(object, i);
    /* Released only now, so that what stays in use is not watched anew. */
    for (size_t i = 0; i < old_len; i++)
        values_release(old[i]);
    mem_free(old);
    object->built = true;
}

void triggers_drop(struct object *object)
{
    for (uint32_t i = 0; object->triggers && i < object->triggers_len; i++) {
        drop_query(&object->triggers[i]);
        mem_free(object->triggers[i].error);
        mem_free(object->triggers[i].metric_name);
    }
    mem_free(object->triggers);
    object->triggers = NULL;
    object->triggers_len = 0;
    object->built = false;
}

void policy_fill(const struct object *object, struct policy *ret)
{
    const struct daemon_options *options = object->daemon->options;
    const struct policy_options common = {.tolerance = options->tolerance,
                                          .down_window_s = options->down_window_s,
                                          .hold_unknown = options->hold_unknown,
                                          .scratch = object->daemon->scratch};
    policy_build(object->spec, &common, object->created_ms, object->trigger_policies, object->triggers_len,
                 ret);
}

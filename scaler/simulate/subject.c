/* Owns the way from a manifest to something that can be simulated. */
#include "scaler/simulate/subject.h"

#include <stdio.h>
#include <string.h>

#include "scaler/base/mem.h"

struct first_error {
    struct params_error_sink sink;
    struct err *err;
    bool any;
};

static void keep_first(struct params_error_sink *sink, bool warning, const char *key, const char *message)
{
    struct first_error *first = container_of(sink, struct first_error, sink);
    if (warning || first->any)
        return;
    first->any = true;
    (void)err_set(first->err, ERR_CONFIG, "%s%s%s", key ? key : "", key ? ": " : "", message);
}

static int read_params(const struct scaler_type *type, const struct scaled_object *object, uint32_t index,
                       struct subject_trigger *trigger, struct trigger_policy *policy, struct err *err)
{
    struct first_error first = {.sink.add = keep_first, .err = err};
    const struct trigger_spec *spec = &object->triggers[index];
    const struct params_context context = {.metadata = &spec->metadata,
                                           .auth_unknown = true,
                                           .env_unknown = true,
                                           .ns = object->meta.ns,
                                           .utilization = spec->utilization_metric,
                                           .metric_source = object->modifiers.set,
                                           .trigger_index = index};
    struct scaler_target target;
    void *config = mem_zalloc(type->schema.config_size);
    int rc = params_parse(&type->schema, &context, config, &first.sink);
    if (rc < 0) {
        mem_free(config);
        return rc;
    }
    rc = policy_describe_trigger(type, config, object->modifiers.set, policy, &target, err);
    if (rc == 0 && type->resource) {
        trigger->resource = true;
        type->resource(config, &trigger->goal);
        trigger->goal.container = ""; /* pods are made up alike, of one container */
    }
    if (rc == 0 && type->evaluate) {
        trigger->type = type;
        trigger->config = config;
        return 0;
    }
    params_done(&type->schema, config);
    mem_free(config);
    return rc;
}

static int build_trigger(struct subject *subject, uint32_t index, const struct scaler_registry *registry,
                         struct err *err)
{
    const struct trigger_spec *spec = &subject->spec->triggers[index];
    struct subject_trigger *trigger = &subject->triggers[index];
    struct trigger_policy *policy = &subject->policies[index];
    trigger->name = text_empty(spec->name) ? mem_printf("s%u", index) : mem_strdup(spec->name);
    policy_build_trigger(spec, policy);
    const struct scaler_type *type = registry->find(spec->type);
    if (!type)
        return err_set(err, ERR_CONFIG, "there is no scaler for type \"%.80s\"", spec->type);
    return read_params(type, subject->spec, index, trigger, policy, err);
}

int subject_init(struct subject *subject, struct scaled_object *spec, const struct scaler_registry *registry,
                 struct err *err)
{
    *subject = (struct subject){
        .spec = scaled_object_ref(spec),
        .id = mem_printf("%s/%s", spec->meta.ns, spec->meta.name),
        .triggers = mem_zalloc_array(spec->triggers_len, sizeof *subject->triggers),
        .policies = mem_zalloc_array(spec->triggers_len, sizeof *subject->policies),
        .triggers_len = (uint32_t)spec->triggers_len,
    };
    for (uint32_t i = 0; i < subject->triggers_len; i++) {
        int rc = build_trigger(subject, i, registry, err);
        if (rc < 0) {
            const struct config_mark *mark = &spec->triggers[i].mark;
            err_wrap(err, "%s:%d:%d: spec.triggers[%u]", spec->meta.file, mark->line, mark->column, i);
            subject_done(subject);
            return rc;
        }
    }
    return 0;
}

void subject_done(struct subject *subject)
{
    for (uint32_t i = 0; i < subject->triggers_len; i++) {
        struct subject_trigger *trigger = &subject->triggers[i];
        mem_free(trigger->name);
        if (trigger->config)
            params_done(&trigger->type->schema, trigger->config);
        mem_free(trigger->config);
    }
    mem_free(subject->triggers);
    mem_free(subject->policies);
    mem_free(subject->channels);
    mem_free(subject->id);
    scaled_object_unref(subject->spec);
    *subject = (struct subject){0};
}

static enum trace_section section_of(const struct subject_trigger *trigger)
{
    if (!trigger->resource)
        return TRACE_TRIGGERS;
    return strcmp(trigger->goal.name, "cpu") == 0 ? TRACE_CPU : TRACE_MEMORY;
}

static bool is_name(const struct subject *subject, const char *name)
{
    for (uint32_t i = 0; i < subject->triggers_len; i++)
        if (strcmp(subject->triggers[i].name, name) == 0)
            return true;
    return false;
}

static void each_channel(const struct subject *subject, struct trace *trace, int32_t *ret_channels)
{
    for (uint32_t i = 0; i < subject->triggers_len; i++) {
        const struct subject_trigger *trigger = &subject->triggers[i];
        char alias[16];
        (void)snprintf(alias, sizeof alias, "s%u", i);
        uint32_t channel = trace_declare(trace, section_of(trigger), trigger->name);
        if (ret_channels)
            ret_channels[channel] = (int32_t)i;
        if (is_name(subject, alias))
            continue;
        channel = trace_declare(trace, section_of(trigger), alias);
        if (ret_channels)
            ret_channels[channel] = (int32_t)i;
    }
}

void subject_declare(const struct subject *subject, struct trace *trace)
{
    each_channel(subject, trace, NULL);
}

void subject_bind(struct subject *subject, struct trace *trace)
{
    mem_free(subject->channels);
    subject->channels_len = trace->channels_len;
    subject->channels = mem_zalloc_array(trace->channels_len, sizeof *subject->channels);
    for (uint32_t i = 0; i < trace->channels_len; i++)
        subject->channels[i] = -1;
    each_channel(subject, trace, subject->channels);
}

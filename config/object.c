/* Owns the life of built objects: shared by reference count, never changed. */
#include "config/object.h"

#include "config/formulas.h"
#include "config/meta.h"
#include "scaler/base/mem.h"

static void trigger_done(struct trigger_spec *trigger)
{
    mem_free(trigger->type);
    mem_free(trigger->name);
    mem_free(trigger->auth.name);
    mem_free(trigger->metadata_marks);
    /* Careless manifests hold passwords here. */
    text_map_done_secret(&trigger->metadata);
}

static void scaled_object_free(struct scaled_object *object)
{
    meta_done(&object->meta);
    mem_free(object->target.api_version);
    mem_free(object->target.kind);
    mem_free(object->target.name);
    mem_free(object->target.env_container);
    for (size_t i = 0; i < object->triggers_len; i++)
        trigger_done(&object->triggers[i]);
    mem_free(object->triggers);
    shared_formula_unref(object->modifiers.formula);
    mem_free(object->modifiers.inputs);
    mem_free(object);
}

static void key_refs_free(struct auth_key_ref *refs, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        mem_free(refs[i].parameter);
        mem_free(refs[i].name);
        mem_free(refs[i].key);
        mem_free(refs[i].container);
    }
    mem_free(refs);
}

static void trigger_auth_free(struct trigger_auth *auth)
{
    meta_done(&auth->meta);
    key_refs_free(auth->env, auth->env_len);
    key_refs_free(auth->config_maps, auth->config_maps_len);
    key_refs_free(auth->secrets, auth->secrets_len);
    mem_free(auth->file_path);
    mem_free(auth->unsupported);
    mem_free(auth);
}

static void key_values_free(struct key_values *values)
{
    meta_done(&values->meta);
    text_map_done_secret(&values->data);
    mem_free(values);
}

void scaled_object_unref(struct scaled_object *object)
{
    if (object && --object->refs == 0)
        scaled_object_free(object);
}

struct scaled_object *scaled_object_ref(struct scaled_object *object)
{
    object->refs++;
    return object;
}

void trigger_auth_unref(struct trigger_auth *auth)
{
    if (auth && --auth->refs == 0)
        trigger_auth_free(auth);
}

struct trigger_auth *trigger_auth_ref(struct trigger_auth *auth)
{
    auth->refs++;
    return auth;
}

void key_values_unref(struct key_values *values)
{
    if (values && --values->refs == 0)
        key_values_free(values);
}

struct key_values *key_values_ref(struct key_values *values)
{
    values->refs++;
    return values;
}

/* Owns where a trigger's authentication parameters and environment come from (spec/keda-engine.md §5.2–§5.4):
 * TriggerAuthentications of the directory, Secrets and ConfigMaps of directory or API, the target's pod
 * template. Everything used is watched; a change rebuilds the triggers. */
#include <string.h>

#include "scaler/base/file.h"
#include "scaler/base/json.h"
#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/daemon/env.h"
#include "scaler/daemon/internal.h"

#define REBUILD_MS    20
#define FILE_AUTH_MAX ((size_t)1 << 20)

static void on_rebuild(struct timer *timer)
{
    struct object *object = container_of(timer, struct object, rebuild_timer);
    object->built = false;
    round_abort(object);
    if (object->phase == OBJECT_RUNNING)
        round_begin(object);
}

static void rebuild_soon(struct object *object)
{
    if (!object->dead)
        timer_start(object->daemon->net, &object->rebuild_timer, REBUILD_MS, on_rebuild);
}

static void on_values_changed(void *arg)
{
    rebuild_soon(arg);
}

static struct values_ref *values_of(struct object *object, bool secret, const char *ns, const char *name)
{
    for (size_t i = 0; i < object->refs_len; i++)
        if (values_is(object->refs[i], secret, ns, name))
            return object->refs[i];
    object->refs = mem_realloc_array(object->refs, object->refs_len + 1, sizeof *object->refs);
    struct values_ref *ref =
        values_acquire(object->daemon->values, secret, ns, name, on_values_changed, object);
    object->refs[object->refs_len++] = ref;
    return ref;
}

void credentials_drop(struct object *object)
{
    for (size_t i = 0; i < object->refs_len; i++)
        values_release(object->refs[i]);
    mem_free(object->refs);
    object->refs = NULL;
    object->refs_len = 0;
}

/* ---- the target's pod template ---- */

static uint64_t uid_hash(const char *uid)
{
    return uid ? text_hash(uid, strlen(uid)) : 0;
}

/* Current as of what the watch knows now: an answer it has not caught up with must not be asked for again and
 * again. */
static void note_template_age(struct object *object, int64_t generation)
{
    const struct target_info *info = object->target ? target_info(object->target) : NULL;
    object->template_generation = info && info->generation > generation ? info->generation : generation;
    object->template_uid = uid_hash(info ? info->uid : NULL);
}

static void on_template(int status, json_t *body, const struct err *error, void *arg)
{
    (void)status;
    struct object *object = arg;
    object->template_call = NULL;
    if (object->dead) {
        object_release(object);
        return;
    }
    if (error && error->code == ERR_CANCELED) { /* the target it was for is not ours any more */
        rebuild_soon(object);
        return;
    }
    if (error) {
        log_warn(object->id, "cannot read the target's pod template for its environment: %s", error->msg);
        object->built = false; /* the next round asks again */
        return;
    }
    json_decref(object->template_spec);
    json_t *spec = json_dig(body, "spec", "template", "spec", NULL);
    object->template_spec = spec ? json_incref(spec) : json_object();
    note_template_age(object, json_i64(json_object_get(body, "metadata"), "generation", 0));
    rebuild_soon(object);
}

static bool template_current(const struct object *object)
{
    const struct target_info *info = object->target ? target_info(object->target) : NULL;
    return object->template_spec && info && object->template_generation >= info->generation &&
           object->template_uid == uid_hash(info->uid);
}

static enum resolve_result need_template(struct object *object, struct err *err)
{
    if (template_current(object))
        return RESOLVE_OK;
    if (object->template_call || !object->resource)
        return object->template_spec ? RESOLVE_OK : RESOLVE_PENDING;
    AUTO_FREE char *path =
        kube_resource_path(object->resource, object->spec->meta.ns, object->spec->target.name, NULL);
    struct kube_request request = {.method = "GET", .path = path};
    if (kube_start(object->daemon->client, &request, on_template, object, &object->template_call, err) < 0)
        return RESOLVE_ERROR;
    return object->template_spec ? RESOLVE_OK
                                 : RESOLVE_PENDING; /* the old one serves until the new one is here */
}

void credentials_target_changed(struct object *object)
{
    if (object->template_spec && !template_current(object))
        rebuild_soon(object);
}

struct object_env {
    struct env_source source;
    struct object *object;
};

static enum env_lookup lookup_env(struct env_source *source, bool secret, const char *name,
                                  const struct text_map **ret, struct err *err)
{
    struct object *object = container_of(source, struct object_env, source)->object;
    struct values_ref *ref = values_of(object, secret, object->spec->meta.ns, name);
    *ret = values_data(ref);
    switch (values_state(ref)) {
    case VALUES_PENDING:
        return ENV_WAIT;
    case VALUES_PRESENT:
        return ENV_FOUND;
    case VALUES_ABSENT:
        return ENV_MISSING;
    case VALUES_UNREADABLE:
        break;
    }
    err_set(err, ERR_IO, "%s %s of the container's environment: %s", secret ? "Secret" : "ConfigMap", name,
            values_error(ref));
    return ENV_FAILED;
}

static enum resolve_result container_env(struct object *object, const char *container, struct text_map *ret,
                                         struct err *err)
{
    enum resolve_result result = need_template(object, err);
    if (result != RESOLVE_OK)
        return result;
    struct object_env env = {.source.lookup = lookup_env, .object = object};
    int rc = env_resolve(object->template_spec, container, &env.source, ret, err);
    return rc < 0 ? RESOLVE_ERROR : rc > 0 ? RESOLVE_PENDING : RESOLVE_OK;
}

/* ---- one TriggerAuthentication ---- */

static enum resolve_result add_env_refs(struct object *object, const struct trigger_auth *auth,
                                        struct text_map *ret, struct err *err)
{
    for (size_t i = 0; i < auth->env_len; i++) {
        struct text_map env = {0};
        enum resolve_result result = container_env(object, auth->env[i].container, &env, err);
        if (result != RESOLVE_OK)
            return result;
        const char *value = text_map_get(&env, auth->env[i].name);
        text_map_set(ret, auth->env[i].parameter, value ? value : "");
        text_map_done_secret(&env);
    }
    return RESOLVE_OK;
}

/* A missing Secret, ConfigMap or key gives "" as in KEDA; one that cannot be read is an error, since unknown
 * is not empty. */
static enum resolve_result add_key_refs(struct object *object, bool secret, const char *ns,
                                        const struct auth_key_ref *refs, size_t len, struct text_map *ret,
                                        struct err *err)
{
    enum resolve_result result = RESOLVE_OK;
    for (size_t i = 0; i < len; i++) {
        struct values_ref *ref = values_of(object, secret, ns, refs[i].name);
        const char *value = text_map_get(values_data(ref), refs[i].key);
        if (values_state(ref) == VALUES_UNREADABLE) {
            err_set(err, ERR_IO, "%s %s/%s: %s", secret ? "Secret" : "ConfigMap", ns, refs[i].name,
                    values_error(ref));
            return RESOLVE_ERROR;
        }
        if (values_state(ref) == VALUES_PENDING)
            result = RESOLVE_PENDING;
        text_map_set(ret, refs[i].parameter, value ? value : "");
    }
    return result;
}

static enum resolve_result add_file(struct object *object, const struct trigger_auth *auth,
                                    struct text_map *ret, struct err *err)
{
    const char *root = object->daemon->options->file_auth_root;
    if (!auth->cluster || text_empty(root)) {
        err_set(err, ERR_CONFIG,
                "filePath needs a ClusterTriggerAuthentication and the option --filepath-auth-root");
        return RESOLVE_ERROR;
    }
    AUTO_FREE char *path = mem_printf("%s/%s", root, auth->file_path);
    char *text;
    size_t len;
    if (file_read(path, FILE_AUTH_MAX, &text, &len, err) < 0)
        return RESOLVE_ERROR;
    AUTO_JSON json_t *root_object = NULL;
    int rc = json_load_bytes(text, len, &root_object, err);
    mem_free_secret(text);
    if (rc < 0 || !json_is_object(root_object)) {
        err_set(err, ERR_CONFIG, "filePath %s: not a JSON object of strings", auth->file_path);
        return RESOLVE_ERROR;
    }
    const char *key;
    json_t *value;
    json_object_foreach (root_object, key, value) {
        if (json_is_string(value))
            text_map_set(ret, key, json_string_value(value));
    }
    return RESOLVE_OK;
}

static enum resolve_result add_auth(struct object *object, const struct trigger_auth *auth,
                                    struct text_map *ret, struct err *err)
{
    const char *ns = auth->cluster ? object->daemon->cluster_ns : object->spec->meta.ns;
    if (!text_empty(auth->unsupported)) {
        err_set(err, ERR_UNSUPPORTED, "%s %s: %s",
                auth->cluster ? "ClusterTriggerAuthentication" : "TriggerAuthentication", auth->meta.name,
                auth->unsupported);
        return RESOLVE_ERROR;
    }
    if (!text_empty(auth->file_path))
        return add_file(object, auth, ret, err);
    enum resolve_result env = add_env_refs(object, auth, ret, err);
    if (env == RESOLVE_ERROR)
        return env;
    enum resolve_result maps =
        add_key_refs(object, false, ns, auth->config_maps, auth->config_maps_len, ret, err);
    if (maps == RESOLVE_ERROR)
        return maps;
    enum resolve_result secrets = add_key_refs(object, true, ns, auth->secrets, auth->secrets_len, ret, err);
    if (secrets != RESOLVE_OK)
        return secrets;
    return env == RESOLVE_OK ? maps : env;
}

static bool uses_env(const struct trigger_spec *spec)
{
    static const char suffix[] = "FromEnv";
    for (size_t i = 0; i < spec->metadata.len; i++) {
        size_t len = strlen(spec->metadata.items[i].key);
        if (len >= sizeof suffix - 1 &&
            strcmp(spec->metadata.items[i].key + len - (sizeof suffix - 1), suffix) == 0)
            return true;
    }
    return false;
}

enum resolve_result credentials_resolve(struct object *object, const struct trigger_spec *spec,
                                        struct text_map *auth, struct text_map *env, struct err *err)
{
    enum resolve_result result = RESOLVE_OK;
    /* A missing TriggerAuthentication resolves to nothing, as in KEDA: the trigger fails only if it lacks
     * something then. */
    struct trigger_auth *found =
        spec->auth.set ? config_find_auth(&object->daemon->config, spec->auth.cluster,
                                          spec->auth.cluster ? "" : object->spec->meta.ns, spec->auth.name)
                       : NULL;
    if (found)
        result = add_auth(object, found, auth, err);
    if (result != RESOLVE_ERROR && uses_env(spec)) {
        enum resolve_result second = container_env(object, object->spec->target.env_container, env, err);
        if (second != RESOLVE_OK)
            result = second;
    }
    return result;
}

/* ---- a new snapshot ---- */

static bool auth_changed(const struct scaled_object *spec, size_t index, const struct config_set *before,
                         const struct config_set *now)
{
    const struct auth_ref *ref = &spec->triggers[index].auth;
    if (!ref->set)
        return false;
    const char *ns = ref->cluster ? "" : spec->meta.ns;
    const struct trigger_auth *old_auth = config_find_auth(before, ref->cluster, ns, ref->name);
    const struct trigger_auth *new_auth = config_find_auth(now, ref->cluster, ns, ref->name);
    return !old_auth != !new_auth || (old_auth && old_auth->meta.content_hash != new_auth->meta.content_hash);
}

/* A trigger whose TriggerAuthentication changed is not asked with the old one's parameters any more. */
void credentials_follow_auths(struct object *object, const struct config_set *before)
{
    bool any = false;
    for (size_t i = 0; i < object->spec->triggers_len; i++) {
        if (!auth_changed(object->spec, i, before, &object->daemon->config))
            continue;
        if (!any)
            round_abort(object);
        any = true;
        if (i < object->triggers_len)
            trigger_forget(object, (uint32_t)i);
    }
    if (!any)
        return;
    object->built = false;
    if (object->phase == OBJECT_RUNNING)
        round_begin(object);
}

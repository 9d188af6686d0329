/* Owns the life of an object: from a snapshot of the configuration to a running loop and away again; who owns
 * which target. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/daemon/internal.h"
#include "scaler/daemon/state.h"

#define RETRY_MS 5000

static void object_stop(struct object *object);

void object_set_problem(struct object *object, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    text[0] = '\0';
    if (fmt) {
        va_list args;
        va_start(args, fmt);
        vsnprintf(text, sizeof text, fmt, args);
        va_end(args);
    }
    const char *problem = fmt ? text : NULL;
    if (text_eq(object->problem, problem))
        return;
    if (problem)
        log_warn(object->id, "not scaling: %s", problem);
    else
        log_info(object->id, "scaling %s %s", object->spec->target.kind, object->spec->target.name);
    mem_free(object->problem);
    object->problem = mem_strdup(problem);
}

struct kube_object_ref object_ref(const struct object *object)
{
    return (struct kube_object_ref){.api_version = object->spec->target.api_version,
                                    .kind = object->spec->target.kind,
                                    .ns = object->spec->meta.ns,
                                    .name = object->spec->target.name,
                                    .uid = object->target ? target_info(object->target)->uid : ""};
}

/* ---- who owns the target ---- */

static char *owner_key(const struct object *object)
{
    const char *slash = strchr(object->spec->target.api_version, '/');
    int group = slash ? (int)(slash - object->spec->target.api_version) : 0;
    return mem_printf("%s/%.*s/%s/%s", object->spec->meta.ns, group, object->spec->target.api_version,
                      object->spec->target.kind, object->spec->target.name);
}

static struct object *owner_of(struct daemon *daemon, const char *key)
{
    struct object *owner = NULL;
    HASH_FIND(hh_owner, daemon->owners, key, strlen(key), owner);
    return owner;
}

static void disown(struct object *object)
{
    if (!object->owner_key)
        return;
    HASH_DELETE(hh_owner, object->daemon->owners, object);
    mem_free(object->owner_key);
    object->owner_key = NULL;
}

/* Claims the target, or tells who has it. */
static bool claim(struct object *object)
{
    if (object->owner_key)
        return true;
    char *key = owner_key(object);
    struct object *owner = owner_of(object->daemon, key);
    if (owner) {
        object_set_problem(object, "%s %s is already scaled by ScaledObject %s", object->spec->target.kind,
                           object->spec->target.name, owner->id);
        mem_free(key);
        return false;
    }
    object->owner_key = key;
    HASH_ADD_KEYPTR(hh_owner, object->daemon->owners, object->owner_key, strlen(object->owner_key), object);
    return true;
}

static bool hpa_free(struct object *object)
{
    struct daemon *daemon = object->daemon;
    const char *hpa = conflicts_hpa(daemon->conflicts, object->spec->meta.ns, object->resource->group,
                                    object->spec->target.kind, object->spec->target.name);
    if (!hpa)
        return true;
    object_set_problem(
        object, "%s %s is already scaled by HorizontalPodAutoscaler %s; it is taken on once that is gone",
        object->spec->target.kind, object->spec->target.name, hpa);
    struct kube_object_ref ref = object_ref(object);
    kube_event(daemon->events, &ref, true, "ScaledObjectCheckFailed", object->problem);
    return false;
}

/* ---- running ---- */

static void on_target(struct target *target, void *arg)
{
    struct object *object = arg;
    const struct target_info *info = target_info(target);
    if (object->dead || object->phase != OBJECT_RUNNING)
        return;
    if (!info->known) {
        object_set_problem(object, "%s %s: %s", object->spec->target.kind, object->spec->target.name,
                           target_watch_error(target) ? target_watch_error(target) : "not known yet");
        return;
    }
    if (!info->exists) {
        object_set_problem(object, "%s %s does not exist", object->spec->target.kind,
                           object->spec->target.name);
        round_abort(object);
        return;
    }
    bool first = object->problem || !object->first_round_done;
    object_set_problem(object, NULL);
    if (!object->history.has_original) {
        object->history.has_original = true;
        object->history.original_replicas = info->spec_replicas;
    }
    credentials_target_changed(object);
    if (first && !object->in_round)
        round_begin(object);
    else
        round_target_changed(object);
}

static void on_retry(struct timer *timer);

static void run(struct object *object)
{
    struct err err;
    object->phase = OBJECT_RUNNING;
    object->first_round_done = false;
    if (target_open(object->daemon->targets, object->resource, object->spec->meta.ns,
                    object->spec->target.name, on_target, object, &object->target, &err) < 0) {
        object->phase = OBJECT_REFUSED;
        object_set_problem(object, "%s", err.msg);
        timer_start(object->daemon->net, &object->timer, RETRY_MS, on_retry);
    }
}

/* Begins if nobody else has the target and everything needed to know that is known. */
static void try_run(struct object *object)
{
    struct daemon *daemon = object->daemon;
    if (object->dead || daemon->stopping || !object->resource || object->phase == OBJECT_RUNNING)
        return;
    if (!conflicts_known(daemon->conflicts, object->spec->meta.ns))
        return; /* objects_recheck_owners comes when it is */
    object->phase = OBJECT_REFUSED;
    if (!hpa_free(object) || !claim(object))
        return;
    run(object);
}

static void on_retry(struct timer *timer)
{
    struct object *object = container_of(timer, struct object, timer);
    if (object->resource)
        try_run(object);
    else
        object_start(object);
}

static void on_resource(const struct kube_resource *resource, const struct err *error, void *arg)
{
    struct object *object = arg;
    object->resource_asked = false;
    if (object->dead)
        return;
    if (error) {
        object_set_problem(object, "target %s %s: %s", object->spec->target.api_version,
                           object->spec->target.kind, error->msg);
        timer_start(object->daemon->net, &object->timer, RETRY_MS, on_retry);
        return;
    }
    object->resource = kind_intern(object->daemon, resource);
    conflicts_watch(object->daemon->conflicts, object->spec->meta.ns);
    try_run(object);
}

void object_start(struct object *object)
{
    struct err err;
    if (object->dead || object->resource_asked || object->resource || !object->daemon->state_loaded)
        return;
    state_restore(object->daemon->state, object);
    if (object->created_ms == 0)
        object->created_ms =
            object->spec->meta.created_ms ? object->spec->meta.created_ms : net_now_ms(object->daemon->net);
    object->resource_asked = true;
    if (kube_resource_find(object->daemon->client, object->spec->target.api_version,
                           object->spec->target.kind, on_resource, object, &err) < 0) {
        object->resource_asked = false;
        object_set_problem(object, "%s", err.msg);
        timer_start(object->daemon->net, &object->timer, RETRY_MS, on_retry);
    }
}

/* Lets go of target and readings; history stays. */
static void object_stop(struct object *object)
{
    round_abort(object);
    timer_stop(object->daemon->net, &object->timer);
    timer_stop(object->daemon->net, &object->rebuild_timer);
    writer_cancel(object);
    triggers_drop(object);
    credentials_drop(object);
    if (object->template_call)
        kube_cancel(object->template_call);
    pods_release(object->pods);
    object->pods = NULL;
    target_close(object->target);
    object->target = NULL;
    disown(object);
    object->phase = OBJECT_STARTING;
}

void objects_recheck_owners(struct daemon *daemon, const char *ns)
{
    struct object *object, *next;
    HASH_ITER (hh, daemon->objects, object, next) {
        if (!text_eq(object->spec->meta.ns, ns))
            continue;
        if (object->phase == OBJECT_RUNNING && !hpa_free(object)) {
            object_stop(object);
            object->phase = OBJECT_REFUSED;
        }
    }
    HASH_ITER (hh, daemon->objects, object, next)
        if (text_eq(object->spec->meta.ns, ns))
            try_run(object);
}

/* ---- from snapshots ---- */

static struct object *object_new(struct daemon *daemon, struct scaled_object *spec)
{
    struct object *object = mem_zalloc(sizeof *object);
    object->daemon = daemon;
    object->id = mem_printf("%s/%s", spec->meta.ns, spec->meta.name);
    object->spec = scaled_object_ref(spec);
    history_init(&object->history);
    HASH_ADD_KEYPTR(hh, daemon->objects, object->id, strlen(object->id), object);
    return object;
}

static void object_free(struct object *object)
{
    history_done(&object->history);
    ledger_done(&object->ledger);
    scaled_object_unref(object->spec);
    json_decref(object->template_spec);
    mem_free(object->trigger_policies);
    mem_free(object->write);
    mem_free(object->composite.error);
    mem_free(object->problem);
    mem_free(object->id);
    object->daemon->objects_dying--;
    mem_free(object);
}

void object_release(struct object *object)
{
    if (object->dead && !object->template_call && !object->write_call)
        object_free(object);
}

size_t objects_closing(const struct daemon *daemon)
{
    return daemon->objects_dying;
}

static void object_remove(struct object *object, bool restore)
{
    struct daemon *daemon = object->daemon;
    HASH_DEL(daemon->objects, object);
    daemon->objects_dying++;
    if (restore && object->target)
        writer_restore_original(object);
    if (object->resource_asked)
        kube_resource_cancel(daemon->client, object);
    object_stop(object);
    object->dead = true;
    object_release(object);
}

static bool same_target(const struct scaled_object *a, const struct scaled_object *b)
{
    return text_eq(a->target.api_version, b->target.api_version) && text_eq(a->target.kind, b->target.kind) &&
           text_eq(a->target.name, b->target.name);
}

/* Nothing known of the old target may serve the new one. */
static void forget_target(struct object *object)
{
    if (object->resource_asked)
        kube_resource_cancel(object->daemon->client, object);
    object->resource_asked = false;
    object->resource = NULL;
    history_forget_target(&object->history);
    json_decref(object->template_spec);
    object->template_spec = NULL;
}

/* A changed object keeps its history; only a new target makes it start over with the looking up. */
static void object_update(struct object *object, struct scaled_object *spec)
{
    bool moved = !same_target(object->spec, spec);
    /* What was asked and decided for the old manifest is nothing the new one says. */
    round_abort(object);
    writer_cancel(object);
    triggers_compare(object, spec);
    if (moved)
        object_stop(object);
    scaled_object_unref(object->spec);
    object->spec = scaled_object_ref(spec);
    if (moved) {
        forget_target(object);
        object_start(object);
        return;
    }
    log_info(object->id, "changed");
    object->built = false;
    if (object->phase == OBJECT_RUNNING)
        round_begin(object);
}

static void remove_missing(struct daemon *daemon)
{
    struct object *object, *next;
    HASH_ITER (hh, daemon->objects, object, next) {
        if (config_find_object(&daemon->config, object->spec->meta.ns, object->spec->meta.name))
            continue;
        log_info(object->id, "removed");
        state_forget(daemon->state, object);
        object_remove(object, object->spec->restore_to_original);
    }
}

static void add_or_update(struct daemon *daemon, const struct config_set *before, struct scaled_object *spec)
{
    AUTO_FREE char *id = mem_printf("%s/%s", spec->meta.ns, spec->meta.name);
    struct object *object = NULL;
    HASH_FIND_STR(daemon->objects, id, object);
    if (!object) {
        object_start(object_new(daemon, spec));
    } else if (object->spec->meta.content_hash != spec->meta.content_hash) {
        object_update(object, spec);
    } else {
        /* Equal in all that counts; holding on to the older copy would keep two of every object. */
        scaled_object_unref(object->spec);
        object->spec = scaled_object_ref(spec);
        credentials_follow_auths(object, before);
    }
}

void objects_apply(struct daemon *daemon, struct config_set *set_take)
{
    struct config_set before = daemon->config;
    daemon->config = *set_take;
    values_cache_set_files(daemon->values, &daemon->config);
    remove_missing(daemon);
    for (size_t i = 0; i < daemon->config.objects_len; i++)
        add_or_update(daemon, &before, daemon->config.objects[i]);
    config_set_done(&before);
    /* A target that lost its owner above may be waited for. */
    struct object *object, *next;
    HASH_ITER (hh, daemon->objects, object, next)
        if (object->phase == OBJECT_REFUSED)
            try_run(object);
}

void objects_close(struct daemon *daemon)
{
    struct object *object, *next;
    HASH_ITER (hh, daemon->objects, object, next)
        object_remove(object, false);
}

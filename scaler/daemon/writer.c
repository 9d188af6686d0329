/* Owns the writing of decisions: PATCH …/scale with the version they were made on, one at a time per object.
 */
#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/daemon/internal.h"
#include "scaler/daemon/state.h"
#include "scaler/kube/scale.h"

#define CONFLICT_TRIES 5

static void patch(struct object *object, const char *resource_version);

static void write_done(struct object *object)
{
    mem_free(object->write);
    object->write = NULL;
}

static void fail(struct object *object, const struct err *error)
{
    object->write_failures++;
    object->daemon->write_errors++;
    ledger_set_write(&object->ledger, LEDGER_WRITE_FAILED);
    report_write_failed(object, object->write, error);
    write_done(object);
}

/* false: the object was stopped or removed meanwhile, nobody waits for the answer. */
static bool call_ended(struct object *object)
{
    object->write_call = NULL;
    if (object->dead) {
        object_release(object);
        return false;
    }
    if (!object->write && object->phase == OBJECT_RUNNING)
        round_schedule(object, 1); /* whatever became of it: a decision that waited for its end is made now */
    return object->write != NULL;
}

/* Somebody else wrote the target. If its replicas are still those decided on, the decision stands; else it is
 * made anew. */
static void on_reread(const struct kube_scale *scale, const struct err *error, void *arg)
{
    struct object *object = arg;
    if (!call_ended(object))
        return;
    if (error) {
        fail(object, error);
        return;
    }
    if (scale->spec_replicas == object->write->current) {
        patch(object, scale->resource_version);
        return;
    }
    log_info(object->id, "%s changed to %d replicas meanwhile; deciding again", object->spec->target.kind,
             scale->spec_replicas);
    target_note_scale(object->target, scale->spec_replicas, scale->status_replicas, scale->resource_version);
    ledger_set_write(&object->ledger, LEDGER_WRITE_FAILED);
    write_done(object);
    round_schedule(object, 1);
}

static void reread(struct object *object)
{
    struct err err;
    if (kube_scale_get(object->daemon->client, object->resource, object->spec->meta.ns,
                       object->spec->target.name, on_reread, object, &object->write_call, &err) < 0)
        fail(object, &err);
}

static void succeed(struct object *object, const struct kube_scale *scale)
{
    struct daemon *daemon = object->daemon;
    daemon->writes++;
    target_note_scale(object->target, scale->spec_replicas, scale->status_replicas, scale->resource_version);
    struct policy policy;
    policy_fill(object, &policy);
    decide_commit(&policy, &object->history, object->write, net_now_ms(daemon->net));
    ledger_set_write(&object->ledger, LEDGER_WRITTEN);
    report_scaled(object, object->write);
    state_touch(daemon->state, object);
    write_done(object);
    round_target_changed(object);
}

static void on_patched(const struct kube_scale *scale, const struct err *error, void *arg)
{
    struct object *object = arg;
    if (!call_ended(object))
        return;
    if (!error)
        succeed(object, scale);
    else if (error->code == ERR_CONFLICT && object->write_tries < CONFLICT_TRIES)
        reread(object);
    else
        fail(object, error);
}

static void patch(struct object *object, const char *resource_version)
{
    struct err err;
    enum kube_priority priority = object->write->from_zero ? KUBE_URGENT : KUBE_NORMAL;
    object->write_tries++;
    if (kube_scale_patch(object->daemon->client, object->resource, object->spec->meta.ns,
                         object->spec->target.name, object->write->replicas,
                         text_empty(resource_version) ? NULL : resource_version, priority, on_patched, object,
                         &object->write_call, &err) < 0)
        fail(object, &err);
}

void writer_apply(struct object *object, const struct decision *decision)
{
    if (object->write_call) { /* a canceled write has not ended; its end begins a round */
        ledger_set_write(&object->ledger, LEDGER_WRITE_FAILED);
        return;
    }
    object->write = mem_alloc(sizeof *object->write);
    *object->write = *decision;
    object->write_tries = 0;
    patch(object, target_info(object->target)->resource_version);
}

void writer_cancel(struct object *object)
{
    if (object->write)
        ledger_set_write(&object->ledger, LEDGER_WRITE_FAILED);
    write_done(object);
    if (object->write_call)
        kube_cancel(object->write_call); /* its answer finds write == NULL: see call_ended */
}

static void on_restored(const struct kube_scale *scale, const struct err *error, void *arg)
{
    AUTO_FREE char *id = arg;
    if (error)
        log_warn(id, "restoring the original replicas: %s", error->msg);
    else
        log_info(id, "restored the original %d replicas", scale->spec_replicas);
}

void writer_restore_original(struct object *object)
{
    struct err err;
    const struct target_info *info = target_info(object->target);
    if (!object->history.has_original || !info->exists ||
        (info->spec_replicas == object->history.original_replicas && !object->write))
        return;
    char *id = mem_strdup(object->id);
    if (kube_scale_patch(object->daemon->client, object->resource, object->spec->meta.ns,
                         object->spec->target.name, object->history.original_replicas, NULL, KUBE_NORMAL,
                         on_restored, id, NULL, &err) < 0) {
        log_warn(id, "restoring the original replicas: %s", err.msg);
        mem_free(id);
    }
}

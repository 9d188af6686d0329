/* What the files of the daemon share: the daemon itself and the object, the unit everything turns around. */
#ifndef SCALER_DAEMON_INTERNAL_H
#define SCALER_DAEMON_INTERNAL_H

#include <uthash.h>
#include <uv.h>

#include "config/set.h"
#include "scaler/daemon/conflicts.h"
#include "scaler/daemon/daemon.h"
#include "scaler/daemon/ledger.h"
#include "scaler/daemon/planner.h"
#include "scaler/daemon/pods.h"
#include "scaler/daemon/target.h"
#include "scaler/daemon/values.h"
#include "scaler/engine/decide.h"
#include "scaler/kube/client.h"
#include "scaler/kube/events.h"
#include "scaler/kube/resource.h"
#include "scaler/net/http_server.h"
#include "scaler/net/net.h"
#include "scaler/net/timer.h"

struct daemon;
struct kind;
struct object;
struct reload;
struct state;

/* One trigger of an object. */
struct trigger {
    struct object *object;
    const struct scaler_type *type;
    struct query *query; /* NULL: not built (see error) */
    struct query_waiter waiter;
    struct reading reading;
    int64_t ok_ms;     /* of the last reading that was known; 0: none yet */
    char *error;       /* why the last reading failed, or why there is none; NULL: fine */
    char *metric_name; /* "s0-prometheus" */
    bool waiting;      /* in this round */
    /* cpu and memory: query asks for the usage of the target's pods, once its selector is known. */
    struct own_usage *own_usage; /* NULL: every other type */
};

enum object_phase {
    OBJECT_STARTING, /* the target's kind is being looked up, or state is not yet loaded */
    OBJECT_REFUSED,  /* somebody else owns the target; taken on once that ends */
    OBJECT_RUNNING,
};

struct object {
    UT_hash_handle hh;
    struct daemon *daemon;
    char *id; /* "namespace/name" */
    struct scaled_object *spec;
    UT_hash_handle hh_owner;
    char *owner_key; /* "namespace/group/kind/name" of the target it owns; NULL: owns none */
    bool dead;       /* removed; lives on until its calls have ended */
    enum object_phase phase;
    char *problem;                        /* why it does not scale (all); NULL: nothing in the way */
    const struct kube_resource *resource; /* kinds.c's; NULL: not known yet */
    bool resource_asked;
    struct target *target;
    struct pods_ref *pods; /* of the target; only for metricType Value, cpu and memory */
    bool pods_awaited;     /* a reading could not be made for want of them */

    struct trigger_policy *trigger_policies; /* one per trigger of the spec once built */
    struct trigger *triggers;
    uint32_t triggers_len;
    bool built; /* triggers stand; false: rebuild before the next round */

    /* credentials.c */
    struct values_ref **refs; /* Secrets and ConfigMaps in use */
    size_t refs_len;
    json_t *template_spec; /* the target's pod template spec; only if its environment is used */
    int64_t template_generation;
    uint64_t template_uid; /* hash: a target deleted and made anew starts its generations over */
    struct kube_call *template_call;
    struct timer rebuild_timer;

    struct { /* of the last decision; metrics */
        bool known, active;
        int64_t value_milli;
        char *error; /* why the formula gives nothing; NULL: it does, or there is none */
    } composite;

    struct history history;
    bool history_loaded;
    int64_t created_ms;
    struct ledger ledger;

    struct timer timer; /* next round */
    uint32_t waiting;   /* triggers of the round under way */
    bool in_round;
    bool due_as_at_zero; /* the timer is set for a target at zero, maybe far off */
    bool first_round_done;
    struct decision *write; /* decided and being written; NULL: nothing under way */
    struct kube_call *write_call;
    unsigned write_tries;
    uint64_t write_failures;
    bool was_active, active_known;
    uint64_t trigger_errors;
    struct {               /* for the state ConfigMap */
        uint64_t key_hash; /* 0: not known yet */
        uint64_t signature;
    } saved;
};

struct daemon {
    const struct daemon_options *options;
    const struct scaler_registry *registry;
    uv_loop_t loop;
    struct net *net;
    char *ns;
    char *cluster_ns;
    struct kube_client *client;
    struct kube_events *events;
    struct planner *planner;
    struct target_cache *targets;
    struct values_cache *values;
    struct pod_cache *pods;
    struct usage_cache *usages;
    struct scaler_cluster *cluster;
    struct conflicts *conflicts;
    struct http_server *server;
    struct reload *reload;
    struct state *state;
    struct formula_scratch *scratch; /* one thread: one for all formulas */
    struct object *objects;          /* by id */
    struct object *owners;           /* by target; each target has one owner at most */
    struct kind *kinds;
    size_t objects_dying;
    struct config_set config;
    bool config_loaded;
    size_t config_errors;
    bool state_loaded;
    bool stopping;
    bool drained;   /* state is saved, or the time for it is over: close */
    int parts_open; /* what still has to close before the loop may */
    uv_signal_t signals[3];
    struct timer stop_timer, trim_timer;
    uint64_t decisions, writes, write_errors;
    int64_t started_ms;
};

/* object.c: life */
void objects_apply(struct daemon *daemon,
                   struct config_set *set_take); /* the difference between what runs and a new snapshot */
void object_start(struct object *object);        /* state is loaded: look up the target, begin */
void object_set_problem(struct object *object, const char *fmt, ...)
    __attribute__((format(printf, 2, 3))); /* NULL clears */
void objects_recheck_owners(struct daemon *daemon,
                            const char *ns); /* an HPA or another object came or went */
void objects_close(struct daemon *daemon);
size_t objects_closing(const struct daemon *daemon); /* removed, but a call of theirs has not ended */
void object_release(struct object *object); /* a call of a dead object has ended: frees it with the last */
struct kube_object_ref object_ref(const struct object *object); /* what its events are about */

/* triggers.c: from manifest to queries */
void triggers_build(struct object *object); /* (re)builds all; those that cannot be built carry an error */
void triggers_drop(struct object *object);
void trigger_forget(struct object *object,
                    uint32_t index); /* pending, and no query, until it is built anew */
/* Before the next manifest takes over: forgets the triggers that are not the same in it, and how often they
 * failed. */
void triggers_compare(struct object *object, const struct scaled_object *next);
/* Made for each decision: kept with every object it would be the largest part of it. Borrows from object. */
void policy_fill(const struct object *object, struct policy *ret);

/* The trigger's trouble, NULL for none; news are reported. */
void trigger_set_error(struct trigger *trigger, const char *text);

/* own_usage.c: triggers that measure the target's own pods */
struct own_usage *own_usage_new(const struct scaler_resource *resource);
void own_usage_free(struct own_usage *own);
bool own_usage_differs(const struct own_usage *own, const struct scaler_resource *resource);
/* The target's selector is known, or has changed: the pods watched and the queries follow. */
void own_usage_follow(struct object *object);
/* How the asking for the usage went. */
void own_usage_note(struct own_usage *own, const struct reading *listed);
/* Makes the trigger's reading, a proposal, from what was read of the pods. */
void own_usage_read(struct object *object, struct trigger *trigger, const struct policy *policy,
                    int64_t now_ms);

/* kinds.c: the few kinds that thousands of objects share */
const struct kube_resource *
kind_intern(struct daemon *daemon, const struct kube_resource *resource); /* lives as long as the daemon */
void kinds_done(struct daemon *daemon);

/* credentials.c: authentication parameters and environment of one trigger */
enum resolve_result { RESOLVE_OK, RESOLVE_PENDING, RESOLVE_ERROR };
enum resolve_result credentials_resolve(struct object *object, const struct trigger_spec *spec,
                                        struct text_map *auth, struct text_map *env, struct err *err);
void credentials_drop(struct object *object);
void credentials_target_changed(struct object *object);
void credentials_follow_auths(struct object *object,
                              const struct config_set *before); /* a new snapshot is in daemon->config */

/* round.c: reading and deciding */
void round_schedule(struct object *object, int64_t delay_ms);
void round_begin(struct object *object);
void round_abort(struct object *object);
void round_target_changed(struct object *object); /* a target that left zero is due sooner */
int64_t round_interval_ms(const struct object *object);

/* writer.c */
void writer_apply(struct object *object, const struct decision *decision);
void writer_cancel(struct object *object);
void writer_restore_original(
    struct object *object); /* the object is going away with restoreToOriginalReplicaCount */

/* report.c: events and log lines of what happened */
void report_transition(struct object *object, const struct decision *decision);
void report_scaled(struct object *object, const struct decision *decision);
void report_write_failed(struct object *object, const struct decision *decision, const struct err *error);
void report_formula(struct object *object, const struct composite_outcome *composite); /* what changed */
void report_trigger_error(struct object *object, const struct trigger *trigger, uint32_t index);

/* serve.c, metrics.c, decisions.c */
int serve_open(struct daemon *daemon, struct err *err);
void metrics_write(struct daemon *daemon, struct strbuf *body);
void decisions_write_all(struct daemon *daemon, struct strbuf *body);
bool decisions_write_object(struct daemon *daemon, const char *id, struct strbuf *body); /* false: none */
/* For a person: wanted is "namespace/name" or a name; whatever resembles it is named if it is not there. */
void decisions_write_found(struct daemon *daemon, const char *wanted, struct strbuf *body);

#endif

/* The typed objects users write: ScaledObject, TriggerAuthentication, ClusterTriggerAuthentication, Secret,
 * ConfigMap (spec/keda-engine.md §1.2, §5). Checked and with defaults applied; immutable once built; shared
 * by reference count. */
#ifndef CONFIG_OBJECT_H
#define CONFIG_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/behavior.h"
#include "scaler/base/text.h"

/* Where something stands in the user's files. file is borrowed from the object that holds the mark. */
struct config_mark {
    int line;
    int column;
};

struct config_meta {
    char *file; /* "" for custom resources */
    struct config_mark mark;
    char *ns; /* resolved; "" for cluster-scoped kinds */
    char *name;
    char *uid;          /* "" for files */
    int64_t created_ms; /* 0: not said */
    bool deleting;      /* metadata.deletionTimestamp is set: only finalizers hold it */
    /* Equal hash = unchanged: of everything but status and what the API server keeps itself (resourceVersion,
     * generation, managedFields, …); neither the order of keys nor the place in the file matters. */
    uint64_t content_hash;
    struct text_map annotations; /* all but kubectl's copy of the object; bounded by the file's size */
    struct text_map labels;
};

enum unknown_policy { UNKNOWN_DEFAULT, UNKNOWN_KEDA, UNKNOWN_HOLD }; /* spec.davit.unknown: keda | hold */

struct auth_ref {
    bool set;
    bool cluster; /* kind: ClusterTriggerAuthentication */
    char *name;
};

struct shared_formula;

struct trigger_spec {
    char *type;
    char *name; /* "" if none */
    struct text_map metadata;
    struct config_mark *metadata_marks; /* of each key, same order as metadata.items */
    struct config_mark mark;
    bool use_cached_metrics;
    bool value_metric;       /* metricType: Value */
    bool utilization_metric; /* metricType: Utilization; cpu and memory only */
    struct auth_ref auth;
};

enum fallback_kind {
    FALLBACK_KIND_STATIC,
    FALLBACK_KIND_CURRENT,
    FALLBACK_KIND_CURRENT_IF_HIGHER,
    FALLBACK_KIND_CURRENT_IF_LOWER,
    FALLBACK_KIND_SCALING_MODIFIERS,
};

struct scaled_object {
    struct config_meta meta;
    struct {
        char *api_version; /* "apps/v1" */
        char *kind;        /* "Deployment" */
        char *name;
        char *env_container; /* envSourceContainerName; "" = first */
    } target;
    int64_t polling_ms; /* spec.davit.pollingInterval beats pollingInterval; ≥ 50 */
    int64_t initial_cooldown_ms;
    int64_t cooldown_ms;
    bool has_idle;
    int32_t idle;
    bool has_min;
    int32_t min; /* 0 if unset */
    int32_t max; /* 100 if unset */
    struct trigger_spec *triggers;
    size_t triggers_len;
    struct {
        bool set;
        int32_t failure_threshold;
        int32_t replicas;
        enum fallback_kind kind;
    } fallback;
    bool restore_to_original;
    struct scaling_behavior behavior;
    struct {
        bool set; /* any field of advanced.scalingModifiers is not empty: formula and target are there */
        bool value_metric;              /* metricType: Value */
        int64_t target_milli;           /* > 0 */
        double activation;              /* activationTarget; 0 if unset */
        struct shared_formula *formula; /* config/formulas.h; a reference */
        struct config_mark formula_mark;
        int32_t *inputs;     /* for each trigger its input in the formula; -1: none (unnamed, cpu, memory) */
        uint32_t inputs_len; /* inputs of the formula */
    } modifiers;
    struct {
        bool paused;
        bool has_replicas;
        int32_t replicas;
        bool bad_replicas; /* paused-replicas does not parse: frozen, with an error */
        bool scale_in;
        bool scale_out;
        bool force_activation;
    } pause; /* from the annotations, spec/keda-engine.md §2 */
    enum unknown_policy unknown;
    unsigned refs;
};

/* One way to a parameter: spec/keda-engine.md §5.3. */
struct auth_key_ref {
    char *parameter;
    char *name;      /* of the Secret, ConfigMap or environment variable */
    char *key;       /* "" for env */
    char *container; /* env only; "" = first */
    struct config_mark mark;
};

struct trigger_auth {
    struct config_meta meta;
    bool cluster;
    struct auth_key_ref *env;
    size_t env_len;
    struct auth_key_ref *config_maps;
    size_t config_maps_len;
    struct auth_key_ref *secrets;
    size_t secrets_len;
    char *file_path; /* CTA only; "" = none */
    /* Named sources that this version refuses (podIdentity of clouds, vault, …): using the object is an error
     * with this text. "" = none. */
    char *unsupported;
    unsigned refs;
};

/* Secret and ConfigMap: decoded data. */
struct key_values {
    struct config_meta meta;
    bool secret;
    struct text_map data; /* secret: wiped on release */
    unsigned refs;
};

void scaled_object_unref(struct scaled_object *object);
struct scaled_object *scaled_object_ref(struct scaled_object *object);
void trigger_auth_unref(struct trigger_auth *auth);
struct trigger_auth *trigger_auth_ref(struct trigger_auth *auth);
void key_values_unref(struct key_values *values);
struct key_values *key_values_ref(struct key_values *values);

#endif

/* What is simulated: one ScaledObject, compiled as the daemon compiles it, and how traces name its triggers.
 */
#ifndef SCALER_SIMULATE_SUBJECT_H
#define SCALER_SIMULATE_SUBJECT_H

#include "config/object.h"
#include "scaler/daemon/daemon.h"
#include "scaler/daemon/policy_build.h"
#include "scaler/simulate/resource_trigger.h"
#include "scaler/simulate/trace.h"

struct subject_trigger {
    char *name; /* the manifest's, else "s<i>" */
    bool resource;
    struct scaler_resource goal; /* of a resource */
    /* Of a type whose reading depends on the time alone (cron); else NULL. */
    const struct scaler_type *type;
    void *config;
};

struct subject {
    struct scaled_object *spec;
    char *id; /* "namespace/name" */
    struct subject_trigger *triggers;
    struct trigger_policy *policies;
    uint32_t triggers_len;
    /* For each channel of the trace the trigger that it is about, or -1. */
    int32_t *channels;
    uint32_t channels_len;
};

/* Credentials that only the cluster has are not missed. < 0: err names the trigger and what is wrong. Takes a
 * reference of spec. */
int subject_init(struct subject *subject, struct scaled_object *spec, const struct scaler_registry *registry,
                 struct err *err);
void subject_done(struct subject *subject);

/* Each trigger by its name, and by "s<i>" where no other trigger has that name. */
void subject_declare(const struct subject *subject, struct trace *trace);
/* Once every subject has declared its names. */
void subject_bind(struct subject *subject, struct trace *trace);

#endif

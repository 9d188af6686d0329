/* The environment of a container as a pod template declares it (spec/keda-engine.md §5.4): what `…FromEnv`
 * and TriggerAuthentication `env` read. */
#ifndef SCALER_DAEMON_ENV_H
#define SCALER_DAEMON_ENV_H

#include <jansson.h>
#include <stdbool.h>

#include "scaler/base/err.h"
#include "scaler/base/text.h"

enum env_lookup { ENV_FOUND, ENV_MISSING, ENV_WAIT, ENV_FAILED };

struct env_source {
    /* Gives the data of a Secret or ConfigMap of the object's namespace; err only for ENV_FAILED. */
    enum env_lookup (*lookup)(struct env_source *source, bool secret, const char *name,
                              const struct text_map **ret, struct err *err);
};

/* container: its name, "" for the first. pod_spec NULL or without containers: an empty environment. Returns 1
 * when something must be waited for, 0 when ret holds the environment, < 0 on error. */
int env_resolve(json_t *pod_spec, const char *container, struct env_source *source, struct text_map *ret,
                struct err *err);

/* $(NAME) references of value, against what env holds so far. New string. */
char *env_expand(const char *value, const struct text_map *env);

#endif

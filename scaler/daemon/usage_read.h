/* A PodMetricsList in the form the engine takes. */
#ifndef SCALER_DAEMON_USAGE_READ_H
#define SCALER_DAEMON_USAGE_READ_H

#include <jansson.h>

#include "scaler/base/err.h"
#include "scaler/engine/pods.h"

enum usage_resource { USAGE_CPU, USAGE_MEMORY, USAGE_RESOURCES };

struct usage_list {
    struct pod_sample *samples[USAGE_RESOURCES]; /* the same pods in each */
    struct container_usage *containers;
    size_t len, containers_len;
};

/* ERR_PROTOCOL: no such list. A sample that is malformed is left out: its pod has none. */
int usage_list_read(json_t *body, struct usage_list *ret, struct err *err);
void usage_list_done(struct usage_list *list);

#endif

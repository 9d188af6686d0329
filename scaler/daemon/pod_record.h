/* One pod, reduced to what decisions need of it. */
#ifndef SCALER_DAEMON_POD_RECORD_H
#define SCALER_DAEMON_POD_RECORD_H

#include <jansson.h>

#include "scaler/engine/pods.h"

struct pod_record {
    struct pod_view view; /* borrows from here; its name is the owner's */
    char *node;           /* "": on none */
    struct container_view *containers;
    struct resource_amount *amounts; /* all of them, one after another */
};

/* name is borrowed. What is malformed is as if it were not there. */
void pod_record_read(json_t *pod, const char *name, struct pod_record *ret);
void pod_record_done(struct pod_record *record);

#endif

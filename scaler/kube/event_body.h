/* Event objects (events.k8s.io/v1) as the API server accepts them. Pure. */
#ifndef SCALER_KUBE_EVENT_BODY_H
#define SCALER_KUBE_EVENT_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include "scaler/kube/events.h"

struct event_text {
    const char *name, *controller, *instance;
    const char *reason, *note;
    bool warning;
    int64_t time_ms;
};

/* All over-long parts are cut at a character's boundary. New string. */
char *event_body_create(const struct kube_object_ref *regarding, const struct event_text *text);
/* The merge patch that says how often it happened by now. New string. */
char *event_body_series(uint32_t count, int64_t last_ms);

#endif

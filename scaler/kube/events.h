/* Kubernetes Events (events.k8s.io/v1): fire and forget, aggregated (series), rate-limited, never blocking
 * anything. */
#ifndef SCALER_KUBE_EVENTS_H
#define SCALER_KUBE_EVENTS_H

#include <stdbool.h>

#include "scaler/kube/client.h"

struct kube_events;

struct kube_object_ref {
    const char *api_version, *kind, *ns, *name, *uid; /* uid may be "" */
};

struct kube_events *kube_events_new(struct kube_client *client, const char *controller, const char *instance);
/* Equal (regarding, reason, message) within 10 minutes becomes a series; at most 25 in a burst and one per 5
 * s per object after it. */
void kube_event(struct kube_events *events, const struct kube_object_ref *regarding, bool warning,
                const char *reason, const char *message);
void kube_events_close(struct kube_events *events); /* unsent ones are dropped */

#endif

/* Who else scales a target: HorizontalPodAutoscalers of the namespaces in use. */
#ifndef SCALER_DAEMON_CONFLICTS_H
#define SCALER_DAEMON_CONFLICTS_H

#include <stdbool.h>

#include "scaler/kube/client.h"

struct conflicts;

/* changed(ns): the set of HPAs of a namespace changed, or became known. */
struct conflicts *conflicts_new(struct kube_client *client, void (*changed)(const char *ns, void *arg),
                                void *arg);
void conflicts_close(struct conflicts *conflicts);

void conflicts_watch(struct conflicts *conflicts, const char *ns); /* idempotent */
/* false: not known yet. If watching is forbidden, it counts as known and empty, with one warning in the log.
 */
bool conflicts_known(const struct conflicts *conflicts, const char *ns);
/* Name of the HPA that targets it; NULL: none. group without version. */
const char *conflicts_hpa(const struct conflicts *conflicts, const char *ns, const char *group,
                          const char *kind, const char *name);

#endif

/* What pods use, as metrics.k8s.io says: one list for all triggers that look at the same pods. There is no
 * watch of metrics, so the planner asks, through a type of its own that no manifest can name. */
#ifndef SCALER_DAEMON_USAGE_H
#define SCALER_DAEMON_USAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "scaler/daemon/planner.h"
#include "scaler/engine/pods.h"
#include "scaler/kube/client.h"

struct usage_cache;
struct usage;

struct usage_cache *usage_cache_new(struct kube_client *client);
void usage_cache_close(struct usage_cache *cache); /* all queries must be gone */

/* A query whose good readings mean: the newest list is at hand. Their value is the number of samples. *usage
 * lives as long as the query. */
int usage_query(struct usage_cache *cache, struct planner *planner, const char *ns,
                const char *label_selector, struct query **ret, struct usage **ret_usage, struct err *err);
/* resource: "cpu" or "memory". Borrowed until the next reading. */
size_t usage_samples(const struct usage *usage, const char *resource, const struct pod_sample **ret);

#endif

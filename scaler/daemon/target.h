/* The scaled workloads' replicas, kept current by one watch per collection (namespace and kind). */
#ifndef SCALER_DAEMON_TARGET_H
#define SCALER_DAEMON_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "scaler/kube/client.h"
#include "scaler/kube/resource.h"

struct target_cache;
struct target_watch;
struct target;

struct target_info {
    bool known; /* the API has answered for it */
    bool exists;
    int32_t spec_replicas;
    int32_t status_replicas;
    int64_t generation;
    const char *resource_version; /* "" if unknown */
    const char *selector;         /* label selector as text; "" if none */
    const char *uid;
};

/* Called after info changed; never from within target_open. */
typedef void (*target_fn)(struct target *target, void *arg);

struct target_cache *target_cache_new(struct kube_client *client);
void target_cache_close(struct target_cache *cache); /* all targets must be closed */
bool target_cache_synced(const struct target_cache *cache);

int target_open(struct target_cache *cache, const struct kube_resource *resource, const char *ns,
                const char *name, target_fn on_change, void *arg, struct target **ret, struct err *err);
void target_close(struct target *target);
const struct target_info *target_info(const struct target *target);
const char *target_watch_error(const struct target *target); /* why nothing is known yet; NULL: no trouble */
/* Our own write was answered: true at once, and older watch events do not undo it. */
void target_note_scale(struct target *target, int32_t spec_replicas, int32_t status_replicas,
                       const char *resource_version);

#endif

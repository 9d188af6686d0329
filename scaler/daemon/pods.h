/* Pods by namespace and label selector: one watch for all who want the same ones, kept while anybody does. */
#ifndef SCALER_DAEMON_PODS_H
#define SCALER_DAEMON_PODS_H

#include <stdbool.h>
#include <stdint.h>

#include "scaler/engine/pods.h"
#include "scaler/kube/client.h"

struct pod_cache;
struct pods_ref;

struct pod_cache *pod_cache_new(struct kube_client *client);
void pod_cache_close(struct pod_cache *cache); /* all references must be gone */

/* changed (may be NULL) is called when pods_known may say something else; never from within this call. It
 * must not acquire or release. */
int pods_acquire(struct pod_cache *cache, const char *ns, const char *label_selector,
                 void (*changed)(void *arg), void *arg, struct pods_ref **ret, struct err *err);
void pods_release(struct pods_ref *ref);
const char *pods_selector(const struct pods_ref *ref);

/* 1: what follows is so; 0: nothing was listed yet; < 0: they cannot be listed, or have not been heard of for
 * too long. */
int pods_known(const struct pods_ref *ref, struct err *err);
/* ready: phase Running and condition Ready, terminating ones included (spec/hpa-algorithm.md §1.1). false:
 * not known. ref may be NULL. */
bool pods_count_ready(const struct pods_ref *ref, int32_t *ret_pods, int32_t *ret_ready);
/* Neither Succeeded nor Failed; and the nodes they are on. */
void pods_count_live(const struct pods_ref *ref, int64_t *ret_pods, int64_t *ret_nodes);
/* All of them; the array is the caller's (mem_free), what it points to is borrowed until the next turn. */
size_t pods_views(const struct pods_ref *ref, struct pod_view **ret);

#endif

/* The /scale subresource: read and patch replicas of any scalable kind. */
#ifndef SCALER_KUBE_SCALE_H
#define SCALER_KUBE_SCALE_H

#include <stdint.h>

#include "scaler/kube/client.h"
#include "scaler/kube/resource.h"

struct kube_scale {
    int32_t spec_replicas;
    int32_t status_replicas;
    const char *selector;         /* "" if none */
    const char *resource_version; /* of the object */
};

typedef void (*kube_scale_fn)(const struct kube_scale *scale, const struct err *error, void *arg);

int kube_scale_get(struct kube_client *client, const struct kube_resource *resource, const char *ns,
                   const char *name, kube_scale_fn done, void *arg, struct kube_call **ret, struct err *err);
/* Merge patch of spec.replicas. resource_version not NULL: only if the object is still at it (else
 * ERR_CONFLICT). */
int kube_scale_patch(struct kube_client *client, const struct kube_resource *resource, const char *ns,
                     const char *name, int32_t replicas, const char *resource_version,
                     enum kube_priority priority, kube_scale_fn done, void *arg, struct kube_call **ret,
                     struct err *err);

#endif

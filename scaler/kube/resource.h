/* apiVersion + kind → REST path: fixed for the everyday kinds, discovery for all others (cached, refreshed
 * when a kind is missing). */
#ifndef SCALER_KUBE_RESOURCE_H
#define SCALER_KUBE_RESOURCE_H

#include <stdbool.h>

#include "scaler/base/err.h"

struct kube_client;

struct kube_resource {
    char group[254];
    char version[64];
    char kind[64];
    char plural[64];
    bool namespaced;
    bool has_scale;
};

/* error NULL: resource valid (borrowed). ERR_NOT_FOUND: no such kind; ERR_UNSUPPORTED: kind without /scale.
 */
typedef void (*kube_resource_fn)(const struct kube_resource *resource, const struct err *error, void *arg);

/* Answers once, in a later turn, cached or not. Give kube_resource_cancel the same arg to be no longer
 * called. */
int kube_resource_find(struct kube_client *client, const char *api_version, const char *kind,
                       kube_resource_fn done, void *arg, struct err *err);
void kube_resource_cancel(struct kube_client *client, void *arg);

/* "/apis/apps/v1/namespaces/NS/deployments[/NAME[/SUB]]"; name and sub may be NULL. New string. */
char *kube_resource_path(const struct kube_resource *resource, const char *ns, const char *name,
                         const char *sub);

#endif

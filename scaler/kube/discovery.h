/* One API group version's list of kinds, as discovery tells it. Pure. */
#ifndef SCALER_KUBE_DISCOVERY_H
#define SCALER_KUBE_DISCOVERY_H

#include <jansson.h>
#include <stddef.h>

#include "scaler/base/err.h"
#include "scaler/kube/resource.h"

struct kind_list {
    struct kube_resource *kinds;
    size_t len;
};

/* "apps/v1" or "v1" into its two halves; "" is apps/v1. ERR_CONFIG if it cannot be part of a path. */
int discovery_split(const char *api_version, char group[254], char version[64], struct err *err);
/* The kinds everybody has, known without asking. NULL: not one of them. */
const struct kube_resource *discovery_fixed(const char *group, const char *version, const char *kind);
/* "/apis/apps/v1" or "/api/v1". New string. */
char *discovery_path(const char *group, const char *version);
/* list: an APIResourceList. Entries whose names could not stand in a path are left out. */
int discovery_read(json_t *list, const char *group, const char *version, struct kind_list *ret,
                   struct err *err);
const struct kube_resource *kind_list_find(const struct kind_list *list, const char *kind);
void kind_list_done(struct kind_list *list);

#endif

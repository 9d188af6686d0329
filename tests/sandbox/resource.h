/* The kinds the sandbox serves: one row each; everything else treats the rows alike. */
#ifndef TESTS_SANDBOX_RESOURCE_H
#define TESTS_SANDBOX_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>

enum resource_flag {
    RES_NAMESPACED = 1,
    RES_STATUS = 2, /* has /status, and status is not writable otherwise */
    RES_SCALE = 4,  /* has /scale */
    RES_CUSTOM = 8, /* as a CRD's kind: no strategic merge, updates need a resourceVersion */
    RES_GENERATION = 16,
    RES_WORKLOAD = 32,  /* the sandbox makes pods for it */
    RES_NEW_EVENT = 64, /* events.k8s.io view of core/v1 events */
    RES_REVIEW = 128,   /* answered, never stored (SelfSubjectAccessReview) */
    RES_NEED_RV = 256,  /* unconditional PUT is refused */
};

struct resource {
    const char *group; /* "" is core */
    const char *version;
    const char *plural;
    const char *kind;
    const char *short_names; /* comma-separated, may be "" */
    const char *categories;  /* likewise */
    unsigned flags;
};

#define RESOURCE_MAX 64

size_t resource_count(void);
const struct resource *resource_at(size_t index);
size_t resource_index(const struct resource *resource);
bool resource_group_known(const char *group, const char *version);
/* NULL: unknown. */
const struct resource *resource_find(const char *group, const char *version, const char *plural);
const struct resource *resource_find_kind(const char *api_version, const char *kind);
/* The row whose objects are stored: itself, except for views. */
const struct resource *resource_stored(const struct resource *resource);
/* "apps/v1" or "v1". Returns buf. */
const char *resource_api_version(const struct resource *resource, char *buf, size_t size);
/* "deployments.apps" or "pods", as messages say. Returns buf. */
const char *resource_qualified(const struct resource *resource, char *buf, size_t size);

/* Groups in the order of discovery; the version is each group's only one. */
size_t resource_group_count(void);
const struct resource *resource_group_at(size_t index); /* any row of the group */

#endif

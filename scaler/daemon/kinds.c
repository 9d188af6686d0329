/* Owns what is known of the targets' kinds, once for all objects. */
#include "scaler/base/mem.h"
#include "scaler/daemon/internal.h"

struct kind {
    struct kind *next;
    struct kube_resource resource;
};

static bool same(const struct kube_resource *a, const struct kube_resource *b)
{
    return text_eq(a->group, b->group) && text_eq(a->version, b->version) && text_eq(a->kind, b->kind) &&
           text_eq(a->plural, b->plural) && a->namespaced == b->namespaced && a->has_scale == b->has_scale;
}

const struct kube_resource *kind_intern(struct daemon *daemon, const struct kube_resource *resource)
{
    for (const struct kind *kind = daemon->kinds; kind; kind = kind->next)
        if (same(&kind->resource, resource))
            return &kind->resource;
    struct kind *kind = mem_alloc(sizeof *kind);
    *kind = (struct kind){.next = daemon->kinds, .resource = *resource};
    daemon->kinds = kind;
    return &kind->resource;
}

void kinds_done(struct daemon *daemon)
{
    while (daemon->kinds) {
        struct kind *kind = daemon->kinds;
        daemon->kinds = kind->next;
        mem_free(kind);
    }
}

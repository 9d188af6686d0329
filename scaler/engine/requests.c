/* Owns what a pod asks for (spec/hpa-algorithm.md §1.4, "requests"). */
#include "scaler/base/text.h"
#include "scaler/engine/arith.h"
#include "scaler/engine/pods.h"

static bool find_amount(const struct resource_amount *amounts, size_t len, const char *resource, int64_t *ret)
{
    for (size_t i = 0; i < len; i++) {
        if (!text_eq(amounts[i].resource, resource))
            continue;
        *ret = amounts[i].milli;
        return true;
    }
    return false;
}

static bool container_request(const struct container_view *container, const char *resource, int64_t *ret)
{
    return find_amount(container->requests, container->requests_len, resource, ret);
}

/* Init containers that end do not count; those that stay (sidecars) do. */
static bool runs_along(const struct container_view *container)
{
    return !container->init || container->sidecar;
}

static int sum_containers(const struct pod_view *pod, const char *resource, const char *only, int64_t *ret,
                          struct err *err)
{
    int64_t sum = 0;
    bool found = text_empty(only);
    for (size_t i = 0; i < pod->containers_len; i++) {
        const struct container_view *container = &pod->containers[i];
        int64_t milli;
        if (!runs_along(container) || (!text_empty(only) && !text_eq(only, container->name)))
            continue;
        if (!container_request(container, resource, &milli))
            return err_set(err, ERR_NOT_FOUND, "missing request for %s in container %s of Pod %s", resource,
                           container->name, pod->name);
        sum = arith_add_wrap(sum, milli);
        found = true;
    }
    if (!found)
        return err_set(err, ERR_NOT_FOUND, "container %s not found in Pod %s", only, pod->name);
    *ret = sum;
    return 0;
}

/* The scheduler's aggregate: everything that runs along, or an init container together with the sidecars
 * before it if that is more. */
static bool aggregate_containers(const struct pod_view *pod, const char *resource, int64_t *ret)
{
    int64_t running = 0, sidecars = 0, peak = 0;
    bool found = false;
    for (size_t i = 0; i < pod->containers_len; i++) {
        const struct container_view *container = &pod->containers[i];
        int64_t milli;
        if (!container_request(container, resource, &milli))
            continue;
        found = true;
        if (runs_along(container))
            running = arith_add_wrap(running, milli);
        if (container->sidecar)
            sidecars = arith_add_wrap(sidecars, milli);
        else if (container->init && arith_add_wrap(sidecars, milli) > peak)
            peak = arith_add_wrap(sidecars, milli);
    }
    if (found)
        *ret = running > peak ? running : peak;
    return found;
}

static int pod_level_request(const struct pod_view *pod, const char *resource, int64_t *ret, struct err *err)
{
    if (find_amount(pod->requests, pod->requests_len, resource, ret) ||
        aggregate_containers(pod, resource, ret))
        return 0;
    return err_set(err, ERR_NOT_FOUND, "missing pod-level request for %s in Pod %s", resource, pod->name);
}

int pods_requests(const struct pod_view *pods, size_t len, const char *resource, const char *container,
                  bool pod_level, int64_t *ret_milli, struct err *err)
{
    for (size_t i = 0; i < len; i++) {
        bool whole = pod_level && text_empty(container) && pods[i].requests_len > 0;
        int rc = whole ? pod_level_request(&pods[i], resource, &ret_milli[i], err)
                       : sum_containers(&pods[i], resource, container, &ret_milli[i], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

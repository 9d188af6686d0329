/* Owns the table of kinds. */
#include "tests/sandbox/resource.h"

#include <stdio.h>
#include <string.h>

#include "scaler/base/mem.h"

#define NS       RES_NAMESPACED
#define CR       (RES_NAMESPACED | RES_CUSTOM | RES_STATUS | RES_GENERATION | RES_NEED_RV)
#define WORKLOAD (RES_NAMESPACED | RES_STATUS | RES_SCALE | RES_GENERATION | RES_WORKLOAD)

/* Rows of one group stand together; the first row with a stored kind comes before its views. */
static const struct resource rows[] = {
    {"", "v1", "namespaces", "Namespace", "ns", "", RES_STATUS},
    {"", "v1", "nodes", "Node", "no", "", RES_STATUS},
    {"", "v1", "pods", "Pod", "po", "all", NS | RES_STATUS},
    {"", "v1", "services", "Service", "svc", "all", NS | RES_STATUS},
    {"", "v1", "configmaps", "ConfigMap", "cm", "", NS},
    {"", "v1", "secrets", "Secret", "", "", NS},
    {"", "v1", "serviceaccounts", "ServiceAccount", "sa", "", NS},
    {"", "v1", "events", "Event", "ev", "", NS},
    {"apps", "v1", "deployments", "Deployment", "deploy", "all", WORKLOAD},
    {"apps", "v1", "replicasets", "ReplicaSet", "rs", "all", WORKLOAD},
    {"apps", "v1", "statefulsets", "StatefulSet", "sts", "all", WORKLOAD},
    {"autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa", "all",
     NS | RES_STATUS | RES_GENERATION},
    {"batch", "v1", "jobs", "Job", "", "all", NS | RES_STATUS | RES_GENERATION},
    {"coordination.k8s.io", "v1", "leases", "Lease", "", "", NS | RES_NEED_RV},
    {"events.k8s.io", "v1", "events", "Event", "ev", "", NS | RES_NEW_EVENT},
    {"policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", "pdb", "",
     NS | RES_STATUS | RES_GENERATION},
    {"rbac.authorization.k8s.io", "v1", "roles", "Role", "", "", NS},
    {"rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", "", "", NS},
    {"rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", "", "", 0},
    {"rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", "", "", 0},
    {"authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", "", "", RES_REVIEW},
    {"apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", "crd,crds", "",
     RES_STATUS | RES_GENERATION},
    {"metrics.k8s.io", "v1beta1", "pods", "PodMetrics", "", "", NS},
    {"argoproj.io", "v1alpha1", "rollouts", "Rollout", "ro", "", CR | RES_SCALE | RES_WORKLOAD},
    {"keda.sh", "v1alpha1", "scaledobjects", "ScaledObject", "so", "", CR},
    {"keda.sh", "v1alpha1", "scaledjobs", "ScaledJob", "sj", "", CR},
    {"keda.sh", "v1alpha1", "triggerauthentications", "TriggerAuthentication", "ta,triggerauth", "", CR},
    {"keda.sh", "v1alpha1", "clustertriggerauthentications", "ClusterTriggerAuthentication",
     "cta,clustertriggerauth", "", CR & ~(unsigned)RES_NAMESPACED},
};
_Static_assert(ARRAY_LEN(rows) <= RESOURCE_MAX, "the store has a collection for each row");

size_t resource_count(void)
{
    return ARRAY_LEN(rows);
}

const struct resource *resource_at(size_t index)
{
    return &rows[index];
}

size_t resource_index(const struct resource *resource)
{
    return (size_t)(resource - rows);
}

bool resource_group_known(const char *group, const char *version)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].group, group) == 0 && strcmp(rows[i].version, version) == 0)
            return true;
    return false;
}

const struct resource *resource_find(const char *group, const char *version, const char *plural)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].group, group) == 0 && strcmp(rows[i].version, version) == 0 &&
            strcmp(rows[i].plural, plural) == 0)
            return &rows[i];
    return NULL;
}

const struct resource *resource_find_kind(const char *api_version, const char *kind)
{
    char text[128];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].kind, kind) == 0 &&
            strcmp(resource_api_version(&rows[i], text, sizeof(text)), api_version) == 0)
            return &rows[i];
    return NULL;
}

const struct resource *resource_stored(const struct resource *resource)
{
    return resource->flags & RES_NEW_EVENT ? resource_find("", "v1", "events") : resource;
}

const char *resource_api_version(const struct resource *resource, char *buf, size_t size)
{
    snprintf(buf, size, "%s%s%s", resource->group, *resource->group ? "/" : "", resource->version);
    return buf;
}

const char *resource_qualified(const struct resource *resource, char *buf, size_t size)
{
    snprintf(buf, size, "%s%s%s", resource->plural, *resource->group ? "." : "", resource->group);
    return buf;
}

static bool starts_group(size_t index)
{
    return *rows[index].group && (index == 0 || strcmp(rows[index - 1].group, rows[index].group) != 0);
}

size_t resource_group_count(void)
{
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        count += starts_group(i);
    return count;
}

const struct resource *resource_group_at(size_t index)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (starts_group(i) && index-- == 0)
            return &rows[i];
    return NULL;
}

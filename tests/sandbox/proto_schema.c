/* Owns which protobuf fields mean what, for the kinds proto.h names. Numbers are the API's own
 * (generated.proto of k8s.io/api). */
#include <string.h>

#include "scaler/base/mem.h"
#include "tests/sandbox/proto.h"

#define MESSAGE(name, ...)                                                                                   \
    static const struct proto_field name##_fields[] = {__VA_ARGS__};                                         \
    static const struct proto_message name = {name##_fields, ARRAY_LEN(name##_fields)}
#define TEXT(number, key)                                                                                    \
    {                                                                                                        \
        number, key, PROTO_TEXT, false, NULL                                                                 \
    }
#define TEXTS(number, key)                                                                                   \
    {                                                                                                        \
        number, key, PROTO_TEXT, true, NULL                                                                  \
    }
#define INT(number, key)                                                                                     \
    {                                                                                                        \
        number, key, PROTO_INT, false, NULL                                                                  \
    }
#define INT_PTR(number, key)                                                                                 \
    {                                                                                                        \
        number, key, PROTO_INT_PTR, false, NULL                                                              \
    }
#define BOOL(number, key)                                                                                    \
    {                                                                                                        \
        number, key, PROTO_BOOL, false, NULL                                                                 \
    }
#define OBJECT(number, key, type)                                                                            \
    {                                                                                                        \
        number, key, PROTO_MESSAGE, false, &type                                                             \
    }
#define OBJECTS(number, key, type)                                                                           \
    {                                                                                                        \
        number, key, PROTO_MESSAGE, true, &type                                                              \
    }
#define QUANTITY(number, key)                                                                                \
    {                                                                                                        \
        number, key, PROTO_QUANTITY, false, NULL                                                             \
    }
#define TEXT_MAP(number, key)                                                                                \
    {                                                                                                        \
        number, key, PROTO_TEXT_MAP, false, NULL                                                             \
    }
#define BYTES_MAP(number, key)                                                                               \
    {                                                                                                        \
        number, key, PROTO_BYTES_MAP, false, NULL                                                            \
    }
#define SKIP(number)                                                                                         \
    {                                                                                                        \
        number, "", PROTO_SKIP, false, NULL                                                                  \
    }

MESSAGE(owner_reference, TEXT(5, "apiVersion"), TEXT(1, "kind"), TEXT(3, "name"), TEXT(4, "uid"),
        BOOL(6, "controller"), BOOL(7, "blockOwnerDeletion"));
MESSAGE(object_meta, TEXT(1, "name"), TEXT(2, "generateName"), TEXT(3, "namespace"), SKIP(4), TEXT(5, "uid"),
        TEXT(6, "resourceVersion"), SKIP(7), SKIP(8), SKIP(9), SKIP(10), TEXT_MAP(11, "labels"),
        TEXT_MAP(12, "annotations"), OBJECTS(13, "ownerReferences", owner_reference), TEXTS(14, "finalizers"),
        SKIP(17));
MESSAGE(requirement, TEXT(1, "key"), TEXT(2, "operator"), TEXTS(3, "values"));
MESSAGE(label_selector, TEXT_MAP(1, "matchLabels"), OBJECTS(2, "matchExpressions", requirement));

MESSAGE(container_port, TEXT(1, "name"), INT(2, "hostPort"), INT(3, "containerPort"), TEXT(4, "protocol"),
        TEXT(5, "hostIP"));
MESSAGE(env_var, TEXT(1, "name"), TEXT(2, "value"));
MESSAGE(resources, SKIP(0));
MESSAGE(container, TEXT(1, "name"), TEXT(2, "image"), TEXTS(3, "command"), TEXTS(4, "args"),
        TEXT(5, "workingDir"), OBJECTS(6, "ports", container_port), OBJECTS(7, "env", env_var),
        OBJECT(8, "resources", resources), TEXT(13, "terminationMessagePath"),
        TEXT(20, "terminationMessagePolicy"), TEXT(14, "imagePullPolicy"), BOOL(16, "stdin"),
        BOOL(18, "tty"));
MESSAGE(pod_spec, OBJECTS(2, "containers", container), OBJECTS(20, "initContainers", container),
        TEXT(3, "restartPolicy"), INT_PTR(4, "terminationGracePeriodSeconds"), TEXT(6, "dnsPolicy"),
        TEXT_MAP(7, "nodeSelector"), TEXT(8, "serviceAccountName"), TEXT(9, "serviceAccount"),
        TEXT(10, "nodeName"), TEXT(19, "schedulerName"));
MESSAGE(pod_template, OBJECT(1, "metadata", object_meta), OBJECT(2, "spec", pod_spec));
MESSAGE(deployment_strategy, TEXT(1, "type"));
MESSAGE(deployment_spec, INT_PTR(1, "replicas"), OBJECT(2, "selector", label_selector),
        OBJECT(3, "template", pod_template), OBJECT(4, "strategy", deployment_strategy),
        INT(5, "minReadySeconds"), INT_PTR(6, "revisionHistoryLimit"), BOOL(7, "paused"),
        INT_PTR(9, "progressDeadlineSeconds"));
MESSAGE(deployment, OBJECT(1, "metadata", object_meta), OBJECT(2, "spec", deployment_spec), SKIP(3));

MESSAGE(namespace_kind, OBJECT(1, "metadata", object_meta), SKIP(2), SKIP(3));
MESSAGE(config_map, OBJECT(1, "metadata", object_meta), TEXT_MAP(2, "data"), BYTES_MAP(3, "binaryData"),
        BOOL(4, "immutable"));
MESSAGE(secret, OBJECT(1, "metadata", object_meta), BYTES_MAP(2, "data"), TEXT(3, "type"),
        TEXT_MAP(4, "stringData"), BOOL(5, "immutable"));
MESSAGE(service_account, OBJECT(1, "metadata", object_meta));

MESSAGE(scale_target, TEXT(1, "kind"), TEXT(2, "name"), TEXT(3, "apiVersion"));
MESSAGE(metric_target, TEXT(1, "type"), QUANTITY(2, "value"), QUANTITY(3, "averageValue"),
        INT_PTR(4, "averageUtilization"));
MESSAGE(resource_metric, TEXT(1, "name"), OBJECT(2, "target", metric_target));
MESSAGE(metric, TEXT(1, "type"), OBJECT(4, "resource", resource_metric));
MESSAGE(hpa_spec, OBJECT(1, "scaleTargetRef", scale_target), INT_PTR(2, "minReplicas"), INT(3, "maxReplicas"),
        OBJECTS(4, "metrics", metric));
MESSAGE(hpa, OBJECT(1, "metadata", object_meta), OBJECT(2, "spec", hpa_spec), SKIP(3));

MESSAGE(resource_attributes, TEXT(1, "namespace"), TEXT(2, "verb"), TEXT(3, "group"), TEXT(4, "version"),
        TEXT(5, "resource"), TEXT(6, "subresource"), TEXT(7, "name"));
MESSAGE(other_attributes, TEXT(1, "path"), TEXT(2, "verb"));
MESSAGE(review_spec, OBJECT(1, "resourceAttributes", resource_attributes),
        OBJECT(2, "nonResourceAttributes", other_attributes));
MESSAGE(review, OBJECT(1, "metadata", object_meta), OBJECT(2, "spec", review_spec), SKIP(3));

MESSAGE(preconditions, TEXT(1, "uid"), TEXT(2, "resourceVersion"));
MESSAGE(delete_options, INT_PTR(1, "gracePeriodSeconds"), OBJECT(2, "preconditions", preconditions), SKIP(3),
        TEXT(4, "propagationPolicy"), TEXTS(5, "dryRun"));

static const struct {
    const char *api_version; /* NULL: any */
    const char *kind;
    const struct proto_message *message;
} kinds[] = {
    {"apps/v1", "Deployment", &deployment},
    {"v1", "Namespace", &namespace_kind},
    {"v1", "ConfigMap", &config_map},
    {"v1", "Secret", &secret},
    {"v1", "ServiceAccount", &service_account},
    {"autoscaling/v2", "HorizontalPodAutoscaler", &hpa},
    {"authorization.k8s.io/v1", "SelfSubjectAccessReview", &review},
    {NULL, "DeleteOptions", &delete_options},
};

const struct proto_message *proto_find(const char *api_version, const char *kind)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].kind, kind) == 0 &&
            (!kinds[i].api_version || strcmp(kinds[i].api_version, api_version) == 0))
            return kinds[i].message;
    return NULL;
}

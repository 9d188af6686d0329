/* Owns the columns of each kind and how their cells are made. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "tests/sandbox/table.h"

#define NAME                                                                                                 \
    {                                                                                                        \
        .name = "Name", .kind = CELL_TEXT, .path = "metadata.name"                                           \
    }
#define AGE                                                                                                  \
    {                                                                                                        \
        .name = "Age", .kind = CELL_AGE, .path = "metadata.creationTimestamp"                                \
    }

/* How long ago, in the two largest units people care for. */
static void describe_age(int64_t seconds, char *buf, size_t size)
{
    int64_t minutes = seconds / 60, hours = seconds / 3600, days = hours / 24;
    if (seconds < 120)
        snprintf(buf, size, "%" PRId64 "s", seconds < 0 ? 0 : seconds);
    else if (minutes < 10 && seconds % 60)
        snprintf(buf, size, "%" PRId64 "m%" PRId64 "s", minutes, seconds % 60);
    else if (minutes < 180)
        snprintf(buf, size, "%" PRId64 "m", minutes);
    else if (hours < 8 && minutes % 60)
        snprintf(buf, size, "%" PRId64 "h%" PRId64 "m", hours, minutes % 60);
    else if (hours < 48)
        snprintf(buf, size, "%" PRId64 "h", hours);
    else if (days < 8 && hours % 24)
        snprintf(buf, size, "%" PRId64 "d%" PRId64 "h", days, hours % 24);
    else
        snprintf(buf, size, "%" PRId64 "d", days);
}

static json_t *age_of(const char *time)
{
    char text[48] = "<unknown>";
    int64_t at;
    if (time && clock_parse_rfc3339(time, &at, NULL) == 0)
        describe_age((clock_wall_ms() - at) / 1000, text, sizeof(text));
    return json_string(text);
}

/* Appends every text or number the path leads to; "*" walks a list. */
static void gather(json_t *value, const char *path, struct strbuf *out)
{
    size_t len = strcspn(path, "."), i;
    json_t *item;
    if (!*path) {
        AUTO_FREE char *text = json_is_object(value) || json_is_array(value)
                                   ? NULL
                                   : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
        if (!text || json_is_null(value))
            return;
        if (out->len)
            strbuf_append_c(out, ',');
        strbuf_append(out, json_is_string(value) ? json_string_value(value) : text);
        return;
    }
    const char *rest = path + len + (path[len] == '.');
    if (*path == '*') {
        json_array_foreach (value, i, item)
            gather(item, rest, out);
        return;
    }
    AUTO_FREE char *key = mem_strndup(path, len);
    if (json_object_get(value, key))
        gather(json_object_get(value, key), rest, out);
}

static json_t *text_at(json_t *object, const char *path)
{
    struct strbuf out;
    strbuf_init_max(&out, 4096);
    gather(object, path, &out);
    json_t *value = json_string(out.len ? out.data : "");
    strbuf_done(&out);
    return value ? value : json_string("");
}

static json_int_t number_at(json_t *object, const char *path)
{
    while (object && *path) {
        size_t len = strcspn(path, ".");
        AUTO_FREE char *key = mem_strndup(path, len);
        object = json_object_get(object, key);
        path += len + (path[len] == '.');
    }
    return json_is_integer(object) ? json_integer_value(object) : 0;
}

static json_t *condition_status(json_t *object, const char *type)
{
    size_t i;
    json_t *item;
    json_array_foreach (json_dig(object, "status", "conditions", NULL), i, item)
        if (json_str(item, "type") && strcmp(json_str(item, "type"), type) == 0)
            return json_string(json_str(item, "status") ? json_str(item, "status") : "Unknown");
    return json_string("Unknown");
}

static json_t *make_selector(json_t *object)
{
    struct strbuf out;
    const char *key;
    json_t *value;
    strbuf_init(&out);
    json_object_foreach (json_dig(object, "spec", "selector", "matchLabels", NULL), key, value)
        strbuf_printf(&out, "%s%s=%s", out.len ? "," : "", key,
                      json_is_string(value) ? json_string_value(value) : "");
    json_t *text = json_string(out.len ? out.data : "<none>");
    strbuf_done(&out);
    return text;
}

static json_t *make_data_count(json_t *object)
{
    return json_integer((json_int_t)(json_object_size(json_object_get(object, "data")) +
                                     json_object_size(json_object_get(object, "binaryData"))));
}

static json_t *make_pod_ready(json_t *object)
{
    size_t ready = 0, i;
    json_t *item;
    json_array_foreach (json_dig(object, "status", "containerStatuses", NULL), i, item)
        ready += json_flag(item, "ready");
    AUTO_FREE char *text =
        mem_printf("%zu/%zu", ready, json_array_size(json_dig(object, "spec", "containers", NULL)));
    return json_string(text);
}

static json_t *make_pod_restarts(json_t *object)
{
    json_int_t restarts = 0;
    size_t i;
    json_t *item;
    json_array_foreach (json_dig(object, "status", "containerStatuses", NULL), i, item)
        restarts += (json_int_t)json_i64(item, "restartCount", 0);
    AUTO_FREE char *text = mem_printf("%" JSON_INTEGER_FORMAT, restarts);
    return json_string(text);
}

/* "3s ago" is what matters: the newest of the times an event carries. */
static json_t *make_last_seen(json_t *object)
{
    const char *const times[] = {json_str(json_object_get(object, "series"), "lastObservedTime"),
                                 json_str(object, "lastTimestamp"), json_str(object, "eventTime"),
                                 json_str(object, "deprecatedLastTimestamp"),
                                 json_str(json_object_get(object, "metadata"), "creationTimestamp")};
    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        if (times[i])
            return age_of(times[i]);
    return json_string("<unknown>");
}

static json_t *make_event_object(json_t *object)
{
    json_t *about = json_object_get(object, "involvedObject");
    if (!about)
        about = json_object_get(object, "regarding");
    const char *kind = json_str(about, "kind"), *name = json_str(about, "name");
    AUTO_FREE char *text = mem_printf("%s/%s", kind ? kind : "", name ? name : "");
    for (char *c = text; *c && *c != '/'; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    json_t *value = json_string(text);
    return value ? value : json_string("?");
}

static json_t *make_reference(json_t *object)
{
    json_t *target = json_dig(object, "spec", "scaleTargetRef", NULL);
    const char *kind = json_str(target, "kind"), *name = json_str(target, "name");
    AUTO_FREE char *text = mem_printf("%s/%s", kind ? kind : "", name ? name : "");
    json_t *value = json_string(text);
    return value ? value : json_string("?");
}

static const struct column generic_columns[] = {NAME, AGE};
static const struct column deployment_columns[] = {
    NAME,
    {.name = "Ready", .kind = CELL_OF, .path = "status.readyReplicas", .other = "spec.replicas"},
    {.name = "Up-to-date", .kind = CELL_NUMBER, .path = "status.updatedReplicas"},
    {.name = "Available", .kind = CELL_NUMBER, .path = "status.availableReplicas"},
    AGE,
    {.name = "Containers", .kind = CELL_TEXT, .path = "spec.template.spec.containers.*.name", .priority = 1},
    {.name = "Images", .kind = CELL_TEXT, .path = "spec.template.spec.containers.*.image", .priority = 1},
    {.name = "Selector", .kind = CELL_MAKE, .make = make_selector, .priority = 1},
};
static const struct column replica_set_columns[] = {
    NAME,
    {.name = "Desired", .kind = CELL_NUMBER, .path = "spec.replicas"},
    {.name = "Current", .kind = CELL_NUMBER, .path = "status.replicas"},
    {.name = "Ready", .kind = CELL_NUMBER, .path = "status.readyReplicas"},
    AGE,
};
static const struct column stateful_set_columns[] = {
    NAME,
    {.name = "Ready", .kind = CELL_OF, .path = "status.readyReplicas", .other = "spec.replicas"},
    AGE,
};
static const struct column pod_columns[] = {
    NAME,
    {.name = "Ready", .kind = CELL_MAKE, .make = make_pod_ready},
    {.name = "Status", .kind = CELL_TEXT, .path = "status.phase"},
    {.name = "Restarts", .kind = CELL_MAKE, .make = make_pod_restarts},
    AGE,
    {.name = "IP", .kind = CELL_TEXT, .path = "status.podIP", .priority = 1},
    {.name = "Node", .kind = CELL_TEXT, .path = "spec.nodeName", .priority = 1},
};
static const struct column namespace_columns[] = {
    NAME, {.name = "Status", .kind = CELL_TEXT, .path = "status.phase"}, AGE};
static const struct column secret_columns[] = {
    NAME,
    {.name = "Type", .kind = CELL_TEXT, .path = "type"},
    {.name = "Data", .kind = CELL_MAKE, .make = make_data_count},
    AGE,
};
static const struct column config_map_columns[] = {
    NAME, {.name = "Data", .kind = CELL_MAKE, .make = make_data_count}, AGE};
static const struct column event_columns[] = {
    {.name = "Last Seen", .kind = CELL_MAKE, .make = make_last_seen},
    {.name = "Type", .kind = CELL_TEXT, .path = "type"},
    {.name = "Reason", .kind = CELL_TEXT, .path = "reason"},
    {.name = "Object", .kind = CELL_MAKE, .make = make_event_object},
    {.name = "Message", .kind = CELL_TEXT, .path = "message"},
    {.name = "Name", .kind = CELL_TEXT, .path = "metadata.name", .priority = 1},
};
static const struct column new_event_columns[] = {
    {.name = "Last Seen", .kind = CELL_MAKE, .make = make_last_seen},
    {.name = "Type", .kind = CELL_TEXT, .path = "type"},
    {.name = "Reason", .kind = CELL_TEXT, .path = "reason"},
    {.name = "Object", .kind = CELL_MAKE, .make = make_event_object},
    {.name = "Message", .kind = CELL_TEXT, .path = "note"},
    {.name = "Name", .kind = CELL_TEXT, .path = "metadata.name", .priority = 1},
};
static const struct column lease_columns[] = {
    NAME, {.name = "Holder", .kind = CELL_TEXT, .path = "spec.holderIdentity"}, AGE};
static const struct column hpa_columns[] = {
    NAME,
    {.name = "Reference", .kind = CELL_MAKE, .make = make_reference},
    {.name = "MinPods", .kind = CELL_NUMBER, .path = "spec.minReplicas"},
    {.name = "MaxPods", .kind = CELL_NUMBER, .path = "spec.maxReplicas"},
    {.name = "Replicas", .kind = CELL_NUMBER, .path = "status.currentReplicas"},
    AGE,
};
static const struct column rollout_columns[] = {
    NAME,
    {.name = "Desired", .kind = CELL_NUMBER, .path = "spec.replicas"},
    {.name = "Current", .kind = CELL_NUMBER, .path = "status.replicas"},
    {.name = "Up-to-date", .kind = CELL_NUMBER, .path = "status.updatedReplicas"},
    {.name = "Available", .kind = CELL_NUMBER, .path = "status.availableReplicas"},
    AGE,
};
static const struct column scaled_object_columns[] = {
    NAME,
    {.name = "ScaleTargetKind", .kind = CELL_TEXT, .path = "status.scaleTargetKind"},
    {.name = "ScaleTargetName", .kind = CELL_TEXT, .path = "spec.scaleTargetRef.name"},
    {.name = "Min", .kind = CELL_TEXT, .path = "spec.minReplicaCount"},
    {.name = "Max", .kind = CELL_TEXT, .path = "spec.maxReplicaCount"},
    {.name = "Ready", .kind = CELL_CONDITION, .path = "Ready"},
    {.name = "Active", .kind = CELL_CONDITION, .path = "Active"},
    {.name = "Fallback", .kind = CELL_CONDITION, .path = "Fallback"},
    {.name = "Paused", .kind = CELL_CONDITION, .path = "Paused"},
    {.name = "Triggers", .kind = CELL_TEXT, .path = "status.triggersTypes"},
    {.name = "Authentications", .kind = CELL_TEXT, .path = "status.authenticationsTypes"},
    AGE,
};
static const struct column trigger_auth_columns[] = {
    NAME,
    {.name = "PodIdentity", .kind = CELL_TEXT, .path = "spec.podIdentity.provider"},
    {.name = "Secret", .kind = CELL_TEXT, .path = "spec.secretTargetRef.*.name"},
    {.name = "Env", .kind = CELL_TEXT, .path = "spec.env.*.name"},
    AGE,
};

#define ROWS(columns) columns, ARRAY_LEN(columns)

static const struct {
    const char *group, *plural;
    const struct column *columns;
    size_t count;
} tables[] = {
    {"apps", "deployments", ROWS(deployment_columns)},
    {"apps", "replicasets", ROWS(replica_set_columns)},
    {"apps", "statefulsets", ROWS(stateful_set_columns)},
    {"", "pods", ROWS(pod_columns)},
    {"", "namespaces", ROWS(namespace_columns)},
    {"", "secrets", ROWS(secret_columns)},
    {"", "configmaps", ROWS(config_map_columns)},
    {"", "events", ROWS(event_columns)},
    {"events.k8s.io", "events", ROWS(new_event_columns)},
    {"coordination.k8s.io", "leases", ROWS(lease_columns)},
    {"autoscaling", "horizontalpodautoscalers", ROWS(hpa_columns)},
    {"argoproj.io", "rollouts", ROWS(rollout_columns)},
    {"keda.sh", "scaledobjects", ROWS(scaled_object_columns)},
    {"keda.sh", "triggerauthentications", ROWS(trigger_auth_columns)},
    {"keda.sh", "clustertriggerauthentications", ROWS(trigger_auth_columns)},
};

const struct column *table_columns(const struct resource *resource, size_t *ret_count)
{
    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        if (strcmp(tables[i].group, resource->group) == 0 && strcmp(tables[i].plural, resource->plural) == 0)
            return *ret_count = tables[i].count, tables[i].columns;
    *ret_count = ARRAY_LEN(generic_columns);
    return generic_columns;
}

json_t *table_cell(const struct column *column, json_t *object)
{
    AUTO_FREE char *text = NULL;
    switch (column->kind) {
    case CELL_NUMBER:
        return json_integer(number_at(object, column->path));
    case CELL_AGE: {
        AUTO_JSON json_t *time = text_at(object, column->path);
        return age_of(json_string_value(time));
    }
    case CELL_OF:
        text = mem_printf("%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT, number_at(object, column->path),
                          number_at(object, column->other));
        return json_string(text);
    case CELL_CONDITION:
        return condition_status(object, column->path);
    case CELL_MAKE:
        return column->make(object);
    default:
        return text_at(object, column->path);
    }
}

/* Owns the reading of a pod's JSON. */
#include "scaler/daemon/pod_record.h"

#include "scaler/base/clock.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/quantity.h"
#include "scaler/base/text.h"

/* What triggers ask for; requests for other things are nobody's business here. */
static const char *const resources[] = {"cpu", "memory"};

static enum pod_phase phase_of(const char *text)
{
    static const struct {
        const char *text;
        enum pod_phase phase;
    } phases[] = {{"Pending", POD_PHASE_PENDING},
                  {"Running", POD_PHASE_RUNNING},
                  {"Succeeded", POD_PHASE_SUCCEEDED},
                  {"Failed", POD_PHASE_FAILED}};
    for (size_t i = 0; i < ARRAY_LEN(phases); i++)
        if (text_eq(text, phases[i].text))
            return phases[i].phase;
    return POD_PHASE_UNKNOWN;
}

static void read_ready(json_t *status, struct pod_view *view)
{
    json_t *conditions = json_object_get(status, "conditions");
    for (size_t i = 0; i < json_array_size(conditions); i++) {
        json_t *condition = json_array_get(conditions, i);
        if (!text_eq(json_str(condition, "type"), "Ready"))
            continue;
        const char *says = json_str(condition, "status"),
                   *changed = json_str(condition, "lastTransitionTime");
        view->ready = text_eq(says, "True")    ? POD_CONDITION_TRUE
                      : text_eq(says, "False") ? POD_CONDITION_FALSE
                                               : POD_CONDITION_UNKNOWN;
        if (changed)
            (void)clock_parse_rfc3339(changed, &view->ready_changed_ms, NULL);
        return;
    }
}

/* Returns how many; they are written to ret. */
static size_t read_requests(json_t *holder, struct resource_amount *ret)
{
    json_t *requests = json_dig(holder, "resources", "requests", NULL);
    size_t len = 0;
    for (size_t i = 0; i < ARRAY_LEN(resources); i++) {
        json_t *amount = json_object_get(requests, resources[i]);
        struct quantity quantity;
        if (json_is_string(amount) && quantity_parse(json_string_value(amount), &quantity, NULL) == 0)
            ret[len++] = (struct resource_amount){resources[i], quantity.milli};
        else if (json_is_integer(amount) && json_integer_value(amount) >= 0 &&
                 json_integer_value(amount) <= INT64_MAX / 1000)
            ret[len++] = (struct resource_amount){resources[i], json_integer_value(amount) * 1000};
    }
    return len;
}

static void read_containers(json_t *list, bool init, struct pod_record *ret, size_t *amounts)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *container = json_array_get(list, i);
        const char *name = json_str(container, "name");
        struct container_view *view = &ret->containers[ret->view.containers_len++];
        *view = (struct container_view){
            .name = mem_strdup(name ? name : ""),
            .init = init,
            .sidecar = init && text_eq(json_str(container, "restartPolicy"), "Always"),
            .requests = &ret->amounts[*amounts],
        };
        view->requests_len = read_requests(container, &ret->amounts[*amounts]);
        *amounts += view->requests_len;
    }
}

static void read_spec(json_t *spec, struct pod_record *ret)
{
    json_t *init = json_object_get(spec, "initContainers"), *plain = json_object_get(spec, "containers");
    size_t len = json_array_size(init) + json_array_size(plain), amounts = 0;
    const char *node = json_str(spec, "nodeName");
    ret->node = mem_strdup(node ? node : "");
    ret->containers = mem_zalloc_array(len, sizeof *ret->containers);
    ret->amounts = mem_zalloc_array((len + 1) * ARRAY_LEN(resources), sizeof *ret->amounts);
    read_containers(init, true, ret, &amounts);
    read_containers(plain, false, ret, &amounts);
    ret->view.containers = ret->containers;
    ret->view.requests = &ret->amounts[amounts];
    ret->view.requests_len = read_requests(spec, &ret->amounts[amounts]);
}

void pod_record_read(json_t *pod, const char *name, struct pod_record *ret)
{
    json_t *status = json_object_get(pod, "status");
    const char *start = json_str(status, "startTime");
    *ret = (struct pod_record){.view = {.name = name, .phase = phase_of(json_str(status, "phase"))}};
    ret->view.deleted = json_str(json_object_get(pod, "metadata"), "deletionTimestamp") != NULL;
    ret->view.has_start = start && clock_parse_rfc3339(start, &ret->view.start_ms, NULL) == 0;
    read_ready(status, &ret->view);
    read_spec(json_object_get(pod, "spec"), ret);
}

void pod_record_done(struct pod_record *record)
{
    for (size_t i = 0; i < record->view.containers_len; i++)
        mem_free((char *)record->containers[i].name);
    mem_free(record->containers);
    mem_free(record->amounts);
    mem_free(record->node);
    *record = (struct pod_record){0};
}

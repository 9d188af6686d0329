/* Owns the reading of metrics.k8s.io's JSON. */
#include "scaler/daemon/usage_read.h"

#include "scaler/base/clock.h"
#include "scaler/base/duration.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/quantity.h"

static const char *const resource_names[USAGE_RESOURCES] = {[USAGE_CPU] = "cpu", [USAGE_MEMORY] = "memory"};

static bool read_amount(json_t *value, int64_t *ret_milli)
{
    struct quantity quantity;
    if (json_is_integer(value)) { /* JSON numbers are quantities, too */
        json_int_t number = json_integer_value(value);
        *ret_milli = number > INT64_MAX / 1000 ? INT64_MAX : number * 1000;
        return number >= 0;
    }
    if (!json_is_string(value) || quantity_parse(json_string_value(value), &quantity, NULL) < 0)
        return false;
    *ret_milli = quantity.milli;
    return quantity.milli >= 0;
}

static void read_containers(json_t *list, enum usage_resource resource, struct usage_list *ret,
                            struct pod_sample *sample)
{
    sample->containers = &ret->containers[ret->containers_len];
    sample->containers_len = json_array_size(list);
    for (size_t i = 0; i < sample->containers_len; i++) {
        json_t *container = json_array_get(list, i);
        const char *name = json_str(container, "name");
        struct container_usage *usage = &ret->containers[ret->containers_len++];
        usage->container = mem_strdup(name ? name : "");
        usage->has_value =
            read_amount(json_dig(container, "usage", resource_names[resource], NULL), &usage->milli);
    }
}

static void read_sample(json_t *item, struct usage_list *ret)
{
    const char *name = json_str(json_object_get(item, "metadata"), "name");
    const char *at = json_str(item, "timestamp"), *window = json_str(item, "window");
    int64_t at_ms, window_ns;
    if (!name || !at || clock_parse_rfc3339(at, &at_ms, NULL) < 0 || !window ||
        duration_parse_go(window, &window_ns, NULL) < 0)
        return;
    for (int i = 0; i < USAGE_RESOURCES; i++) {
        struct pod_sample *sample = &ret->samples[i][ret->len];
        *sample =
            (struct pod_sample){.pod = mem_strdup(name), .at_ms = at_ms, .window_ms = window_ns / 1000000};
        read_containers(json_object_get(item, "containers"), (enum usage_resource)i, ret, sample);
    }
    ret->len++;
}

int usage_list_read(json_t *body, struct usage_list *ret, struct err *err)
{
    json_t *items = json_object_get(body, "items");
    size_t len = json_array_size(items), containers = 0;
    if (!json_is_array(items))
        return err_set(err, ERR_PROTOCOL, "the answer is no list of pod metrics");
    for (size_t i = 0; i < len; i++)
        containers += json_array_size(json_object_get(json_array_get(items, i), "containers"));
    struct usage_list list = {.containers =
                                  mem_zalloc_array(containers * USAGE_RESOURCES, sizeof *list.containers)};
    for (int i = 0; i < USAGE_RESOURCES; i++)
        list.samples[i] = mem_zalloc_array(len, sizeof *list.samples[i]);
    for (size_t i = 0; i < len; i++)
        read_sample(json_array_get(items, i), &list);
    *ret = list;
    return 0;
}

void usage_list_done(struct usage_list *list)
{
    for (size_t i = 0; i < list->containers_len; i++)
        mem_free((char *)list->containers[i].container);
    for (int r = 0; r < USAGE_RESOURCES; r++) {
        for (size_t i = 0; i < list->len; i++)
            mem_free((char *)list->samples[r][i].pod);
        mem_free(list->samples[r]);
    }
    mem_free(list->containers);
    *list = (struct usage_list){0};
}

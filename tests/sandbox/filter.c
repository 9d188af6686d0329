/* Owns which field selectors each kind supports, and the short cuts that spare parsing objects. */
#include "tests/sandbox/filter.h"

#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "tests/sandbox/event_view.h"
#include "tests/sandbox/store.h"

/* Like the real server, every kind knows the name and namespace and a few kinds know more; a client that
 * relies on others must see the refusal here, not in production. */
static const struct {
    const char *group, *plural, *fields;
} supported[] = {
    {"", "pods",
     " spec.nodeName spec.restartPolicy spec.schedulerName spec.serviceAccountName status.phase "
     "status.podIP "},
    {"", "namespaces", " status.phase "},
    {"", "secrets", " type "},
    {"", "nodes", " spec.unschedulable "},
    {"", "events",
     " involvedObject.kind involvedObject.namespace involvedObject.name involvedObject.uid "
     "involvedObject.apiVersion "
     "involvedObject.resourceVersion involvedObject.fieldPath reason reportingComponent source type "},
    {"events.k8s.io", "events",
     " regarding.kind regarding.namespace regarding.name regarding.uid regarding.apiVersion "
     "regarding.resourceVersion "
     "regarding.fieldPath reason reportingController type "},
    {"apps", "replicasets", " status.replicas "},
    {"batch", "jobs", " status.successful "},
};

static bool is_supported(const struct resource *resource, const char *field)
{
    AUTO_FREE char *word = mem_printf(" %s ", field);
    for (size_t i = 0; i < ARRAY_LEN(supported); i++)
        if (strcmp(supported[i].group, resource->group) == 0 &&
            strcmp(supported[i].plural, resource->plural) == 0)
            return !strchr(field, ' ') && strstr(supported[i].fields, word);
    return false;
}

/* Moves "metadata.name=x" out of the selector: compared without parsing. */
static bool absorb_name(struct filter *filter, struct requirement *item)
{
    if (item->negated || filter->name || strcmp(item->key, "metadata.name") != 0)
        return false;
    filter->name = mem_strdup(item->value);
    return true;
}

static int check_fields(struct filter *filter, struct err *err)
{
    struct selector *fields = &filter->fields;
    for (size_t i = 0; i < fields->len; i++) {
        const char *key = fields->items[i].key;
        if (strcmp(key, "metadata.name") != 0 && strcmp(key, "metadata.namespace") != 0 &&
            !is_supported(filter->resource, key))
            return err_set(err, ERR_INVALID, "field label not supported: %s", key);
    }
    if (fields->len == 1 && absorb_name(filter, &fields->items[0]))
        selector_done(fields);
    return 0;
}

int filter_init(struct filter *filter, const struct resource *resource, const char *ns, const char *labels,
                const char *fields, struct err *err)
{
    *filter = (struct filter){.resource = resource, .ns = mem_strdup(ns)};
    int code = label_selector_parse(labels, &filter->labels, err);
    if (code == 0)
        code = selector_parse_fields(fields, &filter->fields, err);
    if (code == 0)
        code = check_fields(filter, err);
    if (code)
        filter_done(filter);
    return code;
}

void filter_done(struct filter *filter)
{
    mem_free(filter->ns);
    mem_free(filter->name);
    label_selector_done(&filter->labels);
    selector_done(&filter->fields);
    filter->ns = filter->name = NULL;
}

bool filter_is_plain(const struct filter *filter)
{
    return !filter->name && !filter->labels.len && !filter->fields.len;
}

bool filter_matches(const struct filter *filter, const struct blob *blob)
{
    if (*filter->ns && strcmp(filter->ns, blob->ns) != 0)
        return false;
    if (filter->name && strcmp(filter->name, blob->name) != 0)
        return false;
    if (!filter->labels.len && !filter->fields.len)
        return true;
    AUTO_JSON json_t *object = view_parse(filter->resource, blob);
    return label_selector_matches_json(&filter->labels, json_dig(object, "metadata", "labels", NULL)) &&
           selector_matches_fields(&filter->fields, object);
}

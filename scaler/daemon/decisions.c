/* Owns /decisions: which objects are shown, and the facts of an object around its ledger. Written without
 * building a tree. */
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/daemon/internal.h"
#include "scaler/daemon/ledger_json.h"
#include "scaler/daemon/near.h"

#define NEAR_MAX 8

static const char *phase_of(const struct object *object)
{
    static const char *const names[] = {
        [OBJECT_STARTING] = "starting", [OBJECT_REFUSED] = "refused", [OBJECT_RUNNING] = "running"};
    return names[object->phase];
}

static void problems(struct strbuf *body, const struct object *object)
{
    ledger_json_string(body, "problem", object->problem);
    strbuf_append(body, ",\"errors\":[");
    bool first = true;
    for (uint32_t i = 0; i < object->triggers_len; i++) {
        if (!object->triggers[i].error)
            continue;
        strbuf_printf(body, "%s{\"trigger\":%u,", first ? "" : ",", i);
        ledger_json_string(body, "message", object->triggers[i].error);
        strbuf_append_c(body, '}');
        first = false;
    }
    strbuf_append(body, "],");
    ledger_json_string(body, "formula_error", object->composite.error);
    strbuf_append_c(body, ',');
}

static void identity(struct strbuf *body, const struct object *object)
{
    const struct target_info *info = object->target ? target_info(object->target) : NULL;
    ledger_json_string(body, "namespace", object->spec->meta.ns);
    strbuf_append_c(body, ',');
    ledger_json_string(body, "name", object->spec->meta.name);
    strbuf_append(body, ",\"target\":{");
    ledger_json_string(body, "kind", object->spec->target.kind);
    strbuf_append_c(body, ',');
    ledger_json_string(body, "name", object->spec->target.name);
    strbuf_printf(body, "},\"phase\":\"%s\",", phase_of(object));
    problems(body, object);
    if (info && info->known)
        strbuf_printf(body, "\"replicas\":%d,", info->spec_replicas);
    else
        strbuf_append(body, "\"replicas\":null,");
    strbuf_printf(body, "\"min\":%d,\"max\":%d", object->spec->min, object->spec->max);
}

/* ---- what only an answer about one object says ---- */

static struct ledger_label label_of(const struct object *object, uint32_t index)
{
    if (index >= object->triggers_len || index >= object->spec->triggers_len)
        return (struct ledger_label){0};
    const struct trigger_spec *spec = &object->spec->triggers[index];
    return (struct ledger_label){.name = text_empty(spec->name) ? object->triggers[index].metric_name
                                                                : spec->name,
                                 .type = spec->type};
}

static void trigger_facts(struct strbuf *body, const struct object *object, uint32_t index)
{
    static const char *const types[] = {
        [METRIC_AVERAGE_VALUE] = "AverageValue", [METRIC_VALUE] = "Value", [METRIC_REPLICAS] = "Replicas"};
    const struct trigger_policy *policy = &object->trigger_policies[index];
    struct ledger_label label = label_of(object, index);
    strbuf_append_c(body, '{');
    ledger_json_string(body, "name", label.name);
    strbuf_append_c(body, ',');
    ledger_json_string(body, "type", label.type);
    strbuf_printf(body, ",\"metric_type\":\"%s\",", types[policy->type]);
    if (object->triggers[index].query && policy->type != METRIC_REPLICAS)
        ledger_json_milli(body, "target", policy->target_milli);
    else
        strbuf_append(body, "\"target\":null");
    strbuf_append_c(body, ',');
    ledger_json_number(body, "activation", policy->activation);
    strbuf_append_c(body, ',');
    ledger_json_time(body, "last_ok", object->triggers[index].ok_ms);
    strbuf_append_c(body, ',');
    ledger_json_string(body, "error", object->triggers[index].error);
    strbuf_append_c(body, '}');
}

static int64_t next_evaluation_ms(const struct object *object)
{
    if (object->phase != OBJECT_RUNNING)
        return 0;
    if (object->in_round)
        return net_now_ms(object->daemon->net);
    return timer_running(&object->timer) ? object->timer.due_ms : 0;
}

static void facts(struct strbuf *body, const struct object *object)
{
    struct policy policy;
    policy_fill(object, &policy);
    strbuf_append(body, ",\"policy\":");
    ledger_json_policy(body, &policy);
    strbuf_append_c(body, ',');
    ledger_json_milli(body, "interval", round_interval_ms(object));
    strbuf_append_c(body, ',');
    ledger_json_time(body, "next_evaluation", next_evaluation_ms(object));
    strbuf_append(body, ",\"triggers\":[");
    for (uint32_t i = 0; i < object->triggers_len; i++) {
        if (i)
            strbuf_append_c(body, ',');
        trigger_facts(body, object, i);
    }
    strbuf_append_c(body, ']');
}

static void object_json(struct strbuf *body, const struct object *object, bool whole)
{
    struct ledger_label labels[DECISION_TRIGGERS_MAX];
    uint32_t labels_len = object->triggers_len < ARRAY_LEN(labels) ? object->triggers_len : ARRAY_LEN(labels);
    for (uint32_t i = 0; i < labels_len; i++)
        labels[i] = label_of(object, i);
    strbuf_append_c(body, '{');
    identity(body, object);
    if (whole)
        facts(body, object);
    strbuf_append(body, ",\"decisions\":[");
    const struct ledger_entry *entry;
    for (size_t back = 0; (back == 0 || whole) && (entry = ledger_get(&object->ledger, back)); back++) {
        if (back)
            strbuf_append_c(body, ',');
        ledger_json_decision(body, entry, labels, labels_len);
    }
    strbuf_append(body, "]}");
}

static void begin(struct daemon *daemon, struct strbuf *body)
{
    strbuf_append_c(body, '{');
    ledger_json_string(body, "davit", DAVIT_VERSION);
    strbuf_append_c(body, ',');
    ledger_json_time(body, "now", net_now_ms(daemon->net));
    strbuf_append(body, ",\"objects\":[");
}

/* The newest decision of each: with thousands of objects all would be a page that stops the loop. */
void decisions_write_all(struct daemon *daemon, struct strbuf *body)
{
    begin(daemon, body);
    for (struct object *object = daemon->objects; object; object = object->hh.next) {
        object_json(body, object, false);
        if (object->hh.next)
            strbuf_append(body, ",\n");
    }
    strbuf_append(body, "]}\n");
}

/* ---- one object, and those like it ---- */

struct resembling {
    const struct object *objects[NEAR_MAX];
    int distances[NEAR_MAX];
    unsigned len;
    unsigned same; /* with distance 0 */
};

static void note(struct resembling *found, const struct object *object, int distance)
{
    unsigned at = found->len;
    while (at > 0 && found->distances[at - 1] > distance)
        at--;
    if (at == NEAR_MAX)
        return;
    unsigned moved = (found->len < NEAR_MAX ? found->len : NEAR_MAX - 1) - at;
    memmove(&found->objects[at + 1], &found->objects[at], moved * sizeof found->objects[0]);
    memmove(&found->distances[at + 1], &found->distances[at], moved * sizeof found->distances[0]);
    found->objects[at] = object;
    found->distances[at] = distance;
    found->len += found->len < NEAR_MAX;
}

static void resemble(const struct daemon *daemon, const char *wanted, struct resembling *found)
{
    *found = (struct resembling){0};
    for (const struct object *object = daemon->objects; object; object = object->hh.next) {
        int distance = near_distance(wanted, object->id);
        found->same += distance == 0;
        if (distance < NEAR_FAR)
            note(found, object, distance);
    }
}

static const struct object *by_id(const struct daemon *daemon, const char *id)
{
    struct object *object = NULL;
    HASH_FIND_STR(daemon->objects, id, object);
    return object;
}

bool decisions_write_object(struct daemon *daemon, const char *id, struct strbuf *body)
{
    const struct object *object = by_id(daemon, id);
    begin(daemon, body);
    if (object)
        object_json(body, object, true);
    strbuf_append(body, "]}\n");
    return object != NULL;
}

void decisions_write_found(struct daemon *daemon, const char *wanted, struct strbuf *body)
{
    struct resembling found = {0};
    const struct object *object = by_id(daemon, wanted);
    if (!object)
        resemble(daemon, wanted, &found);
    if (found.same == 1)
        object = found.objects[0];
    begin(daemon, body);
    if (object)
        object_json(body, object, true);
    strbuf_printf(body, "],\"same\":%u,\"near\":[", object ? 1 : found.same);
    for (unsigned i = 0; !object && i < found.len && found.objects[i]; i++) {
        if (i)
            strbuf_append_c(body, ',');
        strbuf_append_json(body, found.objects[i]->id);
    }
    strbuf_append(body, "]}\n");
}

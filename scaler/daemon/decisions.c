/* Owns /decisions: the ledger as JSON, one object after the other, without building a tree. */
#include <inttypes.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/daemon/internal.h"

static void string(struct strbuf *body, const char *key, const char *value)
{
    strbuf_printf(body, "\"%s\":", key);
    if (value)
        strbuf_append_json(body, value);
    else
        strbuf_append(body, "null");
}

static void time_of(struct strbuf *body, const char *key, int64_t ms)
{
    char text[CLOCK_RFC3339_MAX];
    if (ms > 0)
        strbuf_printf(body, "\"%s\":\"%s\"", key, clock_format_rfc3339(ms, true, text, sizeof text));
    else
        strbuf_printf(body, "\"%s\":null", key);
}

static const char *flag(bool value)
{
    return value ? "true" : "false";
}

static void limits(struct strbuf *body, unsigned limited_by)
{
    bool first = true;
    strbuf_append(body, "\"limited_by\":[");
    for (unsigned bit = 1; bit <= LIMIT_FALLBACK; bit <<= 1) {
        if (!(limited_by & bit))
            continue;
        strbuf_printf(body, "%s\"%s\"", first ? "" : ",", decision_limit_name((enum decision_limit)bit));
        first = false;
    }
    strbuf_append_c(body, ']');
}

static void steps(struct strbuf *body, const struct ledger_entry *entry)
{
    strbuf_append(body, "\"steps\":[");
    for (unsigned i = 0; i < entry->steps_len; i++) {
        const struct decision_step *step = &entry->steps[i];
        strbuf_printf(body, "%s{\"limit\":\"%s\",\"from\":%d,\"to\":%d,\"detail\":%d,", i ? "," : "",
                      decision_limit_name(step->limit), step->from, step->to, step->detail);
        time_of(body, "at", step->at_ms);
        strbuf_append_c(body, '}');
    }
    strbuf_append_c(body, ']');
}

static void milli(struct strbuf *body, const char *key, int64_t value)
{
    char text[40];
    strbuf_printf(body, "\"%s\":%s", key, number_format_double((double)value / 1000, text, sizeof text));
}

static void trigger(struct strbuf *body, const struct object *object, const struct ledger_trigger *entry,
                    unsigned index)
{
    bool named = index < object->triggers_len && index < object->spec->triggers_len;
    const char *name = named ? object->spec->triggers[index].name : NULL;
    strbuf_append_c(body, '{');
    string(body, "name", text_empty(name) ? (named ? object->triggers[index].metric_name : NULL) : name);
    strbuf_append_c(body, ',');
    string(body, "type", named ? object->spec->triggers[index].type : NULL);
    strbuf_printf(body, ",\"state\":\"%s\",", reading_state_name((enum reading_state)entry->state));
    if (entry->state == READING_OK)
        milli(body, "value", entry->value_milli);
    else
        strbuf_append(body, "\"value\":null");
    strbuf_printf(
        body, ",\"read_as_zero\":%s,\"partial\":%s,\"active\":%s,\"fallback\":%s,\"failures\":%" PRIu32 ",",
        flag(entry->flags & LEDGER_AS_ZERO), flag(entry->flags & LEDGER_PARTIAL),
        flag(entry->flags & LEDGER_ACTIVE), flag(entry->flags & LEDGER_FALLBACK), entry->failures);
    if (entry->flags & LEDGER_PROPOSAL)
        strbuf_printf(body, "\"proposal\":%d,", entry->proposal);
    else
        strbuf_append(body, "\"proposal\":null,");
    time_of(body, "at", entry->at_ms);
    strbuf_append_c(body, '}');
}

static void decision(struct strbuf *body, const struct object *object, const struct ledger_entry *entry)
{
    static const char *const writes[] = {[LEDGER_NOT_NEEDED] = "not-needed",
                                         [LEDGER_WRITING] = "writing",
                                         [LEDGER_WRITTEN] = "written",
                                         [LEDGER_WRITE_FAILED] = "failed"};
    strbuf_append_c(body, '{');
    time_of(body, "at", entry->last_ms);
    strbuf_append_c(body, ',');
    time_of(body, "since", entry->first_ms);
    strbuf_printf(
        body,
        ",\"count\":%" PRIu32
        ",\"current\":%d,\"desired\":%d,\"reason\":\"%s\",\"active\":%s,\"error\":%s,\"write\":\"%s\",",
        entry->count, entry->current, entry->replicas,
        decision_reason_name((enum decision_reason)entry->reason), flag(entry->active), flag(entry->error),
        writes[entry->write]);
    limits(body, entry->limited_by);
    strbuf_append_c(body, ',');
    steps(body, entry);
    strbuf_append(body, ",\"triggers\":[");
    for (unsigned i = 0; i < entry->triggers_len; i++) {
        if (i)
            strbuf_append_c(body, ',');
        trigger(body, object, &entry->triggers[i], i);
    }
    strbuf_append(body, "]}");
}

static const char *phase_of(const struct object *object)
{
    static const char *const names[] = {
        [OBJECT_STARTING] = "starting", [OBJECT_REFUSED] = "refused", [OBJECT_RUNNING] = "running"};
    return names[object->phase];
}

static void problems(struct strbuf *body, const struct object *object)
{
    string(body, "problem", object->problem);
    strbuf_append(body, ",\"errors\":[");
    bool first = true;
    for (uint32_t i = 0; i < object->triggers_len; i++) {
        if (!object->triggers[i].error)
            continue;
        strbuf_printf(body, "%s{\"trigger\":%u,", first ? "" : ",", i);
        string(body, "message", object->triggers[i].error);
        strbuf_append_c(body, '}');
        first = false;
    }
    strbuf_append(body, "],");
}

static void object_json(struct strbuf *body, const struct object *object)
{
    const struct target_info *info = object->target ? target_info(object->target) : NULL;
    strbuf_append_c(body, '{');
    string(body, "namespace", object->spec->meta.ns);
    strbuf_append_c(body, ',');
    string(body, "name", object->spec->meta.name);
    strbuf_append(body, ",\"target\":{");
    string(body, "kind", object->spec->target.kind);
    strbuf_append_c(body, ',');
    string(body, "name", object->spec->target.name);
    strbuf_printf(body, "},\"phase\":\"%s\",", phase_of(object));
    problems(body, object);
    if (info && info->known)
        strbuf_printf(body, "\"replicas\":%d,", info->spec_replicas);
    else
        strbuf_append(body, "\"replicas\":null,");
    strbuf_printf(body, "\"min\":%d,\"max\":%d,\"decisions\":[", object->spec->min, object->spec->max);
    const struct ledger_entry *entry;
    for (size_t back = 0; (entry = ledger_get(&object->ledger, back)); back++) {
        if (back)
            strbuf_append_c(body, ',');
        decision(body, object, entry);
    }
    strbuf_append(body, "]}");
}

void decisions_write(struct daemon *daemon, const char *only_object, struct strbuf *body)
{
    bool first = true;
    strbuf_append(body, "{\"objects\":[");
    for (struct object *object = daemon->objects; object; object = object->hh.next) {
        if (only_object && !text_eq(only_object, object->id))
            continue;
        if (!first)
            strbuf_append(body, ",\n");
        object_json(body, object);
        first = false;
    }
    strbuf_append(body, "]}\n");
}

/* Owns the meaning of one line: {"t": seconds, "triggers": {…}, "cpu": {…}, "memory": {…}}. */
#include <math.h>
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/quantity.h"
#include "scaler/base/text.h"
#include "scaler/simulate/trace_internal.h"

static const char *const section_names[TRACE_SECTIONS] = {
    [TRACE_TRIGGERS] = "triggers", [TRACE_CPU] = "cpu", [TRACE_MEMORY] = "memory"};

static int read_time(const struct trace *trace, json_t *value, int64_t *ret_ms, struct err *err)
{
    if (!value)
        return err_set(err, ERR_INVALID, "\"t\" is missing");
    if (!json_is_number(value))
        return err_set(err, ERR_INVALID, "\"t\" must be a number of seconds");
    double seconds = json_number_value(value);
    if (!(seconds >= 0) || seconds > TRACE_SECONDS_MAX)
        return err_set(err, ERR_INVALID, "\"t\" must be from 0 to %.0f seconds", TRACE_SECONDS_MAX);
    int64_t ms = llround(seconds * 1000);
    if (trace->lines > 0 && ms < trace->end_ms)
        return err_set(err, ERR_INVALID, "\"t\" goes back, from %.3f to %.3f", (double)trace->end_ms / 1000,
                       seconds);
    *ret_ms = ms;
    return 0;
}

static int read_reading(json_t *value, struct trace_entry *entry, struct err *err)
{
    static const struct {
        const char *word;
        enum trace_kind kind;
    } words[] = {{"empty", TRACE_EMPTY}, {"nan", TRACE_NAN}, {"error", TRACE_ERROR}};
    if (json_is_number(value)) {
        entry->kind = TRACE_NUMBER;
        entry->number = json_number_value(value);
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (text_eq(json_string_value(value), words[i].word)) {
            entry->kind = words[i].kind;
            return 0;
        }
    return err_set(err, ERR_INVALID, "must be a number, \"empty\", \"nan\" or \"error\"");
}

/* A number or a quantity; not negative. */
static int read_amount(json_t *value, const char *key, int64_t *ret_milli, struct err *err)
{
    struct quantity quantity = {0};
    if (json_is_number(value))
        quantity.milli = json_number_value(value) < 0 ? -1 : number_metric_milli(json_number_value(value));
    else if (!json_is_string(value) || quantity_parse(json_string_value(value), &quantity, NULL) < 0)
        return err_set(err, ERR_INVALID, "\"%s\" must be a number or a quantity", key);
    if (quantity.milli < 0)
        return err_set(err, ERR_INVALID, "\"%s\" must not be negative", key);
    *ret_milli = quantity.milli;
    return 0;
}

static int read_usage(json_t *value, struct trace_entry *entry, struct err *err)
{
    if (json_is_string(value) || json_is_number(value))
        return json_is_string(value) ? read_reading(value, entry, err)
                                     : err_set(err, ERR_INVALID, "must be an object with \"usage\"");
    json_t *usage = json_object_get(value, "usage"), *request = json_object_get(value, "request");
    if (!usage || json_object_size(value) != (request ? 2u : 1u))
        return err_set(err, ERR_INVALID, "must be an object with \"usage\", and \"request\" if need be");
    entry->kind = TRACE_USAGE;
    entry->usage.request_milli = -1;
    int rc = read_amount(usage, "usage", &entry->usage.usage_milli, err);
    if (rc == 0 && request)
        rc = read_amount(request, "request", &entry->usage.request_milli, err);
    return rc;
}

/* Not declared: perhaps it stands in the wrong section. */
static int unknown(const struct trace *trace, enum trace_section section, const char *name, struct err *err)
{
    for (enum trace_section other = 0; other < TRACE_SECTIONS; other++)
        if (other != section && trace_find(trace, other, name))
            return err_set(err, ERR_INVALID, "trigger \"%.80s\" belongs into \"%s\", not into \"%s\"", name,
                           section_names[other], section_names[section]);
    return err_set(err, ERR_INVALID, "\"%s\": there is no trigger \"%.80s\"", section_names[section], name);
}

static int read_section(struct trace *trace, enum trace_section section, json_t *object, int64_t t_ms,
                        struct err *err)
{
    const char *name;
    json_t *value;
    if (object && !json_is_object(object))
        return err_set(err, ERR_INVALID, "\"%s\" must be an object", section_names[section]);
    json_object_foreach (object, name, value) {
        const struct trace_channel *channel = trace_find(trace, section, name);
        if (!channel)
            return unknown(trace, section, name, err);
        struct trace_entry entry = {.t_ms = t_ms, .channel = channel->index};
        int rc =
            section == TRACE_TRIGGERS ? read_reading(value, &entry, err) : read_usage(value, &entry, err);
        if (rc < 0) {
            err_wrap(err, "\"%s\": \"%.80s\"", section_names[section], name);
            return rc;
        }
        if (!trace_add(trace, &entry))
            return err_set(err, ERR_LIMIT, "the trace holds more than %zu values", TRACE_ENTRIES_MAX);
    }
    return 0;
}

static int check_keys(json_t *line, struct err *err)
{
    const char *key;
    json_t *value;
    if (!json_is_object(line))
        return err_set(err, ERR_INVALID, "a line must be a JSON object");
    json_object_foreach (line, key, value) {
        bool known = strcmp(key, "t") == 0;
        for (size_t i = 0; i < TRACE_SECTIONS; i++)
            known = known || strcmp(key, section_names[i]) == 0;
        if (!known)
            return err_set(err, ERR_INVALID, "unknown key \"%.80s\"", key);
    }
    return 0;
}

int trace_read_line(struct trace *trace, const char *line, size_t len, struct err *err)
{
    AUTO_JSON json_t *root = NULL;
    int64_t t_ms = 0;
    int rc = json_load_bytes(line, len, &root, err);
    if (rc == 0)
        rc = check_keys(root, err);
    if (rc == 0)
        rc = read_time(trace, json_object_get(root, "t"), &t_ms, err);
    for (enum trace_section section = 0; section < TRACE_SECTIONS && rc == 0; section++)
        rc = read_section(trace, section, json_object_get(root, section_names[section]), t_ms, err);
    if (rc < 0)
        return rc;
    trace->end_ms = t_ms;
    trace->lines++;
    return 0;
}

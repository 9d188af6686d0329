/* Owns the reading of a simulation's lines: from the end backwards, only as far as needed, into the daemon's
 * form of a decision. */
#include "scaler/cli/explain_from.h"

#include <math.h>
#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/file.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"

#define FILE_MAX ((size_t)1 << 30)
#define T_MAX    1e12 /* seconds */

struct scan {
    const char *bytes;
    size_t end;  /* of what is not looked at yet */
    size_t line; /* from the end; for messages */
    const char *path;
    double at;
    struct err *err;
};

/* The line before `end`; false: there is none. */
static bool line_back(struct scan *scan, const char **ret, size_t *ret_len)
{
    while (scan->end > 0 && scan->bytes[scan->end - 1] == '\n')
        scan->end--;
    if (scan->end == 0)
        return false;
    const char *newline = memrchr(scan->bytes, '\n', scan->end);
    size_t begin = newline ? (size_t)(newline - scan->bytes) + 1 : 0;
    *ret = scan->bytes + begin;
    *ret_len = scan->end - begin;
    scan->end = begin;
    scan->line++;
    return true;
}

static int bad(const struct scan *scan, const char *what)
{
    return err_set(scan->err, ERR_PROTOCOL,
                   "%s: line %zu from the end is not of `davit simulate -o jsonl`: %s", scan->path,
                   scan->line, what);
}

/* Milliseconds on the simulation's clock where the line says them, else since its start. */
static int times(const struct scan *scan, json_t *line, double *ret_t, int64_t *ret_ms)
{
    json_t *t = json_object_get(line, "t");
    const char *at = json_str(line, "at");
    if (!json_is_number(t) || !(fabs(json_number_value(t)) < T_MAX))
        return bad(scan, "it has no time t");
    *ret_t = json_number_value(t);
    *ret_ms = llround(*ret_t * 1000);
    return at && clock_parse_rfc3339(at, ret_ms, NULL) < 0 ? bad(scan, "at is no time") : 0;
}

/* {name: {…}} becomes [{"name": name, …}]; the highest proposal is looked up. */
static json_t *list_triggers(json_t *triggers, json_t *decision)
{
    json_t *list = json_array(), *trigger;
    const char *name;
    json_int_t highest = -1, index = 0;
    json_object_foreach (triggers, name, trigger) {
        json_t *copy = json_is_object(trigger) ? json_copy(trigger) : json_null(), *proposal;
        (void)json_object_set_new(copy, "name", json_string(name));
        proposal = json_object_get(copy, "proposal");
        if (json_is_integer(proposal) && json_integer_value(proposal) > highest) {
            highest = json_integer_value(proposal);
            (void)json_object_set_new(decision, "highest", json_integer(highest));
            (void)json_object_set_new(decision, "highest_trigger", json_integer(index));
        }
        (void)json_array_append_new(list, copy);
        index++;
    }
    return list;
}

static void move(json_t *from, const char *key, json_t *to, const char *as)
{
    json_t *value = json_object_get(from, key);
    if (value)
        (void)json_object_set(to, as, value);
}

static json_t *as_decision(json_t *line, int64_t ms)
{
    json_t *decision = json_object();
    char time[CLOCK_RFC3339_MAX];
    json_t *current = json_object_get(line, "replicas"), *desired = json_object_get(line, "desired");
    move(line, "replicas", decision, "current");
    move(line, "desired", decision, "desired");
    move(line, "reason", decision, "reason");
    move(line, "active", decision, "active");
    move(line, "limited_by", decision, "limited_by");
    move(line, "steps", decision, "steps");
    move(line, "composite", decision, "composite");
    (void)clock_format_rfc3339(ms, true, time, sizeof time);
    (void)json_object_set_new(decision, "at", json_string(time));
    (void)json_object_set_new(decision, "since", json_string(time));
    (void)json_object_set_new(decision, "write",
                              json_string(json_equal(current, desired) ? "not-needed" : "written"));
    (void)json_object_set_new(decision, "triggers",
                              list_triggers(json_object_get(line, "triggers"), decision));
    return decision;
}

static bool alike(const struct explain_decision *a, const struct explain_decision *b)
{
    return a->current == b->current && a->desired == b->desired && a->current == a->desired &&
           a->reason == b->reason && a->limited_by == b->limited_by;
}

/* The line as one more decision, or as an earlier one of the same. Returns 1 when there is room for no more.
 */
static int take(const struct scan *scan, json_t *line, struct explain_lines *ret,
                struct explain_decision *decisions, size_t wanted, size_t *len)
{
    double t;
    int64_t ms;
    int rc = times(scan, line, &t, &ms);
    if (rc < 0 || t > scan->at)
        return rc;
    struct explain_decision decision;
    json_t *json = as_decision(line, ms);
    (void)json_array_append_new(ret->lines, json);
    if (explain_read_decision(json, &decision, scan->err) < 0)
        return bad(scan, "its fields are not those of a decision");
    if (*len == 0) {
        ret->object.now_ms = ms;
        ret->object.start_ms = ms - llround(t * 1000);
        ret->object.replicas = decision.current;
    }
    if (*len > 0 && alike(&decisions[*len - 1], &decision)) {
        decisions[*len - 1].count++;
        decisions[*len - 1].since_ms = ms;
        (void)json_array_remove(ret->lines, json_array_size(ret->lines) - 1);
        return 0;
    }
    if (*len == wanted)
        return 1;
    decisions[(*len)++] = decision;
    return 0;
}

static int scan_back(struct scan *scan, struct explain_lines *ret, struct explain_decision *decisions,
                     size_t wanted, size_t *len)
{
    const char *bytes;
    size_t bytes_len;
    while (line_back(scan, &bytes, &bytes_len)) {
        AUTO_JSON json_t *line = NULL;
        if (json_load_bytes(bytes, bytes_len, &line, NULL) < 0 || !json_is_object(line))
            return bad(scan, "it is no JSON object");
        int rc = take(scan, line, ret, decisions, wanted, len);
        if (rc != 0)
            return rc < 0 ? rc : 0;
    }
    if (*len == 0)
        return err_set(scan->err, ERR_NOT_FOUND, "%s: no decision at that time", scan->path);
    return 0;
}

int explain_from(const char *path, double at, size_t wanted, struct explain_lines *ret,
                 struct explain_decision *ret_decisions, size_t *ret_len, struct err *err)
{
    AUTO_FREE char *bytes = NULL;
    size_t len, found = 0;
    int rc = file_read(text_eq(path, "-") ? "/dev/stdin" : path, FILE_MAX, &bytes, &len, err);
    if (rc < 0)
        return rc;
    struct scan scan = {
        .bytes = bytes, .end = len, .path = path, .at = isnan(at) ? INFINITY : at, .err = err};
    *ret = (struct explain_lines){.lines = json_array()};
    ret->object = (struct explain_object){.phase = "running", .simulated = true, .policy.idle = -1};
    rc = scan_back(&scan, ret, ret_decisions, wanted, &found);
    if (rc < 0)
        explain_lines_done(ret);
    else
        *ret_len = found;
    return rc;
}

void explain_lines_done(struct explain_lines *lines)
{
    json_decref(lines->lines);
    lines->lines = NULL;
}

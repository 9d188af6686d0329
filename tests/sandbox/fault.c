/* Owns the fault rules: reading them, choosing those that match. What they do is api.c's. */
#include "tests/sandbox/fault.h"

#include <math.h>
#include <string.h>
#include <sys/random.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"

struct fault_rule {
    char *method; /* NULL: any; "WATCH" is a GET that watches */
    char *path;   /* NULL: any; else part of the path */
    double probability;
    int64_t times; /* left; -1: for ever */
    uint64_t hits;
    struct effect effect;
};

void effect_done(struct effect *effect)
{
    mem_free(effect->body);
    effect->body = NULL;
}

static void rule_done(struct fault_rule *rule)
{
    mem_free(rule->method);
    mem_free(rule->path);
    effect_done(&rule->effect);
}

void faults_clear(struct faults *faults)
{
    for (size_t i = 0; i < faults->len; i++)
        rule_done(&faults->rules[i]);
    mem_free(faults->rules);
    *faults = (struct faults){0};
}

/* The fields of a rule and what they may be; everything else is a mistake worth telling. */
static const struct {
    const char *key;
    json_type type;
    int64_t min, max;
} fields[] = {
    {"method", JSON_STRING, 0, 0},
    {"path", JSON_STRING, 0, 0},
    {"probability", JSON_REAL, 0, 1},
    {"times", JSON_INTEGER, 1, INT32_MAX},
    {"status", JSON_INTEGER, 400, 599},
    {"retryAfter", JSON_INTEGER, 0, 3600},
    {"latencyMs", JSON_INTEGER, 0, FAULT_LATENCY_MAX},
    {"tearWatchAfterBytes", JSON_INTEGER, 1, INT32_MAX},
    {"hang", JSON_TRUE, 0, 0},
    {"reset", JSON_TRUE, 0, 0},
    {"executed", JSON_TRUE, 0, 0},
    {"expireToken", JSON_TRUE, 0, 0},
    {"goneWatches", JSON_TRUE, 0, 0},
    {"closeWatches", JSON_TRUE, 0, 0},
    {"body", JSON_STRING, 0, 0},
};

static bool field_fits(size_t row, json_t *value)
{
    switch (fields[row].type) {
    case JSON_STRING:
        return json_is_string(value);
    case JSON_TRUE:
        return json_is_boolean(value);
    case JSON_REAL:
        return json_is_number(value) && json_number_value(value) >= (double)fields[row].min &&
               json_number_value(value) <= (double)fields[row].max;
    default:
        return json_is_integer(value) && json_integer_value(value) >= fields[row].min &&
               json_integer_value(value) <= fields[row].max;
    }
}

static int check_rule(json_t *rule, struct err *err)
{
    const char *key;
    json_t *value;
    if (!json_is_object(rule))
        return err_set(err, ERR_INVALID, "a rule is an object");
    json_object_foreach (rule, key, value) {
        size_t row = 0;
        while (row < ARRAY_LEN(fields) && strcmp(fields[row].key, key) != 0)
            row++;
        if (row == ARRAY_LEN(fields))
            return err_set(err, ERR_INVALID, "unknown field \"%s\" in a fault rule", key);
        if (!field_fits(row, value))
            return err_set(err, ERR_INVALID,
                           "the value of \"%s\" in a fault rule is of the wrong type or out of range", key);
    }
    return 0;
}

static struct fault_rule read_rule(json_t *rule)
{
    json_t *probability = json_object_get(rule, "probability");
    const char *method = json_str(rule, "method");
    struct fault_rule made = {.method = method && strcmp(method, "*") != 0 ? mem_strdup(method) : NULL,
                              .path = mem_strdup(json_str(rule, "path")),
                              .probability = probability ? json_number_value(probability) : 1,
                              .times = json_i64(rule, "times", -1),
                              .effect = {.status = (int)json_i64(rule, "status", 0),
                                         .retry_after = (int)json_i64(rule, "retryAfter", 0),
                                         .latency_ms = json_i64(rule, "latencyMs", 0),
                                         .tear_after = (uint64_t)json_i64(rule, "tearWatchAfterBytes", 0),
                                         .hang = json_flag(rule, "hang"),
                                         .reset = json_flag(rule, "reset"),
                                         .executed = json_flag(rule, "executed"),
                                         .body = mem_strdup(json_str(rule, "body"))}};
    if (json_flag(rule, "expireToken"))
        made.effect.status = 401;
    return made;
}

/* True: the rule was an order for the open watches, and is done with that. */
static bool take_order(json_t *rule, json_t *gone, json_t *closed)
{
    const char *path = json_str(rule, "path");
    if (json_flag(rule, "goneWatches"))
        json_array_append_new(gone, json_string(path ? path : ""));
    else if (json_flag(rule, "closeWatches"))
        json_array_append_new(closed, json_string(path ? path : ""));
    else
        return false;
    return true;
}

int faults_add(struct faults *faults, json_t *body, json_t **ret_gone, json_t **ret_closed, struct err *err)
{
    json_t *list = json_object_get(body, "rules"), *rule;
    size_t i;
    if (!json_is_array(list) || json_array_size(list) + faults->len > FAULT_RULES_MAX)
        return err_set(err, ERR_INVALID, "{\"rules\": [...]} with at most %d rules is wanted",
                       FAULT_RULES_MAX);
    json_array_foreach (list, i, rule)
        if (check_rule(rule, err) != 0)
            return err->code;
    *ret_gone = json_array();
    *ret_closed = json_array();
    json_array_foreach (list, i, rule) {
        if (take_order(rule, *ret_gone, *ret_closed))
            continue;
        faults->rules = mem_realloc_array(faults->rules, faults->len + 1, sizeof(*faults->rules));
        faults->rules[faults->len++] = read_rule(rule);
    }
    return 0;
}

static bool by_chance(double probability)
{
    uint32_t dice;
    if (probability >= 1)
        return true;
    return getrandom(&dice, sizeof(dice), 0) == sizeof(dice) && dice < probability * UINT32_MAX;
}

static bool rule_matches(const struct fault_rule *rule, const char *method, const char *path, bool watch)
{
    if (rule->times == 0)
        return false;
    if (rule->method && strcmp(rule->method, method) != 0 && !(watch && strcmp(rule->method, "WATCH") == 0))
        return false;
    if (rule->effect.tear_after && !watch)
        return false;
    return (!rule->path || strstr(path, rule->path)) && by_chance(rule->probability);
}

void faults_match(struct faults *faults, const char *method, const char *path, bool watch, struct effect *ret)
{
    *ret = (struct effect){0};
    for (size_t i = 0; i < faults->len; i++) {
        struct fault_rule *rule = &faults->rules[i];
        if (!rule_matches(rule, method, path, watch))
            continue;
        rule->hits++;
        rule->times -= rule->times > 0;
        *ret = rule->effect;
        ret->body = mem_strdup(rule->effect.body);
        return;
    }
}

json_t *faults_json(const struct faults *faults)
{
    json_t *list = json_array();
    for (size_t i = 0; i < faults->len; i++) {
        const struct fault_rule *rule = &faults->rules[i];
        json_array_append_new(list, json_pack("{s:s?, s:s?, s:i, s:I, s:I}", "method", rule->method, "path",
                                              rule->path, "status", rule->effect.status, "timesLeft",
                                              (json_int_t)rule->times, "hits", (json_int_t)rule->hits));
    }
    return list;
}

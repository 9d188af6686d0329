/* Owns the two selector grammars and their matching. */
#include <ctype.h>
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "tests/sandbox/filter.h"

#define REQUIREMENTS_MAX 64
#define VALUES_MAX       1000

void selector_done(struct selector *selector)
{
    for (size_t i = 0; i < selector->len; i++) {
        struct requirement *item = &selector->items[i];
        for (size_t v = 0; v < item->value_count; v++)
            mem_free(item->values[v]);
        mem_free(item->values);
        mem_free(item->key);
    }
    mem_free(selector->items);
    *selector = (struct selector){0};
}

static struct requirement *add(struct selector *selector, char *key_take, enum requirement_op op)
{
    selector->items = mem_realloc_array(selector->items, selector->len + 1, sizeof(*selector->items));
    struct requirement *item = &selector->items[selector->len++];
    *item = (struct requirement){.key = key_take, .op = op};
    return item;
}

static void add_value(struct requirement *item, char *value_take)
{
    item->values = mem_realloc_array(item->values, item->value_count + 1, sizeof(*item->values));
    item->values[item->value_count++] = value_take;
}

static void skip_space(const char **at)
{
    while (isspace((unsigned char)**at))
        (*at)++;
}

/* A key or value: letters, digits and -_./; may be empty. */
static char *take_word(const char **at)
{
    skip_space(at);
    const char *start = *at;
    while (isalnum((unsigned char)**at) || (**at && strchr("-_./", **at)))
        (*at)++;
    char *word = mem_strndup(start, (size_t)(*at - start));
    skip_space(at);
    return word;
}

static int parse_set(const char **at, struct requirement *item)
{
    skip_space(at);
    if (**at != '(')
        return -1;
    do {
        (*at)++;
        if (item->value_count >= VALUES_MAX)
            return -1;
        add_value(item, take_word(at));
    } while (**at == ',');
    return *(*at)++ == ')' ? 0 : -1;
}

/* "in" and "notin" are words only before a parenthesis or space: "in" may also be a key. */
static int parse_operator(const char **at, struct requirement *item)
{
    static const struct {
        const char *text;
        enum requirement_op op;
        bool set;
    } operators[] = {{"==", REQ_IN, false},     {"=", REQ_IN, false},   {"!=", REQ_NOT_IN, false},
                     {">", REQ_GREATER, false}, {"<", REQ_LESS, false}, {"notin", REQ_NOT_IN, true},
                     {"in", REQ_IN, true}};
    item->op = REQ_EXISTS;
    if (**at == '\0' || **at == ',')
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        if (!text_starts_with(*at, operators[i].text))
            continue;
        *at += strlen(operators[i].text);
        item->op = operators[i].op;
        if (operators[i].set)
            return parse_set(at, item);
        add_value(item, take_word(at));
        int64_t number;
        bool compares = item->op == REQ_GREATER || item->op == REQ_LESS;
        return compares && number_parse_go_int(item->values[0], &number, NULL) != 0 ? -1 : 0;
    }
    return -1;
}

static int parse_requirement(const char **at, struct selector *ret)
{
    skip_space(at);
    bool negated = **at == '!';
    *at += negated;
    struct requirement *item = add(ret, take_word(at), REQ_NOT_EXISTS);
    if (!*item->key)
        return -1;
    if (!negated && parse_operator(at, item) != 0)
        return -1;
    skip_space(at);
    return 0;
}

int selector_parse_labels(const char *text, struct selector *ret, struct err *err)
{
    struct selector parsed = {0};
    const char *at = text;
    skip_space(&at);
    bool more = *at;
    while (more) {
        if (parsed.len >= REQUIREMENTS_MAX || parse_requirement(&at, &parsed) != 0 || (*at && *at != ',')) {
            size_t place = (size_t)(at - text);
            selector_done(&parsed);
            return err_set(err, ERR_INVALID,
                           "unable to parse requirement: found unexpected text at offset %zu", place);
        }
        more = *at == ',';
        at += more;
    }
    *ret = parsed;
    return 0;
}

/* Up to an unescaped comma, "=" or "!". */
static char *take_field_text(const char **at, const char *stops)
{
    struct strbuf out;
    strbuf_init(&out);
    for (; **at && !strchr(stops, **at); (*at)++) {
        if (**at == '\\' && (*at)[1])
            (*at)++;
        strbuf_append_c(&out, **at);
    }
    return out.len ? strbuf_take(&out) : mem_strdup("");
}

int selector_parse_fields(const char *text, struct selector *ret, struct err *err)
{
    struct selector parsed = {0};
    const char *at = text;
    while (*at) {
        char *key = take_field_text(&at, "=!,");
        bool negated = *at == '!';
        struct requirement *item = add(&parsed, key, negated ? REQ_NOT_IN : REQ_IN);
        at += negated;
        if (!*key || *at != '=' || parsed.len > REQUIREMENTS_MAX) {
            selector_done(&parsed);
            return err_set(err, ERR_INVALID, "invalid field selector: can't understand it at offset %zu",
                           (size_t)(at - text));
        }
        at += at[1] == '=' && !negated ? 2 : 1;
        add_value(item, take_field_text(&at, ","));
        at += *at == ',';
    }
    *ret = parsed;
    return 0;
}

static bool has_value(const struct requirement *item, const char *value)
{
    for (size_t i = 0; i < item->value_count; i++)
        if (strcmp(item->values[i], value) == 0)
            return true;
    return false;
}

static bool compares(const struct requirement *item, const char *value)
{
    int64_t left, right;
    if (number_parse_go_int(value, &left, NULL) != 0 ||
        number_parse_go_int(item->values[0], &right, NULL) != 0)
        return false;
    return item->op == REQ_GREATER ? left > right : left < right;
}

static bool requirement_matches(const struct requirement *item, const char *value)
{
    switch (item->op) {
    case REQ_IN:
        return value && has_value(item, value);
    case REQ_NOT_IN:
        return !value || !has_value(item, value);
    case REQ_EXISTS:
        return value;
    case REQ_NOT_EXISTS:
        return !value;
    default:
        return value && compares(item, value);
    }
}

bool selector_matches_labels(const struct selector *selector, json_t *labels)
{
    for (size_t i = 0; i < selector->len; i++)
        if (!requirement_matches(&selector->items[i], json_str(labels, selector->items[i].key)))
            return false;
    return true;
}

static const char *field_value(json_t *object, const char *path)
{
    while (object) {
        size_t len = strcspn(path, ".");
        AUTO_FREE char *key = mem_strndup(path, len);
        object = json_object_get(object, key);
        if (!path[len])
            break;
        path += len + 1;
    }
    return json_is_string(object) ? json_string_value(object) : "";
}

bool selector_matches_fields(const struct selector *selector, json_t *object)
{
    for (size_t i = 0; i < selector->len; i++)
        if (!requirement_matches(&selector->items[i], field_value(object, selector->items[i].key)))
            return false;
    return true;
}

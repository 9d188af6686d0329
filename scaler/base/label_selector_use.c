/* Owns what a parsed label selector is for: matching and writing. */
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/label_selector.h"
#include "scaler/base/number.h"

static bool has_value(const struct text_list *values, const char *value)
{
    for (size_t i = 0; i < values->len; i++)
        if (strcmp(values->items[i], value) == 0)
            return true;
    return false;
}

/* A label that is no whole number is neither greater nor less. */
static bool compares(const struct label_requirement *item, const char *value)
{
    int64_t left, right;
    if (number_parse_go_int(value, &left, NULL) < 0 ||
        number_parse_go_int(item->values.items[0], &right, NULL) < 0)
        return false;
    return item->op == LABEL_GREATER ? left > right : left < right;
}

static bool requirement_holds(const struct label_requirement *item, const char *value)
{
    switch (item->op) {
    case LABEL_EQUALS:
    case LABEL_DOUBLE_EQUALS:
    case LABEL_IN:
        return value && has_value(&item->values, value);
    case LABEL_NOT_EQUALS:
    case LABEL_NOT_IN:
        return !value || !has_value(&item->values, value);
    case LABEL_EXISTS:
        return value != NULL;
    case LABEL_NOT_EXISTS:
        return value == NULL;
    case LABEL_GREATER:
    case LABEL_LESS:
        return value && compares(item, value);
    }
    return false;
}

bool label_selector_matches(const struct label_selector *selector,
                            const char *(*get)(void *arg, const char *key), void *arg)
{
    for (size_t i = 0; i < selector->len; i++)
        if (!requirement_holds(&selector->items[i], get(arg, selector->items[i].key)))
            return false;
    return true;
}

static const char *get_json(void *arg, const char *key)
{
    return json_str(arg, key);
}

bool label_selector_matches_json(const struct label_selector *selector, json_t *labels)
{
    return label_selector_matches(selector, get_json, labels);
}

static const char *const operators[] = {
    [LABEL_EQUALS] = "=",    [LABEL_DOUBLE_EQUALS] = "==", [LABEL_NOT_EQUALS] = "!=",
    [LABEL_IN] = " in (",    [LABEL_NOT_IN] = " notin (",  [LABEL_EXISTS] = "",
    [LABEL_NOT_EXISTS] = "", [LABEL_GREATER] = ">",        [LABEL_LESS] = "<",
};

static void format_requirement(const struct label_requirement *item, struct strbuf *out)
{
    strbuf_append(out, item->op == LABEL_NOT_EXISTS ? "!" : "");
    strbuf_append(out, item->key);
    strbuf_append(out, operators[item->op]);
    for (size_t i = 0; i < item->values.len; i++) {
        strbuf_append(out, i ? "," : "");
        strbuf_append(out, item->values.items[i]);
    }
    if (item->op == LABEL_IN || item->op == LABEL_NOT_IN)
        strbuf_append_c(out, ')');
}

void label_selector_format(const struct label_selector *selector, struct strbuf *out)
{
    for (size_t i = 0; i < selector->len; i++) {
        strbuf_append(out, i ? "," : "");
        format_requirement(&selector->items[i], out);
    }
}

/* Owns the text form of label selectors. */
#include "scaler/daemon/selector.h"

#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"

static void separate(struct strbuf *text)
{
    if (text->len > 0)
        strbuf_append_c(text, ',');
}

static void add_values(struct strbuf *text, json_t *values)
{
    strbuf_append(text, " (");
    for (size_t i = 0; i < json_array_size(values); i++) {
        const char *value = json_string_value(json_array_get(values, i));
        strbuf_printf(text, "%s%s", i ? "," : "", value ? value : "");
    }
    strbuf_append_c(text, ')');
}

static void add_expression(struct strbuf *text, json_t *expression)
{
    const char *key = json_str(expression, "key"), *op = json_str(expression, "operator");
    if (!key || !op)
        return;
    separate(text);
    if (strcmp(op, "Exists") == 0) {
        strbuf_append(text, key);
    } else if (strcmp(op, "DoesNotExist") == 0) {
        strbuf_printf(text, "!%s", key);
    } else {
        strbuf_printf(text, "%s %s", key, strcmp(op, "NotIn") == 0 ? "notin" : "in");
        add_values(text, json_object_get(expression, "values"));
    }
}

char *selector_format(json_t *selector)
{
    struct strbuf text;
    strbuf_init(&text);
    const char *key;
    json_t *value;
    json_object_foreach (json_object_get(selector, "matchLabels"), key, value) {
        separate(&text);
        strbuf_printf(&text, "%s=%s", key, json_is_string(value) ? json_string_value(value) : "");
    }
    json_t *expressions = json_object_get(selector, "matchExpressions");
    for (size_t i = 0; i < json_array_size(expressions); i++)
        add_expression(&text, json_array_get(expressions, i));
    return strbuf_take(&text);
}

/* Owns the field selector grammar and its matching; label selectors are scaler/base's. */
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "tests/sandbox/filter.h"

#define REQUIREMENTS_MAX 64

void selector_done(struct selector *selector)
{
    for (size_t i = 0; i < selector->len; i++) {
        mem_free(selector->items[i].value);
        mem_free(selector->items[i].key);
    }
    mem_free(selector->items);
    *selector = (struct selector){0};
}

static struct requirement *add(struct selector *selector, char *key_take, bool negated)
{
    selector->items = mem_realloc_array(selector->items, selector->len + 1, sizeof(*selector->items));
    struct requirement *item = &selector->items[selector->len++];
    *item = (struct requirement){.key = key_take, .negated = negated};
    return item;
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
        struct requirement *item = add(&parsed, key, negated);
        at += negated;
        if (!*key || *at != '=' || parsed.len > REQUIREMENTS_MAX) {
            selector_done(&parsed);
            return err_set(err, ERR_INVALID, "invalid field selector: can't understand it at offset %zu",
                           (size_t)(at - text));
        }
        at += at[1] == '=' && !negated ? 2 : 1;
        item->value = take_field_text(&at, ",");
        at += *at == ',';
    }
    *ret = parsed;
    return 0;
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
    for (size_t i = 0; i < selector->len; i++) {
        const struct requirement *item = &selector->items[i];
        if ((strcmp(item->value, field_value(object, item->key)) == 0) == item->negated)
            return false;
    }
    return true;
}

/* Owns "@name:argument" and "!literal": which modifiers there are, and how a path hands over to them. */
#include <strings.h>

#include "scaler/base/mem.h"
#include "scalers/shared/document/gjson_internal.h"
#include "scalers/shared/document/gjson_modifiers.h"

static const struct modifier {
    const char *name;
    struct gjson_span (*run)(struct gjson_run *run, struct gjson_span json, struct gjson_span arg);
} modifiers[] = {
    {"dig", gjson_dig},       {"flatten", gjson_flatten}, {"fromstr", gjson_fromstr},
    {"group", gjson_group},   {"join", gjson_join},       {"keys", gjson_keys},
    {"pretty", gjson_pretty}, {"reverse", gjson_reverse}, {"this", gjson_this},
    {"tostr", gjson_tostr},   {"ugly", gjson_ugly},       {"valid", gjson_only_valid},
    {"values", gjson_values},
};

static const struct modifier *find(struct gjson_span name)
{
    for (size_t i = 0; i < ARRAY_LEN(modifiers); i++)
        if (gjson_is(name, modifiers[i].name))
            return &modifiers[i];
    return NULL;
}

bool gjson_modifier_exists(struct gjson_span name)
{
    return find(name) != NULL;
}

/* A JSON argument ends with itself, any other at the next '|' that no bracket or quote encloses. */
static size_t argument_len(struct gjson_span path)
{
    if (gjson_starts(path, '{') || gjson_starts(path, '[') || gjson_starts(path, '"'))
        return gjson_piece_len(path);
    size_t i = 0;
    while (i < path.len && path.at[i] != '|') {
        bool piece = path.at[i] && strchr("{[\"(", path.at[i]);
        i += piece ? gjson_piece_len(gjson_from(path, i)) : 1;
    }
    return i;
}

bool gjson_modify(struct gjson_run *run, struct gjson_span json, struct gjson_span path,
                  struct gjson_span *ret_json, struct gjson_span *ret_rest)
{
    size_t end = 1;
    while (end < path.len && path.at[end] != ':' && path.at[end] != '|' && path.at[end] != '.')
        end++;
    const struct modifier *modifier = find(gjson_cut(path, 1, end));
    if (!modifier)
        return false;
    struct gjson_span rest = gjson_from(path, end), arg = {"", 0};
    if (gjson_starts(rest, ':')) {
        rest = gjson_from(rest, 1);
        size_t len = argument_len(rest);
        arg = gjson_cut(rest, 0, len);
        rest = gjson_from(rest, len);
    }
    *ret_rest = rest;
    *ret_json = (struct gjson_span){"", 0};
    if (!gjson_spend(run, json.len) || !gjson_enter(run))
        return true;
    *ret_json = modifier->run(run, json, arg);
    gjson_leave(run);
    return true;
}

bool gjson_literal(struct gjson_span path, struct gjson_span *ret_json, struct gjson_span *ret_rest)
{
    static const char *const words[] = {"true", "false", "null", "nan", "inf"};
    struct gjson_span name = gjson_from(path, 1);
    if (name.len > 0 && name.at[0] && strchr("{[\"+-0123456789", name.at[0])) {
        *ret_json = gjson_cut(name, 0, gjson_scan_nested(name, 0));
        *ret_rest = gjson_from(name, ret_json->len);
        return true;
    }
    size_t end = 0;
    while (end < name.len && name.at[end] != '|' && name.at[end] != '.')
        end++;
    *ret_rest = gjson_from(name, end);
    *ret_json = gjson_cut(name, 0, end);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (end == strlen(words[i]) && strncasecmp(name.at, words[i], end) == 0)
            return true;
    return false;
}

/* Owns the modifiers that handle one level: @this @valid @reverse @keys @values @tostr @fromstr. */
#include "scalers/shared/document/gjson_modifiers.h"

#include "scaler/base/mem.h"
#include "scalers/shared/document/gjson_internal.h"

struct member {
    struct gjson_span key, value;
};

bool gjson_option(struct gjson_run *run, struct gjson_span arg, const char *name)
{
    struct gjson_value value = gjson_parse(run, arg), key, member;
    struct gjson_each each;
    bool set = false;
    gjson_each_init(&each, &value);
    while (gjson_each_next(run, &each, &key, &member))
        if (key.type == GJSON_STRING && gjson_is(key.text, name))
            set = gjson_bool(&member);
    return set;
}

struct gjson_span gjson_this(struct gjson_run *run, struct gjson_span json, struct gjson_span arg)
{
    (void)run;
    (void)arg;
    return json;
}

struct gjson_span gjson_only_valid(struct gjson_run *run, struct gjson_span json, struct gjson_span arg)
{
    (void)arg;
    return gjson_valid(run, json) ? json : gjson_span("");
}

static size_t list_members(struct gjson_run *run, const struct gjson_value *value, struct member **ret)
{
    struct gjson_value key, member;
    struct gjson_each each;
    size_t len = 0, cap = 0;
    gjson_each_init(&each, value);
    while (gjson_each_next(run, &each, &key, &member)) {
        if (len == cap) {
            cap = cap ? cap * 2 : 16;
            *ret = mem_realloc_array(*ret, cap, sizeof(**ret));
        }
        (*ret)[len++] = (struct member){key.raw, member.raw};
    }
    return len;
}

struct gjson_span gjson_reverse(struct gjson_run *run, struct gjson_span json, struct gjson_span arg)
{
    (void)arg;
    struct gjson_value value = gjson_parse(run, json);
    bool object = gjson_is_object(&value);
    if (!object && !gjson_is_array(&value))
        return json;
    AUTO_FREE struct member *members = NULL;
    AUTO_STRBUF struct strbuf out;
    strbuf_init_max(&out, GJSON_MAX_MEMORY);
    strbuf_append_c(&out, object ? '{' : '[');
    for (size_t i = list_members(run, &value, &members); i > 0; i--) {
        strbuf_append(&out, out.len > 1 ? "," : "");
        gjson_add(&out, members[i - 1].key);
        strbuf_append(&out, object ? ":" : "");
        gjson_add(&out, members[i - 1].value);
    }
    strbuf_append_c(&out, object ? '}' : ']');
    return gjson_keep(run, &out);
}

static struct gjson_span list_of(struct gjson_run *run, const struct gjson_value *value, bool keys)
{
    struct gjson_value key, member;
    struct gjson_each each;
    AUTO_STRBUF struct strbuf out;
    strbuf_init_max(&out, GJSON_MAX_MEMORY);
    strbuf_append_c(&out, '[');
    gjson_each_init(&each, value);
    while (gjson_each_next(run, &each, &key, &member)) {
        strbuf_append(&out, out.len > 1 ? "," : "");
        if (!keys)
            gjson_add(&out, member.raw);
        else
            gjson_add(&out, gjson_is_object(value) ? key.raw : gjson_span("null"));
    }
    strbuf_append_c(&out, ']');
    return gjson_keep(run, &out);
}

struct gjson_span gjson_keys(struct gjson_run *run, struct gjson_span json, struct gjson_span arg)
{
    (void)arg;
    struct gjson_value value = gjson_parse(run, json);
    return list_of(run, &value, true);
}

struct gjson_span gjson_values(struct gjson_run *run, struct gjson_span json, struct gjson_span arg)
{
    (void)arg;
    struct gjson_value value = gjson_parse(run, json);
    return gjson_is_array(&value) ? json : list_of(run, &value, false);
}

struct gjson_span gjson_tostr(struct gjson_run *run, struct gjson_span json, struct gjson_span arg)
{
    (void)arg;
    AUTO_STRBUF struct strbuf out;
    strbuf_init_max(&out, GJSON_MAX_MEMORY);
    gjson_add_quoted(&out, json);
    return gjson_keep(run, &out);
}

struct gjson_span gjson_fromstr(struct gjson_run *run, struct gjson_span json, struct gjson_span arg)
{
    (void)arg;
    if (!gjson_valid(run, json))
        return gjson_span("");
    struct gjson_value value = gjson_parse(run, json);
    return gjson_string(run, &value);
}

/* Owns the modifiers that look into members: @flatten @join @group @dig. */
#include <uthash.h>

#include "scaler/base/mem.h"
#include "scalers/shared/document/gjson_internal.h"
#include "scalers/shared/document/gjson_modifiers.h"

/* Without its brackets; like upstream, whatever the last character is. */
static struct gjson_span unwrap(struct gjson_span json)
{
    json = gjson_trim(json);
    if (json.len >= 2 && (json.at[0] == '[' || json.at[0] == '{'))
        json = gjson_cut(json, 1, json.len - 1);
    return json;
}

static struct gjson_span flatten(struct gjson_run *run, struct gjson_span json, bool deep)
{
    struct gjson_value value = gjson_parse(run, json), key, member;
    struct gjson_each each;
    if (!gjson_is_array(&value) || !gjson_enter(run))
        return json;
    AUTO_STRBUF struct strbuf out;
    strbuf_init_max(&out, GJSON_MAX_MEMORY);
    strbuf_append_c(&out, '[');
    gjson_each_init(&each, &value);
    while (gjson_each_next(run, &each, &key, &member)) {
        struct gjson_span raw = member.raw;
        if (gjson_is_array(&member))
            raw = unwrap(deep ? flatten(run, raw, deep) : raw);
        raw = gjson_trim(raw);
        strbuf_append(&out, raw.len > 0 && out.len > 1 ? "," : "");
        gjson_add(&out, raw);
    }
    strbuf_append_c(&out, ']');
    gjson_leave(run);
    return gjson_keep(run, &out);
}

struct gjson_span gjson_flatten(struct gjson_run *run, struct gjson_span json, struct gjson_span arg)
{
    return flatten(run, json, gjson_option(run, arg, "deep"));
}

/* @join: keys in the order they first come, each with its last value. */
struct joined {
    struct gjson_span raw_key, value;
    UT_hash_handle hh;
};

static void join_member(struct gjson_run *run, struct joined **all, const struct gjson_value *key,
                        const struct gjson_value *value)
{
    struct joined *entry = NULL;
    HASH_FIND(hh, *all, key->text.at, key->text.len, entry);
    if (!entry && gjson_spend(run, 64)) {
        entry = mem_zalloc(sizeof(*entry));
        entry->raw_key = key->raw;
        HASH_ADD_KEYPTR(hh, *all, key->text.at, key->text.len, entry);
    }
    if (entry)
        entry->value = value->raw;
}

static void join_object(struct gjson_run *run, struct joined **all, const struct gjson_value *object)
{
    struct gjson_value key, value;
    struct gjson_each each;
    gjson_each_init(&each, object);
    while (gjson_each_next(run, &each, &key, &value))
        join_member(run, all, &key, &value);
}

static void add_joined(struct strbuf *out, struct joined *all)
{
    struct joined *entry, *next;
    HASH_ITER (hh, all, entry, next) {
        strbuf_append(out, out->len > 1 ? "," : "");
        gjson_add(out, entry->raw_key);
        strbuf_append_c(out, ':');
        gjson_add(out, entry->value);
        HASH_DEL(all, entry);
        mem_free(entry);
    }
}

struct gjson_span gjson_join(struct gjson_run *run, struct gjson_span json, struct gjson_span arg)
{
    struct gjson_value value = gjson_parse(run, json), key, member;
    struct gjson_each each;
    struct joined *all = NULL;
    if (!gjson_is_array(&value))
        return json;
    bool preserve = gjson_option(run, arg, "preserve"), first = true;
    AUTO_STRBUF struct strbuf out;
    strbuf_init_max(&out, GJSON_MAX_MEMORY);
    strbuf_append_c(&out, '{');
    gjson_each_init(&each, &value);
    while (gjson_each_next(run, &each, &key, &member)) {
        if (!gjson_is_object(&member))
            continue;
        if (!preserve) {
            join_object(run, &all, &member);
            continue;
        }
        strbuf_append(&out, first ? "" : ",");
        gjson_add(&out, unwrap(member.raw));
        first = false;
    }
    add_joined(&out, all);
    strbuf_append_c(&out, '}');
    return gjson_keep(run, &out);
}

/* @group: {"a":[1,2],"b":[3]} → [{"a":1,"b":3},{"a":2}] */
struct groups {
    struct strbuf *items;
    size_t len, cap;
};

static void group_array(struct gjson_run *run, struct groups *groups, struct gjson_span name,
                        const struct gjson_value *array)
{
    struct gjson_value key, member;
    struct gjson_each each;
    size_t n = 0;
    gjson_each_init(&each, array);
    for (; gjson_each_next(run, &each, &key, &member); n++) {
        if (n == groups->len) {
            if (n == groups->cap) {
                groups->cap = n ? n * 2 : 16;
                groups->items = mem_realloc_array(groups->items, groups->cap, sizeof(struct strbuf));
            }
            strbuf_init_max(&groups->items[groups->len++], GJSON_MAX_MEMORY);
        }
        struct strbuf *item = &groups->items[n];
        strbuf_append(item, item->len > 0 ? "," : "");
        gjson_add(item, name);
        strbuf_append_c(item, ':');
        gjson_add(item, member.raw);
        if (!gjson_spend(run, name.len + 64))
            return;
    }
}

static struct gjson_span add_groups(struct gjson_run *run, struct groups *groups)
{
    AUTO_STRBUF struct strbuf out;
    strbuf_init_max(&out, GJSON_MAX_MEMORY);
    strbuf_append_c(&out, '[');
    for (size_t i = 0; i < groups->len; i++) {
        strbuf_append(&out, i > 0 ? ",{" : "{");
        strbuf_append_n(&out, groups->items[i].data, groups->items[i].len);
        strbuf_append_c(&out, '}');
        strbuf_done(&groups->items[i]);
    }
    strbuf_append_c(&out, ']');
    mem_free(groups->items);
    return gjson_keep(run, &out);
}

struct gjson_span gjson_group(struct gjson_run *run, struct gjson_span json, struct gjson_span arg)
{
    (void)arg;
    struct gjson_value value = gjson_parse(run, json), key, member;
    struct gjson_each each;
    struct groups groups = {0};
    if (!gjson_is_object(&value))
        return gjson_span("");
    gjson_each_init(&each, &value);
    while (gjson_each_next(run, &each, &key, &member))
        if (gjson_is_array(&member))
            group_array(run, &groups, key.raw, &member);
    return add_groups(run, &groups);
}

/* The path's value in parent, then in everything below it. */
static void dig(struct gjson_run *run, const struct gjson_value *parent, struct gjson_span path,
                struct strbuf *out)
{
    struct gjson_value found = gjson_eval(run, parent->raw, path), key, member;
    struct gjson_each each;
    if (gjson_exists(&found)) {
        strbuf_append(out, out->len > 1 ? "," : "");
        gjson_add(out, found.raw);
    }
    if ((!gjson_is_array(parent) && !gjson_is_object(parent)) || !gjson_enter(run))
        return;
    gjson_each_init(&each, parent);
    while (gjson_each_next(run, &each, &key, &member))
        dig(run, &member, path, out);
    gjson_leave(run);
}

struct gjson_span gjson_dig(struct gjson_run *run, struct gjson_span json, struct gjson_span arg)
{
    struct gjson_value value = gjson_parse(run, json);
    AUTO_STRBUF struct strbuf out;
    strbuf_init_max(&out, GJSON_MAX_MEMORY);
    strbuf_append_c(&out, '[');
    dig(run, &value, arg, &out);
    strbuf_append_c(&out, ']');
    return gjson_keep(run, &out);
}

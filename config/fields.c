/* Owns the table walker: one map of YAML through rows into a struct. Which fields there are is the builders'.
 */
#include <math.h>
#include <string.h>

#include "config/suggest.h"
#include "config/walk.h"
#include "scaler/base/mem.h"

#define SUGGESTIONS_MAX 100 /* errors after which no more similar names are looked for: hostile files */

static void report_unknown(struct walk *walk, const struct yaml_node *key, const struct field *fields,
                           size_t len)
{
    char hint[SUGGEST_TEXT_MAX] = "";
    if (walk->errors < SUGGESTIONS_MAX) {
        struct suggest suggest;
        suggest_init(&suggest, key->text);
        for (size_t i = 0; i < len; i++)
            suggest_offer(&suggest, fields[i].name);
        suggest_text(&suggest, hint, sizeof(hint));
    }
    size_t before = walk_enter(walk, key->text);
    walk_error(walk, key, "unknown field%s", hint);
    walk_leave(walk, before);
}

bool walk_integer(struct walk *walk, const struct yaml_node *node, int64_t *ret)
{
    if (node->kind == YAML_INT) {
        *ret = node->integer;
        return true;
    }
    if (node->kind == YAML_FLOAT && fabs(node->number) < 1e15 && trunc(node->number) == node->number) {
        *ret = (int64_t)node->number;
        return true;
    }
    walk_error(walk, node, "must be an integer, not %s",
               node->kind == YAML_FLOAT ? "a fraction or a larger number" : yaml_kind_name(node->kind));
    return false;
}

static bool read_int32(struct walk *walk, const struct yaml_node *node, const struct field *field,
                       int32_t *ret)
{
    int64_t value;
    if (!walk_integer(walk, node, &value))
        return false;
    if (value < field->min) {
        walk_error(walk, node, "must be at least %d, not %lld", field->min, (long long)value);
        return false;
    }
    if (value > field->max) {
        walk_error(walk, node, "must be at most %d, not %lld", field->max, (long long)value);
        return false;
    }
    *ret = (int32_t)value;
    return true;
}

static bool read_string(struct walk *walk, const struct yaml_node *node, const struct field *field,
                        char **out)
{
    if (!walk_expect(walk, node, YAML_STRING))
        return false;
    const char *wrong = field->check ? field->check(node->text) : NULL;
    if (field->non_empty && !*node->text) {
        walk_error(walk, node, "must not be empty");
        return false;
    }
    if (wrong) {
        walk_error(walk, node, "%s, not \"%.80s\"", wrong, node->text);
        return false;
    }
    mem_free(*out);
    *out = mem_strdup(node->text);
    return true;
}

static bool read_choice(struct walk *walk, const struct yaml_node *node, const struct field *field, void *out)
{
    if (!walk_expect(walk, node, YAML_STRING))
        return false;
    for (int i = 0; field->choices[i]; i++) {
        if (strcmp(field->choices[i], node->text) == 0) {
            memcpy(out, &i, sizeof(i));
            return true;
        }
    }
    struct strbuf list;
    strbuf_init(&list);
    for (int i = 0; field->choices[i]; i++)
        strbuf_printf(&list, "%s%s", i ? ", " : "", field->choices[i]);
    walk_error(walk, node, "must be one of %s, not \"%.80s\"", list.data, node->text);
    strbuf_done(&list);
    return false;
}

static bool read_seconds(struct walk *walk, const struct yaml_node *node, const struct field *field,
                         int64_t *out)
{
    int32_t seconds;
    if (!read_int32(walk, node, field, &seconds))
        return false;
    *out = (int64_t)seconds * 1000;
    return true;
}

static bool read_bool(struct walk *walk, const struct yaml_node *node, bool *out)
{
    if (!walk_expect(walk, node, YAML_BOOL))
        return false;
    *out = node->boolean;
    return true;
}

static bool read_value(struct walk *walk, const struct yaml_node *node, const struct field *field, void *out)
{
    switch (field->kind) {
    case FIELD_STRING:
        return read_string(walk, node, field, out);
    case FIELD_INT32:
        return read_int32(walk, node, field, out);
    case FIELD_SECONDS:
        return read_seconds(walk, node, field, out);
    case FIELD_BOOL:
        return read_bool(walk, node, out);
    case FIELD_CHOICE:
        return read_choice(walk, node, field, out);
    case FIELD_MAP:
        walk_fields(walk, node, field->fields, field->fields_len, out);
        return true;
    case FIELD_CUSTOM:
        field->read(walk, node, out);
        return true;
    case FIELD_ANY:
        return true;
    }
    return false;
}

static void read_field(struct walk *walk, const struct yaml_node *node, const struct field *field, char *out)
{
    size_t before = walk_enter(walk, field->name);
    if (read_value(walk, node, field, out + field->offset) && field->set_offset)
        *(bool *)(out + field->set_offset) = true;
    walk_leave(walk, before);
}

static const struct field *find_field(const struct field *fields, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

void walk_fields(struct walk *walk, const struct yaml_node *map, const struct field *fields, size_t len,
                 void *out)
{
    if (!walk_expect(walk, map, YAML_MAP))
        return;
    for (size_t i = 0; i < map->len; i++) {
        const struct yaml_entry *entry = &map->entries[i];
        const struct field *field = find_field(fields, len, entry->key->text);
        if (!field)
            report_unknown(walk, entry->key, fields, len);
        else if (entry->value->kind != YAML_NULL)
            read_field(walk, entry->value, field, out);
    }
    for (size_t i = 0; i < len; i++) {
        const struct yaml_node *node = fields[i].required ? yaml_get(map, fields[i].name) : NULL;
        if (fields[i].required && (!node || node->kind == YAML_NULL))
            walk_error_at(walk, map, fields[i].name, "is required");
    }
}

void walk_text_map(struct walk *walk, const struct yaml_node *map, bool null_is_empty, struct text_map *ret)
{
    if (!walk_expect(walk, map, YAML_MAP))
        return;
    if (map->len > WALK_TEXT_MAP_MAX) {
        walk_error(walk, map, "has %zu entries, more than %d", map->len, WALK_TEXT_MAP_MAX);
        return;
    }
    for (size_t i = 0; i < map->len; i++) {
        const struct yaml_entry *entry = &map->entries[i];
        size_t before = walk_enter(walk, entry->key->text);
        if (null_is_empty && entry->value->kind == YAML_NULL)
            text_map_set(ret, entry->key->text, "");
        else if (walk_expect(walk, entry->value, YAML_STRING))
            text_map_set(ret, entry->key->text, entry->value->text);
        walk_leave(walk, before);
    }
}

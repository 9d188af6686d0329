/* exact/coercion.jsonl: texts read by the house's own parsers, as trigger parameters through their rows. */
#include <math.h>
#include <string.h>

#include "config/params.h"
#include "scaler/base/duration.h"
#include "scaler/base/json.h"
#include "scaler/base/label_selector.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/quantity.h"
#include "scalers/api.h"
#include "scalers/kafka/config.h"
#include "tests/vectors/runner.h"

/* Parsing as a kind asks for it: the result as JSON (new), or NULL with err set. */
typedef json_t *(*coerce_fn)(const char *input, struct err *err);

/* JSON cannot write NaN and infinities. */
static json_t *json_of_double(double value)
{
    if (isnan(value))
        return json_pack("{s:s}", "kind", "nan");
    if (isinf(value))
        return json_pack("{s:s}", "kind", value > 0 ? "+inf" : "-inf");
    return json_real(value);
}

/* Bytes that are not UTF-8 were replaced, one by one, by the vectors' writer. */
static json_t *json_of_bytes(const char *text)
{
    AUTO_STRBUF struct strbuf out;
    strbuf_init(&out);
    for (size_t len = strlen(text), width; len > 0; text += width, len -= width) {
        width = text_utf8_width(text, len);
        if (width)
            strbuf_append_n(&out, text, width);
        else
            strbuf_append(&out, "\xef\xbf\xbd");
        width = width ? width : 1;
    }
    return json_string(out.data);
}

static json_t *json_of_list(const struct text_list *list)
{
    json_t *out = json_array();
    for (size_t i = 0; i < list->len; i++)
        json_array_append_new(out, json_of_bytes(list->items[i]));
    return out;
}

static json_t *json_of_map(const struct text_map *map)
{
    json_t *out = json_object();
    for (size_t i = 0; i < map->len; i++)
        json_object_set_new(out, map->items[i].key, json_of_bytes(map->items[i].value));
    return out;
}

static json_t *json_of_int_map(const struct text_map *map)
{
    json_t *out = json_object();
    int64_t value;
    for (size_t i = 0; i < map->len; i++)
        if (number_parse_go_int(map->items[i].value, &value, NULL) == 0)
            json_object_set_new(out, map->items[i].key, json_integer(value));
    return out;
}

static json_t *json_of_values(const struct text_map *map)
{
    json_t *out = json_object();
    for (size_t i = 0; i < map->len; i++) {
        AUTO_JSON json_t *key = json_of_bytes(map->items[i].key);
        const char *name = json_string_value(key);
        if (!json_object_get(out, name))
            json_object_set_new(out, name, json_array());
        json_array_append_new(json_object_get(out, name), json_of_bytes(map->items[i].value));
    }
    return out;
}

#define RANGE_ITEMS_MAX 100000

static json_t *json_of_ranges(const struct param_ranges *ranges)
{
    json_t *out = json_array();
    for (size_t i = 0; i < ranges->len; i++) {
        const struct param_range *range = &ranges->items[i];
        for (int64_t n = range->first; n <= range->last && json_array_size(out) < RANGE_ITEMS_MAX; n++) {
            json_array_append_new(out, json_integer(n));
            if (n == range->last) /* it may be the last integer there is */
                break;
        }
    }
    return out;
}

/* A member of any row. */
union member {
    char *text;
    int64_t integer;
    double number;
    bool flag;
    struct text_list list;
    struct text_map map;
    struct param_ranges ranges;
};

static json_t *json_of_member(enum param_type type, const union member *member)
{
    switch (type) {
    case PARAM_STRING:
        return json_of_bytes(member->text);
    case PARAM_FLOAT:
        return json_of_double(member->number);
    case PARAM_BOOL:
        return json_boolean(member->flag);
    case PARAM_LIST:
        return json_of_list(&member->list);
    case PARAM_MAP:
        return json_of_map(&member->map);
    case PARAM_INT_MAP:
        return json_of_int_map(&member->map);
    case PARAM_URL_VALUES:
        return json_of_values(&member->map);
    case PARAM_INT_RANGES:
    case PARAM_INT_LIST:
        return json_of_ranges(&member->ranges);
    case PARAM_INT:
    case PARAM_UINT:
    case PARAM_DURATION:
        break;
    }
    return json_integer(member->integer);
}

struct sink {
    struct params_error_sink base;
    struct err *err;
};

static void on_finding(struct params_error_sink *base, bool warning, const char *key, const char *message)
{
    struct sink *sink = container_of(base, struct sink, base);
    if (!warning)
        err_set(sink->err, ERR_CONFIG, "%s: %s", key ? key : "-", message);
}

static json_t *coerce_param(const struct param_row *row, const char *input, struct err *err)
{
    const struct trigger_schema schema = {.rows = row, .rows_len = 1, .config_size = sizeof(union member)};
    struct sink sink = {.base.add = on_finding, .err = err};
    struct text_map metadata = {0};
    struct params_context context = {.metadata = &metadata};
    union member member;
    json_t *out = NULL;
    text_map_set(&metadata, row->names[0], input);
    if (params_parse(&schema, &context, &member, &sink.base) == 0) {
        out = json_of_member(row->type, &member);
        params_done(&schema, &member);
    }
    text_map_done(&metadata);
    return out;
}

static json_t *coerce_parse_float(const char *input, struct err *err)
{
    double value;
    return number_parse_go_float(input, &value, err) < 0 ? NULL : json_of_double(value);
}

static json_t *coerce_modifiers_target(const char *input, struct err *err)
{
    double value;
    return number_parse_modifiers_target(input, &value, err) < 0 ? NULL : json_of_double(value);
}

static json_t *coerce_parse_int(const char *input, struct err *err)
{
    int64_t value;
    return number_parse_go_int(input, &value, err) < 0 ? NULL : json_integer(value);
}

static json_t *coerce_parse_bool(const char *input, struct err *err)
{
    bool value;
    return number_parse_go_bool(input, &value, err) < 0 ? NULL : json_boolean(value);
}

static json_t *coerce_parse_duration(const char *input, struct err *err)
{
    int64_t ns;
    return duration_parse_go(input, &ns, err) < 0 ? NULL : json_integer(ns);
}

static json_t *coerce_partitions(const char *input, struct err *err)
{
    struct param_ranges ranges = {0};
    if (kafka_parse_partitions(input, &ranges, err) < 0)
        return NULL;
    json_t *out = json_of_ranges(&ranges);
    mem_free(ranges.items);
    return out;
}

static json_t *coerce_name(const char *input, struct err *err)
{
    (void)err;
    AUTO_FREE char *name = mem_strdup(input);
    scaler_normalize_name(name);
    return json_string(name);
}

static json_t *coerce_quantity(const char *input, struct err *err)
{
    struct quantity quantity;
    AUTO_STRBUF struct strbuf shown, canonical;
    strbuf_init(&shown);
    strbuf_init(&canonical);
    if (quantity_parse(input, &quantity, err) < 0 ||
        quantity_format(input, QUANTITY_SHOWN, &shown, err) < 0 ||
        quantity_format(input, QUANTITY_CANONICAL, &canonical, err) < 0)
        return NULL;
    return json_pack("{s:o,s:I,s:I,s:s,s:s}", "float", json_of_double(quantity.approx), "milli",
                     (json_int_t)quantity.milli, "value", (json_int_t)quantity.value, "string", shown.data,
                     "canonical", canonical.data);
}

/* The engine's own milli value must be the quantity's. */
static json_t *coerce_metric(const char *input, struct err *err)
{
    double value;
    if (number_parse_go_float(input, &value, err) < 0)
        return NULL;
    AUTO_FREE char *text = number_format_metric(value);
    json_t *out = coerce_quantity(text, err);
    if (out && json_i64(out, "milli", -1) != number_metric_milli(value))
        json_object_set_new(out, "milli", json_string("engine and quantity differ"));
    return out;
}

static const char *const formats[] = {"json", "xml", "yaml", NULL};
static const char *const auth_modes[] = {"apiKey", "basic", "tls", "bearer", "custom", "oauth", NULL};
static const char *const exclusive_modes[] = {"bearer", "basic", "oauth", NULL};

#define ROW(...)      .row = {.names = {"v"}, .from = {PARAM_FROM_METADATA}, __VA_ARGS__}
#define REQUIRED(...) ROW(.required = true, .type = __VA_ARGS__)

static const struct kind {
    const char *name;
    coerce_fn coerce; /* NULL: through the row */
    struct param_row row;
} kinds[] = {
    {"int", REQUIRED(PARAM_INT)},
    {"int64", REQUIRED(PARAM_INT)},
    {"int32", REQUIRED(PARAM_INT, .has_min = true, .min = INT32_MIN, .has_max = true, .max = INT32_MAX)},
    {"uint32", REQUIRED(PARAM_UINT, .has_max = true, .max = UINT32_MAX)},
    {"float64", REQUIRED(PARAM_FLOAT)},
    {"bool", REQUIRED(PARAM_BOOL)},
    {"string", REQUIRED(PARAM_STRING)},
    {"string_default", ROW(.type = PARAM_STRING, .default_text = "dflt")},
    {"duration", REQUIRED(PARAM_DURATION)},
    {"list_string", REQUIRED(PARAM_LIST)},
    {"list_string_semicolon", REQUIRED(PARAM_LIST, .separator = ';')},
    {"list_int", REQUIRED(PARAM_INT_LIST)},
    {"list_int_range", REQUIRED(PARAM_INT_RANGES)},
    {"map_string", REQUIRED(PARAM_MAP)},
    {"map_int", REQUIRED(PARAM_INT_MAP)},
    {"url_values", REQUIRED(PARAM_URL_VALUES)},
    {"enum_json_xml_yaml", REQUIRED(PARAM_STRING, .choices = formats)},
    {"auth_modes", REQUIRED(PARAM_LIST, .choices = auth_modes, .exclusive = exclusive_modes)},
    {"kafka_partition_list", coerce_partitions, {.names = {NULL}}},
    {"parse_float", coerce_parse_float, {.names = {NULL}}},
    {"parse_int64", coerce_parse_int, {.names = {NULL}}},
    {"parse_bool", coerce_parse_bool, {.names = {NULL}}},
    {"parse_duration", coerce_parse_duration, {.names = {NULL}}},
    {"modifiers_target", coerce_modifiers_target, {.names = {NULL}}},
    {"quantity", coerce_quantity, {.names = {NULL}}},
    {"metric_quantity", coerce_metric, {.names = {NULL}}},
    {"metric_name_normalise", coerce_name, {.names = {NULL}}},
};

static json_t *coerce_selector(json_t *input, struct err *err)
{
    struct label_selector selector;
    AUTO_STRBUF struct strbuf canonical;
    strbuf_init(&canonical);
    if (label_selector_parse(input_str(input, "selector"), &selector, err) < 0)
        return NULL;
    label_selector_format(&selector, &canonical);
    bool matches = label_selector_matches_json(&selector, json_object_get(input, "labels"));
    label_selector_done(&selector);
    return json_pack("{s:b,s:s}", "matches", matches, "canonical", canonical.data);
}

static json_t *coerce(struct vector *vector, const char *name, struct err *err)
{
    json_t *input = json_object_get(vector->input, "input");
    if (strcmp(name, "label_selector") == 0)
        return coerce_selector(input, err);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const struct kind *kind = &kinds[i];
        if (strcmp(kind->name, name) == 0 && json_is_string(input))
            return kind->coerce ? kind->coerce(json_string_value(input), err)
                                : coerce_param(&kind->row, json_string_value(input), err);
    }
    vector_fail(vector, "unknown kind \"%s\", or an input that is no text", name);
    return NULL;
}

/* 5 and 5.0 are one number; integers are compared as such, with all their bits. */
static bool same_json(json_t *got, json_t *want)
{
    if (json_is_number(got) && json_is_number(want) && (json_is_real(got) || json_is_real(want)))
        return json_number_value(got) == json_number_value(want);
    return json_equal(got, want);
}

static void compare(struct vector *vector, const char *what, json_t *got, json_t *want)
{
    vector->checks++;
    if (same_json(got, want))
        return;
    AUTO_FREE char *got_text = json_dumps(got, JSON_ENCODE_ANY);
    AUTO_FREE char *want_text = json_dumps(want, JSON_ENCODE_ANY);
    vector_fail(vector, "%s: got %.300s, expected %.300s", what, got_text ? got_text : "nothing",
                want_text ? want_text : "nothing");
}

/* Out of range upstream's integers wrap; only the double means anything there. */
static void compare_fields(struct vector *vector, json_t *got, json_t *want)
{
    json_t *in_range = json_object_get(want, "in_range"), *value;
    const char *key;
    json_object_foreach (want, key, value)
        if (value != in_range && (!json_is_false(in_range) || strcmp(key, "float") == 0))
            compare(vector, key, json_object_get(got, key), value);
}

void vectors_coercion(struct vector *vector)
{
    const char *name = input_str(vector->input, "kind");
    bool ok = input_bool(vector->input, "ok", false);
    json_t *want = json_object_get(vector->input, "output");
    struct err err = {0};
    AUTO_JSON json_t *got = coerce(vector, name, &err);
    vector->checks++;
    if (vector->failed)
        return;
    if (ok != (got != NULL))
        vector_fail(vector, "%s: %s", name, got ? "accepted, expected an error" : err.msg);
    else if (got && strstr(name, "quantity"))
        compare_fields(vector, got, want);
    else if (got)
        compare(vector, name, got, want);
}

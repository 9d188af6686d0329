/* Owns the grammar of parameter values (spec/keda-scalers.md §1.2): text in, typed member out. */
#include "config/param_value.h"

#include <inttypes.h>
#include <string.h>

#include "scaler/base/duration.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/strbuf.h"

#define PIECES_MAX 4096 /* of a list, map or query */

static char *piece_of(const char *text, size_t len)
{
    AUTO_FREE char *piece = mem_strndup(text, len);
    char *trimmed = text_trim(piece);
    mem_wipe(piece, len);
    return trimmed;
}

static void wipe_list(struct text_list *list)
{
    for (size_t i = 0; i < list->len; i++)
        mem_wipe(list->items[i], strlen(list->items[i]));
    text_list_done(list);
}

/* Trimmed pieces between separators; false if there are too many. */
static bool split(const char *text, char separator, struct text_list *ret)
{
    for (;;) {
        const char *end = strchr(text, separator);
        if (ret->len == PIECES_MAX)
            return false;
        text_list_add_take(ret, piece_of(text, end ? (size_t)(end - text) : strlen(text)));
        if (!end)
            return true;
        text = end + 1;
    }
}

static bool parse_string(const struct param_row *row, const char *text, void *member)
{
    (void)row;
    *(char **)member = mem_strdup(text);
    return true;
}

static bool parse_int(const struct param_row *row, const char *text, void *member)
{
    (void)row;
    return number_parse_json_int(text, INT64_MIN, INT64_MAX, member, NULL) == 0;
}

static bool parse_uint(const struct param_row *row, const char *text, void *member)
{
    (void)row;
    return *text != '-' && number_parse_json_int(text, 0, INT64_MAX, member, NULL) == 0;
}

static bool parse_float(const struct param_row *row, const char *text, void *member)
{
    (void)row;
    return number_parse_json_float(text, member, NULL) == 0;
}

static bool parse_bool(const struct param_row *row, const char *text, void *member)
{
    (void)row;
    return number_parse_go_bool(text, member, NULL) == 0;
}

static bool parse_duration(const struct param_row *row, const char *text, void *member)
{
    (void)row;
    return duration_parse_param(text, member, NULL) == 0;
}

static bool parse_list(const struct param_row *row, const char *text, void *member)
{
    struct text_list list = {0};
    if (!split(text, row->separator ? row->separator : ',', &list)) {
        wipe_list(&list);
        return false;
    }
    *(struct text_list *)member = list;
    return true;
}

static bool is_int(const char *text)
{
    int64_t ignored;
    return number_parse_json_int(text, INT64_MIN, INT64_MAX, &ignored, NULL) == 0;
}

static bool add_pair(struct text_map *map, const char *piece, bool ints)
{
    const char *equals = strchr(piece, '=');
    if (!equals || strchr(equals + 1, '='))
        return false;
    char *key = piece_of(piece, (size_t)(equals - piece));
    char *value = piece_of(equals + 1, strlen(equals + 1));
    bool right = !ints || is_int(value);
    if (right)
        text_map_set(map, key, value);
    mem_free(key);
    mem_free_secret(value);
    return right;
}

static bool parse_pairs(const struct param_row *row, const char *text, bool ints, void *member)
{
    struct text_list pieces = {0};
    struct text_map map = {0};
    bool right = split(text, row->separator ? row->separator : ',', &pieces);
    for (size_t i = 0; right && i < pieces.len; i++)
        right = add_pair(&map, pieces.items[i], ints);
    wipe_list(&pieces);
    if (right)
        *(struct text_map *)member = map;
    else
        text_map_done_secret(&map);
    return right;
}

static bool parse_map(const struct param_row *row, const char *text, void *member)
{
    return parse_pairs(row, text, false, member);
}

static bool parse_int_map(const struct param_row *row, const char *text, void *member)
{
    return parse_pairs(row, text, true, member);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Go's QueryUnescape; NULL for broken escapes, and for NUL, which text here cannot hold. */
static char *unescape(const char *text, size_t len)
{
    char *out = mem_alloc(len + 1);
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '%') {
            out[at++] = text[i] == '+' ? ' ' : text[i];
            continue;
        }
        int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
        int low = i + 2 < len ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0 || (high == 0 && low == 0)) {
            mem_wipe(out, at);
            mem_free(out);
            return NULL;
        }
        out[at++] = (char)(high << 4 | low);
        i += 2;
    }
    out[at] = '\0';
    return out;
}

static bool add_query_item(struct text_map *map, const char *item, size_t len)
{
    const char *equals = memchr(item, '=', len);
    size_t key_len = equals ? (size_t)(equals - item) : len;
    if (memchr(item, ';', len) || map->len == PIECES_MAX)
        return false;
    char *key = unescape(item, key_len);
    char *value = equals ? unescape(equals + 1, len - key_len - 1) : mem_strdup("");
    bool right = key && value;
    if (right)
        text_map_append(map, key, value);
    mem_free(key);
    mem_free_secret(value);
    return right;
}

static bool parse_url_values(const struct param_row *row, const char *text, void *member)
{
    (void)row;
    struct text_map map = {0};
    bool right = true;
    while (right && *text) {
        size_t len = strcspn(text, "&");
        if (len)
            right = add_query_item(&map, text, len);
        text += len + (text[len] == '&');
    }
    if (right)
        *(struct text_map *)member = map;
    else
        text_map_done_secret(&map);
    return right;
}

/* "5" or "1-4". A minus sign is taken for the range's: negative numbers cannot be written, as in KEDA. */
static bool parse_range(const char *piece, struct param_range *ret)
{
    struct text_list bounds = {0};
    bool right =
        split(piece, '-', &bounds) && bounds.len <= 2 &&
        number_parse_json_int(bounds.items[0], INT64_MIN, INT64_MAX, &ret->first, NULL) == 0 &&
        number_parse_json_int(bounds.items[bounds.len - 1], INT64_MIN, INT64_MAX, &ret->last, NULL) == 0;
    text_list_done(&bounds);
    return right;
}

static bool parse_single(const char *piece, struct param_range *ret)
{
    if (number_parse_json_int(piece, INT64_MIN, INT64_MAX, &ret->first, NULL) < 0)
        return false;
    ret->last = ret->first;
    return true;
}

static bool parse_ints(const struct param_row *row, const char *text,
                       bool (*parse)(const char *piece, struct param_range *ret), void *member)
{
    struct text_list pieces = {0};
    bool right = split(text, row->separator ? row->separator : ',', &pieces);
    struct param_range *items = mem_zalloc_array(pieces.len, sizeof(*items));
    for (size_t i = 0; right && i < pieces.len; i++)
        right = parse(pieces.items[i], &items[i]);
    if (right)
        *(struct param_ranges *)member = (struct param_ranges){.items = items, .len = pieces.len};
    else
        mem_free(items);
    text_list_done(&pieces);
    return right;
}

static bool parse_int_ranges(const struct param_row *row, const char *text, void *member)
{
    return parse_ints(row, text, parse_range, member);
}

static bool parse_int_list(const struct param_row *row, const char *text, void *member)
{
    return parse_ints(row, text, parse_single, member);
}

static const struct type_row {
    bool (*parse)(const struct param_row *row, const char *text, void *member);
    const char *expected;
} types[] = {
    [PARAM_STRING] = {parse_string, "must be a string"},
    [PARAM_INT] = {parse_int, "must be a whole number such as 5"},
    [PARAM_UINT] = {parse_uint, "must be a whole number such as 5, without a sign"},
    [PARAM_FLOAT] = {parse_float, "must be a number such as 5 or 0.5"},
    [PARAM_BOOL] = {parse_bool, "must be true or false"},
    [PARAM_DURATION] = {parse_duration,
                        "must be a duration such as 300ms or 5s, or a number of milliseconds"},
    [PARAM_LIST] = {parse_list, "must be a list of at most 4096 items"},
    [PARAM_MAP] = {parse_map, "must be a list such as key=value,other=value"},
    [PARAM_URL_VALUES] = {parse_url_values, "must be a URL query such as a=1&b=2"},
    [PARAM_INT_RANGES] = {parse_int_ranges, "must be whole numbers and ranges such as 1,2,10-20"},
    [PARAM_INT_LIST] = {parse_int_list, "must be whole numbers such as 1,2,3"},
    [PARAM_INT_MAP] = {parse_int_map, "must be whole numbers with names such as key=1,other=2"},
};

static bool is_one_of(const char *piece, const char *const *set)
{
    for (; *set; set++)
        if (strcmp(*set, piece) == 0)
            return true;
    return false;
}

static char *describe_set(const char *lead, const char *const *set)
{
    struct strbuf out;
    strbuf_init(&out);
    strbuf_append(&out, lead);
    for (size_t i = 0; set[i]; i++)
        strbuf_printf(&out, "%s%s", i ? ", " : " ", set[i]);
    return strbuf_take(&out);
}

/* Piece by piece even where the parameter is a single value: KEDA's rule. */
static char *check_choices(const struct param_row *row, const char *text)
{
    struct text_list pieces = {0};
    bool right = split(text, ',', &pieces);
    size_t exclusive = 0;
    for (size_t i = 0; right && i < pieces.len; i++) {
        right = !row->choices || is_one_of(pieces.items[i], row->choices);
        exclusive += row->exclusive && is_one_of(pieces.items[i], row->exclusive);
    }
    wipe_list(&pieces);
    if (!right && row->choices)
        return describe_set("must be one of", row->choices);
    return exclusive > 1 ? describe_set("may contain only one of", row->exclusive) : NULL;
}

static char *describe_bound(const char *lead, double bound)
{
    char number[32];
    return mem_printf("%s %s", lead, number_format_double(bound, number, sizeof(number)));
}

/* The range of a duration is in nanoseconds, like its member. */
static char *check_range(const struct param_row *row, const void *member)
{
    double value = row->type == PARAM_FLOAT ? *(const double *)member : (double)*(const int64_t *)member;
    if (row->has_min && row->min_exclusive && value <= row->min)
        return describe_bound("must be greater than", row->min);
    if (row->has_min && value < row->min)
        return describe_bound("must be at least", row->min);
    if (row->has_max && value > row->max)
        return describe_bound("must be at most", row->max);
    return NULL;
}

static bool has_range(const struct param_row *row)
{
    bool number = row->type == PARAM_INT || row->type == PARAM_UINT || row->type == PARAM_FLOAT ||
                  row->type == PARAM_DURATION;
    return number && (row->has_min || row->has_max);
}

char *param_value_parse(const struct param_row *row, const char *text, void *member)
{
    char *wrong = row->choices || row->exclusive ? check_choices(row, text) : NULL;
    if (wrong)
        return wrong;
    union {
        int64_t integer;
        double number;
    } value;
    if (!has_range(row))
        return types[row->type].parse(row, text, member) ? NULL : mem_strdup(types[row->type].expected);
    if (!types[row->type].parse(row, text, &value))
        return mem_strdup(types[row->type].expected);
    wrong = check_range(row, &value);
    if (!wrong)
        memcpy(member, &value, sizeof(value));
    return wrong;
}

void param_value_done(const struct param_row *row, void *member)
{
    switch (row->type) {
    case PARAM_STRING:
        mem_free_secret(*(char **)member);
        *(char **)member = NULL;
        break;
    case PARAM_LIST:
        wipe_list(member);
        break;
    case PARAM_MAP:
    case PARAM_INT_MAP:
    case PARAM_URL_VALUES:
        text_map_done_secret(member);
        break;
    case PARAM_INT_RANGES:
    case PARAM_INT_LIST:
        mem_free(((struct param_ranges *)member)->items);
        *(struct param_ranges *)member = (struct param_ranges){0};
        break;
    case PARAM_INT:
    case PARAM_UINT:
    case PARAM_FLOAT:
    case PARAM_BOOL:
    case PARAM_DURATION:
        break;
    }
}

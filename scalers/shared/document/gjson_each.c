/* Owns the members of values: going through them, what they print as, how text is quoted. */
#include <stdio.h>
#include <strings.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/text.h"
#include "scalers/shared/document/gjson_internal.h"

void gjson_each_init(struct gjson_each *each, const struct gjson_value *value)
{
    *each = (struct gjson_each){.value = *value, .ended = !gjson_exists(value)};
    if (value->type != GJSON_JSON)
        return;
    struct gjson_span json = value->raw;
    while (each->i < json.len && (unsigned char)json.at[each->i] <= ' ')
        each->i++;
    each->object = each->i < json.len && json.at[each->i] == '{';
    each->ended = !each->object && !(each->i < json.len && json.at[each->i] == '[');
    each->i++;
}

static bool next_key(struct gjson_run *run, struct gjson_each *each, struct gjson_value *ret)
{
    struct gjson_span json = each->value.raw;
    struct gjson_token token;
    const char *quote = each->i < json.len ? memchr(json.at + each->i, '"', json.len - each->i) : NULL;
    if (!quote)
        return false;
    size_t start = each->i;
    each->i = (size_t)(quote - json.at);
    if (!gjson_spend(run, each->i - start) || !gjson_scan_token(run, json, &each->i, &token))
        return false;
    *ret = gjson_fill(run, &token);
    return true;
}

static bool next_member(struct gjson_run *run, struct gjson_each *each, struct gjson_value *ret_key,
                        struct gjson_value *ret_value)
{
    struct gjson_span json = each->value.raw;
    if (each->i >= json.len || (each->object && !next_key(run, each, ret_key)))
        return false;
    return gjson_scan_any(run, json, &each->i, ret_value);
}

bool gjson_each_next(struct gjson_run *run, struct gjson_each *each, struct gjson_value *ret_key,
                     struct gjson_value *ret_value)
{
    if (each->ended || run->failed)
        return false;
    *ret_key = *ret_value = (struct gjson_value){0};
    if (each->value.type != GJSON_JSON) { /* a scalar is its own only member */
        each->ended = true;
        *ret_value = each->value;
        return true;
    }
    each->i += each->begun; /* what follows a value is passed over unseen */
    each->begun = true;
    each->ended = !next_member(run, each, ret_key, ret_value);
    return !each->ended;
}

/* A number in full, without exponent: "%f" of the shortest digits. */
static struct gjson_span plain_number(struct gjson_run *run, double number)
{
    char shortest[32];
    AUTO_STRBUF struct strbuf out;
    strbuf_init_max(&out, 1024);
    number_format_double(number, shortest, sizeof(shortest));
    char *exponent = strchr(shortest, 'e');
    if (!exponent) {
        strbuf_append(&out, shortest);
        return gjson_keep(run, &out);
    }
    int64_t power = 0;
    (void)number_parse_go_int(exponent + 1, &power, NULL);
    *exponent = '\0';
    const char *digits = shortest + (*shortest == '-');
    strbuf_append(&out, *shortest == '-' ? "-" : "");
    int64_t point = power + 1; /* of the digits, how many stand before the point */
    if (point <= 0)
        strbuf_append(&out, "0.");
    for (int64_t i = point; i < 0; i++)
        strbuf_append_c(&out, '0');
    for (; *digits; digits++)
        if (*digits != '.') {
            strbuf_append_c(&out, *digits);
            point--;
        }
    for (; point > 0; point--)
        strbuf_append_c(&out, '0');
    return gjson_keep(run, &out);
}

struct gjson_span gjson_string(struct gjson_run *run, const struct gjson_value *value)
{
    size_t sign = gjson_starts(value->raw, '-');
    switch (value->type) {
    case GJSON_FALSE:
        return gjson_span("false");
    case GJSON_TRUE:
        return gjson_span("true");
    case GJSON_STRING:
        return value->text;
    case GJSON_JSON:
        return value->raw;
    case GJSON_NUMBER:
        for (size_t i = sign; i < value->raw.len; i++)
            if (value->raw.at[i] < '0' || value->raw.at[i] > '9')
                return plain_number(run, value->number);
        return value->raw;
    case GJSON_NULL:
        break;
    }
    return gjson_span("");
}

bool gjson_word_bool(struct gjson_span text, bool *ret)
{
    static const char *const words[] = {"1", "t", "true", "0", "f", "false"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strlen(words[i]) == text.len && strncasecmp(words[i], text.at, text.len) == 0) {
            *ret = i < ARRAY_LEN(words) / 2;
            return true;
        }
    }
    return false;
}

bool gjson_bool(const struct gjson_value *value)
{
    bool result = false;
    if (value->type == GJSON_STRING)
        return gjson_word_bool(value->text, &result) && result;
    return value->type == GJSON_TRUE || (value->type == GJSON_NUMBER && value->number != 0);
}

bool gjson_is_object(const struct gjson_value *value)
{
    return value->type == GJSON_JSON && gjson_starts(value->raw, '{');
}

bool gjson_is_array(const struct gjson_value *value)
{
    return value->type == GJSON_JSON && gjson_starts(value->raw, '[');
}

void gjson_add(struct strbuf *out, struct gjson_span span)
{
    if (span.len > 0)
        strbuf_append_n(out, span.at, span.len);
}

/* Go's way: the HTML characters and the two odd line separators are escaped too. */
static size_t add_character(struct strbuf *out, struct gjson_span text, size_t i)
{
    unsigned char c = (unsigned char)text.at[i];
    static const char names[] = "\b\f\n\r\t\\\"", letters[] = "bfnrt\\\"";
    const char *name = c ? strchr(names, (char)c) : NULL;
    if (name) {
        strbuf_printf(out, "\\%c", letters[name - names]);
        return 1;
    }
    if (c < ' ' || c == '<' || c == '>' || c == '&') {
        strbuf_printf(out, "\\u%04x", c);
        return 1;
    }
    size_t width = text_utf8_width(text.at + i, text.len - i);
    if (width == 0)
        strbuf_append(out, "\\ufffd");
    else if (width == 3 && memcmp(text.at + i, "\xe2\x80\xa8", 3) == 0)
        strbuf_append(out, "\\u2028");
    else if (width == 3 && memcmp(text.at + i, "\xe2\x80\xa9", 3) == 0)
        strbuf_append(out, "\\u2029");
    else
        strbuf_append_n(out, text.at + i, width);
    return width ? width : 1;
}

void gjson_add_quoted(struct strbuf *out, struct gjson_span text)
{
    strbuf_append_c(out, '"');
    for (size_t i = 0; i < text.len;)
        i += add_character(out, text, i);
    strbuf_append_c(out, '"');
}

/* Owns the scanning of JSON text, broken text included: where a value begins and ends, and what it is. */
#include <stdlib.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scalers/shared/document/gjson_internal.h"

enum gjson_lead gjson_lead(struct gjson_span json, size_t i)
{
    switch (json.at[i]) {
    case '"':
        return GJSON_LEAD_STRING;
    case '{':
    case '[':
        return GJSON_LEAD_NESTED;
    case 't':
    case 'f':
        return GJSON_LEAD_WORD;
    case 'n': /* null, or nan */
        return i + 1 < json.len && json.at[i + 1] != 'u' ? GJSON_LEAD_NUMBER : GJSON_LEAD_WORD;
    default:
        return memchr("+-0123456789iIN", json.at[i], 15) ? GJSON_LEAD_NUMBER : GJSON_LEAD_NONE;
    }
}

bool gjson_scan_string(struct gjson_span json, size_t *i, bool *ret_escaped)
{
    *ret_escaped = false;
    for (; *i < json.len; ++*i) {
        if (json.at[*i] == '"') {
            ++*i;
            return true;
        }
        if (json.at[*i] == '\\') {
            *ret_escaped = true;
            ++*i;
        }
    }
    *i = json.len;
    return false;
}

size_t gjson_scan_nested(struct gjson_span json, size_t i)
{
    size_t depth = 1;
    bool escaped;
    for (i++; i < json.len; i++) {
        switch (json.at[i]) {
        case '"':
            i++;
            if (!gjson_scan_string(json, &i, &escaped))
                return json.len + 1;
            i--;
            break;
        case '{':
        case '[':
        case '(':
            depth++;
            break;
        case '}':
        case ']':
        case ')':
            if (--depth == 0)
                return i + 1;
            break;
        default:
            break;
        }
    }
    return i;
}

size_t gjson_piece_len(struct gjson_span json)
{
    size_t i = 1;
    bool escaped;
    if (gjson_starts(json, '"'))
        gjson_scan_string(json, &i, &escaped);
    else
        i = gjson_scan_nested(json, 0);
    return i < json.len ? i : json.len;
}

static size_t scan_number(struct gjson_span json, size_t i)
{
    for (i++; i < json.len; i++)
        if ((unsigned char)json.at[i] <= ' ' || json.at[i] == ',' || json.at[i] == ']' || json.at[i] == '}')
            break;
    return i;
}

static size_t scan_word(struct gjson_span json, size_t i)
{
    for (i++; i < json.len && json.at[i] >= 'a' && json.at[i] <= 'z';)
        i++;
    return i;
}

bool gjson_scan_token(struct gjson_run *run, struct gjson_span json, size_t *i, struct gjson_token *ret)
{
    size_t start = *i;
    char first = json.at[start];
    bool closed = true;
    *ret = (struct gjson_token){0};
    switch (gjson_lead(json, start)) {
    case GJSON_LEAD_STRING:
        ret->type = GJSON_STRING;
        ++*i;
        closed = gjson_scan_string(json, i, &ret->escaped);
        break;
    case GJSON_LEAD_NESTED:
        ret->type = GJSON_JSON;
        *i = gjson_scan_nested(json, start);
        break;
    case GJSON_LEAD_NUMBER:
        ret->type = GJSON_NUMBER;
        *i = scan_number(json, start);
        break;
    case GJSON_LEAD_WORD:
    case GJSON_LEAD_NONE:
        ret->type = first == 't' ? GJSON_TRUE : first == 'f' ? GJSON_FALSE : GJSON_NULL;
        *i = scan_word(json, start);
        break;
    }
    ret->raw = gjson_cut(json, start, *i);
    gjson_spend(run, ret->raw.len + 1);
    return closed;
}

double gjson_number(struct gjson_run *run, struct gjson_span text)
{
    if (text.len == 0 || !gjson_spend(run, text.len))
        return 0;
    AUTO_FREE char *copy = mem_strndup(text.at, text.len);
    return strlen(copy) == text.len ? number_go_float_or_zero(copy) : 0;
}

struct gjson_value gjson_fill(struct gjson_run *run, const struct gjson_token *token)
{
    struct gjson_value value = {.type = token->type, .raw = token->raw};
    if (token->type == GJSON_NUMBER) {
        value.number = gjson_number(run, token->raw);
    } else if (token->type == GJSON_STRING) {
        struct gjson_span inner = gjson_cut(token->raw, 1, token->raw.len - 1);
        value.text = token->escaped ? gjson_unescape(run, inner) : inner;
    }
    return value;
}

bool gjson_scan_any(struct gjson_run *run, struct gjson_span json, size_t *i, struct gjson_value *ret)
{
    struct gjson_token token;
    size_t start = *i;
    while (*i < json.len && gjson_lead(json, *i) == GJSON_LEAD_NONE)
        ++*i;
    if (!gjson_spend(run, *i - (start < *i ? start : *i)) || *i >= json.len)
        return false;
    if (!gjson_scan_token(run, json, i, &token))
        return false;
    *ret = gjson_fill(run, &token);
    return true;
}

/* A string may lack its end here: then it is all of the rest. */
static struct gjson_value parse_string(struct gjson_run *run, struct gjson_span json)
{
    size_t i = 1;
    bool escaped;
    bool closed = gjson_scan_string(json, &i, &escaped);
    struct gjson_span raw = gjson_cut(json, 0, i);
    struct gjson_span inner = gjson_cut(raw, 1, closed ? raw.len - 1 : raw.len);
    return (struct gjson_value){
        .type = GJSON_STRING, .raw = raw, .text = escaped ? gjson_unescape(run, inner) : inner};
}

struct gjson_value gjson_parse(struct gjson_run *run, struct gjson_span json)
{
    struct gjson_token token;
    size_t i = 0;
    while (i < json.len && (unsigned char)json.at[i] <= ' ')
        i++;
    if (i == json.len || !gjson_spend(run, json.len))
        return (struct gjson_value){0};
    switch (gjson_lead(json, i)) {
    case GJSON_LEAD_NONE:
        return (struct gjson_value){0};
    case GJSON_LEAD_NESTED:
        return (struct gjson_value){.type = GJSON_JSON, .raw = gjson_from(json, i)};
    case GJSON_LEAD_STRING:
        return parse_string(run, gjson_from(json, i));
    case GJSON_LEAD_NUMBER:
    case GJSON_LEAD_WORD:
        break;
    }
    gjson_scan_token(run, json, &i, &token);
    return gjson_fill(run, &token);
}

struct gjson_span gjson_trim(struct gjson_span span)
{
    while (span.len > 0 && (unsigned char)span.at[0] <= ' ')
        span = gjson_from(span, 1);
    while (span.len > 0 && (unsigned char)span.at[span.len - 1] <= ' ')
        span.len--;
    return span;
}

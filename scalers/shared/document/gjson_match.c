/* Owns glob patterns ('*', '?', backslash) and the comparisons of queries. */
#include <strings.h>

#include "scaler/base/text.h"
#include "scalers/shared/document/gjson_internal.h"

#define RUNE_BROKEN    0xfffdu
#define TRIES_PER_BYTE 10000

enum outcome { NO_MATCH, MATCH, GAVE_UP };

struct pattern_run {
    struct gjson_run *run;
    uint64_t tries, tries_max;
};

/* The character in front and how many bytes it has; what is no UTF-8 is U+FFFD, one byte each. */
static size_t first_rune(struct gjson_span text, uint32_t *ret)
{
    if (text.len == 0) {
        *ret = RUNE_BROKEN;
        return 0;
    }
    size_t width = text_utf8_width(text.at, text.len);
    *ret = width == 0 ? RUNE_BROKEN : (unsigned char)text.at[0];
    if (width < 2)
        return 1;
    *ret &= 0xffu >> (width + 1);
    for (size_t i = 1; i < width; i++)
        *ret = *ret << 6 | ((unsigned char)text.at[i] & 0x3f);
    return width;
}

static size_t last_rune(struct gjson_span text, uint32_t *ret)
{
    for (size_t width = 4; width > 1; width--) {
        if (width > text.len)
            continue;
        struct gjson_span tail = gjson_from(text, text.len - width);
        if (text_utf8_width(tail.at, width) == width)
            return first_rune(tail, ret);
    }
    return first_rune(gjson_from(text, text.len - 1), ret);
}

/* pattern begins with '*': takes away what follows the last star, as far as text ends so. */
static bool trim_suffix(struct pattern_run *match, struct gjson_span *text, struct gjson_span *pattern)
{
    while (text->len > 0 && pattern->len > 1) {
        uint32_t wanted, got;
        size_t width = last_rune(*pattern, &wanted);
        size_t slashes = 0;
        while (pattern->at[pattern->len - width - slashes - 1] == '\\')
            slashes++;
        bool escaped = slashes % 2 == 1;
        if (!gjson_spend(match->run, slashes + 4))
            return false;
        if (wanted == '*' && !escaped)
            return true;
        size_t got_width = last_rune(*text, &got);
        if (!(wanted == '?' && !escaped) && wanted != got)
            return false;
        text->len -= got_width;
        pattern->len -= width + escaped;
    }
    return true;
}

/* One ordinary character or '?'. */
static bool match_one(struct gjson_span *text, struct gjson_span *pattern)
{
    uint32_t wanted, got;
    size_t wanted_width = first_rune(*pattern, &wanted), got_width = first_rune(*text, &got);
    if (got_width == 0)
        return false;
    bool any = wanted == '?';
    if (wanted == '\\') {
        *pattern = gjson_from(*pattern, 1);
        wanted_width = first_rune(*pattern, &wanted);
        if (wanted_width == 0)
            return false;
    }
    if (!any && wanted != got)
        return false;
    *text = gjson_from(*text, got_width);
    *pattern = gjson_from(*pattern, wanted_width);
    return true;
}

static enum outcome match_from(struct pattern_run *match, struct gjson_span text, struct gjson_span pattern);

/* pattern begins with '*'. */
static enum outcome match_star(struct pattern_run *match, struct gjson_span text, struct gjson_span pattern)
{
    while (true) {
        while (pattern.len > 1 && pattern.at[1] == '*')
            pattern = gjson_from(pattern, 1);
        if (pattern.len == 1)
            return MATCH;
        if (!trim_suffix(match, &text, &pattern))
            return NO_MATCH;
        if (pattern.len == 1)
            return MATCH;
        enum outcome outcome = match_from(match, text, gjson_from(pattern, 1));
        if (outcome != NO_MATCH || text.len == 0)
            return outcome;
        uint32_t rune;
        text = gjson_from(text, first_rune(text, &rune));
    }
}

static enum outcome match_from(struct pattern_run *match, struct gjson_span text, struct gjson_span pattern)
{
    if (match->tries > match->tries_max || !gjson_enter(match->run))
        return GAVE_UP;
    match->tries++;
    enum outcome outcome = MATCH;
    while (outcome == MATCH && pattern.len > 0 && pattern.at[0] != '*')
        if (!gjson_spend(match->run, 4) || !match_one(&text, &pattern))
            outcome = NO_MATCH;
    if (outcome == MATCH && pattern.len > 0)
        outcome = match_star(match, text, pattern);
    else if (text.len > 0)
        outcome = NO_MATCH;
    gjson_leave(match->run);
    return outcome;
}

bool gjson_match(struct gjson_run *run, struct gjson_span text, struct gjson_span pattern)
{
    struct pattern_run match = {.run = run, .tries_max = (uint64_t)text.len * TRIES_PER_BYTE};
    return gjson_is(pattern, "*") || match_from(&match, text, pattern) == MATCH;
}

static int compare_text(struct gjson_span a, struct gjson_span b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.at, b.at, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static bool ordered(struct gjson_span op, bool less, bool equal, bool greater)
{
    switch (op.at[0]) {
    case '=':
        return equal;
    case '!':
        return op.len == 2 && op.at[1] == '=' && !equal;
    case '<':
        return less || (op.len == 2 && equal);
    case '>':
        return greater || (op.len == 2 && equal);
    default:
        return false;
    }
}

static bool text_matches(struct gjson_run *run, struct gjson_span op, struct gjson_span text,
                         struct gjson_span wanted)
{
    if (gjson_is(op, "%"))
        return gjson_match(run, text, wanted);
    if (gjson_is(op, "!%"))
        return !gjson_match(run, text, wanted);
    int order = compare_text(text, wanted);
    return ordered(op, order<0, order == 0, order> 0);
}

static bool bool_matches(struct gjson_span op, bool value, struct gjson_span wanted)
{
    bool same = gjson_is(wanted, value ? "true" : "false");
    if (gjson_is(op, "=") || gjson_is(op, "!="))
        return same == (op.len == 1);
    bool towards = op.at[0] == (value ? '>' : '<');
    if (op.len == 2)
        return towards && op.at[1] == '=';
    return towards && gjson_is(wanted, value ? "false" : "true");
}

/* "~true" and its like: what a value amounts to. False: no such word. */
static bool read_tilde(struct gjson_span word, const struct gjson_value *value, bool *ret)
{
    bool is_word = false, word_bool = false;
    if (value->type == GJSON_STRING)
        is_word = gjson_word_bool(value->text, &word_bool);
    bool zero = value->type == GJSON_NUMBER && value->number == 0;
    if (gjson_is(word, "*"))
        *ret = gjson_exists(value);
    else if (gjson_is(word, "null"))
        *ret = value->type == GJSON_NULL;
    else if (gjson_is(word, "true"))
        *ret = value->type == GJSON_TRUE || (is_word && word_bool) || (value->type == GJSON_NUMBER && !zero);
    else if (gjson_is(word, "false"))
        *ret = value->type == GJSON_NULL || value->type == GJSON_FALSE || (is_word && !word_bool) || zero;
    else
        return false;
    return true;
}

bool gjson_query_matches(struct gjson_run *run, const struct gjson_step *step, struct gjson_value value)
{
    struct gjson_span wanted = step->query_value, op = step->query_op;
    if (gjson_starts(wanted, '~')) {
        bool amounts;
        if (!read_tilde(gjson_from(wanted, 1), &value, &amounts))
            return false;
        wanted = gjson_span("true");
        value = (struct gjson_value){.type = amounts ? GJSON_TRUE : GJSON_FALSE};
    }
    if (!gjson_exists(&value))
        return false;
    if (op.len == 0)
        return true;
    double number = 0;
    switch (value.type) {
    case GJSON_STRING:
        return text_matches(run, op, value.text, wanted);
    case GJSON_NUMBER:
        number = gjson_number(run, wanted);
        return ordered(op, value.number<number, value.number == number, value.number> number);
    case GJSON_TRUE:
    case GJSON_FALSE:
        return bool_matches(op, value.type == GJSON_TRUE, wanted);
    case GJSON_NULL:
    case GJSON_JSON:
        break;
    }
    return false;
}

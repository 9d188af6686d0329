/* Owns the grammar of label selectors: tokens, then requirements. The order of checks does not matter for
 * what is accepted; the odd places of upstream's value lists ("(,)" is one empty value, "(a,,)" is an error)
 * do. */
#include "scaler/base/label_selector.h"

#include <stdlib.h>
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"

#define NAME_MAX_BYTES   63
#define PREFIX_MAX_BYTES 253

enum token {
    TOKEN_END,
    TOKEN_WORD,
    TOKEN_IN, /* a word as well, but where an operator must stand */
    TOKEN_NOT_IN,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COMMA,
    TOKEN_NOT,
    TOKEN_EQUALS,
    TOKEN_DOUBLE_EQUALS,
    TOKEN_NOT_EQUALS,
    TOKEN_GREATER,
    TOKEN_LESS,
};

/* One token of look-ahead. */
struct lexer {
    const char *at; /* behind the token */
    enum token token;
    const char *start;
    size_t len;
};

static const struct {
    const char *text;
    enum token token;
} symbols[] = {
    /* the longer ones first */
    {"==", TOKEN_DOUBLE_EQUALS}, {"!=", TOKEN_NOT_EQUALS}, {"=", TOKEN_EQUALS}, {"!", TOKEN_NOT},
    {"(", TOKEN_OPEN},           {")", TOKEN_CLOSE},       {",", TOKEN_COMMA},  {">", TOKEN_GREATER},
    {"<", TOKEN_LESS},
};

static enum token word_token(const char *word, size_t len)
{
    if (len == 2 && memcmp(word, "in", 2) == 0)
        return TOKEN_IN;
    return len == 5 && memcmp(word, "notin", 5) == 0 ? TOKEN_NOT_IN : TOKEN_WORD;
}

static void advance(struct lexer *lexer)
{
    lexer->start = lexer->at + strspn(lexer->at, " \t\r\n");
    lexer->len = strcspn(lexer->start, " \t\r\n=!(),><");
    lexer->token = *lexer->start ? word_token(lexer->start, lexer->len) : TOKEN_END;
    for (size_t i = 0; lexer->len == 0 && lexer->token != TOKEN_END && i < ARRAY_LEN(symbols); i++) {
        if (text_starts_with(lexer->start, symbols[i].text)) {
            lexer->token = symbols[i].token;
            lexer->len = strlen(symbols[i].text);
        }
    }
    lexer->at = lexer->start + lexer->len;
}

static bool take(struct lexer *lexer, enum token token)
{
    if (lexer->token != token)
        return false;
    advance(lexer);
    return true;
}

static bool at_word(const struct lexer *lexer)
{
    return lexer->token == TOKEN_WORD || lexer->token == TOKEN_IN || lexer->token == TOKEN_NOT_IN;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name(const char *text, size_t len)
{
    if (len == 0 || len > NAME_MAX_BYTES || !is_alnum(text[0]) || !is_alnum(text[len - 1]))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_alnum(text[i]) && text[i] != '-' && text[i] != '_' && text[i] != '.')
            return false;
    return true;
}

static bool is_lower_alnum(char c)
{
    return is_alnum(c) && (c < 'A' || c > 'Z');
}

static bool is_dns_label(const char *text, size_t len)
{
    if (len == 0 || text[0] == '-' || text[len - 1] == '-')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_lower_alnum(text[i]) && text[i] != '-')
            return false;
    return true;
}

/* A DNS subdomain; upstream bounds its length only as a whole. */
static bool is_prefix(const char *text, size_t len)
{
    if (len > PREFIX_MAX_BYTES)
        return false;
    for (const char *dot; (dot = memchr(text, '.', len)); text = dot + 1) {
        size_t label = (size_t)(dot - text);
        if (!is_dns_label(text, label))
            return false;
        len -= label + 1;
    }
    return is_dns_label(text, len);
}

static bool is_key(const char *text, size_t len)
{
    const char *slash = memchr(text, '/', len);
    if (!slash)
        return is_name(text, len);
    size_t prefix = (size_t)(slash - text);
    return is_prefix(text, prefix) && is_name(slash + 1, len - prefix - 1);
}

static bool is_value(const char *text)
{
    return !*text || is_name(text, strlen(text));
}

static void add_value(struct text_list *values, const char *text, size_t len)
{
    text_list_add_take(values, mem_strndup(text, len));
}

/* Behind "(": words with commas; where there is none between two of them, or at an end, an empty value. */
static bool read_list(struct lexer *lexer, struct text_list *values)
{
    for (;;) {
        if (at_word(lexer)) {
            add_value(values, lexer->start, lexer->len);
            advance(lexer);
            if (lexer->token == TOKEN_CLOSE)
                return true;
            if (lexer->token != TOKEN_COMMA)
                return false;
        } else if (take(lexer, TOKEN_COMMA)) {
            if (values->len == 0)
                text_list_add(values, "");
            if (lexer->token == TOKEN_CLOSE || lexer->token == TOKEN_COMMA)
                text_list_add(values, "");
            if (lexer->token == TOKEN_CLOSE)
                return true;
            (void)take(lexer, TOKEN_COMMA);
        } else {
            return false;
        }
    }
}

static bool read_set(struct lexer *lexer, struct text_list *values)
{
    if (!take(lexer, TOKEN_OPEN))
        return false;
    if (lexer->token == TOKEN_CLOSE)
        text_list_add(values, "");
    else if (!read_list(lexer, values))
        return false;
    return take(lexer, TOKEN_CLOSE);
}

static bool read_single(struct lexer *lexer, struct text_list *values)
{
    bool word = at_word(lexer);
    if (!word && lexer->token != TOKEN_END && lexer->token != TOKEN_COMMA)
        return false;
    add_value(values, lexer->start, word ? lexer->len : 0);
    if (word)
        advance(lexer);
    return true;
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void sort_once(struct text_list *values)
{
    size_t kept = 0;
    if (values->len > 1)
        qsort(values->items, values->len, sizeof(*values->items), compare_texts);
    for (size_t i = 0; i < values->len; i++) {
        if (kept > 0 && strcmp(values->items[kept - 1], values->items[i]) == 0)
            mem_free(values->items[i]);
        else
            values->items[kept++] = values->items[i];
    }
    values->len = kept;
}

static bool check_values(const struct label_requirement *item)
{
    int64_t number;
    bool compares = item->op == LABEL_GREATER || item->op == LABEL_LESS;
    for (size_t i = 0; i < item->values.len; i++) {
        const char *value = item->values.items[i];
        if (!is_value(value) || (compares && number_parse_go_int(value, &number, NULL) < 0))
            return false;
    }
    return true;
}

static bool read_operator(struct lexer *lexer, enum label_op *ret)
{
    static const struct {
        enum token token;
        enum label_op op;
    } operators[] = {
        {TOKEN_IN, LABEL_IN},
        {TOKEN_NOT_IN, LABEL_NOT_IN},
        {TOKEN_EQUALS, LABEL_EQUALS},
        {TOKEN_DOUBLE_EQUALS, LABEL_DOUBLE_EQUALS},
        {TOKEN_NOT_EQUALS, LABEL_NOT_EQUALS},
        {TOKEN_GREATER, LABEL_GREATER},
        {TOKEN_LESS, LABEL_LESS},
    };
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        if (take(lexer, operators[i].token)) {
            *ret = operators[i].op;
            return true;
        }
    }
    return false;
}

static bool read_requirement(struct lexer *lexer, struct label_requirement *item)
{
    bool negated = take(lexer, TOKEN_NOT);
    if (!at_word(lexer) || !is_key(lexer->start, lexer->len))
        return false;
    item->key = mem_strndup(lexer->start, lexer->len);
    advance(lexer);
    item->op = negated ? LABEL_NOT_EXISTS : LABEL_EXISTS;
    if (negated || lexer->token == TOKEN_END || lexer->token == TOKEN_COMMA)
        return true;
    if (!read_operator(lexer, &item->op))
        return false;
    bool set = item->op == LABEL_IN || item->op == LABEL_NOT_IN;
    if (!(set ? read_set : read_single)(lexer, &item->values))
        return false;
    sort_once(&item->values);
    return check_values(item);
}

static bool read_selector(struct lexer *lexer, struct label_selector *selector)
{
    size_t room = 0;
    if (lexer->token == TOKEN_END)
        return true;
    do {
        if (selector->len == room) {
            room = room ? 2 * room : 4;
            selector->items = mem_realloc_array(selector->items, room, sizeof(*selector->items));
        }
        struct label_requirement *item = &selector->items[selector->len++];
        *item = (struct label_requirement){0};
        if (!read_requirement(lexer, item))
            return false;
    } while (take(lexer, TOKEN_COMMA));
    return lexer->token == TOKEN_END;
}

/* By key, and what has the same key stays in its order. */
static void sort_requirements(struct label_selector *selector)
{
    for (size_t i = 1; i < selector->len; i++) {
        struct label_requirement item = selector->items[i];
        size_t at = i;
        for (; at > 0 && strcmp(selector->items[at - 1].key, item.key) > 0; at--)
            selector->items[at] = selector->items[at - 1];
        selector->items[at] = item;
    }
}

int label_selector_parse(const char *text, struct label_selector *ret, struct err *err)
{
    struct label_selector selector = {0};
    struct lexer lexer = {.at = text};
    if (strnlen(text, LABEL_SELECTOR_MAX_BYTES + 1) > LABEL_SELECTOR_MAX_BYTES)
        return err_set(err, ERR_LIMIT, "a label selector of more than %zu bytes", LABEL_SELECTOR_MAX_BYTES);
    advance(&lexer);
    if (!read_selector(&lexer, &selector)) {
        label_selector_done(&selector);
        return err_set(err, ERR_INVALID, "not a label selector: byte %zu of \"%.60s\"",
                       (size_t)(lexer.start - text), text);
    }
    sort_requirements(&selector);
    *ret = selector;
    return 0;
}

void label_selector_done(struct label_selector *selector)
{
    for (size_t i = 0; i < selector->len; i++) {
        mem_free(selector->items[i].key);
        text_list_done(&selector->items[i].values);
    }
    mem_free(selector->items);
    *selector = (struct label_selector){0};
}

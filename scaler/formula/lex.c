/* The lexer: blanks, comments, names, numbers, operators. Strings are in lex_string.c. */
#include "scaler/formula/lex.h"

#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"

struct span {
    uint32_t first, last;
};

static const struct span spaces[] = {
    {'\t', '\r'},     {' ', ' '},       {0x85, 0x85},     {0xa0, 0xa0},     {0x1680, 0x1680},
    {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000},
};

/* Outside ASCII nearly everything assigned is a letter; these blocks are signs, punctuation and pictures. */
static const struct span signs[] = {
    {0x80, 0xa9},     {0xab, 0xb4},       {0xb6, 0xb9},        {0xbb, 0xbf},     {0xd7, 0xd7},
    {0xf7, 0xf7},     {0x0300, 0x036f},   {0x2000, 0x2070},    {0x207a, 0x207e}, {0x20a0, 0x20ff},
    {0x2190, 0x2bff}, {0x2e00, 0x2e7f},   {0x3000, 0x3004},    {0x3008, 0x3020}, {0xe000, 0xf8ff},
    {0xfe10, 0xfe6f}, {0xfeff, 0xff0f},   {0xff1a, 0xff20},    {0xff3b, 0xff40}, {0xff5b, 0xff65},
    {0xffe0, 0xffff}, {0x1f000, 0x1faff}, {0xe0000, 0x10ffff},
};

static bool in_spans(uint32_t c, const struct span *spans, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (c >= spans[i].first && c <= spans[i].last)
            return true;
    return false;
}

bool lex_is_space(uint32_t c)
{
    return in_spans(c, spaces, ARRAY_LEN(spaces));
}

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

bool lex_is_name(uint32_t c)
{
    if (c < 0x80)
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
    return !in_spans(c, spaces, ARRAY_LEN(spaces)) && !in_spans(c, signs, ARRAY_LEN(signs));
}

static uint32_t decode(const unsigned char *bytes, size_t width)
{
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = bytes[0] & masks[width];
    for (size_t i = 1; i < width; i++)
        c = c << 6 | (bytes[i] & 0x3f);
    return c;
}

uint32_t lex_peek(const struct lexer *lexer, size_t *ret_width)
{
    size_t left = lexer->len - lexer->at;
    size_t width = left ? text_utf8_width(lexer->text + lexer->at, left) : 0;
    *ret_width = width;
    return width ? decode((const unsigned char *)lexer->text + lexer->at, width) : 0;
}

void lexer_init(struct lexer *lexer, const char *text, size_t len, struct strbuf *strings,
                struct fault *fault)
{
    *lexer = (struct lexer){.text = text, .len = len, .strings = strings, .fault = fault};
}

static char byte_at(const struct lexer *lexer, size_t at)
{
    return at < lexer->len ? lexer->text[at] : '\0';
}

static bool skip_block_comment(struct lexer *lexer)
{
    size_t start = lexer->at;
    for (lexer->at += 2; lexer->at < lexer->len; lexer->at++) {
        if (byte_at(lexer, lexer->at) == '*' && byte_at(lexer, lexer->at + 1) == '/') {
            lexer->at += 2;
            return true;
        }
    }
    return fault_at(lexer->fault, ERR_CONFIG, start, "this comment is never closed");
}

static bool skip_blanks(struct lexer *lexer)
{
    for (;;) {
        size_t width;
        uint32_t c = lex_peek(lexer, &width);
        if (width && lex_is_space(c)) {
            lexer->at += width;
        } else if (c == '/' && byte_at(lexer, lexer->at + 1) == '/') {
            const char *stop = memchr(lexer->text + lexer->at, '\n', lexer->len - lexer->at);
            lexer->at = stop ? (size_t)(stop - lexer->text) : lexer->len;
        } else if (c == '/' && byte_at(lexer, lexer->at + 1) == '*') {
            if (!skip_block_comment(lexer))
                return false;
        } else {
            return true;
        }
    }
}

static void skip_name(struct lexer *lexer)
{
    size_t width;
    for (uint32_t c = lex_peek(lexer, &width); width && lex_is_name(c); c = lex_peek(lexer, &width))
        lexer->at += width;
}

static bool accept(struct lexer *lexer, const char *any)
{
    char c = byte_at(lexer, lexer->at);
    if (c == '\0' || !strchr(any, c))
        return false;
    lexer->at++;
    return true;
}

static void accept_run(struct lexer *lexer, const char *any)
{
    while (accept(lexer, any))
        continue;
}

static const char *number_digits(struct lexer *lexer)
{
    if (!accept(lexer, "0"))
        return "0123456789_";
    if (accept(lexer, "xX"))
        return "0123456789abcdefABCDEF_";
    if (accept(lexer, "oO"))
        return "01234567_";
    return accept(lexer, "bB") ? "01_" : "0123456789_";
}

static bool lex_number(struct lexer *lexer, struct token *ret)
{
    const char *digits = number_digits(lexer);
    accept_run(lexer, digits);
    bool range = byte_at(lexer, lexer->at) == '.' && byte_at(lexer, lexer->at + 1) == '.';
    if (!range) {
        if (accept(lexer, "."))
            accept_run(lexer, digits);
        if (accept(lexer, "eE")) {
            accept(lexer, "+-");
            accept_run(lexer, digits);
        }
        size_t width;
        uint32_t next = lex_peek(lexer, &width);
        if (width && lex_is_name(next))
            return fault_at(lexer->fault, ERR_CONFIG, ret->start,
                            "this is neither a number nor a name: a name begins with a letter");
    }
    ret->kind = TOKEN_NUMBER;
    return true;
}

static bool lex_name(struct lexer *lexer, struct token *ret)
{
    skip_name(lexer);
    ret->kind = TOKEN_NAME;
    if (lexer->pointer_name)
        return true;
    ret->op = op_find(lexer->text + ret->start, lexer->at - ret->start);
    if (ret->op != OP_OTHER)
        ret->kind = TOKEN_OP;
    return true;
}

/* What may follow the first character of an operator. */
static const char *second_half(char c)
{
    if (strchr("&!=*<>", c))
        return "&=*";
    if (c == '?')
        return ".?";
    return c == '|' ? "|" : c == ':' ? ":" : c == '.' ? "." : c == '#' ? "#" : "";
}

static bool lex_operator(struct lexer *lexer, uint32_t c, struct token *ret)
{
    if (c >= 0x80 || c < ' ' || !strchr("([{)]},;%+-^/|:.?&!=*<>#", (char)c))
        return fault_at(lexer->fault, ERR_CONFIG, ret->start, "this character means nothing in a formula");
    lexer->at++;
    accept(lexer, second_half((char)c));
    ret->kind = TOKEN_OP;
    ret->op = op_find(lexer->text + ret->start, lexer->at - ret->start);
    return true;
}

static bool lex_token(struct lexer *lexer, struct token *ret)
{
    size_t width;
    uint32_t c = lex_peek(lexer, &width);
    if (width == 0)
        return true;
    if (lexer->pointer_name && lex_is_name(c))
        return lex_name(lexer, ret);
    if (c == '"' || c == '\'')
        return lex_string(lexer, ret);
    if (c == '`')
        return lex_raw_string(lexer, ret);
    char next = byte_at(lexer, lexer->at + 1);
    if ((c == 'b' || c == 'B') && (next == '"' || next == '\''))
        return fault_at(lexer->fault, ERR_UNSUPPORTED, ret->start,
                        "byte strings (b\"…\") are not supported in formulas");
    if (is_digit(c) || (c == '.' && is_digit((unsigned char)next)))
        return lex_number(lexer, ret);
    return lex_is_name(c) ? lex_name(lexer, ret) : lex_operator(lexer, c, ret);
}

bool lexer_next(struct lexer *lexer, struct token *ret)
{
    if (!lexer->pointer_name && !skip_blanks(lexer))
        return false;
    size_t width;
    if (lexer->pointer_name && !lex_is_name(lex_peek(lexer, &width))) {
        lexer->pointer_name = false;
        return lexer_next(lexer, ret);
    }
    *ret = (struct token){.kind = TOKEN_END, .start = lexer->at};
    if (!lex_token(lexer, ret))
        return false;
    lexer->pointer_name = ret->kind == TOKEN_OP && ret->op == OP_HASH;
    ret->len = lexer->at - ret->start;
    return true;
}

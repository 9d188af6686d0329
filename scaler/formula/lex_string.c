/* Strings: "…" and '…' with escapes, `…` as they stand. */
#include <string.h>

#include "scaler/formula/lex.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static void append_utf8(struct strbuf *out, uint32_t c)
{
    if (c >= 0xd800 && c <= 0xdfff)
        c = 0xfffd;
    if (c < 0x80) {
        strbuf_append_c(out, (char)c);
        return;
    }
    int tail = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned heads[] = {0, 0xc0, 0xe0, 0xf0};
    strbuf_append_c(out, (char)(unsigned char)(heads[tail] | c >> 6 * tail));
    while (tail-- > 0)
        strbuf_append_c(out, (char)(unsigned char)(0x80 | (c >> 6 * tail & 0x3f)));
}

static bool bad_escape(struct lexer *lexer, size_t at)
{
    return fault_at(lexer->fault, ERR_CONFIG, at, "this is no escape sequence of a string");
}

/* `max` digits, at least `min` of them. */
static bool escape_digits(struct lexer *lexer, int base, int min, int max, uint32_t *ret)
{
    uint32_t value = 0;
    int count = 0;
    while (count < max && lexer->at < lexer->len && hex_value(lexer->text[lexer->at]) < base) {
        value = value * (uint32_t)base + (uint32_t)hex_value(lexer->text[lexer->at++]);
        count++;
    }
    *ret = value;
    return count >= min;
}

static bool escape_braces(struct lexer *lexer, uint32_t *ret)
{
    lexer->at++;
    if (!escape_digits(lexer, 16, 1, 6, ret) || lexer->at >= lexer->len || lexer->text[lexer->at] != '}')
        return false;
    lexer->at++;
    return true;
}

static bool escape_coded(struct lexer *lexer, char c, uint32_t *ret)
{
    if (c == 'x')
        return escape_digits(lexer, 16, 2, 2, ret);
    if (c == 'U')
        return escape_digits(lexer, 16, 8, 8, ret);
    if (c == 'u' && lexer->at < lexer->len && lexer->text[lexer->at] == '{')
        return escape_braces(lexer, ret);
    if (c == 'u')
        return escape_digits(lexer, 16, 4, 4, ret);
    lexer->at--;
    return c >= '0' && c <= '3' && escape_digits(lexer, 8, 3, 3, ret);
}

static bool escape(struct lexer *lexer, char quote)
{
    static const char names[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
    size_t start = lexer->at++;
    if (lexer->at >= lexer->len)
        return bad_escape(lexer, start);
    char c = lexer->text[lexer->at++];
    const char *name = c ? strchr(names, c) : NULL;
    uint32_t coded;
    if (name)
        strbuf_append_c(lexer->strings, values[name - names]);
    else if (c == quote)
        strbuf_append_c(lexer->strings, c);
    else if (escape_coded(lexer, c, &coded) && coded <= 0x10ffff)
        append_utf8(lexer->strings, coded);
    else
        return bad_escape(lexer, start);
    return true;
}

bool lex_string(struct lexer *lexer, struct token *ret)
{
    char quote = lexer->text[lexer->at++];
    ret->kind = TOKEN_STRING;
    ret->string_start = lexer->strings->len;
    while (lexer->at < lexer->len && lexer->text[lexer->at] != quote) {
        char c = lexer->text[lexer->at];
        if (c == '\n')
            break;
        if (c == '\\') {
            if (!escape(lexer, quote))
                return false;
            continue;
        }
        /* A carriage return counts as a line's end in a string, as it does upstream. */
        strbuf_append_c(lexer->strings, c == '\r' ? '\n' : c);
        lexer->at++;
    }
    if (lexer->at >= lexer->len || lexer->text[lexer->at] != quote)
        return fault_at(lexer->fault, ERR_CONFIG, ret->start, "this string is never closed");
    lexer->at++;
    ret->string_len = lexer->strings->len - ret->string_start;
    return true;
}

bool lex_raw_string(struct lexer *lexer, struct token *ret)
{
    ret->kind = TOKEN_STRING;
    ret->string_start = lexer->strings->len;
    for (lexer->at++; lexer->at < lexer->len; lexer->at++) {
        char c = lexer->text[lexer->at];
        if (c == '`') {
            if (lexer->at + 1 >= lexer->len || lexer->text[lexer->at + 1] != '`')
                break;
            lexer->at++;
        }
        strbuf_append_c(lexer->strings, c);
    }
    if (lexer->at >= lexer->len)
        return fault_at(lexer->fault, ERR_CONFIG, ret->start, "this string is never closed");
    lexer->at++;
    ret->string_len = lexer->strings->len - ret->string_start;
    return true;
}

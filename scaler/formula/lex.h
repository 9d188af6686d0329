/* Text → tokens, one at a time. The text must be UTF-8. */
#ifndef SCALER_FORMULA_LEX_H
#define SCALER_FORMULA_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/strbuf.h"
#include "scaler/formula/fault.h"
#include "scaler/formula/ops.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_NUMBER,
    TOKEN_STRING,
    TOKEN_OP,
};

struct token {
    enum token_kind kind;
    enum op op;        /* of TOKEN_OP */
    size_t start, len; /* in the text; len 0 at the end */
    size_t string_start, string_len;
    /* of TOKEN_STRING: in lexer.strings, escapes resolved */
};

struct lexer {
    const char *text;
    size_t len;
    size_t at;
    bool pointer_name;      /* what follows "#" directly is its name, whatever it looks like */
    struct strbuf *strings; /* borrowed: decoded strings, one after another */
    struct fault *fault;    /* borrowed */
};

void lexer_init(struct lexer *lexer, const char *text, size_t len, struct strbuf *strings,
                struct fault *fault);
bool lexer_next(struct lexer *lexer, struct token *ret);

/* Character classes; `width` is the character's length in bytes. */
bool lex_is_space(uint32_t c);
bool lex_is_name(uint32_t c);
uint32_t lex_peek(const struct lexer *lexer, size_t *ret_width); /* 0 at the end */

/* lex_string.c: at a quote, or at a back quote. */
bool lex_string(struct lexer *lexer, struct token *ret);
bool lex_raw_string(struct lexer *lexer, struct token *ret);

#endif

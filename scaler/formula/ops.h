/* The operators, keywords and brackets of the language: one row each. */
#ifndef SCALER_FORMULA_OPS_H
#define SCALER_FORMULA_OPS_H

#include <stdbool.h>
#include <stddef.h>

enum op {
    OP_NONE,
    OP_PIPE,
    OP_OR_WORD,
    OP_OR,
    OP_AND_WORD,
    OP_AND,
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_GT,
    OP_GE,
    OP_LE,
    OP_IN,
    OP_MATCHES,
    OP_CONTAINS,
    OP_STARTS_WITH,
    OP_ENDS_WITH,
    OP_RANGE,
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_MOD,
    OP_POW_STARS,
    OP_POW,
    OP_COALESCE,
    OP_NOT_WORD,
    OP_NOT,
    OP_QUESTION,
    OP_OPTIONAL,
    OP_COLON,
    OP_DOT,
    OP_COMMA,
    OP_SEMICOLON,
    OP_HASH,
    OP_ASSIGN,
    OP_LET,
    OP_IF,
    OP_ELSE,
    OP_PAREN_OPEN,
    OP_PAREN_CLOSE,
    OP_BRACKET_OPEN,
    OP_BRACKET_CLOSE,
    OP_BRACE_OPEN,
    OP_BRACE_CLOSE,
    OP_OTHER, /* what the lexer takes together and no grammar knows: "&", "=*" */
    OP_COUNT,
};

struct op_row {
    const char *text;
    int binary;      /* precedence + 1 as a binary operator; 0: it is none */
    int unary;       /* precedence as a unary operator; 0: it is none */
    bool right;      /* groups from the right */
    bool negatable;  /* "not in" */
    bool comparison; /* chains: 1 < a < 5 */
    bool word;       /* written in letters: may also be a property's name */
};

extern const struct op_row op_rows[OP_COUNT];

enum op op_find(const char *text, size_t len); /* OP_OTHER: no such */

#endif

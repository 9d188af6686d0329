/* Operators: how they are written and how they bind. */
#include "scaler/formula/ops.h"

#include <string.h>

const struct op_row op_rows[OP_COUNT] = {
    [OP_NONE] = {.text = ""},
    [OP_PIPE] = {.text = "|", .binary = 1},
    [OP_OR_WORD] = {.text = "or", .binary = 11, .word = true},
    [OP_OR] = {.text = "||", .binary = 11},
    [OP_AND_WORD] = {.text = "and", .binary = 16, .word = true},
    [OP_AND] = {.text = "&&", .binary = 16},
    [OP_EQ] = {.text = "==", .binary = 21},
    [OP_NE] = {.text = "!=", .binary = 21},
    [OP_LT] = {.text = "<", .binary = 21, .comparison = true},
    [OP_GT] = {.text = ">", .binary = 21, .comparison = true},
    [OP_GE] = {.text = ">=", .binary = 21, .comparison = true},
    [OP_LE] = {.text = "<=", .binary = 21, .comparison = true},
    [OP_IN] = {.text = "in", .binary = 21, .negatable = true, .word = true},
    [OP_MATCHES] = {.text = "matches", .binary = 21, .negatable = true, .word = true},
    [OP_CONTAINS] = {.text = "contains", .binary = 21, .negatable = true, .word = true},
    [OP_STARTS_WITH] = {.text = "startsWith", .binary = 21, .negatable = true, .word = true},
    [OP_ENDS_WITH] = {.text = "endsWith", .binary = 21, .negatable = true, .word = true},
    [OP_RANGE] = {.text = "..", .binary = 26},
    [OP_ADD] = {.text = "+", .binary = 31, .unary = 90},
    [OP_SUB] = {.text = "-", .binary = 31, .unary = 90},
    [OP_MUL] = {.text = "*", .binary = 61},
    [OP_DIV] = {.text = "/", .binary = 61},
    [OP_MOD] = {.text = "%", .binary = 61},
    [OP_POW_STARS] = {.text = "**", .binary = 101, .right = true},
    [OP_POW] = {.text = "^", .binary = 101, .right = true},
    [OP_COALESCE] = {.text = "??", .binary = 501},
    [OP_NOT_WORD] = {.text = "not", .unary = 50, .word = true},
    [OP_NOT] = {.text = "!", .unary = 50},
    [OP_QUESTION] = {.text = "?"},
    [OP_OPTIONAL] = {.text = "?."},
    [OP_COLON] = {.text = ":"},
    [OP_DOT] = {.text = "."},
    [OP_COMMA] = {.text = ","},
    [OP_SEMICOLON] = {.text = ";"},
    [OP_HASH] = {.text = "#"},
    [OP_ASSIGN] = {.text = "="},
    [OP_LET] = {.text = "let", .word = true},
    [OP_IF] = {.text = "if", .word = true},
    [OP_ELSE] = {.text = "else", .word = true},
    [OP_PAREN_OPEN] = {.text = "("},
    [OP_PAREN_CLOSE] = {.text = ")"},
    [OP_BRACKET_OPEN] = {.text = "["},
    [OP_BRACKET_CLOSE] = {.text = "]"},
    [OP_BRACE_OPEN] = {.text = "{"},
    [OP_BRACE_CLOSE] = {.text = "}"},
    [OP_OTHER] = {.text = "operator"},
};

enum op op_find(const char *text, size_t len)
{
    for (enum op op = OP_PIPE; op < OP_OTHER; op++)
        if (strlen(op_rows[op].text) == len && memcmp(op_rows[op].text, text, len) == 0)
            return op;
    return OP_OTHER;
}

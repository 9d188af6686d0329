/* The parser's state, shared by its files. */
#ifndef SCALER_FORMULA_PARSE_INTERNAL_H
#define SCALER_FORMULA_PARSE_INTERNAL_H

#include "scaler/formula/parse.h"

enum parse_state {
    PARSE_SEQUENCE,
    PARSE_SEQUENCE_NEXT,
    PARSE_EXPRESSION,
    PARSE_LEFT,
    PARSE_RIGHT,
    PARSE_COMPARED,
    PARSE_THEN,
    PARSE_OTHERWISE,
    PARSE_LET_VALUE,
    PARSE_LET_BODY,
    PARSE_IF_CONDITION,
    PARSE_IF_THEN,
    PARSE_IF_ELSE,
    PARSE_PRIMARY,
    PARSE_UNARY,
    PARSE_PAREN,
    PARSE_POSTFIX,
    PARSE_INDEX,
    PARSE_SLICE_END,
    PARSE_METHOD,
    PARSE_ARGUMENT,
    PARSE_CLOSURE_ARGUMENT,
    PARSE_CLOSURE,
    PARSE_CLOSURE_END,
    PARSE_ITEM,
    PARSE_MAP_KEY,
    PARSE_MAP_VALUE,
    PARSE_STATE_COUNT,
};

/* One open construct. What `node`, `extra` and `base` mean is up to its state. */
struct frame {
    uint8_t state;
    uint8_t op;     /* the operator or builtin it waits with */
    bool flag;      /* negated, optional, in braces, piped */
    uint16_t level; /* an expression's precedence */
    uint32_t place;
    uint32_t node, extra;
    uint32_t base; /* where its list begins in parser.items */
};

struct variable {
    size_t start, len; /* its name in the text */
    uint32_t value, slot;
};

struct closure {
    uint32_t collection;
    uint8_t builtin; /* whose it is */
};

struct parser {
    struct lexer lexer;
    struct token token;
    const struct parse_names *names;
    struct ast *ast;
    struct fault *fault;
    uint32_t result; /* of the frame that ended last */
    struct frame *frames;
    size_t frames_len, frames_cap;
    uint32_t *items; /* the lists under construction, one above the other */
    uint32_t items_len, items_cap;
    struct variable *variables; /* in scope */
    size_t variables_len, variables_cap;
    struct closure *closures; /* around */
    size_t closures_len, closures_cap;
};

typedef bool (*parse_fn)(struct parser *parser, struct frame *frame);

/* Frames. After push the frame given to a handler is no longer valid. */
void parse_push(struct parser *parser, struct frame frame);
void parse_push_expression(struct parser *parser, int level);
void parse_push_sequence(struct parser *parser);
bool parse_pop(struct parser *parser, uint32_t result); /* false for result 0 */
void parse_item(struct parser *parser, uint32_t node);
uint32_t parse_add(struct parser *parser, struct node node);
/* A node with the list from base on, which is taken off the items. */
uint32_t parse_add_list(struct parser *parser, struct node node, uint32_t base);

bool parse_next(struct parser *parser);
bool parse_is(const struct parser *parser, enum op op);
bool parse_expect(struct parser *parser, enum op op);
bool parse_unexpected(struct parser *parser);
const char *parse_text(const struct parser *parser, const struct token *token);

/* Names. */
bool parse_is_input(const struct parser *parser, const char *name, size_t len, int64_t *ret);
uint32_t parse_name(struct parser *parser, const struct token *token);

/* parse_call.c: the name has been read; `first` is what was piped into it, or 0. */
bool parse_call(struct parser *parser, const struct token *name, uint32_t first);
/* At "(": the frame says what is called (op: a builtin, else a method of `node`). */
bool parse_open_arguments(struct parser *parser, struct frame frame);
bool parse_argument(struct parser *parser, struct frame *frame);
bool parse_closure_argument(struct parser *parser, struct frame *frame);
bool parse_closure(struct parser *parser, struct frame *frame);
bool parse_closure_end(struct parser *parser, struct frame *frame);
bool parse_array_item(struct parser *parser, struct frame *frame);
bool parse_map_key(struct parser *parser, struct frame *frame);
bool parse_map_value(struct parser *parser, struct frame *frame);
bool parse_open_array(struct parser *parser, struct frame *frame);
bool parse_open_map(struct parser *parser, struct frame *frame);

/* parse_primary.c */
bool parse_primary(struct parser *parser, struct frame *frame);
bool parse_unary(struct parser *parser, struct frame *frame);
bool parse_paren(struct parser *parser, struct frame *frame);
bool parse_number(struct parser *parser, const struct token *token, uint32_t *ret);

/* parse_postfix.c */
bool parse_postfix(struct parser *parser, struct frame *frame);
bool parse_index(struct parser *parser, struct frame *frame);
bool parse_slice_end(struct parser *parser, struct frame *frame);
bool parse_method(struct parser *parser, struct frame *frame);

/* parse_expression.c */
bool parse_sequence(struct parser *parser, struct frame *frame);
bool parse_sequence_next(struct parser *parser, struct frame *frame);
bool parse_expression(struct parser *parser, struct frame *frame);
bool parse_left(struct parser *parser, struct frame *frame);
bool parse_right(struct parser *parser, struct frame *frame);
bool parse_compared(struct parser *parser, struct frame *frame);
bool parse_then(struct parser *parser, struct frame *frame);
bool parse_otherwise(struct parser *parser, struct frame *frame);
bool parse_let_value(struct parser *parser, struct frame *frame);
bool parse_let_body(struct parser *parser, struct frame *frame);
bool parse_if_condition(struct parser *parser, struct frame *frame);
bool parse_if_then(struct parser *parser, struct frame *frame);
bool parse_if_else(struct parser *parser, struct frame *frame);

#endif

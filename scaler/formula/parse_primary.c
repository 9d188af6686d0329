/* What an expression begins with: literals, names, calls, brackets, unary operators, "#". */
#include <ctype.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/formula/parse_internal.h"

static bool digit_in(char c, int base, int *ret)
{
    int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    *ret = digit;
    return digit >= 0 && digit < base;
}

static bool read_int(const char *digits, int base, int64_t *ret)
{
    uint64_t value = 0;
    int digit;
    if (!*digits)
        return false;
    for (; *digits; digits++) {
        if (!digit_in(*digits, base, &digit) || value > (INT64_MAX - (uint64_t)digit) / (uint64_t)base)
            return false;
        value = value * (uint64_t)base + (uint64_t)digit;
    }
    *ret = (int64_t)value;
    return true;
}

static int base_of(const char *digits)
{
    if (digits[0] != '0')
        return 10;
    char mark = (char)tolower((unsigned char)digits[1]);
    return mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 10;
}

static bool read_number(const char *digits, struct node *ret)
{
    int base = base_of(digits);
    if (base != 16 && strpbrk(digits, ".eE")) {
        ret->kind = NODE_FLOAT;
        return number_parse_go_float(digits, &ret->f, NULL) == 0;
    }
    ret->kind = NODE_INT;
    return read_int(digits + (base == 10 ? 0 : 2), base, &ret->i);
}

bool parse_number(struct parser *parser, const struct token *token, uint32_t *ret)
{
    AUTO_FREE char *digits = mem_strndup(parse_text(parser, token), token->len);
    struct node node = {.place = (uint32_t)token->start};
    char *out = digits;
    for (const char *in = digits; *in; in++)
        if (*in != '_')
            *out++ = *in;
    *out = '\0';
    if (!read_number(digits, &node))
        return fault_at(parser->fault, ERR_CONFIG, token->start, "%.60s is no number, or too large", digits);
    *ret = parse_add(parser, node);
    return *ret != 0;
}

/* true, false, nil: nothing may be appended to them. */
static enum node_kind literal_name(const char *name, size_t len, int64_t *ret)
{
    *ret = len == 4;
    if ((len == 4 && memcmp(name, "true", 4) == 0) || (len == 5 && memcmp(name, "false", 5) == 0))
        return NODE_BOOL;
    return len == 3 && memcmp(name, "nil", 3) == 0 ? NODE_NIL : NODE_NONE;
}

static bool begin_name(struct parser *parser, struct frame *frame)
{
    struct token name = parser->token;
    int64_t value;
    enum node_kind literal = literal_name(parse_text(parser, &name), name.len, &value);
    if (!parse_next(parser))
        return false;
    if (literal)
        return parse_pop(parser, parse_add(parser, (struct node){.kind = (uint8_t)literal,
                                                                 .place = (uint32_t)name.start,
                                                                 .i = value}));
    frame->state = PARSE_PAREN; /* gets a result and goes on with what follows it */
    frame->flag = true;
    if (parse_is(parser, OP_PAREN_OPEN))
        return parse_call(parser, &name, 0);
    parser->result = parse_name(parser, &name);
    return parser->result != 0;
}

static bool begin_string(struct parser *parser, struct frame *frame)
{
    const struct token *token = &parser->token;
    frame->state = PARSE_POSTFIX;
    frame->node = parse_add(parser, (struct node){.kind = NODE_STRING,
                                                  .place = (uint32_t)token->start,
                                                  .text.start = (uint32_t)token->string_start,
                                                  .text.len = (uint32_t)token->string_len});
    return frame->node && parse_next(parser);
}

static bool pointer_named(struct parser *parser, const struct token *name, uint8_t *ret)
{
    const char *text = parse_text(parser, name);
    if (name->len == 5 && memcmp(text, "index", 5) == 0)
        *ret = POINTER_INDEX;
    else if (name->len == 3 && memcmp(text, "acc", 3) == 0)
        *ret = POINTER_ACC;
    else
        return fault_at(parser->fault, ERR_CONFIG, name->start,
                        "there is no #%.*s: only #, #index (in map and reduce) and #acc (in reduce)",
                        name->len > 40 ? 40 : (int)name->len, text);
    return true;
}

/* "#", "#index", "#acc", or ".field" for "#.field": inside of a closure only. */
static bool begin_pointer(struct parser *parser, struct frame *frame)
{
    struct node node = {.kind = NODE_POINTER, .place = (uint32_t)parser->token.start};
    const struct closure *around = &parser->closures[parser->closures_len - 1];
    node.a = around->collection;
    node.c = around->builtin;
    if (parse_is(parser, OP_HASH)) {
        if (!parse_next(parser))
            return false;
        if (parser->token.kind == TOKEN_NAME) {
            struct token name = parser->token;
            if (!pointer_named(parser, &name, &node.op) || !parse_next(parser))
                return false;
        }
    }
    frame->state = PARSE_POSTFIX;
    frame->node = parse_add(parser, node);
    return frame->node != 0;
}

static bool begin_bracket(struct parser *parser, struct frame *frame)
{
    if (parse_is(parser, OP_BRACKET_OPEN))
        return parse_open_array(parser, frame);
    if (parse_is(parser, OP_BRACE_OPEN))
        return parse_open_map(parser, frame);
    return parse_unexpected(parser);
}

static bool begin_unary(struct parser *parser, struct frame *frame)
{
    frame->op = (uint8_t)parser->token.op;
    frame->place = (uint32_t)parser->token.start;
    frame->state = PARSE_UNARY;
    if (!parse_next(parser))
        return false;
    parse_push_expression(parser, op_rows[frame->op].unary);
    return true;
}

static bool begin_operator(struct parser *parser, struct frame *frame)
{
    if (op_rows[parser->token.op].unary)
        return begin_unary(parser, frame);
    if (parse_is(parser, OP_PAREN_OPEN)) {
        frame->state = PARSE_PAREN;
        if (!parse_next(parser))
            return false;
        parse_push_sequence(parser);
        return true;
    }
    if (parser->closures_len && (parse_is(parser, OP_HASH) || parse_is(parser, OP_DOT)))
        return begin_pointer(parser, frame);
    return begin_bracket(parser, frame);
}

bool parse_primary(struct parser *parser, struct frame *frame)
{
    struct token token = parser->token;
    uint32_t number = 0;
    switch (token.kind) {
    case TOKEN_OP:
        return begin_operator(parser, frame);
    case TOKEN_NAME:
        return begin_name(parser, frame);
    case TOKEN_STRING:
        return begin_string(parser, frame);
    case TOKEN_NUMBER:
        return parse_next(parser) && parse_number(parser, &token, &number) && parse_pop(parser, number);
    case TOKEN_END:
        break;
    }
    return parse_unexpected(parser);
}

bool parse_unary(struct parser *parser, struct frame *frame)
{
    frame->node = parse_add(
        parser,
        (struct node){.kind = NODE_UNARY, .op = frame->op, .place = frame->place, .a = parser->result});
    frame->state = PARSE_POSTFIX;
    return frame->node != 0;
}

/* What stood in parentheses (or was called by name: flag) is complete. */
bool parse_paren(struct parser *parser, struct frame *frame)
{
    frame->node = parser->result;
    frame->state = PARSE_POSTFIX;
    return frame->flag || parse_expect(parser, OP_PAREN_CLOSE);
}

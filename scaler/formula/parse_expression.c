/* Sequences, operators by precedence, conditionals. */
#include "scaler/formula/parse_internal.h"

bool parse_sequence(struct parser *parser, struct frame *frame)
{
    frame->state = PARSE_SEQUENCE_NEXT;
    frame->base = parser->items_len;
    parse_push_expression(parser, 0);
    return true;
}

bool parse_sequence_next(struct parser *parser, struct frame *frame)
{
    parse_item(parser, parser->result);
    bool more = parse_is(parser, OP_SEMICOLON);
    if (more && !parse_next(parser))
        return false;
    if (more && parser->token.kind != TOKEN_END) {
        parse_push_expression(parser, 0);
        return true;
    }
    if (parser->items_len == frame->base + 1)
        return parse_pop(parser, parser->items[--parser->items_len]);
    uint32_t place = parser->ast->nodes[parser->items[frame->base]].place;
    return parse_pop(
        parser, parse_add_list(parser, (struct node){.kind = NODE_SEQUENCE, .place = place}, frame->base));
}

/* Wraps *node so that its value is kept, and gives a node that reads it again. Upstream has neither: they are
 * not counted. */
static uint32_t keep(struct parser *parser, uint32_t *node)
{
    uint32_t slot = parser->ast->slots++;
    struct node added = {.kind = NODE_TEE, .a = *node, .i = slot};
    added.place = parser->ast->nodes[*node].place;
    *node = ast_add_uncounted(parser->ast, added);
    added.kind = NODE_VAR;
    added.a = *node;
    return ast_add_uncounted(parser->ast, added);
}

/* The end of an expression; at level 0 a conditional may follow. */
static bool end_expression(struct parser *parser, struct frame *frame)
{
    if (frame->level > 0 || !parse_is(parser, OP_QUESTION))
        return parse_pop(parser, frame->node);
    frame->state = PARSE_THEN;
    if (!parse_next(parser))
        return false;
    if (parse_is(parser, OP_COLON)) { /* a ?: b is a ? a : b, with a computed once */
        parser->result = keep(parser, &frame->node);
        return true;
    }
    parse_push_expression(parser, 0);
    return true;
}

bool parse_then(struct parser *parser, struct frame *frame)
{
    frame->state = PARSE_OTHERWISE;
    frame->extra = parser->result;
    if (!parse_expect(parser, OP_COLON))
        return false;
    parse_push_expression(parser, 0);
    return true;
}

bool parse_otherwise(struct parser *parser, struct frame *frame)
{
    frame->node = parse_add(parser, (struct node){.kind = NODE_CONDITIONAL,
                                                  .place = (uint32_t)parser->token.start,
                                                  .a = frame->node,
                                                  .b = frame->extra,
                                                  .c = parser->result});
    return frame->node && end_expression(parser, frame);
}

/* `not` before in, contains and the like. ret_negated: it stood there. */
static bool read_negation(struct parser *parser, bool *ret_negated)
{
    *ret_negated = parse_is(parser, OP_NOT_WORD);
    if (!*ret_negated)
        return true;
    if (!parse_next(parser))
        return false;
    return (parser->token.kind == TOKEN_OP && op_rows[parser->token.op].negatable) ||
           parse_unexpected(parser);
}

/* Looks past a `not` without moving: whether what it negates binds at this level. */
static bool binds_here(const struct parser *parser, const struct frame *frame)
{
    const struct op_row *row = &op_rows[parser->token.op];
    if (parser->token.kind != TOKEN_OP)
        return false;
    if (parser->token.op == OP_NOT_WORD)
        return frame->level <= 20;
    return row->binary && row->binary - 1 >= frame->level;
}

static bool pipe_into(struct parser *parser, struct frame *frame)
{
    struct token name = parser->token;
    frame->op = OP_PIPE;
    if (name.kind != TOKEN_NAME)
        return parse_unexpected(parser);
    return parse_next(parser) && parse_call(parser, &name, frame->node);
}

/* Reads the operators that bind at the frame's level; each one's right side is a frame of its own. */
static bool continue_expression(struct parser *parser, struct frame *frame)
{
    bool negated;
    if (!binds_here(parser, frame))
        return end_expression(parser, frame);
    if (!read_negation(parser, &negated))
        return false;
    enum op before = (enum op)frame->op, op = parser->token.op;
    uint32_t place = (uint32_t)parser->token.start;
    if (!parse_next(parser))
        return false;
    if (op == OP_PIPE)
        return pipe_into(parser, frame);
    if (before == OP_COALESCE && op != OP_COALESCE)
        return fault_at(parser->fault, ERR_CONFIG, place,
                        "\"%s\" after \"??\" needs parentheses: write (a ?? b) %s c or a ?? (b %s c)",
                        op_rows[op].text, op_rows[op].text, op_rows[op].text);
    frame->op = (uint8_t)op;
    frame->flag = negated;
    frame->place = place;
    frame->extra = 0;
    frame->state = op_rows[op].comparison ? PARSE_COMPARED : PARSE_RIGHT;
    parse_push_expression(parser, op_rows[op].binary - 1 + !op_rows[op].right);
    return true;
}

bool parse_left(struct parser *parser, struct frame *frame)
{
    frame->node = parser->result;
    frame->state = PARSE_LEFT;
    return continue_expression(parser, frame);
}

static uint32_t add_binary(struct parser *parser, enum op op, uint32_t place, uint32_t a, uint32_t b)
{
    return parse_add(parser,
                     (struct node){.kind = NODE_BINARY, .op = (uint8_t)op, .place = place, .a = a, .b = b});
}

bool parse_right(struct parser *parser, struct frame *frame)
{
    uint32_t node = add_binary(parser, (enum op)frame->op, frame->place, frame->node, parser->result);
    if (node && frame->flag)
        node = parse_add(
            parser, (struct node){.kind = NODE_UNARY, .op = OP_NOT_WORD, .place = frame->place, .a = node});
    frame->node = node;
    frame->state = PARSE_LEFT;
    return node && continue_expression(parser, frame);
}

/* 1 < a < 5 is 1 < a && a < 5, with a computed once. extra: the comparisons so far. */
bool parse_compared(struct parser *parser, struct frame *frame)
{
    uint32_t right = parser->result, again = 0;
    bool more = parser->token.kind == TOKEN_OP && op_rows[parser->token.op].comparison;
    if (more)
        again = keep(parser, &right);
    uint32_t node = add_binary(parser, (enum op)frame->op, frame->place, frame->node, right);
    if (node && frame->extra)
        node = add_binary(parser, OP_AND, frame->place, frame->extra, node);
    if (!node)
        return false;
    if (!more) {
        frame->node = node;
        frame->state = PARSE_LEFT;
        return continue_expression(parser, frame);
    }
    frame->extra = node;
    frame->node = again;
    frame->op = (uint8_t)parser->token.op;
    frame->place = (uint32_t)parser->token.start;
    if (!parse_next(parser))
        return false;
    parse_push_expression(parser, op_rows[frame->op].binary);
    return true;
}

bool parse_if_condition(struct parser *parser, struct frame *frame)
{
    frame->node = parser->result;
    frame->state = PARSE_IF_THEN;
    if (!parse_expect(parser, OP_BRACE_OPEN))
        return false;
    parse_push_sequence(parser);
    return true;
}

bool parse_if_then(struct parser *parser, struct frame *frame)
{
    frame->extra = parser->result;
    frame->state = PARSE_IF_ELSE;
    if (!parse_expect(parser, OP_BRACE_CLOSE) || !parse_expect(parser, OP_ELSE))
        return false;
    frame->flag = parse_is(parser, OP_IF);
    if (frame->flag) { /* else if: an if of its own, nothing after it */
        uint32_t place = (uint32_t)parser->token.start;
        if (!parse_next(parser))
            return false;
        parse_push(parser, (struct frame){.state = PARSE_IF_CONDITION, .place = place});
        parse_push_expression(parser, 0);
        return true;
    }
    if (!parse_expect(parser, OP_BRACE_OPEN))
        return false;
    parse_push_sequence(parser);
    return true;
}

bool parse_if_else(struct parser *parser, struct frame *frame)
{
    if (!frame->flag && !parse_expect(parser, OP_BRACE_CLOSE))
        return false;
    /* Upstream does not count this node. */
    return parse_pop(parser, ast_add_uncounted(parser->ast, (struct node){.kind = NODE_CONDITIONAL,
                                                                          .place = frame->place,
                                                                          .a = frame->node,
                                                                          .b = frame->extra,
                                                                          .c = parser->result}));
}

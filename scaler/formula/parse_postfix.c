/* What follows an operand: .name, ?.name, .method(…), [index], [from:to]. */
#include "scaler/formula/parse_internal.h"

static uint32_t property(struct parser *parser, const struct token *name)
{
    struct strbuf *strings = &parser->ast->strings;
    struct node node = {.kind = NODE_STRING, .place = (uint32_t)name->start};
    node.text.start = (uint32_t)strings->len;
    node.text.len = (uint32_t)name->len;
    strbuf_append_n(strings, parse_text(parser, name), name->len);
    return parse_add(parser, node);
}

/* $env["name"] and $env.name are the trigger of that name, however it is spelt. Only with "?." it need not
 * exist. */
static bool add_member(struct parser *parser, struct frame *frame, uint32_t key, bool optional)
{
    struct node node = {
        .kind = NODE_MEMBER, .place = frame->place, .a = frame->node, .b = key, .optional = optional};
    const struct node *named = &parser->ast->nodes[key];
    if (parser->ast->nodes[frame->node].kind == NODE_ENV && named->kind == NODE_STRING) {
        const char *name = parser->ast->strings.data + named->text.start;
        int64_t input;
        if (parse_is_input(parser, name, named->text.len, &input))
            node = (struct node){.kind = NODE_INPUT, .place = frame->place, .i = input};
        else if (!optional)
            return fault_at(parser->fault, ERR_CONFIG, named->place, "unknown name \"%.*s\"",
                            named->text.len > 80 ? 80 : (int)named->text.len, name);
    }
    frame->node = parse_add(parser, node);
    return frame->node != 0;
}

/* A chain goes on inside of its node: a?.b.c is one chain. */
static bool open_chain(struct parser *parser, struct frame *frame)
{
    const struct node *node = &parser->ast->nodes[frame->node];
    bool chained = node->kind == NODE_CHAIN;
    if (chained)
        frame->node = node->a;
    return chained;
}

static bool close_chain(struct parser *parser, struct frame *frame, bool chained)
{
    if (chained)
        frame->node =
            parse_add(parser, (struct node){.kind = NODE_CHAIN, .place = frame->place, .a = frame->node});
    return frame->node != 0;
}

static bool name_property(struct parser *parser, struct frame *frame, bool optional)
{
    struct token name = parser->token;
    if (name.kind != TOKEN_NAME && !(name.kind == TOKEN_OP && op_rows[name.op].word))
        return name.kind == TOKEN_END ? parse_unexpected(parser)
                                      : fault_at(parser->fault, ERR_CONFIG, name.start, "a name is missing");
    if (!parse_next(parser))
        return false;
    uint32_t named = property(parser, &name);
    if (!named)
        return false;
    bool chained = open_chain(parser, frame);
    frame->place = (uint32_t)name.start;
    if (parse_is(parser, OP_PAREN_OPEN)) {
        if (!ast_count(parser->ast, frame->place, parser->fault)) /* upstream has a node for the callee */
            return false;
        frame->state = PARSE_METHOD;
        frame->flag = chained || optional;
        return parse_open_arguments(parser, (struct frame){.place = frame->place,
                                                           .node = frame->node,
                                                           .extra = named,
                                                           .flag = optional,
                                                           .base = parser->items_len});
    }
    return add_member(parser, frame, named, optional) && close_chain(parser, frame, chained || optional);
}

bool parse_method(struct parser *parser, struct frame *frame)
{
    frame->node = parser->result;
    frame->state = PARSE_POSTFIX;
    return close_chain(parser, frame, frame->flag);
}

/* At "[": optional if "?." stood before it. */
static bool open_index(struct parser *parser, struct frame *frame, bool optional)
{
    frame->place = (uint32_t)parser->token.start;
    frame->flag = optional;
    if (!parse_next(parser))
        return false;
    if (!parse_is(parser, OP_COLON)) {
        frame->state = PARSE_INDEX;
        parse_push_expression(parser, 0);
        return true;
    }
    parser->result = 0;
    frame->state = PARSE_INDEX;
    return true;
}

/* a[result] or a[result: …; result 0 for a[: … */
bool parse_index(struct parser *parser, struct frame *frame)
{
    frame->extra = parser->result;
    if (parse_is(parser, OP_COLON)) {
        frame->state = PARSE_SLICE_END;
        parser->result = 0;
        if (!parse_next(parser))
            return false;
        if (!parse_is(parser, OP_BRACKET_CLOSE))
            parse_push_expression(parser, 0);
        return true;
    }
    frame->state = PARSE_POSTFIX;
    return add_member(parser, frame, frame->extra, frame->flag) && close_chain(parser, frame, frame->flag) &&
           parse_expect(parser, OP_BRACKET_CLOSE);
}

bool parse_slice_end(struct parser *parser, struct frame *frame)
{
    frame->state = PARSE_POSTFIX;
    frame->node = parse_add(parser, (struct node){.kind = NODE_SLICE,
                                                  .place = frame->place,
                                                  .a = frame->node,
                                                  .b = frame->extra,
                                                  .c = parser->result});
    return frame->node && parse_expect(parser, OP_BRACKET_CLOSE);
}

bool parse_postfix(struct parser *parser, struct frame *frame)
{
    bool optional = parse_is(parser, OP_OPTIONAL);
    if (optional || parse_is(parser, OP_DOT)) {
        if (!parse_next(parser))
            return false;
        if (optional && parse_is(parser, OP_BRACKET_OPEN))
            return open_index(parser, frame, true);
        return name_property(parser, frame, optional);
    }
    if (parse_is(parser, OP_BRACKET_OPEN))
        return open_index(parser, frame, false);
    return parse_pop(parser, frame->node);
}

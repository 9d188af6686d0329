/* Whatever holds a list: calls with and without closures, methods' arguments, arrays, maps. */
#include "scaler/formula/parse_internal.h"

static bool close_arguments(struct parser *parser, struct frame *frame)
{
    struct node node = {.place = frame->place};
    if (!parse_expect(parser, OP_PAREN_CLOSE))
        return false;
    if (frame->op) {
        node.kind = NODE_BUILTIN;
        node.op = frame->op;
    } else {
        node.kind = NODE_METHOD;
        node.a = frame->node;
        node.b = frame->extra;
        node.optional = frame->flag;
    }
    return parse_pop(parser, parse_add_list(parser, node, frame->base));
}

bool parse_argument(struct parser *parser, struct frame *frame)
{
    parse_item(parser, parser->result);
    if (!parse_is(parser, OP_PAREN_CLOSE) && !parse_expect(parser, OP_COMMA))
        return false;
    if (parse_is(parser, OP_PAREN_CLOSE))
        return close_arguments(parser, frame);
    parse_push_expression(parser, 0);
    return true;
}

bool parse_open_arguments(struct parser *parser, struct frame frame)
{
    if (!parse_expect(parser, OP_PAREN_OPEN))
        return false;
    frame.state = PARSE_ARGUMENT;
    parse_push(parser, frame);
    if (parse_is(parser, OP_PAREN_CLOSE))
        return close_arguments(parser, &parser->frames[parser->frames_len - 1]);
    parse_push_expression(parser, 0);
    return true;
}

/* The next argument of a function that takes a closure: there are at most closure_args, the second is the
 * closure. Upstream allows one comma after the last. */
static bool next_closure_argument(struct parser *parser, struct frame *frame)
{
    const struct builtin_row *row = &builtin_rows[frame->op];
    int index = (int)(parser->items_len - frame->base);
    bool closing = parse_is(parser, OP_PAREN_CLOSE);
    if (index == row->closure_args || (closing && index >= row->optional_from)) {
        if (index == row->closure_args && parse_is(parser, OP_COMMA) && !parse_next(parser))
            return false;
        return close_arguments(parser, frame);
    }
    if (closing)
        return fault_at(parser->fault, ERR_CONFIG, parser->token.start,
                        "%s needs more arguments: what to walk through and what to do with each", row->name);
    if (index > (int)frame->level && !parse_expect(parser, OP_COMMA))
        return false;
    if (index == 1)
        parse_push(parser, (struct frame){
                               .state = PARSE_CLOSURE, .op = frame->op, .extra = parser->items[frame->base]});
    else
        parse_push_expression(parser, 0);
    return true;
}

bool parse_closure_argument(struct parser *parser, struct frame *frame)
{
    parse_item(parser, parser->result);
    return next_closure_argument(parser, frame);
}

bool parse_closure_end(struct parser *parser, struct frame *frame)
{
    if (!frame->flag && parse_is(parser, OP_SEMICOLON))
        return fault_at(parser->fault, ERR_CONFIG, parser->token.start,
                        "put { and } around what is done with each element");
    parser->closures_len--;
    if (frame->flag && !parse_expect(parser, OP_BRACE_CLOSE))
        return false;
    return parse_pop(
        parser,
        parse_add(parser, (struct node){.kind = NODE_PREDICATE, .place = frame->place, .a = parser->result}));
}

static bool refuse_call(struct parser *parser, const struct token *name)
{
    const char *text = parse_text(parser, name);
    int len = name->len > 80 ? 80 : (int)name->len;
    int64_t input;
    if (parse_is_input(parser, text, name->len, &input))
        return fault_at(parser->fault, ERR_CONFIG, name->start,
                        "%.*s is a trigger's value here and cannot be called", len, text);
    return fault_at(parser->fault, ERR_CONFIG, name->start, "there is no function \"%.*s\"", len, text);
}

bool parse_call(struct parser *parser, const struct token *name, uint32_t first)
{
    const char *text = parse_text(parser, name);
    int64_t input;
    enum builtin id = builtin_find(text, name->len);
    if (!id || parse_is_input(parser, text, name->len, &input))
        return refuse_call(parser, name);
    if (builtin_rows[id].refused)
        return fault_at(parser->fault, ERR_UNSUPPORTED, name->start,
                        "the function %s is not supported in formulas", builtin_rows[id].name);
    struct frame frame = {
        .op = (uint8_t)id, .place = (uint32_t)name->start, .base = parser->items_len, .level = first != 0};
    if (first)
        parse_item(parser, first);
    if (!builtin_rows[id].closure_args)
        return parse_open_arguments(parser, frame);
    if (!parse_expect(parser, OP_PAREN_OPEN))
        return false;
    frame.state = PARSE_CLOSURE_ARGUMENT;
    parse_push(parser, frame);
    return next_closure_argument(parser, &parser->frames[parser->frames_len - 1]);
}

/* After an item of an array: a comma or the end. */
static bool close_array(struct parser *parser, struct frame *frame)
{
    if (!parse_expect(parser, OP_BRACKET_CLOSE))
        return false;
    parser->result =
        parse_add_list(parser, (struct node){.kind = NODE_ARRAY, .place = frame->place}, frame->base);
    frame->node = parser->result;
    frame->state = PARSE_POSTFIX;
    return parser->result != 0;
}

bool parse_array_item(struct parser *parser, struct frame *frame)
{
    parse_item(parser, parser->result);
    if (!parse_is(parser, OP_BRACKET_CLOSE) && !parse_expect(parser, OP_COMMA))
        return false;
    if (parse_is(parser, OP_BRACKET_CLOSE))
        return close_array(parser, frame);
    parse_push_expression(parser, 0);
    return true;
}

bool parse_open_array(struct parser *parser, struct frame *frame)
{
    frame->place = (uint32_t)parser->token.start;
    frame->base = parser->items_len;
    frame->state = PARSE_ITEM;
    if (!parse_next(parser))
        return false;
    if (parse_is(parser, OP_BRACKET_CLOSE))
        return close_array(parser, frame);
    parse_push_expression(parser, 0);
    return true;
}

static bool close_map(struct parser *parser, struct frame *frame)
{
    if (!parse_expect(parser, OP_BRACE_CLOSE))
        return false;
    frame->node = parse_add_list(parser, (struct node){.kind = NODE_MAP, .place = frame->place}, frame->base);
    frame->state = PARSE_POSTFIX;
    return frame->node != 0;
}

static uint32_t literal_key(struct parser *parser)
{
    const struct token *token = &parser->token;
    struct node node = {.kind = NODE_STRING, .place = (uint32_t)token->start};
    struct strbuf *strings = &parser->ast->strings;
    if (token->kind == TOKEN_STRING) {
        node.text.start = (uint32_t)token->string_start;
        node.text.len = (uint32_t)token->string_len;
    } else {
        node.text.start = (uint32_t)strings->len;
        node.text.len = (uint32_t)token->len;
        strbuf_append_n(strings, parse_text(parser, token), token->len);
    }
    return parse_add(parser, node);
}

static bool begin_key(struct parser *parser, struct frame *frame)
{
    enum token_kind kind = parser->token.kind;
    frame->state = PARSE_MAP_KEY;
    if (parse_is(parser, OP_BRACE_CLOSE))
        return close_map(parser, frame);
    if (kind == TOKEN_NUMBER || kind == TOKEN_STRING || kind == TOKEN_NAME) {
        parser->result = literal_key(parser);
        return parser->result && parse_next(parser);
    }
    if (!parse_is(parser, OP_PAREN_OPEN))
        return fault_at(parser->fault, ERR_CONFIG, parser->token.start,
                        "a map's key is a name, a string, a number or an expression in parentheses");
    parse_push_expression(parser, 0);
    return true;
}

bool parse_open_map(struct parser *parser, struct frame *frame)
{
    frame->place = (uint32_t)parser->token.start;
    frame->base = parser->items_len;
    return parse_next(parser) && begin_key(parser, frame);
}

bool parse_map_key(struct parser *parser, struct frame *frame)
{
    parse_item(parser, parser->result);
    frame->state = PARSE_MAP_VALUE;
    if (!parse_expect(parser, OP_COLON))
        return false;
    parse_push_expression(parser, 0);
    return true;
}

bool parse_map_value(struct parser *parser, struct frame *frame)
{
    parse_item(parser, parser->result);
    if (!ast_count(parser->ast, frame->place, parser->fault)) /* upstream has a node for the pair */
        return false;
    if (!parse_is(parser, OP_BRACE_CLOSE) && !parse_expect(parser, OP_COMMA))
        return false;
    return begin_key(parser, frame);
}

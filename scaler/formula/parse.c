/* The parser's machine: frames, tokens, lists, names. The grammar is in parse_*.c beside it. */
#include "scaler/formula/parse.h"

#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/formula/parse_internal.h"

static const parse_fn handlers[PARSE_STATE_COUNT] = {
    [PARSE_SEQUENCE] = parse_sequence,
    [PARSE_SEQUENCE_NEXT] = parse_sequence_next,
    [PARSE_EXPRESSION] = parse_expression,
    [PARSE_LEFT] = parse_left,
    [PARSE_RIGHT] = parse_right,
    [PARSE_COMPARED] = parse_compared,
    [PARSE_THEN] = parse_then,
    [PARSE_OTHERWISE] = parse_otherwise,
    [PARSE_LET_VALUE] = parse_let_value,
    [PARSE_LET_BODY] = parse_let_body,
    [PARSE_IF_CONDITION] = parse_if_condition,
    [PARSE_IF_THEN] = parse_if_then,
    [PARSE_IF_ELSE] = parse_if_else,
    [PARSE_PRIMARY] = parse_primary,
    [PARSE_UNARY] = parse_unary,
    [PARSE_PAREN] = parse_paren,
    [PARSE_POSTFIX] = parse_postfix,
    [PARSE_INDEX] = parse_index,
    [PARSE_SLICE_END] = parse_slice_end,
    [PARSE_METHOD] = parse_method,
    [PARSE_ARGUMENT] = parse_argument,
    [PARSE_CLOSURE_ARGUMENT] = parse_closure_argument,
    [PARSE_CLOSURE] = parse_closure,
    [PARSE_CLOSURE_END] = parse_closure_end,
    [PARSE_ITEM] = parse_array_item,
    [PARSE_MAP_KEY] = parse_map_key,
    [PARSE_MAP_VALUE] = parse_map_value,
};

/* Room for one more of an array of `size` bytes each. */
static void *grow(void *array, size_t len, size_t *cap, size_t size)
{
    if (len < *cap)
        return array;
    *cap = *cap ? 2 * *cap : 16;
    return mem_realloc_array(array, *cap, size);
}

void parse_push(struct parser *parser, struct frame frame)
{
    parser->frames = grow(parser->frames, parser->frames_len, &parser->frames_cap, sizeof(*parser->frames));
    parser->frames[parser->frames_len++] = frame;
}

void parse_push_expression(struct parser *parser, int level)
{
    parse_push(parser, (struct frame){.state = PARSE_EXPRESSION, .level = (uint16_t)level});
}

void parse_push_sequence(struct parser *parser)
{
    parse_push(parser, (struct frame){.state = PARSE_SEQUENCE});
}

bool parse_pop(struct parser *parser, uint32_t result)
{
    parser->frames_len--;
    parser->result = result;
    return result != 0;
}

void parse_item(struct parser *parser, uint32_t node)
{
    size_t cap = parser->items_cap;
    parser->items = grow(parser->items, parser->items_len, &cap, sizeof(*parser->items));
    parser->items_cap = (uint32_t)cap;
    parser->items[parser->items_len++] = node;
}

uint32_t parse_add(struct parser *parser, struct node node)
{
    return ast_add(parser->ast, node, parser->fault);
}

uint32_t parse_add_list(struct parser *parser, struct node node, uint32_t base)
{
    uint32_t len = parser->items_len - base;
    parser->items_len = base;
    node.list.start = ast_add_links(parser->ast, len ? parser->items + base : NULL, len);
    node.list.len = len;
    return parse_add(parser, node);
}

bool parse_next(struct parser *parser)
{
    return lexer_next(&parser->lexer, &parser->token);
}

bool parse_is(const struct parser *parser, enum op op)
{
    return parser->token.kind == TOKEN_OP && parser->token.op == op;
}

bool parse_expect(struct parser *parser, enum op op)
{
    return parse_is(parser, op) ? parse_next(parser) : parse_unexpected(parser);
}

const char *parse_text(const struct parser *parser, const struct token *token)
{
    return parser->lexer.text + token->start;
}

bool parse_unexpected(struct parser *parser)
{
    const struct token *token = &parser->token;
    if (token->kind == TOKEN_END)
        return fault_at(parser->fault, ERR_CONFIG, token->start, "the formula ends too early");
    int len = token->len > 40 ? 40 : (int)token->len;
    return fault_at(parser->fault, ERR_CONFIG, token->start, "unexpected \"%.*s\"", len,
                    parse_text(parser, token));
}

bool parse_is_input(const struct parser *parser, const char *name, size_t len, int64_t *ret)
{
    for (size_t i = 0; i < parser->names->len; i++) {
        if (strlen(parser->names->names[i]) == len && memcmp(parser->names->names[i], name, len) == 0) {
            *ret = (int64_t)i;
            return true;
        }
    }
    return false;
}

static const struct variable *find_variable(const struct parser *parser, const char *name, size_t len)
{
    for (size_t i = parser->variables_len; i-- > 0;) {
        const struct variable *variable = &parser->variables[i];
        if (variable->len == len && memcmp(parser->lexer.text + variable->start, name, len) == 0)
            return variable;
    }
    return NULL;
}

uint32_t parse_name(struct parser *parser, const struct token *token)
{
    const char *name = parse_text(parser, token);
    struct node node = {.place = (uint32_t)token->start};
    const struct variable *variable = find_variable(parser, name, token->len);
    if (variable) {
        node.kind = NODE_VAR;
        node.a = variable->value;
        node.i = variable->slot;
    } else if (token->len == 4 && memcmp(name, "$env", 4) == 0) {
        node.kind = NODE_ENV;
    } else if (parse_is_input(parser, name, token->len, &node.i)) {
        node.kind = NODE_INPUT;
    } else if (builtin_find(name, token->len)) {
        fault_at(parser->fault, ERR_CONFIG, token->start, "%.*s is a function: call it with ( )",
                 (int)token->len, name);
        return 0;
    } else {
        fault_at(parser->fault, ERR_CONFIG, token->start, "unknown name \"%.*s\"",
                 token->len > 80 ? 80 : (int)token->len, name);
        return 0;
    }
    return parse_add(parser, node);
}

/* A let's name must be new. */
static bool declare(struct parser *parser, const struct token *name)
{
    const char *text = parse_text(parser, name);
    int len = name->len > 80 ? 80 : (int)name->len;
    int64_t ignored;
    if (parse_is_input(parser, text, name->len, &ignored))
        return fault_at(parser->fault, ERR_CONFIG, name->start, "%.*s is a trigger's name already", len,
                        text);
    if (builtin_find(text, name->len))
        return fault_at(parser->fault, ERR_CONFIG, name->start, "%.*s is a function's name already", len,
                        text);
    if (find_variable(parser, text, name->len))
        return fault_at(parser->fault, ERR_CONFIG, name->start, "%.*s is a variable already", len, text);
    return true;
}

/* let name = … ; the frame waits for the value. */
static bool let_begin(struct parser *parser, struct frame *frame)
{
    if (!parse_next(parser))
        return false;
    struct token name = parser->token;
    if (name.kind != TOKEN_NAME)
        return parse_unexpected(parser);
    frame->state = PARSE_LET_VALUE;
    frame->place = (uint32_t)name.start;
    frame->extra = (uint32_t)name.len;
    if (!declare(parser, &name) || !parse_next(parser) || !parse_expect(parser, OP_ASSIGN))
        return false;
    parse_push_expression(parser, 0);
    return true;
}

bool parse_expression(struct parser *parser, struct frame *frame)
{
    if (frame->level == 0 && parse_is(parser, OP_LET))
        return let_begin(parser, frame);
    if (frame->level == 0 && parse_is(parser, OP_IF)) {
        frame->state = PARSE_IF_CONDITION;
        frame->place = (uint32_t)parser->token.start;
        if (!parse_next(parser))
            return false;
        parse_push_expression(parser, 0);
        return true;
    }
    frame->state = PARSE_LEFT;
    parse_push(parser, (struct frame){.state = PARSE_PRIMARY});
    return true;
}

bool parse_let_value(struct parser *parser, struct frame *frame)
{
    uint32_t slot = parser->ast->slots++;
    frame->state = PARSE_LET_BODY;
    frame->node = parser->result;
    frame->base = slot;
    if (!parse_expect(parser, OP_SEMICOLON))
        return false;
    parser->variables =
        grow(parser->variables, parser->variables_len, &parser->variables_cap, sizeof(*parser->variables));
    parser->variables[parser->variables_len++] =
        (struct variable){.start = frame->place, .len = frame->extra, .value = parser->result, .slot = slot};
    parse_push_sequence(parser);
    return true;
}

bool parse_let_body(struct parser *parser, struct frame *frame)
{
    parser->variables_len--;
    return parse_pop(parser, parse_add(parser, (struct node){.kind = NODE_LET,
                                                             .place = frame->place,
                                                             .a = frame->node,
                                                             .b = parser->result,
                                                             .i = frame->base}));
}

bool parse_closure(struct parser *parser, struct frame *frame)
{
    frame->place = (uint32_t)parser->token.start;
    frame->state = PARSE_CLOSURE_END;
    frame->flag = parse_is(parser, OP_BRACE_OPEN);
    if (frame->flag && !parse_next(parser))
        return false;
    parser->closures =
        grow(parser->closures, parser->closures_len, &parser->closures_cap, sizeof(*parser->closures));
    parser->closures[parser->closures_len++] =
        (struct closure){.collection = frame->extra, .builtin = frame->op};
    if (frame->flag)
        parse_push_sequence(parser);
    else
        parse_push_expression(parser, 0);
    return true;
}

static void parser_done(struct parser *parser)
{
    mem_free(parser->frames);
    mem_free(parser->items);
    mem_free(parser->variables);
    mem_free(parser->closures);
}

static bool run(struct parser *parser)
{
    if (!parse_next(parser))
        return false;
    parse_push_sequence(parser);
    while (parser->frames_len) {
        struct frame *top = &parser->frames[parser->frames_len - 1];
        if (!handlers[top->state](parser, top))
            return false;
    }
    if (parse_is(parser, OP_PAREN_CLOSE))
        return fault_at(parser->fault, ERR_CONFIG, parser->token.start, "a \")\" closes nothing");
    return parser->token.kind == TOKEN_END || parse_unexpected(parser);
}

bool parse_formula(const char *text, size_t len, const struct parse_names *names, struct ast *ast,
                   struct fault *fault)
{
    struct parser parser = {.names = names, .ast = ast, .fault = fault};
    lexer_init(&parser.lexer, text, len, &ast->strings, fault);
    bool ok = run(&parser);
    ast->root = parser.result;
    parser_done(&parser);
    return ok;
}

/* Tree → program. What is being compiled lies on a stack of its own: each handler gives the next child to
 * compile, or 0 when its node is done. */
#include "scaler/formula/builtins.h"
#include "scaler/formula/compile_internal.h"
#include "scaler/formula/ops.h"

#include "scaler/base/mem.h"

uint32_t emit(struct emitter *emitter, uint32_t place, struct instruction instruction)
{
    struct program *program = emitter->program;
    if (program->len == program->cap) {
        program->cap = program->cap ? 2 * program->cap : 32;
        program->code = mem_realloc_array(program->code, program->cap, sizeof(*program->code));
        program->places = mem_realloc_array(program->places, program->cap, sizeof(*program->places));
    }
    program->code[program->len] = instruction;
    program->places[program->len] = place;
    return program->len++;
}

void emit_target(struct emitter *emitter, uint32_t jump)
{
    emitter->program->code[jump].arg = emitter->program->len;
}

static uint32_t constant(struct emitter *emitter, struct value value)
{
    struct program *program = emitter->program;
    if (program->constants_len == program->constants_cap) {
        program->constants_cap = program->constants_cap ? 2 * program->constants_cap : 16;
        program->constants =
            mem_realloc_array(program->constants, program->constants_cap, sizeof(*program->constants));
    }
    program->constants[program->constants_len] = value;
    return program->constants_len++;
}

static struct value literal_value(struct emitter *emitter, const struct node *node)
{
    switch (node->kind) {
    case NODE_BOOL:
        return value_bool(node->i != 0);
    case NODE_INT:
        return value_int(node->i);
    case NODE_FLOAT:
        return value_float(node->f);
    case NODE_STRING:
        return value_text(emitter->program->strings + node->text.start, node->text.len);
    default:
        return (struct value){.type = VALUE_NIL};
    }
}

static uint32_t emit_literal(struct emitter *emitter, struct emit_frame *frame, const struct node *node)
{
    (void)frame;
    emit(emitter, node->place,
         (struct instruction){.code = CODE_PUSH, .arg = constant(emitter, literal_value(emitter, node))});
    return 0;
}

static uint32_t emit_leaf(struct emitter *emitter, struct emit_frame *frame, const struct node *node)
{
    static const uint8_t codes[NODE_KIND_COUNT] = {
        [NODE_INPUT] = CODE_INPUT, [NODE_ENV] = CODE_ENV, [NODE_VAR] = CODE_LOAD};
    static const uint8_t pointers[] = {[POINTER_ELEMENT] = CODE_LOOP_ELEMENT,
                                       [POINTER_INDEX] = CODE_LOOP_INDEX,
                                       [POINTER_ACC] = CODE_LOOP_ACC};
    uint8_t code = node->kind == NODE_POINTER ? pointers[node->op] : codes[node->kind];
    (void)frame;
    emit(emitter, node->place, (struct instruction){.code = code, .arg = (uint32_t)node->i});
    return 0;
}

static uint32_t emit_tee(struct emitter *emitter, struct emit_frame *frame, const struct node *node)
{
    if (frame->phase == 0)
        return node->a;
    emit(emitter, node->place, (struct instruction){.code = CODE_TEE, .arg = (uint32_t)node->i});
    return 0;
}

static uint32_t emit_unary(struct emitter *emitter, struct emit_frame *frame, const struct node *node)
{
    if (frame->phase == 0)
        return node->a;
    if (node->op == OP_SUB)
        emit(emitter, node->place, (struct instruction){.code = CODE_NEGATE});
    else if (node->op != OP_ADD)
        emit(emitter, node->place, (struct instruction){.code = CODE_NOT});
    return 0;
}

/* Operators that may leave the right side out: by what the left side is. */
static uint8_t jump_over(enum op op)
{
    return op == OP_OR || op == OP_OR_WORD     ? CODE_JUMP_TRUE
           : op == OP_AND || op == OP_AND_WORD ? CODE_JUMP_FALSE
           : op == OP_COALESCE                 ? CODE_JUMP_NOT_NIL
                                               : CODE_JUMP;
}

static const uint8_t binary_codes[OP_COUNT] = {
    [OP_EQ] = CODE_EQUAL,
    [OP_NE] = CODE_EQUAL,
    [OP_LT] = CODE_LESS,
    [OP_GT] = CODE_MORE,
    [OP_LE] = CODE_LESS_EQUAL,
    [OP_GE] = CODE_MORE_EQUAL,
    [OP_IN] = CODE_IN,
    [OP_CONTAINS] = CODE_CONTAINS,
    [OP_STARTS_WITH] = CODE_STARTS_WITH,
    [OP_ENDS_WITH] = CODE_ENDS_WITH,
    [OP_RANGE] = CODE_RANGE,
    [OP_ADD] = CODE_ADD,
    [OP_SUB] = CODE_SUBTRACT,
    [OP_MUL] = CODE_MULTIPLY,
    [OP_DIV] = CODE_DIVIDE,
    [OP_MOD] = CODE_MODULO,
    [OP_POW] = CODE_POWER,
    [OP_POW_STARS] = CODE_POWER,
};

static uint32_t emit_binary(struct emitter *emitter, struct emit_frame *frame, const struct node *node)
{
    uint8_t jump = jump_over((enum op)node->op);
    if (frame->phase == 0)
        return node->a;
    if (frame->phase == 1) {
        if (jump != CODE_JUMP) {
            frame->jump = emit(emitter, node->place, (struct instruction){.code = jump});
            emit(emitter, node->place, (struct instruction){.code = CODE_POP});
        }
        return node->b;
    }
    if (jump != CODE_JUMP) {
        emit_target(emitter, frame->jump);
        return 0;
    }
    emit(emitter, node->place, (struct instruction){.code = binary_codes[node->op]});
    if (node->op == OP_NE)
        emit(emitter, node->place, (struct instruction){.code = CODE_NOT});
    return 0;
}

static uint32_t emit_conditional(struct emitter *emitter, struct emit_frame *frame, const struct node *node)
{
    uint32_t jump;
    switch (frame->phase) {
    case 0:
        return node->a;
    case 1:
        frame->jump =
            emit(emitter, emitter->ast->nodes[node->a].place, (struct instruction){.code = CODE_JUMP_FALSE});
        emit(emitter, node->place, (struct instruction){.code = CODE_POP});
        return node->b;
    case 2:
        jump = emit(emitter, node->place, (struct instruction){.code = CODE_JUMP});
        emit_target(emitter, frame->jump);
        emit(emitter, node->place, (struct instruction){.code = CODE_POP});
        frame->jump = jump;
        return node->c;
    default:
        emit_target(emitter, frame->jump);
        return 0;
    }
}

static uint32_t emit_let(struct emitter *emitter, struct emit_frame *frame, const struct node *node)
{
    if (frame->phase == 1)
        emit(emitter, node->place, (struct instruction){.code = CODE_STORE, .arg = (uint32_t)node->i});
    return frame->phase == 0 ? node->a : frame->phase == 1 ? node->b : 0;
}

static uint32_t emit_sequence(struct emitter *emitter, struct emit_frame *frame, const struct node *node)
{
    if (frame->phase == node->list.len)
        return 0;
    if (frame->phase > 0)
        emit(emitter, node->place, (struct instruction){.code = CODE_POP});
    return ast_link(emitter->ast, node, frame->phase);
}

static uint32_t emit_list(struct emitter *emitter, struct emit_frame *frame, const struct node *node)
{
    if (frame->phase < node->list.len)
        return ast_link(emitter->ast, node, frame->phase);
    struct instruction instruction = {.code = CODE_ARRAY, .arg = node->list.len};
    if (node->kind == NODE_MAP)
        instruction = (struct instruction){.code = CODE_MAP, .arg = node->list.len / 2};
    else if (node->kind == NODE_BUILTIN)
        instruction =
            (struct instruction){.code = CODE_CALL, .count = (uint16_t)node->list.len, .arg = node->op};
    emit(emitter, node->place, instruction);
    return 0;
}

/* ?. leaves the whole chain when there is nothing to its left. The jumps of one chain are linked through
 * their targets until the chain's end is known. */
static void emit_optional(struct emitter *emitter, const struct node *node)
{
    if (!node->optional || emitter->chains_len == 0)
        return;
    uint32_t *last = &emitter->chains[emitter->chains_len - 1];
    *last = emit(emitter, node->place, (struct instruction){.code = CODE_JUMP_NIL, .arg = *last});
}

static uint32_t emit_chain(struct emitter *emitter, struct emit_frame *frame, const struct node *node)
{
    if (frame->phase == 0) {
        if (emitter->chains_len == emitter->chains_cap) {
            emitter->chains_cap = emitter->chains_cap ? 2 * emitter->chains_cap : 8;
            emitter->chains =
                mem_realloc_array(emitter->chains, emitter->chains_cap, sizeof(*emitter->chains));
        }
        emitter->chains[emitter->chains_len++] = NO_JUMP;
        return node->a;
    }
    uint32_t jump = emitter->chains[--emitter->chains_len];
    while (jump != NO_JUMP) {
        uint32_t before = emitter->program->code[jump].arg;
        emit_target(emitter, jump);
        jump = before;
    }
    return 0;
}

static uint32_t emit_member(struct emitter *emitter, struct emit_frame *frame, const struct node *node)
{
    if (frame->phase == 0)
        return node->a;
    if (frame->phase == 1) {
        emit_optional(emitter, node);
        return node->b;
    }
    emit(emitter, node->place, (struct instruction){.code = CODE_FETCH});
    return 0;
}

static uint32_t emit_slice(struct emitter *emitter, struct emit_frame *frame, const struct node *node)
{
    if (frame->phase == 0)
        return node->a;
    if (frame->phase == 1 && node->b)
        return node->b;
    if (frame->phase <= 1)
        frame->phase++; /* there is no lower bound */
    if (frame->phase == 2 && node->c)
        return node->c;
    emit(emitter, node->place,
         (struct instruction){.code = CODE_SLICE,
                              .flag = (uint8_t)((node->b ? SLICE_FROM : 0) | (node->c ? SLICE_TO : 0))});
    return 0;
}

static uint32_t emit_method(struct emitter *emitter, struct emit_frame *frame, const struct node *node)
{
    if (frame->phase == 0)
        return node->a;
    if (frame->phase == 1)
        emit_optional(emitter, node);
    if (frame->phase <= node->list.len)
        return ast_link(emitter->ast, node, frame->phase - 1);
    const struct node *name = &emitter->ast->nodes[node->b];
    emit(emitter, node->place,
         (struct instruction){.code = CODE_METHOD,
                              .count = (uint16_t)node->list.len,
                              .arg = constant(emitter, literal_value(emitter, name))});
    return 0;
}

static uint32_t emit_builtin(struct emitter *emitter, struct emit_frame *frame, const struct node *node)
{
    return builtin_rows[node->op].closure_args ? emit_loop(emitter, frame, node)
                                               : emit_list(emitter, frame, node);
}

static uint32_t emit_through(struct emitter *emitter, struct emit_frame *frame, const struct node *node)
{
    (void)emitter;
    return frame->phase == 0 ? node->a : 0;
}

static const emit_fn handlers[NODE_KIND_COUNT] = {
    [NODE_NONE] = emit_literal,    [NODE_NIL] = emit_literal,
    [NODE_BOOL] = emit_literal,    [NODE_INT] = emit_literal,
    [NODE_FLOAT] = emit_literal,   [NODE_STRING] = emit_literal,
    [NODE_INPUT] = emit_leaf,      [NODE_ENV] = emit_leaf,
    [NODE_VAR] = emit_leaf,        [NODE_POINTER] = emit_leaf,
    [NODE_TEE] = emit_tee,         [NODE_UNARY] = emit_unary,
    [NODE_BINARY] = emit_binary,   [NODE_CONDITIONAL] = emit_conditional,
    [NODE_LET] = emit_let,         [NODE_SEQUENCE] = emit_sequence,
    [NODE_ARRAY] = emit_list,      [NODE_MAP] = emit_list,
    [NODE_MEMBER] = emit_member,   [NODE_SLICE] = emit_slice,
    [NODE_CHAIN] = emit_chain,     [NODE_METHOD] = emit_method,
    [NODE_BUILTIN] = emit_builtin, [NODE_PREDICATE] = emit_through,
};

static void push(struct emitter *emitter, uint32_t node)
{
    if (emitter->frames_len == emitter->frames_cap) {
        emitter->frames_cap = emitter->frames_cap ? 2 * emitter->frames_cap : 32;
        emitter->frames = mem_realloc_array(emitter->frames, emitter->frames_cap, sizeof(*emitter->frames));
    }
    emitter->frames[emitter->frames_len++] = (struct emit_frame){.node = node};
}

void program_compile(struct program *program, struct ast *ast)
{
    struct emitter emitter = {.program = program, .ast = ast};
    program->variables = ast->slots;
    program->strings_len = ast->strings.len;
    program->strings = strbuf_take(&ast->strings);
    push(&emitter, ast->root);
    while (emitter.frames_len) {
        struct emit_frame *top = &emitter.frames[emitter.frames_len - 1];
        const struct node *node = &ast->nodes[top->node];
        uint32_t child = handlers[node->kind](&emitter, top, node);
        top->phase++;
        if (child)
            push(&emitter, child);
        else
            emitter.frames_len--;
    }
    mem_free(emitter.frames);
    mem_free(emitter.chains);
}

void program_done(struct program *program)
{
    mem_free(program->code);
    mem_free(program->places);
    mem_free(program->constants);
    mem_free(program->strings);
}

/* Builtins with a closure are loops: begin, [start], next: closure, take, step, end: finish. */
#include "scaler/formula/builtins.h"
#include "scaler/formula/compile_internal.h"

enum { PHASE_COLLECTION, PHASE_START, PHASE_CLOSURE, PHASE_END };

static void loop_begin(struct emitter *emitter, const struct node *node)
{
    bool last = node->op == BUILTIN_FIND_LAST || node->op == BUILTIN_FIND_LAST_INDEX;
    emit(emitter, node->place,
         (struct instruction){
             .code = CODE_LOOP_BEGIN,
             .flag = (uint8_t)((last ? LOOP_BACKWARDS : 0) | (node->optional ? LOOP_MUST_FIND : 0)),
             .count = node->op,
             .arg = node->a});
}

static void loop_next(struct emitter *emitter, struct emit_frame *frame, const struct node *node)
{
    frame->jump = emit(emitter, node->place, (struct instruction){.code = CODE_LOOP_NEXT});
}

static void loop_end(struct emitter *emitter, const struct emit_frame *frame, const struct node *node)
{
    uint32_t take =
        emit(emitter, node->place, (struct instruction){.code = CODE_LOOP_TAKE, .count = node->op});
    emit(emitter, node->place, (struct instruction){.code = CODE_LOOP_STEP, .arg = frame->jump});
    emit_target(emitter, take);
    emit_target(emitter, frame->jump);
    emit(emitter, node->place, (struct instruction){.code = CODE_LOOP_FINISH, .count = node->op});
}

uint32_t emit_loop(struct emitter *emitter, struct emit_frame *frame, const struct node *node)
{
    switch (frame->phase) {
    case PHASE_COLLECTION:
        return ast_link(emitter->ast, node, 0);
    case PHASE_START:
        loop_begin(emitter, node);
        if (node->list.len == 3)
            return ast_link(emitter->ast, node, 2);
        if (node->op == BUILTIN_REDUCE)
            emit(emitter, node->place, (struct instruction){.code = CODE_LOOP_FIRST});
        frame->phase = PHASE_CLOSURE;
        break;
    case PHASE_CLOSURE:
        emit(emitter, node->place, (struct instruction){.code = CODE_LOOP_INIT, .count = node->op});
        break;
    default:
        loop_end(emitter, frame, node);
        return 0;
    }
    loop_next(emitter, frame, node);
    if (node->list.len > 1)
        return ast_link(emitter->ast, node, 1);
    emit(emitter, node->place, (struct instruction){.code = CODE_LOOP_ELEMENT});
    loop_end(emitter, frame, node);
    return 0;
}

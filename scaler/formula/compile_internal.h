/* The compiler's state, shared by its files. */
#ifndef SCALER_FORMULA_COMPILE_INTERNAL_H
#define SCALER_FORMULA_COMPILE_INTERNAL_H

#include "scaler/formula/program.h"

#define NO_JUMP UINT32_MAX

/* A node under way: phase counts the children that are done. */
struct emit_frame {
    uint32_t node;
    uint32_t phase;
    uint32_t jump;
};

struct emitter {
    struct program *program;
    const struct ast *ast;
    struct emit_frame *frames;
    size_t frames_len, frames_cap;
    uint32_t *chains; /* the last jump of each open chain, or NO_JUMP */
    size_t chains_len, chains_cap;
};

typedef uint32_t (*emit_fn)(struct emitter *emitter, struct emit_frame *frame, const struct node *node);

uint32_t emit(struct emitter *emitter, uint32_t place, struct instruction instruction);
void emit_target(struct emitter *emitter, uint32_t jump); /* the next instruction */
uint32_t emit_loop(struct emitter *emitter, struct emit_frame *frame, const struct node *node);

#endif

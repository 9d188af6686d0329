/* Memory of an evaluation, kept for the next one. */
#ifndef SCALER_FORMULA_SCRATCH_H
#define SCALER_FORMULA_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

#include "scaler/base/strbuf.h"
#include "scaler/formula/formula.h"
#include "scaler/formula/value.h"

#define SCRATCH_BYTES_MAX ((size_t)64 << 20) /* of one evaluation */
#define SCRATCH_KEEP      ((size_t)1 << 20)  /* what is beyond goes back after it */
#define SCRATCH_STACK_MAX 1100000            /* values: an array under construction, and then some */

struct block {
    struct block *next;
    size_t cap, used;
    _Alignas(16) unsigned char bytes[];
};

/* A loop that runs. */
struct loop {
    struct value collection;
    struct value acc;
    uint32_t index;
    uint32_t count;
    uint32_t limit; /* hits that suffice; 0: all are counted */
    uint32_t base;  /* height of the stack below it */
    uint8_t flags;  /* LOOP_… */
};

struct formula_scratch {
    struct value *stack;
    uint32_t top, stack_cap;
    struct value *variables;
    uint32_t variables_cap;
    struct loop *loops;
    uint32_t loops_len, loops_cap;
    struct strbuf text; /* for string(…) */
    struct block *first, *current;
    size_t bytes;     /* in blocks */
    uint64_t growths; /* how often memory was asked for since it exists; for tests */
};

/* NULL: this evaluation has had its share. */
void *scratch_alloc(struct formula_scratch *scratch, size_t size);
bool scratch_grow_stack(struct formula_scratch *scratch); /* false: too high */
void scratch_grow_loops(struct formula_scratch *scratch);
void scratch_begin(struct formula_scratch *scratch, uint32_t variables);
void scratch_end(struct formula_scratch *scratch);

#endif

/* The scratch: stack, variables, loops and an arena of blocks that never move. */
#include "scaler/formula/scratch.h"

#include "scaler/base/mem.h"

#define BLOCK_MIN ((size_t)16 << 10)

struct formula_scratch *formula_scratch_new(void)
{
    struct formula_scratch *scratch = mem_zalloc(sizeof(*scratch));
    strbuf_init_max(&scratch->text, SCRATCH_BYTES_MAX / 2);
    return scratch;
}

static void free_blocks(struct formula_scratch *scratch)
{
    for (struct block *block = scratch->first, *next; block; block = next) {
        next = block->next;
        mem_free(block);
    }
    scratch->first = scratch->current = NULL;
    scratch->bytes = 0;
}

void formula_scratch_free(struct formula_scratch *scratch)
{
    if (!scratch)
        return;
    free_blocks(scratch);
    mem_free(scratch->stack);
    mem_free(scratch->variables);
    mem_free(scratch->loops);
    strbuf_done(&scratch->text);
    mem_free(scratch);
}

static struct block *add_block(struct formula_scratch *scratch, size_t size)
{
    size_t cap = scratch->bytes < BLOCK_MIN ? BLOCK_MIN : scratch->bytes;
    cap = cap > ((size_t)4 << 20) ? (size_t)4 << 20 : cap;
    cap = cap < size ? size : cap;
    if (cap > SCRATCH_BYTES_MAX - scratch->bytes)
        cap = size;
    if (cap > SCRATCH_BYTES_MAX - scratch->bytes)
        return NULL;
    struct block *block = mem_alloc(sizeof(*block) + cap);
    *block = (struct block){.cap = cap};
    scratch->bytes += cap;
    scratch->growths++;
    return block;
}

/* Blocks behind the current one are left from earlier evaluations. */
static struct block *next_block(struct formula_scratch *scratch, size_t size)
{
    struct block **link = scratch->current ? &scratch->current->next : &scratch->first;
    for (; *link; link = &(*link)->next) {
        (*link)->used = 0;
        scratch->current = *link;
        if ((*link)->cap >= size)
            return *link;
    }
    *link = add_block(scratch, size);
    if (*link)
        scratch->current = *link;
    return *link;
}

void *scratch_alloc(struct formula_scratch *scratch, size_t size)
{
    if (size > SCRATCH_BYTES_MAX)
        return NULL;
    size = (size + 15) & ~(size_t)15;
    struct block *block = scratch->current;
    if (!block || size > block->cap - block->used)
        block = next_block(scratch, size);
    if (!block)
        return NULL;
    void *bytes = block->bytes + block->used;
    block->used += size;
    return bytes;
}

bool scratch_grow_stack(struct formula_scratch *scratch)
{
    if (scratch->stack_cap >= SCRATCH_STACK_MAX)
        return false;
    uint32_t cap = scratch->stack_cap ? 2 * scratch->stack_cap : 64;
    scratch->stack_cap = cap < SCRATCH_STACK_MAX ? cap : SCRATCH_STACK_MAX;
    scratch->stack = mem_realloc_array(scratch->stack, scratch->stack_cap, sizeof(*scratch->stack));
    scratch->growths++;
    return true;
}

void scratch_grow_loops(struct formula_scratch *scratch)
{
    scratch->loops_cap = scratch->loops_cap ? 2 * scratch->loops_cap : 8;
    scratch->loops = mem_realloc_array(scratch->loops, scratch->loops_cap, sizeof(*scratch->loops));
    scratch->growths++;
}

void scratch_begin(struct formula_scratch *scratch, uint32_t variables)
{
    if (!scratch->stack_cap)
        scratch_grow_stack(scratch);
    scratch->top = 0;
    scratch->loops_len = 0;
    scratch->current = scratch->first;
    if (scratch->current)
        scratch->current->used = 0;
    if (variables > scratch->variables_cap) {
        scratch->variables_cap = variables;
        scratch->variables = mem_realloc_array(scratch->variables, variables, sizeof(*scratch->variables));
        scratch->growths++;
    }
    for (uint32_t i = 0; i < variables; i++)
        scratch->variables[i] = (struct value){.type = VALUE_NIL};
}

void scratch_end(struct formula_scratch *scratch)
{
    if (scratch->bytes > SCRATCH_KEEP)
        free_blocks(scratch);
    if (scratch->stack_cap * sizeof(*scratch->stack) > SCRATCH_KEEP) {
        mem_free(scratch->stack);
        scratch->stack = NULL;
        scratch->stack_cap = 0;
    }
    if (scratch->text.cap > SCRATCH_KEEP) {
        strbuf_done(&scratch->text);
        strbuf_init_max(&scratch->text, SCRATCH_BYTES_MAX / 2);
    }
}

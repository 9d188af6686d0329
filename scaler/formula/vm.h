/* The machine that runs a program. */
#ifndef SCALER_FORMULA_VM_H
#define SCALER_FORMULA_VM_H

#include "scaler/formula/builtins.h"
#include "scaler/formula/program.h"
#include "scaler/formula/scratch.h"

#define VM_ELEMENTS_MAX 1000000  /* of arrays and maps made in one evaluation, as upstream */
#define VM_WORK_MAX     20000000 /* instructions and elements looked at: about a tenth of a second */
#define VM_DEPTH_MAX    1000     /* arrays within arrays, where they are walked through */

struct vm {
    const struct program *program;
    struct formula_scratch *scratch;
    const struct formula_input *inputs;
    int64_t now_ms;
    uint32_t at; /* the instruction after the one that runs */
    uint64_t work;
    uint64_t elements;
    struct err *err;
};

/* Runs the program. false: err says why; *ret_place is the offset of the instruction in the text. */
bool vm_run(const struct program *program, struct formula_scratch *scratch,
            const struct formula_input *inputs, int64_t now_ms, struct value *ret, uint32_t *ret_place,
            struct err *err);

/* For the files of the machine. */
bool vm_fail(struct vm *vm, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool vm_work(struct vm *vm, uint64_t amount);     /* false: too much of it */
bool vm_charge(struct vm *vm, uint64_t elements); /* likewise */
void *vm_alloc(struct vm *vm, size_t count, size_t size);
struct value *vm_items(struct vm *vm, uint64_t count); /* charged and allocated; NULL: failed */

static inline bool vm_push(struct vm *vm, struct value value)
{
    struct formula_scratch *scratch = vm->scratch;
    if (scratch->top == scratch->stack_cap && !scratch_grow_stack(scratch))
        return vm_fail(vm, "the formula needs too much memory");
    scratch->stack[scratch->top++] = value;
    return true;
}

static inline struct value vm_pop(struct vm *vm)
{
    return vm->scratch->stack[--vm->scratch->top];
}

static inline struct value *vm_top(struct vm *vm)
{
    return &vm->scratch->stack[vm->scratch->top - 1];
}

/* value.c: what two values are to each other. Each false only with a failure. */
bool vm_equal(struct vm *vm, struct value a, struct value b, bool *ret);
bool vm_less(struct vm *vm, struct value a, struct value b, bool *ret);
bool vm_to_int(struct vm *vm, struct value value, int64_t *ret); /* of a number, as an index */
bool vm_map_get(struct vm *vm, struct value map, struct value key, struct value *ret, bool *ret_found);

/* vm_arith.c, vm_access.c, vm_loop.c: instructions. */
typedef bool (*vm_fn)(struct vm *vm, struct instruction instruction);
bool vm_arithmetic(struct vm *vm, struct instruction instruction);
bool vm_negate(struct vm *vm, struct instruction instruction);
bool vm_compare(struct vm *vm, struct instruction instruction);
bool vm_same(struct vm *vm, struct instruction instruction);
bool vm_range(struct vm *vm, struct instruction instruction);
bool vm_in(struct vm *vm, struct instruction instruction);
bool vm_text_test(struct vm *vm, struct instruction instruction);
bool vm_env(struct vm *vm, struct instruction instruction);
bool vm_array(struct vm *vm, struct instruction instruction);
bool vm_map(struct vm *vm, struct instruction instruction);
bool vm_fetch(struct vm *vm, struct instruction instruction);
bool vm_slice(struct vm *vm, struct instruction instruction);
bool vm_call(struct vm *vm, struct instruction instruction);
bool vm_method(struct vm *vm, struct instruction instruction);
bool vm_loop_begin(struct vm *vm, struct instruction instruction);
bool vm_loop_init(struct vm *vm, struct instruction instruction);
bool vm_loop_first(struct vm *vm, struct instruction instruction);
bool vm_loop_next(struct vm *vm, struct instruction instruction);
bool vm_loop_take(struct vm *vm, struct instruction instruction);
bool vm_loop_step(struct vm *vm, struct instruction instruction);
bool vm_loop_finish(struct vm *vm, struct instruction instruction);
bool vm_loop_pointer(struct vm *vm, struct instruction instruction);

/* do_*.c: the builtins. Arguments are borrowed; *ret is set on success. */
typedef bool (*do_fn)(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret);
extern const do_fn do_number[BUILTIN_COUNT_OF];
extern const do_fn do_array[BUILTIN_COUNT_OF];
extern const do_fn do_text[BUILTIN_COUNT_OF];
extern const do_fn do_time[BUILTIN_COUNT_OF];

/* Sorts in place by keys; stable. `keys` may be the items themselves. */
bool vm_sort(struct vm *vm, struct value *items, struct value *keys, uint32_t len, bool descending);
bool vm_order(struct vm *vm, struct value order, bool *ret_descending);

#endif

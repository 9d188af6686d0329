/* The machine: its loop, its simplest instructions, its limits. */
#include "scaler/formula/vm.h"

#include <stdarg.h>
#include <stdio.h>

bool vm_fail(struct vm *vm, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    err_fill(vm->err, ERR_INVALID, "%s", text);
    return false;
}

bool vm_work(struct vm *vm, uint64_t amount)
{
    vm->work += amount;
    return vm->work <= VM_WORK_MAX || vm_fail(vm, "the formula takes too long");
}

bool vm_charge(struct vm *vm, uint64_t elements)
{
    if (elements >= VM_ELEMENTS_MAX - vm->elements)
        return vm_fail(vm, "the formula makes arrays of more than %d elements", VM_ELEMENTS_MAX);
    vm->elements += elements;
    return vm_work(vm, elements);
}

void *vm_alloc(struct vm *vm, size_t count, size_t size)
{
    void *bytes = count <= SCRATCH_BYTES_MAX / size ? scratch_alloc(vm->scratch, count * size) : NULL;
    if (!bytes)
        vm_fail(vm, "the formula needs too much memory");
    return bytes;
}

struct value *vm_items(struct vm *vm, uint64_t count)
{
    return vm_charge(vm, count) ? vm_alloc(vm, count, sizeof(struct value)) : NULL;
}

static bool do_push(struct vm *vm, struct instruction instruction)
{
    return vm_push(vm, vm->program->constants[instruction.arg]);
}

static bool do_input(struct vm *vm, struct instruction instruction)
{
    const struct formula_input *input = &vm->inputs[instruction.arg];
    return vm_push(vm, input->present ? value_float(input->value) : (struct value){.type = VALUE_NIL});
}

static bool do_load(struct vm *vm, struct instruction instruction)
{
    return vm_push(vm, vm->scratch->variables[instruction.arg]);
}

static bool do_store(struct vm *vm, struct instruction instruction)
{
    vm->scratch->variables[instruction.arg] = vm_pop(vm);
    return true;
}

static bool do_tee(struct vm *vm, struct instruction instruction)
{
    vm->scratch->variables[instruction.arg] = *vm_top(vm);
    return true;
}

static bool do_pop(struct vm *vm, struct instruction instruction)
{
    (void)instruction;
    vm_pop(vm);
    return true;
}

static bool need_bool(struct vm *vm, struct value value)
{
    return value.type == VALUE_BOOL || vm_fail(vm, "a condition is needed, not %s", value_type_name(value));
}

static bool do_not(struct vm *vm, struct instruction instruction)
{
    struct value *top = vm_top(vm);
    (void)instruction;
    if (!need_bool(vm, *top))
        return false;
    top->b = !top->b;
    return true;
}

static bool do_jump(struct vm *vm, struct instruction instruction)
{
    vm->at = instruction.arg;
    return true;
}

static bool do_jump_bool(struct vm *vm, struct instruction instruction)
{
    struct value top = *vm_top(vm);
    if (!need_bool(vm, top))
        return false;
    if (top.b == (instruction.code == CODE_JUMP_TRUE))
        vm->at = instruction.arg;
    return true;
}

static bool do_jump_nil(struct vm *vm, struct instruction instruction)
{
    if ((vm_top(vm)->type == VALUE_NIL) == (instruction.code == CODE_JUMP_NIL))
        vm->at = instruction.arg;
    return true;
}

static const vm_fn handlers[CODE_COUNT_OF] = {
    [CODE_PUSH] = do_push,
    [CODE_INPUT] = do_input,
    [CODE_ENV] = vm_env,
    [CODE_LOAD] = do_load,
    [CODE_STORE] = do_store,
    [CODE_TEE] = do_tee,
    [CODE_POP] = do_pop,
    [CODE_NOT] = do_not,
    [CODE_NEGATE] = vm_negate,
    [CODE_EQUAL] = vm_same,
    [CODE_LESS] = vm_compare,
    [CODE_MORE] = vm_compare,
    [CODE_LESS_EQUAL] = vm_compare,
    [CODE_MORE_EQUAL] = vm_compare,
    [CODE_IN] = vm_in,
    [CODE_CONTAINS] = vm_text_test,
    [CODE_STARTS_WITH] = vm_text_test,
    [CODE_ENDS_WITH] = vm_text_test,
    [CODE_RANGE] = vm_range,
    [CODE_ADD] = vm_arithmetic,
    [CODE_SUBTRACT] = vm_arithmetic,
    [CODE_MULTIPLY] = vm_arithmetic,
    [CODE_DIVIDE] = vm_arithmetic,
    [CODE_MODULO] = vm_arithmetic,
    [CODE_POWER] = vm_arithmetic,
    [CODE_JUMP] = do_jump,
    [CODE_JUMP_FALSE] = do_jump_bool,
    [CODE_JUMP_TRUE] = do_jump_bool,
    [CODE_JUMP_NIL] = do_jump_nil,
    [CODE_JUMP_NOT_NIL] = do_jump_nil,
    [CODE_ARRAY] = vm_array,
    [CODE_MAP] = vm_map,
    [CODE_FETCH] = vm_fetch,
    [CODE_SLICE] = vm_slice,
    [CODE_CALL] = vm_call,
    [CODE_METHOD] = vm_method,
    [CODE_LOOP_BEGIN] = vm_loop_begin,
    [CODE_LOOP_INIT] = vm_loop_init,
    [CODE_LOOP_FIRST] = vm_loop_first,
    [CODE_LOOP_NEXT] = vm_loop_next,
    [CODE_LOOP_TAKE] = vm_loop_take,
    [CODE_LOOP_STEP] = vm_loop_step,
    [CODE_LOOP_FINISH] = vm_loop_finish,
    [CODE_LOOP_ELEMENT] = vm_loop_pointer,
    [CODE_LOOP_INDEX] = vm_loop_pointer,
    [CODE_LOOP_ACC] = vm_loop_pointer,
};

bool vm_run(const struct program *program, struct formula_scratch *scratch,
            const struct formula_input *inputs, int64_t now_ms, struct value *ret, uint32_t *ret_place,
            struct err *err)
{
    struct vm vm = {.program = program, .scratch = scratch, .inputs = inputs, .now_ms = now_ms, .err = err};
    bool ok = true;
    scratch_begin(scratch, program->variables);
    while (ok && vm.at < program->len) {
        struct instruction instruction = program->code[vm.at++];
        ok = vm_work(&vm, 1) && handlers[instruction.code](&vm, instruction);
    }
    if (ok)
        *ret = vm_pop(&vm);
    else
        *ret_place = program->places[vm.at - 1];
    return ok;
}

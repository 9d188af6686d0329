/* Making arrays and maps, and getting at what is in them. */
#include <string.h>

#include "scaler/formula/methods.h"
#include "scaler/formula/signature.h"
#include "scaler/formula/types.h"
#include "scaler/formula/vm.h"

bool vm_env(struct vm *vm, struct instruction instruction)
{
    const struct program *program = vm->program;
    struct value *items = vm_items(vm, 2 * program->names_len);
    (void)instruction;
    if (!items)
        return false;
    for (size_t i = 0; i < program->names_len; i++) {
        items[2 * i] = value_text(program->names[i], strlen(program->names[i]));
        items[2 * i + 1] =
            vm->inputs[i].present ? value_float(vm->inputs[i].value) : (struct value){.type = VALUE_NIL};
    }
    return vm_push(vm,
                   (struct value){.type = VALUE_MAP, .len = (uint32_t)program->names_len, .items = items});
}

/* The `count` topmost values, moved into the arena. */
static struct value *take_items(struct vm *vm, uint32_t count, uint64_t charge)
{
    struct value *items = vm_charge(vm, charge) ? vm_alloc(vm, count, sizeof(struct value)) : NULL;
    if (!items)
        return NULL;
    vm->scratch->top -= count;
    if (count)
        memcpy(items, vm->scratch->stack + vm->scratch->top, count * sizeof(*items));
    return items;
}

bool vm_array(struct vm *vm, struct instruction instruction)
{
    struct value *items = take_items(vm, instruction.arg, instruction.arg);
    return items && vm_push(vm, value_array(items, instruction.arg));
}

/* Of equal keys the first one stays, as upstream. */
bool vm_map(struct vm *vm, struct instruction instruction)
{
    struct value *items = take_items(vm, 2 * instruction.arg, instruction.arg);
    struct value map = {.type = VALUE_MAP, .items = items};
    for (uint32_t i = 0; items && i < instruction.arg; i++) {
        struct value ignored;
        bool found;
        if (items[2 * i].type != VALUE_STRING)
            return vm_fail(vm, "a map's key is a string, not %s", value_type_name(items[2 * i]));
        if (!vm_map_get(vm, map, items[2 * i], &ignored, &found))
            return false;
        if (found)
            continue;
        items[2 * map.len] = items[2 * i];
        items[2 * map.len + 1] = items[2 * i + 1];
        map.len++;
    }
    return items && vm_push(vm, map);
}

static bool fetch_element(struct vm *vm, struct value array, struct value index, struct value *ret)
{
    int64_t i;
    if (!vm_to_int(vm, index, &i))
        return false;
    int64_t from_front = i < 0 ? wrap_add(i, array.len) : i;
    if (from_front < 0 || from_front >= array.len)
        return vm_fail(vm, "index %lld is out of range: the array has %u element%s", (long long)i, array.len,
                       array.len == 1 ? "" : "s");
    *ret = value_at(array, (uint32_t)from_front);
    return true;
}

bool vm_fetch(struct vm *vm, struct instruction instruction)
{
    struct value key = vm_pop(vm), from = *vm_top(vm);
    bool found;
    (void)instruction;
    if (value_is_array(from))
        return fetch_element(vm, from, key, vm_top(vm));
    if (from.type != VALUE_MAP)
        return vm_fail(vm, "%s has no elements or fields", value_type_name(from));
    if (key.type == VALUE_NIL && !from.any_keys)
        key = value_text("", 0);
    if (key.type != VALUE_STRING && !from.any_keys)
        return vm_fail(vm, "a map's key is a string, not %s", value_type_name(key));
    *vm_top(vm) = (struct value){.type = VALUE_NIL};
    return vm_map_get(vm, from, key, vm_top(vm), &found);
}

static int64_t clamp_bound(int64_t bound, uint32_t len)
{
    if (bound < 0)
        bound = wrap_add(bound, len);
    return bound < 0 ? 0 : bound > len ? len : bound;
}

bool vm_slice(struct vm *vm, struct instruction instruction)
{
    int64_t from = 0, to = INT64_MAX;
    if ((instruction.flag & SLICE_TO) && !vm_to_int(vm, vm_pop(vm), &to))
        return false;
    if ((instruction.flag & SLICE_FROM) && !vm_to_int(vm, vm_pop(vm), &from))
        return false;
    struct value *top = vm_top(vm);
    if (!value_is_array(*top) && top->type != VALUE_STRING)
        return vm_fail(vm, "%s cannot be sliced", value_type_name(*top));
    to = clamp_bound(to, top->len);
    from = clamp_bound(from, top->len);
    from = from > to ? to : from;
    if (top->type == VALUE_RANGE)
        top->i = wrap_add(top->i, from);
    else if (top->type == VALUE_STRING)
        top->text += from;
    else
        top->items += from;
    top->len = (uint32_t)(to - from);
    return true;
}

static bool in_range(struct value range, struct value needle)
{
    if (!value_is_number(needle) || range.len == 0)
        return false;
    if (needle.type == VALUE_INT)
        return (uint64_t)needle.i - (uint64_t)range.i < range.len && needle.i >= range.i;
    int64_t whole = value_truncate(needle.f);
    return (double)whole == needle.f && whole >= range.i && (uint64_t)whole - (uint64_t)range.i < range.len;
}

static bool in_array(struct vm *vm, struct value array, struct value needle, bool *ret)
{
    *ret = false;
    for (uint32_t i = 0; i < array.len && !*ret; i++)
        if (!vm_equal(vm, array.items[i], needle, ret))
            return false;
    return true;
}

bool vm_in(struct vm *vm, struct instruction instruction)
{
    struct value where = vm_pop(vm), needle = *vm_top(vm), ignored;
    bool found = false;
    (void)instruction;
    if (where.type == VALUE_RANGE) {
        found = in_range(where, needle);
    } else if (where.type == VALUE_ARRAY) {
        if (!in_array(vm, where, needle, &found))
            return false;
    } else if (where.type == VALUE_MAP) {
        if (!where.any_keys && needle.type != VALUE_STRING && needle.type != VALUE_NIL)
            return vm_fail(vm, "a map's key is a string, not %s", value_type_name(needle));
        if (!vm_map_get(vm, where, needle, &ignored, &found))
            return false;
    } else if (where.type != VALUE_NIL) {
        return vm_fail(vm, "nothing can be in %s", value_type_name(where));
    }
    *vm_top(vm) = value_bool(found);
    return true;
}

static bool text_holds(enum code code, struct value text, struct value part)
{
    if (part.len > text.len)
        return false;
    if (part.len == 0)
        return true;
    if (code == CODE_STARTS_WITH)
        return memcmp(text.text, part.text, part.len) == 0;
    if (code == CODE_ENDS_WITH)
        return memcmp(text.text + text.len - part.len, part.text, part.len) == 0;
    return memmem(text.text, text.len, part.text, part.len) != NULL;
}

bool vm_text_test(struct vm *vm, struct instruction instruction)
{
    struct value part = vm_pop(vm), text = *vm_top(vm);
    bool nil = part.type == VALUE_NIL || text.type == VALUE_NIL;
    if (!nil && (part.type != VALUE_STRING || text.type != VALUE_STRING))
        return vm_fail(vm, "strings are needed, not %s and %s", value_type_name(text), value_type_name(part));
    *vm_top(vm) = value_bool(!nil && text_holds((enum code)instruction.code, text, part));
    return nil || vm_work(vm, text.len / 2);
}

bool vm_call(struct vm *vm, struct instruction instruction)
{
    static const do_fn *const tables[] = {do_number, do_array, do_text, do_time};
    const struct value *arguments = vm->scratch->stack + vm->scratch->top - instruction.count;
    struct value result;
    do_fn run = NULL;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && !run; i++)
        run = tables[i][instruction.arg];
    if (!run(vm, arguments, instruction.count, &result))
        return false;
    vm->scratch->top -= instruction.count;
    return vm_push(vm, result);
}

static uint32_t type_of(struct value value)
{
    static const uint32_t types[VALUE_TYPE_COUNT] = {
        [VALUE_NIL] = TYPE_NIL,         [VALUE_BOOL] = TYPE_BOOL,     [VALUE_INT] = TYPE_INT,
        [VALUE_FLOAT] = TYPE_FLOAT,     [VALUE_STRING] = TYPE_STRING, [VALUE_ARRAY] = TYPE_ARRAY,
        [VALUE_RANGE] = TYPE_ARRAY,     [VALUE_MAP] = TYPE_MAP,       [VALUE_DURATION] = TYPE_DURATION,
        [VALUE_WEEKDAY] = TYPE_WEEKDAY, [VALUE_MONTH] = TYPE_MONTH,   [VALUE_TIME] = TYPE_TIME,
        [VALUE_ZONE] = TYPE_ZONE,
    };
    return types[value.type];
}

/* What the checker could not know is looked at here: the method, how many arguments and their types. */
static bool method_fits(struct vm *vm, const struct method *method, const struct value *arguments,
                        uint32_t count)
{
    size_t min, max;
    signature_count(method->takes, &min, &max);
    if (count < min || count > max)
        return vm_fail(vm, "%s takes another number of arguments", method->name);
    for (uint32_t i = 0; i < count; i++) {
        char letter = signature_letter(method->takes, i);
        if (!signature_accepts(letter, type_of(arguments[i])))
            return vm_fail(vm, "%s needs %s, not %s", method->name, signature_words(letter),
                           value_type_name(arguments[i]));
    }
    return true;
}

bool vm_method(struct vm *vm, struct instruction instruction)
{
    struct value name = vm->program->constants[instruction.arg], result;
    const struct value *self = vm->scratch->stack + vm->scratch->top - instruction.count - 1;
    const struct method *method = method_find(type_of(*self), name.text, name.len);
    if (!method)
        return vm_fail(vm, "%s has no method %.*s", value_type_name(*self),
                       name.len > 80 ? 80 : (int)name.len, name.text);
    if (!method_fits(vm, method, self + 1, instruction.count) ||
        !method->run(vm, self, self + 1, instruction.count, &result))
        return false;
    vm->scratch->top -= instruction.count + 1u;
    return vm_push(vm, result);
}

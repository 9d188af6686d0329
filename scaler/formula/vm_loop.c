/* Loops: what each builtin with a closure does with what the closure gives. */
#include <string.h>

#include "scaler/formula/vm.h"
#include "scaler/formula/vm_arith.h"

static struct loop *innermost(struct vm *vm)
{
    return &vm->scratch->loops[vm->scratch->loops_len - 1];
}

static struct value element(const struct loop *loop)
{
    return value_at(loop->collection, loop->index);
}

bool vm_loop_begin(struct vm *vm, struct instruction instruction)
{
    struct formula_scratch *scratch = vm->scratch;
    struct value collection = vm_pop(vm);
    if (!value_is_array(collection))
        return vm_fail(vm, "%s walks through an array, not %s", builtin_rows[instruction.count].name,
                       value_type_name(collection));
    if (scratch->loops_len == scratch->loops_cap)
        scratch_grow_loops(scratch);
    struct loop *loop = &scratch->loops[scratch->loops_len++];
    *loop = (struct loop){
        .collection = collection, .base = scratch->top, .limit = instruction.arg, .flags = instruction.flag};
    if (instruction.flag & LOOP_BACKWARDS)
        loop->index = collection.len - 1; /* of an empty one: beyond the end */
    if (instruction.count == BUILTIN_SUM)
        loop->acc = value_int(0);
    else if (instruction.count == BUILTIN_ALL || instruction.count == BUILTIN_NONE_OF)
        loop->acc = value_bool(true);
    else if (instruction.count == BUILTIN_ANY)
        loop->acc = value_bool(false);
    return true;
}

bool vm_loop_init(struct vm *vm, struct instruction instruction)
{
    bool descending;
    innermost(vm)->acc = vm_pop(vm);
    if (instruction.count != BUILTIN_SORT_BY)
        return true;
    if (!vm_order(vm, innermost(vm)->acc, &descending))
        return false;
    innermost(vm)->acc = value_bool(descending);
    return true;
}

bool vm_loop_first(struct vm *vm, struct instruction instruction)
{
    struct loop *loop = innermost(vm);
    (void)instruction;
    if (loop->collection.len == 0)
        return vm_fail(vm, "reduce has no elements and no start value");
    loop->acc = element(loop);
    loop->index++;
    return true;
}

bool vm_loop_next(struct vm *vm, struct instruction instruction)
{
    const struct loop *loop = innermost(vm);
    if (loop->index >= loop->collection.len)
        vm->at = instruction.arg;
    return true;
}

bool vm_loop_step(struct vm *vm, struct instruction instruction)
{
    struct loop *loop = innermost(vm);
    loop->index += loop->flags & LOOP_BACKWARDS ? UINT32_MAX : 1;
    vm->at = instruction.arg;
    return true;
}

bool vm_loop_pointer(struct vm *vm, struct instruction instruction)
{
    const struct loop *loop = innermost(vm);
    if (instruction.code == CODE_LOOP_ELEMENT && loop->index >= loop->collection.len)
        return vm_fail(vm, "there is no element here"); /* # in reduce's start value, of an empty array */
    return vm_push(vm, instruction.code == CODE_LOOP_ELEMENT ? element(loop)
                       : instruction.code == CODE_LOOP_INDEX ? value_int(loop->index)
                                                             : loop->acc);
}

/* The closure's answer is a condition. *ret_stop: no more elements are needed. */
static bool take_condition(struct vm *vm, enum builtin id, bool hit, bool *ret_stop)
{
    struct loop *loop = innermost(vm);
    loop->count += hit;
    switch (id) {
    case BUILTIN_ALL:
    case BUILTIN_NONE_OF:
    case BUILTIN_ANY:
        *ret_stop = hit == (id != BUILTIN_ALL);
        if (*ret_stop)
            loop->acc = value_bool(id == BUILTIN_ANY);
        return true;
    case BUILTIN_FILTER:
        return !hit || vm_push(vm, element(loop));
    case BUILTIN_COUNT:
        *ret_stop = hit && loop->limit && loop->count >= loop->limit;
        return true;
    case BUILTIN_FIND:
    case BUILTIN_FIND_LAST:
    case BUILTIN_FIND_INDEX:
    case BUILTIN_FIND_LAST_INDEX:
        *ret_stop = hit;
        if (hit)
            loop->acc =
                id == BUILTIN_FIND || id == BUILTIN_FIND_LAST ? element(loop) : value_int(loop->index);
        return true;
    default: /* one */
        return true;
    }
}

static bool take(struct vm *vm, enum builtin id, struct value value, bool *ret_stop)
{
    struct loop *loop = innermost(vm);
    switch (id) {
    case BUILTIN_MAP:
    case BUILTIN_GROUP_BY:
    case BUILTIN_SORT_BY:
        return vm_push(vm, value);
    case BUILTIN_SUM:
        return vm_compute(vm, CODE_ADD, value, loop->acc, &loop->acc);
    case BUILTIN_REDUCE:
        loop->acc = value;
        return true;
    default:
        if (value.type != VALUE_BOOL)
            return vm_fail(vm, "%s needs a condition for each element, not %s", builtin_rows[id].name,
                           value_type_name(value));
        return take_condition(vm, id, value.b, ret_stop);
    }
}

bool vm_loop_take(struct vm *vm, struct instruction instruction)
{
    bool stop = false;
    if (!take(vm, (enum builtin)instruction.count, vm_pop(vm), &stop))
        return false;
    if (stop)
        vm->at = instruction.arg;
    return true;
}

/* What the loop pushed, as items of its own. */
static struct value *collected(struct vm *vm, const struct loop *loop, uint32_t *ret_len)
{
    uint32_t len = vm->scratch->top - loop->base;
    struct value *items = vm_items(vm, len);
    if (!items)
        return NULL;
    if (len)
        memcpy(items, vm->scratch->stack + loop->base, len * sizeof(*items));
    vm->scratch->top = loop->base;
    *ret_len = len;
    return items;
}

static bool finish_sort_by(struct vm *vm, const struct loop *loop, struct value *ret)
{
    uint32_t len;
    struct value *keys = collected(vm, loop, &len);
    struct value *items = keys ? vm_items(vm, len) : NULL;
    if (!items)
        return false;
    for (uint32_t i = 0; i < len; i++)
        items[i] = value_at(loop->collection, i);
    *ret = value_array(items, len);
    return vm_sort(vm, items, keys, len, loop->acc.type == VALUE_BOOL && loop->acc.b);
}

/* Groups in the order of their first elements: first how large each is, then what is in it. */
static bool count_groups(struct vm *vm, const struct value *keys, uint32_t len, struct value *groups,
                         uint32_t *group_of, uint32_t *ret_count)
{
    struct value map = {.type = VALUE_MAP, .items = groups, .any_keys = true};
    for (uint32_t i = 0; i < len; i++) {
        struct value slot;
        bool found;
        if (value_is_array(keys[i]) || keys[i].type == VALUE_MAP)
            return vm_fail(vm, "%s cannot be the key of a group", value_type_name(keys[i]));
        if (!vm_map_get(vm, map, keys[i], &slot, &found))
            return false;
        if (!found) {
            slot = value_int(map.len);
            groups[2 * map.len] = keys[i];
            groups[2 * map.len + 1] = slot;
            map.len++;
        }
        group_of[i] = (uint32_t)slot.i;
    }
    *ret_count = map.len;
    return true;
}

static bool fill_groups(struct vm *vm, const struct loop *loop, struct value *groups, uint32_t count,
                        const uint32_t *group_of, uint32_t len)
{
    uint32_t *sizes = vm_alloc(vm, count + 1u, sizeof(*sizes));
    struct value *items = sizes ? vm_items(vm, len) : NULL;
    if (!items)
        return false;
    memset(sizes, 0, (count + 1u) * sizeof(*sizes));
    for (uint32_t i = 0; i < len; i++)
        sizes[group_of[i]]++;
    for (uint32_t g = 0, start = 0; g < count; g++) {
        groups[2 * g + 1] = value_array(items + start, sizes[g]);
        start += sizes[g];
        sizes[g] = start - sizes[g];
    }
    for (uint32_t i = 0; i < len; i++)
        items[sizes[group_of[i]]++] = value_at(loop->collection, i);
    return true;
}

static bool finish_groups(struct vm *vm, const struct loop *loop, struct value *ret)
{
    uint32_t len, count = 0;
    struct value *keys = collected(vm, loop, &len);
    struct value *groups = keys ? vm_alloc(vm, 2 * (size_t)len, sizeof(*groups)) : NULL;
    uint32_t *group_of = groups ? vm_alloc(vm, len, sizeof(*group_of)) : NULL;
    if (!group_of || !count_groups(vm, keys, len, groups, group_of, &count) ||
        !fill_groups(vm, loop, groups, count, group_of, len))
        return false;
    *ret = (struct value){.type = VALUE_MAP, .any_keys = true, .len = count, .items = groups};
    return true;
}

static bool finish(struct vm *vm, const struct loop *loop, enum builtin id, struct value *ret)
{
    uint32_t len;
    struct value *items;
    switch (id) {
    case BUILTIN_FILTER:
    case BUILTIN_MAP:
        items = collected(vm, loop, &len);
        if (items)
            *ret = value_array(items, len);
        return items != NULL;
    case BUILTIN_COUNT:
        *ret = value_int(loop->count);
        return true;
    case BUILTIN_ONE:
        *ret = value_bool(loop->count == 1);
        return true;
    case BUILTIN_GROUP_BY:
        return finish_groups(vm, loop, ret);
    case BUILTIN_SORT_BY:
        return finish_sort_by(vm, loop, ret);
    default:
        *ret = loop->acc;
        return !(loop->flags & LOOP_MUST_FIND) || loop->count > 0 ||
               vm_fail(vm, "the index is out of range: filter leaves nothing");
    }
}

bool vm_loop_finish(struct vm *vm, struct instruction instruction)
{
    struct value result;
    if (!finish(vm, innermost(vm), (enum builtin)instruction.count, &result))
        return false;
    vm->scratch->loops_len--;
    return vm_push(vm, result);
}

/* Builtins on arrays and maps. */
#include <string.h>

#include "scaler/formula/vm.h"

static bool need_array(struct vm *vm, enum builtin id, struct value value)
{
    return value_is_array(value) ||
           vm_fail(vm, "%s needs an array, not %s", builtin_rows[id].name, value_type_name(value));
}

static bool need_map(struct vm *vm, enum builtin id, struct value value)
{
    return value.type == VALUE_MAP ||
           vm_fail(vm, "%s needs a map, not %s", builtin_rows[id].name, value_type_name(value));
}

static uint32_t characters(struct value text)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.text[i] & 0xc0) != 0x80;
    return count;
}

static bool do_len(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct value value = arguments[0];
    (void)count;
    if (value.type == VALUE_STRING)
        *ret = value_int(characters(value));
    else if (value_is_array(value) || value.type == VALUE_MAP)
        *ret = value_int(value.len);
    else
        return vm_fail(vm, "%s has no length", value_type_name(value));
    return vm_work(vm, value.type == VALUE_STRING ? value.len / 4 : 0);
}

/* Outside of the array, and of what is none: nil. */
static struct value element_or_nil(struct value array, int64_t index)
{
    index = index < 0 ? wrap_add(index, array.len) : index;
    if (!value_is_array(array) || index < 0 || index >= array.len)
        return (struct value){.type = VALUE_NIL};
    return value_at(array, (uint32_t)index);
}

static bool do_first(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    (void)vm;
    (void)count;
    *ret = element_or_nil(arguments[0], 0);
    return true;
}

static bool do_last(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    (void)vm;
    (void)count;
    *ret = element_or_nil(arguments[0], -1);
    return true;
}

static bool do_get(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct value from = arguments[0];
    bool found;
    int64_t index;
    (void)count;
    *ret = (struct value){.type = VALUE_NIL};
    if (from.type == VALUE_MAP)
        return vm_map_get(vm, from, arguments[1], ret, &found);
    if (value_is_array(from)) {
        if (!vm_to_int(vm, arguments[1], &index))
            return false;
        *ret = element_or_nil(from, index);
    }
    return true;
}

static bool do_take(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    (void)count;
    if (!need_array(vm, BUILTIN_TAKE, arguments[0]))
        return false;
    if (arguments[1].type != VALUE_INT || arguments[1].i < 0)
        return vm_fail(vm, "take needs to know how many");
    *ret = arguments[0];
    if (arguments[1].i < ret->len)
        ret->len = (uint32_t)arguments[1].i;
    return true;
}

/* The map's keys (which 0) or values (1). */
static bool column(struct vm *vm, enum builtin id, struct value map, uint32_t which, struct value *ret)
{
    struct value *items = need_map(vm, id, map) ? vm_items(vm, map.len) : NULL;
    if (!items)
        return false;
    for (uint32_t i = 0; i < map.len; i++)
        items[i] = map.items[2 * i + which];
    *ret = value_array(items, map.len);
    return true;
}

static bool do_keys(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    (void)count;
    return column(vm, BUILTIN_KEYS, arguments[0], 0, ret);
}

static bool do_values(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    (void)count;
    return column(vm, BUILTIN_VALUES, arguments[0], 1, ret);
}

static bool do_to_pairs(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct value map = arguments[0];
    struct value *items = need_map(vm, BUILTIN_TO_PAIRS, map) ? vm_items(vm, map.len) : NULL;
    (void)count;
    if (!items)
        return false;
    for (uint32_t i = 0; i < map.len; i++)
        items[i] = value_array(map.items + 2 * i, 2);
    *ret = value_array(items, map.len);
    return true;
}

/* Of equal keys the last one counts, in the place of the first. */
static bool set_pair(struct vm *vm, struct value *map, struct value *items, struct value pair)
{
    struct value key = value_at(pair, 0);
    if (value_is_array(key) || key.type == VALUE_MAP)
        return vm_fail(vm, "%s cannot be a map's key", value_type_name(key));
    uint32_t at = 0;
    for (bool same = false; at < map->len; at++) {
        if (!vm_equal(vm, items[2 * at], key, &same))
            return false;
        if (same && items[2 * at].type == key.type)
            break;
    }
    items[2 * at] = key;
    items[2 * at + 1] = value_at(pair, 1);
    map->len += at == map->len;
    return true;
}

static bool do_from_pairs(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct value pairs = arguments[0];
    struct value *items =
        need_array(vm, BUILTIN_FROM_PAIRS, pairs) ? vm_items(vm, 2 * (uint64_t)pairs.len) : NULL;
    struct value map = {.type = VALUE_MAP, .any_keys = true, .items = items};
    (void)count;
    for (uint32_t i = 0; items && i < pairs.len; i++) {
        struct value pair = value_at(pairs, i);
        if (!value_is_array(pair) || pair.len != 2)
            return vm_fail(vm, "fromPairs needs arrays of a key and a value each");
        if (!set_pair(vm, &map, items, pair))
            return false;
    }
    *ret = map;
    return items != NULL;
}

static bool do_reverse(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct value array = arguments[0];
    struct value *items = need_array(vm, BUILTIN_REVERSE, array) ? vm_items(vm, array.len) : NULL;
    (void)count;
    for (uint32_t i = 0; items && i < array.len; i++)
        items[i] = value_at(array, array.len - 1 - i);
    *ret = value_array(items, array.len);
    return items != NULL;
}

static bool is_among(struct vm *vm, const struct value *items, uint32_t len, struct value value, bool *ret)
{
    *ret = false;
    for (uint32_t i = 0; i < len && !*ret; i++)
        if (!vm_equal(vm, value, items[i], ret))
            return false;
    return true;
}

static bool do_uniq(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct value array = arguments[0];
    struct value *items = need_array(vm, BUILTIN_UNIQ, array) ? vm_items(vm, array.len) : NULL;
    uint32_t len = 0;
    (void)count;
    for (uint32_t i = 0; items && i < array.len; i++) {
        bool known;
        if (!is_among(vm, items, len, value_at(array, i), &known))
            return false;
        if (!known)
            items[len++] = value_at(array, i);
    }
    *ret = value_array(items, len);
    return items != NULL;
}

static bool do_concat(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    uint64_t len = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!need_array(vm, BUILTIN_CONCAT, arguments[i]))
            return false;
        len += arguments[i].len;
    }
    struct value *items = vm_items(vm, len), *out = items;
    for (uint32_t i = 0; items && i < count; i++)
        for (uint32_t j = 0; j < arguments[i].len; j++)
            *out++ = value_at(arguments[i], j);
    *ret = value_array(items, (size_t)len);
    return items != NULL;
}

/* Counts what a flat array has, or writes it to *out. */
static bool flatten(struct vm *vm, struct value array, int depth, struct value **out, uint64_t *count)
{
    if (depth >= VM_DEPTH_MAX)
        return vm_fail(vm, "arrays lie more than %d deep in one another", VM_DEPTH_MAX);
    for (uint32_t i = 0; i < array.len; i++) {
        struct value value = value_at(array, i);
        if (!vm_work(vm, 1))
            return false;
        if (value_is_array(value)) {
            if (!flatten(vm, value, depth + 1, out, count))
                return false;
            continue;
        }
        if (out)
            *(*out)++ = value;
        else
            ++*count;
    }
    return true;
}

static bool do_flatten(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    uint64_t len = 0;
    (void)count;
    if (!need_array(vm, BUILTIN_FLATTEN, arguments[0]) || !flatten(vm, arguments[0], 0, NULL, &len))
        return false;
    struct value *items = vm_items(vm, len), *out = items;
    *ret = value_array(items, (size_t)len);
    return items && flatten(vm, arguments[0], 0, &out, &len);
}

bool vm_order(struct vm *vm, struct value order, bool *ret_descending)
{
    bool ascending = order.type == VALUE_STRING && order.len == 3 && memcmp(order.text, "asc", 3) == 0;
    *ret_descending = order.type == VALUE_STRING && order.len == 4 && memcmp(order.text, "desc", 4) == 0;
    return ascending || *ret_descending || vm_fail(vm, "the order is \"asc\" or \"desc\"");
}

struct run {
    struct value *items, *keys;
};

/* Merges [from, middle) and [middle, to) into `out`; the left one goes first where they are equal. */
static bool merge(struct vm *vm, struct run in, struct run out, uint32_t from, uint32_t middle, uint32_t to,
                  bool descending)
{
    uint32_t left = from, right = middle;
    for (uint32_t at = from; at < to; at++) {
        bool take_right = left == middle;
        if (left < middle && right < to) {
            struct value a = in.keys[right], b = in.keys[left];
            if (!vm_work(vm, 1) || !vm_less(vm, descending ? b : a, descending ? a : b, &take_right))
                return false;
        }
        uint32_t source = take_right ? right++ : left++;
        out.items[at] = in.items[source];
        out.keys[at] = in.keys[source];
    }
    return true;
}

bool vm_sort(struct vm *vm, struct value *items, struct value *keys, uint32_t len, bool descending)
{
    struct value *room = vm_alloc(vm, 2 * (size_t)len + 1, sizeof(*room));
    struct run from = {items, keys}, to = {room, room ? room + len : NULL};
    if (!room)
        return false;
    for (uint64_t width = 1; width < len; width *= 2) {
        for (uint64_t start = 0; start < len; start += 2 * width) {
            uint64_t middle = start + width < len ? start + width : len;
            uint64_t end = start + 2 * width < len ? start + 2 * width : len;
            if (!merge(vm, from, to, (uint32_t)start, (uint32_t)middle, (uint32_t)end, descending))
                return false;
        }
        struct run swap = from;
        from = to;
        to = swap;
    }
    if (from.items != items)
        memcpy(items, from.items, len * sizeof(*items));
    return true;
}

static bool do_sort(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct value array = arguments[0];
    bool descending = false;
    if (!need_array(vm, BUILTIN_SORT, array) || (count == 2 && !vm_order(vm, arguments[1], &descending)))
        return false;
    struct value *items = vm_items(vm, array.len);
    struct value *keys = items ? vm_alloc(vm, array.len, sizeof(*keys)) : NULL;
    if (!keys)
        return false;
    for (uint32_t i = 0; i < array.len; i++)
        items[i] = keys[i] = value_at(array, i);
    *ret = value_array(items, array.len);
    return vm_sort(vm, items, keys, array.len, descending);
}

const do_fn do_array[BUILTIN_COUNT_OF] = {
    [BUILTIN_LEN] = do_len,         [BUILTIN_FIRST] = do_first,       [BUILTIN_LAST] = do_last,
    [BUILTIN_GET] = do_get,         [BUILTIN_TAKE] = do_take,         [BUILTIN_KEYS] = do_keys,
    [BUILTIN_VALUES] = do_values,   [BUILTIN_TO_PAIRS] = do_to_pairs, [BUILTIN_FROM_PAIRS] = do_from_pairs,
    [BUILTIN_REVERSE] = do_reverse, [BUILTIN_UNIQ] = do_uniq,         [BUILTIN_CONCAT] = do_concat,
    [BUILTIN_FLATTEN] = do_flatten, [BUILTIN_SORT] = do_sort,
};

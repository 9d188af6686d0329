/* Builtins on numbers: rounding, conversion, extremes and averages, bits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/formula/vm.h"

static bool need_number(struct vm *vm, const char *name, struct value value)
{
    return value_is_number(value) || vm_fail(vm, "%s needs a number, not %s", name, value_type_name(value));
}

static bool do_abs(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct value value = arguments[0];
    (void)count;
    if (!need_number(vm, "abs", value))
        return false;
    *ret = value;
    if (value.type == VALUE_INT && value.i < 0)
        ret->i = wrap_sub(0, value.i);
    else if (value.type == VALUE_FLOAT && value.f < 0)
        ret->f = -value.f;
    return true;
}

static bool round_with(struct vm *vm, const char *name, double (*to)(double), struct value value,
                       struct value *ret)
{
    if (!need_number(vm, name, value))
        return false;
    *ret = value_float(value.type == VALUE_INT ? (double)value.i : to(value.f));
    return true;
}

static bool do_ceil(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    (void)count;
    return round_with(vm, "ceil", ceil, arguments[0], ret);
}

static bool do_floor(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    (void)count;
    return round_with(vm, "floor", floor, arguments[0], ret);
}

static bool do_round(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    (void)count;
    return round_with(vm, "round", round, arguments[0], ret);
}

/* A string as C text; longer ones are no numbers. */
static bool as_text(struct value value, char *buf, size_t size)
{
    if (value.len >= size || (value.len && memchr(value.text, '\0', value.len)))
        return false;
    if (value.len)
        memcpy(buf, value.text, value.len);
    buf[value.len] = '\0';
    return true;
}

static bool do_int(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct value value = arguments[0];
    char text[400];
    int64_t parsed;
    (void)count;
    if (value_is_number(value)) {
        *ret = value_int(value.type == VALUE_INT ? value.i : value_truncate(value.f));
    } else if (value.type == VALUE_DURATION || value.type == VALUE_WEEKDAY || value.type == VALUE_MONTH) {
        *ret = value_int(value.i);
    } else if (value.type == VALUE_STRING) {
        if (!as_text(value, text, sizeof(text)) || number_parse_go_int(text, &parsed, NULL) < 0)
            return vm_fail(vm, "int: \"%.*s\" is no int", value.len > 80 ? 80 : (int)value.len, value.text);
        *ret = value_int(parsed);
    } else {
        return vm_fail(vm, "int does not work with %s", value_type_name(value));
    }
    return true;
}

static bool do_float(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct value value = arguments[0];
    char text[2000];
    double parsed;
    (void)count;
    if (value_is_number(value)) {
        *ret = value_float(value_double(value));
    } else if (value.type == VALUE_STRING) {
        if (!as_text(value, text, sizeof(text)) || number_parse_go_float(text, &parsed, NULL) < 0)
            return vm_fail(vm, "\"%.*s\" is no number", value.len > 80 ? 80 : (int)value.len, value.text);
        *ret = value_float(parsed);
    } else {
        return vm_fail(vm, "a number is needed, not %s", value_type_name(value));
    }
    return true;
}

/* The numbers in arrays. An array within an array is reduced on its own and then joined: it shows where there
 * is NaN, and in the last bit of sums. Without join all are taken in one go. */
struct numbers {
    const char *name;
    bool (*each)(struct vm *vm, struct numbers *numbers, struct value number);
    bool (*join)(struct vm *vm, struct numbers *numbers, const struct numbers *inner);
    struct value best; /* nil: none yet */
    double total;
    uint32_t count;
    double *all;
};

static bool walk(struct vm *vm, struct numbers *numbers, struct value value, int depth);

static bool walk_inner(struct vm *vm, struct numbers *numbers, struct value array, int depth)
{
    struct numbers inner = {.name = numbers->name, .each = numbers->each, .join = numbers->join};
    if (!numbers->join)
        return walk(vm, numbers, array, depth);
    return walk(vm, &inner, array, depth) && numbers->join(vm, numbers, &inner);
}

/* A number, or the elements of an array. */
static bool walk(struct vm *vm, struct numbers *numbers, struct value value, int depth)
{
    bool ok = vm_work(vm, 1);
    if (depth >= VM_DEPTH_MAX)
        return vm_fail(vm, "arrays lie more than %d deep in one another", VM_DEPTH_MAX);
    if (value_is_number(value))
        return ok && numbers->each(vm, numbers, value);
    if (!value_is_array(value))
        return vm_fail(vm, "%s needs numbers, not %s", numbers->name, value_type_name(value));
    for (uint32_t i = 0; i < value.len && ok; i++) {
        struct value element = value_at(value, i);
        ok = value_is_array(element) ? walk_inner(vm, numbers, element, depth + 1)
                                     : walk(vm, numbers, element, depth + 1);
    }
    return ok;
}

static bool walk_all(struct vm *vm, struct numbers *numbers, const struct value *arguments, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!walk(vm, numbers, arguments[i], 0))
            return false;
    return true;
}

static bool take_max(struct vm *vm, struct numbers *numbers, struct value number)
{
    bool better = true;
    if (numbers->best.type != VALUE_NIL && !vm_less(vm, numbers->best, number, &better))
        return false;
    if (better)
        numbers->best = number;
    return true;
}

static bool take_min(struct vm *vm, struct numbers *numbers, struct value number)
{
    bool better = true;
    if (numbers->best.type != VALUE_NIL && !vm_less(vm, number, numbers->best, &better))
        return false;
    if (better)
        numbers->best = number;
    return true;
}

static bool join_best(struct vm *vm, struct numbers *numbers, const struct numbers *inner)
{
    return inner->best.type == VALUE_NIL || numbers->each(vm, numbers, inner->best);
}

/* Of nothing it is nil. */
static bool extreme(struct vm *vm, struct numbers *numbers, const struct value *arguments, uint32_t count,
                    struct value *ret)
{
    if (count == 1 && !value_is_array(arguments[0]))
        numbers->best = arguments[0];
    else if (!walk_all(vm, numbers, arguments, count))
        return false;
    *ret = numbers->best;
    return true;
}

static bool do_max(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct numbers numbers = {.name = "max", .each = take_max, .join = join_best};
    return extreme(vm, &numbers, arguments, count, ret);
}

static bool do_min(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct numbers numbers = {.name = "min", .each = take_min, .join = join_best};
    return extreme(vm, &numbers, arguments, count, ret);
}

static bool take_total(struct vm *vm, struct numbers *numbers, struct value number)
{
    (void)vm;
    numbers->total += value_double(number);
    numbers->count++;
    return true;
}

static bool join_total(struct vm *vm, struct numbers *numbers, const struct numbers *inner)
{
    (void)vm;
    numbers->total += inner->total;
    numbers->count += inner->count;
    return true;
}

static bool do_mean(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct numbers numbers = {.name = "mean", .each = take_total, .join = join_total};
    if (!walk_all(vm, &numbers, arguments, count))
        return false;
    *ret = value_float(numbers.count ? numbers.total / numbers.count : 0);
    return true;
}

static bool take_listed(struct vm *vm, struct numbers *numbers, struct value number)
{
    (void)vm;
    numbers->all[numbers->count++] = value_double(number);
    return true;
}

/* NaN comes first, as upstream sorts. */
static int order_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return isnan(a) || isnan(b) ? isnan(b) - isnan(a) : (a > b) - (a < b);
}

static bool do_median(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct numbers numbers = {.name = "median", .each = take_total};
    if (!walk_all(vm, &numbers, arguments, count) || !vm_charge(vm, numbers.count))
        return false;
    uint32_t len = numbers.count;
    numbers = (struct numbers){.name = "median", .each = take_listed};
    numbers.all = vm_alloc(vm, len + 1u, sizeof(double));
    if (!numbers.all || !walk_all(vm, &numbers, arguments, count))
        return false;
    qsort(numbers.all, len, sizeof(double), order_doubles);
    double middle = len == 0  ? 0
                    : len % 2 ? numbers.all[len / 2]
                              : (numbers.all[len / 2 - 1] + numbers.all[len / 2]) / 2;
    *ret = value_float(middle);
    return true;
}

static bool two_ints(struct vm *vm, const struct value *arguments, int64_t *ret_a, int64_t *ret_b)
{
    if (arguments[0].type != VALUE_INT || arguments[1].type != VALUE_INT)
        return vm_fail(vm, "bits are known of ints only, not of %s and %s", value_type_name(arguments[0]),
                       value_type_name(arguments[1]));
    *ret_a = arguments[0].i;
    *ret_b = arguments[1].i;
    return true;
}

#define BIT_BUILTIN(name, expression)                                                                        \
    static bool do_##name(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)   \
    {                                                                                                        \
        int64_t a = 0, b = 0;                                                                                \
        (void)count;                                                                                         \
        if (!two_ints(vm, arguments, &a, &b))                                                                \
            return false;                                                                                    \
        *ret = value_int(expression);                                                                        \
        return true;                                                                                         \
    }

BIT_BUILTIN(bitand, a &b)
BIT_BUILTIN(bitor, a | b)
BIT_BUILTIN(bitxor, a ^ b)
BIT_BUILTIN(bitnand, a & ~b)

static bool shift(struct vm *vm, const struct value *arguments, int64_t *ret_a, int64_t *ret_by)
{
    if (!two_ints(vm, arguments, ret_a, ret_by))
        return false;
    return *ret_by >= 0 || vm_fail(vm, "a shift by %lld is not possible", (long long)*ret_by);
}

static bool do_bitshl(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    int64_t a = 0, by = 0;
    (void)count;
    if (!shift(vm, arguments, &a, &by))
        return false;
    *ret = value_int(by > 63 ? 0 : (int64_t)((uint64_t)a << by));
    return true;
}

static bool do_bitshr(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    int64_t a = 0, by = 0;
    (void)count;
    if (!shift(vm, arguments, &a, &by))
        return false;
    *ret = value_int(a >> (by > 63 ? 63 : by));
    return true;
}

static bool do_bitushr(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    int64_t a = 0, by = 0;
    (void)count;
    if (!shift(vm, arguments, &a, &by))
        return false;
    *ret = value_int(by > 63 ? 0 : (int64_t)((uint64_t)a >> by));
    return true;
}

static bool do_bitnot(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    (void)count;
    if (arguments[0].type != VALUE_INT)
        return vm_fail(vm, "bits are known of ints only, not of %s", value_type_name(arguments[0]));
    *ret = value_int(~arguments[0].i);
    return true;
}

const do_fn do_number[BUILTIN_COUNT_OF] = {
    [BUILTIN_ABS] = do_abs,       [BUILTIN_CEIL] = do_ceil,       [BUILTIN_FLOOR] = do_floor,
    [BUILTIN_ROUND] = do_round,   [BUILTIN_INT] = do_int,         [BUILTIN_FLOAT] = do_float,
    [BUILTIN_MAX] = do_max,       [BUILTIN_MIN] = do_min,         [BUILTIN_MEAN] = do_mean,
    [BUILTIN_MEDIAN] = do_median, [BUILTIN_BITAND] = do_bitand,   [BUILTIN_BITOR] = do_bitor,
    [BUILTIN_BITXOR] = do_bitxor, [BUILTIN_BITNAND] = do_bitnand, [BUILTIN_BITSHL] = do_bitshl,
    [BUILTIN_BITSHR] = do_bitshr, [BUILTIN_BITUSHR] = do_bitushr, [BUILTIN_BITNOT] = do_bitnot,
};

/* Arithmetic and comparisons. Ints wrap around at 64 bits; a float on either side makes a float. */
#include <math.h>
#include <string.h>

#include "scaler/formula/vm.h"
#include "scaler/formula/vm_arith.h"

#define NS_PER_S 1000000000

static const char *const signs[CODE_COUNT_OF] = {
    [CODE_ADD] = "+",    [CODE_SUBTRACT] = "-", [CODE_MULTIPLY] = "*",
    [CODE_DIVIDE] = "/", [CODE_MODULO] = "%",   [CODE_POWER] = "**",
};

static bool no_way(struct vm *vm, enum code code, struct value a, struct value b)
{
    return vm_fail(vm, "%s %s %s is not possible", value_type_name(a), signs[code], value_type_name(b));
}

static bool on_ints(struct vm *vm, enum code code, int64_t a, int64_t b, struct value *ret)
{
    switch (code) {
    case CODE_ADD:
        *ret = value_int(wrap_add(a, b));
        return true;
    case CODE_SUBTRACT:
        *ret = value_int(wrap_sub(a, b));
        return true;
    case CODE_MULTIPLY:
        *ret = value_int(wrap_mul(a, b));
        return true;
    case CODE_DIVIDE:
        *ret = value_float((double)a / (double)b);
        return true;
    case CODE_MODULO:
        if (b == 0)
            return vm_fail(vm, "division by zero");
        *ret = value_int(b == -1 ? 0 : a % b);
        return true;
    default:
        *ret = value_float(value_pow((double)a, (double)b));
        return true;
    }
}

static bool on_floats(enum code code, double a, double b, struct value *ret)
{
    double result = code == CODE_ADD        ? a + b
                    : code == CODE_SUBTRACT ? a - b
                    : code == CODE_MULTIPLY ? a * b
                    : code == CODE_DIVIDE   ? a / b
                                            : value_pow(a, b);
    *ret = value_float(result);
    return code != CODE_MODULO;
}

static bool concat(struct vm *vm, struct value a, struct value b, struct value *ret)
{
    uint64_t len = (uint64_t)a.len + b.len;
    if (!vm_work(vm, len / 16))
        return false;
    char *text = vm_alloc(vm, (size_t)len + 1, 1);
    if (!text)
        return false;
    if (a.len)
        memcpy(text, a.text, a.len);
    if (b.len)
        memcpy(text + a.len, b.text, b.len);
    *ret = value_text(text, (size_t)len);
    return true;
}

bool vm_time_add(struct vm *vm, struct value time, int64_t ns, struct value *ret)
{
    struct when *when = vm_alloc(vm, 1, sizeof(*when));
    if (!when)
        return false;
    *when = *time.when;
    int64_t sum = when->ns + ns % NS_PER_S, carry = 0;
    if (sum < 0 || sum >= NS_PER_S)
        carry = sum < 0 ? -1 : 1;
    when->ns = (int32_t)(sum - carry * NS_PER_S);
    when->unix_s = wrap_add(when->unix_s, ns / NS_PER_S + carry);
    *ret = (struct value){.type = VALUE_TIME, .when = when};
    return true;
}

/* Saturates, as upstream. */
int64_t vm_time_between(const struct when *a, const struct when *b)
{
    int64_t seconds, ns;
    if (__builtin_sub_overflow(a->unix_s, b->unix_s, &seconds) ||
        __builtin_mul_overflow(seconds, (int64_t)NS_PER_S, &ns) ||
        __builtin_add_overflow(ns, (int64_t)a->ns - b->ns, &ns))
        return a->unix_s > b->unix_s ? INT64_MAX : INT64_MIN;
    return ns;
}

static struct value duration(int64_t ns)
{
    return (struct value){.type = VALUE_DURATION, .i = ns};
}

static bool with_time(struct vm *vm, enum code code, struct value a, struct value b, struct value *ret)
{
    bool plus = code == CODE_ADD, minus = code == CODE_SUBTRACT;
    if (minus && a.type == VALUE_TIME && b.type == VALUE_TIME)
        *ret = duration(vm_time_between(a.when, b.when));
    else if ((plus || minus) && a.type == VALUE_TIME && b.type == VALUE_DURATION)
        return vm_time_add(vm, a, plus ? b.i : wrap_sub(0, b.i), ret);
    else if (plus && a.type == VALUE_DURATION && b.type == VALUE_TIME)
        return vm_time_add(vm, b, a.i, ret);
    else
        return no_way(vm, code, a, b);
    return true;
}

/* A float times a duration is a float upstream; a duration times a float drops its fraction. */
static bool with_duration(struct vm *vm, enum code code, struct value a, struct value b, struct value *ret)
{
    bool a_long = a.type == VALUE_DURATION, b_long = b.type == VALUE_DURATION;
    if (a_long && b_long && code == CODE_ADD)
        *ret = duration(wrap_add(a.i, b.i));
    else if (a_long && b_long && code == CODE_SUBTRACT)
        *ret = duration(wrap_sub(a.i, b.i));
    else if (code != CODE_MULTIPLY || !(a_long || value_is_number(a)) || !(b_long || value_is_number(b)))
        return with_time(vm, code, a, b, ret);
    else if (a.type == VALUE_FLOAT)
        *ret = value_float(a.f * (double)b.i);
    else if (b.type == VALUE_FLOAT)
        *ret = duration(wrap_mul(a.i, value_truncate(b.f)));
    else
        *ret = duration(wrap_mul(a.i, b.i));
    return true;
}

bool vm_compute(struct vm *vm, enum code code, struct value a, struct value b, struct value *ret)
{
    if (a.type == VALUE_INT && b.type == VALUE_INT)
        return on_ints(vm, code, a.i, b.i, ret);
    if (value_is_number(a) && value_is_number(b))
        return on_floats(code, value_double(a), value_double(b), ret) || no_way(vm, code, a, b);
    if (code == CODE_ADD && a.type == VALUE_STRING && b.type == VALUE_STRING)
        return concat(vm, a, b, ret);
    return with_duration(vm, code, a, b, ret);
}

bool vm_arithmetic(struct vm *vm, struct instruction instruction)
{
    struct value b = vm_pop(vm);
    return vm_compute(vm, (enum code)instruction.code, *vm_top(vm), b, vm_top(vm));
}

bool vm_negate(struct vm *vm, struct instruction instruction)
{
    struct value *top = vm_top(vm);
    (void)instruction;
    if (top->type == VALUE_INT)
        top->i = wrap_sub(0, top->i);
    else if (top->type == VALUE_FLOAT)
        top->f = -top->f;
    else
        return vm_fail(vm, "-%s is not possible", value_type_name(*top));
    return true;
}

/* With NaN every comparison is false: ≤ is not the opposite of >. */
bool vm_compare(struct vm *vm, struct instruction instruction)
{
    struct value b = vm_pop(vm), a = *vm_top(vm);
    bool swap = instruction.code == CODE_MORE || instruction.code == CODE_MORE_EQUAL;
    bool or_equal = instruction.code == CODE_LESS_EQUAL || instruction.code == CODE_MORE_EQUAL;
    bool less, equal = false;
    if (!vm_less(vm, swap ? b : a, swap ? a : b, &less))
        return false;
    if (or_equal && !less && !vm_equal(vm, a, b, &equal))
        return false;
    *vm_top(vm) = value_bool(less || equal);
    return true;
}

bool vm_same(struct vm *vm, struct instruction instruction)
{
    struct value b = vm_pop(vm);
    bool equal;
    (void)instruction;
    if (!vm_equal(vm, *vm_top(vm), b, &equal))
        return false;
    *vm_top(vm) = value_bool(equal);
    return true;
}

bool vm_range(struct vm *vm, struct instruction instruction)
{
    struct value b = vm_pop(vm);
    int64_t from, to;
    (void)instruction;
    if (!vm_to_int(vm, *vm_top(vm), &from) || !vm_to_int(vm, b, &to))
        return false;
    uint64_t len = to < from ? 0 : (uint64_t)to - (uint64_t)from + 1;
    if (to >= from && len == 0) /* all of them */
        len = UINT64_MAX;
    if (!vm_charge(vm, len))
        return false;
    *vm_top(vm) = (struct value){.type = VALUE_RANGE, .len = (uint32_t)len, .i = from};
    return true;
}

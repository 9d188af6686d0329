/* What two values are to each other: equal, less, found in a map. */
#include "scaler/formula/value.h"

#include <math.h>
#include <string.h>

#include "scaler/formula/vm.h"

const char *value_type_name(struct value value)
{
    static const char *const names[VALUE_TYPE_COUNT] = {
        [VALUE_NIL] = "nil",         [VALUE_BOOL] = "bool",     [VALUE_INT] = "int",
        [VALUE_FLOAT] = "float",     [VALUE_STRING] = "string", [VALUE_ARRAY] = "array",
        [VALUE_RANGE] = "array",     [VALUE_MAP] = "map",       [VALUE_DURATION] = "duration",
        [VALUE_WEEKDAY] = "weekday", [VALUE_MONTH] = "month",   [VALUE_TIME] = "time",
        [VALUE_ZONE] = "time zone",
    };
    return names[value.type];
}

/* base to a whole power below 2^63, times `start`: by squaring, with the binary exponents kept apart, so that
 * nothing overflows on the way. C's pow is nearer to the truth, but manifests were tried with this one. */
static double pow_whole(double base, int64_t power, bool inverse, double start)
{
    int base_exponent;
    int64_t exponent = 0, step;
    double square = frexp(base, &base_exponent);
    step = base_exponent;
    for (; power; power >>= 1) {
        if (step < -4096 || step > 4096) { /* beyond every double already */
            exponent += step;
            break;
        }
        if (power & 1) {
            start *= square;
            exponent += step;
        }
        square *= square;
        step *= 2;
        if (square < 0.5) {
            square += square;
            step--;
        }
    }
    return ldexp(inverse ? 1 / start : start, (int)(inverse ? -exponent : exponent));
}

double value_pow(double base, double exponent)
{
    double whole, part = modf(fabs(exponent), &whole), start = 1;
    if (base == 0 || base == 1 || exponent == 0 || !isfinite(base) || !isfinite(exponent) ||
        whole >= 9223372036854775808.0 || (base < 0 && part != 0))
        return pow(base, exponent);
    if (fabs(exponent) == 0.5)
        return exponent > 0 ? sqrt(base) : 1 / sqrt(base);
    if (part > 0.5) {
        part--;
        whole++;
    }
    if (part != 0)
        start = exp(part * log(base));
    return whole < 9223372036854775808.0 ? pow_whole(base, (int64_t)whole, exponent < 0, start)
                                         : pow(base, exponent);
}

static bool same_text(struct value a, struct value b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.text, b.text, a.len) == 0);
}

/* Long texts are not compared for nothing: a formula that does so all the time would hold up all others. */
static bool work_of_texts(struct vm *vm, struct value a, struct value b)
{
    if (a.type != VALUE_STRING || b.type != VALUE_STRING)
        return true;
    return vm_work(vm, (a.len < b.len ? a.len : b.len) / 16);
}

static bool equal_scalar(struct value a, struct value b)
{
    if (value_is_number(a) && value_is_number(b))
        return a.type == VALUE_INT && b.type == VALUE_INT ? a.i == b.i : value_double(a) == value_double(b);
    if (a.type != b.type)
        return false;
    switch ((enum value_type)a.type) {
    case VALUE_NIL:
        return true;
    case VALUE_BOOL:
        return a.b == b.b;
    case VALUE_STRING:
        return same_text(a, b);
    case VALUE_TIME:
        return a.when->unix_s == b.when->unix_s && a.when->ns == b.when->ns;
    case VALUE_ZONE:
        return a.zone == b.zone;
    default:
        return a.i == b.i;
    }
}

/* strict: within maps 1 and 1.0 differ, as upstream compares those. */
static bool equal(struct vm *vm, struct value a, struct value b, bool strict, int depth, bool *ret);

static bool equal_arrays(struct vm *vm, struct value a, struct value b, bool strict, int depth, bool *ret)
{
    *ret = a.len == b.len;
    for (uint32_t i = 0; i < a.len && *ret; i++)
        if (!equal(vm, value_at(a, i), value_at(b, i), strict, depth, ret))
            return false;
    return true;
}

static bool equal_maps(struct vm *vm, struct value a, struct value b, int depth, bool *ret)
{
    *ret = a.len == b.len;
    for (uint32_t i = 0; i < a.len && *ret; i++) {
        struct value other;
        if (!vm_map_get(vm, b, a.items[2 * i], &other, ret))
            return false;
        if (*ret && !equal(vm, a.items[2 * i + 1], other, true, depth, ret))
            return false;
    }
    return true;
}

static bool equal(struct vm *vm, struct value a, struct value b, bool strict, int depth, bool *ret)
{
    if (depth >= VM_DEPTH_MAX)
        return vm_fail(vm, "arrays lie more than %d deep in one another", VM_DEPTH_MAX);
    if (!vm_work(vm, 4) || !work_of_texts(vm, a, b))
        return false;
    if (value_is_array(a) && value_is_array(b))
        return equal_arrays(vm, a, b, strict, depth + 1, ret);
    if (a.type == VALUE_MAP && b.type == VALUE_MAP)
        return equal_maps(vm, a, b, depth + 1, ret);
    if (value_is_array(a) || a.type == VALUE_MAP)
        *ret = false;
    else
        *ret = (!strict || a.type == b.type) && equal_scalar(a, b);
    return true;
}

bool vm_equal(struct vm *vm, struct value a, struct value b, bool *ret)
{
    return equal(vm, a, b, false, 0, ret);
}

static bool less_text(struct value a, struct value b)
{
    uint32_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.text, b.text, len) : 0;
    return order < 0 || (order == 0 && a.len < b.len);
}

static bool less_time(const struct when *a, const struct when *b)
{
    return a->unix_s < b->unix_s || (a->unix_s == b->unix_s && a->ns < b->ns);
}

bool vm_less(struct vm *vm, struct value a, struct value b, bool *ret)
{
    if (!work_of_texts(vm, a, b))
        return false;
    if (a.type == VALUE_INT && b.type == VALUE_INT)
        *ret = a.i < b.i;
    else if (value_is_number(a) && value_is_number(b))
        *ret = value_double(a) < value_double(b);
    else if (a.type == VALUE_STRING && b.type == VALUE_STRING)
        *ret = less_text(a, b);
    else if (a.type == VALUE_DURATION && b.type == VALUE_DURATION)
        *ret = a.i < b.i;
    else if (a.type == VALUE_TIME && b.type == VALUE_TIME)
        *ret = less_time(a.when, b.when);
    else
        return vm_fail(vm, "%s and %s cannot be compared", value_type_name(a), value_type_name(b));
    return true;
}

bool vm_to_int(struct vm *vm, struct value value, int64_t *ret)
{
    if (!value_is_number(value))
        return vm_fail(vm, "an int is needed, not %s", value_type_name(value));
    *ret = value.type == VALUE_INT ? value.i : value_truncate(value.f);
    return true;
}

bool vm_map_get(struct vm *vm, struct value map, struct value key, struct value *ret, bool *ret_found)
{
    *ret_found = false;
    if (!vm_work(vm, map.len))
        return false;
    for (uint32_t i = 0; i < map.len && !*ret_found; i++) {
        struct value candidate = map.items[2 * i];
        if (!work_of_texts(vm, candidate, key))
            return false;
        *ret_found = candidate.type == key.type && equal_scalar(candidate, key);
        if (*ret_found)
            *ret = map.items[2 * i + 1];
    }
    return true;
}

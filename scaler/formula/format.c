/* string(x) and type(x). */
#include "scaler/formula/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/number.h"
#include "scaler/base/strbuf.h"
#include "scaler/formula/time_text.h"

#define EXPONENT_FROM 6 /* from 1e+06 on numbers are written with an exponent */

const char *format_type_name(struct value value)
{
    static const char *const names[VALUE_TYPE_COUNT] = {
        [VALUE_NIL] = "nil",
        [VALUE_BOOL] = "bool",
        [VALUE_INT] = "int",
        [VALUE_FLOAT] = "float",
        [VALUE_STRING] = "string",
        [VALUE_ARRAY] = "array",
        [VALUE_RANGE] = "array",
        [VALUE_MAP] = "map",
        [VALUE_DURATION] = "time.Duration",
        [VALUE_WEEKDAY] = "time.Weekday",
        [VALUE_MONTH] = "time.Month",
        [VALUE_TIME] = "time.Time",
        [VALUE_ZONE] = "unknown",
    };
    return names[value.type];
}

/* The significant digits of a number in text, and the power of ten of the first one. */
static int significant(const char *text, char *digits)
{
    int count = 0, exponent = -1, written = 0;
    bool point = false, begun = false;
    for (; *text && *text != 'e'; text++) {
        if (*text == '.') {
            point = true;
        } else if (*text >= '0' && *text <= '9') {
            begun = begun || *text != '0';
            exponent += begun ? !point : -(int)point;
            if (begun && count < 20)
                digits[count++] = *text;
        }
    }
    if (*text == 'e')
        (void)sscanf(text + 1, "%d", &written);
    while (count > 1 && digits[count - 1] == '0')
        count--;
    digits[count] = '\0';
    return exponent + written;
}

const char *format_double(double value, char *buf, size_t size)
{
    char text[40], digits[24];
    (void)number_format_double(value, text, sizeof(text));
    int exponent = significant(text, digits), after = (int)strlen(digits) - 1;
    if (isnan(value) || isinf(value) || value == 0)
        (void)snprintf(buf, size, "%s", text);
    else if (exponent < -4 || exponent >= EXPONENT_FROM)
        (void)snprintf(buf, size, "%s%c%s%se%+03d", value < 0 ? "-" : "", digits[0], after ? "." : "",
                       digits + 1, exponent);
    else
        (void)snprintf(buf, size, "%.*f", after > exponent ? after - exponent : 0, value);
    return buf;
}

static bool append(struct vm *vm, struct strbuf *out, struct value value, int depth);

static bool append_array(struct vm *vm, struct strbuf *out, struct value array, int depth)
{
    bool ok = true;
    strbuf_append_c(out, '[');
    for (uint32_t i = 0; i < array.len && ok; i++) {
        if (i)
            strbuf_append_c(out, ' ');
        ok = append(vm, out, value_at(array, i), depth + 1);
    }
    strbuf_append_c(out, ']');
    return ok;
}

static bool append_map(struct vm *vm, struct strbuf *out, struct value map, int depth)
{
    struct value *keys = vm_items(vm, map.len), *order = keys ? vm_items(vm, map.len) : NULL;
    for (uint32_t i = 0; order && i < map.len; i++) {
        keys[i] = map.items[2 * i];
        order[i] = value_int(i);
    }
    if (!order || !vm_sort(vm, order, keys, map.len, false))
        return false;
    bool ok = true;
    strbuf_append(out, "map[");
    for (uint32_t i = 0; i < map.len && ok; i++) {
        const struct value *pair = &map.items[2 * order[i].i];
        if (i)
            strbuf_append_c(out, ' ');
        ok = append(vm, out, pair[0], depth + 1);
        strbuf_append_c(out, ':');
        ok = ok && append(vm, out, pair[1], depth + 1);
    }
    strbuf_append_c(out, ']');
    return ok;
}

static void append_scalar(struct strbuf *out, struct value value)
{
    char buf[64];
    switch ((enum value_type)value.type) {
    case VALUE_NIL:
        strbuf_append(out, "<nil>");
        break;
    case VALUE_BOOL:
        strbuf_append(out, value.b ? "true" : "false");
        break;
    case VALUE_INT:
        strbuf_printf(out, "%" PRId64, value.i);
        break;
    case VALUE_FLOAT:
        strbuf_append(out, format_double(value.f, buf, sizeof(buf)));
        break;
    case VALUE_STRING:
        strbuf_append_n(out, value.text, value.len);
        break;
    default:
        time_append(out, value);
        break;
    }
}

static bool append(struct vm *vm, struct strbuf *out, struct value value, int depth)
{
    if (depth >= VM_DEPTH_MAX || !vm_work(vm, 8))
        return vm_fail(vm, "arrays lie more than %d deep in one another", VM_DEPTH_MAX);
    if (value_is_array(value))
        return append_array(vm, out, value, depth);
    if (value.type == VALUE_MAP)
        return append_map(vm, out, value, depth);
    append_scalar(out, value);
    return !out->overflow || vm_fail(vm, "the formula needs too much memory");
}

bool format_value(struct vm *vm, struct value value, struct value *ret)
{
    char buf[64];
    if (value.type == VALUE_STRING) {
        *ret = value;
        return true;
    }
    /* Numbers are the usual case, and need no buffer of their own. */
    if (value_is_number(value)) {
        if (value.type == VALUE_INT)
            (void)snprintf(buf, sizeof(buf), "%" PRId64, value.i);
        else
            (void)format_double(value.f, buf, sizeof(buf));
        return format_into_arena(vm, buf, strlen(buf), ret);
    }
    struct strbuf *out = &vm->scratch->text;
    strbuf_reset(out);
    return append(vm, out, value, 0) && format_into_arena(vm, out->data, out->len, ret);
}

bool format_into_arena(struct vm *vm, const char *text, size_t len, struct value *ret)
{
    char *copy = vm_alloc(vm, len + 1, 1);
    if (!copy)
        return false;
    memcpy(copy, text, len);
    *ret = value_text(copy, len);
    return true;
}

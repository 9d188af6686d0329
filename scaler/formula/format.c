/* string(x) and type(x). */
#include "scaler/formula/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/number.h"
#include "scaler/base/strbuf.h"
#include "scaler/formula/time_text.h"

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

/* The fewest digits that read back to the same double, as d.ddde±xx. */
static void shortest(double value, char *buf, size_t size)
{
    for (int precision = 0; precision < 17; precision++) {
        (void)snprintf(buf, size, "%.*e", precision, value);
        double again;
        if (number_parse_go_float(buf, &again, NULL) == 0 && again == value)
            return;
    }
}

const char *format_double(double value, char *buf, size_t size)
{
    char digits[40];
    if (isnan(value) || isinf(value)) {
        (void)snprintf(buf, size, "%s", isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
        return buf;
    }
    shortest(value, digits, sizeof(digits));
    const char *mark = strchr(digits, 'e');
    int exponent = 0;
    (void)sscanf(mark + 1, "%d", &exponent);
    const char *point = strchr(digits, '.');
    int fraction = point ? (int)(mark - point) - 1 : 0;
    if (value != 0 && (exponent < -4 || exponent >= 21))
        (void)snprintf(buf, size, "%s", digits);
    else
        (void)snprintf(buf, size, "%.*f", fraction > exponent ? fraction - exponent : 0, value);
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
    struct strbuf out;
    strbuf_init_max(&out, SCRATCH_BYTES_MAX / 2);
    bool ok = append(vm, &out, value, 0) && format_into_arena(vm, out.data, out.len, ret);
    strbuf_done(&out);
    return ok;
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

/* Methods: one row each. */
#include "scaler/formula/methods.h"

#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/zone.h"
#include "scaler/formula/format.h"
#include "scaler/formula/time_text.h"
#include "scaler/formula/types.h"
#include "scaler/formula/vm_arith.h"

#define NS_PER_S 1000000000

#define METHOD(name)                                                                                         \
    static bool name(struct vm *vm, const struct value *self, const struct value *arguments, uint32_t count, \
                     struct value *ret)

/* A method that only reads: `field` of the civil time. */
#define CIVIL_METHOD(name, value_kind, field)                                                                \
    METHOD(name)                                                                                             \
    {                                                                                                        \
        struct civil civil;                                                                                  \
        (void)vm, (void)arguments, (void)count;                                                              \
        time_civil(self->when, &civil);                                                                      \
        *ret = (struct value){.type = (value_kind), .i = civil.field};                                       \
        return true;                                                                                         \
    }

CIVIL_METHOD(time_year, VALUE_INT, year)
CIVIL_METHOD(time_month, VALUE_MONTH, month)
CIVIL_METHOD(time_day, VALUE_INT, day)
CIVIL_METHOD(time_hour, VALUE_INT, hour)
CIVIL_METHOD(time_minute, VALUE_INT, minute)
CIVIL_METHOD(time_second, VALUE_INT, second)
CIVIL_METHOD(time_year_day, VALUE_INT, year_day)
CIVIL_METHOD(time_weekday, VALUE_WEEKDAY, weekday)

/* A method that computes one value of self and its first argument. */
#define VALUE_METHOD(name, expression)                                                                       \
    METHOD(name)                                                                                             \
    {                                                                                                        \
        (void)vm, (void)arguments, (void)count;                                                              \
        *ret = expression;                                                                                   \
        return true;                                                                                         \
    }

static int64_t unix_in(const struct when *when, int64_t per_second)
{
    return wrap_add(wrap_mul(when->unix_s, per_second), when->ns / (NS_PER_S / per_second));
}

static int order(const struct when *a, const struct when *b)
{
    if (a->unix_s != b->unix_s)
        return a->unix_s < b->unix_s ? -1 : 1;
    return (a->ns > b->ns) - (a->ns < b->ns);
}

VALUE_METHOD(time_nanosecond, value_int(self->when->ns))
VALUE_METHOD(time_unix, value_int(self->when->unix_s))
VALUE_METHOD(time_unix_milli, value_int(unix_in(self->when, 1000)))
VALUE_METHOD(time_unix_micro, value_int(unix_in(self->when, 1000000)))
VALUE_METHOD(time_unix_nano, value_int(unix_in(self->when, NS_PER_S)))
VALUE_METHOD(time_before, value_bool(order(self->when, arguments->when) < 0))
VALUE_METHOD(time_after, value_bool(order(self->when, arguments->when) > 0))
VALUE_METHOD(time_equal, value_bool(order(self->when, arguments->when) == 0))
VALUE_METHOD(time_compare, value_int(order(self->when, arguments->when)))
VALUE_METHOD(time_is_zero, value_bool(self->when->unix_s == -62135596800 && self->when->ns == 0))

METHOD(time_sub)
{
    (void)vm, (void)count;
    *ret = (struct value){.type = VALUE_DURATION, .i = vm_time_between(self->when, arguments->when)};
    return true;
}

METHOD(time_add)
{
    (void)count;
    return vm_time_add(vm, *self, arguments->i, ret);
}

static bool moved(struct vm *vm, struct when when, struct value *ret)
{
    struct when *copy = vm_alloc(vm, 1, sizeof(*copy));
    if (!copy)
        return false;
    *copy = when;
    *ret = (struct value){.type = VALUE_TIME, .when = copy};
    return true;
}

METHOD(time_in)
{
    struct when when = *self->when;
    (void)count;
    when.zone = arguments->zone;
    when.offset_s = 0;
    return moved(vm, when, ret);
}

METHOD(time_utc)
{
    struct when when = *self->when;
    (void)arguments, (void)count;
    when.zone = NULL;
    when.offset_s = 0;
    return moved(vm, when, ret);
}

/* Years, months and days beyond this are no date. */
static bool sane(int64_t value)
{
    return value >= -10000000 && value <= 10000000;
}

METHOD(time_add_date)
{
    struct when when = *self->when;
    struct civil civil;
    (void)count;
    time_civil(&when, &civil);
    for (int i = 0; i < 3; i++)
        if (!sane(arguments[i].i))
            return vm_fail(vm, "AddDate: %lld is too far away", (long long)arguments[i].i);
    if (!sane(civil.year))
        return vm_fail(vm, "AddDate: the time is too far away");
    civil.year += arguments[0].i;
    civil.month += (int)arguments[1].i;
    civil.day += (int)arguments[2].i;
    when.unix_s = time_from_civil(&civil, when.zone) - (when.zone ? 0 : when.offset_s);
    return moved(vm, when, ret);
}

/* Whole units and the rest apart, as upstream rounds. */
static double in_units(int64_t ns, int64_t unit)
{
    int64_t whole = ns / unit, rest = ns % unit;
    return (double)whole + (double)rest / (double)unit;
}

VALUE_METHOD(duration_hours, value_float(in_units(self->i, (int64_t)3600 * NS_PER_S)))
VALUE_METHOD(duration_minutes, value_float(in_units(self->i, (int64_t)60 * NS_PER_S)))
VALUE_METHOD(duration_seconds, value_float(in_units(self->i, NS_PER_S)))
VALUE_METHOD(duration_milliseconds, value_int(self->i / 1000000))
VALUE_METHOD(duration_microseconds, value_int(self->i / 1000))
VALUE_METHOD(duration_nanoseconds, value_int(self->i))

METHOD(duration_abs)
{
    (void)vm, (void)arguments, (void)count;
    *ret = *self;
    if (self->i < 0)
        ret->i = self->i == INT64_MIN ? INT64_MAX : -self->i;
    return true;
}

METHOD(to_string)
{
    (void)arguments, (void)count;
    return format_value(vm, *self, ret);
}

static const struct method methods[] = {
    {TYPE_TIME, "Year", "", TYPE_INT, time_year},
    {TYPE_TIME, "Month", "", TYPE_MONTH, time_month},
    {TYPE_TIME, "Day", "", TYPE_INT, time_day},
    {TYPE_TIME, "Hour", "", TYPE_INT, time_hour},
    {TYPE_TIME, "Minute", "", TYPE_INT, time_minute},
    {TYPE_TIME, "Second", "", TYPE_INT, time_second},
    {TYPE_TIME, "Nanosecond", "", TYPE_INT, time_nanosecond},
    {TYPE_TIME, "YearDay", "", TYPE_INT, time_year_day},
    {TYPE_TIME, "Weekday", "", TYPE_WEEKDAY, time_weekday},
    {TYPE_TIME, "Unix", "", TYPE_INT, time_unix},
    {TYPE_TIME, "UnixMilli", "", TYPE_INT, time_unix_milli},
    {TYPE_TIME, "UnixMicro", "", TYPE_INT, time_unix_micro},
    {TYPE_TIME, "UnixNano", "", TYPE_INT, time_unix_nano},
    {TYPE_TIME, "Before", "t", TYPE_BOOL, time_before},
    {TYPE_TIME, "After", "t", TYPE_BOOL, time_after},
    {TYPE_TIME, "Equal", "t", TYPE_BOOL, time_equal},
    {TYPE_TIME, "Compare", "t", TYPE_INT, time_compare},
    {TYPE_TIME, "IsZero", "", TYPE_BOOL, time_is_zero},
    {TYPE_TIME, "Sub", "t", TYPE_DURATION, time_sub},
    {TYPE_TIME, "Add", "d", TYPE_TIME, time_add},
    {TYPE_TIME, "AddDate", "iii", TYPE_TIME, time_add_date},
    {TYPE_TIME, "In", "z", TYPE_TIME, time_in},
    {TYPE_TIME, "UTC", "", TYPE_TIME, time_utc},
    {TYPE_TIME, "String", "", TYPE_STRING, to_string},
    {TYPE_DURATION, "Hours", "", TYPE_FLOAT, duration_hours},
    {TYPE_DURATION, "Minutes", "", TYPE_FLOAT, duration_minutes},
    {TYPE_DURATION, "Seconds", "", TYPE_FLOAT, duration_seconds},
    {TYPE_DURATION, "Milliseconds", "", TYPE_INT, duration_milliseconds},
    {TYPE_DURATION, "Microseconds", "", TYPE_INT, duration_microseconds},
    {TYPE_DURATION, "Nanoseconds", "", TYPE_INT, duration_nanoseconds},
    {TYPE_DURATION, "Abs", "", TYPE_DURATION, duration_abs},
    {TYPE_DURATION, "String", "", TYPE_STRING, to_string},
    {TYPE_WEEKDAY, "String", "", TYPE_STRING, to_string},
    {TYPE_MONTH, "String", "", TYPE_STRING, to_string},
    {TYPE_ZONE, "String", "", TYPE_STRING, to_string},
};

/* Upstream has these as well. */
static const struct {
    uint32_t type;
    const char *name;
} refused[] = {
    {TYPE_TIME, "Format"},       {TYPE_TIME, "AppendFormat"}, {TYPE_TIME, "Round"},
    {TYPE_TIME, "Truncate"},     {TYPE_TIME, "Local"},        {TYPE_TIME, "Location"},
    {TYPE_TIME, "ISOWeek"},      {TYPE_TIME, "IsDST"},        {TYPE_TIME, "GoString"},
    {TYPE_TIME, "MarshalText"},  {TYPE_TIME, "MarshalJSON"},  {TYPE_TIME, "MarshalBinary"},
    {TYPE_TIME, "Zone"},         {TYPE_TIME, "GobEncode"},    {TYPE_TIME, "AppendText"},
    {TYPE_TIME, "AppendBinary"}, {TYPE_DURATION, "Round"},    {TYPE_DURATION, "Truncate"},
};

static bool is_name(const char *row, const char *name, size_t len)
{
    return strlen(row) == len && memcmp(row, name, len) == 0;
}

const struct method *method_find(uint32_t type, const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (methods[i].type == type && is_name(methods[i].name, name, len))
            return &methods[i];
    return NULL;
}

bool method_exists(uint32_t type, const char *name, size_t len)
{
    return method_find(type, name, len) != NULL;
}

bool method_named(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (is_name(methods[i].name, name, len))
            return true;
    return false;
}

bool method_refused(uint32_t type, const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        if (refused[i].type == type && is_name(refused[i].name, name, len))
            return true;
    return false;
}

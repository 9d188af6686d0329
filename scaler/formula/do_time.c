/* now, date, duration, timezone. */
#include <string.h>

#include "scaler/base/duration.h"
#include "scaler/base/zone.h"
#include "scaler/formula/time_text.h"
#include "scaler/formula/vm.h"

#define TEXT_MAX 200 /* of what is given to date, duration and timezone */

static bool as_text(struct vm *vm, struct value value, char *buf, size_t size)
{
    if (value.type != VALUE_STRING)
        return vm_fail(vm, "a string is needed, not %s", value_type_name(value));
    if (value.len >= size || (value.len && memchr(value.text, '\0', value.len)))
        return vm_fail(vm, "the string is too long here");
    if (value.len)
        memcpy(buf, value.text, value.len);
    buf[value.len] = '\0';
    return true;
}

static bool give_time(struct vm *vm, struct when when, struct value *ret)
{
    struct when *copy = vm_alloc(vm, 1, sizeof(*copy));
    if (!copy)
        return false;
    *copy = when;
    *ret = (struct value){.type = VALUE_TIME, .when = copy};
    return true;
}

static bool do_now(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    int64_t ms = vm->now_ms % 1000, seconds = vm->now_ms / 1000;
    struct when when = {.unix_s = ms < 0 ? seconds - 1 : seconds, .ns = (int32_t)(ms < 0 ? ms + 1000 : ms)};
    when.ns *= 1000000;
    if (count == 1 && arguments[0].type != VALUE_ZONE)
        return vm_fail(vm, "now needs a time zone, not %s", value_type_name(arguments[0]));
    if (count == 1)
        when.zone = arguments[0].zone;
    return give_time(vm, when, ret);
}

static bool find_zone(struct vm *vm, struct value name, const struct zone **ret)
{
    char text[TEXT_MAX];
    if (!as_text(vm, name, text, sizeof(text)))
        return false;
    return zone_find(text, ret, NULL) == 0 || vm_fail(vm, "there is no time zone \"%s\"", text);
}

static bool do_timezone(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    const struct zone *zone;
    (void)count;
    if (!find_zone(vm, arguments[0], &zone))
        return false;
    *ret = (struct value){.type = VALUE_ZONE, .zone = zone};
    return true;
}

static bool do_duration(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    char text[TEXT_MAX];
    int64_t ns;
    (void)count;
    if (!as_text(vm, arguments[0], text, sizeof(text)))
        return false;
    if (duration_parse_go(text, &ns, NULL) < 0)
        return vm_fail(vm, "\"%s\" is no duration", text);
    *ret = (struct value){.type = VALUE_DURATION, .i = ns};
    return true;
}

/* Without a layout these are tried. */
static bool parse_usual(struct value text, const struct zone *zone, struct when *ret)
{
    static const char *const layouts[] = {
        "2006-01-02",
        "15:04:05",
        "2006-01-02 15:04:05",
        "2006-01-02T15:04:05Z07:00",
        "02 Jan 06 15:04 MST",
        "Monday, 02-Jan-06 15:04:05 MST",
        "Mon, 02 Jan 2006 15:04:05 MST",
    };
    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
        if (time_parse(value_text(layouts[i], strlen(layouts[i])), text, zone, ret))
            return true;
    return false;
}

static bool do_date(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    const struct zone *zone = NULL;
    struct when when;
    if (arguments[0].type == VALUE_ZONE) {
        zone = arguments->zone;
        arguments++;
        count--;
    }
    for (uint32_t i = 0; i < count; i++)
        if (arguments[i].type != VALUE_STRING || arguments[i].len > TEXT_MAX)
            return vm_fail(vm, "date needs short strings, not %s", value_type_name(arguments[i]));
    if (count == 0 || count > 3)
        return vm_fail(vm, "date needs a date");
    if (!vm_work(vm, 200)) /* many forms are tried */
        return false;
    if (count == 3 && !find_zone(vm, arguments[2], &zone))
        return false;
    bool ok = count == 1 ? parse_usual(arguments[0], zone, &when)
                         : time_parse(arguments[1], arguments[0], zone, &when);
    if (!ok)
        return vm_fail(vm, "\"%.*s\" is no date", (int)arguments[0].len, arguments[0].text);
    return give_time(vm, when, ret);
}

const do_fn do_time[BUILTIN_COUNT_OF] = {
    [BUILTIN_NOW] = do_now,
    [BUILTIN_DATE] = do_date,
    [BUILTIN_DURATION] = do_duration,
    [BUILTIN_TIMEZONE] = do_timezone,
};

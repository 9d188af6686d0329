/* Owns the clocks and RFC 3339. Nobody else asks the system for the time. */
#include "scaler/base/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "scaler/base/civil.h"

#define DAY_MS INT64_C(86400000)

static pthread_once_t anchored = PTHREAD_ONCE_INIT;
static int64_t wall_minus_mono_ms;

static int64_t read_us(clockid_t id)
{
    struct timespec now;
    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void anchor(void)
{
    wall_minus_mono_ms = clock_wall_ms() - clock_mono_ms();
}

int64_t clock_now_ms(void)
{
    (void)pthread_once(&anchored, anchor);
    return clock_mono_ms() + wall_minus_mono_ms;
}

int64_t clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

int64_t clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(void)
{
    return read_us(CLOCK_REALTIME) / 1000;
}

/* Outside the years 0000 to 9999 the nearest instant inside is written: RFC 3339 has no others. */
static int64_t clamp_ms(int64_t ms)
{
    const int64_t first = INT64_C(-62167219200000);
    const int64_t last = INT64_C(253402300799999);
    return ms < first ? first : ms > last ? last : ms;
}

const char *clock_format_rfc3339(int64_t ms, bool with_ms, char *buf, size_t size)
{
    ms = clamp_ms(ms);
    int64_t days = civil_floor_div(ms, DAY_MS);
    int of_day = (int)(ms - days * DAY_MS);
    struct civil_date date = civil_from_days(days);
    char fraction[8] = "";
    if (with_ms)
        (void)snprintf(fraction, sizeof(fraction), ".%03u", (unsigned)of_day % 1000);
    (void)snprintf(buf, size, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", (int)date.year, date.month, date.day,
                   of_day / 3600000, of_day / 60000 % 60, of_day / 1000 % 60, fraction);
    return buf;
}

/* Reads exactly `width` digits and the separator behind them ('\0': none). */
static bool take_number(const char **at, int width, char separator, int *ret)
{
    int value = 0;
    for (int i = 0; i < width; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        value = value * 10 + (**at - '0');
    }
    if (separator && *(*at)++ != separator)
        return false;
    *ret = value;
    return true;
}

/* ".123456789": any number of digits; what is finer than a millisecond is cut. */
static bool take_fraction(const char **at, int *ret_ms)
{
    *ret_ms = 0;
    if (**at != '.')
        return true;
    size_t digits = strspn(++*at, "0123456789");
    for (size_t i = 0; i < 3; i++)
        *ret_ms = *ret_ms * 10 + (i < digits ? (*at)[i] - '0' : 0);
    *at += digits;
    return digits > 0;
}

static bool take_offset(const char **at, int *ret_minutes)
{
    char sign = *(*at)++;
    int hours, minutes;
    *ret_minutes = 0;
    if (sign == 'Z')
        return true;
    if ((sign != '+' && sign != '-') || !take_number(at, 2, ':', &hours) ||
        !take_number(at, 2, '\0', &minutes))
        return false;
    *ret_minutes = (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
    return hours <= 24 && minutes < 60;
}

static bool parse_rfc3339(const char *at, int64_t *ret_ms)
{
    int year, month, day, hour, minute, second, fraction_ms, offset_min;
    if (!take_number(&at, 4, '-', &year) || !take_number(&at, 2, '-', &month) ||
        !take_number(&at, 2, 'T', &day) || !take_number(&at, 2, ':', &hour) ||
        !take_number(&at, 2, ':', &minute) || !take_number(&at, 2, '\0', &second) ||
        !take_fraction(&at, &fraction_ms) || !take_offset(&at, &offset_min))
        return false;
    if (*at || month < 1 || month > 12 || day < 1 || day > civil_days_in_month(year, month) || hour > 23 ||
        minute > 59 || second > 59)
        return false;
    *ret_ms = civil_to_days(year, month, day) * DAY_MS + hour * INT64_C(3600000) +
              (minute - offset_min) * INT64_C(60000) + second * INT64_C(1000) + fraction_ms;
    return true;
}

int clock_parse_rfc3339(const char *text, int64_t *ret_ms, struct err *err)
{
    if (!parse_rfc3339(text, ret_ms))
        return err_set(err, ERR_INVALID, "\"%.40s\" is not a time such as 2026-08-20T10:00:00Z", text);
    return 0;
}

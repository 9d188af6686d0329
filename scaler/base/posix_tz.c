/* Owns the rule at a TZif file's end (a POSIX TZ string): reading it, and which offset it gives at an
 * instant. */
#include <string.h>

#include "scaler/base/civil.h"
#include "scaler/base/zone_internal.h"

#define DAY_S 86400

struct cursor {
    const char *at, *end;
};

static bool take(struct cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "CET" (three letters or more) or "<+0330>". */
static bool take_name(struct cursor *cursor, char *ret)
{
    bool quoted = take(cursor, '<');
    const char *from = cursor->at;
    while (cursor->at < cursor->end && (quoted ? *cursor->at != '>' : is_letter(*cursor->at)))
        cursor->at++;
    size_t len = (size_t)(cursor->at - from);
    if (len >= POSIX_NAME_MAX || (quoted ? !take(cursor, '>') : len < 3))
        return false;
    memcpy(ret, from, len);
    ret[len] = '\0';
    return true;
}

static bool take_int(struct cursor *cursor, int min, int max, int *ret)
{
    int value = 0;
    const char *from = cursor->at;
    while (cursor->at < cursor->end && is_digit(*cursor->at)) {
        value = value * 10 + (*cursor->at++ - '0');
        if (value > max)
            return false;
    }
    *ret = value;
    return cursor->at > from && value >= min;
}

/* [+-]hh[:mm[:ss]]; hours up to a week, as RFC 9636 extends POSIX. */
static bool take_time(struct cursor *cursor, int32_t *ret)
{
    int hours, minutes = 0, seconds = 0;
    bool negative = take(cursor, '-');
    if (!negative)
        take(cursor, '+');
    if (!take_int(cursor, 0, 168, &hours))
        return false;
    if (take(cursor, ':')) {
        if (!take_int(cursor, 0, 59, &minutes))
            return false;
        if (take(cursor, ':') && !take_int(cursor, 0, 59, &seconds))
            return false;
    }
    *ret = (negative ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
    return true;
}

static bool take_day(struct cursor *cursor, struct posix_change *ret)
{
    if (take(cursor, 'J')) {
        ret->kind = POSIX_DAY_JULIAN;
        return take_int(cursor, 1, 365, &ret->day);
    }
    if (!take(cursor, 'M')) {
        ret->kind = POSIX_DAY_OF_YEAR;
        return take_int(cursor, 0, 365, &ret->day);
    }
    ret->kind = POSIX_DAY_MONTH_WEEK;
    return take_int(cursor, 1, 12, &ret->month) && take(cursor, '.') && take_int(cursor, 1, 5, &ret->week) &&
           take(cursor, '.') && take_int(cursor, 0, 6, &ret->day);
}

static bool take_change(struct cursor *cursor, struct posix_change *ret)
{
    *ret = (struct posix_change){.time_s = 2 * 3600};
    return take_day(cursor, ret) && (!take(cursor, '/') || take_time(cursor, &ret->time_s));
}

/* Behind the standard zone. Without dates of change those of the United States count, as POSIX leaves open
 * and Go has it. */
static bool take_summer(struct cursor *cursor, struct posix_tz *ret)
{
    int32_t west = 0;
    ret->has_summer = true;
    ret->summer.dst = true;
    ret->summer.offset = ret->standard.offset + 3600;
    if (!take_name(cursor, ret->names[1]))
        return false;
    if (cursor->at < cursor->end && *cursor->at != ',') {
        if (!take_time(cursor, &west))
            return false;
        ret->summer.offset = -west;
    }
    if (cursor->at == cursor->end) {
        ret->start = (struct posix_change){POSIX_DAY_MONTH_WEEK, 3, 2, 0, 2 * 3600};
        ret->end = (struct posix_change){POSIX_DAY_MONTH_WEEK, 11, 1, 0, 2 * 3600};
        return true;
    }
    return take(cursor, ',') && take_change(cursor, &ret->start) && take(cursor, ',') &&
           take_change(cursor, &ret->end);
}

bool posix_tz_parse(const char *text, size_t len, struct posix_tz *ret)
{
    struct cursor cursor = {text, text + len};
    int32_t west;
    memset(ret, 0, sizeof(*ret));
    if (!take_name(&cursor, ret->names[0]) || !take_time(&cursor, &west))
        return false;
    ret->standard.offset = -west; /* POSIX counts to the west */
    ret->standard.abbreviation = ret->names[0];
    ret->summer.abbreviation = ret->names[1];
    if (cursor.at < cursor.end && !take_summer(&cursor, ret))
        return false;
    return cursor.at == cursor.end;
}

/* Days between 1 January and the change. */
static int64_t day_of_change(const struct posix_change *change, int64_t year)
{
    if (change->kind == POSIX_DAY_OF_YEAR)
        return change->day;
    if (change->kind == POSIX_DAY_JULIAN)
        return change->day - 1 + (civil_is_leap(year) && change->day >= 60);
    int64_t first = civil_to_days(year, change->month, 1);
    int day = (change->day - civil_weekday(first) + 7) % 7 + (change->week - 1) * 7;
    while (day >= civil_days_in_month(year, change->month))
        day -= 7;
    return first + day - civil_to_days(year, 1, 1);
}

/* Seconds of the year, in UTC; the change happens by the clock that shows `offset`. */
static int64_t second_of_change(const struct posix_change *change, int64_t year, int32_t offset)
{
    return day_of_change(change, year) * DAY_S + change->time_s - offset;
}

/* The year is UTC's, and a span ends with it (365 days after its start): coarse far away from a change, exact
 * near it, and what Go's choice for ambiguous times is made from. */
struct zone_span posix_tz_lookup(const struct posix_tz *rule, int64_t since, int64_t unix_s)
{
    if (!rule->has_summer)
        return (struct zone_span){&rule->standard, since, INT64_MAX};
    int64_t year = civil_from_days(civil_floor_div(unix_s, DAY_S)).year;
    int64_t year_start = civil_to_days(year, 1, 1) * DAY_S;
    const struct zone_type *outer = &rule->standard, *inner = &rule->summer;
    int64_t first = second_of_change(&rule->start, year, outer->offset);
    int64_t last = second_of_change(&rule->end, year, inner->offset);
    if (last < first) { /* the southern half: the year begins and ends in summer */
        int64_t other = first;
        first = last;
        last = other;
        outer = &rule->summer;
        inner = &rule->standard;
    }
    if (unix_s < year_start + first)
        return (struct zone_span){outer, year_start, year_start + first};
    if (unix_s >= year_start + last)
        return (struct zone_span){outer, year_start + last, year_start + (int64_t)365 * DAY_S};
    return (struct zone_span){inner, year_start + first, year_start + last};
}

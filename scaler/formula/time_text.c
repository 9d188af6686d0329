/* Times as text: Go's layouts, in which the parts of the second of January 2006, 15:04:05, stand for
 * themselves. */
#include "scaler/formula/time_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "scaler/base/mem.h"

#define NS_PER_S 1000000000

static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                   "Thursday", "Friday", "Saturday"};

static const struct zone *utc(void)
{
    const struct zone *zone = NULL;
    (void)zone_find("UTC", &zone, NULL);
    return zone;
}

void time_civil(const struct when *when, struct civil *ret)
{
    if (when->zone)
        zone_civil(when->zone, when->unix_s, ret);
    else
        zone_civil(utc(), wrap_add(when->unix_s, when->offset_s), ret);
}

int64_t time_from_civil(const struct civil *civil, const struct zone *zone)
{
    return zone_to_unix(zone ? zone : utc(), civil);
}

static void append_fraction(struct strbuf *out, uint64_t fraction, int digits)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%0*" PRIu64, digits, fraction);
    for (size_t len = strlen(text); len && text[len - 1] == '0'; len--)
        text[len - 1] = '\0';
    if (*text)
        strbuf_printf(out, ".%s", text);
}

static void append_duration(struct strbuf *out, int64_t ns)
{
    uint64_t left = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    strbuf_append(out, ns < 0 ? "-" : "");
    if (left < NS_PER_S) {
        int digits = left < 1000 ? 0 : left < 1000000 ? 3 : 6;
        uint64_t unit = digits == 0 ? 1 : digits == 3 ? 1000 : 1000000;
        strbuf_printf(out, "%" PRIu64, left / unit);
        if (digits)
            append_fraction(out, left % unit, digits);
        strbuf_append(out, left == 0 ? "s" : digits == 0 ? "ns" : digits == 3 ? "\u00b5s" : "ms");
        return;
    }
    uint64_t seconds = left / NS_PER_S;
    if (seconds >= 3600)
        strbuf_printf(out, "%" PRIu64 "h", seconds / 3600);
    if (seconds >= 60)
        strbuf_printf(out, "%" PRIu64 "m", seconds / 60 % 60);
    strbuf_printf(out, "%" PRIu64, seconds % 60);
    append_fraction(out, left % NS_PER_S, 9);
    strbuf_append_c(out, 's');
}

static void append_time(struct strbuf *out, const struct when *when)
{
    struct civil civil;
    time_civil(when, &civil);
    int32_t offset = when->zone ? zone_offset_at(when->zone, when->unix_s) : when->offset_s;
    int32_t minutes = (offset < 0 ? -offset : offset) / 60;
    strbuf_printf(out, "%04" PRId64 "-%02d-%02d %02d:%02d:%02d", civil.year, civil.month, civil.day,
                  civil.hour, civil.minute, civil.second);
    append_fraction(out, (uint64_t)when->ns, 9);
    strbuf_printf(out, " %c%02d%02d ", offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
    if (when->zone)
        strbuf_append(out, zone_abbreviation_at(when->zone, when->unix_s));
    else if (offset == 0)
        strbuf_append(out, "UTC");
    else
        strbuf_printf(out, "%c%02d%02d", offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

void time_append(struct strbuf *out, struct value value)
{
    if (value.type == VALUE_DURATION)
        append_duration(out, value.i);
    else if (value.type == VALUE_TIME)
        append_time(out, value.when);
    else if (value.type == VALUE_ZONE)
        strbuf_append(out, zone_name(value.zone));
    else if (value.type == VALUE_MONTH && value.i >= 1 && value.i <= 12)
        strbuf_append(out, months[value.i - 1]);
    else if (value.type == VALUE_WEEKDAY && value.i >= 0 && value.i <= 6)
        strbuf_append(out, days[value.i]);
}

/* What a text says so far. */
struct reading {
    const char *at, *end;
    struct civil civil;
    int32_t ns;
    bool pm, twelve, has_offset, fraction_next;
    int32_t offset_s;
};

static bool read_number(struct reading *reading, int min, int max, int *ret)
{
    int value = 0, count = 0;
    while (count < max && reading->at < reading->end && *reading->at >= '0' && *reading->at <= '9') {
        value = value * 10 + (*reading->at++ - '0');
        count++;
    }
    *ret = value;
    return count >= min;
}

/* One of `names`, whole or its first three letters. */
static bool read_word(struct reading *reading, const char *const *names, size_t len, bool brief, int *ret)
{
    for (size_t i = 0; i < len; i++) {
        size_t width = brief ? 3 : strlen(names[i]);
        if ((size_t)(reading->end - reading->at) >= width && strncasecmp(names[i], reading->at, width) == 0) {
            reading->at += width;
            *ret = (int)i;
            return true;
        }
    }
    return false;
}

static bool read_fraction(struct reading *reading)
{
    int64_t ns = 0, scale = NS_PER_S;
    if (reading->at == reading->end || (*reading->at != '.' && *reading->at != ','))
        return true;
    const char *start = ++reading->at;
    for (; reading->at < reading->end && *reading->at >= '0' && *reading->at <= '9'; reading->at++) {
        scale /= 10;
        ns += (*reading->at - '0') * scale;
    }
    reading->ns = (int32_t)ns;
    return reading->at > start;
}

/* ±hh[mm], with a colon if so. */
static bool read_offset(struct reading *reading, bool zulu, bool colon, bool minutes)
{
    int hours, rest = 0;
    reading->has_offset = true;
    if (zulu && reading->at < reading->end && *reading->at == 'Z') {
        reading->at++;
        return true;
    }
    if (reading->at == reading->end || (*reading->at != '+' && *reading->at != '-'))
        return false;
    int sign = *reading->at++ == '-' ? -1 : 1;
    if (!read_number(reading, 2, 2, &hours))
        return false;
    if (colon && (reading->at == reading->end || *reading->at++ != ':'))
        return false;
    if (minutes && !read_number(reading, 2, 2, &rest))
        return false;
    reading->offset_s = sign * (hours * 3600 + rest * 60);
    return hours <= 24 && rest < 60;
}

/* Letters of a zone: UTC and GMT are known, others count as UTC. */
static bool read_letters(struct reading *reading)
{
    int count = 0;
    while (count < 5 && reading->at < reading->end && *reading->at >= 'A' && *reading->at <= 'Z') {
        reading->at++;
        count++;
    }
    reading->has_offset = true;
    return count >= 3;
}

enum part {
    PART_MONTH_NAME,
    PART_MONTH_BRIEF,
    PART_DAY_NAME,
    PART_DAY_BRIEF,
    PART_ZONE,
    PART_YEAR,
    PART_YEAR_BRIEF,
    PART_OFFSET_COLON,
    PART_OFFSET,
    PART_OFFSET_HOURS,
    PART_ZULU_COLON,
    PART_ZULU,
    PART_MONTH2,
    PART_DAY2,
    PART_DAY_PADDED,
    PART_HOUR,
    PART_HOUR12_2,
    PART_MINUTE2,
    PART_SECOND2,
    PART_PM,
    PART_MONTH,
    PART_DAY,
    PART_HOUR12,
    PART_MINUTE,
    PART_SECOND,
};

/* Longer ones first. */
static const struct {
    const char *text;
    enum part part;
} parts[] = {
    {"January", PART_MONTH_NAME},
    {"Monday", PART_DAY_NAME},
    {"-07:00", PART_OFFSET_COLON},
    {"Z07:00", PART_ZULU_COLON},
    {"-0700", PART_OFFSET},
    {"Z0700", PART_ZULU},
    {"2006", PART_YEAR},
    {"-07", PART_OFFSET_HOURS},
    {"Jan", PART_MONTH_BRIEF},
    {"Mon", PART_DAY_BRIEF},
    {"MST", PART_ZONE},
    {"01", PART_MONTH2},
    {"02", PART_DAY2},
    {"03", PART_HOUR12_2},
    {"04", PART_MINUTE2},
    {"05", PART_SECOND2},
    {"06", PART_YEAR_BRIEF},
    {"15", PART_HOUR},
    {"_2", PART_DAY_PADDED},
    {"PM", PART_PM},
    {"1", PART_MONTH},
    {"2", PART_DAY},
    {"3", PART_HOUR12},
    {"4", PART_MINUTE},
    {"5", PART_SECOND},
};

static bool read_pm(struct reading *reading)
{
    if (reading->end - reading->at < 2 || reading->at[1] != 'M' ||
        (*reading->at != 'A' && *reading->at != 'P'))
        return false;
    reading->twelve = true;
    reading->pm = *reading->at == 'P';
    reading->at += 2;
    return true;
}

static bool read_year(struct reading *reading, bool brief)
{
    int year;
    if (!read_number(reading, brief ? 2 : 4, brief ? 2 : 4, &year))
        return false;
    reading->civil.year = brief ? year + (year >= 69 ? 1900 : 2000) : year;
    return true;
}

static bool read_month(struct reading *reading, enum part part)
{
    int month;
    if (part == PART_MONTH || part == PART_MONTH2)
        return read_number(reading, part == PART_MONTH2 ? 2 : 1, 2, &reading->civil.month);
    if (!read_word(reading, months, ARRAY_LEN(months), part == PART_MONTH_BRIEF, &month))
        return false;
    reading->civil.month = month + 1;
    return true;
}

static bool read_second(struct reading *reading, int min)
{
    reading->fraction_next = true;
    return read_number(reading, min, 2, &reading->civil.second);
}

static bool read_part(struct reading *reading, enum part part)
{
    int ignored;
    switch (part) {
    case PART_MONTH_NAME:
    case PART_MONTH_BRIEF:
    case PART_MONTH:
    case PART_MONTH2:
        return read_month(reading, part);
    case PART_DAY_NAME:
    case PART_DAY_BRIEF:
        return read_word(reading, days, ARRAY_LEN(days), part == PART_DAY_BRIEF, &ignored);
    case PART_ZONE:
        return read_letters(reading);
    case PART_YEAR:
    case PART_YEAR_BRIEF:
        return read_year(reading, part == PART_YEAR_BRIEF);
    case PART_OFFSET_COLON:
    case PART_ZULU_COLON:
        return read_offset(reading, part == PART_ZULU_COLON, true, true);
    case PART_OFFSET:
    case PART_ZULU:
        return read_offset(reading, part == PART_ZULU, false, true);
    case PART_OFFSET_HOURS:
        return read_offset(reading, false, false, false);
    case PART_DAY_PADDED:
        reading->at += reading->at < reading->end && *reading->at == ' ';
        return read_number(reading, 1, 2, &reading->civil.day);
    case PART_DAY:
    case PART_DAY2:
        return read_number(reading, part == PART_DAY2 ? 2 : 1, 2, &reading->civil.day);
    case PART_HOUR:
        return read_number(reading, 2, 2, &reading->civil.hour);
    case PART_HOUR12:
    case PART_HOUR12_2:
        return read_number(reading, part == PART_HOUR12_2 ? 2 : 1, 2, &reading->civil.hour) &&
               reading->civil.hour <= 12;
    case PART_MINUTE:
    case PART_MINUTE2:
        return read_number(reading, part == PART_MINUTE2 ? 2 : 1, 2, &reading->civil.minute);
    case PART_SECOND:
    case PART_SECOND2:
        return read_second(reading, part == PART_SECOND2 ? 2 : 1);
    case PART_PM:
        return read_pm(reading);
    }
    return false;
}

static bool is_valid(struct civil *civil)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = civil->year % 4 == 0 && (civil->year % 100 != 0 || civil->year % 400 == 0);
    if (civil->month < 1 || civil->month > 12 || civil->day < 1 || civil->day > lengths[civil->month - 1])
        return false;
    return (civil->month != 2 || civil->day < 29 || leap) && civil->hour < 24 && civil->minute < 60 &&
           civil->second < 60;
}

/* The part at the front of the layout, or ARRAY_LEN(parts). */
static size_t find_part(const char *layout, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (strlen(parts[i].text) <= len && memcmp(parts[i].text, layout, strlen(parts[i].text)) == 0)
            return i;
    return ARRAY_LEN(parts);
}

static bool read_layout(struct reading *reading, const char *layout, size_t len)
{
    while (len) {
        size_t part = find_part(layout, len), width = 1;
        if (part < ARRAY_LEN(parts)) {
            width = strlen(parts[part].text);
            if (!read_part(reading, parts[part].part))
                return false;
        } else if (reading->fraction_next && (*layout == '.' || *layout == ',') && len > 1 &&
                   (layout[1] == '0' || layout[1] == '9')) {
            while (width < len && layout[width] == layout[1])
                width++;
            if (!read_fraction(reading))
                return false;
        } else if (reading->at == reading->end || *reading->at++ != *layout) {
            return false;
        }
        layout += width;
        len -= width;
        bool follows = len && (*layout == '.' || *layout == ',');
        if (reading->fraction_next && !follows && !read_fraction(reading))
            return false;
        reading->fraction_next = reading->fraction_next && follows;
    }
    return reading->at == reading->end;
}

bool time_parse(struct value layout, struct value text, const struct zone *zone, struct when *ret)
{
    struct reading reading = {.at = text.text, .end = text.text + text.len, .civil = {.month = 1, .day = 1}};
    if (!read_layout(&reading, layout.text, layout.len))
        return false;
    if (reading.twelve)
        reading.civil.hour = reading.civil.hour % 12 + (reading.pm ? 12 : 0);
    if (!is_valid(&reading.civil))
        return false;
    const struct zone *there = reading.has_offset ? NULL : zone;
    int64_t unix_s = time_from_civil(&reading.civil, there) - reading.offset_s;
    *ret = (struct when){.unix_s = unix_s, .ns = reading.ns, .offset_s = reading.offset_s, .zone = there};
    return true;
}

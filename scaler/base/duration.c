/* Owns durations in text. Units are Go's: h m s ms us ns, signs and fractions allowed. */
#include "scaler/base/duration.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"

/* Magnitudes may reach 2^63 while they are added up; only a negative result may keep that one. */
#define MAGNITUDE_MAX ((uint64_t)1 << 63)

static const struct unit {
    const char *name;
    uint64_t ns;
} units[] = {
    {"ns", 1},       {"us", 1000},       {"\u00b5s", 1000},   {"\u03bcs", 1000},
    {"ms", 1000000}, {"s", 1000000000u}, {"m", 60000000000u}, {"h", 3600000000000u},
};

static uint64_t find_unit(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (strlen(units[i].name) == len && memcmp(units[i].name, name, len) == 0)
            return units[i].ns;
    return 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_whole(const char **at, uint64_t *ret)
{
    uint64_t value = 0;
    for (; is_digit(**at); (*at)++) {
        if (value > MAGNITUDE_MAX / 10)
            return false;
        value = value * 10 + (uint64_t)(**at - '0');
        if (value > MAGNITUDE_MAX)
            return false;
    }
    *ret = value;
    return true;
}

/* Digits behind the point; those that no longer fit are dropped, not refused. */
static void take_fraction(const char **at, uint64_t *ret, double *ret_scale)
{
    uint64_t value = 0;
    double scale = 1;
    bool full = false;
    for (; is_digit(**at); (*at)++) {
        if (full || value > (MAGNITUDE_MAX - 1) / 10) {
            full = true;
            continue;
        }
        uint64_t next = value * 10 + (uint64_t)(**at - '0');
        if (next > MAGNITUDE_MAX) {
            full = true;
            continue;
        }
        value = next;
        scale *= 10;
    }
    *ret = value;
    *ret_scale = scale;
}

/* One "1.5h". The fraction goes through a double with Go's order of operations, so the last nanosecond is the
 * same. */
static bool take_part(const char **at, uint64_t *ret_ns)
{
    uint64_t whole, fraction = 0;
    double scale = 1;
    const char *start = *at;
    if (!take_whole(at, &whole))
        return false;
    bool digits = *at != start;
    if (**at == '.') {
        start = ++*at;
        take_fraction(at, &fraction, &scale);
        digits = digits || *at != start;
    }
    size_t name = strcspn(*at, ".0123456789");
    uint64_t unit = find_unit(*at, name);
    *at += name;
    if (!digits || !unit || whole > MAGNITUDE_MAX / unit)
        return false;
    *ret_ns = whole * unit;
    if (fraction > 0)
        *ret_ns += (uint64_t)((double)fraction * ((double)unit / scale));
    return *ret_ns <= MAGNITUDE_MAX;
}

static bool parse_go(const char *text, int64_t *ret_ns)
{
    bool negative = *text == '-';
    text += *text == '-' || *text == '+';
    if (strcmp(text, "0") == 0) {
        *ret_ns = 0;
        return true;
    }
    uint64_t total = 0;
    if (!*text)
        return false;
    while (*text) {
        uint64_t part;
        if (!take_part(&text, &part) || (total += part) > MAGNITUDE_MAX)
            return false;
    }
    if (!negative && total > INT64_MAX)
        return false;
    *ret_ns = negative ? (int64_t)(0 - total) : (int64_t)total;
    return true;
}

int duration_parse_go(const char *text, int64_t *ret_ns, struct err *err)
{
    if (!parse_go(text, ret_ns))
        return err_set(err, ERR_INVALID, "\"%.60s\" is not a duration such as 30s, 1m30s or 200ms", text);
    return 0;
}

int duration_parse_param(const char *text, int64_t *ret_ns, struct err *err)
{
    int64_t ns;
    if (!parse_go(text, &ns)) {
        int64_t ms;
        if (number_parse_go_int(text, &ms, NULL) != 0)
            return err_set(err, ERR_INVALID,
                           "\"%.60s\" is neither a duration such as 30s nor a number of milliseconds", text);
        if (ms < 0)
            return err_set(err, ERR_INVALID, "\"%.60s\": a duration cannot be negative", text);
        /* Beyond 292 years it wraps, as upstream: to a negative duration, which a row's minimum refuses. */
        *ret_ns = (int64_t)((uint64_t)ms * 1000000);
        return 0;
    }
    if (ns < 0)
        return err_set(err, ERR_INVALID, "\"%.60s\": a duration cannot be negative", text);
    *ret_ns = ns;
    return 0;
}

const char *duration_format_ms(int64_t ms, char *buf, size_t size)
{
    uint64_t left = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
    const struct {
        const char *name;
        uint64_t ms;
    } parts[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
    char text[64];
    size_t len = (size_t)snprintf(text, sizeof(text), "%s", ms < 0 ? "-" : "");
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (left < parts[i].ms)
            continue;
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%llu%s",
                                (unsigned long long)(left / parts[i].ms), parts[i].name);
        left %= parts[i].ms;
    }
    (void)snprintf(buf, size, "%s", ms == 0 ? "0s" : text);
    return buf;
}

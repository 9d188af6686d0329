/* Owns finding time zones, and going between instants and local times. File format: tzif.c; rules for later
 * times: posix_tz.c. */
#include "scaler/base/zone.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "scaler/base/civil.h"
#include "scaler/base/file.h"
#include "scaler/base/mem.h"
#include "scaler/base/zone_internal.h"

#define DAY_S          INT64_C(86400)
#define FILE_MAX_BYTES ((size_t)1 << 20) /* the largest of the database is below 4 KiB */
#define NAME_MAX_BYTES 255
/* One zone has many spellings ("a//b", "a/./b"): what is kept for good needs an end. */
#define ZONES_MAX 4096
/* Far beyond any use, near enough that no sum overflows. */
#define UNIX_MAX ((int64_t)1 << 55)
#define YEAR_MAX ((int64_t)1 << 29)

static struct zone_type utc_type = {.abbreviation = "UTC"};
static const struct zone utc = {.name = "UTC", .types_len = 1, .types = &utc_type};

/* Objects are checked by several threads at once. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct zone *zones; /* by name; for the rest of the process's life */

/* ---- finding ---- */

static bool name_is_safe(const char *name)
{
    return *name != '/' && *name != '\\' && !strstr(name, "..") && strlen(name) <= NAME_MAX_BYTES;
}

static int load_file(const char *dir, const char *name, struct zone *zone, struct err *err)
{
    AUTO_FREE char *path = mem_printf("%s/%s", dir, name);
    AUTO_FREE char *bytes = NULL;
    size_t len;
    int rc = file_read(path, FILE_MAX_BYTES, &bytes, &len, err);
    if (rc < 0)
        return rc;
    rc = tzif_parse(bytes, len, zone, err);
    if (rc < 0)
        err_wrap(err, "%s", path);
    return rc;
}

/* The first directory that has a sound file of that name. What else was found there is only told when nothing
 * is. */
static int load(const char *name, struct zone *zone, struct err *err)
{
    const char *const dirs[] = {getenv("ZONEINFO"), "/usr/share/zoneinfo", "/usr/share/lib/zoneinfo",
                                "/usr/lib/locale/TZ", "/etc/zoneinfo"};
    struct err first = {0};
    for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
        struct err now = {0};
        if (!dirs[i] || !*dirs[i])
            continue;
        if (load_file(dirs[i], name, zone, &now) == 0)
            return 0;
        zone_tables_done(zone);
        if (now.code != ERR_NOT_FOUND && first.code == 0)
            first = now;
    }
    if (first.code != 0)
        return err_set(err, (enum err_code)first.code, "time zone \"%.64s\": %s", name, first.msg);
    return err_set(err, ERR_NOT_FOUND, "unknown time zone \"%.64s\"", name);
}

static int find_or_load(const char *name, const struct zone **ret, struct err *err)
{
    struct zone *zone = NULL;
    HASH_FIND_STR(zones, name, zone);
    if (zone) {
        *ret = zone;
        return 0;
    }
    if (HASH_COUNT(zones) >= ZONES_MAX)
        return err_set(err, ERR_LIMIT, "more than %d time zones", ZONES_MAX);
    zone = mem_zalloc(sizeof(*zone));
    int rc = load(name, zone, err);
    if (rc < 0) {
        mem_free(zone);
        return rc;
    }
    zone->name = mem_strdup(name);
    HASH_ADD_KEYPTR(hh, zones, zone->name, strlen(zone->name), zone);
    *ret = zone;
    return 0;
}

int zone_find(const char *name, const struct zone **ret, struct err *err)
{
    /* A container's local time is UTC; what /etc/localtime of some laptop says is no property of a manifest.
     */
    if (!*name || strcmp(name, "UTC") == 0 || strcmp(name, "Local") == 0) {
        *ret = &utc;
        return 0;
    }
    if (!name_is_safe(name))
        return err_set(err, ERR_NOT_FOUND, "\"%.64s\" is no time zone's name", name);
    (void)pthread_mutex_lock(&lock);
    int rc = find_or_load(name, ret, err);
    (void)pthread_mutex_unlock(&lock);
    return rc;
}

const char *zone_name(const struct zone *zone)
{
    return zone->name;
}

/* ---- looking up ---- */

/* What holds before the first change: a type no change leads to, if it is the first; else the first one that
 * is no summer time, preferably of those before the first change's. */
static const struct zone_type *first_type(const struct zone *zone)
{
    const struct zone_type *types = zone->types;
    size_t len = zone->types_len;
    if (zone->changes_len == 0 || !memchr(zone->change_types, 0, zone->changes_len))
        return &types[0];
    if (types[zone->change_types[0]].dst)
        for (size_t i = zone->change_types[0]; i-- > 0;)
            if (!types[i].dst)
                return &types[i];
    for (size_t i = 0; i < len; i++)
        if (!types[i].dst)
            return &types[i];
    return &types[0];
}

/* The number of changes at or before unix_s. */
static size_t changes_until(const struct zone *zone, int64_t unix_s)
{
    size_t low = 0, high = zone->changes_len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->changes[middle] <= unix_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct zone_span span_at(const struct zone *zone, int64_t unix_s)
{
    size_t n = changes_until(zone, unix_s), len = zone->changes_len;
    int64_t start = n > 0 ? zone->changes[n - 1] : INT64_MIN;
    if (n == len && zone->rule)
        return posix_tz_lookup(zone->rule, start, unix_s);
    return (struct zone_span){
        .type = n > 0 ? &zone->types[zone->change_types[n - 1]] : first_type(zone),
        .start = start,
        .end = n < len ? zone->changes[n] : INT64_MAX,
    };
}

static int64_t clamp(int64_t value, int64_t limit)
{
    return value > limit ? limit : value < -limit ? -limit : value;
}

int32_t zone_offset_at(const struct zone *zone, int64_t unix_s)
{
    return span_at(zone, clamp(unix_s, UNIX_MAX)).type->offset;
}

const char *zone_abbreviation_at(const struct zone *zone, int64_t unix_s)
{
    return span_at(zone, clamp(unix_s, UNIX_MAX)).type->abbreviation;
}

void zone_civil(const struct zone *zone, int64_t unix_s, struct civil *ret)
{
    int64_t local = clamp(unix_s, UNIX_MAX) + zone_offset_at(zone, unix_s);
    int64_t days = civil_floor_div(local, DAY_S);
    int of_day = (int)(local - days * DAY_S);
    struct civil_date date = civil_from_days(days);
    *ret = (struct civil){
        .year = date.year,
        .month = date.month,
        .day = date.day,
        .hour = of_day / 3600,
        .minute = of_day / 60 % 60,
        .second = of_day % 60,
        .weekday = civil_weekday(days),
        .year_day = civil_year_day(date.year, date.month, date.day),
    };
}

/* As if the clocks showed UTC. */
static int64_t plain_seconds(const struct civil *civil)
{
    int64_t months = clamp(civil->year, YEAR_MAX) * 12 + civil->month - 1;
    int64_t year = civil_floor_div(months, 12);
    int64_t days = civil_to_days(year, (int)(months - year * 12) + 1, civil->day);
    return days * DAY_S + (int64_t)civil->hour * 3600 + (int64_t)civil->minute * 60 + civil->second;
}

/* Go guesses: the offset that holds when the wall clock's reading is taken for UTC. If it does not hold at
 * the instant this leads to, the one that does there is taken, without a further look. */
int64_t zone_to_unix(const struct zone *zone, const struct civil *civil)
{
    int64_t plain = plain_seconds(civil);
    struct zone_span span = span_at(zone, plain);
    int64_t guess = plain - span.type->offset;
    if (span.type->offset != 0 && (guess < span.start || guess >= span.end))
        return plain - zone_offset_at(zone, guess);
    return guess;
}

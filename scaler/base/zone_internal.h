/* A time zone's tables, shared by zone.c (looking up), tzif.c (reading files) and posix_tz.c (the rule for
 * times beyond the table). Not for others. */
#ifndef SCALER_BASE_ZONE_INTERNAL_H
#define SCALER_BASE_ZONE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "scaler/base/err.h"

/* Beyond this, east or west, an offset is no zone's but a broken file's. */
#define ZONE_OFFSET_MAX_S (168 * 3600)

struct zone_type {
    int32_t offset; /* seconds east of UTC */
    bool dst;
    const char *abbreviation;
};

/* A stretch of time with one offset: start ≤ t < end. */
struct zone_span {
    const struct zone_type *type;
    int64_t start, end;
};

enum posix_day_kind {
    POSIX_DAY_JULIAN,     /* Jn: 1 … 365, 29 February is never counted */
    POSIX_DAY_OF_YEAR,    /* n: 0 … 365 */
    POSIX_DAY_MONTH_WEEK, /* Mm.w.d: the w-th (5: last) weekday d of month m */
};

struct posix_change {
    enum posix_day_kind kind;
    int month, week, day;
    int32_t time_s; /* of the local clock before the change; may be negative or beyond a day */
};

#define POSIX_NAME_MAX 32

/* "CET-1CEST,M3.5.0,M10.5.0/3" */
struct posix_tz {
    struct zone_type standard, summer;
    bool has_summer;
    struct posix_change start, end; /* of summer time */
    char names[2][POSIX_NAME_MAX];
};

struct zone {
    UT_hash_handle hh;
    char *name;
    size_t changes_len;
    int64_t *changes; /* ascending: when change_types[i] begins */
    uint8_t *change_types;
    size_t types_len; /* > 0 */
    struct zone_type *types;
    char *abbreviations;
    struct posix_tz *rule; /* from the last change on; NULL: the last type stays */
};

/* Fills a zeroed zone; ERR_PROTOCOL when bytes are no sound TZif file. zone_tables_done in either case. */
int tzif_parse(const char *bytes, size_t len, struct zone *zone, struct err *err);
void zone_tables_done(struct zone *zone);

bool posix_tz_parse(const char *text, size_t len, struct posix_tz *ret); /* false: not such a rule */
/* since: the last change of the table, where a zone without summer time starts. */
struct zone_span posix_tz_lookup(const struct posix_tz *rule, int64_t since, int64_t unix_s);

#endif

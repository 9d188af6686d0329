/* IANA time zones and the civil calendar, as Go's time package reads them. Zones come from the system's
 * tzdata (TZif files); nothing of libc's process-wide TZ state is used. */
#ifndef SCALER_BASE_ZONE_H
#define SCALER_BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "scaler/base/err.h"

struct zone;

struct civil {
    int64_t year;
    int month; /* 1 … 12; more or less is carried over by zone_to_unix */
    int day;   /* 1 … 31; likewise, as the next three */
    int hour, minute, second;
    int weekday;  /* 0 Sunday … 6; output only */
    int year_day; /* 1 … 366; output only */
};

/* name: "" and "UTC" are UTC, else a case-sensitive IANA name ("Europe/Berlin"); no path outside the
 * database. ERR_NOT_FOUND: no such zone. Loaded zones are shared and live until the process ends; a name is
 * read from disk once. */
int zone_find(const char *name, const struct zone **ret, struct err *err);
const char *zone_name(const struct zone *zone);

int32_t zone_offset_at(const struct zone *zone, int64_t unix_s); /* seconds east of UTC */
const char *zone_abbreviation_at(const struct zone *zone, int64_t unix_s);
void zone_civil(const struct zone *zone, int64_t unix_s, struct civil *ret);
/* As Go's time.Date: fields out of range are carried over; a time that does not exist, or exists twice, is
 * read with the offset Go chooses. */
int64_t zone_to_unix(const struct zone *zone, const struct civil *civil);

#endif

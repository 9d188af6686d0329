/* The proleptic Gregorian calendar, without any time zone. */
#ifndef SCALER_BASE_CIVIL_H
#define SCALER_BASE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

struct civil_date {
    int64_t year;
    int month; /* 1 … 12 */
    int day;   /* 1 … 31 */
};

/* Rounds towards minus infinity; b > 0. */
int64_t civil_floor_div(int64_t a, int64_t b);

bool civil_is_leap(int64_t year);
int civil_days_in_month(int64_t year, int month); /* month 1 … 12 */

/* Days since 1970-01-01. month 1 … 12; any day: it is added as it is. */
int64_t civil_to_days(int64_t year, int month, int64_t day);
struct civil_date civil_from_days(int64_t days);

int civil_weekday(int64_t days);                      /* 0 Sunday … 6 Saturday */
int civil_year_day(int64_t year, int month, int day); /* 1 … 366 */

#endif

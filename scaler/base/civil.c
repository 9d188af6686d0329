/* Owns calendar arithmetic. Clock readings and time zones are others' (clock.c, zone.c). */
#include "scaler/base/civil.h"

int64_t civil_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

bool civil_is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int civil_days_in_month(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && civil_is_leap(year));
}

/* Years are counted from March, so that the leap day is the last of its year; 146097 days make the 400-year
 * cycle and 719468 lie between 0000-03-01 and 1970-01-01. */
int64_t civil_to_days(int64_t year, int month, int64_t day)
{
    year -= month <= 2;
    int64_t cycle = civil_floor_div(year, 400);
    int64_t of_cycle = year - cycle * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return cycle * 146097 + of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + of_year - 719468;
}

struct civil_date civil_from_days(int64_t days)
{
    days += 719468;
    int64_t cycle = civil_floor_div(days, 146097);
    int64_t rest = days - cycle * 146097;
    int64_t of_cycle = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
    int64_t of_year = rest - (365 * of_cycle + of_cycle / 4 - of_cycle / 100);
    int64_t from_march = (5 * of_year + 2) / 153;
    struct civil_date date = {
        .month = (int)(from_march < 10 ? from_march + 3 : from_march - 9),
        .day = (int)(of_year - (153 * from_march + 2) / 5 + 1),
    };
    date.year = of_cycle + cycle * 400 + (date.month <= 2);
    return date;
}

int civil_weekday(int64_t days)
{
    int64_t from_thursday = days - civil_floor_div(days, 7) * 7; /* 1970-01-01 was one */
    return (int)((from_thursday + 4) % 7);
}

int civil_year_day(int64_t year, int month, int day)
{
    return (int)(civil_to_days(year, month, day) - civil_to_days(year, 1, 1)) + 1;
}

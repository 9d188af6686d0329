/* Owns the next firing of a schedule. The search is the library's that KEDA uses, move by move: which local
 * times fire on a day with a change of the clocks follows from how it gets there. Grammar: grammar.c. */
#include "scalers/cron/schedule.h"

#include <string.h>

#include "scaler/base/zone.h"

#define HOUR_S 3600
#define DAY_S  86400
/* The longest honest search takes some 2,500 moves: five years of days, and a day of hours and minutes. */
#define MOVES_MAX 20000
#define YEARS_MAX 5

struct search {
    const struct cron_schedule *schedule;
    const struct zone *zone;
    int64_t at;
    struct civil local;
    bool floored; /* smaller units were cut once; from then on moves keep them at their lowest */
    unsigned moves;
};

static void move_to(struct search *search, int64_t at)
{
    search->at = at;
    zone_civil(search->zone, at, &search->local);
    search->moves++;
}

static bool tired(const struct search *search)
{
    return search->moves > MOVES_MAX;
}

static bool has(uint64_t field, int value)
{
    return field >> value & 1;
}

/* Cuts to the start of the month, day or hour that the zeros say. */
static void floor_once(struct search *search, int day, int hour)
{
    if (search->floored)
        return;
    search->floored = true;
    struct civil floor = {.year = search->local.year, .month = search->local.month, .day = day, .hour = hour};
    move_to(search, zone_to_unix(search->zone, &floor));
}

static void add_date(struct search *search, int months, int days)
{
    struct civil next = search->local;
    next.month += months;
    next.day += days;
    move_to(search, zone_to_unix(search->zone, &next));
}

/* Where midnight is skipped or doubled, the way leads to 23:00 or 01:00. Where the calendar leaves a whole
 * day out (Apia, 2011-12-30), the library stands still for ever; we go on with the day after. */
static void next_day(struct search *search)
{
    int64_t before = search->at;
    add_date(search, 0, 1);
    int hour = search->local.hour;
    if (hour > 12)
        move_to(search, search->at + (int64_t)(24 - hour) * HOUR_S);
    else if (hour != 0)
        move_to(search, search->at - (int64_t)hour * HOUR_S);
    if (search->at <= before)
        move_to(search, before + DAY_S);
}

/* Both day fields must agree if one of them is a star, else one is enough. */
static bool day_fires(const struct search *search)
{
    uint64_t day = search->schedule->day, weekday = search->schedule->weekday;
    bool by_day = has(day, search->local.day), by_weekday = has(weekday, search->local.weekday);
    if ((day | weekday) & CRON_STAR)
        return by_day && by_weekday;
    return by_day || by_weekday;
}

/* The finders of each unit: false when a larger unit came round and has to be looked at again. */

static bool find_month(struct search *search)
{
    while (!has(search->schedule->month, search->local.month) && !tired(search)) {
        floor_once(search, 1, 0);
        add_date(search, 1, 0);
        if (search->local.month == 1)
            return false;
    }
    return true;
}

static bool find_day(struct search *search)
{
    while (!day_fires(search) && !tired(search)) {
        floor_once(search, search->local.day, 0);
        next_day(search);
        if (search->local.day == 1)
            return false;
    }
    return true;
}

static bool find_hour(struct search *search)
{
    while (!has(search->schedule->hour, search->local.hour) && !tired(search)) {
        floor_once(search, search->local.day, search->local.hour);
        move_to(search, search->at + HOUR_S);
        if (search->local.hour == 0)
            return false;
    }
    return true;
}

static bool find_minute(struct search *search)
{
    while (!has(search->schedule->minute, search->local.minute) && !tired(search)) {
        if (!search->floored) { /* the instant's minute: an offset with odd seconds is not looked at */
            int64_t over = search->at % 60;
            search->floored = true;
            search->at -= over < 0 ? over + 60 : over;
        }
        move_to(search, search->at + 60);
        if (search->local.minute == 0)
            return false;
    }
    return true;
}

/* The second is always 0. */
static bool find_second(struct search *search)
{
    while (search->local.second != 0 && !tired(search)) {
        search->floored = true;
        move_to(search, search->at + 1);
        if (search->local.second == 0)
            return false;
    }
    return true;
}

static bool find_all(struct search *search)
{
    return find_month(search) && find_day(search) && find_hour(search) && find_minute(search) &&
           find_second(search);
}

/* An empty field ("," alone) needs no search of five years of minutes. */
static bool may_fire(const struct cron_schedule *schedule)
{
    return schedule->month && schedule->hour && schedule->minute;
}

int cron_schedule_next(const struct cron_schedule *schedule, const struct zone *zone, int64_t unix_s,
                       struct cron_firing *ret, struct err *err)
{
    struct search search = {.schedule = schedule, .zone = schedule->zone ? schedule->zone : zone};
    if (!may_fire(schedule)) {
        *ret = (struct cron_firing){.ever = false};
        return 0;
    }
    move_to(&search, unix_s + 1);
    int64_t last_year = search.local.year + YEARS_MAX;
    bool found = false;
    while (!found && search.local.year <= last_year && !tired(&search))
        found = find_all(&search);
    if (tired(&search))
        return err_set(err, ERR_LIMIT, "no firing found within %d steps", MOVES_MAX);
    *ret = (struct cron_firing){.ever = found, .unix_s = found ? search.at : 0};
    return 0;
}

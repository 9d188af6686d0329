/* Owns reading schedules: "[TZ=Zone ]minute hour day month weekday". What is lenient here is so in the
 * library that KEDA uses: empty list items, a sign before a number, anything between `*-` and the step. */
#include <string.h>
#include <strings.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/text.h"
#include "scaler/base/zone.h"
#include "scalers/cron/schedule.h"

#define FIELDS 5

struct field {
    const char *title;
    int min, max;
    const char *const *names; /* of min and what follows; NULL-terminated */
};

static const char *const no_names[] = {NULL};
static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                          "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

static const struct field fields[FIELDS] = {
    {"minute", 0, 59, no_names},          {"hour", 0, 23, no_names},
    {"day of month", 1, 31, no_names},    {"month", 1, 12, month_names},
    {"day of week", 0, 6, weekday_names},
};

/* A part of the schedule's text. */
struct piece {
    const char *at;
    size_t len;
};

/* What stands before the first `separator`; rest becomes what stands behind it. false: there is none, and the
 * piece is the whole. */
static bool split(struct piece whole, char separator, struct piece *ret, struct piece *rest)
{
    const char *stop = memchr(whole.at, separator, whole.len);
    *ret = whole;
    *rest = (struct piece){0};
    if (!stop)
        return false;
    ret->len = (size_t)(stop - whole.at);
    *rest = (struct piece){stop + 1, whole.len - ret->len - 1};
    return true;
}

static bool contains(struct piece piece, char c)
{
    return piece.len > 0 && memchr(piece.at, c, piece.len);
}

static int bad(struct err *err, const struct field *field, struct piece piece, const char *why)
{
    return err_set(err, ERR_CONFIG, "%s \"%.*s\": %s", field->title, (int)(piece.len < 40 ? piece.len : 40),
                   piece.at, why);
}

static int read_number(const struct field *field, struct piece piece, int64_t *ret, struct err *err)
{
    AUTO_FREE char *text = mem_strndup(piece.at, piece.len);
    int64_t value;
    if (number_parse_go_int(text, &value, NULL) < 0)
        return bad(err, field, piece, field->names[0] ? "is neither a number nor a name" : "is not a number");
    if (value < 0)
        return bad(err, field, piece, "is negative");
    *ret = value;
    return 0;
}

static int read_value(const struct field *field, struct piece piece, int64_t *ret, struct err *err)
{
    for (int i = 0; field->names[i]; i++)
        if (piece.len == 3 && strncasecmp(field->names[i], piece.at, 3) == 0) {
            *ret = field->min + i;
            return 0;
        }
    return read_number(field, piece, ret, err);
}

struct range {
    int64_t first, last, step;
    bool star;
};

static bool is_star(struct piece piece)
{
    return piece.len == 1 && (*piece.at == '*' || *piece.at == '?');
}

/* "*", "?", "N", "N-M". `open_ended`: a step behind a single value counts to the field's end. */
static int read_ends(const struct field *field, struct piece piece, struct range *ret, bool *open_ended,
                     struct err *err)
{
    struct piece low, high;
    bool pair = split(piece, '-', &low, &high);
    *open_ended = !pair;
    ret->star = is_star(low);
    if (ret->star) {
        ret->first = field->min;
        ret->last = field->max;
        return 0;
    }
    if (contains(high, '-'))
        return bad(err, field, piece, "has more than one hyphen");
    int rc = read_value(field, low, &ret->first, err);
    ret->last = ret->first;
    if (rc == 0 && pair)
        rc = read_value(field, high, &ret->last, err);
    return rc;
}

static int read_range(const struct field *field, struct piece piece, struct range *ret, struct err *err)
{
    struct piece ends, step;
    bool stepped = split(piece, '/', &ends, &step), open_ended;
    int rc = read_ends(field, ends, ret, &open_ended, err);
    if (rc < 0)
        return rc;
    ret->step = 1;
    if (!stepped)
        return 0;
    if (contains(step, '/'))
        return bad(err, field, piece, "has more than one slash");
    rc = read_number(field, step, &ret->step, err);
    if (open_ended)
        ret->last = field->max;
    if (ret->step > 1)
        ret->star = false;
    return rc;
}

static int check_range(const struct field *field, struct piece piece, const struct range *range,
                       struct err *err)
{
    if (range->first < field->min)
        return bad(err, field, piece, "begins below the field's range");
    if (range->last > field->max)
        return bad(err, field, piece, "ends above the field's range");
    if (range->first > range->last)
        return bad(err, field, piece, "begins after its end");
    if (range->step == 0)
        return bad(err, field, piece, "has a step of 0");
    return 0;
}

static int add_range(const struct field *field, struct piece piece, uint64_t *bits, struct err *err)
{
    struct range range = {0};
    int rc = read_range(field, piece, &range, err);
    if (rc == 0)
        rc = check_range(field, piece, &range, err);
    if (rc < 0)
        return rc;
    int64_t step = range.step > 64 ? 64 : range.step; /* beyond every field */
    for (int64_t value = range.first; value <= range.last; value += step)
        *bits |= UINT64_C(1) << value;
    if (range.star)
        *bits |= CRON_STAR;
    return 0;
}

static int read_field(const struct field *field, struct piece list, uint64_t *ret, struct err *err)
{
    for (bool more = true; more;) {
        struct piece item, rest;
        more = split(list, ',', &item, &rest);
        int rc = item.len > 0 ? add_range(field, item, ret, err) : 0;
        if (rc < 0)
            return rc;
        list = rest;
    }
    return 0;
}

/* The next run of what is not white space; len 0 at the end. */
static struct piece next_word(const char **at, const char *end)
{
    for (size_t width; (width = text_space_width(*at, (size_t)(end - *at))) > 0;)
        *at += width;
    struct piece word = {*at, 0};
    while (*at < end && text_space_width(*at, (size_t)(end - *at)) == 0)
        ++*at;
    word.len = (size_t)(*at - word.at);
    return word;
}

/* "TZ=Asia/Seoul 0 8 * * *": moves *at behind the zone. Local is the caller's zone, as without a prefix. */
static int read_zone(const char **at, const struct zone **ret, struct err *err)
{
    if (!text_starts_with(*at, "TZ=") && !text_starts_with(*at, "CRON_TZ="))
        return 0;
    const char *name = strchr(*at, '=') + 1;
    const char *stop = strchr(name, ' ');
    if (!stop)
        return err_set(err, ERR_CONFIG, "nothing but a time zone");
    AUTO_FREE char *text = mem_strndup(name, (size_t)(stop - name));
    *at = stop;
    if (strcmp(text, "Local") == 0 || zone_find(text, ret, err) == 0)
        return 0;
    if (err)
        err->code = ERR_CONFIG;
    return ERR_CONFIG;
}

int cron_schedule_parse(const char *text, struct cron_schedule *ret, struct err *err)
{
    const char *at = text, *end = text + strlen(text);
    struct cron_schedule schedule = {0};
    uint64_t *const bits[FIELDS] = {&schedule.minute, &schedule.hour, &schedule.day, &schedule.month,
                                    &schedule.weekday};
    struct piece words[FIELDS + 1];
    size_t count = 0;
    int rc = read_zone(&at, &schedule.zone, err);
    if (rc < 0)
        return rc;
    while (count <= FIELDS && (words[count] = next_word(&at, end)).len > 0)
        count++;
    if (count > 0 && *words[0].at == '@')
        return err_set(err, ERR_CONFIG, "descriptors such as @daily are not understood; use five fields");
    if (count != FIELDS)
        return err_set(err, ERR_CONFIG, "must have five fields: minute hour day-of-month month day-of-week");
    for (size_t i = 0; i < FIELDS && rc == 0; i++)
        rc = read_field(&fields[i], words[i], bits[i], err);
    if (rc == 0)
        *ret = schedule;
    return rc;
}

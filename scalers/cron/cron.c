/* Trigger type cron: between a firing of `start` and the next one of `end` there are desiredReplicas. Nobody
 * is asked; the source only hands answers over in the loop's next turn, as the contract wants it. */
#include "scalers/cron/cron.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <utlist.h>

#include "scaler/base/civil.h"
#include "scaler/base/clock.h"
#include "scaler/base/mem.h"
#include "scaler/base/zone.h"
#include "scaler/net/net.h"
#include "scalers/api.h"
#include "scalers/shared/key.h"

struct reading {
    struct reading *next, *prev;
    const struct cron_config *config;
    scaler_done_fn done;
    void *arg;
};

struct scaler_source {
    struct net *net;
    struct reading *readings;
    bool deferred; /* answer_all will come */
    bool closing;
    void (*closed)(void *arg);
    void *closed_arg;
};

/* ---- the answer ---- */

/* A start that never comes lies before everything, as does such an end: always active with the former, never
 * with the latter alone. Equal firings are active: the schedules say start last. */
static bool in_window(const struct cron_firing *start, const struct cron_firing *end)
{
    if (!start->ever || !end->ever)
        return !start->ever;
    return end->unix_s <= start->unix_s;
}

int cron_evaluate(const struct cron_config *config, int64_t now_ms, struct cron_answer *ret, struct err *err)
{
    const struct zone *zone = NULL;
    struct cron_answer answer = {0};
    int64_t now = civil_floor_div(now_ms, 1000);
    /* Whatever the database's trouble is, it is this trigger's, not a source's that gives no answers. */
    struct err why = {0};
    if (zone_find(config->timezone, &zone, &why) < 0)
        return err_set(err, ERR_CONFIG, "timezone: %s", why.msg);
    if (cron_schedule_next(&config->start_schedule, zone, now, &answer.next_start, &why) < 0)
        return err_set(err, ERR_CONFIG, "start: %s", why.msg);
    if (cron_schedule_next(&config->end_schedule, zone, now, &answer.next_end, &why) < 0)
        return err_set(err, ERR_CONFIG, "end: %s", why.msg);
    answer.active = in_window(&answer.next_start, &answer.next_end);
    if (answer.active && config->desired_replicas > 0)
        answer.value = (double)config->desired_replicas;
    *ret = answer;
    return 0;
}

static int evaluate(const void *config, int64_t now_ms, struct scaler_result *ret, struct err *err)
{
    struct cron_answer answer;
    int rc = cron_evaluate(config, now_ms, &answer, err);
    if (rc == 0)
        *ret = (struct scaler_result){
            .state = SCALER_OK, .value = answer.value, .activity = answer.active ? 1 : 0};
    return rc;
}

/* ---- parameters ---- */

static void check_schedule(const char *key, const char *text, struct cron_schedule *ret,
                           struct params_error_sink *sink)
{
    struct err err = {0};
    if (text && cron_schedule_parse(text, ret, &err) < 0)
        params_report(sink, key, "\"%.64s\": %s", text, err.msg);
}

static void check(void *config, const struct params_context *context, struct params_error_sink *sink)
{
    (void)context;
    struct cron_config *self = config;
    const struct zone *zone;
    struct err err = {0};
    check_schedule("start", self->start, &self->start_schedule, sink);
    check_schedule("end", self->end, &self->end_schedule, sink);
    if (self->start && self->end && strcmp(self->start, self->end) == 0)
        params_report(sink, "end", "is the same as start");
    if (self->desired_replicas == 0)
        params_report(sink, "desiredReplicas", "must not be 0");
    /* Another machine may know it, or this one tomorrow; until then each reading is an error. */
    if (self->timezone && zone_find(self->timezone, &zone, &err) < 0)
        params_warn(sink, "timezone", "%s: every reading will be an error", err.msg);
}

static void add_schedule(struct strbuf *name, const char *text)
{
    static const struct {
        char from;
        const char *to;
    } words[] = {{' ', ""}, {'*', "x"}, {'/', "Sl"}, {'?', "Qm"}, {',', "Cm"}};
    for (const char *at = text; *at; at++) {
        const char *to = NULL;
        for (size_t i = 0; i < ARRAY_LEN(words); i++)
            if (*at == words[i].from)
                to = words[i].to;
        if (to)
            strbuf_append(name, to);
        else
            strbuf_append_c(name, *at);
    }
}

static void describe(const void *config, struct scaler_target *ret)
{
    const struct cron_config *self = config;
    AUTO_STRBUF struct strbuf name;
    strbuf_init_max(&name, SCALER_METRIC_NAME_MAX - 1);
    strbuf_printf(&name, "cron-%s-", self->timezone);
    add_schedule(&name, self->start);
    strbuf_append_c(&name, '-');
    add_schedule(&name, self->end);
    *ret = (struct scaler_target){.threshold = 1, .activation = 0};
    memcpy(ret->metric_name, name.data, name.len + 1);
    scaler_normalize_name(ret->metric_name);
}

/* ---- the source: one for all ---- */

static void source_key(const void *config, struct strbuf *key)
{
    (void)config;
    key_add(key, "clock");
}

static void source_name(const void *config, struct strbuf *name)
{
    (void)config;
    strbuf_append(name, "cron");
}

static void query_key(const void *config, struct strbuf *key)
{
    const struct cron_config *self = config;
    key_add(key, self->timezone);
    key_add(key, self->start);
    key_add(key, self->end);
    key_add_int(key, self->desired_replicas);
}

static int source_open(struct net *net, const void *config, struct scaler_source **ret, struct err *err)
{
    (void)config;
    (void)err;
    struct scaler_source *source = mem_zalloc(sizeof(*source));
    source->net = net;
    *ret = source;
    return 0;
}

/* The wall clock, not the loop's: a window is open when clocks on the wall say so, also after the system's
 * was set right or the machine slept. */
static void answer(struct scaler_source *source, const struct reading *reading)
{
    struct scaler_result result;
    struct err err = {0};
    int rc = source->closing ? err_set(&err, ERR_CANCELED, "closed")
                             : evaluate(reading->config, clock_wall_ms(), &result, &err);
    reading->done(rc < 0 ? NULL : &result, rc < 0 ? &err : NULL, reading->arg);
}

/* Answers may lead to new readings (for the next turn) and to a close (whose end is also the next turn's). */
static void answer_all(void *arg)
{
    struct scaler_source *source = arg;
    struct reading *readings = source->readings;
    bool ends = source->closing;
    source->readings = NULL;
    source->deferred = false;
    while (readings) {
        struct reading *reading = readings;
        DL_DELETE(readings, reading);
        answer(source, reading);
        mem_free(reading);
    }
    if (!ends)
        return;
    void (*closed)(void *) = source->closed;
    void *closed_arg = source->closed_arg;
    mem_free(source);
    closed(closed_arg);
}

static void answer_later(struct scaler_source *source)
{
    if (source->deferred)
        return;
    source->deferred = true;
    net_defer(source->net, answer_all, source);
}

static int source_read(struct scaler_source *source, const void *config, scaler_done_fn done, void *arg,
                       struct err *err)
{
    (void)err;
    struct reading *reading = mem_alloc(sizeof(*reading));
    *reading = (struct reading){.config = config, .done = done, .arg = arg};
    DL_APPEND(source->readings, reading);
    answer_later(source);
    return 0;
}

static void source_close(struct scaler_source *source, void (*closed)(void *arg), void *arg)
{
    source->closing = true;
    source->closed = closed;
    source->closed_arg = arg;
    answer_later(source);
}

static const char *const names[] = {"cron", NULL};

#define AT(member) offsetof(struct cron_config, member)

static const struct param_row rows[] = {
    {.names = {"timezone"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA},
     .required = true,
     .doc = "Zone of the IANA database that the schedules are read in, such as `Europe/Berlin` or `UTC`.",
     .offset = AT(timezone)},
    {.names = {"start"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA},
     .required = true,
     .doc = "When the window opens: minute, hour, day of month, month, day of week.",
     .offset = AT(start)},
    {.names = {"end"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA},
     .required = true,
     .doc = "When the window closes; likewise.",
     .offset = AT(end)},
    {.names = {"desiredReplicas"},
     .type = PARAM_INT,
     .from = {PARAM_FROM_METADATA},
     .required = true,
     .doc = "Replicas while the window is open; not 0.",
     .offset = AT(desired_replicas)},
};

const struct scaler_type scaler_cron = {
    .schema =
        {
            .names = names,
            .title = "Schedule",
            .doc = "A number of replicas while a window of time is open, and none of its own otherwise. The "
                   "window is open when, from now on, `end` comes before (or together with) `start`. A "
                   "schedule has five fields, each `*`, a number, a range `1-5`, a step `*/15` or a list of "
                   "these; months and days of the week may be names (`jan`, `mon`), Sunday is 0. With both a "
                   "day of month and a day of week either is enough. `TZ=Zone` in front gives a schedule its "
                   "own zone. Times that the clocks skip do not fire that day; `@daily` and the like are not "
                   "understood.",
            .rows = rows,
            .rows_len = ARRAY_LEN(rows),
            .config_size = sizeof(struct cron_config),
            .check = check,
        },
    .max_in_flight = UINT_MAX,
    .describe = describe,
    .source_key = source_key,
    .source_name = source_name,
    .query_key = query_key,
    .open = source_open,
    .read = source_read,
    .evaluate = evaluate,
    .close = source_close,
};

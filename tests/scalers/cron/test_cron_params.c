/* Parameters of the cron trigger: what is refused and under which key, names, keys, and the window itself. */
#include "scaler/base/clock.h"
#include "scalers/api.h"
#include "scalers/cron/cron.h"
#include "tests/support/params.h"
#include "tests/support/suite.h"

extern const struct scaler_type scaler_cron;
static const struct trigger_schema *const schema = &scaler_cron.schema;

#define ZONE   "timezone", "Europe/Berlin"
#define START  "start", "0 8 * * *"
#define END    "end", "0 18 * * *"
#define WINDOW ZONE, START, END
#define FIVE   "desiredReplicas", "5"

static const struct params_case cases[] = {
    {{WINDOW, FIVE}, NULL},
    {{WINDOW, "desiredReplicas", "-3"}, NULL},
    {{ZONE, FIVE, "start", "  0 8 * * *  ", "end", "00 8 * * *"}, NULL},
    {{"timezone", "Local", START, END, FIVE}, NULL},
    {{"timezone", " Asia/Seoul ", START, END, FIVE}, NULL},
    {{START, END, FIVE}, "error timezone: is required"},
    {{ZONE, END, FIVE}, "error start: is required"},
    {{ZONE, START, FIVE}, "error end: is required"},
    {{ZONE, START, "end", "  ", FIVE}, "error end: is required"},
    {{WINDOW}, "error desiredReplicas: is required"},
    {{WINDOW, "desiredReplicas", "0"}, "error desiredReplicas: must not be 0"},
    {{WINDOW, "desiredReplicas", "-0"}, "error desiredReplicas: must not be 0"},
    {{WINDOW, "desiredReplicas", "5.5"}, "error desiredReplicas: must be a whole number"},
    {{WINDOW, "desiredReplicas", "9223372036854775808"}, "error desiredReplicas"},
    {{ZONE, "start", "61 * * * *", END, FIVE}, "error start: \"61 * * * *\": minute \"61\": ends above"},
    {{ZONE, START, "end", "@daily", FIVE}, "error end: \"@daily\": descriptors"},
    {{ZONE, START, "end", "0 18 * *", FIVE}, "error end: \"0 18 * *\": must have five fields"},
    {{ZONE, "start", "TZ=No/Where 0 8 * * *", END, FIVE},
     "error start: \"TZ=No/Where 0 8 * * *\": unknown time"},
    {{ZONE, START, "end", " 0 8 * * * ", FIVE}, "error end: is the same as start"},
    {{"timezone", "europe/berlin", START, END, FIVE},
     "warning timezone: unknown time zone \"europe/berlin\""},
    {{"timezone", "../UTC", START, END, FIVE}, "warning timezone: \"../UTC\" is no time zone's name"},
    {{WINDOW, FIVE, "startsAt", "x"}, "warning startsAt"},
};

START_TEST(parameters)
{
    check_params_case(schema, &cases[_i]);
}
END_TEST

/* One finding does not hide the others, and each comes once. */
START_TEST(all_is_reported)
{
    const char *pairs[] = {"start", "x", "end", "y", "desiredReplicas", "0", NULL};
    struct findings findings;
    findings_init(&findings);
    ck_assert_ptr_null(config_parse(schema, pairs, &findings));
    ck_assert_uint_eq(findings.errors, 4);
    for (const char *const *key = (const char *const[]){"timezone", "start", "end", "desiredReplicas", NULL};
         *key; key++) {
        AUTO_FREE char *lead = mem_printf("error %s: ", *key);
        ck_assert_msg(strstr(findings.text.data, lead) != NULL, "%s", findings.text.data);
    }
    strbuf_done(&findings.text);
}
END_TEST

static const struct {
    const char *timezone, *start, *end, *name;
} names[] = {
    {"Etc/UTC", "0 0 * * Thu", "59 23 * * Thu", "cron-Etc-UTC-00xxThu-5923xxThu"},
    {"Etc/UTC", "0 */2 * * *", "0 1-23/2 * * *", "cron-Etc-UTC-0xSl2xxx-01-23Sl2xxx"},
    {"Etc/UTC", "0,30 * ? * *", "15,45 * * * *", "cron-Etc-UTC-0Cm30xQmxx-15Cm45xxxx"},
    {"UTC", "TZ=Asia/Seoul 0 8 * * *", "0\t9 * * *", "cron-UTC-TZ=AsiaSlSeoul08xxx-0\t9xxx"},
};

START_TEST(describes_itself)
{
    const char *pairs[] = {"timezone", names[_i].timezone, "start",           names[_i].start,
                           "end",      names[_i].end,      "desiredReplicas", "5",
                           NULL};
    struct scaler_target target;
    void *config = config_parse(schema, pairs, NULL);
    scaler_cron.describe(config, &target);
    ck_assert_str_eq(target.metric_name, names[_i].name);
    ck_assert(target.threshold == 1 && target.activation == 0 && !target.missing_is_zero);
    config_drop(schema, config);
}
END_TEST

START_TEST(long_name_is_cut)
{
    AUTO_STRBUF struct strbuf list;
    strbuf_init(&list);
    for (int i = 0; i < 1000; i++)
        strbuf_append(&list, "0,");
    strbuf_append(&list, " * * * *");
    const char *pairs[] = {ZONE, "start", list.data, END, FIVE, NULL};
    struct scaler_target target;
    void *config = config_parse(schema, pairs, NULL);
    scaler_cron.describe(config, &target);
    ck_assert_uint_eq(strlen(target.metric_name), SCALER_METRIC_NAME_MAX - 1);
    config_drop(schema, config);
}
END_TEST

static const char *const differences[][10] = {
    {"timezone", "UTC", START, END, FIVE},
    {ZONE, "start", "0 9 * * *", END, FIVE},
    {ZONE, START, "end", "0 19 * * *", FIVE},
    {WINDOW, "desiredReplicas", "6"},
};

static void keys_of(const char *const *pairs, struct strbuf *source, struct strbuf *query)
{
    void *config = config_parse(schema, pairs, NULL);
    strbuf_init(source);
    strbuf_init(query);
    scaler_cron.source_key(config, source);
    scaler_cron.query_key(config, query);
    config_drop(schema, config);
}

/* One source for all; equal windows share a reading, others do not. */
START_TEST(keys)
{
    const char *const pairs[] = {WINDOW, FIVE, NULL};
    AUTO_STRBUF struct strbuf source, query, other_source, other_query, same_source, same_query;
    keys_of(pairs, &source, &query);
    keys_of(pairs, &same_source, &same_query);
    keys_of(differences[_i], &other_source, &other_query);
    ck_assert_str_eq(query.data, same_query.data);
    ck_assert_str_eq(source.data, same_source.data);
    ck_assert_str_eq(source.data, other_source.data);
    ck_assert_str_ne(query.data, other_query.data);
}
END_TEST

static const struct {
    const char *timezone, *start, *end, *replicas, *now;
    bool active;
    double value;
} windows[] = {
    {"UTC", "0 8 * * *", "0 18 * * *", "5", "2025-06-11T07:59:59.999Z", false, 0},
    {"UTC", "0 8 * * *", "0 18 * * *", "5", "2025-06-11T08:00:00Z", true, 5},
    {"UTC", "0 8 * * *", "0 18 * * *", "5", "2025-06-11T17:59:59.999Z", true, 5},
    {"UTC", "0 8 * * *", "0 18 * * *", "5", "2025-06-11T18:00:00Z", false, 0},
    {"UTC", "0 22 * * *", "0 6 * * *", "5", "2025-06-11T00:00:00Z", true, 5},
    {"UTC", "0 8 * * *", "00 8 * * *", "5", "2025-06-11T03:00:00Z", true, 5}, /* equal firings */
    {"UTC", "0 8 * * *", "0 18 * * *", "-5", "2025-06-11T12:00:00Z", true, 0},
    {"UTC", "0 8 * * *", "0 18 * * *", "9223372036854775807", "2025-06-11T12:00:00Z", true, 0x1p63},
    {"UTC", "0 0 31 2 *", "0 18 * * *", "5", "2025-06-11T12:00:00Z", true, 5}, /* start never comes */
    {"UTC", "0 8 * * *", "0 0 31 2 *", "5", "2025-06-11T12:00:00Z", false, 0}, /* end never comes */
    {"UTC", "0 0 31 2 *", "0 0 30 2 *", "5", "2025-06-11T12:00:00Z", true, 5}, /* neither */
    {"UTC", "0 0 29 2 *", "0 0 1 3 *", "5", "2026-06-11T12:00:00Z", true, 5},  /* March comes before a 29th */
    {"America/Santiago", "0 0 * * *", "0 6 * * *", "5", "2025-09-07T05:00:00Z", true,
     5}, /* 00:00 is skipped */
    {"Asia/Kathmandu", "0 0 * * *", "1 0 * * *", "5", "2025-06-30T18:15:30Z", true, 5},
    {"UTC", "0 0 1 1 *", "0 0 2 1 *", "5", "1969-12-31T23:59:59.500Z", false, 0},
    {"UTC", "0 0 1 1 *", "0 0 2 1 *", "5", "1970-01-01T00:00:00.500Z", true, 5},
};

START_TEST(window)
{
    const char *pairs[] = {"timezone", windows[_i].timezone, "start",           windows[_i].start,
                           "end",      windows[_i].end,      "desiredReplicas", windows[_i].replicas,
                           NULL};
    struct cron_config *config = config_parse(schema, pairs, NULL);
    struct cron_answer answer;
    struct scaler_result result;
    struct err err = {0};
    int64_t now_ms;
    ck_assert_int_eq(clock_parse_rfc3339(windows[_i].now, &now_ms, NULL), 0);
    ck_assert_msg(cron_evaluate(config, now_ms, &answer, &err) == 0, "%s", err.msg);
    ck_assert_int_eq(answer.active, windows[_i].active);
    ck_assert(answer.value == windows[_i].value);
    ck_assert_int_eq(scaler_cron.evaluate(config, now_ms, &result, NULL), 0);
    ck_assert_int_eq(result.state, SCALER_OK);
    ck_assert_int_eq(result.activity > 0, windows[_i].active); /* of its own, whatever the value */
    ck_assert(result.value == windows[_i].value && !result.partial);
    config_drop(schema, config);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, parameters, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tests, all_is_reported);
    tcase_add_loop_test(tests, describes_itself, 0, (int)ARRAY_LEN(names));
    tcase_add_test(tests, long_name_is_cut);
    tcase_add_loop_test(tests, keys, 0, (int)ARRAY_LEN(differences));
    tcase_add_loop_test(tests, window, 0, (int)ARRAY_LEN(windows));
}

int main(void)
{
    return suite_run("cron parameters", 60, add);
}

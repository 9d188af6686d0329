/* Trigger parameters through rows: values beyond the vectors, sources and their order, messages, secrets. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/param_value.h"
#include "scaler/base/strbuf.h"
#include "tests/config/schema.h"

/* A sink that writes "key: message" lines, warnings with a '?' before. */
struct recorder {
    struct params_error_sink base;
    struct strbuf text;
};

static void on_record(struct params_error_sink *base, bool warning, const char *key, const char *message)
{
    struct recorder *recorder = container_of(base, struct recorder, base);
    strbuf_printf(&recorder->text, "%s%s: %s\n", warning ? "?" : "", key ? key : "", message);
}

static void recorder_init(struct recorder *recorder)
{
    *recorder = (struct recorder){.base.add = on_record};
    strbuf_init(&recorder->text);
}

static struct text_map map_of(const char *const *pairs)
{
    struct text_map map = {0};
    for (; pairs && *pairs; pairs += 2)
        text_map_set(&map, pairs[0], pairs[1]);
    return map;
}

/* --- values beyond vectors/exact/coercion --- */

struct value {
    union {
        char *text;
        int64_t integer;
        double number;
        bool flag;
        struct text_list list;
        struct text_map map;
        struct param_ranges ranges;
    } as;
};

static json_t *json_of_list(const struct text_list *list)
{
    json_t *out = json_array();
    for (size_t i = 0; i < list->len; i++)
        json_array_append_new(out, json_string(list->items[i]));
    return out;
}

static json_t *json_of_map(const struct text_map *map)
{
    json_t *out = json_object();
    for (size_t i = 0; i < map->len; i++)
        json_object_set_new(out, map->items[i].key, json_string(map->items[i].value));
    return out;
}

static json_t *json_of_values(const struct text_map *map)
{
    json_t *out = json_object();
    for (size_t i = 0; i < map->len; i++) {
        if (!json_object_get(out, map->items[i].key))
            json_object_set_new(out, map->items[i].key, json_array());
        json_array_append_new(json_object_get(out, map->items[i].key), json_string(map->items[i].value));
    }
    return out;
}

static json_t *json_of_ranges(const struct param_ranges *ranges)
{
    json_t *out = json_array();
    for (size_t i = 0; i < ranges->len; i++)
        for (int64_t n = ranges->items[i].first; n <= ranges->items[i].last; n++)
            json_array_append_new(out, json_integer(n));
    return out;
}

static json_t *json_of(const struct param_row *row, const struct value *value)
{
    switch (row->type) {
    case PARAM_STRING:
        return json_string(value->as.text);
    case PARAM_FLOAT:
        return json_real(value->as.number);
    case PARAM_BOOL:
        return json_boolean(value->as.flag);
    case PARAM_LIST:
        return json_of_list(&value->as.list);
    case PARAM_MAP:
        return json_of_map(&value->as.map);
    case PARAM_URL_VALUES:
        return json_of_values(&value->as.map);
    case PARAM_INT_MAP:
        return json_of_map(&value->as.map);
    case PARAM_INT_RANGES:
    case PARAM_INT_LIST:
        return json_of_ranges(&value->as.ranges);
    case PARAM_INT:
    case PARAM_UINT:
    case PARAM_DURATION:
        break;
    }
    return json_integer(value->as.integer);
}

static const struct {
    enum param_type type;
    const char *input;
    const char *output; /* NULL: refused */
} value_rows[] = {
    {PARAM_INT, "9223372036854775807", "9223372036854775807"},
    {PARAM_INT, "-9223372036854775808", "-9223372036854775808"},
    {PARAM_INT, "9223372036854775808", NULL},
    {PARAM_INT, "-0", "0"},
    {PARAM_INT, "+5", NULL},
    {PARAM_INT, "1e3", NULL},
    {PARAM_INT, "-", NULL},
    {PARAM_INT, "\v5\f", "5"},
    {PARAM_INT,
     "\u2003"
     "5\u3000",
     "5"},
    {PARAM_UINT, "0", "0"},
    {PARAM_UINT, "4294967295", "4294967295"},
    {PARAM_UINT, "-0", NULL},
    {PARAM_UINT, "-1", NULL},
    {PARAM_UINT, "00", NULL},
    {PARAM_FLOAT, "-0.5E+2", "-50.0"},
    {PARAM_FLOAT, "1e309", NULL},
    {PARAM_FLOAT, "1e-400", "0.0"},
    {PARAM_FLOAT, "+1", NULL},
    {PARAM_FLOAT, "12e", NULL},
    {PARAM_FLOAT, "-", NULL},
    {PARAM_BOOL, "t", "true"},
    {PARAM_BOOL, "fALSE", NULL},
    {PARAM_DURATION, "1h1m1.5s", "3661500000000"},
    {PARAM_DURATION, "1\u00b5s", "1000"},
    {PARAM_DURATION, ".5h", "1800000000000"},
    {PARAM_DURATION, "007", "7000000"},
    {PARAM_DURATION, "-5", NULL},
    {PARAM_DURATION, "1h 1m", NULL},
    {PARAM_LIST, "a,,b ,", "[\"a\", \"\", \"b\", \"\"]"},
    {PARAM_LIST, " ,a", "[\"\", \"a\"]"},
    {PARAM_MAP, " a = 1 , b = x y ", "{\"a\": \"1\", \"b\": \"x y\"}"},
    {PARAM_MAP, "a=1,a=2", "{\"a\": \"2\"}"},
    {PARAM_MAP, "a=", "{\"a\": \"\"}"},
    {PARAM_MAP, "a", NULL},
    {PARAM_MAP, "a=b=c", NULL},
    {PARAM_MAP, "a=1,b", NULL},
    {PARAM_MAP, "a=1;b=2", NULL},
    {PARAM_INT_MAP, "a=1,b=-2", "{\"a\": \"1\", \"b\": \"-2\"}"},
    {PARAM_INT_MAP, "a=1,b=", NULL},
    {PARAM_INT_MAP, "a=01", NULL},
    {PARAM_INT_MAP, "a=x,a=1", NULL},
    {PARAM_INT_MAP, "a", NULL},
    {PARAM_INT_LIST, "-1, 2 ,3", "[-1, 2, 3]"},
    {PARAM_INT_LIST, "1-4", NULL},
    {PARAM_INT_LIST, "1,,2", NULL},
    {PARAM_INT_RANGES, "1 - 3, 7", "[1, 2, 3, 7]"},
    {PARAM_INT_RANGES, "3-1", "[]"},
    {PARAM_INT_RANGES, "-3", NULL},
    {PARAM_INT_RANGES, "1-2-3", NULL},
    {PARAM_INT_RANGES, "1--3", NULL},
    {PARAM_URL_VALUES, "a=b+c&a=%20+%2B&&b", "{\"a\": [\"b c\", \"  +\"], \"b\": [\"\"]}"},
    {PARAM_URL_VALUES, "a=%e2%82%ac", "{\"a\": [\"\u20ac\"]}"},
    {PARAM_URL_VALUES, "a=b=c&d==", "{\"a\": [\"b=c\"], \"d\": [\"=\"]}"},
    {PARAM_URL_VALUES, "a=%2541", "{\"a\": [\"%41\"]}"},
    {PARAM_URL_VALUES, "a=%", NULL},
    {PARAM_URL_VALUES, "a=%4", NULL},
    {PARAM_URL_VALUES, "%zz=1", NULL},
    {PARAM_URL_VALUES, "a=1;b", NULL},
    {PARAM_URL_VALUES, "a=%00", NULL}, /* text here has no NUL */
};

START_TEST(values_are_read_as_upstream_reads_them)
{
    const char *input = value_rows[_i].input;
    const struct param_row row = {
        .names = {"v"}, .from = {PARAM_FROM_METADATA}, .required = true, .type = value_rows[_i].type};
    const struct trigger_schema schema = {.rows = &row, .rows_len = 1, .config_size = sizeof(struct value)};
    struct text_map metadata = map_of((const char *const[]){"v", input, NULL});
    const struct params_context context = {.metadata = &metadata};
    struct recorder recorder;
    struct value value;
    recorder_init(&recorder);
    bool parsed = params_parse(&schema, &context, &value, &recorder.base) == 0;
    ck_assert_msg(parsed == (value_rows[_i].output != NULL), "\"%s\": %s", input, recorder.text.data);
    if (parsed) {
        json_t *got = json_of(&row, &value);
        AUTO_FREE char *shown = json_dumps(got, JSON_ENCODE_ANY);
        ck_assert_msg(strcmp(shown, value_rows[_i].output) == 0, "\"%s\": got %s", input, shown);
        json_decref(got);
        params_done(&schema, &value);
    } else {
        ck_assert_uint_gt(recorder.text.len, 0);
    }
    strbuf_done(&recorder.text);
    text_map_done(&metadata);
}
END_TEST

/* --- sources, messages --- */

struct expectation {
    const char *what;
    const char *const *metadata, *const *auth, *const *env;
    bool auth_unknown, env_unknown;
    const char *findings; /* of the recorder */
    bool fails;
    const char *address; /* if not */
};

#define PAIRS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void run_expectation(const struct expectation *expect)
{
    struct text_map metadata = map_of(expect->metadata), auth = map_of(expect->auth),
                    env = map_of(expect->env);
    const struct params_context context = {.metadata = &metadata,
                                           .auth = &auth,
                                           .env = &env,
                                           .auth_unknown = expect->auth_unknown,
                                           .env_unknown = expect->env_unknown};
    struct recorder recorder;
    struct demo demo;
    recorder_init(&recorder);
    int rc = params_parse(&demo_schema, &context, &demo, &recorder.base);
    ck_assert_msg((rc != 0) == expect->fails, "%s: %d\n%s", expect->what, rc, recorder.text.data);
    ck_assert_msg(strcmp(recorder.text.data, expect->findings) == 0, "%s:\n%s", expect->what,
                  recorder.text.data);
    if (rc == 0) {
        ck_assert_msg(text_eq(demo.address, expect->address), "%s: address %s", expect->what, demo.address);
        params_done(&demo_schema, &demo);
    }
    ck_assert_ptr_null(demo.address);
    ck_assert_ptr_null(demo.auth.password);
    ck_assert_ptr_null(demo.note);
    strbuf_done(&recorder.text);
    text_map_done(&metadata);
    text_map_done(&auth);
    text_map_done(&env);
}

START_TEST(sources_have_their_order)
{
    const struct expectation all[] = {
        {.what = "metadata before environment and authentication",
         .metadata = PAIRS("address", " m ", "threshold", "1", "addressFromEnv", "E"),
         .auth = PAIRS("address", "a"),
         .env = PAIRS("E", "e"),
         .findings = "",
         .address = "m"},
        {.what = "an alias in a better source beats the name in a worse one",
         .metadata = PAIRS("serverAddress", "alias", "threshold", "1"),
         .auth = PAIRS("address", "a"),
         .findings = "",
         .address = "alias"},
        {.what = "the name beats the alias within one source",
         .metadata = PAIRS("serverAddress", "alias", "address", "name", "threshold", "1"),
         .findings = "",
         .address = "name"},
        {.what = "environment before authentication",
         .metadata = PAIRS("threshold", "1", "addressFromEnv", "E"),
         .auth = PAIRS("address", "a"),
         .env = PAIRS("E", "e\n"),
         .findings = "",
         .address = "e"},
        {.what = "the alias has its own environment key",
         .metadata = PAIRS("threshold", "1", "serverAddressFromEnv", "E"),
         .env = PAIRS("E", "e"),
         .findings = "",
         .address = "e"},
        {.what = "blank is absent",
         .metadata = PAIRS("threshold", "1", "address", " \t", "addressFromEnv", "E"),
         .auth = PAIRS("address", "a"),
         .env = PAIRS("E", "\n"),
         .findings = "",
         .address = "a"},
        {.what = "an unset variable is absent",
         .metadata = PAIRS("threshold", "1", "addressFromEnv", "X"),
         .auth = PAIRS("address", "a"),
         .findings = "",
         .address = "a"},
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        run_expectation(&all[i]);
}
END_TEST

#define NEEDS_ADDRESS                                                                                        \
    "address: is required, under this name or as serverAddress (here or from authenticationRef)\n"

START_TEST(what_may_come_later_is_not_missing)
{
    const struct expectation all[] = {
        {.what = "missing", .metadata = PAIRS("threshold", "1"), .findings = NEEDS_ADDRESS, .fails = true},
        {.what = "authentication not at hand",
         .metadata = PAIRS("threshold", "1"),
         .auth_unknown = true,
         .findings = ""},
        {.what = "environment not at hand",
         .metadata = PAIRS("threshold", "1", "addressFromEnv", "E"),
         .env_unknown = true,
         .findings = ""},
        {.what = "environment not at hand, but nothing asks for it",
         .metadata = PAIRS("threshold", "1"),
         .env_unknown = true,
         .findings = NEEDS_ADDRESS,
         .fails = true},
        {.what = "authentication cannot supply it",
         .metadata = PAIRS("address", "a"),
         .auth_unknown = true,
         .findings = "threshold: is required\n",
         .fails = true},
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        run_expectation(&all[i]);
}
END_TEST

START_TEST(every_error_is_found_in_one_run)
{
    const struct expectation all[] = {
        {.what = "several",
         .metadata =
             PAIRS("address", "a", "threshold", "-1", "level", "ten", "flag", "maybe", "timeout", "soon"),
         .findings =
             "threshold: must be greater than 0, not \"-1\"\n"
             "level: must be a whole number such as 5, not \"ten\"\n"
             "flag: must be true or false, not \"maybe\"\n"
             "timeout: must be a duration such as 300ms or 5s, or a number of milliseconds, not \"soon\"\n",
         .fails = true},
        {.what = "check runs too, but does not repeat",
         .metadata = PAIRS("address", "a", "threshold", "x", "authModes", "basic"),
         .findings =
             "threshold: must be a number such as 5 or 0.5, not \"x\"\n: authModes needs a password\n",
         .fails = true},
        {.what = "check alone",
         .metadata = PAIRS("address", "a", "threshold", "1001"),
         .findings = "threshold: is far too high\n",
         .fails = true},
        {.what = "a warning fails nothing",
         .metadata = PAIRS("address", "a", "threshold", "1", "level", "9", "lvl", "2"),
         .findings = "?lvl: unknown parameter, ignored; did you mean \"level\"?\n?level: 9 is unwise\n",
         .address = "a"},
        {.what = "refused",
         .metadata = PAIRS("address", "a", "threshold", "1", "oldName", "x"),
         .findings = "oldName: was removed; use address\n",
         .fails = true},
        {.what = "refused, but blank",
         .metadata = PAIRS("address", "a", "threshold", "1", "oldName", " "),
         .findings = "",
         .address = "a"},
        {.what = "the message names the alias that was used",
         .metadata = PAIRS("address", "a", "threshold", "1", "authMode", "x"),
         .findings = "authMode: must be one of apiKey, basic, tls, bearer, custom, oauth, not \"x\"\n",
         .fails = true},
        {.what = "keys are case-sensitive",
         .metadata = PAIRS("Address", "a", "threshold", "1"),
         .findings = NEEDS_ADDRESS "?Address: unknown parameter, ignored; did you mean \"address\"?\n",
         .fails = true},
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        run_expectation(&all[i]);
}
END_TEST

START_TEST(values_from_elsewhere_are_not_shown)
{
    static const char *const words[] = {"open", "sesame", NULL};
    const struct param_row rows[] = {
        {.names = {"code"},
         .type = PARAM_INT,
         .from = {PARAM_FROM_METADATA, PARAM_FROM_ENV, PARAM_FROM_AUTH}},
        {.names = {"token"},
         .type = PARAM_STRING,
         .from = {PARAM_FROM_METADATA, PARAM_FROM_AUTH},
         .secret = true,
         .choices = words,
         .offset = 8},
        {.names = {"pairs"}, .type = PARAM_MAP, .from = {PARAM_FROM_AUTH}, .secret = true, .offset = 16},
    };
    const struct trigger_schema schema = {.rows = rows, .rows_len = ARRAY_LEN(rows), .config_size = 64};
    const char *const *const cases[][3] = {
        {NULL, PAIRS("code", "hunter2", "token", "hunter2", "pairs", "hunter2"), NULL},
        {PAIRS("codeFromEnv", "E"), PAIRS("token", "hunter2", "pairs", "a=hunter2=b"), PAIRS("E", "hunter2")},
        {PAIRS("token", "hunter2", "codeFromEnv", "E"), PAIRS("pairs", "a=1,hunter2"),
         PAIRS("E", "0hunter2")},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct text_map metadata = map_of(cases[i][0]), auth = map_of(cases[i][1]), env = map_of(cases[i][2]);
        const struct params_context context = {.metadata = &metadata, .auth = &auth, .env = &env};
        struct recorder recorder;
        char config[64];
        recorder_init(&recorder);
        ck_assert_int_ne(params_parse(&schema, &context, config, &recorder.base), 0);
        ck_assert_str_eq(recorder.text.data,
                         "code: must be a whole number such as 5\ntoken: must be one of open, sesame\n"
                         ": parameter pairs must be a list such as key=value,other=value\n");
        strbuf_done(&recorder.text);
        text_map_done(&metadata);
        text_map_done(&auth);
        text_map_done(&env);
    }
}
END_TEST

START_TEST(defaults_and_set_flags)
{
    const char *const pairs[] = {"address", "a", "threshold", "2.5", NULL};
    struct text_map metadata = map_of(pairs);
    struct params_context context = {.metadata = &metadata};
    struct recorder recorder;
    struct demo demo;
    recorder_init(&recorder);
    ck_assert_int_eq(params_parse(&demo_schema, &context, &demo, &recorder.base), 0);
    ck_assert(demo.threshold == 2.5 && demo.level == 7 && demo.flag && !demo.flag_set &&
              demo.timeout_ns == 0);
    ck_assert_str_eq(demo.format, "json");
    ck_assert_ptr_null(demo.auth.password);
    params_done(&demo_schema, &demo);
    text_map_set(&metadata, "flag", "F");
    text_map_set(&metadata, "authModes", "tls, basic");
    const char *const secret[] = {"password", " hunter2\n", NULL};
    struct text_map auth = map_of(secret);
    context.auth = &auth;
    ck_assert_int_eq(params_parse(&demo_schema, &context, &demo, &recorder.base), 0);
    ck_assert(!demo.flag && demo.flag_set && demo.auth.modes.len == 2);
    ck_assert_str_eq(demo.auth.password, "hunter2");
    params_done(&demo_schema, &demo);
    ck_assert_str_eq(recorder.text.data, "");
    strbuf_done(&recorder.text);
    text_map_done(&metadata);
    text_map_done(&auth);
}
END_TEST

static void on_each(const struct param_row *row, size_t offset, void *arg)
{
    strbuf_printf(arg, "%s@%zu ", row->names[0], offset);
}

START_TEST(each_visits_groups_with_their_offsets)
{
    struct strbuf out;
    AUTO_FREE char *expected = mem_printf("authModes@%zu password@%zu ", offsetof(struct demo, auth.modes),
                                          offsetof(struct demo, auth.password));
    strbuf_init(&out);
    params_each(&demo_schema, on_each, &out);
    ck_assert_ptr_nonnull(strstr(out.data, "address@0 threshold@8 "));
    ck_assert_ptr_nonnull(strstr(out.data, expected));
    strbuf_done(&out);
}
END_TEST

START_TEST(env_keys_are_known)
{
    ck_assert(params_is_env_key(&demo_schema, "addressFromEnv"));
    ck_assert(params_is_env_key(&demo_schema, "serverAddressFromEnv"));
    ck_assert(params_is_env_key(&demo_schema, "passwordFromEnv"));
    ck_assert(!params_is_env_key(&demo_schema, "thresholdFromEnv"));
    ck_assert(!params_is_env_key(&demo_schema, "FromEnv"));
    ck_assert(!params_is_env_key(&demo_schema, "address"));
}
END_TEST

START_TEST(ranges_contain)
{
    struct param_range items[] = {{1, 4}, {9, 8}, {INT64_MAX - 1, INT64_MAX}};
    const struct param_ranges ranges = {items, ARRAY_LEN(items)};
    static const struct {
        int64_t value;
        bool in;
    } cases[] = {{0, false}, {1, true},  {4, true},         {5, false},
                 {8, false}, {9, false}, {INT64_MAX, true}, {-1, false}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        ck_assert_int_eq(param_ranges_contain(&ranges, cases[i].value), cases[i].in);
}
END_TEST

START_TEST(endless_values_are_refused)
{
    static const enum param_type types[] = {PARAM_LIST, PARAM_MAP, PARAM_URL_VALUES, PARAM_INT_RANGES};
    static const char *const pieces[] = {"x,", "a=b,", "a=b&", "1,"};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        const struct param_row row = {.names = {"v"}, .type = types[i]};
        struct value value;
        struct strbuf text;
        strbuf_init(&text);
        for (size_t n = 0; n < 5000; n++)
            strbuf_append(&text, pieces[i]);
        strbuf_append(&text, types[i] == PARAM_INT_RANGES ? "1" : "a=b");
        AUTO_FREE char *wrong = param_value_parse(&row, text.data, &value);
        ck_assert_ptr_nonnull(wrong);
        strbuf_done(&text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config/params");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, values_are_read_as_upstream_reads_them, 0, (int)ARRAY_LEN(value_rows));
    tcase_add_test(tcase, sources_have_their_order);
    tcase_add_test(tcase, what_may_come_later_is_not_missing);
    tcase_add_test(tcase, every_error_is_found_in_one_run);
    tcase_add_test(tcase, values_from_elsewhere_are_not_shown);
    tcase_add_test(tcase, defaults_and_set_flags);
    tcase_add_test(tcase, each_visits_groups_with_their_offsets);
    tcase_add_test(tcase, env_keys_are_known);
    tcase_add_test(tcase, ranges_contain);
    tcase_add_test(tcase, endless_values_are_refused);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

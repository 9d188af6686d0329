/* The metrics-api trigger's parameters: what is refused, what is warned of, what they come to. */
#include "scalers/api.h"
#include "tests/support/params.h"
#include "tests/support/suite.h"

extern const struct scaler_type scaler_metrics_api;

#define URL    "url", "http://host:8080/stats"
#define VALUE  "valueLocation", "a.b"
#define TARGET "targetValue", "5"

static const struct params_case cases[] = {
    {{URL, VALUE, TARGET}, NULL},
    {{URL, VALUE, "targetValue", "-1"}, NULL},
    {{VALUE, TARGET}, "url"},
    {{URL, TARGET}, "valueLocation"},
    {{URL, "valueLocation", "  ", TARGET}, "valueLocation"},
    {{URL, VALUE}, "error targetValue: must be given, and not 0"},
    {{URL, VALUE, "targetValue", "0"}, "error targetValue: must be given, and not 0"},
    {{URL, VALUE, "targetValue", "x"}, "error targetValue"},
    {{"url", "host:8080", VALUE, TARGET}, "error url: must begin with http:// or https://"},
    {{"url", "http://host/a b", VALUE, TARGET}, "error url: must not contain white space"},
    {{URL, VALUE, TARGET, "format", "toml"}, "error format"},
    {{URL, VALUE, TARGET, "format", "json,yaml"}, "error format: must be one of json, yaml, prometheus"},
    {{URL, VALUE, TARGET, "format", "xml"}, "error format: xml is not supported"},
    {{URL, VALUE, TARGET, "format", "yaml"}, NULL},
    {{URL, "valueLocation", "m{a=\"b\"}", TARGET, "format", "prometheus"}, NULL},
    {{URL, "valueLocation", "sum(m)", TARGET, "format", "prometheus"},
     "error valueLocation: is no series selector"},
    {{URL, VALUE, TARGET, "aggregateFromKubeServiceEndpoints", "true"},
     "error aggregateFromKubeServiceEndpoints: is not supported"},
    {{URL, VALUE, TARGET, "aggregateFromKubeServiceEndpoints", "false", "aggregationType", "max"}, NULL},
    {{URL, VALUE, TARGET, "aggregationType", "median"}, "error aggregationType"},
    {{URL, VALUE, TARGET, "method", "body"}, "error method"},
    {{URL, VALUE, TARGET, "timeout", "-1s"}, "error timeout"},
    {{URL, VALUE, TARGET, "authMode", "apiKey"}, "apiKey is required"},
    {{URL, VALUE, TARGET, "authMode", "apiKey", "apiKey", "k", "keyParamName", "a b"},
     "error -: parameter keyParamName is not a header name"},
    {{URL, VALUE, TARGET, "authMode", "apiKey", "apiKey", "k", "keyParamName", "a b", "method", "query"},
     NULL},
    {{URL, VALUE, TARGET, "authModes", "bearer,basic"}, "error authModes"},
    {{URL, VALUE, TARGET, "authMode", "custom", "auth:customAuthHeader", "h", "auth:customAuthValue", "v"},
     "warning authModes: custom and oauth send nothing"},
    {{URL, VALUE, TARGET, "auth:ca", "x"}, "warning -: parameter ca is ignored without mode tls"},
};

START_TEST(checked)
{
    check_params_case(&scaler_metrics_api.schema, &cases[_i]);
}
END_TEST

/* With scalingModifiers the formula has the target. */
START_TEST(target_waived)
{
    static const char *const pairs[] = {URL, VALUE, NULL};
    struct trigger_input input;
    struct findings findings;
    findings_init(&findings);
    trigger_input_init(&input, pairs);
    input.context.metric_source = true;
    void *config = mem_zalloc(scaler_metrics_api.schema.config_size);
    ck_assert_int_eq(params_parse(&scaler_metrics_api.schema, &input.context, config, &findings.sink), 0);
    config_drop(&scaler_metrics_api.schema, config);
    trigger_input_done(&input);
    strbuf_done(&findings.text);
}
END_TEST

START_TEST(described)
{
    static const char *const pairs[] = {
        URL, "valueLocation", "components.0.str%x", "targetValue", "2.5", "activationTargetValue", "-1",
        NULL};
    struct scaler_target target;
    void *config = config_parse(&scaler_metrics_api.schema, pairs, NULL);
    scaler_metrics_api.describe(config, &target);
    ck_assert_str_eq(target.metric_name, "metric-api-components-0-str-x");
    ck_assert(target.threshold == 2.5 && target.activation == -1 && !target.missing_is_zero);
    config_drop(&scaler_metrics_api.schema, config);
}
END_TEST

static void keys_of(const char *const *pairs, struct strbuf *source, struct strbuf *query,
                    struct strbuf *name)
{
    void *config = config_parse(&scaler_metrics_api.schema, pairs, NULL);
    strbuf_init(source);
    strbuf_init(query);
    strbuf_init(name);
    scaler_metrics_api.source_key(config, source);
    scaler_metrics_api.query_key(config, query);
    scaler_metrics_api.source_name(config, name);
    config_drop(&scaler_metrics_api.schema, config);
}

static const struct {
    const char *pairs[12];
    bool same_source, same_query;
} others[] = {
    {{URL, VALUE, "targetValue", "9"}, true, true},
    {{URL, "valueLocation", "a.c", TARGET}, true, false},
    {{URL, VALUE, TARGET, "format", "yaml"}, true, false},
    {{"url", "http://host:8080/other", VALUE, TARGET}, true, false},
    {{"url", "http://host:8081/stats", VALUE, TARGET}, false, false},
    {{"url", "http://amy:hunter2@host:8080/stats", VALUE, TARGET}, false, false},
    {{URL, VALUE, TARGET, "unsafeSsl", "true"}, false, true},
    {{URL, VALUE, TARGET, "authMode", "apiKey", "apiKey", "hunter2"}, false, true},
};

START_TEST(shared)
{
    static const char *const pairs[] = {URL, VALUE, TARGET, NULL};
    struct strbuf source, query, name, other_source, other_query, other_name;
    keys_of(pairs, &source, &query, &name);
    keys_of(others[_i].pairs, &other_source, &other_query, &other_name);
    ck_assert_int_eq(strcmp(source.data, other_source.data) == 0, others[_i].same_source);
    ck_assert_int_eq(strcmp(query.data, other_query.data) == 0, others[_i].same_query);
    ck_assert_str_eq(name.data, "metrics-api http://host:8080");
    ck_assert_ptr_null(strstr(other_name.data, "hunter2"));
    struct strbuf *all[] = {&source, &query, &name, &other_source, &other_query, &other_name};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        strbuf_done(all[i]);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, checked, 0, ARRAY_LEN(cases));
    tcase_add_test(tests, target_waived);
    tcase_add_test(tests, described);
    tcase_add_loop_test(tests, shared, 0, ARRAY_LEN(others));
}

int main(void)
{
    return suite_run("metrics_api_params", 30, add);
}

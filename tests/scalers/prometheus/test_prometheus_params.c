/* Parameters of the prometheus trigger: what is refused, keys and names, the URL and the headers that result.
 */
#include "scalers/api.h"
#include "scalers/prometheus/config.h"
#include "scalers/prometheus/request.h"
#include "tests/support/params.h"
#include "tests/support/suite.h"

extern const struct scaler_type scaler_prometheus;
static const struct trigger_schema *const schema = &scaler_prometheus.schema;

#define UP "serverAddress", "http://prom:9090", "query", "up", "threshold", "5"

static const struct params_case cases[] = {
    {{UP}, NULL},
    {{UP, "metricName", "old", "activationThreshold", "-1.5", "ignoreNullValues", "false", "timeout", "1000"},
     NULL},
    {{UP, "queryParameters", "a=1,b=2", "customHeaders", "X-Scope-OrgID=team", "namespace", "ns"}, NULL},
    {{UP, "authModes", "bearer", "auth:bearerToken", "t"}, NULL},
    {{UP, "authMode", "bearer", "auth:token", "t"}, NULL},
    {{UP, "auth:authModes", "basic", "auth:username", "u"}, NULL},
    {{UP, "authModes", "custom", "auth:customAuthHeader", "X-A", "auth:customAuthValue", "v"}, NULL},
    {{UP, "auth:bearerToken", "of no effect"}, NULL},
    {{UP, "authModes", "basic", "auth:username", "u", "awsRegion", "eu-west-1"}, NULL},
    {{UP, "identityOwner", "pod"}, NULL},
    {{UP, "cloud", "AzurePublicCloud"}, NULL},
    {{"query", "up", "threshold", "5"}, "error serverAddress: is required"},
    {{"serverAddress", "http://p", "threshold", "5"}, "error query: is required"},
    {{"serverAddress", "http://p", "query", "up"}, "error threshold: is required"},
    {{"serverAddress", "p:9090", "query", "up", "threshold", "5"},
     "error serverAddress: must begin with http:// or https://"},
    {{"serverAddress", "http://p/#", "query", "up", "threshold", "5"},
     "error serverAddress: must not contain"},
    {{"serverAddress", "http://p q", "query", "up", "threshold", "5"},
     "error serverAddress: must not contain"},
    {{"serverAddress", "http://p", "query", "up", "threshold", "five"}, "error threshold"},
    {{UP, "customHeaders", "key1=value1,key2"}, "error customHeaders"},
    {{UP, "customHeaders", "bad name=1"}, "error customHeaders: \"bad name\" is not a header name"},
    {{UP, "customHeaders", "=1"}, "error customHeaders"},
    {{UP, "customHeaders", "host=1"}, "warning customHeaders: header host is left out"},
    {{UP, "timeout", "-1"}, "error timeout"},
    {{UP, "timeout", "a"}, "error timeout"},
    {{UP, "ignoreNullValues", "yes"}, "error ignoreNullValues"},
    {{UP, "authModes", "bearer,basic"}, "error authModes"},
    {{UP, "authModes", "magic"}, "error authModes"},
    {{UP, "method", "cookie"}, "error method"},
    {{UP, "authModes", "bearer"}, "error -: parameter bearerToken is required by authModes bearer"},
    {{UP, "authModes", "basic"}, "error -: parameter username is required by authModes basic"},
    {{UP, "authModes", "tls"}, "error -: parameter cert is required by authModes tls"},
    {{UP, "authModes", "tls", "auth:cert", "x"}, "error -: parameter key is required by authModes tls"},
    {{UP, "authModes", "custom", "auth:customAuthValue", "v"},
     "error -: parameter customAuthHeader is required"},
    {{UP, "authModes", "custom", "auth:customAuthHeader", "h"},
     "error -: parameter customAuthValue is required"},
    {{UP, "authModes", "custom", "auth:customAuthHeader", "a b", "auth:customAuthValue", "v"},
     "customAuthHeader is not a header"},
    {{UP, "authModes", "apiKey"}, "error -: parameter apiKey is required by authModes apiKey"},
    {{UP, "authModes", "oauth", "auth:clientID", "c"}, "error -: parameter oauthTokenURI is required"},
    {{UP, "authModes", "apiKey", "apiKey", "k"}, "warning authModes: apiKey and oauth send nothing"},
    {{UP, "authModes", "basic", "auth:username", "u", "auth:ca", "junk"},
     "error -: parameter ca holds no PEM certificate"},
    {{UP, "auth:ca", "junk"}, "warning -: parameter ca is ignored without authModes"},
    {{UP, "awsRegion", "eu-west-1"}, "error awsRegion: Amazon Managed Prometheus is not supported"},
    {{UP, "identityOwner", "operator"}, "error identityOwner: Amazon"},
    {{UP, "auth:awsRoleArn", "arn:x"}, "error -: parameter awsRoleArn: Amazon"},
    {{UP, "auth:awsAccessKeyID", "AKIA"}, "error awsAccessKeyID: Amazon"},
    {{UP, "auth:GoogleApplicationCredentials", "{}"},
     "error -: parameter GoogleApplicationCredentials: Google"},
    {{UP, "credentialsFromEnv", "G"}, "error credentialsFromEnv: Google"},
    {{UP, "credentialsFromEnvFile", "G"}, "error credentialsFromEnvFile: Google"},
    {{UP, "azureManagedPrometheusResourceURL", "https://x"},
     "error azureManagedPrometheusResourceURL: Azure"},
};

START_TEST(parameters)
{
    check_params_case(schema, &cases[_i]);
}
END_TEST

/* With an authentication that is not at hand, what it may bring is neither missing nor (authModes!) without
 * effect. */
START_TEST(authentication_unknown)
{
    const char *pairs[] = {UP, "authModes", "bearer", "awsRegion", "eu-west-1", NULL};
    for (int i = 0; i < 2; i++) {
        struct trigger_input input;
        struct findings findings;
        trigger_input_init(&input, pairs);
        findings_init(&findings);
        input.context.auth = NULL;
        input.context.auth_unknown = i == 1;
        void *config = mem_zalloc(schema->config_size);
        int code = params_parse(schema, &input.context, config, &findings.sink);
        ck_assert_msg((code == 0) == (i == 1), "%s", findings.text.data);
        if (code == 0)
            params_done(schema, config);
        mem_free(config);
        strbuf_done(&findings.text);
        trigger_input_done(&input);
    }
}
END_TEST

START_TEST(describes_itself)
{
    const char *pairs[] = {"serverAddress",
                           "https://amy:hunter2@prom:9090/path",
                           "query",
                           "up",
                           "threshold",
                           "2.5",
                           "activationThreshold",
                           "-3",
                           "ignoreNullValues",
                           _i ? "false" : "true",
                           NULL};
    void *config = config_parse(schema, pairs, NULL);
    struct scaler_target target;
    AUTO_STRBUF struct strbuf name;
    strbuf_init(&name);
    scaler_prometheus.describe(config, &target);
    ck_assert(target.threshold == 2.5 && target.activation == -3 && target.missing_is_zero == (_i == 0));
    ck_assert_str_eq(target.metric_name, "prometheus");
    scaler_prometheus.source_name(config, &name);
    ck_assert_str_eq(name.data, "prometheus https://prom:9090/path");
    config_drop(schema, config);
}
END_TEST

/* Which differences make another source, which another query. */
static const struct {
    const char *name, *value;
    bool other_source, other_query;
} differences[] = {
    {"serverAddress", "http://prom:9091", true, false},
    {"query", "down", false, true},
    {"namespace", "other", false, true},
    {"queryParameters", "a=2", false, true},
    {"customHeaders", "X-Scope-OrgID=b", true, false},
    {"unsafeSsl", "true", true, false},
    {"auth:bearerToken", "t2", true, false},
    {"threshold", "9", false, false},
    {"activationThreshold", "9", false, false},
    {"timeout", "9s", false, false},
    {"ignoreNullValues", "false", false, false},
};

static void keys_of(const char *const *pairs, struct strbuf *source, struct strbuf *query)
{
    void *config = config_parse(schema, pairs, NULL);
    strbuf_init(source);
    strbuf_init(query);
    scaler_prometheus.source_key(config, source);
    scaler_prometheus.query_key(config, query);
    config_drop(schema, config);
}

START_TEST(keys)
{
    const char *pairs[32] = {UP,
                             "namespace",
                             "ns",
                             "queryParameters",
                             "a=1",
                             "customHeaders",
                             "X-Scope-OrgID=a",
                             "unsafeSsl",
                             "false",
                             "authModes",
                             "bearer",
                             "auth:bearerToken",
                             "t"};
    struct strbuf source[2], query[2];
    keys_of(pairs, &source[0], &query[0]);
    size_t at = 0;
    while (pairs[at] && strcmp(pairs[at], differences[_i].name) != 0)
        at += 2;
    pairs[at] = differences[_i].name;
    pairs[at + 1] = differences[_i].value;
    keys_of(pairs, &source[1], &query[1]);
    ck_assert_int_eq(strcmp(source[0].data, source[1].data) != 0, differences[_i].other_source);
    ck_assert_int_eq(strcmp(query[0].data, query[1].data) != 0, differences[_i].other_query);
    for (int i = 0; i < 2; i++) {
        strbuf_done(&source[i]);
        strbuf_done(&query[i]);
    }
}
END_TEST

static const struct {
    const char *pairs[16];
    const char *url;
} urls[] = {
    {{"serverAddress", "http://p:9090", "query", "sum(rate(a{b=\"c\"}[2m]))", "threshold", "1"},
     "http://p:9090/api/v1/"
     "query?query=sum%28rate%28a%7Bb%3D%22c%22%7D%5B2m%5D%29%29&time=2026-08-20T10:00:00Z"},
    {{"serverAddress", "http://p:9090/", "query", "a b", "threshold", "1", "namespace", "x&y=z"},
     "http://p:9090//api/v1/query?query=a+b&time=2026-08-20T10:00:00Z&namespace=x&y=z"},
    {{"serverAddress", "http://p/prefix", "query", "\xc3\xa4~-_.", "threshold", "1", "queryParameters",
      "k 1=v/1, k2=+"},
     "http://p/prefix/api/v1/query?query=%C3%A4~-_.&time=2026-08-20T10:00:00Z&k+1=v%2F1&k2=%2B"},
};

START_TEST(url)
{
    struct prometheus_config *config = config_parse(schema, urls[_i].pairs, NULL);
    AUTO_STRBUF struct strbuf text;
    strbuf_init(&text);
    prometheus_request_url(config, 1787220000999, &text);
    ck_assert_str_eq(text.data, urls[_i].url);
    config_drop(schema, config);
}
END_TEST

#define CUSTOM_HEADERS "customHeaders", "X-A=1, authorization=mine, Host=h, x-b=2"
static const struct {
    const char *pairs[16];
    const char *headers;
} headers_rows[] = {
    {{CUSTOM_HEADERS}, "X-A: 1\nauthorization: mine\nx-b: 2\n"},
    {{CUSTOM_HEADERS, "authModes", "bearer", "auth:bearerToken", "t"},
     "X-A: 1\nx-b: 2\nAuthorization: Bearer t\n"},
    {{"authModes", "basic,custom", "auth:username", "amy", "auth:password", "p:w", "auth:customAuthHeader",
      "X-C", "auth:customAuthValue", "v"},
     "Authorization: Basic YW15OnA6dw==\n"},
    {{"authModes", "basic", "auth:username", "amy"}, "Authorization: Basic YW15Og==\n"},
    {{CUSTOM_HEADERS, "authModes", "custom", "auth:customAuthHeader", "X-B", "auth:customAuthValue", "v"},
     "X-A: 1\nauthorization: mine\nX-B: v\n"},
    {{"authModes", "apiKey,bearer", "apiKey", "k", "keyParamName", "X-K", "auth:bearerToken", "t"},
     "Authorization: Bearer t\n"},
    {{"authModes", "apiKey", "apiKey", "k", "keyParamName", "X-K"}, ""},
    {{"auth:bearerToken", "t"}, ""},
};

START_TEST(request_headers)
{
    const char *pairs[32] = {UP};
    struct findings findings; /* warnings are fine here */
    AUTO_STRBUF struct strbuf text;
    struct prometheus_headers headers;
    memcpy(pairs + 6, headers_rows[_i].pairs, sizeof(headers_rows[_i].pairs));
    findings_init(&findings);
    strbuf_init(&text);
    struct prometheus_config *config = config_parse(schema, pairs, &findings);
    ck_assert_ptr_nonnull(config);
    prometheus_headers_init(config, &headers);
    for (size_t i = 0; i < headers.len; i++)
        strbuf_printf(&text, "%s: %s\n", headers.items[i].name, headers.items[i].value);
    ck_assert_str_eq(text.data, headers_rows[_i].headers);
    prometheus_headers_done(&headers);
    config_drop(schema, config);
    strbuf_done(&findings.text);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, parameters, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tests, authentication_unknown);
    tcase_add_loop_test(tests, describes_itself, 0, 2);
    tcase_add_loop_test(tests, keys, 0, (int)ARRAY_LEN(differences));
    tcase_add_loop_test(tests, url, 0, (int)ARRAY_LEN(urls));
    tcase_add_loop_test(tests, request_headers, 0, (int)ARRAY_LEN(headers_rows));
}

int main(void)
{
    return suite_run("prometheus parameters", 60, add);
}

/* Exec credential plugins: what they are told, what is believed of their answers, and every way they can
 * misbehave. The plugins are shell scripts given to sh -c. */
#include <signal.h>
#include <unistd.h>

#include "scaler/base/json.h"
#include "scaler/kube/exec_credential.h"
#include "scaler/kube/exec_plugin.h"
#include "scaler/kube/kubeconfig.h"
#include "tests/net/fixture.h"

#define V1             "client.authentication.k8s.io/v1"
#define ANSWER(status) "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":" status "}"

struct parse_case {
    const char *text;
    int code;
    const char *token, *cert;
    int64_t expires_ms;
};

static const struct parse_case parse_cases[] = {
    {ANSWER("{\"token\":\"t\"}"), 0, "t", NULL, 0},
    {ANSWER("{\"token\":\"t\",\"expirationTimestamp\":\"1970-01-01T00:01:00Z\"}"), 0, "t", NULL, 60000},
    {ANSWER("{\"token\":\"t\",\"expirationTimestamp\":null}"), 0, "t", NULL, 0},
    {ANSWER("{\"clientCertificateData\":\"C\",\"clientKeyData\":\"K\"}"), 0, NULL, "C", 0},
    {ANSWER("{\"token\":\"t\",\"clientCertificateData\":\"C\",\"clientKeyData\":\"K\"}") "\n\n", 0, "t", "C",
     0},
    {ANSWER("{\"clientCertificateData\":\"C\"}"), ERR_PROTOCOL, NULL, NULL, 0},
    {ANSWER("{\"token\":\"\"}"), ERR_PROTOCOL, NULL, NULL, 0},
    {ANSWER("{\"token\":7}"), ERR_PROTOCOL, NULL, NULL, 0},
    {ANSWER("{\"token\":\"t\",\"expirationTimestamp\":\"soon\"}"), ERR_PROTOCOL, NULL, NULL, 0},
    {ANSWER("null"), ERR_PROTOCOL, NULL, NULL, 0},
    {"{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/"
     "v1beta1\",\"status\":{\"token\":\"t\"}}",
     ERR_PROTOCOL, NULL, NULL, 0},
    {"{\"kind\":\"Token\",\"apiVersion\":\"" V1 "\",\"status\":{\"token\":\"t\"}}", ERR_PROTOCOL, NULL, NULL,
     0},
    {"", ERR_PROTOCOL, NULL, NULL, 0},
    {"Please log in: s3cret", ERR_PROTOCOL, NULL, NULL, 0},
};

START_TEST(parses_answers)
{
    for (size_t i = 0; i < ARRAY_LEN(parse_cases); i++) {
        const struct parse_case *row = &parse_cases[i];
        struct exec_credential credential = {0};
        struct err err = {0};
        int rc = exec_credential_parse(row->text, strlen(row->text), V1, &credential, &err);
        ck_assert_msg(rc == row->code, "%s: %d %s", row->text, rc, err.msg);
        ck_assert_ptr_null(strstr(err.msg, "s3cret"));
        ck_assert_pstr_eq(credential.token, row->token);
        ck_assert_pstr_eq(credential.cert_pem, row->cert);
        ck_assert_int_eq(credential.expires_ms, row->expires_ms);
        exec_credential_done(&credential);
    }
}
END_TEST

START_TEST(tells_the_cluster_only_if_asked)
{
    struct kubeconfig config = {.server = (char *)"https://a", .ca_pem = (char *)"CA", .insecure = false};
    config.exec.api_version = (char *)V1;
    config.exec.cluster_config = (char *)"{\"audience\":\"x\"}";
    char *info = exec_credential_info(&config);
    ck_assert_str_eq(info, "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1
                           "\",\"spec\":{\"interactive\":false}}");
    mem_free(info);
    config.exec.provide_cluster_info = true;
    info = exec_credential_info(&config);
    ck_assert_ptr_nonnull(
        strstr(info, "\"cluster\":{\"server\":\"https://a\",\"certificate-authority-data\":\"Q0E=\","
                     "\"config\":{\"audience\":\"x\"}}"));
    mem_free(info);
}
END_TEST

START_TEST(hints_mask_credentials)
{
    char *hint = exec_credential_hint(
        "\n error: token=eyJhbGciOiJSUzI1NiIsImtpZCI6IjEyMzQ1Njc4OTAifQ expired\nsecond line");
    ck_assert_str_eq(hint, "error: token=… expired");
    mem_free(hint);
    char *many = mem_alloc(5001);
    memset(many, 'a', 5000);
    for (size_t i = 0; i < 5000; i += 5)
        many[i] = ' ';
    many[5000] = '\0';
    hint = exec_credential_hint(many);
    ck_assert_uint_le(strlen(hint), 160);
    mem_free(hint);
    mem_free(many);
}
END_TEST

struct outcome {
    bool done;
    int times;
    char token[64];
    struct err error;
};

static void on_credential(struct exec_credential *credential, const struct err *error, void *arg)
{
    struct outcome *outcome = arg;
    outcome->done = true;
    outcome->times++;
    ck_assert((credential == NULL) == (error != NULL));
    if (error)
        outcome->error = *error;
    else
        snprintf(outcome->token, sizeof(outcome->token), "%s", credential->token ? credential->token : "");
}

static void config_init(struct kubeconfig *config, const char *script)
{
    *config = (struct kubeconfig){.server = mem_strdup("https://a")};
    config->exec.command = mem_strdup("sh");
    config->exec.api_version = mem_strdup(V1);
    text_list_add(&config->exec.args, "-c");
    text_list_add(&config->exec.args, script);
    text_map_set(&config->exec.env, "DAVIT_TEST_WORD", "from-env");
}

struct run_case {
    const char *script;
    int code;
    const char *token; /* or part of the message */
};

static const struct run_case run_cases[] = {
    {"echo '" ANSWER("{\"token\":\"abc\"}") "'", 0, "abc"},
    {"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1
     "\",\"status\":{\"token\":\"'$DAVIT_TEST_WORD'\"}}'",
     0, "from-env"},
    {"test -n \"$PATH\" && test -n \"$KUBERNETES_EXEC_INFO\" && ! read x && echo '" ANSWER(
         "{\"token\":\"no-input\"}") "'",
     0, "no-input"},
    {"echo noise >&2; head -c 200000 /dev/zero >&2; echo '" ANSWER("{\"token\":\"loud\"}") "'", 0, "loud"},
    {"echo 'please log in with a-very-long-secret-word-of-more-than-32-bytes' >&2; exit 3", ERR_AUTH,
     "(status 3, signal 0): please log in with …"},
    {"kill -9 $$", ERR_AUTH, "signal 9"},
    {"true", ERR_PROTOCOL, "its output"},
    {"exec >&-; sleep 0.1", ERR_PROTOCOL, "its output"},
    {"yes", ERR_LIMIT, "larger than"},
    {"sleep 60", ERR_TIMEOUT, "no answer in time"},
    {"sleep 60 & echo '" ANSWER("{\"token\":\"abc\"}") "'", ERR_TIMEOUT, "no answer in time"},
    {"trap '' TERM INT; sleep 60; sleep 60", ERR_TIMEOUT, "no answer in time"},
};

START_TEST(runs_plugins)
{
    for (size_t i = 0; i < ARRAY_LEN(run_cases); i++) {
        const struct run_case *row = &run_cases[i];
        struct kubeconfig config;
        struct outcome outcome = {0};
        struct exec_plugin *plugin;
        struct err err = {0};
        config_init(&config, row->script);
        int64_t timeout_ms = row->code == ERR_TIMEOUT ? 300 : 20000;
        ck_assert_int_eq(
            exec_plugin_start(test_net, &config, timeout_ms, on_credential, &outcome, &plugin, &err), 0);
        ck_assert(!outcome.done);
        run_until(&outcome.done);
        ck_assert_int_eq(outcome.times, 1);
        ck_assert_msg(outcome.error.code == row->code, "%s: %s", row->script, outcome.error.msg);
        const char *got = row->code ? outcome.error.msg : outcome.token;
        ck_assert_msg(strstr(got, row->token) != NULL, "%s: '%s' lacks '%s'", row->script, got, row->token);
        kubeconfig_done(&config);
    }
}
END_TEST

START_TEST(a_missing_plugin_is_an_error_at_once)
{
    struct kubeconfig config;
    struct outcome outcome = {0};
    struct exec_plugin *plugin;
    struct err err = {0};
    config_init(&config, "true");
    mem_free(config.exec.command);
    config.exec.command = mem_strdup("/does/not/exist");
    ck_assert_int_eq(exec_plugin_start(test_net, &config, 1000, on_credential, &outcome, &plugin, &err),
                     ERR_AUTH);
    ck_assert_ptr_nonnull(strstr(err.msg, "/does/not/exist"));
    kubeconfig_done(&config);
    run_for(50);
    ck_assert(!outcome.done);
}
END_TEST

START_TEST(cancel_kills_the_whole_group)
{
    struct kubeconfig config;
    struct outcome outcome = {0};
    struct exec_plugin *plugin;
    struct err err = {0};
    char marker[] = "/tmp/davit-exec-XXXXXX";
    char script[256];
    int fd = mkstemp(marker);
    ck_assert_int_ge(fd, 0);
    snprintf(script, sizeof(script), "(sleep 1; echo alive >> %s) & sleep 60", marker);
    config_init(&config, script);
    ck_assert_int_eq(exec_plugin_start(test_net, &config, 20000, on_credential, &outcome, &plugin, &err), 0);
    run_for(100);
    exec_plugin_cancel(plugin);
    exec_plugin_cancel(plugin);
    ck_assert(!outcome.done);
    run_until(&outcome.done);
    ck_assert_int_eq(outcome.error.code, ERR_CANCELED);
    ck_assert_int_eq(outcome.times, 1);
    run_for(1500);
    ck_assert_int_eq(lseek(fd, 0, SEEK_END), 0);
    close(fd);
    unlink(marker);
    kubeconfig_done(&config);
}
END_TEST

RUN_SUITE("exec_plugin", parses_answers, tells_the_cluster_only_if_asked, hints_mask_credentials,
          runs_plugins, a_missing_plugin_is_an_error_at_once, cancel_kills_the_whole_group)

/* Credentials that change: token files, exec plugins, and what a 401 does to either. */
#include <unistd.h>

#include "tests/kube/kube_fixture.h"

static char valid_token[64]; /* the only one the server takes; with a blank in it: the whole header */
static unsigned refused;

static void check_token(struct peer_conn *conn, const char *text, size_t len)
{
    struct request request;
    char header[128];
    (void)len;
    request_read(&request, text);
    snprintf(header, sizeof(header), "\r\nAuthorization: %s%s\r\n", strchr(valid_token, ' ') ? "" : "Bearer ",
             valid_token);
    if (request_has(&request, header)) {
        api_reply(conn, 200, "{}");
        return;
    }
    refused++;
    api_status(conn, 401, "Unauthorized");
}

static char dir[64];

static const char *file_of(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, 128, "%s/%s", dir, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(file_of(name), "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void begin(struct kubeconfig *config, const char *token)
{
    snprintf(dir, sizeof(dir), "/tmp/davit-auth-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(valid_token, sizeof(valid_token), "%s", token);
    refused = 0;
    *config = (struct kubeconfig){0};
    peer_listen(&api, check_token);
}

static void end(void)
{
    char command[128];
    close_client();
    snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    ck_assert_int_eq(system(command), 0);
}

static void expect(int status)
{
    struct result result;
    get("/x", &result);
    ck_assert_msg(result.status == status, "%d: %s", result.status, result.error.msg);
    ck_assert_ptr_null(strstr(result.error.msg, "s3cret"));
    result_done(&result);
}

START_TEST(a_fixed_token_is_not_asked_again)
{
    struct kubeconfig config;
    begin(&config, "good");
    config.token = mem_strdup("s3cret-bad");
    open_client_with(&config);
    expect(401);
    ck_assert_uint_eq(refused, 1);
    end();
}
END_TEST

START_TEST(a_token_file_is_read_again_after_401)
{
    struct kubeconfig config;
    begin(&config, "one");
    write_file("token", "one\n");
    config.token_file = mem_strdup(file_of("token"));
    open_client_with(&config);
    expect(200);
    snprintf(valid_token, sizeof(valid_token), "two");
    write_file("token", " two \n\n");
    expect(200);
    ck_assert_uint_eq(refused, 1);
    end();
}
END_TEST

START_TEST(an_unchanged_token_is_tried_just_once_more)
{
    struct kubeconfig config;
    begin(&config, "other");
    write_file("token", "s3cret");
    config.token_file = mem_strdup(file_of("token"));
    open_client_with(&config);
    expect(401);
    ck_assert_uint_eq(refused, 2);
    end();
}
END_TEST

START_TEST(a_vanished_token_file_leaves_the_last_token)
{
    struct kubeconfig config;
    begin(&config, "one");
    write_file("token", "one");
    config.token_file = mem_strdup(file_of("token"));
    open_client_with(&config);
    expect(200);
    unlink(file_of("token"));
    expect(200);
    end();
}
END_TEST

START_TEST(the_token_stands_in_for_a_missing_file)
{
    struct kubeconfig config;
    begin(&config, "fallback");
    config.token = mem_strdup("fallback");
    config.token_file = mem_strdup(file_of("token"));
    open_client_with(&config);
    expect(200);
    end();
}
END_TEST

START_TEST(no_token_at_all)
{
    struct kubeconfig config;
    struct result result;
    begin(&config, "one");
    write_file("token", "s3cret\nin two lines");
    config.token_file = mem_strdup(file_of("token"));
    open_client_with(&config);
    call(&(struct kube_request){.method = "GET", .path = "/x", .timeout_ms = 2500}, &result);
    ck_assert_int_eq(result.error.code, ERR_AUTH);
    ck_assert_int_eq(result.status, 0);
    ck_assert_ptr_nonnull(strstr(result.error.msg, "not a token"));
    ck_assert_ptr_null(strstr(result.error.msg, "s3cret"));
    ck_assert_uint_eq(api.requests, 0);
    end();
}
END_TEST

/* The token comes by itself while requests wait for it. */
START_TEST(a_late_token_file_is_found)
{
    struct kubeconfig config;
    struct result result;
    begin(&config, "one");
    config.token_file = mem_strdup(file_of("token"));
    open_client_with(&config);
    start_call(&(struct kube_request){.method = "GET", .path = "/x"}, &result);
    run_for(50);
    write_file("token", "one");
    run_until(&result.done);
    ck_assert_msg(result.status == 200, "%s", result.error.msg);
    result_done(&result);
    end();
}
END_TEST

#define V1 "client.authentication.k8s.io/v1"

/* The script prints a token and counts its runs in the file "runs". */
static void use_plugin(struct kubeconfig *config, const char *before, const char *status)
{
    char *script = mem_printf(
        "cd %s; echo run >> runs; %s echo \"{\\\"kind\\\":\\\"ExecCredential\\\",\\\"apiVersion\\\":\\\"" V1
        "\\\",\\\"status\\\":%s}\"",
        dir, before, status);
    config->exec.command = mem_strdup("sh");
    config->exec.api_version = mem_strdup(V1);
    text_list_add(&config->exec.args, "-c");
    text_list_add_take(&config->exec.args, script);
}

static int runs(void)
{
    FILE *file = fopen(file_of("runs"), "r");
    char line[16];
    int count = 0;
    if (!file)
        return 0;
    while (fgets(line, sizeof(line), file))
        count++;
    fclose(file);
    return count;
}

START_TEST(a_plugin_runs_once_for_many)
{
    struct kubeconfig config;
    static struct result results[20];
    begin(&config, "one");
    use_plugin(&config, "sleep 0.2;", "{\\\"token\\\":\\\"one\\\"}");
    open_client_with(&config);
    for (size_t i = 0; i < ARRAY_LEN(results); i++)
        start_call(&(struct kube_request){.method = "GET", .path = "/x"}, &results[i]);
    for (size_t i = 0; i < ARRAY_LEN(results); i++) {
        run_until(&results[i].done);
        ck_assert_msg(results[i].status == 200, "%s", results[i].error.msg);
        result_done(&results[i]);
    }
    expect(200);
    ck_assert_int_eq(runs(), 1);
    end();
}
END_TEST

START_TEST(a_plugin_runs_again_when_its_credential_expires)
{
    struct kubeconfig config;
    begin(&config, "one");
    use_plugin(&config, "at=$(date -u -d '+1 second' +%Y-%m-%dT%H:%M:%SZ);",
               "{\\\"token\\\":\\\"one\\\",\\\"expirationTimestamp\\\":\\\"$at\\\"}");
    open_client_with(&config);
    run_for(1000 - clock_wall_ms() % 1000); /* from the start of a second: the timestamp has no fractions */
    expect(200);
    expect(200);
    ck_assert_int_eq(runs(), 1);
    run_for(1200);
    expect(200);
    ck_assert_int_eq(runs(), 2);
    end();
}
END_TEST

START_TEST(an_expired_credential_is_not_asked_for_without_end)
{
    struct kubeconfig config;
    struct result result;
    begin(&config, "one");
    use_plugin(&config, "",
               "{\\\"token\\\":\\\"one\\\",\\\"expirationTimestamp\\\":\\\"2020-01-01T00:00:00Z\\\"}");
    open_client_with(&config);
    call(&(struct kube_request){.method = "GET", .path = "/x", .timeout_ms = 1500}, &result);
    ck_assert_int_eq(result.error.code, ERR_AUTH);
    ck_assert_ptr_nonnull(strstr(result.error.msg, "already expired"));
    ck_assert_int_le(runs(), 2);
    end();
}
END_TEST

START_TEST(a_refused_new_credential_is_not_replaced_at_once)
{
    struct kubeconfig config;
    begin(&config, "other");
    use_plugin(&config, "", "{\\\"token\\\":\\\"s3cret\\\"}");
    open_client_with(&config);
    expect(401);
    expect(401);
    ck_assert_int_eq(runs(), 1);
    end();
}
END_TEST

START_TEST(a_failing_plugin_backs_off)
{
    struct kubeconfig config;
    struct result result;
    begin(&config, "one");
    use_plugin(&config, "exit 1;", "{}");
    open_client_with(&config);
    call(&(struct kube_request){.method = "GET", .path = "/x", .timeout_ms = 2000}, &result);
    ck_assert_int_eq(result.error.code, ERR_AUTH);
    ck_assert_ptr_nonnull(strstr(result.error.msg, "credential plugin sh: it failed"));
    ck_assert_int_le(runs(), 2);
    ck_assert_uint_eq(api.requests, 0);
    end();
}
END_TEST

START_TEST(closing_while_the_plugin_runs)
{
    struct kubeconfig config;
    struct result result;
    begin(&config, "one");
    use_plugin(&config, "sleep 60;", "{}");
    open_client_with(&config);
    start_call(&(struct kube_request){.method = "GET", .path = "/x"}, &result);
    run_for(100);
    int64_t began = clock_mono_ms();
    end();
    ck_assert_int_lt(clock_mono_ms() - began, 2000);
    ck_assert_int_eq(result.error.code, ERR_CANCELED);
    ck_assert_int_eq(result.times, 1);
}
END_TEST

START_TEST(basic_auth)
{
    struct kubeconfig config;
    begin(&config, "Basic YWxpOmJhYmE=");
    config.username = mem_strdup("ali");
    config.password = mem_strdup("baba");
    open_client_with(&config);
    expect(200);
    snprintf(valid_token, sizeof(valid_token), "other");
    expect(401);
    ck_assert_uint_eq(refused, 1);
    end();
}
END_TEST

RUN_SUITE("auth", a_fixed_token_is_not_asked_again, a_token_file_is_read_again_after_401,
          an_unchanged_token_is_tried_just_once_more, a_vanished_token_file_leaves_the_last_token,
          the_token_stands_in_for_a_missing_file, no_token_at_all, a_late_token_file_is_found,
          a_plugin_runs_once_for_many, a_plugin_runs_again_when_its_credential_expires,
          an_expired_credential_is_not_asked_for_without_end,
          a_refused_new_credential_is_not_replaced_at_once, a_failing_plugin_backs_off,
          closing_while_the_plugin_runs, basic_auth)

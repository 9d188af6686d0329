/* The command `explain`: options, and whom it asks. */
#include "tests/cli/explain_run.h"

static char *kubeconfig(const char *dir, int port)
{
    AUTO_FREE char *text = mem_printf(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
        "clusters: [{name: c, cluster: {server: \"http://127.0.0.1:%d\"}}]\nusers: [{name: u, user: {}}]\n"
        "contexts: [{name: c, context: {cluster: c, user: u, namespace: shop}}]\n",
        port);
    spawn_write_file(dir, "config", text);
    return mem_printf("%s/config", dir);
}

static const struct {
    const char *args[4]; /* besides the kubeconfig */
    const char *path;
} paths[] = {
    {{"shop/worker"}, "/api/v1/namespaces/shop/services/davit:http/proxy/decisions?find=shop%2Fworker"},
    {{"worker"}, "/api/v1/namespaces/shop/services/davit:http/proxy/decisions?find=shop%2Fworker"},
    {{"-n", "other", "worker"},
     "/api/v1/namespaces/other/services/davit:http/proxy/decisions?find=other%2Fworker"},
    {{"--service", "ops/d:8080", "shop/worker"},
     "/api/v1/namespaces/ops/services/d:8080/proxy/decisions?find=shop%2Fworker"},
    {{"--service=ops/d", "a b/../c?d=e"},
     "/api/v1/namespaces/ops/services/d/proxy/decisions?find=a+b%2F..%2Fc%3Fd%3De"},
};

static void ask_kube(bool plugin)
{
    AUTO_FREE char *answer = with_head("200 OK", OBJECT("worker", "[" DECISION "]"));
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        char *dir = spawn_temp_dir();
        struct server server = server_start(answer, strlen(answer), dir);
        AUTO_FREE char *config = kubeconfig(dir, server.port), *asked_for = NULL;
        const char *args[ARGS_MAX] = {paths[i].args[0], paths[i].args[1], paths[i].args[2]};
        size_t len;
        for (len = 0; args[len]; len++)
            continue;
        if (!plugin) {
            args[len++] = "--kubeconfig";
            args[len] = config;
        }
        ck_assert_int_eq(setenv("KUBECONFIG", config, 1), 0);
        struct said said = run(dir, plugin, args);
        ck_assert_msg(said.code == 0, "%s", said.err);
        ck_assert_str_eq(said.out, good_text);
        ck_assert_int_eq(file_read(server.requests, 1 << 16, &asked_for, &len, NULL), 0);
        AUTO_FREE char *wanted = mem_printf("GET %s HTTP/1.1\n", paths[i].path);
        ck_assert_str_eq(asked_for, wanted);
        forget(&said);
        server_stop(&server);
        spawn_remove_dir(dir);
    }
}

START_TEST(through_the_api_server)
{
    ask_kube(false);
}
END_TEST

START_TEST(as_plugin_of_kubectl)
{
    ask_kube(true);
}
END_TEST

START_TEST(no_service_is_told_with_both_places)
{
    AUTO_FREE char *answer =
        with_head("404 Not Found",
                  "{\"kind\":\"Status\",\"code\":404,\"message\":\"services \\\"davit\\\" not found\"}");
    char *dir = spawn_temp_dir();
    struct server server = server_start(answer, strlen(answer), dir);
    AUTO_FREE char *config = kubeconfig(dir, server.port), *asked_for = NULL;
    const char *const args[ARGS_MAX] = {"--kubeconfig", config, "worker"};
    size_t len;
    struct said said = run(dir, false, args);
    ck_assert_int_eq(said.code, 1);
    ck_assert_msg(strstr(said.err, "no Davit behind service shop/davit:http nor davit/davit:http") &&
                      strstr(said.err, "services \"davit\" not found"),
                  "%s", said.err);
    ck_assert_int_eq(file_read(server.requests, 1 << 16, &asked_for, &len, NULL), 0);
    ck_assert_msg(strstr(asked_for, "GET /api/v1/namespaces/davit/services/davit:http/proxy/"), "%s",
                  asked_for);
    forget(&said);
    server_stop(&server);
    spawn_remove_dir(dir);
}
END_TEST

START_TEST(the_environment_names_the_server)
{
    AUTO_FREE char *answer = with_head("200 OK", OBJECT("worker", "[" DECISION "]"));
    char *dir = spawn_temp_dir();
    struct server server = server_start(answer, strlen(answer), dir);
    AUTO_FREE char *url = mem_printf("http://127.0.0.1:%d", server.port);
    const char *const args[ARGS_MAX] = {"worker"};
    ck_assert_int_eq(setenv("DAVIT_SERVER", url, 1), 0);
    struct said said = run(dir, false, args);
    ck_assert_msg(said.code == 0, "%s", said.err);
    ck_assert_str_eq(said.out, good_text);
    forget(&said);
    server_stop(&server);
    spawn_remove_dir(dir);
}
END_TEST

START_TEST(nobody_there)
{
    char *dir = spawn_temp_dir();
    AUTO_FREE char *url = mem_printf("http://user:hunter2@127.0.0.1:%d", spawn_free_port());
    const char *const args[ARGS_MAX] = {"--server", url, "worker"};
    struct said said = run(dir, false, args);
    ck_assert_int_eq(said.code, 1);
    ck_assert_msg(strstr(said.err, "127.0.0.1") && !strstr(said.err, "hunter2"), "%s", said.err);
    forget(&said);
    spawn_remove_dir(dir);
}
END_TEST

static const struct {
    const char *args[6];
    int code;
    const char *err; /* a part */
} usages[] = {
    {{"--help"}, 0, ""},
    {{NULL}, 2, "which object?"},
    {{"a", "b"}, 2, "one object at a time"},
    {{"--nonsense", "a"}, 2, "see `davit explain --help`"},
    {{"--last", "0", "a"}, 2, "--last: \"0\" is not a number from 1 to 64"},
    {{"-o", "xml", "a"}, 2, "-o: \"xml\" is neither text nor json"},
    {{"--at", "5", "a"}, 2, "--at goes with --from"},
    {{"--at", "soon", "--from", "x"}, 2, "--at: \"soon\" is not a number of seconds"},
    {{"--from", "x", "a"}, 2, "--from goes with --at and --last only"},
    {{"--server", "http://127.0.0.1:1", "--context", "c", "a"}, 2, "one of them"},
    {{"--server", "ftp://127.0.0.1:1", "a"}, 1, "http"},
    {{"--server", "", "a"}, 1, "davit explain: "},
    {{"--kubeconfig", "/nowhere/config", "a"}, 1, "/nowhere/config"},
    {{"--from", "/nowhere/lines"}, 1, "/nowhere/lines"},
};

START_TEST(usage_and_mistakes)
{
    char *dir = spawn_temp_dir();
    struct said said = run(dir, false, usages[_i].args);
    ck_assert_msg(said.code == usages[_i].code, "%d: %s", said.code, said.err);
    ck_assert_msg(strstr(said.err, usages[_i].err) != NULL, "%s", said.err);
    forget(&said);
    spawn_remove_dir(dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explain");
    SUITE_ADD(suite, through_the_api_server);
    SUITE_ADD(suite, as_plugin_of_kubectl);
    SUITE_ADD(suite, no_service_is_told_with_both_places);
    SUITE_ADD(suite, the_environment_names_the_server);
    SUITE_ADD(suite, nobody_there);
    SUITE_ADD_LOOP(suite, usage_and_mistakes, usages);
    return suite_run(suite);
}

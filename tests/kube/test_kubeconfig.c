/* Kubeconfig files, KUBECONFIG lists and service accounts: what is read, what wins, what is refused, and that
 * no message tells a secret. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scaler/kube/kubeconfig.h"
#include "tests/base/suite.h"

static char dir[64];

static void write_file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static void setup(void)
{
    snprintf(dir, sizeof(dir), "/tmp/davit-kubeconfig-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(mkdir(path_of("sub"), 0700), 0);
    unsetenv("KUBECONFIG");
    unsetenv("KUBERNETES_SERVICE_HOST");
    unsetenv("KUBERNETES_SERVICE_PORT");
    setenv("HOME", dir, 1);
}

static void teardown(void)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    ck_assert_int_eq(system(command), 0);
}

/* "CA", "CERT" and "KEY" in base64. */
#define CA64   "Q0E="
#define CERT64 "Q0VSVA=="
#define KEY64  "S0VZ"

static const char whole[] =
    "apiVersion: v1\n"
    "kind: Config\n"
    "current-context: main\n"
    "contexts:\n"
    "- {name: main, context: {cluster: c1, user: u1, namespace: shop}}\n"
    "- {name: other, context: {cluster: c2, user: u2}}\n"
    "- {name: nobody, context: {cluster: c2}}\n"
    "clusters:\n"
    "- name: c1\n"
    "  cluster:\n"
    "    server: https://one.example:6443/\n"
    "    certificate-authority-data: " CA64 "\n"
    "    certificate-authority: /does/not/exist\n"
    "    tls-server-name: inner.example\n"
    "    proxy-url: http://proxy.example:3128\n"
    "- name: c2\n"
    "  cluster: {server: 'https://two.example', insecure-skip-tls-verify: true}\n"
    "users:\n"
    "- name: u1\n"
    "  user: {client-certificate-data: " CERT64 ", client-key-data: " KEY64 ", token: sesame}\n"
    "- name: u2\n"
    "  user: {username: ali, password: baba}\n";

START_TEST(reads_the_current_context)
{
    struct kubeconfig config;
    struct err err = {0};
    write_file("config", whole);
    ck_assert_msg(kubeconfig_load(&config, path_of("config"), NULL, &err) == 0, "%s", err.msg);
    ck_assert_str_eq(config.server, "https://one.example:6443");
    ck_assert_str_eq(config.ca_pem, "CA");
    ck_assert_str_eq(config.tls_server_name, "inner.example");
    ck_assert_str_eq(config.proxy_url, "http://proxy.example:3128");
    ck_assert_str_eq(config.client_cert_pem, "CERT");
    ck_assert_str_eq(config.client_key_pem, "KEY");
    ck_assert_str_eq(config.token, "sesame");
    ck_assert_str_eq(config.ns, "shop");
    ck_assert_str_eq(config.context, "main");
    ck_assert(!config.insecure);
    kubeconfig_done(&config);
}
END_TEST

START_TEST(reads_a_named_context)
{
    struct kubeconfig config, copy;
    struct err err = {0};
    write_file("config", whole);
    ck_assert_msg(kubeconfig_load(&config, path_of("config"), "other", &err) == 0, "%s", err.msg);
    kubeconfig_copy(&copy, &config);
    kubeconfig_done(&config);
    ck_assert_str_eq(copy.server, "https://two.example");
    ck_assert(copy.insecure);
    ck_assert_str_eq(copy.username, "ali");
    ck_assert_str_eq(copy.password, "baba");
    ck_assert_str_eq(copy.ns, "default");
    ck_assert_ptr_null(copy.token);
    kubeconfig_done(&copy);
    ck_assert_int_eq(kubeconfig_load(&config, path_of("config"), "nobody", &err), 0);
    ck_assert_ptr_null(config.username);
    kubeconfig_done(&config);
}
END_TEST

START_TEST(paths_start_at_the_file)
{
    struct kubeconfig config;
    struct err err = {0};
    write_file("sub/ca.pem", "THE CA");
    write_file("sub/cert.pem", "THE CERT");
    write_file("sub/key.pem", "THE KEY");
    write_file("sub/config",
               "current-context: x\n"
               "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
               "clusters: [{name: c, cluster: {server: 'https://a', certificate-authority: ca.pem}}]\n"
               "users:\n"
               "- name: u\n"
               "  user:\n"
               "    client-certificate: ./cert.pem\n"
               "    client-key: key.pem\n"
               "    tokenFile: token\n"
               "    exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [a, 2],\n"
               "           env: [{name: A, value: b}], provideClusterInfo: true}\n");
    ck_assert_msg(kubeconfig_load(&config, path_of("sub/config"), NULL, &err) == 0, "%s", err.msg);
    ck_assert_str_eq(config.ca_pem, "THE CA");
    ck_assert_str_eq(config.client_cert_pem, "THE CERT");
    ck_assert_str_eq(config.client_key_pem, "THE KEY");
    ck_assert_str_eq(config.token_file, path_of("sub/token"));
    ck_assert_str_eq(config.exec.command, path_of("sub/./plugin"));
    ck_assert_uint_eq(config.exec.args.len, 2);
    ck_assert_str_eq(config.exec.args.items[1], "2");
    ck_assert_str_eq(text_map_get(&config.exec.env, "A"), "b");
    ck_assert(config.exec.provide_cluster_info);
    kubeconfig_done(&config);
}
END_TEST

START_TEST(cluster_config_reaches_the_plugin_as_json)
{
    struct kubeconfig config;
    struct err err = {0};
    write_file("config", "current-context: x\n"
                         "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
                         "clusters:\n"
                         "- name: c\n"
                         "  cluster:\n"
                         "    server: https://a\n"
                         "    extensions:\n"
                         "    - {name: other, extension: {no: 1}}\n"
                         "    - name: client.authentication.k8s.io/exec\n"
                         "      extension: {audience: 'x', n: [1, 2.5, true, null]}\n"
                         "users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, "
                         "command: gcloud}}}]\n");
    ck_assert_msg(kubeconfig_load(&config, path_of("config"), NULL, &err) == 0, "%s", err.msg);
    ck_assert_str_eq(config.exec.cluster_config, "{\"audience\":\"x\",\"n\":[1,2.5,true,null]}");
    ck_assert_str_eq(config.exec.command, "gcloud");
    kubeconfig_done(&config);
}
END_TEST

START_TEST(merges_a_list_of_files)
{
    struct kubeconfig config;
    struct err err = {0};
    char list[512];
    write_file(
        "a",
        "contexts: [{name: x, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {token: first}}]\n");
    write_file("b", "current-context: x\n"
                    "clusters: [{name: c, cluster: {server: 'https://b'}}]\n"
                    "users: [{name: u, user: {token: second}}]\n");
    snprintf(list, sizeof(list), "%s/missing:%s/a::%s/b", dir, dir, dir);
    setenv("KUBECONFIG", list, 1);
    ck_assert_msg(kubeconfig_load(&config, NULL, NULL, &err) == 0, "%s", err.msg);
    ck_assert_str_eq(config.server, "https://b");
    ck_assert_str_eq(config.token, "first");
    kubeconfig_done(&config);
}
END_TEST

START_TEST(a_wrong_kubeconfig_variable_is_not_passed_over)
{
    struct kubeconfig config = {.server = (char *)"untouched"};
    struct err err = {0};
    ck_assert_int_eq(mkdir(path_of(".kube"), 0700), 0);
    write_file(".kube/config", whole);
    setenv("KUBECONFIG", "/does/not/exist", 1);
    ck_assert_int_eq(kubeconfig_load(&config, NULL, NULL, &err), ERR_CONFIG);
    ck_assert_str_eq(config.server, "untouched");
    unsetenv("KUBECONFIG");
    ck_assert_int_eq(kubeconfig_load(&config, NULL, NULL, &err), 0);
    ck_assert_str_eq(config.server, "https://one.example:6443");
    kubeconfig_done(&config);
}
END_TEST

START_TEST(nothing_anywhere)
{
    struct kubeconfig config;
    struct err err = {0};
    ck_assert_int_eq(kubeconfig_load(&config, NULL, NULL, &err), ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.msg, "/.kube/config"));
}
END_TEST

START_TEST(in_cluster)
{
    struct kubeconfig config;
    struct err err = {0};
    ck_assert_int_eq(kubeconfig_load_in_cluster(&config, dir, &err), ERR_NOT_FOUND);
    setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
    setenv("KUBERNETES_SERVICE_PORT", "443", 1);
    ck_assert_int_eq(kubeconfig_load_in_cluster(&config, dir, &err), ERR_NOT_FOUND);
    write_file("token", "abc\n");
    ck_assert_int_eq(kubeconfig_load_in_cluster(&config, dir, &err), ERR_CONFIG);
    write_file("ca.crt", "PEM");
    ck_assert_int_eq(kubeconfig_load_in_cluster(&config, dir, &err), 0);
    ck_assert_str_eq(config.ns, "default");
    kubeconfig_done(&config);
    write_file("namespace", "shop\n");
    ck_assert_int_eq(kubeconfig_load_in_cluster(&config, dir, &err), 0);
    ck_assert_str_eq(config.server, "https://[fd00::1]:443");
    ck_assert_str_eq(config.token_file, path_of("token"));
    ck_assert_ptr_null(config.token);
    ck_assert_str_eq(config.ca_pem, "PEM");
    ck_assert_str_eq(config.ns, "shop");
    kubeconfig_done(&config);
}
END_TEST

#define HEAD    "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
#define CLUSTER "clusters: [{name: c, cluster: {server: 'https://a'}}]\n"

struct bad_row {
    const char *text;
    int code;
    const char *message; /* part of it */
};

static const struct bad_row bad_rows[] = {
    {"[", ERR_CONFIG, "config:"},
    {"- a\n", ERR_CONFIG, "config:1:1: a kubeconfig is one document, a map"},
    {"a: 1\n---\nb: 2\n", ERR_CONFIG, "one document"},
    {"", ERR_CONFIG, "no current-context"},
    {"current-context: gone\n", ERR_CONFIG, "no context named \"gone\""},
    {"current-context: x\ncontexts: {}\n", ERR_CONFIG, "config:2:11: expected a list"},
    {"current-context: x\ncontexts: [{name: x}]\n", ERR_CONFIG, "the entry has no body"},
    {"current-context: x\ncontexts: [{name: x, context: {user: u}}]\n", ERR_CONFIG, "names no cluster"},
    {HEAD, ERR_CONFIG, "no cluster named \"c\""},
    {HEAD CLUSTER, ERR_CONFIG, "no user named \"u\""},
    {HEAD "clusters: [{name: c, cluster: {}}]\n", ERR_CONFIG, "no server"},
    {HEAD "clusters: [{name: c, cluster: {server: 'ftp://a'}}]\n", ERR_CONFIG, "https://"},
    {HEAD "clusters: [{name: c, cluster: {server: [a]}}]\n", ERR_CONFIG, "config:3:40: expected a text"},
    {HEAD "clusters: [{name: c, cluster: {server: 'https://a', insecure-skip-tls-verify: maybe}}]\n",
     ERR_CONFIG, "true or false"},
    {HEAD "clusters: [{name: c, cluster: {server: 'https://a', insecure-skip-tls-verify: true, "
          "certificate-authority-data: " CA64 "}}]\n",
     ERR_CONFIG, "exclude each other"},
    {HEAD "clusters: [{name: c, cluster: {server: 'https://a', certificate-authority: nowhere.pem}}]\n",
     ERR_NOT_FOUND, "certificate-authority"},
    {HEAD CLUSTER "users: [{name: u, user: {client-key-data: 's3cret!'}}]\n", ERR_INVALID, "client-key-data"},
    {HEAD CLUSTER "users: [{name: u, user: {client-key-data: " KEY64 "}}]\n", ERR_CONFIG, "its certificate"},
    {HEAD CLUSTER "users: [{name: u, user: {token: s3cret, username: x}}]\n", ERR_CONFIG,
     "exclude each other"},
    {HEAD CLUSTER "users: [{name: u, user: {token: s3cret, as: admin}}]\n", ERR_UNSUPPORTED,
     "as is not supported"},
    {HEAD CLUSTER "users: [{name: u, user: {token: {a: s3cret}}}]\n", ERR_CONFIG, "expected a text"},
    {HEAD CLUSTER "users: [{name: u, user: {auth-provider: {name: gcp}}}]\n", ERR_UNSUPPORTED,
     "auth-provider"},
    {HEAD CLUSTER
     "users: [{name: u, user: {exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}}}]\n",
     ERR_UNSUPPORTED, "exec: apiVersion"},
    {HEAD CLUSTER "users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1}}}]\n",
     ERR_CONFIG, "no command"},
    {HEAD CLUSTER "users: [{name: u, user: {exec: {command: x, apiVersion: client.authentication.k8s.io/v1, "
                  "interactiveMode: Always}}}]\n",
     ERR_UNSUPPORTED, "terminal"},
    {HEAD CLUSTER
     "users: [{name: u, user: {exec: {command: x, apiVersion: client.authentication.k8s.io/v1, args: a}}}]\n",
     ERR_CONFIG, "args must be a list"},
    {HEAD CLUSTER "users: [{name: u, user: {exec: {command: x, apiVersion: client.authentication.k8s.io/v1, "
                  "args: [[a]]}}}]\n",
     ERR_CONFIG, "args[0]"},
    {HEAD CLUSTER "users: [{name: u, user: {exec: {command: x, apiVersion: client.authentication.k8s.io/v1, "
                  "env: [{value: s3cret}]}}}]\n",
     ERR_CONFIG, "env[0]"},
};

START_TEST(refuses)
{
    const struct bad_row *row = &bad_rows[_i];
    struct kubeconfig config = {.server = (char *)"untouched"};
    struct err err = {0};
    write_file("config", row->text);
    int rc = kubeconfig_load(&config, path_of("config"), NULL, &err);
    ck_assert_msg(rc < 0, "accepted: %s", row->text);
    ck_assert_msg(strstr(err.msg, row->message) != NULL, "'%s' lacks '%s'", err.msg, row->message);
    ck_assert_msg(strstr(err.msg, path_of("config")) != NULL, "'%s' does not name the file", err.msg);
    ck_assert_msg(strstr(err.msg, "s3cret") == NULL, "'%s' tells a secret", err.msg);
    ck_assert_str_eq(config.server, "untouched");
    ck_assert_int_eq(rc, row->code);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        reads_the_current_context, reads_a_named_context,
        paths_start_at_the_file,   cluster_config_reaches_the_plugin_as_json,
        merges_a_list_of_files,    a_wrong_kubeconfig_variable_is_not_passed_over,
        nothing_anywhere,          in_cluster,
    };
    Suite *suite = suite_create("kubeconfig");
    TCase *tcase = tcase_create("kubeconfig");
    tcase_add_checked_fixture(tcase, setup, teardown);
    for (size_t i = 0; i < ARRAY_LEN(tests); i++)
        tcase_add_test(tcase, tests[i]);
    tcase_add_loop_test(tcase, refuses, 0, (int)ARRAY_LEN(bad_rows));
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}

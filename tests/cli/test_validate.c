/* The command `validate`: exit codes, both outputs, standard input. The findings themselves are
 * tests/config's. */
#include <check.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scaler/base/file.h"
#include "scaler/base/mem.h"
#include "scaler/cli/validate.h"
#include "tests/config/schema.h"

#define ARGS_MAX 8
#define BAD      "tests/config/bad/"
#define GOOD     "tests/config/good/"

static int redirect(int fd, const char *path, int flags)
{
    int saved = dup(fd), to = open(path, flags, 0600);
    ck_assert_int_ge(saved, 0);
    ck_assert_int_ge(to, 0);
    ck_assert_int_ge(dup2(to, fd), 0);
    close(to);
    return saved;
}

static void restore(int fd, int saved)
{
    ck_assert_int_ge(dup2(saved, fd), 0);
    close(saved);
}

/* Runs the command with its output kept; the caller frees *ret_out. */
static int run(const char *const *args, char **ret_out)
{
    char path[] = "/tmp/davit-validate-XXXXXX";
    char *argv[ARGS_MAX + 2] = {mem_strdup("validate")};
    int argc = 1, scratch = mkstemp(path);
    size_t len;
    ck_assert_int_ge(scratch, 0);
    close(scratch);
    for (; argc <= ARGS_MAX && args[argc - 1]; argc++)
        argv[argc] = mem_strdup(args[argc - 1]);
    (void)fflush(stdout);
    int saved = redirect(STDOUT_FILENO, path, O_WRONLY | O_TRUNC);
    int code = cli_validate(argc, argv, &demo_schemas);
    (void)fflush(stdout);
    restore(STDOUT_FILENO, saved);
    ck_assert_int_eq(file_read(path, 1 << 20, ret_out, &len, NULL), 0);
    (void)unlink(path);
    for (int i = 0; i < argc; i++)
        mem_free(argv[i]);
    return code;
}

static const struct {
    const char *args[ARGS_MAX];
    int code;
    const char *out; /* the whole of it; NULL: not looked at */
} cases[] = {
    {{GOOD "minimal.yaml"}, 0, "valid: 1 ScaledObject, 0 errors, 0 warnings\n"},
    {{GOOD "minimal.yaml", GOOD "anchors.yaml", "-n", "x"}, 1, NULL}, /* both are named web */
    {{BAD "min-above-max.yaml"},
     1,
     BAD "min-above-max.yaml:8:20: spec.minReplicaCount: 5 is more than maxReplicaCount, which is 4\n"
         "invalid: 0 ScaledObjects, 1 error, 0 warnings\n"},
    {{BAD "cooldown-useless.yaml"},
     0,
     BAD "cooldown-useless.yaml:9:19: spec.cooldownPeriod: warning: has no effect: it only delays the step "
         "to zero or "
         "to idleReplicaCount\n"
         "valid: 1 ScaledObject, 0 errors, 1 warning\n"},
    {{"nowhere"}, 1, "nowhere: No such file or directory\ninvalid: 0 ScaledObjects, 1 error, 0 warnings\n"},
    {{BAD}, 1, NULL},
    {{"--help"}, 0, NULL},
    {{NULL}, 2, ""},
    {{"-o", "xml", GOOD}, 2, ""},
    {{"--nonsense", GOOD}, 2, ""},
    {{GOOD, "-o"}, 2, ""},
    {{"--output=text", "--namespace=x", GOOD "paused.yaml"}, 0, NULL},
};

START_TEST(exit_codes_and_text)
{
    AUTO_FREE char *out = NULL;
    int saved = redirect(STDERR_FILENO, "/dev/null", O_WRONLY);
    int code = run(cases[_i].args, &out);
    restore(STDERR_FILENO, saved);
    ck_assert_msg(code == cases[_i].code, "code %d: %s", code, out);
    ck_assert_msg(!cases[_i].out || strcmp(out, cases[_i].out) == 0, "%s", out);
}
END_TEST

START_TEST(json_output)
{
    AUTO_FREE char *out = NULL;
    const char *const args[] = {"-o", "json", BAD "cooldown-useless.yaml", BAD "min-above-max.yaml", NULL};
    ck_assert_int_eq(run(args, &out), 1);
    json_t *root = json_loads(out, 0, NULL);
    json_t *expected = json_pack(
        "{s:b, s:[{s:s, s:s, s:s}], s:[{s:s, s:i, s:i, s:s, s:s}], s:[{s:s, s:i, s:i, s:s, s:s}], s:i}",
        "valid", 0, "objects", "kind", "ScaledObject", "namespace", "default", "name", "web", "errors",
        "file", BAD "min-above-max.yaml", "line", 8, "column", 20, "path", "spec.minReplicaCount", "message",
        "5 is more than maxReplicaCount, which is 4", "warnings", "file", BAD "cooldown-useless.yaml", "line",
        9, "column", 19, "path", "spec.cooldownPeriod", "message",
        "has no effect: it only delays the step to zero or to idleReplicaCount", "notShown", 0);
    ck_assert_ptr_nonnull(expected);
    ck_assert_msg(json_equal(root, expected), "%s", out);
    json_decref(root);
    json_decref(expected);
}
END_TEST

START_TEST(namespaces)
{
    AUTO_FREE char *out = NULL;
    const char *const args[] = {"-n", "elsewhere", "-o", "json", GOOD "minimal.yaml", NULL};
    ck_assert_int_eq(run(args, &out), 0);
    ck_assert_ptr_nonnull(strstr(out, "\"namespace\":\"elsewhere\""));
}
END_TEST

START_TEST(standard_input)
{
    AUTO_FREE char *out = NULL;
    const char *const args[] = {"-", NULL};
    int saved = redirect(STDIN_FILENO, BAD "min-above-max.yaml", O_RDONLY);
    ck_assert_int_eq(run(args, &out), 1);
    restore(STDIN_FILENO, saved);
    ck_assert_ptr_nonnull(strstr(out, "<stdin>:8:20: spec.minReplicaCount: "));
}
END_TEST

START_TEST(secrets_stay_secret)
{
    static const char *const files[] = {BAD "secret.yaml", BAD "secret-values.yaml", BAD "parameters.yaml",
                                        BAD "binary-secret.yaml", BAD "unsupported-auth.yaml"};
    static const char *const formats[] = {"text", "json"};
    for (size_t i = 0; i < 2 * ARRAY_LEN(files); i++) {
        AUTO_FREE char *out = NULL;
        const char *const args[] = {"-o", formats[i % 2], files[i / 2], NULL};
        (void)run(args, &out);
        ck_assert_uint_gt(strlen(out), 0);
        ck_assert_msg(!strstr(out, "hunter2") && !strstr(out, "4711") && !strstr(out, "aHVudGVy"), "%s", out);
    }
}
END_TEST

int main(void)
{
    if (chdir(SOURCE_DIR) != 0) /* messages name files as they were given */
        return EXIT_FAILURE;
    Suite *suite = suite_create("cli/validate");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, exit_codes_and_text, 0, ARRAY_LEN(cases));
    tcase_add_test(tcase, json_output);
    tcase_add_test(tcase, namespaces);
    tcase_add_test(tcase, standard_input);
    tcase_add_test(tcase, secrets_stay_secret);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

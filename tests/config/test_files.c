/* tests/config/bad: every finding word for word, as bad/<name>.expected has it; tests/config/good: none at
 * all. */
#include <check.h>
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/set.h"
#include "scaler/base/file.h"
#include "scaler/base/strbuf.h"
#include "tests/config/schema.h"

static void describe(const struct diag_list *diags, struct strbuf *out)
{
    for (size_t i = 0; i < diags->len; i++) {
        const struct diag *diag = &diags->items[i];
        strbuf_printf(out, "%s %d:%d: %s%s%s\n", diag->severity == DIAG_ERROR ? "error" : "warning",
                      diag->line, diag->column, diag->path, *diag->path ? ": " : "", diag->message);
    }
}

/* Everything `davit validate` would find in the file. */
static void examine(const char *path, struct strbuf *out, size_t *ret_objects)
{
    struct config_set set;
    struct diag_list diags = {0};
    struct err err = {0};
    config_set_init(&set);
    ck_assert_msg(config_load(&set, path, "shop", &diags, &err) == 0, "%s", err.msg);
    config_set_finish(&set, &diags);
    config_check(&set, &demo_schemas, "davit", &diags);
    diag_list_sort(&diags);
    describe(&diags, out);
    *ret_objects = set.objects_len + set.auths_len + set.values_len;
    diag_list_done(&diags);
    config_set_done(&set);
}

static void list_yaml(const char *dir, struct text_list *ret)
{
    DIR *handle = opendir(dir);
    ck_assert_ptr_nonnull(handle);
    for (const struct dirent *entry; (entry = readdir(handle));) {
        const char *dot = strrchr(entry->d_name, '.');
        if (dot && strcmp(dot, ".yaml") == 0)
            text_list_add_take(ret, mem_printf("%s/%s", dir, entry->d_name));
    }
    closedir(handle);
}

static void check_bad(const char *path)
{
    AUTO_STRBUF struct strbuf found;
    AUTO_FREE char *expected_path = mem_printf("%.*s.expected", (int)(strlen(path) - 5), path);
    AUTO_FREE char *expected = NULL;
    size_t len = 0, objects;
    struct err err = {0};
    strbuf_init(&found);
    examine(path, &found, &objects);
    ck_assert_msg(file_read(expected_path, 1 << 20, &expected, &len, &err) == 0, "%s\nfound:\n%s", err.msg,
                  found.data);
    ck_assert_msg(len > 0, "%s is empty", expected_path);
    ck_assert_msg(strcmp(expected, found.data) == 0, "%s\nexpected:\n%sfound:\n%s", path, expected,
                  found.data);
}

START_TEST(bad_files_say_exactly_what_is_wrong)
{
    struct text_list files = {0};
    list_yaml("tests/config/bad", &files);
    ck_assert_uint_ge(files.len, 30);
    for (size_t i = 0; i < files.len; i++)
        check_bad(files.items[i]);
    text_list_done(&files);
}
END_TEST

START_TEST(good_files_are_silent)
{
    struct text_list files = {0};
    list_yaml("tests/config/good", &files);
    ck_assert_uint_ge(files.len, 5);
    for (size_t i = 0; i < files.len; i++) {
        AUTO_STRBUF struct strbuf found;
        size_t objects;
        strbuf_init(&found);
        examine(files.items[i], &found, &objects);
        ck_assert_msg(found.len == 0 && objects > 0, "%s: %zu objects\n%s", files.items[i], objects,
                      found.data);
    }
    text_list_done(&files);
}
END_TEST

int main(void)
{
    if (chdir(SOURCE_DIR) != 0) /* messages name files as they were given */
        return EXIT_FAILURE;
    Suite *suite = suite_create("config/files");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, bad_files_say_exactly_what_is_wrong);
    tcase_add_test(tcase, good_files_are_silent);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

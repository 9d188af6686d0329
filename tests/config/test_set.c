/* Reading a directory: order, links, ConfigMap mounts, cycles, broken files, objects defined twice. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/set.h"
#include "scaler/base/mem.h"
#include "scaler/base/yaml.h"

static char root[] = "/tmp/davit-set-XXXXXX";

static void enter_root(void)
{
    ck_assert_ptr_nonnull(mkdtemp(root));
    ck_assert_int_eq(chdir(root), 0);
}

static void leave_root(void)
{
    AUTO_FREE char *command = mem_printf("rm -rf %s", root);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(system(command), 0);
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    fclose(file);
}

static void put_map(const char *path, const char *name)
{
    AUTO_FREE char *text = mem_printf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n", name);
    put(path, text);
}

static void make_dir(const char *path)
{
    ck_assert_int_eq(mkdir(path, 0755), 0);
}

static void make_link(const char *to, const char *path)
{
    ck_assert_int_eq(symlink(to, path), 0);
}

struct loaded {
    struct config_set set;
    struct diag_list diags;
};

static int load(struct loaded *loaded, const char *path, struct err *err)
{
    *loaded = (struct loaded){0};
    config_set_init(&loaded->set);
    int rc = config_load(&loaded->set, path, "shop", &loaded->diags, err);
    config_set_finish(&loaded->set, &loaded->diags);
    return rc;
}

static void unload(struct loaded *loaded)
{
    diag_list_done(&loaded->diags);
    config_set_done(&loaded->set);
}

static const char *first_finding(const struct loaded *loaded)
{
    return loaded->diags.len ? loaded->diags.items[0].message : "nothing";
}

START_TEST(a_tree_is_read_once_in_order)
{
    struct loaded loaded;
    make_dir("c");
    make_dir("c/b");
    make_dir("c/.hidden");
    put_map("c/z.yaml", "z");
    put_map("c/b/a.yml", "a");
    put_map("c/.hidden/x.yaml", "hidden");
    put_map("c/.x.yaml", "hidden2");
    put("c/notes.txt", "not: [yaml");
    put("c/b/values.json", "{");
    make_link("z.yaml", "c/alias.yaml");
    make_link("b", "c/again");
    make_link("..", "c/b/up");
    make_link(".", "c/self");
    ck_assert_int_eq(mkfifo("c/pipe.yaml", 0600), 0);
    ck_assert_int_eq(load(&loaded, "c", NULL), 0);
    ck_assert_msg(loaded.diags.len == 0, "%s", first_finding(&loaded));
    ck_assert_uint_eq(loaded.set.values_len, 2);
    ck_assert_str_eq(loaded.set.values[0]->meta.name, "a");
    ck_assert_str_eq(loaded.set.values[0]->meta.file, "c/again/a.yml");
    ck_assert_str_eq(loaded.set.values[1]->meta.name, "z");
    ck_assert_uint_eq(loaded.set.broken_files.len, 0);
    unload(&loaded);
}
END_TEST

START_TEST(a_config_map_mount_is_read_once)
{
    struct loaded loaded;
    make_dir("m");
    make_dir("m/..2026_08_20_10_00_00.1");
    put_map("m/..2026_08_20_10_00_00.1/a.yaml", "a");
    put_map("m/..2026_08_20_10_00_00.1/b.yaml", "b");
    make_link("..2026_08_20_10_00_00.1", "m/..data");
    make_link("..data/a.yaml", "m/a.yaml");
    make_link("..data/b.yaml", "m/b.yaml");
    ck_assert_int_eq(load(&loaded, "m/", NULL), 0);
    ck_assert_msg(loaded.diags.len == 0, "%s", first_finding(&loaded));
    ck_assert_uint_eq(loaded.set.values_len, 2);
    ck_assert_str_eq(loaded.set.values[0]->meta.file, "m/a.yaml");
    unload(&loaded);
}
END_TEST

START_TEST(a_broken_file_does_not_touch_the_others)
{
    struct loaded loaded;
    make_dir("c");
    put_map("c/a.yaml", "a");
    put("c/b.yaml", "a: [");
    put_map("c/c.yaml", "Bad_Name");
    put("c/d.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}\n---\napiVersion: v1\nkind: Secret\n");
    make_link("nowhere.yaml", "c/e.yaml");
    put_map("c/f.yaml", "f");
    ck_assert_int_eq(load(&loaded, "c", NULL), 0);
    ck_assert_uint_eq(loaded.set.values_len, 3); /* a, d, f */
    ck_assert_uint_eq(loaded.set.broken_files.len, 4);
    for (size_t i = 0; i < 4; i++) {
        AUTO_FREE char *name = mem_printf("c/%c.yaml", "bcde"[i]);
        ck_assert_str_eq(loaded.set.broken_files.items[i], name);
        ck_assert(config_set_is_broken(&loaded.set, name));
    }
    ck_assert(!config_set_is_broken(&loaded.set, "c/a.yaml"));
    unload(&loaded);
}
END_TEST

START_TEST(an_unreadable_directory_breaks_what_is_below)
{
    struct loaded loaded;
    if (geteuid() == 0)
        return; /* root reads everything; depth below is tested for everybody */
    make_dir("c");
    make_dir("c/closed");
    put_map("c/a.yaml", "a");
    ck_assert_int_eq(chmod("c/closed", 0), 0);
    ck_assert_int_eq(load(&loaded, "c", NULL), 0);
    ck_assert_uint_eq(loaded.set.values_len, 1);
    ck_assert(config_set_is_broken(&loaded.set, "c/closed/x.yaml"));
    ck_assert(!config_set_is_broken(&loaded.set, "c/closed.yaml"));
    unload(&loaded);
    ck_assert_int_eq(chmod("c/closed", 0755), 0);
}
END_TEST

START_TEST(a_bottomless_tree_has_a_bottom)
{
    struct loaded loaded;
    char path[400] = "deep";
    for (size_t i = 0; i < 40; i++) {
        make_dir(path);
        ck_assert_uint_lt(strlen(path), sizeof(path) - 8);
        (void)snprintf(path + strlen(path), 4, "/d");
    }
    put_map("deep/a.yaml", "a");
    ck_assert_int_eq(load(&loaded, "deep", NULL), 0);
    ck_assert_uint_eq(loaded.set.values_len, 1);
    ck_assert_uint_eq(loaded.diags.errors, 1);
    ck_assert_uint_eq(loaded.set.broken_files.len, 1);
    const char *broken = loaded.set.broken_files.items[0];
    ck_assert_int_eq(broken[strlen(broken) - 1], '/');
    AUTO_FREE char *below = mem_printf("%sx/y.yaml", broken);
    ck_assert(config_set_is_broken(&loaded.set, below));
    unload(&loaded);
}
END_TEST

START_TEST(one_file_of_any_name)
{
    struct loaded loaded;
    put_map("settings", "a");
    ck_assert_int_eq(load(&loaded, "settings", NULL), 0);
    ck_assert_uint_eq(loaded.set.values_len, 1);
    unload(&loaded);
}
END_TEST

START_TEST(a_missing_path_fails)
{
    struct loaded loaded;
    struct err err = {0};
    ck_assert_int_eq(load(&loaded, "nowhere", &err), ERR_NOT_FOUND);
    ck_assert_str_eq(err.msg, "nowhere: No such file or directory");
    ck_assert_uint_eq(loaded.diags.len, 0);
    unload(&loaded);
}
END_TEST

START_TEST(a_huge_file_is_refused_unread)
{
    struct loaded loaded;
    make_dir("c");
    put("c/huge.yaml", "");
    ck_assert_int_eq(truncate("c/huge.yaml", (off_t)100 << 20), 0);
    put_map("c/small.yaml", "a");
    ck_assert_int_eq(load(&loaded, "c", NULL), 0);
    ck_assert_uint_eq(loaded.set.values_len, 1);
    ck_assert_uint_eq(loaded.diags.errors, 1);
    ck_assert(config_set_is_broken(&loaded.set, "c/huge.yaml"));
    unload(&loaded);
}
END_TEST

START_TEST(the_first_of_two_stays)
{
    struct config_set set;
    struct diag_list diags = {0};
    put("one.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: one}\n");
    put("two.yaml", "# moved down\n\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: two}\n");
    config_set_init(&set);
    ck_assert_int_eq(config_load(&set, "two.yaml", "shop", &diags, NULL), 0);
    ck_assert_int_eq(config_load(&set, "one.yaml", "shop", &diags, NULL), 0);
    config_set_finish(&set, &diags);
    ck_assert_uint_eq(set.values_len, 1);
    ck_assert_str_eq(text_map_get(&set.values[0]->data, "k"), "two");
    ck_assert_uint_eq(diags.errors, 1);
    ck_assert_str_eq(diags.items[0].file, "one.yaml");
    ck_assert_str_eq(diags.items[0].message, "shop/a is defined already at two.yaml:3");
    diag_list_done(&diags);
    config_set_done(&set);
}
END_TEST

START_TEST(many_objects_are_found)
{
    struct loaded loaded;
    FILE *file = fopen("many.yaml", "w");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 2000; i++)
        ck_assert_int_gt(fprintf(file,
                                 "---\napiVersion: v1\nkind: %s\nmetadata: {name: n%d, namespace: s%d}\n",
                                 i % 2 ? "Secret" : "ConfigMap", i / 2, i % 7),
                         0);
    fclose(file);
    ck_assert_int_eq(load(&loaded, "many.yaml", NULL), 0);
    ck_assert_uint_eq(loaded.set.values_len, 2000);
    for (int i = 0; i < 2000; i++) {
        AUTO_FREE char *name = mem_printf("n%d", i / 2);
        AUTO_FREE char *ns = mem_printf("s%d", i % 7);
        const struct key_values *values = config_find_values(&loaded.set, i % 2, ns, name);
        ck_assert(values && values->secret == (i % 2 == 1));
        ck_assert_ptr_null(config_find_values(&loaded.set, i % 2 == 0, ns, name));
    }
    unload(&loaded);
}
END_TEST

/* Whatever bytes come in, they are findings at most. */
START_TEST(junk_is_only_a_finding)
{
    static const struct {
        const char *bytes;
        size_t len;
    } cases[] = {
        {"", 0},
        {"\0", 1},
        {"\xff\xfe\0a", 4},
        {"a: b: c", 7},
        {"&a [*a]", 7},
        {"? [complex]\n: key", 17},
        {"{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: [], spec: 5}", 73},
        {"{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {annotations: 5}, spec: {davit: []}}",
         97},
        {"{apiVersion: v1, kind: List, items: {}}", 39},
        {"{apiVersion: v1, kind: Secret, metadata: {name: {}}, data: 7, stringData: []}", 77},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config_set set;
        struct diag_list diags = {0};
        config_set_init(&set);
        config_load_bytes(&set, cases[i].bytes, cases[i].len, "junk", "shop", &diags);
        config_set_finish(&set, &diags);
        ck_assert_uint_eq(set.objects_len + set.values_len + set.auths_len, 0);
        ck_assert_uint_eq(set.broken_files.len, i == 0 ? 0 : 1);
        diag_list_done(&diags);
        config_set_done(&set);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config/set");
    TCase *tcase = tcase_create("all");
    tcase_add_checked_fixture(tcase, enter_root, leave_root);
    tcase_add_test(tcase, a_tree_is_read_once_in_order);
    tcase_add_test(tcase, a_config_map_mount_is_read_once);
    tcase_add_test(tcase, a_broken_file_does_not_touch_the_others);
    tcase_add_test(tcase, an_unreadable_directory_breaks_what_is_below);
    tcase_add_test(tcase, a_bottomless_tree_has_a_bottom);
    tcase_add_test(tcase, one_file_of_any_name);
    tcase_add_test(tcase, a_missing_path_fails);
    tcase_add_test(tcase, a_huge_file_is_refused_unread);
    tcase_add_test(tcase, the_first_of_two_stays);
    tcase_add_test(tcase, many_objects_are_found);
    tcase_add_test(tcase, junk_is_only_a_finding);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

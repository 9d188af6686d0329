/* Reading whole files: caps, missing files, pipes. */
#include "scaler/base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/base/suite.h"

static char dir[] = "/tmp/davit-file-XXXXXX";
static char path[64];

static void make_dir(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/f", dir);
}

static void remove_dir(void)
{
    (void)unlink(path);
    ck_assert_int_eq(rmdir(dir), 0);
}

static void write_file(const char *bytes, size_t len)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(test_reads_all)
{
    static const size_t sizes[] = {0, 1, 5, 4096, 100000};
    size_t len = sizes[_i];
    char *bytes = mem_zalloc(len + 1);
    memset(bytes, 'x', len);
    if (len > 2)
        bytes[2] = '\0';
    write_file(bytes, len);
    char *read = NULL;
    size_t read_len = 0;
    ck_assert_int_eq(file_read(path, len, &read, &read_len, NULL), 0);
    ck_assert_uint_eq(read_len, len);
    ck_assert_mem_eq(read, bytes, len + 1);
    mem_free(read);
    mem_free(bytes);
}
END_TEST

START_TEST(test_cap)
{
    write_file("12345", 5);
    char *read = NULL;
    size_t len = 77;
    struct err err = {0};
    ck_assert_int_eq(file_read(path, 4, &read, &len, &err), ERR_LIMIT);
    ck_assert_ptr_null(read);
    ck_assert_uint_eq(len, 77);
    ck_assert_ptr_nonnull(strstr(err.msg, path));
    ck_assert_ptr_null(strstr(err.msg, "12345"));
}
END_TEST

START_TEST(test_what_cannot_be_read)
{
    char *read = NULL;
    size_t len = 77;
    struct err err = {0};
    ck_assert_int_eq(file_read(path, 10, &read, &len, &err), ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.msg, path));
    ck_assert_int_eq(file_read(dir, 10, &read, &len, &err), ERR_IO);
    ck_assert_ptr_null(read);
    ck_assert_uint_eq(len, 77);
}
END_TEST

/* /proc files say they are empty; /dev/zero never ends. */
START_TEST(test_unknown_sizes)
{
    char *read = NULL;
    size_t len = 0;
    ck_assert_int_eq(file_read("/proc/self/status", 1 << 20, &read, &len, NULL), 0);
    ck_assert_uint_gt(len, 100);
    ck_assert_uint_eq(strlen(read), len);
    mem_free(read);
    ck_assert_int_eq(file_read("/dev/zero", 100000, &read, &len, NULL), ERR_LIMIT);
    ck_assert_int_eq(file_read("/proc/self/status", 10, &read, &len, NULL), ERR_LIMIT);
}
END_TEST

START_TEST(test_pipe_without_an_end)
{
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    char *read = NULL;
    size_t len = 77;
    ck_assert_int_eq(file_read(path, 10, &read, &len, NULL), 0); /* nobody writes: empty */
    ck_assert_uint_eq(len, 0);
    mem_free(read);
    int fd = open(path, O_RDWR);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "abc", 3), 3);
    struct err err = {0};
    ck_assert_int_eq(file_read(path, 10, &read, &len, &err), ERR_IO); /* the writer never closes */
    close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/file");
    TCase *cases = tcase_create("file");
    tcase_add_checked_fixture(cases, make_dir, remove_dir);
    tcase_set_timeout(cases, 30);
    tcase_add_loop_test(cases, test_reads_all, 0, 5);
    tcase_add_test(cases, test_cap);
    tcase_add_test(cases, test_what_cannot_be_read);
    tcase_add_test(cases, test_unknown_sizes);
    tcase_add_test(cases, test_pipe_without_an_end);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}

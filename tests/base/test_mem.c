/* Allocation: sizes of zero, overflow, wiping. */
#include "scaler/base/mem.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "tests/base/suite.h"

START_TEST(test_sizes)
{
    AUTO_FREE char *a = mem_alloc(0);
    AUTO_FREE char *b = mem_alloc(0);
    ck_assert_ptr_ne(a, b);
    AUTO_FREE char *zeros = mem_zalloc_array(3, 5);
    for (int i = 0; i < 15; i++)
        ck_assert_int_eq(zeros[i], 0);
    AUTO_FREE void *none = mem_zalloc_array(0, 8);
    ck_assert_ptr_nonnull(none);
    AUTO_FREE int *grown = mem_realloc_array(NULL, 4, sizeof(int));
    grown[3] = 7;
    grown = mem_realloc_array(grown, 400, sizeof(int));
    ck_assert_int_eq(grown[3], 7);
}
END_TEST

START_TEST(test_copies)
{
    AUTO_FREE char *copy = mem_strdup("abc");
    ck_assert_str_eq(copy, "abc");
    ck_assert_ptr_null(mem_strdup(NULL));
    ck_assert_ptr_null(mem_strndup(NULL, 3));
    AUTO_FREE char *part = mem_strndup("abc", 2);
    ck_assert_str_eq(part, "ab");
    AUTO_FREE char *empty = mem_strndup("abc", 0);
    ck_assert_str_eq(empty, "");
    AUTO_FREE char *made = mem_printf("%d-%s", 4, "x");
    ck_assert_str_eq(made, "4-x");
}
END_TEST

START_TEST(test_wipe)
{
    char secret[8] = "hunter2";
    mem_wipe(secret, sizeof(secret));
    for (size_t i = 0; i < sizeof(secret); i++)
        ck_assert_int_eq(secret[i], 0);
    mem_wipe(NULL, 5);
    mem_free_secret(NULL);
    mem_free(NULL);
    mem_free_secret(mem_strdup("hunter2"));
}
END_TEST

START_TEST(test_overflow_ends_the_process)
{
    volatile size_t half = SIZE_MAX / 2;
    if (_i == 0)
        mem_free(mem_zalloc_array(half, 3));
    else
        mem_free(mem_realloc_array(NULL, half, 3));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/mem");
    SUITE_ADD(suite, test_sizes);
    SUITE_ADD(suite, test_copies);
    SUITE_ADD(suite, test_wipe);
    TCase *fatal = tcase_create("overflow");
    tcase_add_loop_test_raise_signal(fatal, test_overflow_ends_the_process, SIGABRT, 0, 2);
    suite_add_tcase(suite, fatal);
    return suite_run(suite);
}

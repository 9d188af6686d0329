/* Error texts: one line, cut at a character, safe to build from themselves. */
#include "scaler/base/err.h"

#include <stdlib.h>
#include <string.h>

#include "scaler/base/text.h"
#include "tests/base/suite.h"

START_TEST(test_set_and_wrap)
{
    struct err err = {0};
    ck_assert_int_eq(err_set(&err, ERR_TIMEOUT, "no answer in %dms", 5), ERR_TIMEOUT);
    ck_assert_str_eq(err.msg, "no answer in 5ms");
    ck_assert_int_eq(err_wrap(&err, "trigger %d", 2), ERR_TIMEOUT);
    ck_assert_str_eq(err.msg, "trigger 2: no answer in 5ms");
    ck_assert_int_eq(err.code, ERR_TIMEOUT);
}
END_TEST

START_TEST(test_null_is_allowed)
{
    ck_assert_int_eq(err_set(NULL, ERR_IO, "x"), ERR_IO);
    ck_assert_int_lt(err_wrap(NULL, "x"), 0);
}
END_TEST

START_TEST(test_may_quote_itself)
{
    struct err err = {0};
    err_set(&err, ERR_IO, "reset");
    err_set(&err, ERR_CONFIG, "seen before: %s", err.msg);
    ck_assert_str_eq(err.msg, "seen before: reset");
    err_wrap(&err, "%s", err.msg);
    ck_assert_str_eq(err.msg, "seen before: reset: seen before: reset");
}
END_TEST

/* Long texts of characters of 1 to 4 bytes, shifted so that the cut falls on every byte of one. */
START_TEST(test_cut_keeps_characters_whole)
{
    const char *const units[] = {"a", "é", "€", "\U0001f600"};
    for (size_t shift = 0; shift < 8; shift++) {
        char text[2048] = "";
        memset(text, 'x', shift);
        for (size_t at = shift; at < 1500; at += strlen(units[_i]))
            memcpy(text + at, units[_i], strlen(units[_i]) + 1);
        struct err err = {0};
        err_set(&err, ERR_INVALID, "%s", text);
        ck_assert_uint_lt(strlen(err.msg), ERR_TEXT_MAX);
        ck_assert_uint_gt(strlen(err.msg), ERR_TEXT_MAX - 5);
        ck_assert(text_is_utf8(err.msg, strlen(err.msg)));
        ck_assert_int_eq(strncmp(err.msg, text, strlen(err.msg)), 0);
        err_wrap(&err, "%s", text + 1000 + shift);
        ck_assert_uint_lt(strlen(err.msg), ERR_TEXT_MAX);
    }
}
END_TEST

START_TEST(test_text_that_just_fits_is_not_cut)
{
    char text[ERR_TEXT_MAX];
    memset(text, 'x', sizeof(text));
    memcpy(text + ERR_TEXT_MAX - 3, "é", 3);
    struct err err = {0};
    err_set(&err, ERR_INVALID, "%s", text);
    ck_assert_str_eq(err.msg, text);
}
END_TEST

START_TEST(test_is_one_line)
{
    struct err err = {0};
    err_set(&err, ERR_PROTOCOL, "peer said: %s", "a\r\nb\tc\x1b[2J");
    ck_assert_str_eq(err.msg, "peer said: a  b c [2J");
}
END_TEST

START_TEST(test_code_names_are_distinct)
{
    for (int a = ERR_GONE; a <= ERR_NONE; a++) {
        ck_assert_str_ne(err_code_name(a), "unknown");
        for (int b = ERR_GONE; b < a; b++)
            ck_assert_str_ne(err_code_name(a), err_code_name(b));
    }
    ck_assert_str_eq(err_code_name(ERR_TIMEOUT), "timeout");
    ck_assert_str_eq(err_code_name(ERR_AUTH), "auth");
    ck_assert_str_eq(err_code_name(7), "unknown");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/err");
    const int units[4] = {0};
    SUITE_ADD(suite, test_set_and_wrap);
    SUITE_ADD(suite, test_null_is_allowed);
    SUITE_ADD(suite, test_may_quote_itself);
    SUITE_ADD_LOOP(suite, test_cut_keeps_characters_whole, units);
    SUITE_ADD(suite, test_text_that_just_fits_is_not_cut);
    SUITE_ADD(suite, test_is_one_line);
    SUITE_ADD(suite, test_code_names_are_distinct);
    return suite_run(suite);
}

/* Base64 both ways. */
#include "scaler/base/base64.h"

#include <string.h>

#include "tests/base/suite.h"

static const struct {
    const char *text;
    const char *bytes; /* NULL: refused */
} rows[] = {
    {"", ""},           {"Zg==", "f"},        {"Zm8=", "fo"},
    {"Zm9v", "foo"},    {"Zm9vYg==", "foob"}, {" Zm9v\r\nYg==\t\n", "foob"},
    {"Z g = =", "f"},   {"/+==", "\xff"},     {"Zg", NULL},
    {"Zg=", NULL},      {"Zg===", NULL},      {"Zg======", NULL},
    {"Z===", NULL},     {"====", NULL},       {"=", NULL},
    {"Zg==Zg==", NULL}, {"Zm=v", NULL},       {"Zm9v=", NULL},
    {"Zm9v====", NULL}, {"Zm9-", NULL},       {"Zm9_", NULL},
    {"Zm9\x80", NULL},  {"Zm9\v", NULL},
};

START_TEST(test_decode)
{
    char *bytes = NULL;
    size_t len = 77;
    struct err err = {0};
    int rc = base64_decode(rows[_i].text, &bytes, &len, &err);
    ck_assert_int_eq(rc, rows[_i].bytes ? 0 : ERR_INVALID);
    if (rows[_i].bytes) {
        ck_assert_uint_eq(len, strlen(rows[_i].bytes));
        ck_assert_str_eq(bytes, rows[_i].bytes);
    } else {
        ck_assert_ptr_null(bytes);
        ck_assert_uint_eq(len, 77);
        ck_assert_ptr_null(strstr(err.msg, "Z")); /* what is encoded is usually a secret */
    }
    mem_free_secret(bytes);
}
END_TEST

START_TEST(test_round_trip)
{
    char bytes[300];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 37 + (i >> 3));
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        AUTO_FREE char *text = base64_encode(bytes, len);
        ck_assert_uint_eq(strlen(text), (len + 2) / 3 * 4);
        char *back;
        size_t back_len;
        ck_assert_int_eq(base64_decode(text, &back, &back_len, NULL), 0);
        ck_assert_uint_eq(back_len, len);
        ck_assert(len == 0 || memcmp(back, bytes, len) == 0);
        ck_assert_int_eq(back[len], 0);
        mem_free(back);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/base64");
    SUITE_ADD_LOOP(suite, test_decode, rows);
    SUITE_ADD(suite, test_round_trip);
    return suite_run(suite);
}

/* JSON from outside: what is let in, what is refused, what the getters say. */
#include "scaler/base/json.h"

#include <string.h>

#include "tests/base/suite.h"

static int load(const char *text, json_t **ret, struct err *err)
{
    return json_load_bytes(text, strlen(text), ret, err);
}

START_TEST(test_getters)
{
    AUTO_JSON json_t *root = NULL;
    ck_assert_int_eq(
        load("{\"a\":{\"b\":{\"s\":\"x\",\"i\":-7,\"t\":true,\"f\":false,\"r\":1.5,\"w\":3.0,\"n\":null}}}",
             &root, NULL),
        0);
    json_t *b = json_dig(root, "a", "b", NULL);
    ck_assert_ptr_nonnull(b);
    ck_assert_str_eq(json_str(b, "s"), "x");
    ck_assert_ptr_null(json_str(b, "i"));
    ck_assert_ptr_null(json_str(b, "none"));
    ck_assert_int_eq(json_i64(b, "i", 5), -7);
    ck_assert_int_eq(json_i64(b, "w", 5), 3);
    ck_assert_int_eq(json_i64(b, "r", 5), 5);
    ck_assert_int_eq(json_i64(b, "s", 5), 5);
    ck_assert_int_eq(json_i64(b, "n", 5), 5);
    ck_assert(json_flag(b, "t") && !json_flag(b, "f") && !json_flag(b, "i") && !json_flag(b, "none"));
    ck_assert_ptr_null(json_dig(root, "a", "x", "y", NULL));
    ck_assert_ptr_null(json_dig(root, "a", "b", "s", "deeper", NULL));
    ck_assert_ptr_null(json_dig(NULL, "a", NULL));
    ck_assert_ptr_eq(json_dig(root, NULL), root);
    ck_assert_ptr_null(json_str(NULL, "a"));
    ck_assert_int_eq(json_i64(NULL, "a", 9), 9);
    ck_assert(!json_flag(NULL, "a"));
}
END_TEST

static const char *const good_rows[] = {
    "0",
    "\"x\"",
    "null",
    "true",
    "[]",
    " {} \n",
    "-1.5e3",
    "[1,2,{\"a\":[]}]",
    "\"\\ud83d\\ude00\"",
    "{\"a\":1,\"a\":2}",
};

START_TEST(test_good)
{
    AUTO_JSON json_t *root = NULL;
    ck_assert_int_eq(load(good_rows[_i], &root, NULL), 0);
    ck_assert_ptr_nonnull(root);
}
END_TEST

static const char *const bad_rows[] = {
    "",
    " ",
    "{",
    "[1,]",
    "{\"a\":}",
    "{a:1}",
    "[1] x",
    "[1][2]",
    "'x'",
    "nul",
    "NaN",
    "Infinity",
    "+1",
    "01",
    ".5",
    "5.",
    "1e400",
    "\"\n\"",
    "\"\\x\"",
    "\"\\ud800\"",
    "\"\xff\"",
    "\xef\xbb\xbf{}",
    "[\"hunter2\" \"hunter2\"]",
    "{\"hunter2\":hunter2}",
    "// c\n1",
};

START_TEST(test_bad)
{
    json_t *root = NULL;
    struct err err = {0};
    ck_assert_int_eq(load(bad_rows[_i], &root, &err), ERR_PROTOCOL);
    ck_assert_ptr_null(root);
    ck_assert_ptr_nonnull(strstr(err.msg, "line"));
    ck_assert_ptr_null(strstr(err.msg, "hunter2"));
}
END_TEST

START_TEST(test_bytes_after_nul_count)
{
    json_t *root = NULL;
    ck_assert_int_eq(json_load_bytes("1\0", 2, &root, NULL), ERR_PROTOCOL);
    ck_assert_int_eq(json_load_bytes("[\0]", 3, &root, NULL), ERR_PROTOCOL);
    ck_assert_int_eq(json_load_bytes("\"\0\"", 3, &root, NULL), ERR_PROTOCOL);
    ck_assert_int_eq(json_load_bytes("[1]junk", 3, &root, NULL), 0);
    json_decref(root);
    root = NULL;
    ck_assert_int_eq(json_load_bytes(NULL, 0, &root, NULL), ERR_PROTOCOL);
}
END_TEST

START_TEST(test_last_duplicate_wins)
{
    AUTO_JSON json_t *root = NULL;
    ck_assert_int_eq(load("{\"a\":1,\"a\":2}", &root, NULL), 0);
    ck_assert_int_eq(json_i64(root, "a", 0), 2);
}
END_TEST

START_TEST(test_nul_escapes)
{
    AUTO_JSON json_t *root = NULL;
    ck_assert_int_eq(load("{\"k\\u0000\":1,\"v\":\"a\\u0000b\\\\u0000\",\"w\":\"\\\\\\u0000\"}", &root, NULL),
                     0);
    ck_assert_str_eq(json_str(root, "v"), "a\ufffdb\\u0000");
    ck_assert_str_eq(json_str(root, "w"), "\\\ufffd");
    ck_assert_int_eq(json_i64(root, "k\ufffd", 0), 1);
}
END_TEST

START_TEST(test_integers_beyond_int64)
{
    AUTO_JSON json_t *root = NULL;
    ck_assert_int_eq(
        load("{\"big\":18446744073709551616,\"small\":-7,\"edge\":9007199254740993}", &root, NULL), 0);
    ck_assert(json_number_value(json_object_get(root, "big")) == 18446744073709551616.0);
    ck_assert_int_eq(json_i64(root, "small", 0), -7);
    ck_assert_int_eq(json_i64(root, "big", 5), 5);
    json_decref(root);
    root = NULL;
    ck_assert_int_eq(load("{\"edge\":9223372036854775807,\"low\":-9223372036854775808}", &root, NULL), 0);
    ck_assert_int_eq(json_i64(root, "edge", 0), INT64_MAX);
    ck_assert_int_eq(json_i64(root, "low", 0), INT64_MIN);
}
END_TEST

static char *repeat(const char *unit, size_t count)
{
    size_t len = strlen(unit);
    char *text = mem_alloc(len * count + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * len, unit, len);
    text[len * count] = '\0';
    return text;
}

START_TEST(test_limits)
{
    json_t *root = NULL;
    struct err err = {0};
    AUTO_FREE char *deep = repeat("[", 1000000);
    ck_assert_int_eq(load(deep, &root, &err), ERR_PROTOCOL);
    ck_assert_ptr_nonnull(strstr(err.msg, "deep"));
    AUTO_FREE char *many = repeat("[],", JSON_MAX_VALUES);
    many[0] = '[';
    ck_assert_int_eq(load(many, &root, &err), ERR_LIMIT);
    AUTO_FREE char *blanks = repeat(" ", 100 << 20);
    ck_assert_int_eq(load(blanks, &root, &err), ERR_LIMIT);
    AUTO_FREE char *commas = repeat(",", JSON_MAX_VALUES * 2);
    commas[0] = '"';
    commas[JSON_MAX_VALUES * 2 - 1] = '"';
    ck_assert_int_eq(load(commas, &root, &err), 0); /* commas in a string are text */
    ck_assert_uint_eq(json_string_length(root), JSON_MAX_VALUES * 2 - 2);
    json_decref(root);
}
END_TEST

/* Every prefix of a document, and every single byte of it replaced: refused or read, never more than that. */
START_TEST(test_torn)
{
    const char *whole =
        "{\"status\":\"success\",\"data\":{\"r\":[{\"m\":{},\"v\":[1.5e1,\"\\u0000\\ud83d\\ude00\"]}]}}";
    size_t len = strlen(whole);
    for (size_t cut = 0; cut < len; cut++) {
        char *part = mem_alloc(cut ? cut : 1); /* exactly as long, so that ASan sees a step too far */
        memcpy(part, whole, cut);
        json_t *root = NULL;
        ck_assert_int_eq(json_load_bytes(part, cut, &root, NULL), ERR_PROTOCOL);
        mem_free(part);
    }
    for (size_t at = 0; at < len; at++) {
        for (int byte = 0; byte < 256; byte++) {
            AUTO_FREE char *changed = mem_strndup(whole, len);
            changed[at] = (char)byte;
            json_t *root = NULL;
            int rc = json_load_bytes(changed, len, &root, NULL);
            ck_assert((rc == 0) == (root != NULL));
            json_decref(root);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/json");
    SUITE_ADD(suite, test_getters);
    SUITE_ADD_LOOP(suite, test_good, good_rows);
    SUITE_ADD_LOOP(suite, test_bad, bad_rows);
    SUITE_ADD(suite, test_bytes_after_nul_count);
    SUITE_ADD(suite, test_last_duplicate_wins);
    SUITE_ADD(suite, test_nul_escapes);
    SUITE_ADD(suite, test_integers_beyond_int64);
    SUITE_ADD(suite, test_limits);
    SUITE_ADD(suite, test_torn);
    return suite_run(suite);
}

/* The growing buffer: its cap, its escapings. */
#include "scaler/base/strbuf.h"

#include <string.h>

#include "tests/base/suite.h"

START_TEST(test_append_and_take)
{
    struct strbuf buf;
    strbuf_init(&buf);
    ck_assert_str_eq(buf.data, "");
    strbuf_append(&buf, "ab");
    strbuf_append(&buf, NULL);
    strbuf_append_c(&buf, 'c');
    strbuf_append_n(&buf, "d\0e", 3);
    ck_assert_uint_eq(buf.len, 6);
    ck_assert_mem_eq(buf.data, "abcd\0e", 7);
    strbuf_consume(&buf, 2);
    ck_assert_mem_eq(buf.data, "cd\0e", 5);
    strbuf_consume(&buf, 100);
    ck_assert_uint_eq(buf.len, 0);
    strbuf_printf(&buf, "%d", 42);
    AUTO_FREE char *text = strbuf_take(&buf);
    ck_assert_str_eq(text, "42");
    ck_assert_str_eq(buf.data, "");
    AUTO_FREE char *nothing = strbuf_take(&buf);
    ck_assert_str_eq(nothing, "");
    strbuf_done(&buf);
    strbuf_done(&buf);
    strbuf_done(NULL);
}
END_TEST

START_TEST(test_printf_of_every_length)
{
    AUTO_STRBUF struct strbuf buf;
    strbuf_init(&buf);
    char text[400];
    memset(text, 'x', sizeof(text));
    size_t total = 0;
    for (int len = 0; len < 400; len++) {
        strbuf_printf(&buf, "%.*s", len, text);
        total += (size_t)len;
        ck_assert_uint_eq(buf.len, total);
        ck_assert_uint_eq(strlen(buf.data), total);
    }
    ck_assert(!buf.overflow);
}
END_TEST

START_TEST(test_cap_is_sticky)
{
    AUTO_STRBUF struct strbuf buf;
    strbuf_init_max(&buf, 5);
    strbuf_append(&buf, "abc");
    ck_assert(!buf.overflow);
    if (_i == 0)
        strbuf_append(&buf, "defg");
    else
        strbuf_printf(&buf, "%s", "defg");
    ck_assert(buf.overflow);
    ck_assert_str_eq(buf.data, "abcde");
    strbuf_consume(&buf, 3);
    strbuf_append(&buf, "x");
    strbuf_printf(&buf, "%s", "y");
    ck_assert_str_eq(buf.data, "de");
    strbuf_reset(&buf);
    strbuf_append(&buf, "12345");
    ck_assert_str_eq(buf.data, "12345");
    ck_assert(!buf.overflow);
}
END_TEST

START_TEST(test_cap_of_zero)
{
    AUTO_STRBUF struct strbuf buf;
    strbuf_init_max(&buf, 0);
    strbuf_append(&buf, "a");
    strbuf_printf(&buf, "%d", 1);
    ck_assert(buf.overflow);
    ck_assert_str_eq(buf.data, "");
    strbuf_done_secret(&buf);
    strbuf_done_secret(NULL);
}
END_TEST

static const struct {
    const char *text;
    const char *json;
} json_rows[] = {
    {"", "\"\""},
    {NULL, "\"\""},
    {"a\"b\\c/", "\"a\\\"b\\\\c/\""},
    {"\b\f\n\r\t\x01\x1f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\""},
    {"héllo €\U0001f600", "\"héllo €\U0001f600\""},
    {"a\xff"
     "b",
     "\"a\ufffd"
     "b\""},
    {"\xe2\x82", "\"\ufffd\ufffd\""},           /* cut off */
    {"\xc0\x80", "\"\ufffd\ufffd\""},           /* overlong */
    {"\xed\xa0\x80", "\"\ufffd\ufffd\ufffd\""}, /* a surrogate */
    {"\xf4\x90\x80\x80", "\"\ufffd\ufffd\ufffd\ufffd\""},
};

START_TEST(test_json_literal)
{
    AUTO_STRBUF struct strbuf buf;
    strbuf_init(&buf);
    strbuf_append_json(&buf, json_rows[_i].text);
    ck_assert_str_eq(buf.data, json_rows[_i].json);
}
END_TEST

static const struct {
    const char *text;
    const char *query;
    const char *path;
} url_rows[] = {
    {"AZaz09-_.~", "AZaz09-_.~", "AZaz09-_.~"},
    {"a b+c", "a+b%2Bc", "a%20b%2Bc"},
    {"sum(rate(x{a=\"b\"}[1m]))", "sum%28rate%28x%7Ba%3D%22b%22%7D%5B1m%5D%29%29",
     "sum%28rate%28x%7Ba%3D%22b%22%7D%5B1m%5D%29%29"},
    {"é/\n\x7f", "%C3%A9%2F%0A%7F", "%C3%A9%2F%0A%7F"},
    {"", "", ""},
};

START_TEST(test_url_escaping)
{
    AUTO_STRBUF struct strbuf buf;
    strbuf_init(&buf);
    strbuf_append_query_escaped(&buf, url_rows[_i].text);
    ck_assert_str_eq(buf.data, url_rows[_i].query);
    strbuf_reset(&buf);
    strbuf_append_path_escaped(&buf, url_rows[_i].text);
    ck_assert_str_eq(buf.data, url_rows[_i].path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/strbuf");
    const int both[2] = {0};
    SUITE_ADD(suite, test_append_and_take);
    SUITE_ADD(suite, test_printf_of_every_length);
    SUITE_ADD_LOOP(suite, test_cap_is_sticky, both);
    SUITE_ADD(suite, test_cap_of_zero);
    SUITE_ADD_LOOP(suite, test_json_literal, json_rows);
    SUITE_ADD_LOOP(suite, test_url_escaping, url_rows);
    return suite_run(suite);
}

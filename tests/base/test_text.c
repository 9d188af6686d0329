/* Text helpers and the two containers. */
#include "scaler/base/text.h"

#include <string.h>

#include "tests/base/suite.h"

START_TEST(test_compare)
{
    ck_assert(text_eq(NULL, NULL));
    ck_assert(!text_eq(NULL, ""));
    ck_assert(!text_eq("a", NULL));
    ck_assert(text_eq("a", "a"));
    ck_assert(text_empty(NULL) && text_empty("") && !text_empty(" "));
    ck_assert(text_starts_with("abc", "ab") && text_starts_with("abc", "") && !text_starts_with("ab", "abc"));
    ck_assert(!text_starts_with(NULL, "a") && !text_starts_with("a", NULL));
    ck_assert_uint_eq(text_hash("", 0), 0xcbf29ce484222325u);
    ck_assert_uint_eq(text_hash("a", 1), 0xaf63dc4c8601ec8cu);
}
END_TEST

static const struct {
    const char *bytes;
    bool valid;
} utf8_rows[] = {
    {"", true},
    {"plain", true},
    {"é€\U0001f600\ufffd", true},
    {"\xed\x9f\xbf", true},
    {"\xf4\x8f\xbf\xbf", true},
    {"\x80", false},
    {"\xc3", false},
    {"\xc3(", false},
    {"\xc1\x81", false},
    {"\xe0\x9f\xbf", false},
    {"\xf0\x8f\xbf\xbf", false},
    {"\xed\xa0\x80", false},
    {"\xf4\x90\x80\x80", false},
    {"\xf5\x80\x80\x80", false},
    {"\xff\xfe", false},
    {"ok\xe2\x82", false},
};

START_TEST(test_utf8)
{
    const char *bytes = utf8_rows[_i].bytes;
    ck_assert_int_eq(text_is_utf8(bytes, strlen(bytes)), utf8_rows[_i].valid);
}
END_TEST

START_TEST(test_utf8_allows_nul_and_stops_at_len)
{
    ck_assert(text_is_utf8("a\0b", 3));
    ck_assert(text_is_utf8("a\xff", 1));
    ck_assert(!text_is_utf8("\xe2\x82\xac", 2));
}
END_TEST

static const struct {
    const char *text;
    const char *trimmed;
} trim_rows[] = {
    {"", ""},
    {" \t\r\n\v\f", ""},
    {"  a b  ", "a b"},
    {"a", "a"},
    {"\u00a0\u2003x\u3000\u2028", "x"},
    {"\xc2\x85y\xc2\x85", "y"},
    {"\u200bz\u200b", "\u200bz\u200b"}, /* zero width is no white space */
    {"é ", "é"},
    {" \xa0 ", "\xa0"}, /* half a character is kept */
    {"\xe3\x80\x80", ""},
};

START_TEST(test_trim)
{
    AUTO_FREE char *trimmed = text_trim(trim_rows[_i].text);
    ck_assert_str_eq(trimmed, trim_rows[_i].trimmed);
}
END_TEST

static const struct {
    const char *url;
    const char *shown;
} url_rows[] = {
    {"http://prom:9090/api/v1/query?query=up&time=5", "http://prom:9090/api/v1/query?query=...&time=..."},
    {"https://user:hunter2@host/x", "https://host/x"},
    {"https://user@host:8443", "https://host:8443"},
    {"redis://:hunter2@host:6379/0", "redis://host:6379/0"},
    {"redis://:hun@ter2@host", "redis://host"},
    {"redis://:hun/ter2@host:6379", "redis://host:6379"},
    {"redis://:hun?ter2@host:6379", "redis://host:6379"},
    {"redis://:hun#ter2@host:6379", "redis://host:6379"},
    {"amqp://u:p%40@h/v", "amqp://h/v"},
    {"http://host/p?mail=a@b&token=hunter2#frag", "http://host/p?mail=...&token=..."},
    {"http://host/?hunter2", "http://host/?..."},
    {"http://[::1]:9090/?a=b@c", "http://[::1]:9090/?a=..."},
    {"http://[::1", "http://[::1"},
    {"http://[::1?a=hunter2@b", "http://b"},
    {"http://a[:x=hunter2?q=@b", "http://b"},
    {"http://h[]:1/?q=hunter2@b", "http://h[]:1/?q=..."},
    {"user:hunter2@host:6379", "host:6379"},
    {"host:6379", "host:6379"},
    {"host:6379?x=http://u:hunter2@h", "host:6379?x=..."},
    {"u:hunter2@h?x=http://v", "h?x=..."},
    {"", ""},
    {NULL, ""},
    {"://", "://"},
    {"?", ""},
    {"@", ""},
};

START_TEST(test_url_for_log)
{
    AUTO_FREE char *shown = text_url_for_log(url_rows[_i].url);
    ck_assert_str_eq(shown, url_rows[_i].shown);
    ck_assert_ptr_null(strstr(shown, "hun"));
    ck_assert_ptr_null(strstr(shown, "ter2"));
}
END_TEST

START_TEST(test_list)
{
    struct text_list list = {0};
    for (int i = 0; i < 100; i++)
        text_list_add_take(&list, mem_printf("%d", i));
    text_list_add(&list, "last");
    ck_assert_uint_eq(list.len, 101);
    ck_assert_str_eq(list.items[64], "64");
    ck_assert_str_eq(list.items[100], "last");
    text_list_done(&list);
    ck_assert_uint_eq(list.len, 0);
    text_list_done(&list);
    text_list_done(NULL);
}
END_TEST

START_TEST(test_map)
{
    struct text_map map = {0};
    ck_assert_ptr_null(text_map_get(&map, "a"));
    text_map_set(&map, "b", "1");
    text_map_set(&map, "a", "2");
    text_map_set(&map, "c", NULL);
    text_map_set(&map, "b", text_map_get(&map, "a"));
    text_map_set(&map, "b", text_map_get(&map, "b"));
    ck_assert_uint_eq(map.len, 3);
    ck_assert_str_eq(map.items[0].key, "b");
    ck_assert_str_eq(text_map_get(&map, "b"), "2");
    ck_assert_ptr_null(text_map_get(&map, "c"));
    if (_i == 0)
        text_map_done(&map);
    else
        text_map_done_secret(&map);
    ck_assert_uint_eq(map.len, 0);
    text_map_done(NULL);
    text_map_done_secret(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/text");
    const int both[2] = {0};
    SUITE_ADD(suite, test_compare);
    SUITE_ADD_LOOP(suite, test_utf8, utf8_rows);
    SUITE_ADD(suite, test_utf8_allows_nul_and_stops_at_len);
    SUITE_ADD_LOOP(suite, test_trim, trim_rows);
    SUITE_ADD_LOOP(suite, test_url_for_log, url_rows);
    SUITE_ADD(suite, test_list);
    SUITE_ADD_LOOP(suite, test_map, both);
    return suite_run(suite);
}

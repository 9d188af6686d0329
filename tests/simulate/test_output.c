/* The small formats. */
#include "scaler/base/mem.h"
#include "scaler/simulate/output.h"
#include "tests/support/suite.h"

static const struct {
    int64_t milli;
    const char *text;
} numbers[] = {{0, "0"},
               {1, "0.001"},
               {10, "0.01"},
               {-500, "-0.5"},
               {1000, "1"},
               {123456, "123.456"},
               {-1000, "-1"},
               {INT64_MAX, "9223372036854775.807"},
               {INT64_MIN, "-9223372036854775.808"}};

START_TEST(test_milli)
{
    AUTO_STRBUF struct strbuf text;
    strbuf_init(&text);
    output_milli(&text, numbers[_i].milli);
    ck_assert_str_eq(text.data, numbers[_i].text);
}
END_TEST

static const struct {
    int64_t ms;
    const char *text;
} clocks[] = {{0, "0:00:00"}, {59999, "0:00:59.999"}, {3661000, "1:01:01"}, {90000050, "25:00:00.050"}};

START_TEST(test_clock)
{
    AUTO_STRBUF struct strbuf text;
    strbuf_init(&text);
    output_clock(&text, clocks[_i].ms);
    ck_assert_str_eq(text.data, clocks[_i].text);
}
END_TEST

static const struct {
    const char *content, *xml;
} xmls[] = {{"a b", "a b"},
            {"<a&\"b\">", "&lt;a&amp;&quot;b&quot;&gt;"},
            {"\x01\t\x1f", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
            {"\xc3\xa4\xf0\x9f\x9a\x80", "\xc3\xa4\xf0\x9f\x9a\x80"},
            {"\xff\xc3", "\xef\xbf\xbd\xef\xbf\xbd"},
            {"\xef\xbf\xbe", "\xef\xbf\xbd"}};

START_TEST(test_xml)
{
    AUTO_STRBUF struct strbuf text;
    strbuf_init(&text);
    output_xml(&text, xmls[_i].content);
    ck_assert_str_eq(text.data, xmls[_i].xml);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_milli, 0, ARRAY_LEN(numbers));
    tcase_add_loop_test(tests, test_clock, 0, ARRAY_LEN(clocks));
    tcase_add_loop_test(tests, test_xml, 0, ARRAY_LEN(xmls));
}

int main(void)
{
    return suite_run("simulate/output", 30, add);
}

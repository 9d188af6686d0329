/* Values out of bodies, beyond the vectors: hostile ones end in an error, at once. */
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scalers/metrics_api/value.h"
#include "tests/support/suite.h"

static const struct {
    enum value_format format;
    const char *body, *location;
    double value; /* code 0 */
    int code;
} cases[] = {
    {VALUE_YAML, "a: {1: 5, 0x10: 6, true: 7, ~: 8}", "a.16", 6, 0},
    {VALUE_YAML, "a: {1: 5, 0x10: 6, true: 7, ~: 8}", "a.<nil>", 8, 0},
    {VALUE_YAML, "a: {\"0x10\": 6}", "a.0x10", 6, 0},
    {VALUE_YAML, "m: &m {v: 1, w: 2}\na: {<<: [*m, {w: 3, z: 4}], v: 9}", "a.w", 2, 0},
    {VALUE_YAML, "m: &m {v: 1, w: 2}\na: {<<: [*m, {w: 3, z: 4}], v: 9}", "a.v", 9, 0},
    {VALUE_YAML, "m: &m {v: 1}\na: {<<: [*m, {z: 4}]}", "a.z", 4, 0},
    {VALUE_YAML, "v: 0o17", "v", 15, 0},
    {VALUE_YAML, "v: !!binary NWs=", "v", 5000, 0},
    {VALUE_YAML, "v: 18446744073709551615", "v", 0, ERR_INVALID},
    {VALUE_YAML, "v: 2025-06-11", "v", 0, ERR_INVALID},
    {VALUE_YAML, "v: !!int x", "v", 0, ERR_PROTOCOL},
    {VALUE_YAML, "v: 1\nv: 2", "v", 0, ERR_PROTOCOL},
    {VALUE_YAML, "v: &a [*a]", "v.0", 0, ERR_PROTOCOL},
    {VALUE_YAML, "", "v", 0, ERR_NOT_FOUND},
    {VALUE_XML, "<v>5</v>", "v", 0, ERR_UNSUPPORTED},
    {VALUE_PROMETHEUS, "m 1\n{a=\"x\"} 2\n", "m{a=\"x\"}", 2, 0},
    {VALUE_PROMETHEUS, "{a=\"x\"} 2\n", "m", 0, ERR_PROTOCOL},
    {VALUE_PROMETHEUS, "m 1 5 \n", "m", 0, ERR_PROTOCOL},
    {VALUE_PROMETHEUS, "m 1\n", "m{", 0, ERR_CONFIG},
};

START_TEST(value)
{
    double got = -1;
    struct err err = {0};
    int code =
        value_read(cases[_i].format, cases[_i].body, strlen(cases[_i].body), cases[_i].location, &got, &err);
    ck_assert_msg(code == cases[_i].code, "%d %s", code, err.msg);
    ck_assert_int_eq(code, err.code);
    if (code == 0)
        ck_assert_msg(got == cases[_i].value, "%g", got);
    else
        ck_assert(got == -1);
}
END_TEST

static void add_merges(struct strbuf *out)
{
    strbuf_append(out, "a0: &a0 {x: 1}\n");
    for (int i = 1; i < 30; i++) {
        strbuf_printf(out, "a%d: &a%d {<<: [*a%d", i, i, i - 1);
        for (int n = 1; n < 50; n++)
            strbuf_printf(out, ", *a%d", i - 1);
        strbuf_append(out, "]}\n");
    }
}

static void repeat(struct strbuf *out, const char *text, int times)
{
    for (int i = 0; i < times; i++)
        strbuf_append(out, text);
}

static void check_limit(enum value_format format, const struct strbuf *body, const char *location)
{
    struct err err = {0};
    double got;
    ck_assert_msg(value_read(format, body->data, body->len, location, &got, &err) == ERR_LIMIT, "%s",
                  err.msg);
}

START_TEST(bounded)
{
    AUTO_STRBUF struct strbuf body;
    strbuf_init(&body);
    add_merges(&body);
    check_limit(VALUE_YAML, &body, "a29.nothing");
    strbuf_reset(&body);
    repeat(&body, "a: \n- [", 1);
    repeat(&body, "[", 150);
    check_limit(VALUE_YAML, &body, "a");
    strbuf_reset(&body);
    repeat(&body, "%TAG !x! y\n", 300000);
    check_limit(VALUE_YAML, &body, "a");
    strbuf_reset(&body);
    repeat(&body, "- 1\n", 300000);
    check_limit(VALUE_YAML, &body, "a");
    strbuf_reset(&body);
    for (int i = 0; i < 110000; i++)
        strbuf_printf(&body, "m%d 1\n", i);
    check_limit(VALUE_PROMETHEUS, &body, "m1");
    strbuf_reset(&body);
    strbuf_append(&body, "m{");
    for (int i = 0; i < 5000; i++)
        strbuf_printf(&body, "a%d=\"\",", i);
    strbuf_append(&body, "} 1\n");
    check_limit(VALUE_PROMETHEUS, &body, "m");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, value, 0, ARRAY_LEN(cases));
    tcase_add_test(tests, bounded);
}

int main(void)
{
    return suite_run("metrics_api_value", 60, add);
}

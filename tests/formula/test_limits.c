/* Hostile and large formulas: deep, long, greedy, endless. All end, with a number or with words. */
#include <string.h>

#include "scaler/base/strbuf.h"
#include "scaler/formula/formula.h"
#include "tests/base/suite.h"

static const char *const names[] = {"a", "b"};

static int try(const char *text, double *ret, struct err *err)
{
    struct formula *formula = NULL;
    struct formula_place place;
    const struct formula_input inputs[] = {{true, 2}, {false, 0}};
    bool nil;
    int rc = formula_compile(text, names, ARRAY_LEN(names), &formula, &place, err);
    if (rc < 0)
        return rc;
    struct formula_scratch *scratch = formula_scratch_new();
    rc = formula_eval(formula, scratch, inputs, 0, &nil, ret, err);
    formula_scratch_free(scratch);
    formula_free(formula);
    return rc;
}

static char *nested(const char *before, const char *middle, const char *after, int depth)
{
    struct strbuf text;
    strbuf_init(&text);
    for (int i = 0; i < depth; i++)
        strbuf_append(&text, before);
    strbuf_append(&text, middle);
    for (int i = 0; i < depth; i++)
        strbuf_append(&text, after);
    return strbuf_take(&text);
}

/* As deep as the text may be long, or as the number of parts allows. */
static const struct {
    const char *before, *middle, *after;
    int depth;
    bool works;
    double value;
} deep[] = {
    {"(", "a", ")", 32760, true, 2},
    {"-", "a", "", 9998, true, 2},
    {"-", "a", "", 9999, false, 0},
    {"", "a", "+a", 4999, true, 10000},
    {"", "a", "+a", 5000, false, 0},
    {"a+", "a", "", 4999, true, 10000},
    {"a+(", "a", ")", 4999, true, 10000},
    {"max(1,", "a", ")", 4900, true, 2},
    {"abs(", "a", ")", 9990, true, 2},
    {"", "a", "|abs()", 9990, true, 2},
    {"a > 0 ? ", "a", " : 0", 1900, true, 2},
    {"a < 0 ? 0 : ", "a", "", 1900, true, 2},
    {"if a > 0 { ", "a", " } else { 0 }", 1900, true, 2},
    {"[", "a", "][0]", 3000, true, 2},
    {"{x: ", "a", "}.x", 1600, true, 2},
    {"sum([1], {", "a", "})", 2400, true, 2},
    {"1 ** ", "a", "", 4900, true, 1},
    {"(a > 0 ?: ", "a > 0", ")", 1900, false, 0},
    {"(", "a", "", 65000, false, 0},
    {"[", "a", "", 65000, false, 0},
    {"{x:", "a", "", 20000, false, 0},
    {"max(", "a", "", 16000, false, 0},
    {"a[", "a", "", 30000, false, 0},
    {"a?.x[", "a", "", 13000, false, 0},
    {"map(a,", "a", "", 10000, false, 0},
    {"let x=", "a", "", 10000, false, 0},
    {"if ", "a", "", 20000, false, 0},
    {"a?", "a", "", 30000, false, 0},
    {"!", "a", "", 65000, false, 0},
    {"1 < ", "a", "", 4000, false, 0},
};

START_TEST(test_deep)
{
    AUTO_FREE char *text = nested(deep[_i].before, deep[_i].middle, deep[_i].after, deep[_i].depth);
    struct err err = {0};
    double value = 77;
    int rc = try(text, &value, &err);
    ck_assert_msg((rc == 0) == deep[_i].works, "%s: %s", deep[_i].before, err.msg);
    ck_assert(rc < 0 ? err.msg[0] != '\0' : value == deep[_i].value);
}
END_TEST

START_TEST(test_long)
{
    struct err err = {0};
    double value;
    AUTO_FREE char *fits = nested("", "a", " ", FORMULA_TEXT_MAX - 1);
    AUTO_FREE char *exceeds = nested("", "a", " ", FORMULA_TEXT_MAX);
    ck_assert_int_eq(try(fits, &value, &err), 0);
    ck_assert_int_eq(try(exceeds, &value, &err), ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.msg, "65536 bytes"));
}
END_TEST

/* What would fill the memory or run for hours. In the trial run already, so that no object with it starts. */
static const char *const greedy[] = {
    "len(1..1000000)",
    "len(1..10000000000)",
    "len(-9223372036854775807..9223372036854775807)",
    "let r = 1..999; sum(r, sum(r, sum(r, 1)))",
    "let r = 1..999; len(map(r, map(r, map(r, #))))",
    "len(reduce(1..40, #acc + #acc, 'aaaaaaaaaaaaaaaa'))",
    "len(reduce(1..40, concat(#acc, #acc), [1, 2]))",
    "len(repeat('ab', 600000))",
    "len(replace(repeat('a', 9000), '', repeat('b', 90000)))",
    "len(flatten(reduce(1..200000, [#acc], [1])))",
    "max(reduce(1..200000, [#acc], [1]))",
    "let x = reduce(1..200000, [#acc], [1]); let y = reduce(1..200000, [#acc], [1]); x == y ? 1 : 0",
    "len(string(reduce(1..200000, [#acc], [1])))",
    "len(uniq(map(1..100000, #)))",
    "len(groupBy(1..200000, #))",
    "len(join(map(1..100000, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'), repeat('x', 9000)))",
    "reduce(1..999999, reduce(1..999999, #acc + 1, 0) + #acc, 0)",
    "let s = repeat('a', 400000); lastIndexOf(s, repeat('a', 200000) + 'b')",
    "count(1..200000, date('2020-02-03').Year() > 1)",
    "let s = repeat('a', 900000); count(1..90000, s <= s)",
    "let s = repeat('a', 900000); count(1..90000, s in [s])",
    "let s = repeat('a', 900000); count(1..90000, {{(s): 1}[s] > 0})",
    "let s = repeat('a', 900000); count(1..90000, s contains 'ab')",
    "let s = repeat('a', 900000); len(sort(map(1..90000, s)))",
    "let s = repeat('a', 900000); len(uniq(map(1..90000, s)))",
    "let s = repeat('a', 900000); len(groupBy(1..90000, s))",
    "let s = repeat('a', 900000); let m = map(1..90000, s); m == map(1..90000, s) ? 1 : 0",
};

START_TEST(test_greedy)
{
    struct err err = {0};
    double value;
    ck_assert_msg(try(greedy[_i], &value, &err) == ERR_CONFIG, "%s: %g", greedy[_i], value);
    ck_assert_msg(strstr(err.msg, "more than") || strstr(err.msg, "too much memory") ||
                      strstr(err.msg, "too long"),
                  "%s: %s", greedy[_i], err.msg);
}
END_TEST

static const struct {
    const char *text;
    double value;
} large[] = {
    {"len(1..999998)", 999998},
    {"sum(1..900000, # * 1.0)", 405000450000.0},
    {"max(1..999998)", 999998},
    {"999998 in 1..999998 ? 1 : 0", 1},
    {"int(a) in 1..10000000000 ? 1 : 0", 1},
    {"len(filter(1..400000, # % 2 == 0))", 200000},
    {"last(sort(map(1..200000, -#)))", -1},
    {"len(repeat('a', 999998))", 999998},
};

START_TEST(test_large)
{
    struct err err = {0};
    double value = 0;
    ck_assert_msg(try(large[_i].text, &value, &err) == 0, "%s: %s", large[_i].text, err.msg);
    ck_assert_double_eq(value, large[_i].value);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("formula/limits");
    SUITE_ADD_LOOP(suite, test_deep, deep);
    SUITE_ADD(suite, test_long);
    SUITE_ADD_LOOP(suite, test_greedy, greedy);
    SUITE_ADD_LOOP(suite, test_large, large);
    return suite_run(suite);
}

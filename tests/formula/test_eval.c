/* Evaluations: results, missing inputs, what a formula uses, and that nothing is allocated for one. */
#include <math.h>
#include <string.h>

#include "scaler/formula/formula.h"
#include "scaler/formula/scratch.h"
#include "tests/base/suite.h"

#define NOW_MS INT64_C(1772323201500) /* 2026-03-01T00:00:01.5Z, a Sunday */

static const char *const names[] = {"a", "b", "c"};

static struct formula *compile(const char *text)
{
    struct formula *formula = NULL;
    struct formula_place place;
    struct err err = {0};
    int rc = formula_compile(text, names, ARRAY_LEN(names), &formula, &place, &err);
    ck_assert_msg(rc == 0, "%s: %s", text, err.msg);
    return formula;
}

/* b is 3, a is missing. */
static const struct formula_input without_a[] = {{false, 9}, {true, 3}, {true, 4}};
static const struct formula_input all[] = {{true, 2}, {true, 3}, {true, 4}};

static const struct {
    const char *text;
    const char *fails; /* NULL: gives `value`, NAN: nil */
    double value;
} missing[] = {
    {"a", "a number is needed, not nil", 0},
    {"a + b", "nil + float is not possible", 0},
    {"a > 1 ? 1 : 0", "int and nil cannot be compared", 0},
    {"a ?? b", NULL, 3},
    {"a ?? nil", NULL, NAN},
    {"(a ?? 0) + b", NULL, 3},
    {"a == nil ? b : a", NULL, 3},
    {"max(a, b)", "max needs numbers, not nil", 0},
    {"max(filter([a, b, c], # != nil))", NULL, 4},
    {"b > 0 ? b : a", NULL, 3},
    {"b", NULL, 3},
    {"count([b, a], # > 1) > 0 ? 1 : 0", NULL, 1},
    {"count([b, c, a], # > 1) >= 2 ? 1 : 0", NULL, 1},
    {"count([b, c, a], # > 1) == 2 ? 1 : 0", "int and nil cannot be compared", 0},
    {"first(filter([b, a], # > 1)) ?? 0", NULL, 3},
    {"b < 0 ? 1 : filter([c, b], # > 5)[0]", "out of range", 0},
    {"a > 1 or true ? 1 : 0", NULL, 1},
    {"$env['a'] ?? 5", NULL, 5},
    {"get($env, 'b')", NULL, 3},
    {"len(filter(values($env), # != nil))", NULL, 2},
    {"float(b) > 5 ? 1.0 : 2", "gives int, not a float", 0},
    {"b / 0", "infinite", 0},
    {"0 / (b - 3)", "NaN", 0},
    {"b < 0 ? 1 : bitshl(1, int(b) - 4)", "shift by -1", 0},
    {"7 % (int(b) - 3)", "division by zero", 0},
};

START_TEST(test_missing)
{
    struct formula *formula = NULL;
    struct formula_place place;
    struct formula_scratch *scratch = formula_scratch_new();
    struct err err = {0};
    bool nil = false;
    double value = 77;
    int rc = formula_compile(missing[_i].text, names, ARRAY_LEN(names), &formula, &place, &err);
    if (rc == 0)
        rc = formula_eval(formula, scratch, without_a, NOW_MS, &nil, &value, &err);
    if (missing[_i].fails) {
        ck_assert_int_lt(rc, 0);
        ck_assert_msg(strstr(err.msg, missing[_i].fails), "%s: %s", missing[_i].text, err.msg);
        ck_assert(!nil && value == 77);
    } else {
        ck_assert_msg(rc == 0, "%s: %s", missing[_i].text, err.msg);
        ck_assert_int_eq(nil, isnan(missing[_i].value));
        ck_assert(nil || value == missing[_i].value);
    }
    formula_scratch_free(scratch);
    formula_free(formula);
}
END_TEST

static const struct {
    const char *text;
    double value;
} results[] = {
    {"1 < a < b < c ? 1 : 0", 1},
    {"-2 ** 2", -4},
    {"sum([0.1 + a - a, 0.2, 0.3])", 0.1 + 2 - 2 + (0.2 + 0.3)},
    {"now().Hour() * 3600 + now().Second()", 1},
    {"now(timezone('Asia/Seoul')).Hour()", 9},
    {"int(now().Weekday())", 0},
    {"now().UnixMilli()", 1772323201500},
    {"(now() - duration('36h')).Day()", 27},
    {"date('2024-02-28').AddDate(0, 0, 2).Month().String() == 'March' ? 1 : 0", 1},
    {"(date('2024-03-10') - date('2024-03-09')).Hours()", 24},
    {"len(string(duration('1h30m5.5s')))", 9},
    {"len(string([1, 2.5, 'x', nil, true]))", 20},
    {"len(groupBy([a, b, c], # > 2)[false])", 1},
    {"sortBy([a, b, c], -#)[0]", 4},
    {"sortBy([a, b, c], #, 'desc')[2]", 2},
    {"len(split('a,b,c', ',', 2))", 2},
    {"len(split('äöü', ''))", 3},
    {"replace('aaa', 'a', '1')", 111},
    {"lastIndexOf('abcabc', 'b')", 4},
    {"findLastIndex([a, b, c], # < 4)", 1},
    {"{x: {y: a}}?.x?.y", 2},
    {"({x: nil}.x?.y.z ?? 3)", 3},
    {"reverse([a, b, c])[0]", 4},
    {"[a, b, c][-1]", 4},
    {"[a, b, c][0:2] | sum()", 5},
    {"bitand(bitnot(0), 255)", 255},
    {"median([a, b], c)", 3},
    {"int(-2.9) + int('7')", 5},
    {"one([a, b, c], # == 3) ? 1 : 0", 1},
    {"// a comment\na", 2},
};

/* Twenty evaluations of each: after the first few no memory is asked for. */
START_TEST(test_result)
{
    struct formula *formula = compile(results[_i].text);
    struct formula_scratch *scratch = formula_scratch_new();
    uint64_t growths = 0;
    for (int i = 0; i < 20; i++) {
        struct err err = {0};
        bool nil = true;
        double value = 0;
        int rc = formula_eval(formula, scratch, all, NOW_MS, &nil, &value, &err);
        ck_assert_msg(rc == 0 && !nil, "%s: %s", results[_i].text, err.msg);
        ck_assert_msg(value == results[_i].value, "%s: %.17g", results[_i].text, value);
        if (i == 3)
            growths = scratch->growths;
    }
    ck_assert_uint_eq(scratch->growths, growths);
    formula_scratch_free(scratch);
    formula_free(formula);
}
END_TEST

START_TEST(test_uses)
{
    struct formula *two = compile("a > 1 ? a : $env['c']"), *whole = compile("len($env)"),
                   *none = compile("5");
    ck_assert(formula_uses(two, 0) && !formula_uses(two, 1) && formula_uses(two, 2));
    ck_assert(!formula_uses(two, 3));
    ck_assert(formula_uses(whole, 0) && formula_uses(whole, 1));
    ck_assert(!formula_uses(none, 0));
    ck_assert_uint_gt(formula_bytes(two), 100);
    ck_assert_uint_lt(formula_bytes(two), 4096);
    formula_free(two);
    formula_free(whole);
    formula_free(none);
    formula_free(NULL);
    formula_scratch_free(NULL);
}
END_TEST

/* One scratch for all formulas, large and small in turn: large memory goes back. */
START_TEST(test_shared_scratch)
{
    struct formula *large = compile("len(map(1..400000, # * 2))"), *small = compile("a + b");
    struct formula_scratch *scratch = formula_scratch_new();
    for (int i = 0; i < 6; i++) {
        struct err err = {0};
        bool nil;
        double value;
        ck_assert_int_eq(formula_eval(i % 2 ? small : large, scratch, all, NOW_MS, &nil, &value, &err), 0);
        ck_assert_double_eq(value, i % 2 ? 5 : 400000);
        ck_assert_uint_le(scratch->bytes, SCRATCH_KEEP);
    }
    formula_scratch_free(scratch);
    formula_free(large);
    formula_free(small);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("formula/eval");
    SUITE_ADD_LOOP(suite, test_missing, missing);
    SUITE_ADD_LOOP(suite, test_result, results);
    SUITE_ADD(suite, test_uses);
    SUITE_ADD(suite, test_shared_scratch);
    return suite_run(suite);
}

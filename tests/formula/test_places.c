/* Bad formulas: what is said, and where in the user's own text. */
#include <string.h>

#include "scaler/formula/formula.h"
#include "tests/base/suite.h"

static const char *const names[] = {"a", "b", "größe", "float64", "trig-one"};

static const struct {
    const char *text;
    int line, column;
    size_t offset;
    const char *says;
} rows[] = {
    {"a +", 1, 4, 3, "ends too early"},
    {"", 1, 1, 0, "is empty"},
    {" \n ", 1, 1, 0, "is empty"},
    {"(a", 1, 3, 2, "ends too early"},
    {"a)", 1, 3, 2, "closes nothing"},
    {"(a ?? b) > 1", 1, 13, 12, "must give one number"},
    {"* a", 1, 1, 0, "unexpected \"*\""},
    {"a = 1", 1, 3, 2, "unexpected \"=\""},
    {"a +\n  c", 2, 3, 6, "unknown name \"c\""},
    {"größe + größer", 1, 9, 10, "unknown name \"größer\""},
    {"\"日本\" + c", 1, 8, 11, "unknown name \"c\""},
    {"a ?? c", 1, 6, 5, "unknown name \"c\""},
    {"a ?? b + 1", 1, 8, 7, "needs parentheses"},
    {"a % 2", 1, 3, 2, "write int("},
    {"a ? 1 : 0", 1, 1, 0, "a condition is needed"},
    {"a > 1", 1, 1, 0, "must give one number"},
    {"not a > 1 ? 1 : 0", 1, 1, 0, "binds tighter"},
    {"a && b ? 1 : 0", 1, 3, 2, "\"&&\" does not work between float and float"},
    {"a > \"1\" ? 1 : 0", 1, 3, 2, "float and string"},
    {"2a", 1, 1, 0, "neither a number nor a name"},
    {"a /* x", 1, 3, 2, "never closed"},
    {"'x", 1, 1, 0, "never closed"},
    {"len('\\q')", 1, 6, 5, "escape sequence"},
    {"a @ b", 1, 3, 2, "means nothing"},
    {"sqrt(a)", 1, 1, 0, "no function \"sqrt\""},
    {"abs(a, b)", 1, 1, 0, "abs takes 1 argument, not 2"},
    {"max(a, \"b\")", 1, 8, 7, "max needs"},
    {"max", 1, 1, 0, "call it with"},
    {"[a, b][c]", 1, 8, 7, "unknown name"},
    {"[a, b][a]", 1, 8, 7, "write int("},
    {"let x = 1; let x = 2; x", 1, 16, 15, "variable already"},
    {"let a = 1; a", 1, 5, 4, "trigger's name"},
    {"let max = 1; max", 1, 5, 4, "function's name"},
    {"count([a], {#})", 1, 12, 11, "needs a condition"},
    {"sum([a], #acc)", 1, 10, 9, "#acc is known in reduce"},
    {"sum([a], #foo)", 1, 11, 10, "there is no #foo"},
    {"trig-one", 1, 1, 0, "unknown name \"trig\""},
    {"$env[\"trig-two\"]", 1, 6, 5, "unknown name \"trig-two\""},
    {"now().Foo()", 1, 7, 6, "Foo does not exist"},
    {"now().Hour", 1, 7, 6, "call it with"},
    {"1,000", 1, 1, 0, "must give one number"},
    {"5 % 0", 1, 3, 2, "division by zero"},
    {"a > 5 ? 1 : [1][3]", 1, 16, 15, "index 3 is out of range"},
    {"a\n+\n[b][1]", 3, 4, 7, "trial run with -1"},
    {"1e999", 1, 1, 0, "too large"},
};

START_TEST(test_place)
{
    struct formula *formula = NULL;
    struct formula_place place;
    struct err err = {0};
    int rc = formula_compile(rows[_i].text, names, ARRAY_LEN(names), &formula, &place, &err);
    ck_assert_msg(rc == ERR_CONFIG, "%s: %d", rows[_i].text, rc);
    ck_assert_ptr_null(formula);
    ck_assert_msg(strstr(err.msg, rows[_i].says), "%s: %s", rows[_i].text, err.msg);
    ck_assert_msg(
        place.line == rows[_i].line && place.column == rows[_i].column && place.offset == rows[_i].offset,
        "%s: %d:%d, offset %zu (%s)", rows[_i].text, place.line, place.column, place.offset, err.msg);
}
END_TEST

static const struct {
    const char *text;
    const char *says;
} refused[] = {
    {"len(toJSON(a))", "the function toJSON is not supported in formulas"},
    {"fromJSON('1')", "the function fromJSON is not supported in formulas"},
    {"len(toBase64('x'))", "the function toBase64 is not supported in formulas"},
    {"len(fromBase64('eA=='))", "the function fromBase64 is not supported in formulas"},
    {"'abc' matches 'b' ? 1 : 0", "the operator matches is not supported in formulas"},
    {"len(b'abc')", "byte strings (b\"…\") are not supported in formulas"},
    {"len(now().Format('2006'))", "the method Format of time is not supported in formulas"},
};

START_TEST(test_refused)
{
    struct formula *formula = NULL;
    struct formula_place place;
    struct err err = {0};
    ck_assert_int_eq(formula_compile(refused[_i].text, names, ARRAY_LEN(names), &formula, &place, &err),
                     ERR_UNSUPPORTED);
    ck_assert_str_eq(err.msg, refused[_i].says);
}
END_TEST

START_TEST(test_not_utf8)
{
    struct formula *formula = NULL;
    struct formula_place place;
    struct err err = {0};
    ck_assert_int_eq(formula_compile("a + \xff", names, ARRAY_LEN(names), &formula, &place, &err),
                     ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.msg, "UTF-8"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("formula/places");
    SUITE_ADD_LOOP(suite, test_place, rows);
    SUITE_ADD_LOOP(suite, test_refused, refused);
    SUITE_ADD(suite, test_not_utf8);
    return suite_run(suite);
}

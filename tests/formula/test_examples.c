/* Every example of docs/formulas.md (the lines indented by four blanks) compiles and gives a number. */
#include <string.h>

#include "scaler/base/file.h"
#include "scaler/formula/formula.h"
#include "tests/base/suite.h"

static const char *const names[] = {"a", "b", "c", "queue", "cron", "my-trigger"};

static void try(const char *text)
{
    const struct formula_input inputs[] = {{true, 3}, {true, 2}, {true, 5}, {true, 40}, {true, 1}, {true, 6}};
    struct formula *formula = NULL;
    struct formula_place place;
    struct formula_scratch *scratch = formula_scratch_new();
    struct err err = {0};
    bool nil = true;
    double value;
    int rc = formula_compile(text, names, ARRAY_LEN(names), &formula, &place, &err);
    ck_assert_msg(rc == 0, "%s: %d:%d: %s", text, place.line, place.column, err.msg);
    rc = formula_eval(formula, scratch, inputs, 1772323200000, &nil, &value, &err);
    ck_assert_msg(rc == 0 && !nil, "%s: %s", text, err.msg);
    formula_scratch_free(scratch);
    formula_free(formula);
}

START_TEST(test_examples)
{
    AUTO_FREE char *page = NULL;
    size_t len, tried = 0;
    struct err err = {0};
    ck_assert_int_eq(file_read(SOURCE_DIR "/docs/formulas.md", 1 << 20, &page, &len, &err), 0);
    char *rest = page;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        if (strncmp(line, "    ", 4) != 0)
            continue;
        try(line + 4);
        tried++;
    }
    ck_assert_uint_ge(tried, 15);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("formula/examples");
    SUITE_ADD(suite, test_examples);
    return suite_run(suite);
}

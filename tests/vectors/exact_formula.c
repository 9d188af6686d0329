/* Formulas of scalingModifiers: flat lines with a "formula". */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scaler/base/number.h"
#include "scaler/base/text.h"
#include "scaler/formula/formula.h"
#include "tests/vectors/runner.h"

#define NOW_MS INT64_C(1772323200000) /* some time */

struct environment {
    const char **names;
    struct formula_input *inputs;
    size_t len;
};

static struct environment read_environment(struct vector *vector)
{
    json_t *env = json_object_get(vector->input, "env"), *value;
    const char *name;
    struct environment ret = {.len = 0};
    ret.names = vector_alloc(vector, json_object_size(env) + 1, sizeof(*ret.names));
    ret.inputs = vector_alloc(vector, json_object_size(env) + 1, sizeof(*ret.inputs));
    json_object_foreach (env, name, value) {
        ret.names[ret.len] = name;
        ret.inputs[ret.len].present = json_is_number(value);
        ret.inputs[ret.len++].value = json_number_value(value);
    }
    return ret;
}

/* A result that the language leaves open: an error is as good. */
static bool is_open(struct vector *vector)
{
    return !input_bool(vector->input, "milli_defined", true) ||
           input_bool(vector->input, "platform_defined", false) ||
           !text_eq(input_str(vector->input, "result_kind"), "finite");
}

/* "the function toJSON is not supported in formulas": by name, and only outside of what users write. */
static bool is_refusal(struct vector *vector, int rc, const struct err *err)
{
    return rc == ERR_UNSUPPORTED && input_i64(vector->input, "tier", 1) == 2 &&
           strstr(err->msg, "not supported in formulas");
}

/* pow may differ in the last bit. */
static bool is_result(struct vector *vector, double expected, double actual)
{
    const char *formula = input_str(vector->input, "formula");
    bool power = strstr(formula, "**") || strchr(formula, '^');
    return actual == expected || (power && actual == nextafter(expected, actual));
}

static void check_result(struct vector *vector, double actual)
{
    double expected = input_double(vector->expect, "result", NAN);
    if (!is_result(vector, expected, actual))
        vector_fail(vector, "result %.17g, expected %.17g", actual, expected);
    vector->checks++;
    if (input_bool(vector->expect, "milli_defined", true) && actual == expected)
        expect_i64(vector, "milli", (int64_t)(actual * 1000));
}

static void check_nil(struct vector *vector)
{
    double target;
    vector->checks++;
    if (input_bool(vector->expect, "nil_result", false)) {
        if (number_parse_go_float(input_str(vector->input, "target"), &target, NULL) < 0)
            vector_fail(vector, "the target is no number");
        else
            check_result(vector, input_double(vector->input, "fallback_replicas", NAN) * target);
    } else if (!text_eq(input_str(vector->expect, "run_error_kind"), "nil_no_fallback")) {
        vector_fail(vector, "nil, expected something else");
    }
}

static void check_eval(struct vector *vector, const struct formula *formula,
                       const struct environment *environment)
{
    struct formula_scratch *scratch = formula_scratch_new();
    struct err err = {0};
    bool nil = false, fails = input_bool(vector->expect, "run_error", false);
    double result = NAN;
    int rc = formula_eval(formula, scratch, environment->inputs, NOW_MS, &nil, &result, &err);
    formula_scratch_free(scratch);
    if (rc == 0 && nil) {
        check_nil(vector);
        return;
    }
    vector->checks++;
    if (rc < 0 && !fails && !is_open(vector))
        vector_fail(vector, "failed: %s", err.msg);
    else if (rc == 0 && fails)
        vector_fail(vector, "gave %.17g, expected a failure", result);
    else if (rc == 0 && input_bool(vector->expect, "nil_result", false))
        vector_fail(vector, "gave %.17g, expected nil", result);
    else if (rc == 0 && !input_bool(vector->expect, "platform_defined", false))
        check_result(vector, result);
}

void vectors_formula(struct vector *vector)
{
    struct environment environment = read_environment(vector);
    struct formula *formula = NULL;
    struct formula_place place;
    struct err err = {0};
    bool refused = input_bool(vector->expect, "compile_error", false);
    int rc = formula_compile(input_str(vector->input, "formula"), environment.names, environment.len,
                             &formula, &place, &err);
    vector->checks++;
    if (rc < 0 && !refused && !is_refusal(vector, rc, &err))
        vector_fail(vector, "refused at %d:%d: %s", place.line, place.column, err.msg);
    else if (rc == 0 && refused)
        vector_fail(vector, "accepted, expected a refusal");
    else if (rc == 0)
        check_eval(vector, formula, &environment);
    formula_free(formula);
}

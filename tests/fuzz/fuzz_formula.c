/* Any text as a formula of the triggers a, b and c: compiles or is refused with words; evaluates to a number,
 * to nil or to an error, and to the same with the same inputs. */
#include <math.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/formula/formula.h"
#include "tests/fuzz/fuzz.h"

#define NAMES 3

/* Which triggers have a value, and which: by the text's own bytes, so that a finding is reproducible. */
static void choose_inputs(const uint8_t *data, size_t size, size_t turn, struct formula_input *inputs)
{
    uint32_t seed = (uint32_t)(size * 2654435761u + turn * 40503u);
    for (size_t i = 0; i < size; i++)
        seed = seed * 16777619u ^ data[i];
    for (size_t i = 0; i < NAMES; i++) {
        seed = seed * 1664525u + 1013904223u;
        inputs[i].present = seed >> 30 != 0;
        inputs[i].value = (double)(int32_t)seed / 65536;
    }
}

static void check_eval(const struct formula *formula, const uint8_t *data, size_t size, size_t turn)
{
    struct formula_input inputs[NAMES];
    struct formula_scratch *scratch = formula_scratch_new();
    struct err err = {0};
    bool nil = false, nil_again = false;
    double value = 0, again = 0;
    choose_inputs(data, size, turn, inputs);
    int rc = formula_eval(formula, scratch, inputs, 1772323200000, &nil, &value, &err);
    int rc_again = formula_eval(formula, scratch, inputs, 1772323200000, &nil_again, &again, &err);
    FUZZ_CHECK(rc == rc_again && nil == nil_again && value == again);
    FUZZ_CHECK(isfinite(value) && (rc == 0 || (rc == err.code && err.msg[0])));
    formula_scratch_free(scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[NAMES] = {"a", "b", "c"};
    AUTO_FREE char *text = mem_strndup((const char *)data, size);
    struct formula *formula = NULL;
    struct formula_place place = {0};
    struct err err = {0};
    int rc = formula_compile(text, names, NAMES, &formula, &place, &err);
    FUZZ_CHECK(place.line >= 1 && place.column >= 1 && place.offset <= strlen(text));
    FUZZ_CHECK(rc == 0 || (rc == err.code && err.msg[0] && !formula));
    for (size_t turn = 0; rc == 0 && turn < 2; turn++)
        check_eval(formula, data, size, turn);
    formula_free(formula);
    return 0;
}

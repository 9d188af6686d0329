/* Formula evaluations per second: one that users write, two triggers. Prints nanoseconds for one. */
#include <inttypes.h>
#include <stdio.h>

#include "scaler/base/clock.h"
#include "scaler/formula/formula.h"

#define ROUNDS 2000000

int main(void)
{
    static const char *const names[] = {"trig_one", "trig_two"};
    static const char text[] = "(trig_one + trig_two)/2 > 1 ? max(trig_one, trig_two) : 1";
    struct formula *formula = NULL;
    struct formula_place place;
    struct err err = {0};
    if (formula_compile(text, names, 2, &formula, &place, &err) < 0) {
        fprintf(stderr, "%d:%d: %s\n", place.line, place.column, err.msg);
        return 1;
    }
    struct formula_scratch *scratch = formula_scratch_new();
    struct formula_input inputs[] = {{true, 0}, {true, 3}};
    double sum = 0, value = 0;
    bool nil = false;
    int failures = 0;
    int64_t start = clock_mono_us();
    for (int i = 0; i < ROUNDS; i++) {
        inputs[0].value = i % 7;
        failures += formula_eval(formula, scratch, inputs, 0, &nil, &value, &err) < 0;
        sum += value;
    }
    int64_t took = clock_mono_us() - start;
    printf("formula: %.1f ns for one evaluation of %zu bytes compiled (checksum %.0f)\n",
           (double)took * 1000 / ROUNDS, formula_bytes(formula), sum);
    formula_scratch_free(scratch);
    formula_free(formula);
    return failures != 0;
}

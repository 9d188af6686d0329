/* What is wrong with a formula, and where: the first finding of any stage of compilation. */
#ifndef SCALER_FORMULA_FAULT_H
#define SCALER_FORMULA_FAULT_H

#include <stdbool.h>
#include <stddef.h>

#include "scaler/base/err.h"

struct fault {
    struct err err; /* code 0: nothing is wrong so far */
    size_t offset;  /* bytes from the start of the text that is compiled */
};

/* The first one stays. Gives false, for `return fault_at(…)`. */
bool fault_at(struct fault *fault, enum err_code code, size_t offset, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif

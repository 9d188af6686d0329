/* Methods of times, durations, weekdays, months and zones. */
#ifndef SCALER_FORMULA_METHODS_H
#define SCALER_FORMULA_METHODS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/formula/value.h"

struct vm;

struct method {
    uint32_t type; /* enum type */
    const char *name;
    const char *takes; /* signature.h */
    uint32_t gives;    /* enum type */
    bool (*run)(struct vm *vm, const struct value *self, const struct value *arguments, uint32_t count,
                struct value *ret);
};

const struct method *method_find(uint32_t type, const char *name, size_t len); /* NULL: none */
bool method_exists(uint32_t type, const char *name, size_t len);
bool method_named(const char *name, size_t len); /* for any type */
/* Upstream has it, this language does not. */
bool method_refused(uint32_t type, const char *name, size_t len);

#endif

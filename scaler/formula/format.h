/* Values as text, as Go prints them. */
#ifndef SCALER_FORMULA_FORMAT_H
#define SCALER_FORMULA_FORMAT_H

#include "scaler/formula/vm.h"

const char *format_type_name(struct value value); /* what type() says */
/* A string value; in *ret, in the arena. Arrays and maps: only of scalars and of one another. */
bool format_value(struct vm *vm, struct value value, struct value *ret);
/* A string value of its own in the arena. */
bool format_into_arena(struct vm *vm, const char *text, size_t len, struct value *ret);
/* Go's %v of a double; buf ≥ 40 bytes. */
const char *format_double(double value, char *buf, size_t size);

#endif

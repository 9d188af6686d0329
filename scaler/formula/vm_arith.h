/* Arithmetic for whoever computes outside of an instruction. */
#ifndef SCALER_FORMULA_VM_ARITH_H
#define SCALER_FORMULA_VM_ARITH_H

#include "scaler/formula/vm.h"

bool vm_compute(struct vm *vm, enum code code, struct value a, struct value b, struct value *ret);
bool vm_time_add(struct vm *vm, struct value time, int64_t ns, struct value *ret);
int64_t vm_time_between(const struct when *a, const struct when *b); /* a - b in nanoseconds */

#endif

/* Compiled formulas of scalingModifiers, shared: ten thousand objects of one template have one program. */
#ifndef CONFIG_FORMULAS_H
#define CONFIG_FORMULAS_H

#include <stdbool.h>
#include <stddef.h>

#include "scaler/base/err.h"
#include "scaler/formula/formula.h"

/* One formula over its trigger names. Immutable; by reference count. */
struct shared_formula;

/* All of one snapshot of configuration. A zeroed one is empty. */
struct formula_pool {
    struct shared_formula *head;
};
void formula_pool_done(struct formula_pool *pool); /* those in use live on */

/* The program for text over names, compiled unless the pool has it; one reference for the caller. Fails as
 * formula_compile does. */
int formula_pool_get(struct formula_pool *pool, const char *text, const char *const *names, size_t names_len,
                     struct shared_formula **ret, struct formula_place *ret_place, struct err *err);
void shared_formula_unref(struct shared_formula *shared); /* NULL: nothing */

const struct formula *shared_formula_program(const struct shared_formula *shared);
const char *shared_formula_text(const struct shared_formula *shared);
/* Its author thought of nil: `??` or `nil` stands in it. */
bool shared_formula_speaks_of_nil(const struct shared_formula *shared);

#endif

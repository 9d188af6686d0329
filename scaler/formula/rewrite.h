/* What upstream's optimiser changes in the tree, as far as it shows: constants are computed, sum([a, b, c])
 * becomes a + (b + c), count(…) > 0 stops at the first hit. */
#ifndef SCALER_FORMULA_REWRITE_H
#define SCALER_FORMULA_REWRITE_H

#include "scaler/formula/ast.h"

#define FOLD_STRINGS_MAX ((size_t)1 << 20) /* bytes of constants; longer sums of strings wait */

bool rewrite_formula(struct ast *ast, struct fault *fault);

/* fold.c: one node whose children are done. */
bool fold_node(struct ast *ast, uint32_t index, struct fault *fault);

#endif

/* The formula language of advanced.scalingModifiers (spec/keda-engine.md §4.6, §4.7: expr-lang as KEDA uses
 * it): text → a small checked program → one double per evaluation. Compiled once, immutable afterwards; knows
 * nothing of triggers but their names, nothing of replicas. */
#ifndef SCALER_FORMULA_FORMULA_H
#define SCALER_FORMULA_FORMULA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"

#define FORMULA_TEXT_MAX  65536 /* bytes of a formula; longer ones are refused */
#define FORMULA_NODES_MAX 10000 /* syntax nodes, as upstream */

struct formula;

/* Where in the user's text a formula is wrong. */
struct formula_place {
    int line;      /* from 1 */
    int column;    /* from 1, in characters (not bytes) */
    size_t offset; /* from 0, in bytes */
};

/* What one named trigger delivered. */
struct formula_input {
    bool present; /* false: nil in the formula */
    double value;
};

/* Compiles `text`, in which names[i] stands for input i; checks types, then runs it once with every input -1
 * as KEDA's validation does: what fails then is refused too. On ERR_CONFIG, err says what is wrong in the
 * user's own text (not KEDA's rewriting of it) and *ret_place where. The names are only borrowed during the
 * call. */
int formula_compile(const char *text, const char *const *names, size_t names_len, struct formula **ret,
                    struct formula_place *ret_place, struct err *err);
void formula_free(struct formula *formula); /* NULL: nothing */

/* Memory for evaluations, reused by all of them: one for each thread is enough. Bounded; after the first few
 * evaluations nothing is allocated any more. */
struct formula_scratch;
struct formula_scratch *formula_scratch_new(void);
void formula_scratch_free(struct formula_scratch *scratch); /* NULL: nothing */

/* Evaluates. inputs: as many as names at compile time. now_ms: clock_now_ms(), for now(). The result is a
 * double before truncation to milli, *ret_nil true if the formula yielded nil (only one with `??` can). Fails
 * with ERR_INVALID (in words: "division by zero", "index 3 out of range") and leaves both alone. NaN and ±Inf
 * as results are failures: they mean no number of replicas. */
int formula_eval(const struct formula *formula, struct formula_scratch *scratch,
                 const struct formula_input *inputs, int64_t now_ms, bool *ret_nil, double *ret,
                 struct err *err);

/* Whether input `index` occurs in the formula: one that does not need not be known. */
bool formula_uses(const struct formula *formula, size_t index);
size_t formula_bytes(const struct formula *formula); /* heap in use, for accounting */

#endif

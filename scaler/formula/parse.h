/* Text → tree. No recursion: what is open lies on a stack of frames, so brackets may nest as deep as the text
 * is long. Names are resolved here: a variable knows what it was given, "#" knows what it walks. */
#ifndef SCALER_FORMULA_PARSE_H
#define SCALER_FORMULA_PARSE_H

#include "scaler/formula/ast.h"
#include "scaler/formula/builtins.h"
#include "scaler/formula/lex.h"

/* The names a formula may use. */
struct parse_names {
    const char *const *names;
    size_t len;
    size_t hidden; /* offset below which text is ours: places there say nothing about names */
};

/* false: the fault says why. */
bool parse_formula(const char *text, size_t len, const struct parse_names *names, struct ast *ast,
                   struct fault *fault);

#endif

/* What a function accepts, one letter for each argument:
 *   s string · i int · n number, or what is one underneath (duration, month) · N n or string · b bool ·
 *   a array · m map · L what has a length · t time · d duration · z time zone · x number, array of numbers ·
 *   * anything, nil too · | what follows may be left out · + at the end: more like the last */
#ifndef SCALER_FORMULA_SIGNATURE_H
#define SCALER_FORMULA_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many arguments it takes; *ret_max is SIZE_MAX with "+". */
void signature_count(const char *signature, size_t *ret_min, size_t *ret_max);
/* The letter for argument `index`, which must be below the maximum. */
char signature_letter(const char *signature, size_t index);
/* Whether a type that is known may stand there. An unknown one always may. */
bool signature_accepts(char letter, uint32_t type);
const char *signature_words(char letter); /* "a string" */

#endif

/* Arithmetic the replica formulas share: Go's wrapping int64 and the saturating way from doubles to int32
 * (spec/hpa-algorithm.md §0), without C's undefined corners. */
#ifndef SCALER_ENGINE_ARITH_H
#define SCALER_ENGINE_ARITH_H

#include <stdint.h>

int64_t arith_add_wrap(int64_t a, int64_t b);
int64_t arith_mul_wrap(int64_t a, int64_t b);
int64_t arith_div(int64_t a, int64_t b); /* toward zero; b == 0 gives 0 */

/* Rounded toward zero / up, then saturated. NaN, which only a target of 0 can make, gives 0. */
int32_t arith_trunc_i32(double value);
int32_t arith_ceil_i32(double value);
int64_t arith_ceil_i64(double value);
int32_t arith_clamp_i32(int64_t value);

static inline int32_t arith_min_i32(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static inline int32_t arith_max_i32(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

#endif

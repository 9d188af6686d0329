/* Owns the conversions between doubles, int64 milli-units and int32 replicas. */
#include "scaler/engine/arith.h"

#include <math.h>

int64_t arith_add_wrap(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

int64_t arith_mul_wrap(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

int64_t arith_div(int64_t a, int64_t b)
{
    if (b == 0)
        return 0;
    if (b == -1)
        return (int64_t)(0 - (uint64_t)a); /* INT64_MIN / -1 traps otherwise */
    return a / b;
}

int32_t arith_trunc_i32(double value)
{
    if (isnan(value))
        return 0;
    if (value >= (double)INT32_MAX)
        return INT32_MAX;
    if (value <= (double)INT32_MIN)
        return INT32_MIN;
    return (int32_t)value;
}

int32_t arith_ceil_i32(double value)
{
    return arith_trunc_i32(ceil(value));
}

int64_t arith_ceil_i64(double value)
{
    if (isnan(value))
        return 0;
    double up = ceil(value);
    if (up >= 0x1p63)
        return INT64_MAX;
    if (up <= -0x1p63)
        return INT64_MIN;
    return (int64_t)up;
}

int32_t arith_clamp_i32(int64_t value)
{
    if (value > INT32_MAX)
        return INT32_MAX;
    return value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

/* Owns Kubernetes quantities. Two representations decide which noise a value carries when it becomes a
 * double, so both are kept apart here as upstream does: "narrow" (an int64 and a power of ten) and "wide" (an
 * integer count of 10^-9 of any length). The double is always base * 10^exponent, with the power itself taken
 * from two tables. */
#include "scaler/base/quantity.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"

#define TEXT_MAX     1024 /* "%.3f" of the largest double has 313 characters */
#define NANO         (-9)
#define NARROW_MAX   18 /* digits that always fit an int64 */
#define PRODUCT_MORE 20 /* digits a factor of 2^60 can add, and one */

struct parts {
    bool negative;
    const char *whole; /* without leading zeros; NULL: none */
    size_t whole_len;
    const char *fraction;
    size_t fraction_len;
    bool digits; /* any digit at all, leading zeros included */
    const char *suffix;
};

struct scale {
    bool binary;
    int32_t exponent; /* of 2 or of 10 */
};

static const struct {
    const char *name;
    struct scale scale;
} suffixes[] = {
    {"", {false, 0}},   {"n", {false, -9}}, {"u", {false, -6}}, {"m", {false, -3}},
    {"k", {false, 3}},  {"M", {false, 6}},  {"G", {false, 9}},  {"T", {false, 12}},
    {"P", {false, 15}}, {"E", {false, 18}}, {"Ki", {true, 10}}, {"Mi", {true, 20}},
    {"Gi", {true, 30}}, {"Ti", {true, 40}}, {"Pi", {true, 50}}, {"Ei", {true, 60}},
};

/* 10^n the way it is upstream: a multiple of 32 from one table, times or divided by the rest from another.
 * Each entry is correctly rounded; their combination is not always, and that is the noise formulas see. */
static double power_of_ten(int64_t n)
{
    static const double coarse[] = {1, 1e32, 1e64, 1e96, 1e128, 1e160, 1e192, 1e224, 1e256, 1e288};
    static const double fine[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10,
                                  1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
                                  1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31};
    if (n > 308)
        return (double)INFINITY;
    if (n >= 0)
        return coarse[n / 32] * fine[n % 32];
    return 1 / fine[-n]; /* quantities never go below 10^-9 */
}

static void split_number(const char *text, struct parts *ret)
{
    ret->negative = *text == '-';
    text += *text == '-' || *text == '+';
    size_t zeros = strspn(text, "0");
    ret->whole = text + zeros;
    ret->whole_len = strspn(ret->whole, "0123456789");
    text = ret->whole + ret->whole_len;
    ret->fraction = *text == '.' ? text + 1 : text;
    ret->fraction_len = *text == '.' ? strspn(text + 1, "0123456789") : 0;
    ret->digits = zeros + ret->whole_len + ret->fraction_len > 0;
    ret->suffix = ret->fraction + ret->fraction_len;
}

/* Only characters that some suffix or exponent may have; else it is no quantity at all. */
static bool is_suffix_shape(const char *suffix)
{
    suffix += strspn(suffix, "eEinumkKMGTP");
    suffix += *suffix == '-' || *suffix == '+';
    return suffix[strspn(suffix, "0123456789")] == '\0';
}

static bool find_scale(const char *suffix, struct scale *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        if (strcmp(suffixes[i].name, suffix) == 0) {
            *ret = suffixes[i].scale;
            return true;
        }
    }
    int64_t exponent;
    if ((*suffix != 'e' && *suffix != 'E') || number_parse_go_int(suffix + 1, &exponent, NULL) != 0)
        return false;
    /* Upstream wraps exponents beyond 32 bits; here they are no quantity. The other bound keeps sums in
     * range. */
    if (exponent < INT32_MIN / 2 || exponent > INT32_MAX / 2)
        return false;
    *ret = (struct scale){false, (int32_t)exponent};
    return true;
}

static int64_t saturate_milli(bool negative)
{
    return negative ? INT64_MIN : INT64_MAX;
}

/* value * 10^exponent in milli-units, rounded away from zero. */
static int64_t narrow_milli(int64_t value, int64_t exponent)
{
    int64_t power = exponent + 3;
    bool negative = value < 0;
    for (; power > 0 && value != 0; power--)
        if (__builtin_mul_overflow(value, 10, &value))
            return saturate_milli(negative);
    bool rest = false;
    for (; power < 0 && value != 0; power++) {
        rest = rest || value % 10 != 0;
        if (value / 10 == 0)
            return rest ? (negative ? -1 : 1) : 0;
        value /= 10;
    }
    return value + (rest ? (negative ? -1 : 1) : 0);
}

/* At most 18 digits (15 with a binary suffix, roughly), and nothing below 10^-9. */
static bool try_narrow(const struct parts *parts, struct scale scale, struct quantity *ret)
{
    size_t whole_len = parts->whole_len ? parts->whole_len : 1; /* a missing whole part counts as "0" */
    if (scale.binary && parts->fraction_len > 0)
        return false;
    int spare = scale.binary ? 15 - scale.exponent * 3 / 10 - 1 : NARROW_MAX;
    int64_t exponent = (scale.binary ? 0 : scale.exponent) - (int64_t)parts->fraction_len;
    if ((int64_t)(whole_len + parts->fraction_len) > spare || exponent < NANO)
        return false;
    char digits[NARROW_MAX + 2];
    (void)snprintf(digits, sizeof(digits), "0%.*s%.*s", (int)parts->whole_len, parts->whole,
                   (int)parts->fraction_len, parts->fraction);
    int64_t value = strtoll(digits, NULL, 10);
    if (scale.binary && __builtin_mul_overflow(value, (int64_t)1 << scale.exponent, &value))
        return false;
    if (parts->negative)
        value = -value;
    /* 0e400 would be 0 * Inf. */
    ret->approx = exponent == 0 || value == 0 ? (double)value : (double)value * power_of_ten(exponent);
    ret->milli = narrow_milli(value, exponent);
    return true;
}

/* digits (decimal, len of them, room for PRODUCT_MORE) times factor; returns the new length. */
static size_t multiply_digits(char *digits, size_t len, uint64_t factor)
{
    char product[TEXT_MAX + PRODUCT_MORE];
    size_t at = sizeof(product);
    unsigned __int128 carry = 0;
    for (size_t i = len; i > 0 || carry > 0;) {
        if (i > 0)
            carry += (unsigned __int128)factor * (unsigned)(digits[--i] - '0');
        product[--at] = (char)('0' + (int)(carry % 10));
        carry /= 10;
    }
    memcpy(digits, product + at, sizeof(product) - at);
    return sizeof(product) - at;
}

/* Adds one in the last place; returns the new length (digits has room for it). */
static size_t increment_digits(char *digits, size_t len)
{
    for (size_t i = len; i > 0; i--) {
        if (digits[i - 1] != '9') {
            digits[i - 1]++;
            return len;
        }
        digits[i - 1] = '0';
    }
    memmove(digits + 1, digits, len);
    digits[0] = '1';
    return len + 1;
}

/* Drops the last `drop` digits; true if one of them was not 0. */
static bool drop_digits(char *digits, size_t *len, uint64_t drop)
{
    bool rest = false;
    for (; drop > 0 && *len > 0; drop--)
        rest = digits[--*len] != '0' || rest;
    return rest;
}

/* digits * 10^zeros nano-units to milli-units. For negatives upstream cuts and then adds one instead of
 * rounding away from zero; a fallback value or target can show that, so it is kept. */
static int64_t wide_milli(char *digits, size_t len, int64_t zeros, bool negative)
{
    bool rest = zeros < 6 && drop_digits(digits, &len, (uint64_t)(6 - zeros));
    int64_t value = 0;
    for (int64_t i = 0; i < (int64_t)len + (zeros > 6 ? zeros - 6 : 0); i++) {
        int digit = i < (int64_t)len ? digits[i] - '0' : 0;
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value))
            return saturate_milli(negative);
    }
    if (negative)
        return -value + rest;
    return rest && value < INT64_MAX ? value + 1 : value;
}

/* Binary quantities are capped at the largest int64. digits * 10^zeros is in nano-units. */
static bool exceeds_binary_cap(const char *digits, size_t len, int64_t zeros)
{
    static const char cap[] = "9223372036854775807000000000";
    size_t skip = strspn(digits, "0");
    skip = skip < len ? skip : len;
    len -= skip;
    size_t whole = len + (size_t)zeros;
    if (whole != sizeof(cap) - 1)
        return whole > sizeof(cap) - 1;
    return memcmp(digits + skip, cap, len) > 0;
}

static double digits_to_double(const char *digits, size_t len, int64_t zeros)
{
    char text[TEXT_MAX + PRODUCT_MORE + 32];
    (void)snprintf(text, sizeof(text), "0%.*se%lld", (int)len, digits, (long long)zeros);
    return strtod(text, NULL); /* correctly rounded, infinity when too large */
}

static void make_wide(const struct parts *parts, struct scale scale, struct quantity *ret)
{
    char digits[TEXT_MAX + 2 * PRODUCT_MORE] = "";
    size_t len = parts->whole_len + parts->fraction_len;
    memcpy(digits, parts->whole, parts->whole_len);
    memcpy(digits + parts->whole_len, parts->fraction, parts->fraction_len);
    if (strspn(digits, "0") >= len) {
        *ret = (struct quantity){0};
        return;
    }
    if (scale.binary)
        len = multiply_digits(digits, len, (uint64_t)1 << scale.exponent);
    int64_t zeros = (scale.binary ? 0 : scale.exponent) - (int64_t)parts->fraction_len - NANO;
    if (zeros < 0) {
        if (drop_digits(digits, &len, (uint64_t)-zeros))
            len = increment_digits(digits, len);
        zeros = 0;
    }
    ret->approx = digits_to_double(digits, len, zeros) * power_of_ten(NANO);
    if (scale.binary && exceeds_binary_cap(digits, len, zeros))
        ret->approx = (double)INT64_MAX;
    ret->approx = parts->negative ? -ret->approx : ret->approx;
    ret->milli = wide_milli(digits, len, zeros, parts->negative);
}

int quantity_parse(const char *text, struct quantity *ret, struct err *err)
{
    size_t len = strnlen(text, TEXT_MAX + 1);
    if (len > TEXT_MAX)
        return err_set(err, ERR_LIMIT, "a quantity of more than %d characters", TEXT_MAX);
    struct parts parts = {0};
    struct scale scale;
    struct quantity value;
    split_number(text, &parts);
    if (len == 0 || !is_suffix_shape(parts.suffix) || !find_scale(parts.suffix, &scale))
        return err_set(err, ERR_INVALID, "\"%.60s\" is not a quantity such as 100m, 5 or 1Gi", text);
    if (!try_narrow(&parts, scale, &value)) {
        if (!parts.digits)
            return err_set(err, ERR_INVALID, "\"%.60s\" is a quantity without digits", text);
        make_wide(&parts, scale, &value);
    }
    *ret = value;
    return 0;
}

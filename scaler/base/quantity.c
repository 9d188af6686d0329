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
#include "scaler/base/quantity_number.h"

#define NANO       (-9)
#define NARROW_MAX 18 /* digits that always fit an int64 */

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
    enum quantity_style style;
    int32_t exponent; /* of 2 with QUANTITY_BINARY, else of 10 */
};

#define SI(n)                                                                                                \
    {                                                                                                        \
        QUANTITY_DECIMAL, n                                                                                  \
    }
#define TWO(n)                                                                                               \
    {                                                                                                        \
        QUANTITY_BINARY, n                                                                                   \
    }

static const struct {
    const char *name;
    struct scale scale;
} suffixes[] = {
    {"", SI(0)},     {"n", SI(-9)},   {"u", SI(-6)},   {"m", SI(-3)},   {"k", SI(3)},    {"M", SI(6)},
    {"G", SI(9)},    {"T", SI(12)},   {"P", SI(15)},   {"E", SI(18)},   {"Ki", TWO(10)}, {"Mi", TWO(20)},
    {"Gi", TWO(30)}, {"Ti", TWO(40)}, {"Pi", TWO(50)}, {"Ei", TWO(60)},
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
    *ret = (struct scale){QUANTITY_EXPONENT, (int32_t)exponent};
    return true;
}

static int64_t saturate(bool negative)
{
    return negative ? INT64_MIN : INT64_MAX;
}

/* value * 10^power, rounded away from zero. */
static int64_t narrow_scaled(int64_t value, int64_t power)
{
    bool negative = value < 0;
    for (; power > 0 && value != 0; power--)
        if (__builtin_mul_overflow(value, 10, &value))
            return saturate(negative);
    bool rest = false;
    for (; power < 0 && value != 0; power++) {
        rest = rest || value % 10 != 0;
        value /= 10;
    }
    return value + (rest ? (negative ? -1 : 1) : 0);
}

/* Whether upstream takes a narrow number's text for canonical: digits is what stands before the suffix,
 * without the point and leading zeros of the whole part. */
static bool looks_canonical(const char *digits, size_t len, int64_t exponent, struct scale scale,
                            int64_t unscaled)
{
    if (scale.style == QUANTITY_BINARY)
        return (unscaled & 7) != 0;
    bool thousands = len >= 3 && memcmp(digits + len - 3, "000", 3) == 0;
    return exponent % 3 == 0 && !thousands && digits[0] != '0';
}

/* At most 18 digits (15 with a binary suffix, roughly), and nothing below 10^-9. */
static bool try_narrow(const struct parts *parts, struct scale scale, struct quantity *ret,
                       struct quantity_number *number)
{
    bool binary = scale.style == QUANTITY_BINARY;
    size_t whole_len = parts->whole_len ? parts->whole_len : 1; /* a missing whole part counts as "0" */
    if (binary && parts->fraction_len > 0)
        return false;
    int spare = binary ? 15 - scale.exponent * 3 / 10 - 1 : NARROW_MAX;
    int64_t exponent = (binary ? 0 : scale.exponent) - (int64_t)parts->fraction_len;
    if ((int64_t)(whole_len + parts->fraction_len) > spare || exponent < NANO)
        return false;
    char digits[NARROW_MAX + 2];
    int len = snprintf(digits, sizeof(digits), "%.*s%.*s", parts->whole_len ? (int)parts->whole_len : 1,
                       parts->whole_len ? parts->whole : "0", (int)parts->fraction_len, parts->fraction);
    int64_t unscaled = strtoll(digits, NULL, 10), value = unscaled;
    if (binary && __builtin_mul_overflow(value, (int64_t)1 << scale.exponent, &value))
        return false;
    number->as_written = looks_canonical(digits, (size_t)len, exponent, scale, unscaled);
    number->len = (size_t)snprintf(number->digits, sizeof(number->digits), "%lld", (long long)value);
    number->exponent = exponent;
    if (parts->negative)
        value = -value;
    /* 0e400 would be 0 * Inf. */
    ret->approx = exponent == 0 || value == 0 ? (double)value : (double)value * power_of_ten(exponent);
    ret->milli = narrow_scaled(value, exponent + 3);
    ret->value = narrow_scaled(value, exponent);
    return true;
}

/* digits (decimal, len of them, room for QUANTITY_DIGITS_MORE) times factor; returns the new length. */
static size_t multiply_digits(char *digits, size_t len, uint64_t factor)
{
    char product[QUANTITY_TEXT_MAX + QUANTITY_DIGITS_MORE];
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
static bool drop_digits(const char *digits, size_t *len, uint64_t drop)
{
    bool rest = false;
    for (; drop > 0 && *len > 0; drop--)
        rest = digits[--*len] != '0' || rest;
    return rest;
}

/* digits * 10^zeros nano-units in units of 10^power nano. For negatives upstream cuts and then adds one
 * instead of rounding away from zero; a fallback value or target can show that, so it is kept. */
static int64_t wide_scaled(const struct quantity_number *number, int64_t power)
{
    int64_t zeros = number->exponent - NANO - power;
    size_t len = number->len;
    bool rest = zeros < 0 && drop_digits(number->digits, &len, (uint64_t)-zeros);
    int64_t value = 0;
    for (int64_t i = 0; i < (int64_t)len + (zeros > 0 ? zeros : 0); i++) {
        int digit = i < (int64_t)len ? number->digits[i] - '0' : 0;
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value))
            return saturate(number->negative);
    }
    if (number->negative)
        return -value + rest;
    return rest && value < INT64_MAX ? value + 1 : value;
}

/* Binary quantities are capped at the largest int64. digits * 10^zeros is in nano-units. */
static bool cap_binary(struct quantity_number *number)
{
    static const char cap[] = "9223372036854775807", nano_cap[] = "9223372036854775807000000000";
    int64_t zeros = number->exponent - NANO;
    size_t skip = strspn(number->digits, "0");
    skip = skip < number->len ? skip : number->len;
    size_t len = number->len - skip, whole = len + (size_t)zeros;
    bool exceeds = whole > sizeof(nano_cap) - 1 ||
                   (whole == sizeof(nano_cap) - 1 && memcmp(number->digits + skip, nano_cap, len) > 0);
    if (!exceeds)
        return false;
    memcpy(number->digits, cap, sizeof(cap));
    number->len = sizeof(cap) - 1;
    number->exponent = 0;
    return true;
}

static double digits_to_double(const char *digits, size_t len, int64_t zeros)
{
    char text[QUANTITY_TEXT_MAX + QUANTITY_DIGITS_MORE + 32];
    (void)snprintf(text, sizeof(text), "0%.*se%lld", (int)len, digits, (long long)zeros);
    return strtod(text, NULL); /* correctly rounded, infinity when too large */
}

static void make_wide(const struct parts *parts, struct scale scale, struct quantity *ret,
                      struct quantity_number *number)
{
    bool binary = scale.style == QUANTITY_BINARY;
    char *digits = number->digits;
    size_t len = parts->whole_len + parts->fraction_len;
    memcpy(digits, parts->whole, parts->whole_len);
    memcpy(digits + parts->whole_len, parts->fraction, parts->fraction_len);
    digits[len] = '\0';
    *ret = (struct quantity){0};
    if (strspn(digits, "0") >= len)
        return;
    if (binary)
        len = multiply_digits(digits, len, (uint64_t)1 << scale.exponent);
    int64_t zeros = (binary ? 0 : scale.exponent) - (int64_t)parts->fraction_len - NANO;
    if (zeros < 0) {
        if (drop_digits(digits, &len, (uint64_t)-zeros))
            len = increment_digits(digits, len);
        zeros = 0;
    }
    number->len = len;
    number->exponent = zeros + NANO;
    ret->approx = digits_to_double(digits, len, zeros) * power_of_ten(NANO);
    if (binary && cap_binary(number))
        ret->approx = (double)INT64_MAX;
    ret->approx = parts->negative ? -ret->approx : ret->approx;
    ret->milli = wide_scaled(number, 6);
    ret->value = wide_scaled(number, 9);
}

int quantity_read(const char *text, struct quantity *ret, struct quantity_number *number, struct err *err)
{
    size_t len = strnlen(text, QUANTITY_TEXT_MAX + 1);
    if (len > QUANTITY_TEXT_MAX)
        return err_set(err, ERR_LIMIT, "a quantity of more than %d characters", QUANTITY_TEXT_MAX);
    struct parts parts = {0};
    struct scale scale;
    split_number(text, &parts);
    if (len == 0 || !is_suffix_shape(parts.suffix) || !find_scale(parts.suffix, &scale))
        return err_set(err, ERR_INVALID, "\"%.60s\" is not a quantity such as 100m, 5 or 1Gi", text);
    number->len = 0;
    number->exponent = 0;
    number->negative = parts.negative;
    number->style = scale.style;
    number->as_written = false;
    if (try_narrow(&parts, scale, ret, number))
        return 0;
    if (!parts.digits)
        return err_set(err, ERR_INVALID, "\"%.60s\" is a quantity without digits", text);
    make_wide(&parts, scale, ret, number);
    return 0;
}

int quantity_parse(const char *text, struct quantity *ret, struct err *err)
{
    struct quantity_number number;
    return quantity_read(text, ret, &number, err);
}

/* Owns numbers in text: which spellings are numbers, and how they are written. Each grammar is checked here
 * first, and only then does the C library convert (it would accept more: blanks, "infinity", hex). */
#include "scaler/base/number.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"

static int fail(struct err *err, const char *text, const char *what)
{
    return err_set(err, ERR_INVALID, "\"%.60s\" is not %s", text, what);
}

static int fail_range(struct err *err, const char *text)
{
    return err_set(err, ERR_INVALID, "\"%.60s\" is out of range", text);
}

static size_t span_digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* Length of JSON's integer part at the front, 0 when there is none. */
static size_t span_json_int(const char *text)
{
    size_t sign = *text == '-';
    size_t digits = span_digits(text + sign);
    if (digits == 0 || (digits > 1 && text[sign] == '0'))
        return 0;
    return sign + digits;
}

static size_t span_exponent(const char *text)
{
    if (*text != 'e' && *text != 'E')
        return 0;
    size_t sign = text[1] == '+' || text[1] == '-';
    size_t digits = span_digits(text + 1 + sign);
    return digits ? 1 + sign + digits : 0;
}

/* text is [+-]?digits. */
static bool convert_int(const char *text, int64_t *ret)
{
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    if (errno)
        return false;
    *ret = value;
    return true;
}

int number_parse_json_int(const char *text, int64_t min, int64_t max, int64_t *ret, struct err *err)
{
    size_t len = span_json_int(text);
    int64_t value;
    if (len == 0 || text[len])
        return fail(err, text, "an integer");
    if (!convert_int(text, &value) || value < min || value > max)
        return err_set(err, ERR_INVALID, "\"%.60s\" is not between %lld and %lld", text, (long long)min,
                       (long long)max);
    *ret = value;
    return 0;
}

int number_parse_json_float(const char *text, double *ret, struct err *err)
{
    size_t len = span_json_int(text);
    if (len && text[len] == '.') {
        size_t digits = span_digits(text + len + 1);
        len = digits ? len + 1 + digits : 0;
    }
    if (len)
        len += span_exponent(text + len);
    if (len == 0 || text[len])
        return fail(err, text, "a number");
    double value = strtod(text, NULL);
    if (isinf(value))
        return fail_range(err, text);
    *ret = value;
    return 0;
}

int number_parse_go_int(const char *text, int64_t *ret, struct err *err)
{
    size_t sign = *text == '-' || *text == '+';
    size_t digits = span_digits(text + sign);
    if (digits == 0 || text[sign + digits])
        return fail(err, text, "an integer");
    if (!convert_int(text, ret))
        return fail_range(err, text);
    return 0;
}

/* A whole Go floating-point literal, underscores already removed: decimal, or hex with its exponent. */
static bool is_go_float(const char *text)
{
    text += *text == '-' || *text == '+';
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *set = hex ? "0123456789abcdefABCDEF" : "0123456789";
    text += hex ? 2 : 0;
    size_t whole = strspn(text, set);
    text += whole;
    size_t fraction = *text == '.' ? strspn(text + 1, set) : 0;
    text += *text == '.' ? 1 + fraction : 0;
    if (whole + fraction == 0 || (hex && *text != 'p' && *text != 'P'))
        return false;
    if (!*text)
        return true;
    if (!hex && *text != 'e' && *text != 'E')
        return false;
    text += 1 + (text[1] == '-' || text[1] == '+');
    size_t digits = span_digits(text);
    return digits > 0 && !text[digits];
}

/* Go lets '_' stand between two digits, and between "0x" and a digit. */
static bool underscores_fit(const char *text)
{
    text += *text == '-' || *text == '+';
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *set = hex ? "0123456789abcdefABCDEF" : "0123456789";
    bool after_digit = hex;
    for (text += hex ? 2 : 0; *text; text++) {
        bool digit = strchr(set, *text) != NULL;
        if (*text == '_' && (!after_digit || !text[1] || !strchr(set, text[1])))
            return false;
        after_digit = digit;
    }
    return true;
}

static char *without_underscores(const char *text)
{
    char *copy = mem_strdup(text);
    char *to = copy;
    for (; *text; text++)
        if (*text != '_')
            *to++ = *text;
    *to = '\0';
    return copy;
}

static bool parse_special(const char *text, double *ret)
{
    bool sign = *text == '-' || *text == '+';
    const char *word = text + sign;
    if (strcasecmp(word, "inf") == 0 || strcasecmp(word, "infinity") == 0)
        *ret = *text == '-' ? (double)-INFINITY : (double)INFINITY;
    else if (!sign && strcasecmp(word, "nan") == 0)
        *ret = (double)NAN;
    else
        return false;
    return true;
}

/* The value of a Go floating-point literal, infinite when it is too large; false: it is none. */
static bool read_go_float(const char *text, double *ret)
{
    AUTO_FREE char *plain = without_underscores(text);
    if (!underscores_fit(text) || !is_go_float(plain))
        return false;
    *ret = strtod(plain, NULL);
    return true;
}

int number_parse_go_float(const char *text, double *ret, struct err *err)
{
    double value;
    if (parse_special(text, ret))
        return 0;
    if (!read_go_float(text, &value))
        return fail(err, text, "a number");
    if (isinf(value))
        return fail_range(err, text);
    *ret = value;
    return 0;
}

double number_go_float_or_zero(const char *text)
{
    double value = 0;
    if (!parse_special(text, &value) && !read_go_float(text, &value))
        return 0;
    return value;
}

int number_parse_modifiers_target(const char *text, double *ret, struct err *err)
{
    double value;
    int rc = number_parse_go_float(text, &value, err);
    if (rc < 0)
        return rc;
    if (value <= 0)
        return err_set(err, ERR_INVALID, "\"%.60s\" is not greater than 0", text);
    *ret = value;
    return 0;
}

int number_parse_go_bool(const char *text, bool *ret, struct err *err)
{
    static const char *const words[] = {"1", "t", "T", "TRUE",  "true",  "True",
                                        "0", "f", "F", "FALSE", "false", "False"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (text_eq(text, words[i])) {
            *ret = i < ARRAY_LEN(words) / 2;
            return 0;
        }
    }
    return fail(err, text, "true or false");
}

/* "1.25e-07" with its digits put where they belong when the result stays short, as JSON writers do. */
static void unfold_exponent(const char *scientific, char *buf, size_t size)
{
    char digits[32];
    size_t count = 0;
    const char *at = scientific + (*scientific == '-');
    for (; *at && *at != 'e'; at++)
        if (*at != '.')
            digits[count++] = *at;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    digits[count] = '\0';
    const char *sign = *scientific == '-' ? "-" : "";
    int exponent = *at ? (int)strtol(at + 1, NULL, 10) : 0;
    int whole = exponent + 1;
    if (whole > 21 || whole < -5)
        (void)snprintf(buf, size, "%s%c%s%se%+d", sign, digits[0], count > 1 ? "." : "", digits + 1,
                       exponent);
    else if (whole <= 0)
        (void)snprintf(buf, size, "%s0.%.*s%s", sign, -whole, "00000", digits);
    else if ((size_t)whole >= count)
        (void)snprintf(buf, size, "%s%s%.*s", sign, digits, whole - (int)count, "00000000000000000000");
    else
        (void)snprintf(buf, size, "%s%.*s.%s", sign, whole, digits, digits + whole);
}

static const char *format_whole(int64_t value, char *buf, size_t size)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    digits[--at] = '\0';
    do
        digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        digits[--at] = '-';
    (void)snprintf(buf, size, "%s", digits + at);
    return buf;
}

const char *number_format_double(double value, char *buf, size_t size)
{
    if (isnan(value) || isinf(value)) {
        (void)snprintf(buf, size, "%s", isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
        return buf;
    }
    bool whole = fabs(value) < 1e15 && value == (double)(int64_t)value;
    if (whole && !(value == 0 && signbit(value))) /* the usual ones, at once */
        return format_whole((int64_t)value, buf, size);
    char scientific[40];
    for (int precision = 0; precision < 17; precision++) {
        (void)snprintf(scientific, sizeof(scientific), "%.*e", precision, value);
        if (strtod(scientific, NULL) == value)
            break;
    }
    unfold_exponent(scientific, buf, size);
    return buf;
}

static bool counts_as_metric(double value)
{
    return isfinite(value) && value > 0;
}

char *number_format_metric(double value)
{
    return counts_as_metric(value) ? mem_printf("%.3f", value) : mem_strdup("0");
}

/* As "%.3f" rounds: to the nearest of the exact binary value, ties to even. value < 2^53. */
static int64_t round_milli(double value)
{
    int exponent;
    double fraction = frexp(value, &exponent);
    int64_t thousands = (int64_t)ldexp(fraction, 53) * 1000; /* 2^53 × 1000 fits */
    int shift = 53 - exponent;
    if (shift == 0)
        return thousands;
    if (shift > 63)
        return 0;
    int64_t rest = thousands & (int64_t)((UINT64_C(1) << shift) - 1), milli = thousands >> shift;
    int64_t half = (int64_t)(UINT64_C(1) << (shift - 1));
    return milli + (rest > half || (rest == half && (milli & 1)));
}

int64_t number_metric_milli(double value)
{
    if (!counts_as_metric(value))
        return 0;
    if (value < 0x1p53)
        return round_milli(value);
    int64_t milli;
    if (value >= 0x1p63 || __builtin_mul_overflow((int64_t)value, INT64_C(1000), &milli))
        return INT64_MAX;
    return milli;
}

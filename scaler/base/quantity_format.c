/* Owns how quantities are written. The canonical form depends on the exact value and on the style the text
 * had, not on the path it was parsed by, so digits and an exponent of ten are enough. */
#include <stdlib.h>
#include <string.h>

#include "scaler/base/quantity.h"
#include "scaler/base/quantity_number.h"

static const char *decimal_suffix(int64_t exponent)
{
    static const char *const names[] = {"n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
    return exponent >= -9 && exponent <= 18 ? names[exponent / 3 + 3] : NULL;
}

/* All factors of ten go into the exponent, then back until it is a multiple of three. What is beyond the
 * suffixes is written with an exponent. */
static void format_decimal(const struct quantity_number *number, struct strbuf *out)
{
    size_t start = strspn(number->digits, "0"), end = number->len;
    int64_t exponent = number->exponent;
    for (; end > start + 1 && number->digits[end - 1] == '0'; end--)
        exponent++;
    strbuf_append(out, number->negative ? "-" : "");
    strbuf_append_n(out, number->digits + start, end - start);
    for (; exponent % 3 != 0; exponent--)
        strbuf_append_c(out, '0');
    const char *suffix = number->style == QUANTITY_EXPONENT ? NULL : decimal_suffix(exponent);
    if (suffix)
        strbuf_append(out, suffix);
    else if (exponent != 0)
        strbuf_printf(out, "e%lld", (long long)exponent);
}

/* The whole number behind a binary quantity; they are capped to int64. False: it has a fraction. */
static bool whole_of(const struct quantity_number *number, int64_t *ret)
{
    size_t len = number->len;
    for (int64_t exponent = number->exponent; exponent < 0; exponent++)
        if (len == 0 || number->digits[--len] != '0')
            return false;
    int64_t value = 0;
    for (size_t i = 0; i < len; i++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, number->digits[i] - '0', &value))
            return false;
    *ret = value;
    return true;
}

/* Below 1024, and with a fraction, the decimal form says more. */
static void format_binary(const struct quantity_number *number, struct strbuf *out)
{
    static const char *const names[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    int64_t value;
    size_t power = 0;
    if (!whole_of(number, &value) || value < 1024) {
        format_decimal(number, out);
        return;
    }
    for (; value >= 1024 && value % 1024 == 0; power++)
        value /= 1024;
    strbuf_printf(out, "%s%lld%s", number->negative ? "-" : "", (long long)value, names[power]);
}

int quantity_format(const char *text, enum quantity_form form, struct strbuf *out, struct err *err)
{
    struct quantity quantity;
    struct quantity_number number;
    int rc = quantity_read(text, &quantity, &number, err);
    if (rc < 0)
        return rc;
    number.digits[number.len] = '\0';
    bool zero = strspn(number.digits, "0") == number.len;
    if (form == QUANTITY_SHOWN && number.as_written && !zero)
        strbuf_append(out, text);
    else if (zero)
        strbuf_append_c(out, '0');
    else if (number.style == QUANTITY_BINARY)
        format_binary(&number, out);
    else
        format_decimal(&number, out);
    return 0;
}

/* Owns the resolving of YAML scalars. */
#include "scalers/shared/document/yaml_scalar.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"

#define TAG_PREFIX "tag:yaml.org,2002:"

/* Words with a meaning of their own. */
static bool read_word(const char *text, struct yaml_scalar *ret)
{
    static const struct {
        const char *words[5];
        struct yaml_scalar scalar;
    } table[] = {
        {{"true", "True", "TRUE"}, {.type = YAML_SCALAR_BOOL, .boolean = true}},
        {{"false", "False", "FALSE"}, {.type = YAML_SCALAR_BOOL}},
        {{"", "~", "null", "Null", "NULL"}, {.type = YAML_SCALAR_NULL}},
        {{".nan", ".NaN", ".NAN"}, {.type = YAML_SCALAR_FLOAT, .number = (double)NAN}},
        {{".inf", ".Inf", ".INF"}, {.type = YAML_SCALAR_FLOAT, .number = (double)INFINITY}},
        {{"+.inf", "+.Inf", "+.INF"}, {.type = YAML_SCALAR_FLOAT, .number = (double)INFINITY}},
        {{"-.inf", "-.Inf", "-.INF"}, {.type = YAML_SCALAR_FLOAT, .number = (double)-INFINITY}},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        for (size_t w = 0; w < 5 && table[i].words[w]; w++)
            if (strcmp(table[i].words[w], text) == 0) {
                *ret = table[i].scalar;
                return true;
            }
    return false;
}

/* One or two digits between min and max. */
static bool take_part(const char **text, int min, int max)
{
    int value = 0, digits = 0;
    for (; digits < 2 && isdigit((unsigned char)**text); digits++, ++*text)
        value = value * 10 + (**text - '0');
    return digits > 0 && value >= min && value <= max;
}

static bool take_char(const char **text, char c)
{
    if (**text != c)
        return false;
    ++*text;
    return true;
}

static bool is_zone(const char *text)
{
    if (take_char(&text, 'Z'))
        return *text == '\0';
    if (*text != '+' && *text != '-')
        return false;
    text++;
    return strlen(text) == 5 && take_part(&text, 0, 24) && take_char(&text, ':') && take_part(&text, 0, 60) &&
           *text == '\0';
}

static bool is_time(const char *text)
{
    if (strspn(text, "0123456789") != 4)
        return false;
    text += 4;
    if (!take_char(&text, '-') || !take_part(&text, 1, 12) || !take_char(&text, '-') ||
        !take_part(&text, 1, 31))
        return false;
    if (*text == '\0')
        return true;
    bool zoned = *text == 'T' || *text == 't';
    if (!zoned && *text != ' ')
        return false;
    text++;
    if (!take_part(&text, 0, 23) || !take_char(&text, ':') || !take_part(&text, 0, 59) ||
        !take_char(&text, ':') || !take_part(&text, 0, 59))
        return false;
    if (take_char(&text, '.'))
        text += strspn(text, "0123456789");
    return zoned ? is_zone(text) : *text == '\0';
}

/* Digits of base, all of text; may exceed 64 bits: false. */
static bool read_digits(const char *text, unsigned base, uint64_t *ret)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t value = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        const char *digit = memchr(digits, tolower((unsigned char)*text), base);
        if (!digit || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, (uint64_t)(digit - digits), &value))
            return false;
    }
    *ret = value;
    return true;
}

/* The base a prefix tells, and how long the prefix is. */
static unsigned prefix_base(const char *text, size_t *ret_len)
{
    *ret_len = 0;
    if (text[0] != '0' || text[1] == '\0')
        return 10;
    *ret_len = 2;
    switch (tolower((unsigned char)text[1])) {
    case 'x':
        return 16;
    case 'o':
        return 8;
    case 'b':
        return 2;
    default:
        *ret_len = 1;
        return 8;
    }
}

static bool make_int(bool negative, bool signed_text, uint64_t value, struct yaml_scalar *ret)
{
    if (negative ? value > (uint64_t)INT64_MAX + 1 : value > INT64_MAX && signed_text)
        return false;
    bool huge = !negative && value > INT64_MAX;
    ret->type = huge ? YAML_SCALAR_HUGE : YAML_SCALAR_INT;
    ret->number = negative ? -(double)value : (double)value;
    return true;
}

static bool read_int(const char *text, struct yaml_scalar *ret)
{
    bool sign = *text == '-' || *text == '+';
    uint64_t value;
    size_t prefix;
    unsigned base = prefix_base(text + sign, &prefix);
    return read_digits(text + sign + prefix, base, &value) && make_int(*text == '-', sign, value, ret);
}

/* Second try of "0b" and "0o": a sign may stand behind the prefix. */
static bool read_prefixed(const char *text, struct yaml_scalar *ret)
{
    bool outer = *text == '-';
    const char *digits = text + outer;
    uint64_t value;
    if (digits[0] != '0' || (digits[1] != 'b' && digits[1] != 'o'))
        return false;
    unsigned base = digits[1] == 'b' ? 2 : 8;
    digits += 2;
    bool inner = !outer && (*digits == '-' || *digits == '+');
    return read_digits(digits + inner, base, &value) &&
           make_int(outer || *digits == '-', outer || inner, value, ret);
}

/* [-+]?(.digits|digits[.digits])[exponent] */
static bool is_float(const char *text)
{
    static const char digits[] = "0123456789";
    text += *text == '-' || *text == '+';
    size_t whole = strspn(text, digits);
    text += whole;
    size_t fraction = *text == '.' ? strspn(text + 1, digits) : 0;
    text += *text == '.' ? 1 + fraction : 0;
    if (whole + fraction == 0)
        return false;
    if (*text != 'e' && *text != 'E')
        return *text == '\0';
    text += 1 + (text[1] == '-' || text[1] == '+');
    size_t exponent = strspn(text, digits);
    return exponent > 0 && text[exponent] == '\0';
}

static bool read_float(const char *text, struct yaml_scalar *ret)
{
    double number;
    if (number_parse_go_float(text, &number, NULL) != 0)
        return false;
    *ret = (struct yaml_scalar){.type = YAML_SCALAR_FLOAT, .number = number};
    return true;
}

/* Begins with a sign or digit. */
static bool read_number(const char *text, struct yaml_scalar *ret)
{
    AUTO_STRBUF struct strbuf plain;
    strbuf_init(&plain);
    for (; *text; text++)
        if (*text != '_')
            strbuf_append_c(&plain, *text);
    return read_int(plain.data, ret) || (is_float(plain.data) && read_float(plain.data, ret)) ||
           read_prefixed(plain.data, ret);
}

/* A plain scalar. */
static void resolve(const char *text, bool may_be_time, struct yaml_scalar *ret)
{
    *ret = (struct yaml_scalar){.type = YAML_SCALAR_STRING};
    char first = *text;
    if (read_word(text, ret))
        return;
    if (first == '.') {
        read_float(text, ret);
        return;
    }
    if (!isdigit((unsigned char)first) && first != '-' && first != '+')
        return;
    if (may_be_time && is_time(text))
        ret->type = YAML_SCALAR_TIME;
    else
        read_number(text, ret);
}

static int fail(const char *tag, struct err *err)
{
    return err_set(err, ERR_PROTOCOL, "a value of the YAML that is no %s as its tag says", tag);
}

static int resolve_tagged(const char *text, const char *tag, struct yaml_scalar *ret, struct err *err)
{
    static const struct {
        const char *tag;
        enum yaml_scalar_type type;
    } tags[] = {
        {"bool", YAML_SCALAR_BOOL}, {"int", YAML_SCALAR_INT},        {"float", YAML_SCALAR_FLOAT},
        {"null", YAML_SCALAR_NULL}, {"timestamp", YAML_SCALAR_TIME},
    };
    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        struct yaml_scalar scalar;
        if (strcmp(tags[i].tag, tag) != 0)
            continue;
        resolve(text, tags[i].type == YAML_SCALAR_TIME, &scalar);
        bool huge = scalar.type == YAML_SCALAR_HUGE && tags[i].type == YAML_SCALAR_INT;
        if (scalar.type == YAML_SCALAR_INT && tags[i].type == YAML_SCALAR_FLOAT)
            scalar.type = YAML_SCALAR_FLOAT;
        if (scalar.type != tags[i].type && !huge)
            return fail(tag, err);
        *ret = scalar;
        return 0;
    }
    *ret = (struct yaml_scalar){.type = YAML_SCALAR_STRING}; /* !!str, and every tag that is not known */
    return 0;
}

int yaml_scalar_read(const char *text, const char *tag, bool quoted, struct yaml_scalar *ret, struct err *err)
{
    if (!text_empty(tag) && strcmp(tag, "!") != 0) {
        size_t prefix = text_starts_with(tag, TAG_PREFIX) ? strlen(TAG_PREFIX) : 0;
        return resolve_tagged(text, prefix ? tag + prefix : "", ret, err);
    }
    *ret = (struct yaml_scalar){.type = YAML_SCALAR_STRING};
    if (!quoted)
        resolve(text, true, ret);
    return 0;
}

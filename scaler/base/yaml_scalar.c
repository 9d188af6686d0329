/* Owns the resolution of scalars with YAML 1.1's words as sigs.k8s.io/yaml reads them. Timestamps stay
 * strings, and a word that is almost a number ("1.2.3", "08:00") is a string too. */
#include "scaler/base/yaml_scalar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"

static const struct word {
    const char *text;
    enum yaml_kind kind;
    double value;
} words[] = {
    {"", YAML_NULL, 0},
    {"~", YAML_NULL, 0},
    {"null", YAML_NULL, 0},
    {"Null", YAML_NULL, 0},
    {"NULL", YAML_NULL, 0},
    {"y", YAML_BOOL, 1},
    {"Y", YAML_BOOL, 1},
    {"yes", YAML_BOOL, 1},
    {"Yes", YAML_BOOL, 1},
    {"YES", YAML_BOOL, 1},
    {"on", YAML_BOOL, 1},
    {"On", YAML_BOOL, 1},
    {"ON", YAML_BOOL, 1},
    {"true", YAML_BOOL, 1},
    {"True", YAML_BOOL, 1},
    {"TRUE", YAML_BOOL, 1},
    {"n", YAML_BOOL, 0},
    {"N", YAML_BOOL, 0},
    {"no", YAML_BOOL, 0},
    {"No", YAML_BOOL, 0},
    {"NO", YAML_BOOL, 0},
    {"off", YAML_BOOL, 0},
    {"Off", YAML_BOOL, 0},
    {"OFF", YAML_BOOL, 0},
    {"false", YAML_BOOL, 0},
    {"False", YAML_BOOL, 0},
    {"FALSE", YAML_BOOL, 0},
    {".nan", YAML_FLOAT, (double)NAN},
    {".NaN", YAML_FLOAT, (double)NAN},
    {".NAN", YAML_FLOAT, (double)NAN},
    {".inf", YAML_FLOAT, (double)INFINITY},
    {".Inf", YAML_FLOAT, (double)INFINITY},
    {".INF", YAML_FLOAT, (double)INFINITY},
    {"+.inf", YAML_FLOAT, (double)INFINITY},
    {"+.Inf", YAML_FLOAT, (double)INFINITY},
    {"+.INF", YAML_FLOAT, (double)INFINITY},
    {"-.inf", YAML_FLOAT, -(double)INFINITY},
    {"-.Inf", YAML_FLOAT, -(double)INFINITY},
    {"-.INF", YAML_FLOAT, -(double)INFINITY},
};

static bool resolve_word(struct yaml_node *node)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strcmp(words[i].text, node->text) != 0)
            continue;
        node->kind = words[i].kind;
        node->boolean = node->kind == YAML_BOOL && words[i].value > 0;
        node->number = node->kind == YAML_FLOAT ? words[i].value : 0;
        return true;
    }
    return false;
}

/* Digits of base at text, all of it; false on overflow too. */
static bool parse_magnitude(const char *text, unsigned base, uint64_t *ret)
{
    uint64_t value = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        char c = *text;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 99;
        if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *ret = value;
    return true;
}

/* "0x1f", "0o17", "017" (octal, as Go has it) and "0b1" set the base and skip their prefix. */
static unsigned take_base(const char **at)
{
    if (**at != '0' || !(*at)[1])
        return 10;
    char c = (char)((*at)[1] | 0x20);
    unsigned base = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 0;
    *at += base ? 2 : 1;
    return base ? base : 8;
}

/* Integers of int64; larger ones (up to uint64) are told apart only in being floats. */
static bool resolve_int(struct yaml_node *node, const char *plain)
{
    bool negative = *plain == '-';
    const char *at = plain + (*plain == '-' || *plain == '+');
    unsigned base = take_base(&at);
    uint64_t magnitude;
    if (!parse_magnitude(at, base, &magnitude))
        return false;
    const uint64_t most = (uint64_t)INT64_MAX + negative;
    if (magnitude > most) {
        if (*plain == '-' ||
            *plain == '+') /* Go reads only unsigned text as uint64; the rest is for resolve_float */
            return false;
        node->kind = YAML_FLOAT;
        node->number = (double)magnitude;
        return true;
    }
    node->kind = YAML_INT;
    node->integer = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    node->number = (double)node->integer;
    return true;
}

static size_t span_digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool looks_like_float(const char *text)
{
    text += *text == '-' || *text == '+';
    size_t whole = span_digits(text);
    text += whole;
    if (*text == '.') {
        size_t fraction = span_digits(++text);
        if (whole + fraction == 0)
            return false;
        text += fraction;
    } else if (whole == 0) {
        return false;
    }
    if (*text == 'e' || *text == 'E') {
        text += 1 + (text[1] == '-' || text[1] == '+');
        size_t digits = span_digits(text);
        if (digits == 0)
            return false;
        text += digits;
    }
    return !*text;
}

static bool resolve_float(struct yaml_node *node, const char *plain)
{
    double value;
    if (!looks_like_float(plain) || number_parse_go_float(plain, &value, NULL) != 0)
        return false;
    node->kind = YAML_FLOAT;
    node->number = value;
    return true;
}

static void remove_underscores(const char *text, char *to)
{
    for (; *text; text++)
        if (*text != '_')
            *to++ = *text;
    *to = '\0';
}

/* No number is longer than this; a longer text is not worth a copy. */
#define NUMBER_TEXT_MAX 512

void yaml_scalar_resolve(struct yaml_node *node)
{
    char plain[NUMBER_TEXT_MAX];
    char first = *node->text;
    node->kind = YAML_STRING;
    if (resolve_word(node) || strlen(node->text) >= sizeof(plain))
        return;
    if (first == '.') {
        double value;
        if (number_parse_go_float(node->text, &value, NULL) == 0) {
            node->kind = YAML_FLOAT;
            node->number = value;
        }
    } else if (first == '+' || first == '-' || (first >= '0' && first <= '9')) {
        remove_underscores(node->text, plain);
        if (!resolve_int(node, plain))
            (void)resolve_float(node, plain);
    }
}

static const struct {
    const char *tag;
    enum yaml_kind kind;
} core_tags[] = {
    {"tag:yaml.org,2002:str", YAML_STRING},       {"tag:yaml.org,2002:int", YAML_INT},
    {"tag:yaml.org,2002:float", YAML_FLOAT},      {"tag:yaml.org,2002:bool", YAML_BOOL},
    {"tag:yaml.org,2002:null", YAML_NULL},        {"!", YAML_STRING}, /* "not what it looks like" */
    {"tag:yaml.org,2002:timestamp", YAML_STRING},
};

static int resolve_as(struct yaml_node *node, enum yaml_kind kind, struct err *err)
{
    if (kind == YAML_STRING) {
        node->kind = YAML_STRING;
        return 0;
    }
    yaml_scalar_resolve(node);
    if (kind == YAML_FLOAT && node->kind == YAML_INT)
        node->kind = YAML_FLOAT;
    if (node->kind != kind)
        return err_set(err, ERR_CONFIG, "the tag says %s, the text is %s", yaml_kind_name(kind),
                       yaml_kind_name(node->kind));
    return 0;
}

int yaml_scalar_resolve_tagged(struct yaml_node *node, const char *tag, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(core_tags); i++)
        if (strcmp(core_tags[i].tag, tag) == 0)
            return resolve_as(node, core_tags[i].kind, err);
    return err_set(err, ERR_CONFIG, "unknown tag \"%.80s\"", tag);
}

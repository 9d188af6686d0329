/* Signatures of functions and methods. */
#include "scaler/formula/signature.h"

#include <string.h>

#include "scaler/formula/types.h"

void signature_count(const char *signature, size_t *ret_min, size_t *ret_max)
{
    size_t len = strcspn(signature, "+"), fixed = strcspn(signature, "|+");
    bool optional = strchr(signature, '|') != NULL;
    *ret_min = fixed;
    *ret_max = signature[len] ? SIZE_MAX : len - optional;
}

char signature_letter(const char *signature, size_t index)
{
    char letter = '*';
    for (; *signature && *signature != '+'; signature++) {
        if (*signature == '|')
            continue;
        letter = *signature;
        if (index-- == 0)
            break;
    }
    return letter;
}

static bool is_number_underneath(uint32_t type)
{
    return type_is_number(type) || type == TYPE_DURATION || type == TYPE_WEEKDAY || type == TYPE_MONTH;
}

bool signature_accepts(char letter, uint32_t type)
{
    switch (letter) {
    case 's':
        return type == TYPE_STRING;
    case 'i':
        return type == TYPE_INT;
    case 'n':
        return is_number_underneath(type);
    case 'N':
        return is_number_underneath(type) || type == TYPE_STRING;
    case 'a':
        return type_is_array(type);
    case 'm':
        return type_is_map(type);
    case 'L':
        return type_is_array(type) || type_is_map(type) || type == TYPE_STRING;
    case 't':
        return type == TYPE_TIME;
    case 'd':
        return type == TYPE_DURATION;
    case 'z':
        return type == TYPE_ZONE;
    case 'x':
        return is_number_underneath(type) || type_is_array(type);
    default:
        return true;
    }
}

const char *signature_words(char letter)
{
    static const struct {
        char letter;
        const char *words;
    } rows[] = {
        {'s', "a string"},
        {'i', "an int"},
        {'n', "a number"},
        {'N', "a number or a string"},
        {'a', "an array"},
        {'m', "a map"},
        {'t', "a time"},
        {'L', "an array, a map or a string"},
        {'d', "a duration"},
        {'z', "a time zone"},
        {'x', "numbers or arrays of numbers"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].letter == letter)
            return rows[i].words;
    return "a value";
}

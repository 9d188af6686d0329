/* Owns how JSON from outside is let in: capped, and with errors that never quote it. The tree is jansson's.
 */
#include "scaler/base/json.h"

#include <stdarg.h>
#include <string.h>

#include "scaler/base/mem.h"

static const char *describe(enum json_error_code code)
{
    switch (code) {
    case json_error_premature_end_of_input:
        return "the text ends too early";
    case json_error_end_of_input_expected:
        return "something follows the value";
    case json_error_invalid_utf8:
        return "not valid UTF-8";
    case json_error_stack_overflow:
        return "nested too deeply";
    case json_error_numeric_overflow:
        return "a number is out of range";
    default:
        return "not valid JSON";
    }
}

struct survey {
    size_t values; /* at most: one for each comma or opening bracket outside strings, and the root */
    size_t nul_at; /* of the first \u0000 in a string, or the text's length */
};

/* A tiny text can ask for a huge tree ("[[],[],…": forty bytes of tree a byte of text), so values are counted
 * before jansson builds them. */
static struct survey look_over(const char *bytes, size_t len)
{
    struct survey found = {.values = 1, .nul_at = len};
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        char c = bytes[i];
        if (c == '"') {
            quoted = !quoted;
        } else if (quoted && c == '\\') {
            if (found.nul_at == len && len - i >= 6 && memcmp(bytes + i, "\\u0000", 6) == 0)
                found.nul_at = i;
            i++;
        } else if (!quoted && (c == ',' || c == '[' || c == '{')) {
            found.values++;
        }
    }
    return found;
}

/* \u0000 is legal JSON, and jansson refuses it in keys and C strings end at it. One odd annotation must
 * neither hide a whole list nor cut a value short, so it becomes U+FFFD. Returns a copy for the caller to
 * free. */
static char *without_nul(const char *bytes, size_t len, size_t first)
{
    char *copy = mem_strndup(bytes, len);
    for (size_t i = first; len - i >= 6; i++) {
        if (copy[i] != '\\')
            continue;
        if (memcmp(copy + i, "\\u0000", 6) == 0)
            memcpy(copy + i, "\\ufffd", 6);
        i++;
    }
    return copy;
}

/* Integers beyond int64 are legal too (Go writes large doubles so): then the whole text is read with doubles.
 */
static json_t *load(const char *bytes, size_t len, json_error_t *why)
{
    json_t *root = json_loadb(bytes, len, JSON_DECODE_ANY, why);
    if (!root && json_error_code(why) == json_error_numeric_overflow)
        root = json_loadb(bytes, len, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, why);
    return root;
}

int json_load_bytes(const char *bytes, size_t len, json_t **ret, struct err *err)
{
    if (len > JSON_MAX_BYTES)
        return err_set(err, ERR_LIMIT, "JSON of %zu bytes, more than %zu", len, JSON_MAX_BYTES);
    if (len && memchr(bytes, '\0', len)) /* jansson would take it for the end */
        return err_set(err, ERR_PROTOCOL, "invalid JSON: it contains a NUL byte");
    struct survey found = look_over(bytes, len);
    if (found.values > JSON_MAX_VALUES)
        return err_set(err, ERR_LIMIT, "JSON of more than %zu values", JSON_MAX_VALUES);
    AUTO_FREE char *copy = found.nul_at < len ? without_nul(bytes, len, found.nul_at) : NULL;
    json_error_t why;
    json_t *root = load(copy ? copy : len ? bytes : "", len, &why);
    if (!root)
        return err_set(err, ERR_PROTOCOL, "invalid JSON at line %d column %d: %s", why.line, why.column,
                       describe(json_error_code(&why)));
    *ret = root;
    return 0;
}

json_t *json_dig(json_t *root, ...)
{
    va_list keys;
    va_start(keys, root);
    for (const char *key; root && (key = va_arg(keys, const char *)) != NULL;)
        root = json_object_get(root, key);
    va_end(keys);
    return root;
}

const char *json_str(json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

int64_t json_i64(json_t *object, const char *key, int64_t fallback)
{
    const double exact = 9007199254740992.0; /* 2^53 */
    json_t *value = json_object_get(object, key);
    double real = json_real_value(value);
    if (json_is_real(value) && real >= -exact && real <= exact && real == (double)(int64_t)real)
        return (int64_t)real;
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool json_flag(json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

void json_decref_cleanup(json_t **root)
{
    json_decref(*root);
}

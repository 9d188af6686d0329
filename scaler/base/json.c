/* Owns how JSON from outside is let in: capped, and with errors that never quote it. The tree is jansson's.
 */
#include "scaler/base/json.h"

#include <stdarg.h>
#include <string.h>

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
    case json_error_null_byte_in_key:
        return "a key contains NUL";
    default:
        return "not valid JSON";
    }
}

/* A tiny text can ask for a huge tree ("[[],[],…": forty bytes of tree a byte of text), so values are counted
 * before jansson builds them: at most one for each comma or opening bracket outside strings, and the root. */
static bool has_too_many_values(const char *bytes, size_t len)
{
    size_t values = 1;
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        char c = bytes[i];
        if (c == '"')
            quoted = !quoted;
        else if (quoted)
            i += c == '\\';
        else if (c == ',' || c == '[' || c == '{')
            values++;
    }
    return values > JSON_MAX_VALUES;
}

int json_load_bytes(const char *bytes, size_t len, json_t **ret, struct err *err)
{
    if (len > JSON_MAX_BYTES)
        return err_set(err, ERR_LIMIT, "JSON of %zu bytes, more than %zu", len, JSON_MAX_BYTES);
    if (has_too_many_values(bytes, len))
        return err_set(err, ERR_LIMIT, "JSON of more than %zu values", JSON_MAX_VALUES);
    json_error_t why;
    /* NUL inside strings is legal JSON; refusing it would let one odd annotation hide a whole list (see
     * json_str). */
    json_t *root = json_loadb(len ? bytes : "", len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
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
    json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    return text && strlen(text) == json_string_length(value) ? text : NULL;
}

int64_t json_i64(json_t *object, const char *key, int64_t fallback)
{
    json_t *value = json_object_get(object, key);
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

/* The scanner: syntax. What strings mean is json_text.c's. */
#include "scalers/prometheus/json_scan.h"

#include <string.h>

void json_scan_init(struct json_scan *scan, const char *text, size_t len)
{
    *scan = (struct json_scan){.at = text, .end = text + len};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

char json_scan_peek(struct json_scan *scan)
{
    while (scan->at < scan->end && is_space(*scan->at))
        scan->at++;
    return scan->at < scan->end ? *scan->at : '\0';
}

bool json_scan_ended(struct json_scan *scan)
{
    json_scan_peek(scan);
    return scan->at == scan->end;
}

static bool take(struct json_scan *scan, char c)
{
    if (json_scan_peek(scan) != c || scan->at == scan->end)
        return false;
    scan->at++;
    return true;
}

static bool take_word(struct json_scan *scan, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0)
        return false;
    scan->at += len;
    return true;
}

static bool take_digits(struct json_scan *scan)
{
    const char *start = scan->at;
    while (scan->at < scan->end && is_digit(*scan->at))
        scan->at++;
    return scan->at > start;
}

static bool at_char(const struct json_scan *scan, char c)
{
    return scan->at < scan->end && *scan->at == c;
}

static bool take_number(struct json_scan *scan)
{
    if (at_char(scan, '-'))
        scan->at++;
    if (at_char(scan, '0'))
        scan->at++;
    else if (!take_digits(scan))
        return false;
    if (at_char(scan, '.')) {
        scan->at++;
        if (!take_digits(scan))
            return false;
    }
    if (at_char(scan, 'e') || at_char(scan, 'E')) {
        scan->at++;
        if (at_char(scan, '+') || at_char(scan, '-'))
            scan->at++;
        return take_digits(scan);
    }
    return true;
}

static bool is_hex(char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* at stands behind the backslash. */
static bool take_escape(struct json_scan *scan)
{
    if (scan->at == scan->end)
        return false;
    char c = *scan->at++;
    if (c != 'u')
        return c != '\0' && strchr("\"\\/bfnrt", c) != NULL;
    for (int i = 0; i < 4; i++) {
        if (scan->at == scan->end || !is_hex(*scan->at++))
            return false;
    }
    return true;
}

bool json_scan_string(struct json_scan *scan, struct json_slice *ret)
{
    if (!take(scan, '"'))
        return false;
    const char *start = scan->at;
    while (scan->at < scan->end) {
        char c = *scan->at++;
        if (c == '"') {
            *ret = (struct json_slice){.at = start, .len = (size_t)(scan->at - 1 - start)};
            return true;
        }
        if ((unsigned char)c < 0x20 || (c == '\\' && !take_escape(scan)))
            return false;
    }
    return false;
}

bool json_scan_key(struct json_scan *scan, struct json_slice *ret)
{
    return json_scan_string(scan, ret) && take(scan, ':');
}

bool json_scan_null(struct json_scan *scan)
{
    json_scan_peek(scan);
    return take_word(scan, "null");
}

bool json_scan_open(struct json_scan *scan, char bracket, bool *ret_ok)
{
    *ret_ok = take(scan, bracket);
    if (!*ret_ok)
        return false;
    return !take(scan, bracket == '{' ? '}' : ']');
}

bool json_scan_next(struct json_scan *scan, char bracket, bool *ret_ok)
{
    if (!*ret_ok)
        return false;
    if (take(scan, ','))
        return true;
    *ret_ok = take(scan, bracket);
    return false;
}

static bool skip_scalar(struct json_scan *scan, char first)
{
    struct json_slice ignored;
    switch (first) {
    case '"':
        return json_scan_string(scan, &ignored);
    case 't':
        return take_word(scan, "true");
    case 'f':
        return take_word(scan, "false");
    case 'n':
        return take_word(scan, "null");
    default:
        return take_number(scan);
    }
}

/* Which brackets are open, one bit each: a hostile depth costs no stack. */
struct nesting {
    size_t depth;
    unsigned char is_object[JSON_SCAN_DEPTH_MAX / 8 + 1];
};

static bool push(struct nesting *nesting, bool object)
{
    if (nesting->depth == JSON_SCAN_DEPTH_MAX)
        return false;
    size_t bit = nesting->depth++;
    unsigned mask = 1u << (bit % 8);
    /* Not initialised on purpose: 1.25 KiB, of which the bits below depth alone are ever looked at. */
    unsigned byte = nesting->is_object[bit / 8]; // NOLINT(clang-analyzer-core.uninitialized.Assign)
    nesting->is_object[bit / 8] = (unsigned char)(object ? byte | mask : byte & ~mask);
    return true;
}

static bool in_object(const struct nesting *nesting)
{
    size_t bit = nesting->depth - 1;
    return nesting->is_object[bit / 8] >> (bit % 8) & 1;
}

/* Behind a finished value: takes closing brackets, then the comma (and the next key). True with depth 0: all
 * is read. */
static bool skip_onward(struct json_scan *scan, struct nesting *nesting)
{
    struct json_slice key;
    while (nesting->depth > 0) {
        if (take(scan, ','))
            return !in_object(nesting) || json_scan_key(scan, &key);
        if (!take(scan, in_object(nesting) ? '}' : ']'))
            return false;
        nesting->depth--;
    }
    return true;
}

/* Takes an opening bracket; *ret_empty: its closing one as well, or else the first key. */
static bool skip_bracket(struct json_scan *scan, struct nesting *nesting, bool *ret_empty)
{
    bool object = *scan->at == '{';
    bool ok = false;
    struct json_slice key;
    *ret_empty = !json_scan_open(scan, *scan->at, &ok);
    if (!ok || !push(nesting, object))
        return false;
    if (*ret_empty)
        nesting->depth--;
    return *ret_empty || !object || json_scan_key(scan, &key);
}

static bool skip_container(struct json_scan *scan)
{
    struct nesting nesting;
    nesting.depth = 0;
    do {
        char first = json_scan_peek(scan);
        bool finished = true;
        if (first == '{' || first == '[') {
            if (!skip_bracket(scan, &nesting, &finished))
                return false;
        } else if (!skip_scalar(scan, first)) {
            return false;
        }
        if (finished && !skip_onward(scan, &nesting))
            return false;
    } while (nesting.depth > 0);
    return true;
}

bool json_scan_skip(struct json_scan *scan, struct json_slice *ret_value)
{
    char first = json_scan_peek(scan);
    const char *start = scan->at;
    bool ok = first == '{' || first == '[' ? skip_container(scan) : skip_scalar(scan, first);
    if (ok && ret_value)
        *ret_value = (struct json_slice){.at = start, .len = (size_t)(scan->at - start)};
    return ok;
}

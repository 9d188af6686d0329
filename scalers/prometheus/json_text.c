/* The meaning of JSON strings: escapes, and keys compared as Go does. */
#include <string.h>

#include "scalers/prometheus/json_scan.h"

#define REPLACEMENT 0xfffdu
#define KEY_MAX     64

static unsigned hex4(const char *at)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        unsigned c = (unsigned char)at[i];
        value = value << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

/* at stands on the four digits behind "\u"; the syntax has been checked. Takes a second half if there is one.
 */
static unsigned read_code(const char **at, const char *end)
{
    unsigned code = hex4(*at);
    *at += 4;
    if (code < 0xd800 || code > 0xdfff)
        return code;
    if (code <= 0xdbff && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
        unsigned low = hex4(*at + 2);
        if (low >= 0xdc00 && low <= 0xdfff) {
            *at += 6;
            return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    return REPLACEMENT;
}

static size_t write_utf8(unsigned code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(lead[len] | code);
    return len;
}

/* at stands behind the backslash. */
static size_t resolve_escape(const char **at, const char *end, char *out)
{
    static const char from[] = "bfnrt";
    static const char to[] = "\b\f\n\r\t";
    char c = *(*at)++;
    if (c == 'u')
        return write_utf8(read_code(at, end), out);
    const char *found = strchr(from, c);
    out[0] = found ? to[found - from] : c;
    return 1;
}

bool json_scan_unescape(struct json_slice slice, char *buf, size_t size)
{
    const char *at = slice.at;
    const char *end = at + slice.len;
    size_t len = 0;
    while (at < end) {
        char piece[4] = {0};
        size_t piece_len = 1;
        piece[0] = *at++;
        if (piece[0] == '\\')
            piece_len = resolve_escape(&at, end, piece);
        if (piece[0] == '\0' || len + piece_len >= size)
            return false;
        memcpy(buf + len, piece, piece_len);
        len += piece_len;
    }
    buf[len] = '\0';
    return true;
}

/* One letter of a key in lower case. Go folds two letters outside ASCII as well: the long s and the Kelvin
 * sign. */
static char fold_letter(const char **at, const char *end)
{
    static const struct {
        const char *text;
        char letter;
    } folded[] = {{"\u017f", 's'}, {"\u212a", 'k'}};
    for (size_t i = 0; i < sizeof(folded) / sizeof(folded[0]); i++) {
        size_t len = strlen(folded[i].text);
        if ((size_t)(end - *at) >= len && memcmp(*at, folded[i].text, len) == 0) {
            *at += len;
            return folded[i].letter;
        }
    }
    char c = *(*at)++;
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool folds_to(const char *at, size_t len, const char *field)
{
    const char *end = at + len, *field_end = field + strlen(field);
    while (at < end && field < field_end)
        if (fold_letter(&at, end) != fold_letter(&field, field_end))
            return false;
    return at == end && field == field_end;
}

bool json_scan_key_is(struct json_slice key, const char *field)
{
    if (!memchr(key.at, '\\', key.len))
        return folds_to(key.at, key.len, field);
    char text[KEY_MAX] = "";
    return json_scan_unescape(key, text, sizeof(text)) && folds_to(text, strlen(text), field);
}

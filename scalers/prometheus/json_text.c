/* The meaning of JSON strings: escapes, and keys compared as Go does. */
#include <string.h>
#include <strings.h>

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
        char piece[4];
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

bool json_scan_key_is(struct json_slice key, const char *field)
{
    if (!memchr(key.at, '\\', key.len))
        return key.len == strlen(field) && strncasecmp(key.at, field, key.len) == 0;
    char text[KEY_MAX];
    return json_scan_unescape(key, text, sizeof(text)) && strcasecmp(text, field) == 0;
}

/* Owns the escapes of JSON strings, as GJSON undoes them: a broken escape or a control character ends the
 * text. */
#include "scalers/shared/document/gjson_internal.h"

struct writer {
    char *at;
};

static void put_utf8(struct writer *out, uint32_t rune)
{
    if (rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000))
        rune = 0xfffd;
    if (rune < 0x80) {
        *out->at++ = (char)rune;
        return;
    }
    int more = rune < 0x800 ? 1 : rune < 0x10000 ? 2 : 3;
    static const unsigned char marks[] = {0, 0xc0, 0xe0, 0xf0};
    *out->at++ = (char)(marks[more] | rune >> 6 * more);
    while (more-- > 0)
        *out->at++ = (char)(0x80 | ((rune >> 6 * more) & 0x3f));
}

/* Four hexadecimal digits; 0 when one of them is not. */
static uint32_t hex4(const char *at)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF";
        const char *digit = at[i] ? strchr(digits, at[i]) : NULL;
        if (!digit)
            return 0;
        value = value << 4 | ((uint32_t)(digit - digits) & 15);
    }
    return value;
}

/* text.at[*i] is the u of "\uXXXX"; *i goes to the last character used. False: cut off. */
static bool put_unicode(struct writer *out, struct gjson_span text, size_t *i)
{
    if (*i + 5 > text.len)
        return false;
    uint32_t rune = hex4(text.at + *i + 1);
    *i += 4;
    bool surrogate = rune >= 0xd800 && rune < 0xe000;
    if (surrogate && text.len - *i > 6 && text.at[*i + 1] == '\\' && text.at[*i + 2] == 'u') {
        uint32_t low = hex4(text.at + *i + 3);
        bool pair = rune < 0xdc00 && low >= 0xdc00 && low < 0xe000;
        rune = pair ? 0x10000 + ((rune - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
        *i += 6;
    }
    put_utf8(out, rune);
    return true;
}

static bool put_escape(struct writer *out, struct gjson_span text, size_t *i)
{
    static const char names[] = "\\/bfnrt\"", meant[] = "\\/\b\f\n\r\t\"";
    if (*i >= text.len)
        return false;
    if (text.at[*i] == 'u')
        return put_unicode(out, text, i);
    const char *name = memchr(names, text.at[*i], sizeof(names) - 1);
    if (name)
        *out->at++ = meant[name - names];
    return name != NULL;
}

struct gjson_span gjson_unescape(struct gjson_run *run, struct gjson_span text)
{
    struct gjson_span result = {"", 0};
    char *bytes = gjson_spend(run, text.len) ? gjson_alloc(run, text.len + 1) : NULL;
    if (!bytes)
        return result;
    struct writer out = {bytes};
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] < ' ')
            break;
        if (text.at[i] != '\\')
            *out.at++ = text.at[i];
        else if (i++, !put_escape(&out, text, &i))
            break;
    }
    return (struct gjson_span){bytes, (size_t)(out.at - bytes)};
}

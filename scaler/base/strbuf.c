/* Owns the growing text buffer and the escapings that write into it. */
#include "scaler/base/strbuf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"

/* What data points to before the first append, so that an unused buffer costs nothing; never written (cap is
 * 0). */
static char nothing[1];

void strbuf_init(struct strbuf *buf)
{
    strbuf_init_max(buf, STRBUF_DEFAULT_MAX);
}

void strbuf_init_max(struct strbuf *buf, size_t max_bytes)
{
    *buf = (struct strbuf){.data = nothing, .max = max_bytes};
}

void strbuf_done(struct strbuf *buf)
{
    if (!buf)
        return;
    if (buf->cap)
        mem_free(buf->data);
    strbuf_init_max(buf, buf->max);
}

void strbuf_done_secret(struct strbuf *buf)
{
    if (!buf)
        return;
    if (buf->cap)
        mem_wipe(buf->data, buf->cap);
    strbuf_done(buf);
}

void strbuf_done_cleanup(struct strbuf *buf)
{
    strbuf_done(buf);
}

void strbuf_reset(struct strbuf *buf)
{
    buf->len = 0;
    buf->overflow = false;
    if (buf->cap)
        buf->data[0] = '\0';
}

/* Makes room for len more bytes, or for as many as the cap allows; returns how many. Overflow is sticky:
 * after a hole in the text nothing more may be appended, or the reader would take the rest for a
 * continuation. */
static size_t reserve(struct strbuf *buf, size_t len)
{
    if (buf->overflow)
        return 0;
    if (len > buf->max - buf->len) {
        buf->overflow = true;
        len = buf->max - buf->len;
    }
    size_t need = buf->len + len + 1;
    if (len == 0 || need <= buf->cap)
        return len;
    size_t cap = buf->cap < 32 ? 64 : buf->cap * 2;
    if (cap > buf->max + 1)
        cap = buf->max + 1;
    if (cap < need)
        cap = need;
    buf->data = mem_realloc_array(buf->cap ? buf->data : NULL, cap, 1);
    buf->data[buf->len] = '\0';
    buf->cap = cap;
    return len;
}

void strbuf_append_n(struct strbuf *buf, const char *bytes, size_t len)
{
    len = reserve(buf, len);
    if (len == 0)
        return;
    memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void strbuf_append(struct strbuf *buf, const char *text)
{
    if (text)
        strbuf_append_n(buf, text, strlen(text));
}

void strbuf_append_c(struct strbuf *buf, char c)
{
    strbuf_append_n(buf, &c, 1);
}

void strbuf_printf(struct strbuf *buf, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    size_t spare = buf->cap ? buf->cap - buf->len : 0;
    char *at = spare ? buf->data + buf->len : NULL;
    int len = buf->overflow ? 0 : vsnprintf(at, spare, fmt, args);
    if (len > 0) {
        size_t room = reserve(buf, (size_t)len);
        if (room && ((size_t)len >= spare || room < (size_t)len))
            (void)vsnprintf(buf->data + buf->len, room + 1, fmt, again);
        buf->len += room;
    }
    if (buf->cap)
        buf->data[buf->len] = '\0';
    va_end(again);
    va_end(args);
}

void strbuf_consume(struct strbuf *buf, size_t len)
{
    if (len >= buf->len)
        len = buf->len;
    if (len == 0)
        return;
    buf->len -= len;
    memmove(buf->data, buf->data + len, buf->len + 1);
}

char *strbuf_take(struct strbuf *buf)
{
    char *text = buf->cap ? buf->data : mem_strndup("", 0);
    strbuf_init_max(buf, buf->max);
    return text;
}

static void append_json_char(struct strbuf *buf, unsigned char c)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (size_t i = 0; i + 1 < sizeof(shorts); i += 2) {
        if (c == (unsigned char)shorts[i]) {
            const char pair[2] = {'\\', shorts[i + 1]};
            strbuf_append_n(buf, pair, 2);
            return;
        }
    }
    strbuf_printf(buf, "\\u%04x", c);
}

void strbuf_append_json(struct strbuf *buf, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    strbuf_append_c(buf, '"');
    for (size_t i = 0; i < len && !buf->overflow;) {
        unsigned char c = (unsigned char)text[i];
        size_t width = text_utf8_width(text + i, len - i);
        if (width == 0)
            strbuf_append(buf, "\xef\xbf\xbd");
        else if (c < 0x20 || c == '"' || c == '\\')
            append_json_char(buf, c);
        else
            strbuf_append_n(buf, text + i, width);
        i += width ? width : 1;
    }
    strbuf_append_c(buf, '"');
}

static void append_escaped(struct strbuf *buf, const char *text, const char *space)
{
    for (; text && *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '_' || c == '.' || c == '~';
        if (plain)
            strbuf_append_c(buf, (char)c);
        else if (c == ' ')
            strbuf_append(buf, space);
        else
            strbuf_printf(buf, "%%%02X", c);
    }
}

void strbuf_append_query_escaped(struct strbuf *buf, const char *text)
{
    append_escaped(buf, text, "+");
}

void strbuf_append_path_escaped(struct strbuf *buf, const char *text)
{
    append_escaped(buf, text, "%20");
}

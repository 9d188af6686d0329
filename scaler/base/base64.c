/* Owns base64 both ways. */
#include "scaler/base/base64.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "scaler/base/mem.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Decodes into out (large enough); returns the length, or -1. Groups of four; '=' only at the very end. */
static ptrdiff_t decode(const char *text, char *out)
{
    uint32_t group = 0;
    unsigned digits = 0, pads = 0;
    ptrdiff_t len = 0;
    for (; *text; text++) {
        if (is_blank(*text))
            continue;
        int digit = *text == '=' ? 0 : digit_of(*text);
        if (digit < 0 || (pads && (*text != '=' || digits % 4 == 0)))
            return -1; /* after padding only the rest of that padding and white space may come */
        pads += *text == '=';
        group = group << 6 | (uint32_t)digit;
        if (++digits % 4)
            continue;
        if (pads > 2)
            return -1;
        for (unsigned i = 0; i < 3 - pads; i++)
            out[len++] = (char)(group >> (16 - 8 * i) & 0xff);
        group = 0;
    }
    return digits % 4 ? -1 : len;
}

int base64_decode(const char *text, char **ret, size_t *ret_len, struct err *err)
{
    size_t text_len = strlen(text);
    char *out = mem_alloc(text_len / 4 * 3 + 4);
    ptrdiff_t len = decode(text, out);
    if (len < 0) {
        mem_free_secret(out);
        return err_set(err, ERR_INVALID, "not valid base64");
    }
    out[len] = '\0';
    *ret = out;
    *ret_len = (size_t)len;
    return 0;
}

char *base64_encode(const char *bytes, size_t len)
{
    const unsigned char *in = (const unsigned char *)bytes;
    char *out = mem_zalloc_array(len / 3 + 2, 4);
    size_t at = 0;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t group =
            (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);
        out[at++] = alphabet[group >> 18];
        out[at++] = alphabet[group >> 12 & 63];
        out[at++] = left > 1 ? alphabet[group >> 6 & 63] : '=';
        out[at++] = left > 2 ? alphabet[group & 63] : '=';
    }
    return out;
}

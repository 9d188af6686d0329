/* Owns how an error's text is made: one line, cut at a UTF-8 boundary. It does not decide what is an error.
 */
#include "scaler/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cuts a text that vsnprintf truncated so that no half UTF-8 sequence stays at its end. */
static void cut_at_boundary(char *text)
{
    size_t len = strlen(text);
    size_t start = len;
    while (start > 0 && len - start < 4 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (len - (start - 1) < need)
        text[start - 1] = '\0';
}

/* A peer's message may carry line breaks; an error is one line. */
static void flatten(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20)
            *text = ' ';
}

/* Formats first and stores last: the arguments may point into err->msg. */
static void store(struct err *err, int code, const char *text, int whole_len)
{
    err->code = code;
    memcpy(err->msg, text, strlen(text) + 1);
    if (whole_len >= ERR_TEXT_MAX)
        cut_at_boundary(err->msg);
    flatten(err->msg);
}

int err_fill(struct err *err, enum err_code code, const char *fmt, ...)
{
    if (!err)
        return code;
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (len < 0)
        text[0] = '\0';
    store(err, code, text, len);
    return code;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
    if (!err)
        return ERR_INVALID;
    char context[ERR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(context, sizeof(context), fmt, args);
    va_end(args);
    if (len < 0)
        context[0] = '\0';
    if (len >= ERR_TEXT_MAX)
        cut_at_boundary(context);
    char text[2 * ERR_TEXT_MAX + 2];
    int whole = snprintf(text, sizeof(text), "%s: %s", context, err->msg);
    text[ERR_TEXT_MAX - 1] = '\0';
    store(err, err->code, text, whole);
    return err->code;
}

const char *err_code_name(int code)
{
    switch (code) {
    case ERR_NONE:
        return "none";
    case ERR_INVALID:
        return "invalid";
    case ERR_CONFIG:
        return "config";
    case ERR_IO:
        return "io";
    case ERR_TIMEOUT:
        return "timeout";
    case ERR_CANCELED:
        return "canceled";
    case ERR_AUTH:
        return "auth";
    case ERR_NOT_FOUND:
        return "not_found";
    case ERR_CONFLICT:
        return "conflict";
    case ERR_LIMIT:
        return "limit";
    case ERR_PROTOCOL:
        return "protocol";
    case ERR_UNAVAILABLE:
        return "unavailable";
    case ERR_UNSUPPORTED:
        return "unsupported";
    case ERR_GONE:
        return "gone";
    default:
        return "unknown";
    }
}

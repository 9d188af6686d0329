/* Quoting what a server said. */
#include "scalers/shared/quote.h"

#include <stdbool.h>
#include <string.h>

#include "scaler/base/text.h"

static bool holds_secret(const char *text, size_t len, const char *const *secrets, size_t secrets_len)
{
    for (size_t i = 0; i < secrets_len; i++) {
        if (!text_empty(secrets[i]) && memmem(text, len, secrets[i], strlen(secrets[i])))
            return true;
    }
    return false;
}

const char *quote_untrusted(char *buf, size_t size, const char *text, size_t len, const char *const *secrets,
                            size_t secrets_len)
{
    if (holds_secret(text, len, secrets, secrets_len)) {
        text = "(not shown: it repeats a credential)";
        len = strlen(text);
    }
    size_t room = size - 1 < QUOTE_MAX ? size - 1 : QUOTE_MAX;
    size_t written = 0;
    for (size_t i = 0; i < len && written < room; i++) {
        unsigned char c = (unsigned char)text[i];
        buf[written++] = c >= 0x20 && c < 0x7f ? (char)c : '?';
    }
    buf[written] = '\0';
    return buf;
}

/* What a server said, made fit for an error message: one line, short, and without our own secrets. */
#ifndef SCALERS_SHARED_QUOTE_H
#define SCALERS_SHARED_QUOTE_H

#include <stddef.h>

#define QUOTE_MAX 200

/* Writes at most QUOTE_MAX printable characters of text. A text that contains one of the secrets (NULL or ""
 * items are skipped) is replaced as a whole: a server may well repeat in its error what we have sent. Returns
 * buf (> QUOTE_MAX bytes). */
const char *quote_untrusted(char *buf, size_t size, const char *text, size_t len, const char *const *secrets,
                            size_t secrets_len);

#endif

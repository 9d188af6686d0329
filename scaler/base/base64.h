/* Base64 (standard alphabet, padding required; white space inside is skipped, as Kubernetes' JSON decoder
 * does for newlines). */
#ifndef SCALER_BASE_BASE64_H
#define SCALER_BASE_BASE64_H

#include <stddef.h>

#include "scaler/base/err.h"

/* *ret is NUL-terminated (the NUL is not in *ret_len); the caller frees it with mem_free or mem_free_secret.
 */
int base64_decode(const char *text, char **ret, size_t *ret_len, struct err *err);
char *base64_encode(const char *bytes, size_t len);

#endif

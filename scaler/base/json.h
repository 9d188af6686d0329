/* JSON on top of jansson: capped loading and small typed getters. Borrowed pointers never outlive the json_t.
 */
#ifndef SCALER_BASE_JSON_H
#define SCALER_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"

#define JSON_MAX_BYTES  ((size_t)64 << 20)
#define JSON_MAX_VALUES ((size_t)2000000) /* counted before anything is built */

/* The whole of bytes must be one JSON value (any type); deeper than jansson's limit, invalid UTF-8 or
 * trailing junk is an error that names the line and column but never quotes the text. Last duplicate key
 * wins, as in Go. More than JSON_MAX_BYTES or JSON_MAX_VALUES is ERR_LIMIT, everything else ERR_PROTOCOL.
 * \u0000 becomes U+FFFD. When an integer is beyond int64, all numbers of the text are reals. Caller:
 * json_decref. */
int json_load_bytes(const char *bytes, size_t len, json_t **ret, struct err *err);

/* Follows object keys; NULL when any step is missing or not an object. End the list with NULL. */
json_t *json_dig(json_t *root, ...) __attribute__((sentinel));
const char *json_str(json_t *object, const char *key);               /* NULL unless a string */
int64_t json_i64(json_t *object, const char *key, int64_t fallback); /* fallback unless a whole number */
bool json_flag(json_t *object, const char *key);                     /* true only if JSON true */

void json_decref_cleanup(json_t **root);
#define AUTO_JSON __attribute__((cleanup(json_decref_cleanup)))

#endif

/* A pull scanner over JSON text: nothing is built, nothing is allocated. It accepts exactly what Go's
 * encoding/json accepts (any bytes in strings but control characters, numbers of any size, 10,000 levels),
 * which jansson does not, and the prometheus trigger's outcome depends on it (tests/vectors/exact). */
#ifndef SCALERS_PROMETHEUS_JSON_SCAN_H
#define SCALERS_PROMETHEUS_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

struct json_scan {
    const char *at, *end;
};

/* A slice of the text; of a string: between the quotes, escapes not yet resolved. */
struct json_slice {
    const char *at;
    size_t len;
};

#define JSON_SCAN_DEPTH_MAX 10000

void json_scan_init(struct json_scan *scan, const char *text, size_t len);
/* The first character of the next value without taking it: { [ " t f n - or a digit; 0 at the end of the
 * text. */
char json_scan_peek(struct json_scan *scan);
/* All of these are false when the text is not what they read; the scan is useless then. */
bool json_scan_skip(struct json_scan *scan,
                    struct json_slice *ret_value); /* any value; ret_value may be NULL */
bool json_scan_string(struct json_scan *scan, struct json_slice *ret);
bool json_scan_null(struct json_scan *scan);
/* Nothing but white space is left. */
bool json_scan_ended(struct json_scan *scan);

/* for (bool more = json_scan_open(scan, '{', &ok); more; more = json_scan_next(scan, '}', &ok)) — after it ok
 * tells a proper end. */
bool json_scan_open(struct json_scan *scan, char bracket, bool *ret_ok);
bool json_scan_next(struct json_scan *scan, char bracket, bool *ret_ok);
/* A key with its colon. */
bool json_scan_key(struct json_scan *scan, struct json_slice *ret);

/* Resolves the escapes of a string's slice into buf, NUL-terminated. False when it does not fit, or holds a
 * NUL. A lone surrogate becomes U+FFFD. */
bool json_scan_unescape(struct json_slice slice, char *buf, size_t size);
/* Whether a key names this field, by Go's rules: case does not matter. */
bool json_scan_key_is(struct json_slice key, const char *field);

#endif

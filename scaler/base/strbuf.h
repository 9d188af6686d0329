/* A growing text buffer with a cap. Always NUL-terminated. Appending beyond the cap sets `overflow` and drops
 * the rest. */
#ifndef SCALER_BASE_STRBUF_H
#define SCALER_BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf {
    char *data; /* never NULL after init */
    size_t len;
    size_t cap;
    size_t max; /* bytes, without the NUL */
    bool overflow;
};

#define STRBUF_DEFAULT_MAX ((size_t)64 << 20)

void strbuf_init(struct strbuf *buf);
void strbuf_init_max(struct strbuf *buf, size_t max_bytes);
void strbuf_done(struct strbuf *buf);
void strbuf_done_secret(struct strbuf *buf); /* wipes first */
void strbuf_reset(struct strbuf *buf);       /* keeps the memory */
void strbuf_append(struct strbuf *buf, const char *text);
void strbuf_append_n(struct strbuf *buf, const char *bytes, size_t len);
void strbuf_append_c(struct strbuf *buf, char c);
void strbuf_printf(struct strbuf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strbuf_consume(struct strbuf *buf, size_t len); /* drops the first len bytes */
char *strbuf_take(struct strbuf *buf);               /* the caller owns the text; buf is empty again */
/* Appends text as a JSON string literal, quotes included; bytes that are not UTF-8 become U+FFFD. */
void strbuf_append_json(struct strbuf *buf, const char *text);
/* Go's url.QueryEscape: A-Z a-z 0-9 - _ . ~ stay, space becomes +, every other byte %XX. */
void strbuf_append_query_escaped(struct strbuf *buf, const char *text);
/* The same for a path segment: space becomes %20. */
void strbuf_append_path_escaped(struct strbuf *buf, const char *text);
void strbuf_done_cleanup(struct strbuf *buf);
#define AUTO_STRBUF __attribute__((cleanup(strbuf_done_cleanup)))

#endif

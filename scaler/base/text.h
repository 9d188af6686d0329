/* Small text helpers. */
#ifndef SCALER_BASE_TEXT_H
#define SCALER_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool text_eq(const char *a, const char *b); /* NULL equals only NULL */
bool text_empty(const char *text);          /* NULL or "" */
bool text_starts_with(const char *text, const char *prefix);
bool text_is_utf8(const char *bytes, size_t len);
/* Bytes of the UTF-8 character at the front (1 to 4); 0 when it is broken, overlong, a surrogate or cut off.
 */
size_t text_utf8_width(const char *bytes, size_t len);
/* Bytes of the white-space character (ASCII or Unicode's) at the front; 0: there is none. */
size_t text_space_width(const char *text, size_t len);
/* Go's strings.TrimSpace over ASCII and Unicode white space; returns a new string. */
char *text_trim(const char *text);
uint64_t text_hash(const char *bytes, size_t len); /* 64-bit FNV-1a; not for adversarial keys */
/* A copy of url without user-info ("user:pass@" removed) and with the query's values cut; for logs. New
 * string. */
char *text_url_for_log(const char *url);

/* Ordered string list; owns its strings. */
struct text_list {
    char **items;
    size_t len;
};
void text_list_add(struct text_list *list, const char *item);
void text_list_add_take(struct text_list *list, char *item);
void text_list_done(struct text_list *list);

/* Ordered key/value list; owns both. Later equal keys replace the value in place. */
struct text_pair {
    char *key;
    char *value;
};
struct text_map {
    struct text_pair *items;
    size_t len;
};
void text_map_set(struct text_map *map, const char *key, const char *value);
void text_map_append(struct text_map *map, const char *key,
                     const char *value);                               /* the key may stand twice then */
const char *text_map_get(const struct text_map *map, const char *key); /* NULL: absent */
void text_map_done(struct text_map *map);
void text_map_done_secret(struct text_map *map); /* wipes values */

#endif

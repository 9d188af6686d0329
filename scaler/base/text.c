/* Owns small text helpers, UTF-8 checking and the two owning containers. Growing text is strbuf's. */
#include "scaler/base/text.h"

#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"

bool text_eq(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool text_empty(const char *text)
{
    return !text || !*text;
}

bool text_starts_with(const char *text, const char *prefix)
{
    return text && prefix && strncmp(text, prefix, strlen(prefix)) == 0;
}

size_t text_utf8_width(const char *bytes, size_t len)
{
    const unsigned char *p = (const unsigned char *)bytes;
    if (len == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    size_t width = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || width > len)
        return 0;
    /* The second byte's range excludes overlong forms, surrogates and what is beyond U+10FFFF. */
    unsigned low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    unsigned high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < width; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return width;
}

bool text_is_utf8(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t width = text_utf8_width(bytes + i, len - i);
        if (width == 0)
            return false;
        i += width;
    }
    return true;
}

/* White space outside ASCII, as UTF-8 (Unicode's White_Space property). */
static const char *const wide_spaces[] = {
    "\xc2\x85", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
    "\u2007",   "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000",
};

size_t text_space_width(const char *text, size_t len)
{
    if (len && (*text == ' ' || (*text >= '\t' && *text <= '\r')))
        return 1;
    for (size_t i = 0; i < ARRAY_LEN(wide_spaces); i++) {
        size_t n = strlen(wide_spaces[i]);
        if (n <= len && memcmp(text, wide_spaces[i], n) == 0)
            return n;
    }
    return 0;
}

static size_t space_at_end(const char *text, size_t len)
{
    for (size_t n = 1; n <= 3 && n <= len; n++)
        if (text_space_width(text + len - n, n) == n)
            return n;
    return 0;
}

char *text_trim(const char *text)
{
    if (!text)
        return NULL;
    size_t len = strlen(text);
    for (size_t n; (n = text_space_width(text, len)) > 0;) {
        text += n;
        len -= n;
    }
    for (size_t n; (n = space_at_end(text, len)) > 0;)
        len -= n;
    return mem_strndup(text, len);
}

uint64_t text_hash(const char *bytes, size_t len)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return hash;
}

/* "host", "host:123", "[::1]:123": nothing in it can be a password. */
static bool is_plain_authority(const char *text, size_t len)
{
    const char *bracket = len && *text == '[' ? memchr(text, ']', len) : NULL;
    size_t host = bracket ? (size_t)(bracket - text) + 1 : 0;
    while (host < len && text[host] != ':')
        host++;
    if (host == len)
        return true;
    size_t digits = strspn(text + host + 1, "0123456789");
    return host > 0 && host + 1 + digits == len;
}

/* Where the host begins. A careless password may hold '/', '?' or '#', so a later '@' ends the user-info too
 * unless what comes first is a whole authority and the '@' belongs to the query. */
static const char *skip_user_info(const char *rest)
{
    size_t authority = strcspn(rest, "/?#");
    size_t path_end = strcspn(rest, "?#");
    const char *at = strrchr(rest, '@');
    if (at && (size_t)(at - rest) > path_end && is_plain_authority(rest, authority)) {
        at = memrchr(rest, '@', path_end);
    }
    return at ? at + 1 : rest;
}

static void append_cut_query(struct strbuf *out, const char *query)
{
    char lead = '?';
    while (*query && *query != '#') {
        size_t item = strcspn(query, "&#");
        const char *equals = memchr(query, '=', item);
        strbuf_append_c(out, lead);
        if (equals)
            strbuf_append_n(out, query, (size_t)(equals - query) + 1);
        strbuf_append(out, "...");
        query += item + (query[item] == '&');
        lead = '&';
    }
}

char *text_url_for_log(const char *url)
{
    struct strbuf out;
    strbuf_init(&out);
    if (url) {
        const char *scheme = strstr(url, "://");
        const char *rest = scheme && scheme < url + strcspn(url, "/?#@") + 1 ? scheme + 3 : url;
        strbuf_append_n(&out, url, (size_t)(rest - url));
        rest = skip_user_info(rest);
        size_t path_end = strcspn(rest, "?#");
        strbuf_append_n(&out, rest, path_end);
        if (rest[path_end] == '?')
            append_cut_query(&out, rest + path_end + 1);
    }
    return strbuf_take(&out);
}

/* Room for one more, growing by doubling at powers of two: the containers carry no capacity. */
static void *grow(void *items, size_t len, size_t size)
{
    if (len & (len - 1))
        return items;
    return mem_realloc_array(items, len ? len * 2 : 1, size);
}

void text_list_add(struct text_list *list, const char *item)
{
    text_list_add_take(list, mem_strdup(item));
}

void text_list_add_take(struct text_list *list, char *item)
{
    list->items = grow(list->items, list->len, sizeof(*list->items));
    list->items[list->len++] = item;
}

void text_list_done(struct text_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->len; i++)
        mem_free(list->items[i]);
    mem_free(list->items);
    *list = (struct text_list){0};
}

static struct text_pair *find_pair(const struct text_map *map, const char *key)
{
    for (size_t i = 0; i < map->len; i++)
        if (text_eq(map->items[i].key, key))
            return &map->items[i];
    return NULL;
}

static void append_take(struct text_map *map, const char *key, char *value)
{
    map->items = grow(map->items, map->len, sizeof(*map->items));
    map->items[map->len++] = (struct text_pair){.key = mem_strdup(key), .value = value};
}

void text_map_set(struct text_map *map, const char *key, const char *value)
{
    char *copy = mem_strdup(value); /* first: value may be the one being replaced */
    struct text_pair *pair = find_pair(map, key);
    if (pair) {
        mem_free_secret(pair->value);
        pair->value = copy;
        return;
    }
    append_take(map, key, copy);
}

void text_map_append(struct text_map *map, const char *key, const char *value)
{
    append_take(map, key, mem_strdup(value));
}

const char *text_map_get(const struct text_map *map, const char *key)
{
    const struct text_pair *pair = find_pair(map, key);
    return pair ? pair->value : NULL;
}

void text_map_done_secret(struct text_map *map)
{
    if (!map)
        return;
    for (size_t i = 0; i < map->len; i++) {
        mem_free(map->items[i].key);
        mem_free_secret(map->items[i].value);
    }
    mem_free(map->items);
    *map = (struct text_map){0};
}

void text_map_done(struct text_map *map)
{
    if (!map)
        return;
    for (size_t i = 0; i < map->len; i++) {
        mem_free(map->items[i].key);
        mem_free(map->items[i].value);
    }
    mem_free(map->items);
    *map = (struct text_map){0};
}

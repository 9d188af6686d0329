/* URL and headers of a request. */
#include "scalers/metrics_api/request.h"

#include <stdlib.h>
#include <string.h>

#include "scaler/base/mem.h"

struct pair {
    char *key, *value;
    size_t place;
};

struct query {
    struct pair *pairs;
    size_t len, places;
};

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *digit = c ? strchr(digits, c) : NULL;
    return digit ? (int)(digit - digits) & 15 : -1;
}

/* '+' and %XX undone; NULL when an escape is broken or stands for NUL. */
static char *unescape(const char *text, size_t len)
{
    AUTO_STRBUF struct strbuf out;
    strbuf_init(&out);
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '%') {
            strbuf_append_c(&out, text[i] == '+' ? ' ' : text[i]);
            continue;
        }
        int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
        int low = i + 2 < len ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0 || high + low == 0)
            return NULL;
        strbuf_append_c(&out, (char)(high * 16 + low));
        i += 2;
    }
    return strbuf_take(&out);
}

static void add_pair(struct query *query, char *key_take, char *value_take)
{
    query->pairs = mem_realloc_array(query->pairs, query->len + 1, sizeof(query->pairs[0]));
    query->pairs[query->len++] = (struct pair){key_take, value_take, query->places++};
}

/* "key=value"; one that Go's parser would drop is dropped. */
static void read_pair(struct query *query, const char *text, size_t len)
{
    const char *equals = memchr(text, '=', len);
    size_t key_len = equals ? (size_t)(equals - text) : len;
    if (len == 0 || memchr(text, ';', len))
        return;
    char *key = unescape(text, key_len);
    char *value = equals ? unescape(equals + 1, len - key_len - 1) : mem_strdup("");
    if (key && value) {
        add_pair(query, key, value);
        return;
    }
    mem_free(key);
    mem_free(value);
}

static void read_query(struct query *query, const char *text, size_t len)
{
    while (len > 0) {
        const char *end = memchr(text, '&', len);
        size_t pair_len = end ? (size_t)(end - text) : len;
        read_pair(query, text, pair_len);
        pair_len += end != NULL;
        text += pair_len;
        len -= pair_len;
    }
}

/* Takes the place of all that have its key. */
static void set_pair(struct query *query, const char *key, const char *value)
{
    size_t kept = 0;
    for (size_t i = 0; i < query->len; i++) {
        if (strcmp(query->pairs[i].key, key) != 0) {
            query->pairs[kept++] = query->pairs[i];
            continue;
        }
        mem_free(query->pairs[i].key);
        mem_free_secret(query->pairs[i].value);
    }
    query->len = kept;
    add_pair(query, mem_strdup(key), mem_strdup(value));
}

static int compare_pairs(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    int order = strcmp(a->key, b->key);
    return order ? order : (a->place > b->place) - (a->place < b->place);
}

static void write_query(struct query *query, struct strbuf *url)
{
    qsort(query->pairs, query->len, sizeof(query->pairs[0]), compare_pairs);
    for (size_t i = 0; i < query->len; i++) {
        strbuf_append_c(url, i == 0 ? '?' : '&');
        strbuf_append_query_escaped(url, query->pairs[i].key);
        strbuf_append_c(url, '=');
        strbuf_append_query_escaped(url, query->pairs[i].value);
        mem_free(query->pairs[i].key);
        mem_free_secret(query->pairs[i].value);
    }
    mem_free(query->pairs);
}

static bool key_in_query(const struct http_auth *auth)
{
    return http_auth_has(auth, "apiKey") && text_eq(auth->method, "query");
}

void metrics_api_url(const struct metrics_api_config *config, struct strbuf *url)
{
    const struct http_auth *auth = &config->auth;
    size_t len = strcspn(config->url, "#"), path_len = strcspn(config->url, "?#");
    struct query query = {0};
    if (!key_in_query(auth)) {
        strbuf_append_n(url, config->url, len);
        return;
    }
    strbuf_append_n(url, config->url, path_len);
    if (path_len < len)
        read_query(&query, config->url + path_len + 1, len - path_len - 1);
    set_pair(&query, text_empty(auth->key_param_name) ? "api_key" : auth->key_param_name,
             text_empty(auth->api_key) ? "" : auth->api_key);
    write_query(&query, url);
}

void metrics_api_headers_init(const struct metrics_api_config *config, struct metrics_api_headers *ret)
{
    const struct http_auth *auth = &config->auth;
    const char *name = NULL;
    *ret = (struct metrics_api_headers){0};
    if (http_auth_has(auth, "apiKey") && !key_in_query(auth))
        ret->items[ret->len++] = (struct http_header){
            .name = text_empty(auth->key_param_name) ? "X-API-KEY" : auth->key_param_name,
            .value = text_empty(auth->api_key) ? "" : auth->api_key};
    bool authorizes = http_auth_has(auth, "bearer") || http_auth_has(auth, "basic");
    if (authorizes && http_auth_header(auth, &name, &ret->auth_value))
        ret->items[ret->len++] = (struct http_header){.name = name, .value = ret->auth_value};
}

void metrics_api_headers_done(struct metrics_api_headers *headers)
{
    mem_free_secret(headers->auth_value);
    *headers = (struct metrics_api_headers){0};
}

/* Owns the checks of a request before anything is sent: what a manifest's value could smuggle in. */
#include <string.h>
#include <strings.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/net/http_internal.h"

/* Length of "http://" or "https://"; 0: something else. */
static size_t scheme_len(const char *url)
{
    if (strncasecmp(url, "http://", 7) == 0)
        return 7;
    return strncasecmp(url, "https://", 8) == 0 ? 8 : 0;
}

/* Spaces and control characters would end the request line; they must arrive escaped. */
static bool has_break(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p <= 0x20 || *p == 0x7f)
            return true;
    return false;
}

static int parse_authority(const char *prefix, struct err *err)
{
    CURLU *parser = curl_url();
    char *host = NULL;
    CURLUcode rc = curl_url_set(parser, CURLUPART_URL, prefix, 0);
    if (rc == CURLUE_OK)
        rc = curl_url_get(parser, CURLUPART_HOST, &host, 0);
    curl_free(host);
    curl_url_cleanup(parser);
    return rc == CURLUE_OK ? 0 : err_set(err, ERR_CONFIG, "not a URL: %s", curl_url_strerror(rc));
}

/* The authority is parsed once: the next request of a pool mostly goes to the same place. */
static int check_authority(struct http_pool *pool, const char *url, size_t scheme, struct err *err)
{
    size_t len = scheme + strcspn(url + scheme, "/?#");
    if (len == scheme)
        return err_set(err, ERR_CONFIG, "not a URL: no host");
    if (pool->authority && strncmp(pool->authority, url, len) == 0 && pool->authority[len] == '\0')
        return 0;
    char *prefix = mem_strndup(url, len);
    int rc = parse_authority(prefix, err);
    mem_free_secret(rc < 0 ? prefix : pool->authority);
    if (rc == 0)
        pool->authority = prefix;
    return rc;
}

static int check_url(struct http_pool *pool, const char *url, struct err *err)
{
    if (text_empty(url))
        return err_set(err, ERR_CONFIG, "no URL");
    size_t scheme = scheme_len(url);
    if (!scheme)
        return err_set(err, ERR_CONFIG, "not a URL with http:// or https://");
    if (has_break(url))
        return err_set(err, ERR_CONFIG, "not a URL: a space or control character in it");
    return check_authority(pool, url, scheme, err);
}

static bool is_token(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p <= 0x20 || *p >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", *p))
            return false;
    return *text != '\0';
}

/* The value is never shown: it may be a token. */
static int check_header(const struct http_header *header, struct err *err)
{
    if (!header->name || !is_token(header->name))
        return err_set(err, ERR_CONFIG, "a header's name is not a word of letters, digits and dashes");
    for (const unsigned char *p = (const unsigned char *)header->value; p && *p; p++)
        if ((*p < 0x20 && *p != '\t') || *p == 0x7f)
            return err_set(err, ERR_CONFIG, "header %s: a line break or control character in the value",
                           header->name);
    return 0;
}

int http_check_request(struct http_pool *pool, const struct http_request *request, struct err *err)
{
    if (pool->closing)
        return err_set(err, ERR_CANCELED, "the connection pool is closing");
    if (request->method && !is_token(request->method))
        return err_set(err, ERR_CONFIG, "not an HTTP method");
    for (size_t i = 0; i < request->headers_len; i++) {
        int rc = check_header(&request->headers[i], err);
        if (rc < 0)
            return rc;
    }
    return check_url(pool, request->url, err);
}

int http_check_proxy(const struct http_pool_options *options, struct err *err)
{
    static const char *const schemes[] = {"http://",    "https://",  "socks4://",
                                          "socks4a://", "socks5://", "socks5h://"};
    const char *proxy = options->proxy;
    if (text_empty(proxy))
        return 0;
    if (has_break(proxy))
        return err_set(err, ERR_CONFIG, "proxy: not a URL: a space or control character in it");
    bool known = !strstr(proxy, "://");
    for (size_t i = 0; i < ARRAY_LEN(schemes) && !known; i++)
        known = strncasecmp(proxy, schemes[i], strlen(schemes[i])) == 0;
    if (!known)
        return err_set(err, ERR_CONFIG, "proxy: not a URL with http, https, socks4 or socks5");
    if (options->tls.server_name && strncasecmp(proxy, "https://", 8) == 0)
        return err_set(err, ERR_UNSUPPORTED,
                       "proxy: an https proxy cannot be combined with a TLS server name");
    return 0;
}

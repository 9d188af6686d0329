/* Owns the curl options of a call and what curl calls while the call runs: bytes and headers coming in, under
 * caps. */
#include <string.h>
#include <strings.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/net/http_internal.h"

/* All headers of a call together, those of redirects and of 1xx answers included. */
#define HEADERS_MAX       ((size_t)64 << 10)
#define RETRY_AFTER_MAX_S 86400
#define REDIRECTS_MAX     10L

static size_t stop(struct http_call *call, enum err_code code, const char *text)
{
    call->abort = code;
    call->abort_text = text;
    return 0; /* fewer bytes than given: curl ends the transfer */
}

static bool is_success(struct http_call *call)
{
    if (call->status == 0) {
        long status = 0;
        curl_easy_getinfo(call->slot->easy, CURLINFO_RESPONSE_CODE, &status);
        call->status = (int)status;
    }
    return call->status >= 200 && call->status < 300;
}

/* A piece of the body, unpacked. False: curl is to stop, and call->abort says why. */
static bool deliver(const char *bytes, size_t len, void *arg)
{
    struct http_call *call = arg;
    if (call->on_data && is_success(call)) {
        if (call->on_data(bytes, len, call->arg) && !call->ended)
            return true;
        stop(call, ERR_CANCELED, "canceled");
        return false;
    }
    if (len > call->max_body - call->slot->body.len) {
        stop(call, ERR_LIMIT, "the answer is larger than allowed");
        return false;
    }
    strbuf_append_n(&call->slot->body, bytes, len);
    return true;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct http_call *call = arg;
    size_t len = size * count;
    if (call->ended) /* canceled by another call's callback in this same turn */
        return 0;
    call->last_byte_ms = net_now_ms(call->pool->net);
    if (!call->gzip)
        return deliver(bytes, len, call) ? len : 0;
    if (!call->gunzip)
        call->gunzip = gunzip_new();
    enum gunzip_result result = gunzip_feed(call->gunzip, bytes, len, deliver, call);
    if (result == GUNZIP_BROKEN)
        return stop(call, ERR_PROTOCOL, "the answer is not the gzip it claims to be");
    return result == GUNZIP_GOOD ? len : 0;
}

/* Seconds or a date (RFC 9110 §10.2.3). value is not terminated. */
static int64_t parse_retry_after(const char *value, size_t len)
{
    char text[64];
    int64_t seconds = 0;
    if (len == 0 || len >= sizeof(text))
        return -1;
    memcpy(text, value, len);
    text[len] = '\0';
    size_t digits = strspn(text, "0123456789");
    if (digits == len) {
        for (size_t i = 0; i < len && seconds < RETRY_AFTER_MAX_S; i++)
            seconds = seconds * 10 + (text[i] - '0');
    } else {
        time_t at = curl_getdate(text, NULL);
        if (at < 0)
            return -1;
        seconds = (int64_t)at - clock_wall_ms() / 1000;
    }
    if (seconds < 0)
        seconds = 0;
    return (seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S) * 1000;
}

static bool header_is(const char *line, size_t len, const char *name, const char **ret_value, size_t *ret_len)
{
    size_t name_len = strlen(name);
    if (len <= name_len || strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
        return false;
    const char *value = line + name_len + 1, *end = line + len;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *ret_value = value;
    *ret_len = (size_t)(end - value);
    return true;
}

/* Whether host and port are the same, or only http became https. */
static bool same_server(CURLU *from, CURLU *to)
{
    bool same = true;
    static const CURLUPart parts[] = {CURLUPART_HOST, CURLUPART_SCHEME, CURLUPART_PORT};
    for (size_t i = 0; same && i < ARRAY_LEN(parts); i++) {
        char *left = NULL, *right = NULL;
        same = curl_url_get(from, parts[i], &left, CURLU_DEFAULT_PORT) == CURLUE_OK &&
               curl_url_get(to, parts[i], &right, CURLU_DEFAULT_PORT) == CURLUE_OK;
        bool upgrade =
            same && parts[i] == CURLUPART_SCHEME && text_eq(left, "http") && text_eq(right, "https");
        same = same && (upgrade || strcasecmp(left, right) == 0);
        curl_free(left);
        curl_free(right);
        if (upgrade)
            return true;
    }
    return same;
}

/* Curl takes Authorization and Cookie from a request that it sends on to another server, but no other header,
 * which may be as secret (customAuthHeader). */
static bool carries_headers_away(struct http_call *call, const char *location, size_t len)
{
    bool away = true;
    const char *here = NULL;
    if (!call->pool->follow_redirects || !call->headers)
        return false;
    curl_easy_getinfo(call->slot->easy, CURLINFO_EFFECTIVE_URL, &here);
    AUTO_FREE char *target = mem_strndup(location, len);
    CURLU *from = curl_url(), *to = curl_url();
    if (curl_url_set(from, CURLUPART_URL, here, 0) == CURLUE_OK &&
        curl_url_set(to, CURLUPART_URL, here, 0) == CURLUE_OK &&
        curl_url_set(to, CURLUPART_URL, target, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK)
        away = !same_server(from, to);
    curl_url_cleanup(from);
    curl_url_cleanup(to);
    return away;
}

static bool only_authorization(const struct curl_slist *headers)
{
    for (; headers; headers = headers->next)
        if (strncasecmp(headers->data, "Authorization:", strlen("Authorization:")) != 0)
            return false;
    return true;
}

static void forget_response(struct http_call *call)
{
    call->status = 0;
    call->retry_after_ms = -1;
    call->encoded = call->gzip = false;
    gunzip_free(call->gunzip);
    call->gunzip = NULL;
}

/* Only the first such header counts, and only gzip alone; everything else is left as it is. */
static void read_encoding(struct http_call *call, const char *value, size_t len)
{
    if (!call->encoded)
        call->gzip = len == 4 && strncasecmp(value, "gzip", 4) == 0;
    call->encoded = true;
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
    struct http_call *call = arg;
    size_t len = size * count, value_len;
    const char *value;
    call->last_byte_ms = net_now_ms(call->pool->net);
    call->header_bytes += len;
    call->transfer.established = true;
    if (call->header_bytes > HEADERS_MAX)
        return stop(call, ERR_LIMIT, "the answer's headers are larger than 64 KiB");
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) /* a further answer: after a redirect, after 1xx */
        forget_response(call);
    else if (header_is(line, len, "Retry-After", &value, &value_len))
        call->retry_after_ms = parse_retry_after(value, value_len);
    else if (header_is(line, len, "Content-Encoding", &value, &value_len))
        read_encoding(call, value, value_len);
    else if (header_is(line, len, "Location", &value, &value_len) && !only_authorization(call->headers) &&
             carries_headers_away(call, value, value_len))
        return stop(call, ERR_PROTOCOL,
                    "redirected to another server, which the request's headers are not for");
    return len;
}

static void setup_method(CURL *easy, const struct http_call *call)
{
    bool post = text_eq(call->method, "POST");
    if (call->body || post) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body ? call->body : "");
    } else if (text_eq(call->method, "HEAD")) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (!post && (call->body || !text_eq(call->method, "GET")))
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
}

static void setup_request(CURL *easy, struct http_call *call)
{
    curl_easy_setopt(easy, CURLOPT_URL, call->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
    if (call->username || call->password) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, call->username ? call->username : "");
        curl_easy_setopt(easy, CURLOPT_PASSWORD, call->password ? call->password : "");
    }
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)call->connect_timeout_ms);
    if (!call->on_data)
        curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)call->max_body);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip"); /* asked for by curl, unpacked by on_body */
    curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "davit/" DAVIT_VERSION);
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
}

static void setup_pool(CURL *easy, const struct http_pool *pool, const char *url, bool http2)
{
    if (pool->follow_redirects) {
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
        curl_easy_setopt(easy, CURLOPT_MAXREDIRS, REDIRECTS_MAX);
    }
    curl_easy_setopt(easy, CURLOPT_PROXY, http_proxy_for(pool->proxy, url));
    curl_easy_setopt(easy, CURLOPT_NOPROXY, http_proxy_bypass(pool->proxy));
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     http2 ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
    if (http2)
        curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
}

void http_call_setup(struct http_call *call)
{
    struct slot *slot = call->slot;
    setup_pool(slot->easy, call->pool, call->url, transport_multiplexes(call->transport));
    setup_method(slot->easy, call);
    setup_request(slot->easy, call);
    strbuf_reset(&slot->body);
    slot->body.max = call->max_body;
}

/* Owns the mapping from curl's results to our error codes and texts. */
#include "scaler/net/curl_error.h"

#include <stdbool.h>
#include <string.h>

#include "scaler/base/mem.h"

static const struct {
    CURLcode result;
    enum err_code code;
    const char *prefix; /* NULL: curl's text says enough */
} rows[] = {
    {CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT, NULL},
    {CURLE_FILESIZE_EXCEEDED, ERR_LIMIT, "the answer is too large"},
    /* What curl 7.88 says of a header line above its own limit of 100 KiB; memory itself is never that short.
     */
    {CURLE_OUT_OF_MEMORY, ERR_LIMIT, "the answer's headers are too large"},
#if LIBCURL_VERSION_NUM >= 0x080600
    {CURLE_TOO_LARGE, ERR_LIMIT, "the answer's headers are too large"},
#endif
    {CURLE_PEER_FAILED_VERIFICATION, ERR_IO, "certificate verify failed"},
    {CURLE_SSL_CONNECT_ERROR, ERR_IO, "TLS handshake failed"},
    {CURLE_URL_MALFORMAT, ERR_CONFIG, NULL},
    {CURLE_UNSUPPORTED_PROTOCOL, ERR_PROTOCOL, NULL},
    {CURLE_TOO_MANY_REDIRECTS, ERR_PROTOCOL, NULL},
    {CURLE_WEIRD_SERVER_REPLY, ERR_PROTOCOL, NULL},
    {CURLE_BAD_CONTENT_ENCODING, ERR_PROTOCOL, "the answer's compression is broken"},
    {CURLE_HTTP2, ERR_IO, NULL}, /* a stream the server gave up: another one may be served */
    {CURLE_HTTP2_STREAM, ERR_IO, NULL},
    {CURLE_LOGIN_DENIED, ERR_AUTH, NULL},
};

/* A broken chunk is a receive error to curl, but no retry will mend it. */
static enum err_code code_of_receive_error(const char *detail)
{
    return strstr(detail, "chunked") ? ERR_PROTOCOL : ERR_IO;
}

/* curl's texts name hosts, but a few (about proxies) quote a whole URL, passwords included. */
static const char *safe_detail(CURLcode result, const char *detail)
{
    bool quotes_url = strstr(detail, "://") || strchr(detail, '@');
    return detail[0] && !quotes_url ? detail : curl_easy_strerror(result);
}

int curl_error_set(struct err *err, CURLcode result, const char *detail)
{
    const char *text = safe_detail(result, detail);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].result != result)
            continue;
        if (rows[i].prefix)
            return err_set(err, rows[i].code, "%s: %s", rows[i].prefix, text);
        return err_set(err, rows[i].code, "%s", text);
    }
    enum err_code code = result == CURLE_RECV_ERROR ? code_of_receive_error(detail) : ERR_IO;
    return err_set(err, code, "%s", text);
}

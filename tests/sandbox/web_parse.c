/* Owns how bytes become a request. Strict where sloppiness could hide a client's bug; knows nothing of
 * sockets. */
#include <ctype.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "tests/sandbox/web_internal.h"

#define HEADERS_MAX 100

void web_request_free(struct web_request *request)
{
    if (!request)
        return;
    mem_free(request->method);
    mem_free(request->path);
    text_map_done(&request->query);
    text_map_done(&request->headers);
    strbuf_done(&request->body);
    mem_free(request);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *web_unescape(const char *text, size_t len, bool plus_is_space)
{
    struct strbuf out;
    strbuf_init(&out);
    strbuf_append(&out, "");
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '%') {
            int high = i + 1 < len ? hex_value(text[i + 1]) : -1;
            int low = i + 2 < len ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0)) {
                strbuf_done(&out);
                return NULL;
            }
            strbuf_append_c(&out, (char)(high * 16 + low));
            i += 2;
        } else {
            strbuf_append_c(&out, plus_is_space && text[i] == '+' ? ' ' : text[i]);
        }
    }
    return out.len ? strbuf_take(&out) : mem_strdup("");
}

static int add_query_pair(struct text_map *query, const char *pair, size_t len)
{
    const char *equals = memchr(pair, '=', len);
    size_t key_len = equals ? (size_t)(equals - pair) : len;
    AUTO_FREE char *key = web_unescape(pair, key_len, true);
    AUTO_FREE char *value = equals ? web_unescape(equals + 1, len - key_len - 1, true) : mem_strdup("");
    if (!key || !value || query->len >= HEADERS_MAX)
        return -1;
    text_map_set(query, key, value);
    return 0;
}

static int parse_query(struct text_map *query, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "&");
        if (len && add_query_pair(query, text, len) != 0)
            return -1;
        text += len;
        text += *text == '&';
    }
    return 0;
}

static int parse_request_line(struct web_conn *conn, struct web_request *request, char *line,
                              const char **why)
{
    char *target = strchr(line, ' ');
    char *version = target ? strchr(target + 1, ' ') : NULL;
    *why = "malformed request line";
    if (!version || target == line || target[1] != '/')
        return -400;
    *target++ = '\0';
    *version++ = '\0';
    for (const char *c = line; *c; c++)
        if (!isupper((unsigned char)*c))
            return -400;
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
        return *why = "only HTTP/1.1 is spoken here", -505;
    conn->http10 = version[7] == '0';
    char *query = strchr(target, '?');
    if (query)
        *query++ = '\0';
    request->method = mem_strdup(line);
    request->path = mem_strdup(target);
    *why = "malformed query";
    return query && parse_query(&request->query, query) != 0 ? -400 : 0;
}

static int parse_header(struct web_request *request, char *line)
{
    char *colon = strchr(line, ':');
    if (!colon || colon == line || request->headers.len >= HEADERS_MAX)
        return -400;
    for (char *c = line; c < colon; c++) {
        if (isspace((unsigned char)*c) || iscntrl((unsigned char)*c))
            return -400;
        *c = (char)tolower((unsigned char)*c);
    }
    *colon++ = '\0';
    AUTO_FREE char *value = text_trim(colon);
    const char *before = text_map_get(&request->headers, line);
    if (strcmp(line, "content-length") == 0 && before && strcmp(before, value) != 0)
        return -400;
    text_map_set(&request->headers, line, value);
    return 0;
}

/* How the body comes, and whether the connection lives on. */
static int parse_framing(struct web_conn *conn, struct web_request *request, const char **why)
{
    const char *length = text_map_get(&request->headers, "content-length");
    const char *coding = text_map_get(&request->headers, "transfer-encoding");
    const char *connection = text_map_get(&request->headers, "connection");
    conn->keep_alive = !conn->http10 && !(connection && strcasecmp(connection, "close") == 0);
    conn->chunked = conn->in_chunk = false;
    conn->body_expected = 0;
    *why = "malformed body framing";
    if (coding) {
        if (length || strcasecmp(coding, "chunked") != 0 || conn->http10)
            return -400;
        conn->chunked = true;
        return 0;
    }
    int64_t bytes = 0;
    if (length && (number_parse_json_int(length, 0, INT64_MAX, &bytes, NULL) != 0))
        return -400;
    if ((uint64_t)bytes > WEB_BODY_MAX)
        return *why = "Request entity too large: limit is 8388608", -413;
    conn->body_expected = (uint64_t)bytes;
    return 0;
}

static int parse_head_lines(struct web_conn *conn, struct web_request *request, char *head, const char **why)
{
    char *next = strstr(head, "\r\n");
    *next = '\0';
    int status = parse_request_line(conn, request, head, why);
    for (char *line = next + 2; status == 0 && *line; line = next + 2) {
        next = strstr(line, "\r\n");
        *next = '\0';
        *why = "malformed header";
        status = parse_header(request, line);
    }
    return status ? status : parse_framing(conn, request, why);
}

static void invite_body(struct web_conn *conn)
{
    static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (strcasecmp(web_header(conn->request, "expect"), "100-continue") == 0 && conn->in.len == 0) {
        web_conn_send(conn, line, sizeof(line) - 1);
        web_conn_flush(conn);
    }
}

static int parse_head(struct web_conn *conn, const char **why)
{
    while (conn->in.len >= 2 && memcmp(conn->in.data, "\r\n", 2) == 0)
        strbuf_consume(&conn->in, 2); /* a robust server skips empty lines before a request */
    size_t from = conn->head_scanned > 3 ? conn->head_scanned - 3 : 0;
    char *end = conn->in.len > from ? memmem(conn->in.data + from, conn->in.len - from, "\r\n\r\n", 4) : NULL;
    size_t head_len = end ? (size_t)(end - conn->in.data) + 4 : conn->in.len;
    if (head_len > WEB_HEAD_MAX)
        return *why = "the request's head is too large", -431;
    conn->head_scanned = conn->in.len;
    if (!end)
        return 0;
    conn->head_scanned = 0;
    if (memchr(conn->in.data, '\0', head_len))
        return *why = "NUL in the request's head", -400;
    AUTO_FREE char *head = mem_strndup(conn->in.data, head_len - 2);
    strbuf_consume(&conn->in, head_len);
    conn->request = mem_zalloc(sizeof(*conn->request));
    conn->request->conn = conn;
    strbuf_init_max(&conn->request->body, WEB_BODY_MAX);
    int status = parse_head_lines(conn, conn->request, head, why);
    if (status)
        return status;
    conn->phase = WEB_BODY;
    invite_body(conn);
    return 1;
}

static size_t take_body(struct web_conn *conn)
{
    size_t len = conn->in.len < conn->body_expected ? conn->in.len : (size_t)conn->body_expected;
    strbuf_append_n(&conn->request->body, conn->in.data, len);
    strbuf_consume(&conn->in, len);
    conn->body_expected -= len;
    return len;
}

/* "1a3f;extension" CR LF. */
static int parse_chunk_size(struct web_conn *conn, const char **why)
{
    char *end = memmem(conn->in.data, conn->in.len, "\r\n", 2);
    if (!end)
        return conn->in.len > 256 ? -400 : 0;
    uint64_t size = 0;
    size_t digits = 0;
    for (; hex_value(conn->in.data[digits]) >= 0; digits++) {
        size = size * 16 + (uint64_t)hex_value(conn->in.data[digits]);
        if (size > WEB_BODY_MAX - conn->request->body.len)
            return *why = "Request entity too large: limit is 8388608", -413;
    }
    if (digits == 0 || (conn->in.data[digits] != '\r' && conn->in.data[digits] != ';'))
        return -400;
    strbuf_consume(&conn->in, (size_t)(end - conn->in.data) + 2);
    conn->body_expected = size;
    conn->in_chunk = true;
    conn->last_chunk = size == 0;
    return 1;
}

/* The empty line after a chunk's bytes; after the last chunk's also ends the body (trailers are refused). */
static int parse_chunk_end(struct web_conn *conn)
{
    if (conn->in.len < 2)
        return 0;
    if (memcmp(conn->in.data, "\r\n", 2) != 0)
        return -400;
    strbuf_consume(&conn->in, 2);
    conn->in_chunk = false;
    return 1;
}

static int parse_chunked_body(struct web_conn *conn, const char **why)
{
    *why = "malformed chunk";
    for (;;) {
        int status = conn->in_chunk ? 1 : parse_chunk_size(conn, why);
        if (status != 1)
            return status;
        take_body(conn);
        if (conn->body_expected > 0)
            return 0;
        status = parse_chunk_end(conn);
        if (status != 1)
            return status;
        if (conn->last_chunk)
            return 1;
    }
}

int web_parse(struct web_conn *conn, const char **why)
{
    if (conn->phase == WEB_HEAD) {
        int status = parse_head(conn, why);
        if (status != 1)
            return status;
    }
    if (conn->chunked)
        return parse_chunked_body(conn, why);
    take_body(conn);
    return conn->body_expected == 0;
}

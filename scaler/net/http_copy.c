/* Owns the copy of a request: the call and every text in it are one block of memory, wiped when freed
 * (headers and passwords are in it). curl is pointed into the block; its list of headers is laid out in it
 * too. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/net/http_internal.h"

struct writer {
    char *at;
};

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static const char *write_text(struct writer *writer, const char *text)
{
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = memcpy(writer->at, text, size);
    writer->at += size;
    return copy;
}

static bool has_header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->headers_len; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return true;
    return false;
}

/* What curl would add by itself to a request with a body, and to any POST: a wait for "100 Continue", a
 * form's content type.
 */
static size_t unwanted_headers(const struct http_request *request, const char **ret)
{
    size_t len = 0;
    if (!request->body && !text_eq(request->method, "POST"))
        return 0;
    if (!has_header(request, "Expect"))
        ret[len++] = "Expect:";
    if (!has_header(request, "Content-Type"))
        ret[len++] = "Content-Type:";
    return len;
}

#define UNWANTED_MAX 2

static size_t request_size(const struct http_request *request)
{
    size_t size = (request->headers_len + UNWANTED_MAX) * sizeof(struct curl_slist);
    for (size_t i = 0; i < request->headers_len; i++)
        size += strlen(request->headers[i].name) + text_size(request->headers[i].value) + sizeof(": ");
    size += UNWANTED_MAX * sizeof("Content-Type:");
    size += text_size(request->method ? request->method : "GET") + text_size(request->url);
    size += text_size(request->username) + text_size(request->password);
    return size + (request->body ? request->body_len + 1 : 0);
}

/* curl takes "Name:" for an order to leave the header out, and "Name;" for an empty value. */
static char *write_header(struct writer *writer, const struct http_header *header)
{
    char *line = writer->at;
    bool empty = text_empty(header->value);
    size_t size = strlen(header->name) + (empty ? 2 : strlen(header->value) + 3);
    (void)snprintf(line, size, "%s%s%s", header->name, empty ? ";" : ": ", empty ? "" : header->value);
    writer->at += size;
    return line;
}

static void write_headers(struct writer *writer, struct http_call *call, const struct http_request *request)
{
    const char *unwanted[UNWANTED_MAX];
    size_t extra = unwanted_headers(request, unwanted);
    size_t len = request->headers_len + extra;
    struct curl_slist *nodes = (struct curl_slist *)(void *)writer->at; /* the block starts aligned */
    writer->at += len * sizeof(*nodes);
    for (size_t i = 0; i < len; i++) {
        nodes[i].data = i < extra ? (char *)(uintptr_t)write_text(writer, unwanted[i])
                                  : write_header(writer, &request->headers[i - extra]);
        nodes[i].next = i + 1 < len ? &nodes[i + 1] : NULL;
    }
    call->headers = len ? nodes : NULL;
}

static const char *write_body(struct writer *writer, const struct http_request *request)
{
    if (!request->body)
        return NULL;
    char *body = writer->at;
    if (request->body_len)
        memcpy(body, request->body, request->body_len);
    body[request->body_len] = '\0';
    writer->at += request->body_len + 1;
    return body;
}

struct http_call *http_call_copy(const struct http_request *request)
{
    size_t size = request_size(request);
    struct http_call *call = mem_alloc(sizeof(*call) + size);
    memset(call, 0, sizeof(*call));
    struct writer writer = {.at = call->block};
    call->block_len = size;
    write_headers(&writer, call, request);
    call->method = write_text(&writer, request->method ? request->method : "GET");
    call->url = write_text(&writer, request->url);
    call->username = write_text(&writer, request->username);
    call->password = write_text(&writer, request->password);
    call->body = write_body(&writer, request);
    call->body_len = request->body ? request->body_len : 0;
    call->on_data = request->on_data;
    call->max_body = request->max_body ? request->max_body : HTTP_BODY_DEFAULT_MAX;
    call->timeout_ms = request->timeout_ms;
    call->idle_timeout_ms = request->idle_timeout_ms;
    call->connect_timeout_ms = request->connect_timeout_ms > 0 ? request->connect_timeout_ms : 5000;
    return call;
}

void http_call_free(struct http_call *call)
{
    mem_wipe(call->block, call->block_len);
    gunzip_free(call->gunzip);
    mem_free(call->ended);
    mem_free(call);
}

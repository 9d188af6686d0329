/* A small HTTP/1.1 server on a uv loop, for the sandbox only: keep-alive, chunked bodies both ways, optional
 * TLS, and the rudeness a test double needs (answers that never come, streams torn in the middle). Why not
 * libmicrohttpd: a suspended connection of its does not notice that the client went away, which is what
 * watches do all day. */
#ifndef TESTS_SANDBOX_WEB_H
#define TESTS_SANDBOX_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "scaler/base/err.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"

#define WEB_HEAD_MAX ((size_t)64 << 10)
#define WEB_BODY_MAX ((size_t)8 << 20)
#define WEB_OUT_MAX  ((size_t)1 << 30) /* one answer */
#define WEB_LAG_MAX                                                                                          \
    ((size_t)256 << 20) /* what a stream's slow reader may leave unread before it is dropped */

struct web_server;
struct web_conn;

/* Lives from the handler's call until web_reply, web_stream_end or web_abort, or until `gone` was called. */
struct web_request {
    struct web_conn *conn;
    char *method;
    char *path;              /* as sent, without the query */
    struct text_map query;   /* decoded */
    struct text_map headers; /* names in lower case; the last of equal names wins */
    struct strbuf body;
    /* The handler's: called when the client went away or the server closes before the answer was complete;
     * always in a later turn than any web_ call. */
    void (*gone)(struct web_request *request);
    void *owner;
    uint64_t tear_after; /* body bytes after which a stream is cut off; 0: never */
    uint64_t streamed;   /* body bytes so far */
};

typedef void (*web_handler_fn)(struct web_request *request, void *arg);
/* The parser refuses a request by itself: the handler's chance to give the answer a shape. */
typedef void (*web_refuse_fn)(int status, const char *why, struct strbuf *body, void *arg);

struct web_options {
    const char *address; /* "127.0.0.1:8080", "[::1]:0" */
    const char *cert_file, *key_file;
    web_handler_fn handler;
    web_refuse_fn refuse;
    void *arg;
};

struct web_answer {
    int status;
    const char *content_type;
    int retry_after;    /* seconds; 0: no header */
    struct strbuf body; /* taken */
};

int web_open(uv_loop_t *loop, const struct web_options *options, struct web_server **ret, struct err *err);
const char *web_host(const struct web_server *server);
uint16_t web_port(const struct web_server *server);
/* closed: every connection is gone; then web_free. */
void web_close(struct web_server *server, void (*closed)(void *arg), void *arg);
void web_free(struct web_server *server);

const char *web_header(const struct web_request *request, const char *name); /* "" if absent */
const char *web_query(const struct web_request *request, const char *name);  /* "" if absent */

/* A new string; NULL: a broken escape, or an encoded NUL. */
char *web_unescape(const char *text, size_t len, bool plus_is_space);

void web_reply(struct web_request *request, struct web_answer *answer);
void web_stream_begin(struct web_request *request, const char *content_type);
/* False: the stream is over (torn, or its reader was too slow); the request is gone and `gone` is not called.
 */
bool web_stream_write(struct web_request *request, const char *bytes, size_t len);
void web_stream_end(struct web_request *request);
void web_abort(struct web_request *request); /* closes without a word */

#endif

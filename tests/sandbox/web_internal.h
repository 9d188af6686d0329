/* What the files of the HTTP server share. */
#ifndef TESTS_SANDBOX_WEB_INTERNAL_H
#define TESTS_SANDBOX_WEB_INTERNAL_H

#include <openssl/ssl.h>

#include "tests/sandbox/web.h"

#define WEB_READ_BYTES ((size_t)64 << 10)

struct web_server {
    uv_tcp_t tcp;
    uv_idle_t resume;           /* runs while a connection has `resume` set */
    struct web_options options; /* strings borrowed until web_open returns */
    SSL_CTX *tls;
    char host[64];
    uint16_t port;
    struct web_conn *conns;
    bool closing;
    int handles_open;
    void (*closed)(void *arg);
    void *closed_arg;
    char read_buffer[WEB_READ_BYTES]; /* libuv fills it and hands it over before it asks again */
};

enum web_phase { WEB_HEAD, WEB_BODY, WEB_ANSWERING };

struct web_conn {
    struct web_server *server;
    struct web_conn *prev, *next;
    uv_tcp_t tcp;
    uv_write_t write;
    uv_shutdown_t shutdown;
    SSL *ssl;
    struct strbuf in;     /* plain bytes not yet parsed */
    struct strbuf out;    /* bytes for the wire, not yet given to libuv */
    struct strbuf flying; /* bytes libuv is writing */
    bool writing, closing, close_when_flushed, parsing, resume;
    enum web_phase phase;
    struct web_request *request;
    size_t head_scanned;
    size_t discarded; /* read after we hung up */
    bool keep_alive, http10, streaming;
    bool chunked;           /* the request's body is */
    uint64_t body_expected; /* bytes left of the body, or of the current chunk */
    bool in_chunk, last_chunk;
};

/* web_parse.c. 1: a whole request is in conn->request; 0: more bytes needed; -status: refuse with it, *why
 * says why. */
int web_parse(struct web_conn *conn, const char **why);
void web_request_free(struct web_request *request);

/* web_conn.c */
void web_accept(struct web_server *server);
void web_conn_close(struct web_conn *conn);
void web_conn_send(struct web_conn *conn, const char *bytes,
                   size_t len); /* plain bytes; encrypts if need be */
void web_conn_flush(struct web_conn *conn);
void web_conn_process(struct web_conn *conn); /* parses what is there; runs the handler */
/* The same in a later turn: an answer given late must not run other requests on its caller's stack. */
void web_conn_resume(struct web_conn *conn);

/* web_server.c: calls closed when nothing is left. */
void web_server_check_closed(struct web_server *server);

/* web_tls.c */
int web_tls_new(const struct web_options *options, SSL_CTX **ret, struct err *err);
void web_tls_attach(struct web_conn *conn);
bool web_tls_receive(struct web_conn *conn, const char *bytes, size_t len); /* fills in; false: broken */
bool web_tls_send(struct web_conn *conn, const char *bytes, size_t len);    /* fills out; false: broken */
void web_tls_goodbye(struct web_conn *conn);

#endif

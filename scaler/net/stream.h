/* A byte stream over TCP or TLS (a CONNECT_ONLY curl handle polled by uv): what line protocols such as RESP
 * run on. */
#ifndef SCALER_NET_STREAM_H
#define SCALER_NET_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"
#include "scaler/net/tls.h"

struct net;
struct stream;

struct stream_handlers {
    void (*on_open)(void *arg);
    void (*on_data)(const char *bytes, size_t len, void *arg);
    /* Exactly once, also when opening failed; after it no other handler runs. error NULL: the peer closed
     * cleanly. stream_close by the owner gives ERR_CANCELED. */
    void (*on_close)(const struct err *error, void *arg);
};

struct stream_options {
    const char *host; /* name, IPv4 or IPv6 without brackets */
    uint16_t port;
    const struct tls_options *tls; /* NULL: plain; copied */
    int64_t connect_timeout_ms;    /* resolving, connecting and TLS; 0: 5000 */
};

int stream_open(struct net *net, const struct stream_options *options, const struct stream_handlers *handlers,
                void *arg, struct stream **ret, struct err *err);
/* Queues bytes (copied); at most STREAM_MAX_QUEUED unsent bytes, else ERR_LIMIT. */
int stream_write(struct stream *stream, const char *bytes, size_t len, struct err *err);
void stream_close(struct stream *stream); /* on_close follows in a later turn */
#define STREAM_MAX_QUEUED ((size_t)16 << 20)

#endif

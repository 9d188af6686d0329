/* Owns byte streams: a curl handle that only connects (DNS, TCP, TLS), then lends its socket.
 *
 * Facts about curl this rests on: the handle must stay in the multi; its connection counts as used from the
 * first curl_easy_recv on (until then curl may close it as idle, so we call it at once); TLS may hold bytes
 * that no poll will announce, so receiving goes on until CURLE_AGAIN; sending may have to wait for reading,
 * so every event tries both; and a send that came back with CURLE_AGAIN must be repeated with the very same
 * bytes. */
#include "scaler/net/stream.h"

#include <curl/curl.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "scaler/net/curl_error.h"
#include "scaler/net/internal.h"
#include "scaler/net/sock.h"
#include "scaler/net/tls_material.h"
#include "scaler/net/transport.h"

#define READ_BYTES      ((size_t)64 << 10)
#define TURN_BYTES_MAX  ((size_t)4 << 20) /* read in one turn; then the others' turn */
#define NEVER_TOO_OLD_S 0x7fffffffL

enum stream_state { STREAM_CONNECTING, STREAM_OPEN, STREAM_ENDED };

struct stream {
    struct transfer transfer; /* first */
    struct net *net;
    struct transport *transport;
    struct tls_material *material; /* NULL: plain */
    struct stream_handlers handlers;
    void *arg;
    CURL *easy;
    int fd;
    enum stream_state state;
    struct strbuf queued;  /* appended to by stream_write */
    struct strbuf sending; /* handed to curl, unchanged until all is sent */
    size_t sent;
    bool blocked;       /* curl could not send: wait until writable */
    bool work_deferred; /* flush or read on in the next turn */
    bool unread;        /* receiving stopped before CURLE_AGAIN */
    struct err why;     /* state ENDED: code 0 for a clean end */
    char error[CURL_ERROR_SIZE];
};

static void on_socket(int fd, int events, bool failed, void *arg);

/* The only way out; the answer comes in a later turn, then the stream is gone. */
static void on_end(void *arg)
{
    struct stream *stream = arg;
    if (stream->work_deferred) { /* the other deferral still holds the stream: after it */
        net_defer(stream->net, on_end, stream);
        return;
    }
    transport_stop(stream->transport, stream->easy);
    curl_easy_cleanup(stream->easy);
    transport_put(stream->transport);
    tls_material_unref(stream->material);
    strbuf_done_secret(&stream->queued);
    strbuf_done_secret(&stream->sending);
    stream->handlers.on_close(stream->why.code ? &stream->why : NULL, stream->arg);
    mem_free(stream);
}

static void end(struct stream *stream, const struct err *why)
{
    if (stream->state == STREAM_ENDED)
        return;
    if (stream->state == STREAM_OPEN)
        sock_unwatch(stream->net, stream->fd, false);
    stream->state = STREAM_ENDED;
    if (why)
        stream->why = *why;
    net_defer(stream->net, on_end, stream);
}

static void fail(struct stream *stream, CURLcode result)
{
    struct err error = {0};
    curl_error_set(&error, result, stream->error);
    end(stream, &error);
}

static void watch(struct stream *stream)
{
    int events = UV_READABLE | (stream->blocked ? UV_WRITABLE : 0);
    struct err error = {0};
    if (sock_watch(stream->net, stream->fd, events, on_socket, stream) == 0)
        return;
    err_set(&error, ERR_IO, "the connection cannot be polled");
    end(stream, &error);
}

/* What was queued becomes what is being sent; the two buffers change places to keep their memory. */
static bool next_to_send(struct stream *stream)
{
    struct strbuf queued = stream->queued;
    if (stream->sent < stream->sending.len)
        return true;
    strbuf_reset(&stream->sending);
    stream->sent = 0;
    stream->queued = stream->sending;
    stream->sending = queued;
    return stream->sending.len > 0;
}

static void flush(struct stream *stream)
{
    stream->blocked = false;
    while (stream->state == STREAM_OPEN && next_to_send(stream)) {
        size_t sent = 0;
        CURLcode result = curl_easy_send(stream->easy, stream->sending.data + stream->sent,
                                         stream->sending.len - stream->sent, &sent);
        if (result == CURLE_AGAIN) {
            stream->blocked = true;
            return;
        }
        if (result != CURLE_OK) {
            fail(stream, result);
            return;
        }
        stream->sent += sent;
    }
}

static void on_work_deferred(void *arg);

static void defer_work(struct stream *stream)
{
    if (!stream->work_deferred)
        net_defer(stream->net, on_work_deferred, stream);
    stream->work_deferred = true;
}

/* One buffer for all: handlers get bytes, never keep them, and a loop has one thread. */
static void receive(struct stream *stream)
{
    static char buffer[READ_BYTES];
    stream->unread = false;
    for (size_t total = 0; total < TURN_BYTES_MAX;) {
        size_t len = 0;
        CURLcode result = curl_easy_recv(stream->easy, buffer, sizeof(buffer), &len);
        if (result == CURLE_AGAIN)
            return;
        if (result != CURLE_OK) {
            fail(stream, result);
            return;
        }
        if (len == 0) {
            end(stream, NULL);
            return;
        }
        stream->handlers.on_data(buffer, len, stream->arg);
        if (stream->state != STREAM_OPEN)
            return;
        total += len;
    }
    stream->unread = true; /* perhaps inside TLS, where no poll sees it */
    defer_work(stream);
}

static void work(struct stream *stream, bool readable)
{
    if (stream->state == STREAM_OPEN && readable)
        receive(stream);
    if (stream->state == STREAM_OPEN)
        flush(stream);
    if (stream->state == STREAM_OPEN)
        watch(stream);
}

static void on_work_deferred(void *arg)
{
    struct stream *stream = arg;
    stream->work_deferred = false;
    work(stream, stream->unread);
}

static void on_socket(int fd, int events, bool failed, void *arg)
{
    (void)fd;
    (void)events;
    (void)failed; /* what is wrong, curl_easy_recv will say */
    work(arg, true);
}

static void on_connected(struct transfer *transfer, CURLcode result)
{
    struct stream *stream = container_of(transfer, struct stream, transfer);
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (stream->state != STREAM_CONNECTING)
        return;
    if (result == CURLE_OK)
        curl_easy_getinfo(stream->easy, CURLINFO_ACTIVESOCKET, &fd);
    if (fd == CURL_SOCKET_BAD) {
        fail(stream, result == CURLE_OK ? CURLE_COULDNT_CONNECT : result);
        return;
    }
    stream->fd = fd;
    stream->state = STREAM_OPEN;
    if (stream->handlers.on_open)
        stream->handlers.on_open(stream->arg);
    work(stream, true);
}

/* The host becomes part of a URL: nothing in it may reach beyond the host. */
static int check_host(const char *host, struct err *err)
{
    if (text_empty(host))
        return err_set(err, ERR_CONFIG, "no host to connect to");
    for (const char *p = host; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c <= 0x20 || c == 0x7f || strchr("/?#@[]\\\"<>^`{|}", c))
            return err_set(err, ERR_CONFIG, "not a host name or address");
    }
    return 0;
}

static void setup(struct stream *stream, const struct stream_options *options)
{
    CURL *easy = stream->easy;
    bool ipv6 = strchr(options->host, ':') != NULL;
    char *url = mem_printf("%s://%s%s%s:%u", options->tls ? "https" : "http", ipv6 ? "[" : "", options->host,
                           ipv6 ? "]" : "", options->port);
    transport_apply_common(stream->transport, easy);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* HTTP proxies are not for line protocols */
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L); /* newer curls keep sessions per multi */
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, NEVER_TOO_OLD_S);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, stream->error);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(options->connect_timeout_ms > 0 ? options->connect_timeout_ms : 5000));
    if (stream->material)
        tls_material_apply(stream->material, easy);
    mem_free(url);
}

int stream_open(struct net *net, const struct stream_options *options, const struct stream_handlers *handlers,
                void *arg, struct stream **ret, struct err *err)
{
    struct tls_material *material = NULL;
    struct err error = {0};
    int rc = check_host(options->host, err);
    if (rc == 0 && options->tls)
        rc = tls_material_new(net, options->tls, &material, err);
    if (rc < 0)
        return rc;
    struct stream *stream = mem_zalloc(sizeof(*stream));
    stream->transfer.done = on_connected;
    stream->net = net;
    stream->transport = transport_get(net, TRANSPORT_STREAM, NULL);
    stream->material = material;
    stream->handlers = *handlers;
    stream->arg = arg;
    stream->easy = curl_easy_init();
    strbuf_init_max(&stream->queued, STREAM_MAX_QUEUED);
    strbuf_init_max(&stream->sending, STREAM_MAX_QUEUED);
    setup(stream, options);
    if (transport_start(stream->transport, stream->easy, &stream->transfer, &error) < 0)
        end(stream, &error);
    *ret = stream;
    return 0;
}

int stream_write(struct stream *stream, const char *bytes, size_t len, struct err *err)
{
    size_t unsent = stream->queued.len + stream->sending.len - stream->sent;
    if (stream->state == STREAM_ENDED)
        return err_set(err, ERR_CANCELED, "the connection is closed");
    if (len > STREAM_MAX_QUEUED - unsent)
        return err_set(err, ERR_LIMIT, "more than %zu unsent bytes", (size_t)STREAM_MAX_QUEUED);
    strbuf_append_n(&stream->queued, bytes, len);
    if (stream->state == STREAM_OPEN && !stream->blocked)
        defer_work(stream); /* all that is written in one turn leaves together */
    return 0;
}

void stream_close(struct stream *stream)
{
    static const struct err canceled = {.code = ERR_CANCELED, .msg = "canceled"};
    end(stream, &canceled);
}

/* Owns curl's multi handles: their sockets and timer on the loop, who shares one, and spare easy handles.
 *
 * Why several: curl decides by its own options whether a connection may be reused, and does not see what an
 * SSL_CTX callback did (CA, client certificate, server name). A multi per TLS material makes a wrong reuse,
 * of a connection or a TLS session, impossible by construction. */
#include "scaler/net/transport.h"

#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#include "scaler/base/mem.h"
#include "scaler/net/internal.h"
#include "scaler/net/sock.h"
#include "scaler/net/tls_material.h"

#define SPARE_HANDLES_MAX    256 /* over all transports; 7 KiB each */
#define SPARE_BODY_MAX       ((size_t)16 << 10)
#define CONNECTIONS_MAX      65536L /* idle ones kept per multi; curl closes those unused for two minutes */
#define DNS_CACHE_SECONDS    10L
#define KEEPALIVE_IDLE_S     30L
#define KEEPALIVE_INTERVAL_S 15L

struct transport {
    struct transport *next, *prev;
    struct net *net;
    enum transport_kind kind;
    struct tls_material *material;
    unsigned users;
    bool own; /* its one user's alone */
    CURLM *multi;
    uv_timer_t timer;
    bool busy;
    struct slot *spare;
};

/* Completions wait in the multi and are only to be had outside of curl's callbacks: after every action. */
static void drain(struct transport *transport)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(transport->multi, &left))) {
        char *transfer = NULL;
        CURLcode result = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        ((struct transfer *)(void *)transfer)->done((struct transfer *)(void *)transfer, result);
    }
}

static void act(struct transport *transport, curl_socket_t fd, int mask)
{
    int running;
    transport->busy = true;
    curl_multi_socket_action(transport->multi, fd, mask, &running);
    transport->busy = false;
    drain(transport);
}

/* An error is told as readiness: curl then finds the error itself, and retries where CURL_CSELECT_ERR would
 * have ended a request on a connection the peer had just reset. */
static void on_socket(int fd, int events, bool failed, void *arg)
{
    int mask = failed ? CURL_CSELECT_IN | CURL_CSELECT_OUT : 0;
    if (events & UV_READABLE)
        mask |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        mask |= CURL_CSELECT_OUT;
    act(arg, fd, mask);
}

static void on_timer(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

/* curl 7.88 closes a socket on which TCP or TLS was not finished without telling anybody, so only one that
 * has carried an answer may stay armed. */
static bool may_keep(CURL *easy)
{
    char *transfer = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    return transfer && ((const struct transfer *)(void *)transfer)->established;
}

/* Always 0: an error would kill the multi for good; a transfer nobody wakes ends at its deadline. */
static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
    struct transport *transport = arg;
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    (void)unused;
    if (what == CURL_POLL_REMOVE)
        sock_unwatch(transport->net, fd, may_keep(easy));
    else
        (void)sock_watch(transport->net, fd, events, on_socket, transport);
    return 0;
}

/* 0 means as soon as possible, but curl must not be entered from here: the timer runs in the next turn. */
static int on_curl_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct transport *transport = arg;
    (void)multi;
    if (timeout_ms < 0)
        uv_timer_stop(&transport->timer);
    else
        uv_timer_start(&transport->timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

/* The number may be that of a socket closed a moment ago in the same call (the next address of a host is
 * tried): curl then believes that it is still watched. */
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = arg;
    (void)purpose;
    transfer->established = false;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
    if (fd >= 0)
        sock_opened(transfer->net, fd);
    return fd;
}

static int on_close_socket(void *arg, curl_socket_t fd)
{
    sock_drop(arg, fd);
    return close(fd);
}

static CURLM *multi_new(struct transport *transport)
{
    CURLM *multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, transport);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, transport);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_MAX);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING,
                      transport->kind == TRANSPORT_HTTP2 ? CURLPIPE_MULTIPLEX : CURLPIPE_NOTHING);
    return multi;
}

static struct transport *transport_new(struct net *net, enum transport_kind kind,
                                       struct tls_material *material)
{
    struct transport *transport = mem_zalloc(sizeof(*transport));
    transport->net = net;
    transport->kind = kind;
    transport->material = material ? tls_material_ref(material) : NULL;
    uv_timer_init(net->loop, &transport->timer);
    transport->timer.data = transport;
    net_handle_opened(net);
    transport->multi = multi_new(transport);
    DL_APPEND(net->transports, transport);
    return transport;
}

static bool fits(const struct transport *transport, enum transport_kind kind,
                 const struct tls_material *material)
{
    return !transport->own && transport->kind == kind && transport->users < TRANSPORT_USERS_MAX &&
           (!material || tls_material_equal(transport->material, material));
}

struct transport *transport_get(struct net *net, enum transport_kind kind, struct tls_material *material)
{
    struct transport *transport;
    DL_FOREACH (net->transports, transport)
        if (fits(transport, kind, material))
            break;
    if (!transport)
        transport = transport_new(net, kind, material);
    transport->users++;
    return transport;
}

struct transport *transport_get_own(struct net *net, enum transport_kind kind, struct tls_material *material)
{
    struct transport *transport = transport_new(net, kind, material);
    transport->own = true;
    transport->users++;
    return transport;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct transport *transport = handle->data;
    struct net *net = transport->net;
    mem_free(transport);
    net_handle_closed(net);
}

static void slot_free(struct slot *slot)
{
    curl_easy_cleanup(slot->easy);
    strbuf_done(&slot->body);
    mem_free(slot);
}

void transport_put(struct transport *transport)
{
    if (--transport->users)
        return;
    DL_DELETE(transport->net->transports, transport);
    while (transport->spare) {
        struct slot *slot = transport->spare;
        transport->spare = slot->next;
        transport->net->spare_handles--;
        slot_free(slot);
    }
    curl_multi_cleanup(
        transport->multi); /* closes its connections: sockets and TLS material were needed until now */
    tls_material_unref(transport->material);
    uv_close((uv_handle_t *)&transport->timer, on_timer_closed);
}

static struct slot *slot_new(void)
{
    struct slot *slot = mem_zalloc(sizeof(*slot));
    strbuf_init(&slot->body);
    slot->easy = curl_easy_init();
    return slot;
}

static struct slot *slot_pop(struct transport *transport)
{
    struct slot *slot = transport->spare;
    transport->spare = slot->next;
    transport->net->spare_handles--;
    slot->next = NULL;
    /* Worth its microsecond: curl (until 8.7) counts retries on dropped connections over a handle's whole
     * life, and fails the request that makes it five. */
    curl_easy_reset(slot->easy);
    return slot;
}

struct slot *transport_slot_take(struct transport *transport)
{
    struct slot *slot = transport->spare ? slot_pop(transport) : slot_new();
    transport_apply_common(transport, slot->easy);
    curl_easy_setopt(slot->easy, CURLOPT_ERRORBUFFER, slot->error);
    slot->error[0] = '\0';
    return slot;
}

void transport_slot_give(struct transport *transport, struct slot *slot)
{
    if (transport->net->spare_handles >= SPARE_HANDLES_MAX) {
        slot_free(slot);
        return;
    }
    if (slot->body.cap > SPARE_BODY_MAX)
        strbuf_done(&slot->body);
    slot->next = transport->spare;
    transport->spare = slot;
    transport->net->spare_handles++;
}

int transport_start(struct transport *transport, CURL *easy, struct transfer *transfer, struct err *err)
{
    transfer->net = transport->net;
    transfer->established = false;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    CURLMcode rc = curl_multi_add_handle(transport->multi, easy);
    return rc == CURLM_OK ? 0 : err_set(err, ERR_IO, "cannot start: %s", curl_multi_strerror(rc));
}

void transport_stop(struct transport *transport, CURL *easy)
{
    curl_multi_remove_handle(transport->multi, easy);
}

bool transport_busy(const struct transport *transport)
{
    return transport->busy;
}

bool transport_multiplexes(const struct transport *transport)
{
    return transport->kind == TRANSPORT_HTTP2;
}

/* QUICK_EXIT: without it, giving up during name resolution would join the resolver's thread, for seconds. */
void transport_apply_common(struct transport *transport, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, DNS_CACHE_SECONDS);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, transport->net);
    if (transport->material)
        tls_material_apply(transport->material, easy);
}

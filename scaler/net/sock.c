/* Owns the uv_poll handles, by file descriptor.
 *
 * curl stops watching a connection after every answer and starts again with the next request. Each such
 * change would cost epoll_ctl calls, so a kept descriptor stays armed for reading while nobody watches;
 * should it become readable then (the peer closed it), it is forgotten and left for curl to find. */
#include "scaler/net/sock.h"

#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/net/internal.h"

struct sock {
    uv_poll_t poll;
    struct net *net;
    int fd;
    int armed;
    sock_fn fn; /* NULL: nobody watches */
    void *arg;
};

static struct sock *find(const struct net *net, int fd)
{
    return fd >= 0 && (size_t)fd < net->socks_len ? net->socks[fd] : NULL;
}

static void on_closed(uv_handle_t *handle)
{
    struct sock *sock = handle->data;
    struct net *net = sock->net;
    mem_free(sock);
    net_handle_closed(net);
}

static void close_sock(struct sock *sock)
{
    sock->net->socks[sock->fd] = NULL;
    uv_close((uv_handle_t *)&sock->poll, on_closed);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct sock *sock = poll->data;
    if (status < 0)
        sock->armed = 0; /* uv has stopped it */
    if (sock->fn)
        sock->fn(sock->fd, status < 0 ? 0 : events, status < 0, sock->arg);
    else
        close_sock(sock);
}

static void table_reserve(struct net *net, int fd)
{
    size_t need = (size_t)fd + 1;
    if (need <= net->socks_len)
        return;
    size_t len = net->socks_len ? net->socks_len : 64;
    while (len < need)
        len *= 2;
    net->socks = mem_realloc_array(net->socks, len, sizeof(struct sock *));
    memset(net->socks + net->socks_len, 0, (len - net->socks_len) * sizeof(struct sock *));
    net->socks_len = len;
}

static struct sock *open_sock(struct net *net, int fd)
{
    struct sock *sock = find(net, fd);
    if (sock)
        return sock;
    sock = mem_zalloc(sizeof(*sock));
    if (uv_poll_init(net->loop, &sock->poll, fd) < 0) {
        mem_free(sock);
        return NULL;
    }
    net_handle_opened(net);
    table_reserve(net, fd);
    net->socks[fd] = sock;
    sock->poll.data = sock;
    sock->net = net;
    sock->fd = fd;
    return sock;
}

static int arm(struct sock *sock, int events)
{
    if (events == sock->armed)
        return 0;
    int rc = events ? uv_poll_start(&sock->poll, events, on_poll) : uv_poll_stop(&sock->poll);
    sock->armed = rc < 0 ? 0 : events;
    return rc;
}

int sock_watch(struct net *net, int fd, int events, sock_fn fn, void *arg)
{
    struct sock *sock = open_sock(net, fd);
    if (!sock)
        return ERR_IO;
    sock->fn = fn;
    sock->arg = arg;
    return arm(sock, events) < 0 ? ERR_IO : 0;
}

void sock_unwatch(struct net *net, int fd, bool keep)
{
    struct sock *sock = find(net, fd);
    if (!sock)
        return;
    sock->fn = NULL;
    if (!keep || sock->armed != UV_READABLE)
        close_sock(sock);
}

void sock_drop(struct net *net, int fd)
{
    struct sock *sock = find(net, fd);
    if (sock)
        close_sock(sock);
}

void sock_opened(struct net *net, int fd)
{
    struct sock *stale = find(net, fd);
    if (!stale)
        return;
    int events = stale->armed;
    sock_fn fn = stale->fn;
    void *arg = stale->arg;
    close_sock(stale);
    if (fn)
        (void)sock_watch(net, fd, events, fn, arg);
}

/* Owns the way from an address in text to a listening socket. Numeric addresses only: a name would have to be
 * looked up, which blocks. */
#include "scaler/net/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "scaler/base/number.h"

#define BACKLOG  128
#define HOST_MAX 64

/* Splits at the last colon; brackets around IPv6 are removed. */
static int split(const char *address, char *ret_host, int64_t *ret_port, struct err *err)
{
    const char *colon = strrchr(address, ':');
    size_t len = colon ? (size_t)(colon - address) : 0;
    bool brackets = len >= 2 && address[0] == '[' && address[len - 1] == ']';
    if (!colon || len >= HOST_MAX || (memchr(address, ':', len) && !brackets))
        return err_set(err, ERR_CONFIG, "\"%s\" is not an address with a port such as 127.0.0.1:8080",
                       address);
    if (number_parse_json_int(colon + 1, 0, 65535, ret_port, NULL) < 0)
        return err_set(err, ERR_CONFIG, "\"%s\": the port is not a number from 0 to 65535", address);
    memcpy(ret_host, address + brackets, len - 2 * (size_t)brackets);
    ret_host[len - 2 * (size_t)brackets] = '\0';
    return 0;
}

static int bind_to(const struct sockaddr *address, socklen_t len, bool both_families, int *ret_fd)
{
    const int on = 1, off = 0;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, both_families ? &off : &on, sizeof(on));
    if (bind(fd, address, len) == 0 && listen(fd, BACKLOG) == 0) {
        *ret_fd = fd;
        return 0;
    }
    int rc = -errno;
    close(fd);
    return rc;
}

/* Hosts without IPv6 still listen on all IPv4 addresses. */
static int bind_all(int port, int *ret_fd)
{
    struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int rc = bind_to((const struct sockaddr *)&any6, sizeof(any6), true, ret_fd);
    if (rc == -EAFNOSUPPORT || rc == -EADDRNOTAVAIL)
        rc = bind_to((const struct sockaddr *)&any4, sizeof(any4), false, ret_fd);
    return rc;
}

static int bind_host(const char *host, int port, int *ret_fd)
{
    struct sockaddr_in ipv4 = {0};
    struct sockaddr_in6 ipv6 = {0};
    if (*host == '\0')
        return bind_all(port, ret_fd);
    if (uv_ip4_addr(host, port, &ipv4) == 0)
        return bind_to((const struct sockaddr *)&ipv4, sizeof(ipv4), false, ret_fd);
    if (uv_ip6_addr(host, port, &ipv6) == 0)
        return bind_to((const struct sockaddr *)&ipv6, sizeof(ipv6), false, ret_fd);
    return -EINVAL;
}

static uint16_t port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    } address = {0};
    socklen_t len = sizeof(address);
    getsockname(fd, &address.any, &len);
    return ntohs(address.any.sa_family == AF_INET6 ? address.ipv6.sin6_port : address.ipv4.sin_port);
}

int listen_open(const char *address, int *ret_fd, uint16_t *ret_port, struct err *err)
{
    char host[HOST_MAX];
    int64_t port;
    int fd = -1;
    int rc = split(address, host, &port, err);
    if (rc < 0)
        return rc;
    rc = bind_host(host, (int)port, &fd);
    if (rc == -EINVAL)
        return err_set(err, ERR_CONFIG, "\"%s\": not an IPv4 or IPv6 address (names are not looked up)",
                       address);
    if (rc < 0)
        return err_set(err, ERR_IO, "cannot listen on %s: %s", address, strerror(-rc));
    *ret_fd = fd;
    *ret_port = port_of(fd);
    return 0;
}

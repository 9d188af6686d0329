/* A server that gives every HTTP request the same Prometheus answer and costs as little as possible, so that
 * a measurement is one of the client. Prints its port; ends with its parent. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define EVENTS          64
#define BODY                                                                                                 \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{},"                \
    "\"value\":[1700000000.123,\"3\"]}]}}"

/* Clients wait for each answer before they ask again, so the end of a request is the end of what was read. */
static size_t matched[CONNECTIONS_MAX]; /* bytes of the blank line seen, by descriptor */

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static unsigned requests_in(int fd, const char *bytes, size_t len)
{
    static const char blank[] = "\r\n\r\n";
    unsigned requests = 0;
    for (size_t i = 0; i < len; i++) {
        matched[fd] = bytes[i] == blank[matched[fd]] ? matched[fd] + 1 : bytes[i] == '\r';
        if (matched[fd] < 4)
            continue;
        matched[fd] = 0;
        requests++;
    }
    return requests;
}

static void serve(int fd)
{
    static char bytes[65536], answer[512];
    static size_t answer_len;
    if (!answer_len)
        answer_len = (size_t)snprintf(
            answer, sizeof(answer),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
            strlen(BODY), BODY);
    ssize_t len = read(fd, bytes, sizeof(bytes));
    if (len <= 0 && !(len < 0 && errno == EAGAIN)) {
        close(fd);
        return;
    }
    for (unsigned n = len > 0 ? requests_in(fd, bytes, (size_t)len) : 0; n > 0; n--)
        if (send(fd, answer, answer_len, MSG_NOSIGNAL) != (ssize_t)answer_len) {
            close(fd);
            return;
        }
}

static void take(int epoll, int listener)
{
    int one = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    if (fd >= CONNECTIONS_MAX) {
        close(fd);
        return;
    }
    matched[fd] = 0;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        close(fd);
}

static int listen_loopback(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0 || listen(fd, 128) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        die("listen");
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

int main(void)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    int listener = listen_loopback(), epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0)
        die("epoll");
    for (;;) {
        int n = epoll_wait(epoll, events, EVENTS, -1);
        if (n < 0 && errno != EINTR)
            die("epoll_wait");
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener)
                take(epoll, listener);
            else
                serve(events[i].data.fd);
        }
    }
}

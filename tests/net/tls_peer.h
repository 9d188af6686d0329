/* A TLS server with threads and blocking I/O, so that it shares nothing with what it tests. It answers every
 * request with what it saw of the client; or (echo) sends back what it got. */
#ifndef TESTS_NET_TLS_PEER_H
#define TESTS_NET_TLS_PEER_H

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/net/certs.h"

#define TLS_PEER_CONNECTIONS 64

struct tls_peer {
    unsigned port;
    bool echo;
    int listen_fd;
    SSL_CTX *ctx;
    pthread_t acceptor;
    int fds[TLS_PEER_CONNECTIONS];
    pthread_t threads[TLS_PEER_CONNECTIONS];
    atomic_uint accepted;
};

struct tls_peer_job {
    struct tls_peer *peer;
    unsigned nr;
};

/* "conn=1 client=alice sni=a.test resumed=0 TLSv1.3" */
static inline int tls_peer_describe(SSL *ssl, unsigned nr, char *text, size_t size)
{
    char name[64] = "-";
    X509 *client = SSL_get0_peer_certificate(ssl);
    if (client)
        X509_NAME_get_text_by_NID(X509_get_subject_name(client), NID_commonName, name, sizeof(name));
    const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    return snprintf(text, size, "conn=%u client=%s sni=%s resumed=%d %s", nr + 1, name, sni ? sni : "-",
                    SSL_session_reused(ssl), SSL_get_version(ssl));
}

static inline void tls_peer_serve(struct tls_peer *peer, unsigned nr, SSL *ssl)
{
    char in[16384], body[256], out[512];
    size_t len = 0;
    for (;;) {
        int got = SSL_read(ssl, in + len, (int)(sizeof(in) - 1 - len));
        if (got <= 0)
            return;
        if (peer->echo) {
            if (SSL_write(ssl, in, got) <= 0)
                return;
            continue;
        }
        len += (size_t)got;
        in[len] = '\0';
        if (!strstr(in, "\r\n\r\n"))
            continue;
        len = 0;
        int body_len = tls_peer_describe(ssl, nr, body, sizeof(body));
        int out_len =
            snprintf(out, sizeof(out), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", body_len, body);
        if (SSL_write(ssl, out, out_len) <= 0)
            return;
    }
}

static inline void *tls_peer_connection(void *arg)
{
    struct tls_peer_job *job = arg;
    struct tls_peer *peer = job->peer;
    SSL *ssl = SSL_new(peer->ctx);
    SSL_set_fd(ssl, peer->fds[job->nr]);
    if (SSL_accept(ssl) == 1)
        tls_peer_serve(peer, job->nr, ssl);
    SSL_shutdown(ssl);
    SSL_free(ssl);
    shutdown(peer->fds[job->nr], SHUT_RDWR);
    mem_free(job);
    return NULL;
}

static inline void *tls_peer_accept(void *arg)
{
    struct tls_peer *peer = arg;
    for (unsigned nr = 0; nr < TLS_PEER_CONNECTIONS; nr++) {
        int fd = accept(peer->listen_fd, NULL, NULL);
        if (fd < 0)
            break;
        struct tls_peer_job *job = mem_zalloc(sizeof(*job));
        *job = (struct tls_peer_job){.peer = peer, .nr = nr};
        peer->fds[nr] = fd;
        pthread_create(&peer->threads[nr], NULL, tls_peer_connection, job);
        atomic_store(&peer->accepted, nr + 1);
    }
    return NULL;
}

/* client_ca: a client certificate signed by it is demanded; NULL: none asked for. version: 0 any, else the
 * only one. */
static inline void tls_peer_start(struct tls_peer *peer, const struct identity *identity,
                                  const struct identity *client_ca, int version)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    peer->ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(peer->ctx, 0);
    SSL_CTX_set_session_id_context(peer->ctx, (const unsigned char *)"test", 4);
    SSL_CTX_use_certificate(peer->ctx, identity->cert);
    SSL_CTX_use_PrivateKey(peer->ctx, identity->key);
    if (version) {
        SSL_CTX_set_min_proto_version(peer->ctx, version);
        SSL_CTX_set_max_proto_version(peer->ctx, version);
    }
    if (client_ca) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(peer->ctx), client_ca->cert);
        SSL_CTX_set_verify(peer->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    peer->listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(peer->listen_fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(peer->listen_fd, 64), 0);
    getsockname(peer->listen_fd, (struct sockaddr *)&address, &len);
    peer->port = ntohs(address.sin_port);
    pthread_create(&peer->acceptor, NULL, tls_peer_accept, peer);
}

static inline void tls_peer_stop(struct tls_peer *peer)
{
    shutdown(peer->listen_fd, SHUT_RDWR);
    pthread_join(peer->acceptor, NULL);
    for (unsigned nr = 0; nr < atomic_load(&peer->accepted); nr++) {
        shutdown(peer->fds[nr], SHUT_RDWR);
        pthread_join(peer->threads[nr], NULL);
        close(peer->fds[nr]);
    }
    close(peer->listen_fd);
    SSL_CTX_free(peer->ctx);
}

#endif

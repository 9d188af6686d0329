/* Byte streams over TLS. */
#include "scaler/net/stream.h"
#include "tests/net/peer.h"
#include "tests/net/tls_peer.h"

struct client {
    struct stream *stream;
    struct strbuf in;
    bool open, closed;
    struct err why;
};

static struct identity ca, server, alice;
static struct tls_peer tls_peer;

static void on_open(void *arg)
{
    ((struct client *)arg)->open = true;
}

static void on_data(const char *bytes, size_t len, void *arg)
{
    strbuf_append_n(&((struct client *)arg)->in, bytes, len);
}

static void on_close(const struct err *error, void *arg)
{
    struct client *client = arg;
    ck_assert(!client->closed);
    client->closed = true;
    client->stream = NULL;
    if (error)
        client->why = *error;
}

static void start(const struct identity *client_ca, int version)
{
    identity_init(&ca, "CA", NULL, NULL);
    identity_init(&server, "server", &ca, "DNS:redis.test,IP:127.0.0.1");
    identity_init(&alice, "alice", &ca, NULL);
    tls_peer = (struct tls_peer){.echo = true};
    tls_peer_start(&tls_peer, &server, client_ca, version);
}

static void stop(void)
{
    tls_peer_stop(&tls_peer);
    struct identity *all[] = {&ca, &server, &alice};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        identity_done(all[i]);
}

static void connect_tls(struct client *client, unsigned port, const struct tls_options *tls)
{
    static const struct stream_handlers handlers = {
        .on_open = on_open, .on_data = on_data, .on_close = on_close};
    struct stream_options options = {
        .host = "127.0.0.1", .port = (uint16_t)port, .tls = tls, .connect_timeout_ms = 2000};
    struct err err = {0};
    *client = (struct client){0};
    strbuf_init_max(&client->in, (size_t)256 << 20);
    ck_assert_msg(stream_open(test_net, &options, &handlers, client, &client->stream, &err) == 0, "%s",
                  err.msg);
}

static void finish(struct client *client)
{
    if (client->stream)
        stream_close(client->stream);
    run_until(&client->closed);
    strbuf_done(&client->in);
}

static void wait_bytes(struct client *client, size_t len)
{
    for (int64_t end = clock_mono_ms() + 30000; client->in.len < len && clock_mono_ms() < end;) {
        ck_assert_msg(!client->closed, "closed: %s", client->why.msg);
        run_for(1);
    }
    ck_assert_uint_eq(client->in.len, len);
}

/* Many records, more than one read takes out of TLS, in both directions at once and byte for byte. */
static void check_echo(int version)
{
    enum { SIZE = 4 << 20 };
    struct client client;
    char *bytes = mem_alloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 7 + i / 251);
    start(NULL, version);
    connect_tls(&client, tls_peer.port, &(struct tls_options){.ca_pem = ca.cert_pem});
    ck_assert_int_eq(stream_write(client.stream, "first", 5, NULL), 0);
    wait_bytes(&client, 5);
    strbuf_reset(&client.in);
    for (size_t at = 0; at < SIZE; at += SIZE / 64) {
        ck_assert_int_eq(stream_write(client.stream, bytes + at, SIZE / 64, NULL), 0);
        if (at % (SIZE / 8) == 0)
            run_for(1);
    }
    wait_bytes(&client, SIZE);
    ck_assert_int_eq(memcmp(client.in.data, bytes, SIZE), 0);
    finish(&client);
    mem_free(bytes);
    stop();
}

START_TEST(echo_tls12)
{
    check_echo(TLS1_2_VERSION);
}
END_TEST

START_TEST(echo_tls13)
{
    check_echo(TLS1_3_VERSION);
}
END_TEST

START_TEST(trust)
{
    struct client client;
    start(NULL, 0);
    const struct {
        struct tls_options tls;
        bool ok;
    } rows[] = {
        {{0}, false},
        {{.ca_pem = ca.cert_pem}, true},
        {{.ca_pem = ca.cert_pem, .only_ca = true}, true},
        {{.ca_pem = alice.cert_pem}, false},
        {{.insecure = true}, true},
        {{.ca_pem = ca.cert_pem, .server_name = "redis.test"}, true},
        {{.ca_pem = ca.cert_pem, .server_name = "evil.test"}, false},
        {{0}, false}, /* the trusted ones before must not have helped */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        connect_tls(&client, tls_peer.port, &rows[i].tls);
        run_until(rows[i].ok ? &client.open : &client.closed);
        ck_assert_msg(client.open == rows[i].ok, "row %zu", i);
        if (!rows[i].ok) {
            ck_assert_int_eq(client.why.code, ERR_IO);
            ck_assert_msg(strstr(client.why.msg, "certificate verify failed") != NULL, "%s", client.why.msg);
        }
        finish(&client);
    }
    stop();
}
END_TEST

/* TLS 1.3 tells of a missing client certificate only after the client believes to be connected. */
START_TEST(client_certificate)
{
    struct client client;
    static const int server_versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t i = 0; i < ARRAY_LEN(server_versions); i++) {
        start(NULL, server_versions[i]);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(tls_peer.ctx), ca.cert);
        SSL_CTX_set_verify(tls_peer.ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        connect_tls(&client, tls_peer.port, &(struct tls_options){.ca_pem = ca.cert_pem});
        run_until(&client.closed);
        ck_assert_int_eq(client.why.code, ERR_IO);
        finish(&client);
        struct tls_options tls = {
            .ca_pem = ca.cert_pem, .cert_pem = alice.cert_pem, .key_pem = alice.key_pem};
        connect_tls(&client, tls_peer.port, &tls);
        stream_write(client.stream, "x", 1, NULL);
        wait_bytes(&client, 1);
        finish(&client);
        stop();
    }
}
END_TEST

static void on_silence(struct peer_conn *conn, const char *text, size_t len)
{
    (void)conn, (void)text, (void)len;
}

/* A TCP peer that never says hello, and one that says something else. */
static void on_plain(struct peer_conn *conn, const char *text, size_t len)
{
    (void)text, (void)len;
    peer_send(conn, "-ERR plain text here\r\n");
}

START_TEST(no_tls_at_the_other_end)
{
    struct peer peer;
    struct client client;
    peer_listen(&peer, on_silence);
    peer.raw = true;
    connect_tls(&client, peer.port, &(struct tls_options){.insecure = true});
    int64_t begin = clock_mono_ms();
    run_until(&client.closed);
    ck_assert_int_eq(client.why.code, ERR_TIMEOUT);
    ck_assert_int_ge(clock_mono_ms() - begin, 1900);
    finish(&client);
    peer.on_request = on_plain;
    connect_tls(&client, peer.port, &(struct tls_options){.insecure = true});
    run_until(&client.closed);
    ck_assert_int_eq(client.why.code, ERR_IO);
    finish(&client);
    connect_tls(&client, peer.port, &(struct tls_options){.insecure = true});
    peer.on_request = on_silence;
    run_for(50); /* in the middle of the handshake */
    finish(&client);
    ck_assert_int_eq(client.why.code, ERR_CANCELED);
    peer_close(&peer);
}
END_TEST

/* An idle stream must survive what other streams make curl do with "idle" connections. */
START_TEST(idle_beside_others)
{
    struct client idle, other;
    start(NULL, 0);
    connect_tls(&idle, tls_peer.port, &(struct tls_options){.insecure = true});
    run_until(&idle.open);
    for (int i = 0; i < 3; i++) {
        run_for(1100); /* curl looks for dead connections at most once a second */
        connect_tls(&other, tls_peer.port, &(struct tls_options){.insecure = true});
        run_until(&other.open);
        finish(&other);
    }
    ck_assert(!idle.closed);
    stream_write(idle.stream, "x", 1, NULL);
    wait_bytes(&idle, 1);
    finish(&idle);
    stop();
}
END_TEST

RUN_SUITE("stream_tls", echo_tls12, echo_tls13, trust, client_certificate, no_tls_at_the_other_end,
          idle_beside_others)

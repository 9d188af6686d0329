/* TLS of the HTTP client: who is trusted, what is presented, and that connections never cross TLS settings.
 */
#include "tests/net/fixture.h"
#include "tests/net/tls_peer.h"

static struct identity ca, other_ca, server, stranger, alice, bob;
static struct tls_peer peer;

static void setup_identities(void)
{
    identity_init(&ca, "Test CA", NULL, NULL);
    identity_init(&other_ca, "Other CA", NULL, NULL);
    identity_init(&server, "server", &ca, "DNS:localhost,DNS:prom.test,IP:127.0.0.1");
    identity_init(&stranger, "server", &ca, "DNS:stranger.test,IP:10.9.8.7");
    identity_init(&alice, "alice", &ca, NULL);
    identity_init(&bob, "bob", &ca, NULL);
}

static void free_identities(void)
{
    struct identity *all[] = {&ca, &other_ca, &server, &stranger, &alice, &bob};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        identity_done(all[i]);
}

static void setup(const struct identity *identity, const struct identity *client_ca, int version)
{
    setup_identities();
    peer = (struct tls_peer){0};
    tls_peer_start(&peer, identity, client_ca, version);
}

static void teardown(void)
{
    tls_peer_stop(&peer);
    free_identities();
}

static struct http_pool *tls_pool(const struct tls_options *tls)
{
    return open_pool(&(struct http_pool_options){.tls = *tls});
}

static void ask_tls(struct http_pool *pool, struct answer *answer)
{
    char *url = mem_printf("https://127.0.0.1:%u/?q=s3cret", peer.port);
    ask(pool, &(struct http_request){.url = url, .timeout_ms = 10000}, answer);
    mem_free(url);
}

static void expect_body(struct http_pool *pool, const char *text)
{
    struct answer answer;
    ask_tls(pool, &answer);
    ck_assert_msg(answer.error.code == 0, "%s", answer.error.msg);
    ck_assert_msg(strstr(answer.body, text) != NULL, "%s instead of %s", answer.body, text);
    answer_done(&answer);
}

static void expect_error(struct http_pool *pool, const char *text)
{
    struct answer answer;
    ask_tls(pool, &answer);
    ck_assert_int_eq(answer.error.code, ERR_IO);
    ck_assert_msg(strstr(answer.error.msg, text) != NULL, "%s instead of %s", answer.error.msg, text);
    ck_assert_ptr_null(strstr(answer.error.msg, "s3cret"));
    answer_done(&answer);
}

/* text: of the body if ok, of the error otherwise. */
struct trust_row {
    struct tls_options tls;
    bool ok;
    const char *text;
};

static void check_rows(const struct trust_row *rows, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        struct http_pool *pool = tls_pool(&rows[i].tls);
        if (rows[i].ok)
            expect_body(pool, rows[i].text);
        else
            expect_error(pool, rows[i].text);
        close_pool(pool);
    }
}

START_TEST(trust)
{
    setup(&server, NULL, 0);
    char *both = mem_printf("%s\n# a comment between\n%s", other_ca.cert_pem, ca.cert_pem);
    const struct trust_row rows[] = {
        {{0}, false, "certificate verify failed"},
        {{.ca_pem = other_ca.cert_pem}, false, "certificate verify failed"},
        {{.ca_pem = other_ca.cert_pem, .only_ca = true}, false, "certificate verify failed"},
        {{.only_ca = true}, false, "certificate verify failed"},
        {{.ca_pem = ca.cert_pem}, true, "conn="},
        {{.ca_pem = ca.cert_pem, .only_ca = true}, true, "conn="},
        {{.ca_pem = both}, true, "conn="},
        {{.ca_pem = server.cert_pem}, true, "conn="}, /* the server's own certificate as anchor */
        {{.insecure = true}, true, "conn="},
        {{.ca_pem = other_ca.cert_pem, .insecure = true}, true, "conn="},
        {{.ca_pem = ca.cert_pem, .min_version = 13}, true, "TLSv1.3"},
        {{.ca_pem = ca.cert_pem, .server_name = "prom.test"}, true, "sni=prom.test"},
        {{.ca_pem = ca.cert_pem, .server_name = "evil.test"}, false, "certificate verify failed"},
        {{.ca_pem = ca.cert_pem, .server_name = "127.0.0.1"}, true, "sni=- "},
        {{.ca_pem = ca.cert_pem, .server_name = "10.0.0.1"}, false, "certificate verify failed"},
        {{.server_name = "prom.test"}, false, "certificate verify failed"},
        {{.server_name = "prom.test", .insecure = true}, true, "sni=prom.test"},
    };
    check_rows(rows, ARRAY_LEN(rows));
    mem_free(both);
    teardown();
}
END_TEST

/* A valid certificate for another name is no certificate. */
START_TEST(name_mismatch)
{
    setup(&stranger, NULL, 0);
    const struct trust_row rows[] = {
        {{.ca_pem = ca.cert_pem}, false, "certificate verify failed"},
        {{.ca_pem = ca.cert_pem, .insecure = true}, true, "conn="},
        {{.ca_pem = ca.cert_pem, .server_name = "stranger.test"}, true, "sni=stranger.test"},
        {{.ca_pem = ca.cert_pem, .server_name = "10.9.8.7"}, true, "sni=- "},
    };
    check_rows(rows, ARRAY_LEN(rows));
    teardown();
}
END_TEST

/* The system's roots, here from SSL_CERT_FILE, stay trusted when a ca is added, unless only_ca says
 * otherwise. */
START_TEST(system_roots)
{
    setup(&server, NULL, 0);
    char path[] = P_tmpdir "/davit-test-roots-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_eq((int)write(fd, ca.cert_pem, strlen(ca.cert_pem)), (int)strlen(ca.cert_pem));
    close(fd);
    setenv("SSL_CERT_FILE", path, 1);
    const struct trust_row rows[] = {
        {{0}, true, "conn="},
        {{.ca_pem = other_ca.cert_pem}, true, "conn="},
        {{.ca_pem = other_ca.cert_pem, .only_ca = true}, false, "certificate verify failed"},
    };
    check_rows(rows, ARRAY_LEN(rows));
    unlink(path);
    teardown();
}
END_TEST

START_TEST(client_certificates)
{
    setup(&server, &ca, 0);
    char *encrypted = key_to_pem(alice.key, "hunter2");
    const struct trust_row rows[] = {
        {{.ca_pem = ca.cert_pem, .cert_pem = alice.cert_pem, .key_pem = alice.key_pem}, true, "client=alice"},
        {{.ca_pem = ca.cert_pem, .cert_pem = alice.cert_pem, .key_pem = encrypted, .key_password = "hunter2"},
         true,
         "client=alice"},
        {{.ca_pem = ca.cert_pem, .cert_pem = bob.cert_pem, .key_pem = bob.key_pem}, true, "client=bob"},
        {{.ca_pem = ca.cert_pem}, false, ""},
        {{.ca_pem = ca.cert_pem, .cert_pem = alice.cert_pem}, false, ""}, /* used only together */
        {{.ca_pem = ca.cert_pem, .key_pem = alice.key_pem}, false, ""},
    };
    check_rows(rows, ARRAY_LEN(rows));
    mem_free(encrypted);
    teardown();
}
END_TEST

/* Pools that differ in nothing but TLS material ask the same URL in turn, their connections kept alive: each
 * must show its own face, and one that must not verify must go on failing. */
static void never_cross(int version)
{
    setup(&server, NULL, version);
    SSL_CTX_set_verify(peer.ctx, SSL_VERIFY_PEER, NULL);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(peer.ctx), ca.cert);
    struct http_pool *as_alice = tls_pool(
        &(struct tls_options){.ca_pem = ca.cert_pem, .cert_pem = alice.cert_pem, .key_pem = alice.key_pem});
    struct http_pool *as_bob = tls_pool(
        &(struct tls_options){.ca_pem = ca.cert_pem, .cert_pem = bob.cert_pem, .key_pem = bob.key_pem});
    struct http_pool *nobody = tls_pool(&(struct tls_options){.ca_pem = ca.cert_pem});
    struct http_pool *distrusts = tls_pool(&(struct tls_options){.ca_pem = other_ca.cert_pem});
    struct http_pool *defaults = tls_pool(&(struct tls_options){0});
    struct http_pool *blind = tls_pool(&(struct tls_options){.insecure = true});
    struct http_pool *named =
        tls_pool(&(struct tls_options){.ca_pem = ca.cert_pem, .server_name = "prom.test"});
    struct http_pool *misnamed =
        tls_pool(&(struct tls_options){.ca_pem = ca.cert_pem, .server_name = "evil.test"});
    for (int round = 0; round < 3; round++) {
        expect_body(blind, "client=- sni=- ");
        expect_body(as_alice, "client=alice ");
        expect_error(distrusts, "certificate verify failed");
        expect_body(as_bob, "client=bob ");
        expect_error(defaults, "certificate verify failed");
        expect_body(nobody, "client=- ");
        expect_body(named, "sni=prom.test ");
        expect_error(misnamed, "certificate verify failed");
    }
    ck_assert_uint_eq(atomic_load(&peer.accepted), 5 + 3 * 3); /* the five that may are kept alive */
    struct http_pool *pools[] = {as_alice, as_bob, nobody, distrusts, defaults, blind, named, misnamed};
    for (size_t i = 0; i < ARRAY_LEN(pools); i++)
        close_pool(pools[i]);
    teardown();
}

START_TEST(never_cross_tls12)
{
    never_cross(TLS1_2_VERSION);
}
END_TEST

START_TEST(never_cross_tls13)
{
    never_cross(TLS1_3_VERSION);
}
END_TEST

/* The other way round: pools with the same options, made separately, share one connection. */
START_TEST(same_options_share)
{
    setup(&server, NULL, 0);
    struct http_pool *first = tls_pool(&(struct tls_options){.ca_pem = ca.cert_pem});
    struct http_pool *second = tls_pool(&(struct tls_options){.ca_pem = ca.cert_pem});
    for (int i = 0; i < 3; i++) {
        expect_body(first, "conn=1 ");
        expect_body(second, "conn=1 ");
    }
    close_pool(first);
    expect_body(second, "conn=1 ");
    close_pool(second);
    teardown();
}
END_TEST

START_TEST(versions)
{
    static const struct {
        int server, min;
        bool ok;
    } rows[] = {
        {TLS1_VERSION, 0, false},   {TLS1_1_VERSION, 0, false}, {TLS1_1_VERSION, 12, false},
        {TLS1_VERSION, 10, true},   {TLS1_1_VERSION, 11, true}, {TLS1_1_VERSION, 10, true},
        {TLS1_2_VERSION, 0, true},  {TLS1_2_VERSION, 12, true}, {TLS1_2_VERSION, 13, false},
        {TLS1_2_VERSION, 10, true}, {TLS1_3_VERSION, 13, true}, {TLS1_3_VERSION, 10, true},
    };
    setup_identities();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct answer answer;
        peer = (struct tls_peer){0};
        tls_peer_start(&peer, &server, NULL, rows[i].server);
        struct http_pool *pool =
            tls_pool(&(struct tls_options){.ca_pem = ca.cert_pem, .min_version = rows[i].min});
        ask_tls(pool, &answer);
        ck_assert_msg((answer.status == 200) == rows[i].ok, "row %zu: %s", i, answer.error.msg);
        ck_assert_int_eq(answer.error.code, rows[i].ok ? 0 : ERR_IO);
        answer_done(&answer);
        close_pool(pool);
        tls_peer_stop(&peer);
    }
    free_identities();
}
END_TEST

/* A TLS client meets a server that speaks plain text, and the other way round. */
START_TEST(wrong_protocol)
{
    struct answer answer;
    setup(&server, NULL, 0);
    struct http_pool *pool = tls_pool(&(struct tls_options){0});
    char *url = mem_printf("http://127.0.0.1:%u/", peer.port);
    ask(pool, &(struct http_request){.url = url, .timeout_ms = 5000}, &answer);
    ck_assert_int_ne(answer.error.code, 0);
    answer_done(&answer);
    mem_free(url);
    close_pool(pool);
    teardown();
}
END_TEST

RUN_SUITE("http_tls", trust, name_mismatch, system_roots, client_certificates, never_cross_tls12,
          never_cross_tls13, same_options_share, versions, wrong_protocol)

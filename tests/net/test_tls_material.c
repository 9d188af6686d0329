/* What is refused as TLS material, by which name, and that nothing of it is shown. */
#include "scaler/net/stream.h"
#include "tests/net/certs.h"
#include "tests/net/fixture.h"

static struct identity ca, alice, bob;

static void on_never(const struct err *error, void *arg)
{
    (void)error, (void)arg;
    ck_abort_msg("a stream that could not be opened was closed");
}

/* Pools and streams refuse the same things with the same words. */
static void expect_refused(const struct tls_options *tls, const char *text, size_t row)
{
    static const struct stream_handlers handlers = {.on_close = on_never};
    struct stream_options options = {.host = "127.0.0.1", .port = 1, .tls = tls};
    struct http_pool *pool = NULL;
    struct stream *stream = NULL;
    struct err err = {0}, other = {0};
    ck_assert_msg(http_pool_new(test_net, &(struct http_pool_options){.tls = *tls}, &pool, &err) ==
                      ERR_CONFIG,
                  "row %zu", row);
    ck_assert_ptr_null(pool);
    ck_assert_msg(strstr(err.msg, text) != NULL, "row %zu: %s", row, err.msg);
    ck_assert_int_eq(stream_open(test_net, &options, &handlers, NULL, &stream, &other), ERR_CONFIG);
    ck_assert_ptr_null(stream);
    ck_assert_str_eq(err.msg, other.msg);
    static const char *const secrets[] = {"hunter", "MII", "s3cret", "BEGIN"};
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++)
        ck_assert_msg(!strstr(err.msg, secrets[i]), "row %zu: %s", row, err.msg);
    ck_assert_int_eq(http_pool_new(test_net, &(struct http_pool_options){.tls = *tls}, &pool, NULL),
                     ERR_CONFIG);
}

START_TEST(refused)
{
    identity_init(&ca, "CA", NULL, NULL);
    identity_init(&alice, "alice", &ca, NULL);
    identity_init(&bob, "bob", &ca, NULL);
    char *locked = key_to_pem(alice.key, "hunter2");
    char *cut = mem_strndup(ca.cert_pem, strlen(ca.cert_pem) / 2);
    char *broken = mem_strdup(ca.cert_pem);
    char *half = mem_printf("%s%s", ca.cert_pem, cut);
    memset(strchr(broken, '\n') + 10, '!', 20);
    const struct {
        struct tls_options tls;
        const char *text;
    } rows[] = {
        {{.ca_pem = "s3cret"}, "ca is not a PEM certificate"},
        {{.ca_pem = "\n"}, "ca is not a PEM certificate"},
        {{.ca_pem = cut}, "ca is not a PEM certificate"},
        {{.ca_pem = broken}, "ca is not a PEM certificate"},
        {{.ca_pem = half}, "ca is not a PEM certificate"}, /* one good, one cut */
        {{.ca_pem = alice.key_pem}, "ca is not a PEM certificate"},
        {{.cert_pem = "s3cret", .key_pem = alice.key_pem}, "cert is not a PEM certificate"},
        {{.cert_pem = alice.key_pem, .key_pem = alice.cert_pem}, "cert is not a PEM certificate"},
        {{.cert_pem = alice.cert_pem, .key_pem = "s3cret"}, "key is not a PEM private key"},
        {{.cert_pem = alice.cert_pem, .key_pem = alice.cert_pem}, "key is not a PEM private key"},
        {{.cert_pem = alice.cert_pem, .key_pem = locked}, "key password is missing"},
        {{.cert_pem = alice.cert_pem, .key_pem = locked, .key_password = ""}, "key password is missing"},
        {{.cert_pem = alice.cert_pem, .key_pem = locked, .key_password = "hunter3"}, "key password is wrong"},
        {{.cert_pem = alice.cert_pem, .key_pem = bob.key_pem}, "cert and key do not belong together"},
        {{.min_version = 9}, "minimum version 9"},
        {{.min_version = -1}, "minimum version -1"},
        {{.min_version = 14}, "minimum version 14"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        expect_refused(&rows[i].tls, rows[i].text, i);
    char *texts[] = {locked, cut, broken, half};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        mem_free(texts[i]);
    struct identity *identities[] = {&ca, &alice, &bob};
    for (size_t i = 0; i < ARRAY_LEN(identities); i++)
        identity_done(identities[i]);
}
END_TEST

START_TEST(accepted)
{
    identity_init(&ca, "CA", NULL, NULL);
    identity_init(&alice, "alice", &ca, NULL);
    char *locked = key_to_pem(alice.key, "hunter2");
    char *chain = mem_printf("%s%s", alice.cert_pem, ca.cert_pem);
    const struct tls_options rows[] = {
        {0},
        {.ca_pem = "", .cert_pem = "", .key_pem = "", .key_password = "", .server_name = ""},
        {.cert_pem = "not looked at without a key"},
        {.key_pem = "nor this without a cert"},
        {.cert_pem = chain, .key_pem = locked, .key_password = "hunter2"},
        {.cert_pem = alice.cert_pem, .key_pem = alice.key_pem, .key_password = "superfluous"},
        {.ca_pem = chain, .only_ca = true, .min_version = 13, .server_name = "a.test"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        close_pool(open_pool(&(struct http_pool_options){.tls = rows[i]}));
    mem_free(chain);
    mem_free(locked);
    identity_done(&ca);
    identity_done(&alice);
}
END_TEST

RUN_SUITE("tls_material", refused, accepted)

/* Owns TLS material: PEM text parsed once, and how a curl connection is given it.
 *
 * Everything goes in through curl's SSL_CTX callback instead of curl's own blob options: a CA can then be
 * added to the system's roots, nothing is parsed again per connection, and keys are not kept as text. curl
 * does not compare what a callback did when it looks for a connection to reuse; transport.c therefore never
 * mixes materials in one multi. */
#include "scaler/net/tls_material.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/net/trust.h"

#define DIGEST_BYTES 32

struct tls_material {
    unsigned refs;
    struct net *net;
    unsigned char digest[DIGEST_BYTES]; /* over all options: equal digests, equal options */
    STACK_OF(X509) * ca;                /* NULL: none given */
    X509 *cert;
    STACK_OF(X509) * chain;
    EVP_PKEY *key;
    X509_STORE *store; /* made when the first connection needs it */
    char *server_name;
    bool server_name_is_ip;
    bool only_ca;
    bool insecure;
    int min_version;
};

static int ex_index = -1; /* SSL_CTX → struct tls_material */

/* Length first, so that no two different lists of texts run together into the same bytes. */
static void digest_text(EVP_MD_CTX *digest, const char *text)
{
    size_t len = text ? strlen(text) : SIZE_MAX;
    EVP_DigestUpdate(digest, &len, sizeof(len));
    if (text)
        EVP_DigestUpdate(digest, text, strlen(text));
}

static void digest_options(const struct tls_options *options, unsigned char *ret)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    const int numbers[] = {options->only_ca, options->insecure, options->min_version};
    EVP_DigestInit_ex(digest, EVP_sha256(), NULL);
    digest_text(digest, options->ca_pem);
    digest_text(digest, options->cert_pem);
    digest_text(digest, options->key_pem);
    digest_text(digest, options->key_password);
    digest_text(digest, options->server_name);
    EVP_DigestUpdate(digest, numbers, sizeof(numbers));
    EVP_DigestFinal_ex(digest, ret, NULL);
    EVP_MD_CTX_free(digest);
}

/* The end of the text is a PEM error too; only that one is fine, and only after at least one certificate. */
static int parse_certs(const char *pem, const char *part, STACK_OF(X509) * *ret, struct err *err)
{
    BIO *text = BIO_new_mem_buf(pem, -1);
    STACK_OF(X509) *certs = sk_X509_new_null();
    X509 *cert;
    ERR_clear_error();
    while ((cert = PEM_read_bio_X509(text, NULL, NULL, NULL)))
        sk_X509_push(certs, cert);
    unsigned long last = ERR_peek_last_error();
    bool whole = ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    BIO_free(text);
    if (whole && sk_X509_num(certs) > 0) {
        *ret = certs;
        return 0;
    }
    sk_X509_pop_free(certs, X509_free);
    return err_set(err, ERR_CONFIG, "tls: %s is not a PEM certificate", part);
}

/* OpenSSL's own default would ask on the terminal. */
static int on_password(char *buf, int size, int writing, void *arg)
{
    const char *password = arg;
    (void)writing;
    if (!password || size < 0 || strlen(password) > (size_t)size)
        return -1;
    memcpy(buf, password, strlen(password));
    return (int)strlen(password);
}

static int parse_key(const struct tls_options *options, EVP_PKEY **ret, struct err *err)
{
    const char *password = text_empty(options->key_password) ? NULL : options->key_password;
    BIO *text = BIO_new_mem_buf(options->key_pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(text, NULL, on_password, (void *)(uintptr_t)password);
    BIO_free(text);
    ERR_clear_error();
    if (!key)
        return err_set(err, ERR_CONFIG,
                       "tls: key is not a PEM private key, or it is encrypted and the key password is %s",
                       password ? "wrong" : "missing");
    *ret = key;
    return 0;
}

static int parse_client(struct tls_material *material, const struct tls_options *options, struct err *err)
{
    STACK_OF(X509) *certs = NULL;
    if (text_empty(options->cert_pem) || text_empty(options->key_pem))
        return 0;
    if (parse_certs(options->cert_pem, "cert", &certs, err) < 0)
        return err_wrap(err, "client certificate");
    material->cert = sk_X509_shift(certs);
    material->chain = certs;
    if (parse_key(options, &material->key, err) < 0)
        return err_wrap(err, "client certificate");
    if (X509_check_private_key(material->cert, material->key) != 1) {
        ERR_clear_error();
        return err_set(err, ERR_CONFIG, "client certificate: tls: cert and key do not belong together");
    }
    return 0;
}

static bool is_ip(const char *name)
{
    unsigned char address[16];
    return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

static int parse(struct tls_material *material, const struct tls_options *options, struct err *err)
{
    static const int versions[] = {0, 10, 11, 12, 13};
    for (size_t i = 0; i < ARRAY_LEN(versions); i++)
        if (options->min_version == versions[i])
            material->min_version = versions[i] ? versions[i] : 12;
    if (!material->min_version)
        return err_set(err, ERR_CONFIG, "tls: minimum version %d is none of 10, 11, 12, 13",
                       options->min_version);
    if (!text_empty(options->ca_pem) && parse_certs(options->ca_pem, "ca", &material->ca, err) < 0)
        return err->code;
    if (!text_empty(options->server_name)) {
        material->server_name = mem_strdup(options->server_name);
        material->server_name_is_ip = is_ip(options->server_name);
    }
    material->only_ca = options->only_ca;
    material->insecure = options->insecure;
    return parse_client(material, options, err);
}

int tls_material_new(struct net *net, const struct tls_options *options, struct tls_material **ret,
                     struct err *err)
{
    static const struct tls_options defaults;
    struct err local;
    if (ex_index < 0)
        ex_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    struct tls_material *material = mem_zalloc(sizeof(*material));
    material->refs = 1;
    material->net = net;
    if (!options)
        options = &defaults;
    digest_options(options, material->digest);
    int rc = parse(material, options, &local);
    if (rc < 0) {
        tls_material_unref(material);
        return err_set(err, rc, "%s", local.msg);
    }
    *ret = material;
    return 0;
}

struct tls_material *tls_material_ref(struct tls_material *material)
{
    material->refs++;
    return material;
}

void tls_material_unref(struct tls_material *material)
{
    if (!material || --material->refs)
        return;
    sk_X509_pop_free(material->ca, X509_free);
    sk_X509_pop_free(material->chain, X509_free);
    X509_free(material->cert);
    EVP_PKEY_free(material->key);
    X509_STORE_free(material->store);
    mem_free(material->server_name);
    mem_free(material);
}

bool tls_material_equal(const struct tls_material *a, const struct tls_material *b)
{
    return memcmp(a->digest, b->digest, DIGEST_BYTES) == 0;
}

bool tls_material_has_server_name(const struct tls_material *material)
{
    return material->server_name != NULL;
}

/* curl has set the URL's host as the name to send; before the hello is written it is replaced by ours. */
static void on_handshake_info(const SSL *ssl, int where, int ret)
{
    (void)ret;
    if (!(where & SSL_CB_HANDSHAKE_START))
        return;
    const struct tls_material *material = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), ex_index);
    SSL_set_tlsext_host_name((SSL *)(uintptr_t)ssl,
                             material->server_name_is_ip ? NULL : material->server_name);
}

/* curl's own check of the name is off then (it knows the URL's host only): OpenSSL checks it with the chain.
 */
static int use_server_name(SSL_CTX *ctx, struct tls_material *material)
{
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
    int ok = material->server_name_is_ip ? X509_VERIFY_PARAM_set1_ip_asc(param, material->server_name)
                                         : X509_VERIFY_PARAM_set1_host(param, material->server_name, 0);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_CTX_set_ex_data(ctx, ex_index, material);
    SSL_CTX_set_info_callback(ctx, on_handshake_info);
    return ok;
}

static int use_client(SSL_CTX *ctx, struct tls_material *material)
{
    return SSL_CTX_use_certificate(ctx, material->cert) == 1 &&
           SSL_CTX_set1_chain(ctx, material->chain) == 1 && SSL_CTX_use_PrivateKey(ctx, material->key) == 1;
}

static CURLcode on_ssl_ctx(CURL *easy, void *ssl_ctx, void *arg)
{
    struct tls_material *material = arg;
    SSL_CTX *ctx = ssl_ctx;
    bool ok = true;
    (void)easy;
    SSL_CTX_set_mode(ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (material->min_version < 12)
        SSL_CTX_set_security_level(ctx, 0); /* OpenSSL 3 has no TLS 1.0 and 1.1 at its default level */
    if (!material->insecure) {
        if (!material->store)
            material->store = trust_store_new(material->net, material->only_ca, material->ca);
        SSL_CTX_set1_cert_store(ctx, material->store);
    }
    if (material->server_name)
        ok = use_server_name(ctx, material);
    if (material->cert)
        ok = ok && use_client(ctx, material);
    ERR_clear_error();
    return ok ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

static long curl_version_of(int min_version)
{
    static const long versions[] = {CURL_SSLVERSION_TLSv1_0, CURL_SSLVERSION_TLSv1_1, CURL_SSLVERSION_TLSv1_2,
                                    CURL_SSLVERSION_TLSv1_3};
    return versions[min_version - 10];
}

void tls_material_apply(struct tls_material *material, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, curl_version_of(material->min_version));
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, material->insecure ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, material->insecure || material->server_name ? 0L : 2L);
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL); /* the callback brings the roots */
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, material);
}

/* Owns the system's root certificates. They are parsed once (some 150 of them, 20 ms): curl would read the
 * file again for every connection. Like Go, SSL_CERT_FILE and SSL_CERT_DIR of the environment come first. */
#include "scaler/net/trust.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <unistd.h>

#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/net/internal.h"

struct trust {
    STACK_OF(X509) * roots;
    X509_STORE *system; /* roots and nothing else; most connections use it */
};

static const char *const bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Alpine, distroless */
    "/etc/pki/tls/certs/ca-bundle.crt",                  /* Fedora, RHEL 6 */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* RHEL 7 and later */
    "/etc/ssl/ca-bundle.pem",                            /* openSUSE */
    "/etc/ssl/cert.pem",                                 /* others */
};

static const char *bundle_path(void)
{
    const char *path = getenv("SSL_CERT_FILE");
    if (!text_empty(path))
        return path;
    for (size_t i = 0; i < ARRAY_LEN(bundles); i++)
        if (access(bundles[i], R_OK) == 0)
            return bundles[i];
    return curl_version_info(CURLVERSION_NOW)->cainfo;
}

static STACK_OF(X509) * read_roots(const char *path)
{
    STACK_OF(X509) *roots = sk_X509_new_null();
    BIO *file = path ? BIO_new_file(path, "r") : NULL;
    X509 *root;
    while (file && (root = PEM_read_bio_X509(file, NULL, NULL, NULL)))
        sk_X509_push(roots, root);
    BIO_free(file);
    ERR_clear_error(); /* the end of the file is an error to OpenSSL */
    return roots;
}

/* PARTIAL_CHAIN: an intermediate or even a server's own certificate may be the anchor, as in Go. */
static X509_STORE *store_new(void)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
    return store;
}

static void add_all(X509_STORE *store, const STACK_OF(X509) * certs)
{
    for (int i = 0; certs && i < sk_X509_num(certs); i++)
        X509_STORE_add_cert(store, sk_X509_value(certs, i));
    ERR_clear_error();
}

static void add_system(X509_STORE *store, const struct trust *trust)
{
    const char *dir = getenv("SSL_CERT_DIR");
    add_all(store, trust->roots);
    if (!text_empty(dir))
        X509_STORE_load_path(store, dir);
    ERR_clear_error();
}

static struct trust *trust_get(struct net *net)
{
    if (net->trust)
        return net->trust;
    struct trust *trust = mem_zalloc(sizeof(*trust));
    trust->roots = read_roots(bundle_path());
    trust->system = store_new();
    add_system(trust->system, trust);
    if (sk_X509_num(trust->roots) == 0 && text_empty(getenv("SSL_CERT_DIR")))
        log_warn(
            NULL,
            "no system certificates found; only a given ca is trusted (SSL_CERT_FILE names another bundle)");
    net->trust = trust;
    return trust;
}

X509_STORE *trust_store_new(struct net *net, bool without_system, const STACK_OF(X509) * extra)
{
    if (!without_system && !extra) {
        X509_STORE *system = trust_get(net)->system;
        X509_STORE_up_ref(system);
        return system;
    }
    X509_STORE *store = store_new();
    if (!without_system)
        add_system(store, trust_get(net));
    add_all(store, extra);
    return store;
}

void trust_free(struct trust *trust)
{
    if (!trust)
        return;
    sk_X509_pop_free(trust->roots, X509_free);
    X509_STORE_free(trust->system);
    mem_free(trust);
}

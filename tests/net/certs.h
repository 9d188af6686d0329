/* Certificates made by the test itself: P-256, valid for an hour. */
#ifndef TESTS_NET_CERTS_H
#define TESTS_NET_CERTS_H

#include <check.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "scaler/base/mem.h"

struct identity {
    EVP_PKEY *key;
    X509 *cert;
    char *cert_pem;
    char *key_pem;
};

static inline char *bio_text(BIO *bio)
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);
    char *text = mem_strndup(data, (size_t)len);
    BIO_free(bio);
    return text;
}

static inline void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    ck_assert_ptr_nonnull(extension);
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
}

/* PKCS#8; encrypted if password is given. */
static inline char *key_to_pem(EVP_PKEY *key, const char *password)
{
    BIO *bio = BIO_new(BIO_s_mem());
    const EVP_CIPHER *cipher = password ? EVP_aes_256_cbc() : NULL;
    int len = password ? (int)strlen(password) : 0;
    ck_assert_int_eq(PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, password, len, NULL, NULL), 1);
    return bio_text(bio);
}

/* issuer NULL: a CA that signs itself. alt: "DNS:a.test,IP:127.0.0.1", or NULL. */
static inline void identity_init(struct identity *identity, const char *name, const struct identity *issuer,
                                 const char *alt)
{
    static long serial = 1;
    identity->key = EVP_EC_gen("P-256");
    identity->cert = X509_new();
    X509 *cert = identity->cert, *parent = issuer ? issuer->cert : cert;
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, identity->key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)name,
                               -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(parent));
    add_extension(cert, parent, NID_basic_constraints, issuer ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (alt)
        add_extension(cert, parent, NID_subject_alt_name, alt);
    ck_assert_int_gt(X509_sign(cert, issuer ? issuer->key : identity->key, EVP_sha256()), 0);
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, cert);
    identity->cert_pem = bio_text(bio);
    identity->key_pem = key_to_pem(identity->key, NULL);
}

static inline void identity_done(struct identity *identity)
{
    EVP_PKEY_free(identity->key);
    X509_free(identity->cert);
    mem_free(identity->cert_pem);
    mem_free(identity->key_pem);
}

#endif

/* Whether PEM texts hold what they should. What is found wrong here would otherwise show as a failed
 * handshake at 3 a.m. */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "scaler/base/text.h"
#include "scalers/shared/tls_params.h"

/* OpenSSL would ask on the terminal if no callback were given. */
static int on_password(char *buf, int size, int writing, void *password)
{
    (void)writing;
    size_t len = password ? strlen(password) : 0;
    if (len == 0 || len > (size_t)size)
        return -1;
    memcpy(buf, password, len);
    return (int)len;
}

static BIO *open_text(const char *pem)
{
    size_t len = strlen(pem);
    return len > 0 && len <= 1 << 24 ? BIO_new_mem_buf(pem, (int)len) : NULL;
}

static X509 *read_certificate(const char *pem)
{
    BIO *bio = open_text(pem);
    X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, on_password, NULL) : NULL;
    BIO_free(bio);
    return cert;
}

static EVP_PKEY *read_key(const char *pem, char *password)
{
    BIO *bio = open_text(pem);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, on_password, password) : NULL;
    BIO_free(bio);
    return key;
}

static void check_pair(const struct tls_params *params, struct params_error_sink *sink)
{
    X509 *cert = read_certificate(params->cert);
    EVP_PKEY *key = read_key(params->key, params->key_password);
    if (!cert)
        params_report(sink, NULL, "parameter cert is not a PEM certificate");
    if (!key)
        params_report(sink, NULL, "parameter key is not a PEM private key%s",
                      text_empty(params->key_password) ? ", or needs keyPassword"
                                                       : " that keyPassword opens");
    if (cert && key && X509_check_private_key(cert, key) != 1)
        params_report(sink, NULL, "parameter key does not belong to cert");
    X509_free(cert);
    EVP_PKEY_free(key);
}

/* At least one certificate, and nothing broken behind it: the end of the text is the only error. */
bool tls_pem_has_certificates(const char *pem)
{
    BIO *bio = open_text(pem);
    size_t count = 0;
    X509 *cert;
    ERR_clear_error();
    while (bio && (cert = PEM_read_bio_X509(bio, NULL, on_password, NULL))) {
        X509_free(cert);
        count++;
    }
    unsigned long last = ERR_peek_last_error();
    BIO_free(bio);
    ERR_clear_error();
    return count > 0 && ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
}

void tls_params_check(const struct tls_params *params, struct params_error_sink *sink)
{
    if (!text_empty(params->ca) && !tls_pem_has_certificates(params->ca))
        params_report(sink, NULL, "parameter ca holds no PEM certificate, or a broken one");
    if (!text_empty(params->cert) && !text_empty(params->key))
        check_pair(params, sink);
    ERR_clear_error(); /* else a later handshake of this thread would report ours */
}

/* Owns TLS: OpenSSL over two memory buffers, fed and drained by web_conn.c. */
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tests/sandbox/web_internal.h"

static int tls_error(struct err *err, const char *what)
{
    char text[256];
    ERR_error_string_n(ERR_get_error(), text, sizeof(text));
    return err_set(err, ERR_CONFIG, "%s: %s", what, text);
}

int web_tls_new(const struct web_options *options, SSL_CTX **ret, struct err *err)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    int code = 0;
    if (!ctx)
        return tls_error(err, "TLS");
    if (SSL_CTX_use_certificate_chain_file(ctx, options->cert_file) != 1)
        code = tls_error(err, options->cert_file);
    else if (SSL_CTX_use_PrivateKey_file(ctx, options->key_file, SSL_FILETYPE_PEM) != 1)
        code = tls_error(err, options->key_file);
    else if (SSL_CTX_check_private_key(ctx) != 1)
        code = tls_error(err, options->key_file);
    if (code) {
        SSL_CTX_free(ctx);
        return code;
    }
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    *ret = ctx;
    return 0;
}

void web_tls_attach(struct web_conn *conn)
{
    conn->ssl = SSL_new(conn->server->tls);
    SSL_set_bio(conn->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(conn->ssl);
}

static void drain(struct web_conn *conn)
{
    char block[16 << 10];
    int len;
    while ((len = BIO_read(SSL_get_wbio(conn->ssl), block, sizeof(block))) > 0)
        strbuf_append_n(&conn->out, block, (size_t)len);
}

bool web_tls_receive(struct web_conn *conn, const char *bytes, size_t len)
{
    char block[16 << 10];
    int got;
    ERR_clear_error();
    if (BIO_write(SSL_get_rbio(conn->ssl), bytes, (int)len) != (int)len)
        return false;
    while ((got = SSL_read(conn->ssl, block, sizeof(block))) > 0)
        strbuf_append_n(&conn->in, block, (size_t)got);
    int why = SSL_get_error(conn->ssl, got);
    drain(conn);
    ERR_clear_error();
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

bool web_tls_send(struct web_conn *conn, const char *bytes, size_t len)
{
    ERR_clear_error();
    for (size_t at = 0; at < len;) {
        size_t step = len - at < (1 << 20) ? len - at : 1 << 20;
        if (SSL_write(conn->ssl, bytes + at, (int)step) != (int)step)
            return false;
        at += step;
        drain(conn);
    }
    return true;
}

void web_tls_goodbye(struct web_conn *conn)
{
    SSL_shutdown(conn->ssl);
    drain(conn);
}

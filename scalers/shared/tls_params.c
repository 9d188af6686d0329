/* TLS parameters: rows, keys, options. Reading the PEM itself is tls_pem.c's. */
#include "scalers/shared/tls_params.h"

#include <stddef.h>

#include "scaler/base/text.h"
#include "scalers/shared/key.h"

const struct param_row tls_params_rows[] = {
    {.names = {"ca"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_AUTH},
     .doc = "Certificate authorities (PEM text), trusted besides the system's.",
     .offset = offsetof(struct tls_params, ca)},
    {.names = {"cert", "Cert"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_AUTH},
     .doc = "Client certificate (PEM text); used only together with `key`.",
     .offset = offsetof(struct tls_params, cert)},
    {.names = {"key"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_AUTH},
     .secret = true,
     .doc = "Private key of the client certificate (PEM text).",
     .offset = offsetof(struct tls_params, key)},
    {.names = {"keyPassword"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_AUTH},
     .secret = true,
     .doc = "Password of an encrypted private key.",
     .offset = offsetof(struct tls_params, key_password)},
};

void tls_params_key_add(struct strbuf *key, const struct tls_params *params)
{
    key_add(key, params->ca);
    key_add(key, params->cert);
    key_add(key, params->key);
    key_add(key, params->key_password);
}

void tls_params_options(const struct tls_params *params, const char *trust, bool insecure,
                        struct tls_options *ret)
{
    *ret = (struct tls_options){.ca_pem = trust, .insecure = insecure};
    if (text_empty(params->cert) || text_empty(params->key))
        return;
    ret->cert_pem = params->cert;
    ret->key_pem = params->key;
    ret->key_password = params->key_password;
}

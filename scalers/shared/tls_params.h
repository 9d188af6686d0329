/* TLS material as trigger parameters: PEM texts (never paths), and the trust that the process adds to every
 * connection (spec/keda-scalers.md §1.7, §1.8). Does not talk TLS: scaler/net does. */
#ifndef SCALERS_SHARED_TLS_PARAMS_H
#define SCALERS_SHARED_TLS_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/params.h"
#include "scaler/base/strbuf.h"
#include "scaler/net/tls.h"

struct tls_params {
    char *ca;           /* added to the system's trust */
    char *cert, *key;   /* used only together */
    char *key_password; /* of an encrypted key */
};

/* ca, cert (or Cert), key, keyPassword; all from the authentication. For a param_group. */
#define TLS_PARAMS_ROWS_LEN 4
extern const struct param_row tls_params_rows[TLS_PARAMS_ROWS_LEN];

/* Reports PEM that cannot be read, a key that does not belong to its certificate, a password that does not
 * open the key. */
void tls_params_check(const struct tls_params *params, struct params_error_sink *sink);
void tls_params_key_add(struct strbuf *key, const struct tls_params *params);

bool tls_pem_has_certificates(const char *pem); /* one or more, none broken */

/* ca_pem (may be NULL) followed by every file of the custom CA directories: DAVIT_CA_DIRS, separated by ':',
 * default /custom/ca; sub-directories and names that begin with ".." are passed over, as Kubernetes' volume
 * mounts need it. Files without certificates and what is beyond 4 MiB in all are left out with a warning in
 * the log. NULL when there is nothing; the caller frees it. */
char *tls_params_trust(const char *ca_pem);

/* Borrowed pointers into params and trust (from tls_params_trust; may be NULL). */
void tls_params_options(const struct tls_params *params, const char *trust, bool insecure,
                        struct tls_options *ret);

#endif

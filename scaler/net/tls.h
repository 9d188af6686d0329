/* TLS material as text, shared by HTTP and streams. */
#ifndef SCALER_NET_TLS_H
#define SCALER_NET_TLS_H

#include <stdbool.h>

/* All may be NULL. Borrowed by the call that takes it unless said otherwise; pools and streams keep copies
 * and wipe them. */
struct tls_options {
    const char *ca_pem; /* added to the system's trust store (only_ca: instead of it) */
    bool only_ca;
    const char *cert_pem; /* client certificate; used only with key_pem */
    const char *key_pem;
    const char *key_password;
    const char *server_name; /* overrides the name that is verified and sent as SNI */
    bool insecure;           /* no verification */
    int min_version;         /* 10, 11, 12, 13; 0 = 12 */
};

#endif

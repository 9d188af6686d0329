/* The system's root certificates, read once per net and shared by all who verify. */
#ifndef SCALER_NET_TRUST_H
#define SCALER_NET_TRUST_H

#include <openssl/x509.h>
#include <stdbool.h>

struct net;
struct trust;

/* A new store that trusts the system's roots (without_system: not those) and extra (may be NULL). The caller
 * frees it. */
X509_STORE *trust_store_new(struct net *net, bool without_system, const STACK_OF(X509) * extra);
void trust_free(struct trust *trust);

#endif

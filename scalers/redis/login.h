/* What gets a connection in: user, password, TLS. Made once per source and shared by its connections, so that
 * certificates are not kept once a node. */
#ifndef SCALERS_REDIS_LOGIN_H
#define SCALERS_REDIS_LOGIN_H

#include <stdbool.h>

#include "scaler/net/tls.h"

struct redis_login {
    unsigned refs;
    char *username, *password; /* a username without a password is not used, as with KEDA's client */
    bool use_tls;
    struct tls_options tls; /* owned texts */
};

/* Everything is copied; tls NULL: plain. */
struct redis_login *redis_login_new(const char *username, const char *password,
                                    const struct tls_options *tls);
struct redis_login *redis_login_ref(struct redis_login *login);
void redis_login_unref(struct redis_login *login); /* wipes with the last one; NULL is fine */

#endif

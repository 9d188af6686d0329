/* Credentials, counted. */
#include "scalers/redis/login.h"

#include <stdint.h>

#include "scaler/base/mem.h"

static void copy_tls(struct tls_options *to, const struct tls_options *from)
{
    *to = *from;
    to->ca_pem = mem_strdup(from->ca_pem);
    to->cert_pem = mem_strdup(from->cert_pem);
    to->key_pem = mem_strdup(from->key_pem);
    to->key_password = mem_strdup(from->key_password);
    to->server_name = mem_strdup(from->server_name);
}

struct redis_login *redis_login_new(const char *username, const char *password, const struct tls_options *tls)
{
    struct redis_login *login = mem_zalloc(sizeof(*login));
    login->refs = 1;
    login->username = mem_strdup(username);
    login->password = mem_strdup(password);
    login->use_tls = tls != NULL;
    if (tls)
        copy_tls(&login->tls, tls);
    return login;
}

struct redis_login *redis_login_ref(struct redis_login *login)
{
    login->refs++;
    return login;
}

void redis_login_unref(struct redis_login *login)
{
    if (!login || --login->refs > 0)
        return;
    mem_free(login->username);
    mem_free_secret(login->password);
    mem_free((char *)(uintptr_t)login->tls.ca_pem);
    mem_free((char *)(uintptr_t)login->tls.cert_pem);
    mem_free_secret((char *)(uintptr_t)login->tls.key_pem);
    mem_free_secret((char *)(uintptr_t)login->tls.key_password);
    mem_free((char *)(uintptr_t)login->tls.server_name);
    mem_free(login);
}

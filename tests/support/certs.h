/* Certificates for TLS tests, made by the openssl command: ca.pem, server.pem/.key (localhost, 127.0.0.1),
 * client.pem/.key, client-encrypted.key (PKCS#8, password "sesame"), other-ca.pem. */
#ifndef TESTS_SUPPORT_CERTS_H
#define TESTS_SUPPORT_CERTS_H

#include "scaler/base/file.h"
#include "tests/support/spawn.h"

#define CERTS_PASSWORD "sesame"

static inline void certs_openssl(const char *dir, const char *command)
{
    char script[1024], log[SPAWN_PATH_MAX];
    snprintf(script, sizeof(script), "cd '%s' && openssl %s", dir, command);
    snprintf(log, sizeof(log), "%s/openssl.log", dir);
    const char *argv[] = {"sh", "-c", script, NULL};
    spawn_run(argv, log);
}

static inline void certs_issue(const char *dir, const char *name, const char *alt_names)
{
    char command[512];
    snprintf(
        command, sizeof(command),
        "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout %s.key -out %s.csr -subj /CN=%s",
        name, name, name);
    certs_openssl(dir, command);
    spawn_write_file(dir, "ext", alt_names);
    snprintf(command, sizeof(command),
             "x509 -req -in %s.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out %s.pem",
             name, name);
    certs_openssl(dir, command);
}

static inline void certs_make(const char *dir)
{
    char command[512];
    static const char *const authorities[] = {"ca", "other-ca"};
    for (size_t i = 0; i < ARRAY_LEN(authorities); i++) {
        const char *name = authorities[i];
        snprintf(command, sizeof(command),
                 "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
                 "-keyout %s.key -out %s.pem -subj /CN=%s",
                 name, name, name);
        certs_openssl(dir, command);
    }
    certs_issue(dir, "server", "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    certs_issue(dir, "client", "extendedKeyUsage=clientAuth\n");
    certs_openssl(dir,
                  "pkcs8 -topk8 -in client.key -passout pass:" CERTS_PASSWORD " -out client-encrypted.key");
}

/* The PEM text; the caller frees it. */
static inline char *certs_read(const char *dir, const char *name)
{
    char path[SPAWN_PATH_MAX];
    char *text = NULL;
    size_t len;
    struct err err = {0};
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    ck_assert_msg(file_read(path, 1 << 20, &text, &len, &err) == 0, "%s", err.msg);
    return text;
}

#endif

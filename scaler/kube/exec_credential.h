/* The two texts exchanged with an exec credential plugin: what it is told and what it answers. No processes
 * here. */
#ifndef SCALER_KUBE_EXEC_CREDENTIAL_H
#define SCALER_KUBE_EXEC_CREDENTIAL_H

#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"

struct kubeconfig;

struct exec_credential {
    char *token;              /* NULL: none */
    char *cert_pem, *key_pem; /* both or neither */
    int64_t expires_ms;       /* wall clock; 0: not said */
};

void exec_credential_done(struct exec_credential *credential); /* wipes */

/* The value of KUBERNETES_EXEC_INFO. New string. */
char *exec_credential_info(const struct kubeconfig *config);
/* The plugin's standard output. Errors never quote it. */
int exec_credential_parse(const char *bytes, size_t len, const char *api_version, struct exec_credential *ret,
                          struct err *err);
/* The first line a failed plugin wrote to stderr, shortened, with every word that could be a credential
 * masked. New string. */
char *exec_credential_hint(const char *stderr_text);

#endif

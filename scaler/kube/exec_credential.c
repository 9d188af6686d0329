/* Owns the ExecCredential format (client.authentication.k8s.io/v1 and v1beta1). */
#include "scaler/kube/exec_credential.h"

#include <jansson.h>
#include <string.h>

#include "scaler/base/base64.h"
#include "scaler/base/clock.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "scaler/kube/json_dump.h"
#include "scaler/kube/kubeconfig.h"

#define HINT_MAX_BYTES 160
#define HINT_MAX_WORD  32 /* a longer word may be a token or a key */

void exec_credential_done(struct exec_credential *credential)
{
    mem_free_secret(credential->token);
    mem_free_secret(credential->cert_pem);
    mem_free_secret(credential->key_pem);
    *credential = (struct exec_credential){0};
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (!text_empty(text))
        json_object_set_new(object, key, json_string(text));
}

static json_t *cluster_info(const struct kubeconfig *config)
{
    json_t *cluster = json_object();
    set_text(cluster, "server", config->server);
    set_text(cluster, "tls-server-name", config->tls_server_name);
    set_text(cluster, "proxy-url", config->proxy_url);
    if (config->insecure)
        json_object_set_new(cluster, "insecure-skip-tls-verify", json_true());
    if (config->ca_pem) {
        AUTO_FREE char *encoded = base64_encode(config->ca_pem, strlen(config->ca_pem));
        set_text(cluster, "certificate-authority-data", encoded);
    }
    json_t *extra = NULL;
    const char *text = config->exec.cluster_config;
    if (text && json_load_bytes(text, strlen(text), &extra, NULL) == 0)
        json_object_set_new(cluster, "config", extra);
    return cluster;
}

char *exec_credential_info(const struct kubeconfig *config)
{
    AUTO_JSON json_t *info = json_object();
    set_text(info, "kind", "ExecCredential");
    set_text(info, "apiVersion", config->exec.api_version);
    json_t *spec = json_object();
    json_object_set_new(spec, "interactive", json_false());
    if (config->exec.provide_cluster_info)
        json_object_set_new(spec, "cluster", cluster_info(config));
    json_object_set_new(info, "spec", spec);
    return json_dump(info);
}

static int check_shape(json_t *root, const char *api_version, struct err *err)
{
    if (!text_eq(json_str(root, "kind"), "ExecCredential"))
        return err_set(err, ERR_PROTOCOL, "its output is not an ExecCredential");
    if (!text_eq(json_str(root, "apiVersion"), api_version))
        return err_set(err, ERR_PROTOCOL, "its output is not of apiVersion %s", api_version);
    if (!json_is_object(json_object_get(root, "status")))
        return err_set(err, ERR_PROTOCOL, "its output has no status");
    return 0;
}

static int take_status(json_t *status, struct exec_credential *ret, struct err *err)
{
    const char *token = json_str(status, "token");
    const char *cert = json_str(status, "clientCertificateData");
    const char *key = json_str(status, "clientKeyData");
    const char *expires = json_str(status, "expirationTimestamp");
    if (text_empty(cert) != text_empty(key))
        return err_set(err, ERR_PROTOCOL, "a client certificate and its key come together or not at all");
    if (text_empty(token) && text_empty(cert))
        return err_set(err, ERR_PROTOCOL, "its output has neither a token nor a client certificate");
    int64_t expires_ms = 0;
    if (!text_empty(expires) && clock_parse_rfc3339(expires, &expires_ms, NULL) < 0)
        return err_set(err, ERR_PROTOCOL, "expirationTimestamp is not a time");
    ret->token = text_empty(token) ? NULL : mem_strdup(token);
    ret->cert_pem = text_empty(cert) ? NULL : mem_strdup(cert);
    ret->key_pem = text_empty(cert) ? NULL : mem_strdup(key);
    ret->expires_ms = expires_ms;
    return 0;
}

int exec_credential_parse(const char *bytes, size_t len, const char *api_version, struct exec_credential *ret,
                          struct err *err)
{
    json_t *root;
    int rc = json_load_bytes(bytes, len, &root, err);
    if (rc < 0)
        return err_wrap(err, "its output");
    struct exec_credential credential = {0};
    if ((rc = check_shape(root, api_version, err)) == 0 &&
        (rc = take_status(json_object_get(root, "status"), &credential, err)) == 0)
        *ret = credential;
    json_decref(root);
    return rc;
}

char *exec_credential_hint(const char *stderr_text)
{
    struct strbuf hint;
    strbuf_init_max(&hint, HINT_MAX_BYTES);
    const char *at = stderr_text + strspn(stderr_text, " \t\r\n");
    while (*at && *at != '\n') {
        size_t word = strcspn(at, " \t\r\n=:\"'");
        if (word > HINT_MAX_WORD)
            strbuf_append(&hint, "…");
        else
            strbuf_append_n(&hint, at, word);
        at += word;
        if (*at && *at != '\n')
            strbuf_append_c(&hint, *at++);
    }
    return strbuf_take(&hint);
}

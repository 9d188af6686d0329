/* Owns where credentials are looked for, and the life of struct kubeconfig. The file's keys are
 * kubeconfig_file.c's. */
#include "scaler/kube/kubeconfig.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scaler/base/file.h"
#include "scaler/base/mem.h"
#include "scaler/kube/kubeconfig_file.h"

#define SERVICE_ACCOUNT_DIR "/var/run/secrets/kubernetes.io/serviceaccount"
#define KUBECONFIG_FILES    16

/* Every text of the struct: copied, wiped and freed alike. */
static const size_t texts[] = {
    offsetof(struct kubeconfig, server),
    offsetof(struct kubeconfig, ca_pem),
    offsetof(struct kubeconfig, tls_server_name),
    offsetof(struct kubeconfig, proxy_url),
    offsetof(struct kubeconfig, client_cert_pem),
    offsetof(struct kubeconfig, client_key_pem),
    offsetof(struct kubeconfig, token),
    offsetof(struct kubeconfig, token_file),
    offsetof(struct kubeconfig, username),
    offsetof(struct kubeconfig, password),
    offsetof(struct kubeconfig, exec.command),
    offsetof(struct kubeconfig, exec.api_version),
    offsetof(struct kubeconfig, exec.cluster_config),
    offsetof(struct kubeconfig, ns),
    offsetof(struct kubeconfig, context),
};

static char **text_at(struct kubeconfig *config, size_t offset)
{
    return (char **)(void *)((char *)config + offset);
}

void kubeconfig_copy(struct kubeconfig *ret, const struct kubeconfig *config)
{
    *ret = *config;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        *text_at(ret, texts[i]) = mem_strdup(*text_at(ret, texts[i]));
    ret->exec.args = (struct text_list){0};
    for (size_t i = 0; i < config->exec.args.len; i++)
        text_list_add(&ret->exec.args, config->exec.args.items[i]);
    ret->exec.env = (struct text_map){0};
    for (size_t i = 0; i < config->exec.env.len; i++)
        text_map_set(&ret->exec.env, config->exec.env.items[i].key, config->exec.env.items[i].value);
}

void kubeconfig_done(struct kubeconfig *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        mem_free_secret(*text_at(config, texts[i]));
    text_list_done(&config->exec.args);
    text_map_done_secret(&config->exec.env);
    *config = (struct kubeconfig){0};
}

/* Gives what is complete to ret, or throws it away. */
static int hand_over(int rc, struct kubeconfig *config, struct kubeconfig *ret)
{
    if (rc < 0) {
        kubeconfig_done(config);
        return rc;
    }
    if (text_empty(config->ns)) {
        mem_free(config->ns);
        config->ns = mem_strdup("default");
    }
    *ret = *config;
    return 0;
}

static int resolve(const struct kubeconfig_file *files, size_t len, const char *context,
                   struct kubeconfig *ret, struct err *err)
{
    struct kubeconfig config = {0};
    int rc = kubeconfig_file_resolve(files, len, context, &config, err);
    return hand_over(rc, &config, ret);
}

static int load_file(struct kubeconfig *ret, const char *path, const char *context, struct err *err)
{
    struct kubeconfig_file file;
    int rc = kubeconfig_file_read(&file, path, err);
    if (rc < 0)
        return rc;
    rc = resolve(&file, 1, context, ret, err);
    kubeconfig_file_done(&file);
    return rc;
}

/* A KUBECONFIG that names no file is an error, not a reason to go on searching: falling through could scale
 * another cluster than the one that was meant. */
static int load_list(struct kubeconfig *ret, const char *list, const char *context, struct err *err)
{
    struct kubeconfig_file files[KUBECONFIG_FILES];
    size_t len = 0;
    int rc = 0;
    AUTO_FREE char *copy = mem_strdup(list);
    char *rest = copy;
    for (char *path; rc == 0 && len < KUBECONFIG_FILES && (path = strsep(&rest, ":")) != NULL;) {
        if (!*path)
            continue;
        rc = kubeconfig_file_read(&files[len], path, err);
        len += rc == 0;
        rc = rc == ERR_NOT_FOUND ? 0 : rc;
    }
    if (rc == 0 && len == 0)
        rc = err_set(err, ERR_CONFIG, "KUBECONFIG is set but none of its files exists");
    if (rc == 0)
        rc = resolve(files, len, context, ret, err);
    for (size_t i = 0; i < len; i++)
        kubeconfig_file_done(&files[i]);
    return rc;
}

static int load_home(struct kubeconfig *ret, const char *context, struct err *err)
{
    const char *home = getenv("HOME");
    AUTO_FREE char *path = mem_printf("%s/.kube/config", home ? home : "");
    if (access(path, F_OK) != 0)
        return err_set(err, ERR_CONFIG,
                       "no cluster: KUBECONFIG is not set, this is not a pod, and %s does not exist", path);
    return load_file(ret, path, context, err);
}

int kubeconfig_load(struct kubeconfig *ret, const char *path, const char *context, struct err *err)
{
    if (!text_empty(path))
        return load_file(ret, path, context, err);
    const char *list = getenv("KUBECONFIG");
    if (!text_empty(list))
        return load_list(ret, list, context, err);
    struct err why = {0};
    int rc = kubeconfig_load_in_cluster(ret, NULL, &why);
    if (rc == ERR_NOT_FOUND)
        return load_home(ret, context, err);
    if (rc < 0)
        return err_set(err, (enum err_code)rc, "%s", why.msg);
    return 0;
}

static int read_service_account(struct kubeconfig *config, const char *dir, struct err *err)
{
    AUTO_FREE char *ca_path = mem_printf("%s/ca.crt", dir);
    AUTO_FREE char *ns_path = mem_printf("%s/namespace", dir);
    config->token_file = mem_printf("%s/token", dir);
    int rc = kubeconfig_read_text(config->token_file, &config->token, err);
    if (rc < 0)
        return rc == ERR_NOT_FOUND ? ERR_NOT_FOUND : err_wrap(err, "service account");
    if (kubeconfig_read_text(ca_path, &config->ca_pem, err) < 0)
        return err_set(err, ERR_CONFIG, "service account: cannot read %s", ca_path);
    /* The token is read again by whoever uses token_file; only that it is there was asked. */
    mem_free_secret(config->token);
    config->token = NULL;
    char *ns;
    if (kubeconfig_read_text(ns_path, &ns, NULL) == 0) {
        config->ns = text_trim(ns);
        mem_free(ns);
    }
    return 0;
}

int kubeconfig_load_in_cluster(struct kubeconfig *ret, const char *service_account_dir, struct err *err)
{
    const char *host = getenv("KUBERNETES_SERVICE_HOST");
    const char *port = getenv("KUBERNETES_SERVICE_PORT");
    if (!host || !port || !*host || !*port)
        return err_set(err, ERR_NOT_FOUND, "not in a pod: KUBERNETES_SERVICE_HOST or _PORT is not set");
    struct kubeconfig config = {0};
    bool ipv6 = strchr(host, ':') && host[0] != '[';
    config.server = mem_printf(ipv6 ? "https://[%s]:%s" : "https://%s:%s", host, port);
    config.context = mem_strdup("in-cluster");
    int rc =
        read_service_account(&config, service_account_dir ? service_account_dir : SERVICE_ACCOUNT_DIR, err);
    return hand_over(rc, &config, ret);
}

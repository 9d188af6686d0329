/* Where the API server is and who we are: a kubeconfig file or the pod's service account. */
#ifndef SCALER_KUBE_KUBECONFIG_H
#define SCALER_KUBE_KUBECONFIG_H

#include <stdbool.h>

#include "scaler/base/err.h"
#include "scaler/base/text.h"

struct kubeconfig {
    char *server; /* https://host:port[/prefix], no trailing slash */
    char *ca_pem;
    bool insecure;
    char *tls_server_name;
    char *proxy_url;
    char *client_cert_pem, *client_key_pem;
    char *token;
    char *token_file; /* re-read when older than 60 s and after a 401 */
    char *username, *password;
    struct { /* exec plugin (client.authentication.k8s.io/v1, v1beta1); command "" = none */
        char *command;
        char *api_version;
        struct text_list args;
        struct text_map env;
        bool provide_cluster_info;
        char *cluster_config; /* JSON the cluster's entry holds for the plugin; NULL: none */
    } exec;
    char *ns; /* the context's or service account's namespace; "default" */
    char *context;
};

/* path NULL: $KUBECONFIG if set (files separated by ':', missing ones skipped, at least one must exist; of
 * entries with the same name the first file's counts), then in-cluster, then ~/.kube/config. context NULL:
 * current-context. Anything that would make us somebody else than the file says (impersonation,
 * auth-provider) is ERR_UNSUPPORTED. Errors name the file and place, never a secret. */
int kubeconfig_load(struct kubeconfig *ret, const char *path, const char *context, struct err *err);
/* service_account_dir NULL: /var/run/secrets/kubernetes.io/serviceaccount. ERR_NOT_FOUND: not in a pod. */
int kubeconfig_load_in_cluster(struct kubeconfig *ret, const char *service_account_dir, struct err *err);
void kubeconfig_copy(struct kubeconfig *ret, const struct kubeconfig *config);
void kubeconfig_done(struct kubeconfig *config); /* wipes secrets */

#endif

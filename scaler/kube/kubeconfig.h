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
    } exec;
    char *ns; /* the context's or service account's namespace; "default" */
    char *context;
};

/* path NULL: $KUBECONFIG (first file that exists), then in-cluster, then ~/.kube/config. context NULL: current-context. */
int kubeconfig_load(struct kubeconfig *ret, const char *path, const char *context, struct err *err);
int kubeconfig_load_in_cluster(struct kubeconfig *ret, const char *service_account_dir, struct err *err);
void kubeconfig_done(struct kubeconfig *config); /* wipes secrets */

#endif

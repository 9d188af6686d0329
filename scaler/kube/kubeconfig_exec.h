/* The exec section of a kubeconfig's user, and what a cluster's entry holds for the plugin. */
#ifndef SCALER_KUBE_KUBECONFIG_EXEC_H
#define SCALER_KUBE_KUBECONFIG_EXEC_H

#include "scaler/base/err.h"

struct kubeconfig;
struct yaml_node;

int kubeconfig_exec_fill(const struct yaml_node *exec, struct kubeconfig *ret, struct err *err);
/* The extension "client.authentication.k8s.io/exec" as JSON; NULL: none. New string. */
char *kubeconfig_exec_cluster_config(const struct yaml_node *cluster);

#endif

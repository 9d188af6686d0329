/* The daemon: reads objects from a directory, sources through scaler types, and keeps Deployments at the
 * replicas decided. */
#ifndef SCALER_DAEMON_DAEMON_H
#define SCALER_DAEMON_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "scaler/base/err.h"
#include "scalers/api.h"

struct daemon_options {
    const char *config_dir;
    const char *kubeconfig; /* NULL: the usual places */
    const char *context;
    const char *ns; /* default namespace of objects, and of the state ConfigMap; NULL: the kubeconfig's */
    const char *cluster_ns;     /* where ClusterTriggerAuthentications look for Secrets; NULL: ns */
    const char *file_auth_root; /* filePath of ClusterTriggerAuthentications is below it; NULL: refused */
    const char *listen;         /* NULL: no HTTP server */
    const char *state_name;     /* ConfigMap; NULL: "davit-state" */
    bool no_state;
    bool hold_unknown;
    double tolerance;      /* 0.1 */
    int32_t down_window_s; /* 300 */
};

/* How the daemon finds trigger types; main.c hands it over. */
struct scaler_registry {
    const struct scaler_type *(*find)(const char *trigger_type);
};

/* Runs until SIGTERM or SIGINT. 0: ended as asked. */
int daemon_run(const struct daemon_options *options, const struct scaler_registry *registry, struct err *err);

#endif

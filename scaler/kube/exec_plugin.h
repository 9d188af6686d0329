/* One run of an exec credential plugin, without ever blocking the loop. */
#ifndef SCALER_KUBE_EXEC_PLUGIN_H
#define SCALER_KUBE_EXEC_PLUGIN_H

#include <stdint.h>

#include "scaler/base/err.h"

struct exec_credential;
struct exec_plugin;
struct kubeconfig;
struct net;

#define EXEC_PLUGIN_TIMEOUT_MS 30000

/* credential is the callee's to take or leave (it is wiped after the call). */
typedef void (*exec_plugin_fn)(struct exec_credential *credential, const struct err *error, void *arg);

/* config is borrowed until done came. After timeout_ms the plugin and all its children are killed. */
int exec_plugin_start(struct net *net, const struct kubeconfig *config, int64_t timeout_ms,
                      exec_plugin_fn done, void *arg, struct exec_plugin **ret, struct err *err);
void exec_plugin_cancel(struct exec_plugin *plugin); /* done comes with ERR_CANCELED */

#endif

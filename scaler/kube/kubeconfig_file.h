/* Kubeconfig files: reading them, and filling a kubeconfig from the entries a context names. */
#ifndef SCALER_KUBE_KUBECONFIG_FILE_H
#define SCALER_KUBE_KUBECONFIG_FILE_H

#include <stddef.h>

#include "scaler/base/err.h"
#include "scaler/base/yaml.h"

struct kubeconfig;

struct kubeconfig_file {
    char *path;
    struct yaml_stream yaml;
    const struct yaml_node *root; /* NULL: an empty file */
};

int kubeconfig_file_read(struct kubeconfig_file *ret, const char *path, struct err *err);
void kubeconfig_file_done(struct kubeconfig_file *file);

/* context NULL: the first file's current-context that has one. ret must be zeroed; on failure it is partly
 * filled. */
int kubeconfig_file_resolve(const struct kubeconfig_file *files, size_t files_len, const char *context,
                            struct kubeconfig *ret, struct err *err);

/* PEM or token text of one file, capped; no NUL inside. The caller frees it with mem_free_secret. */
int kubeconfig_read_text(const char *path, char **ret, struct err *err);

#endif

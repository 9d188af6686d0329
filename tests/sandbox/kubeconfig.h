/* The kubeconfig that leads clients here. */
#ifndef TESTS_SANDBOX_KUBECONFIG_H
#define TESTS_SANDBOX_KUBECONFIG_H

#include "scaler/base/err.h"

struct sandbox;

int kubeconfig_write(const struct sandbox *sandbox, const char *path, struct err *err);

#endif

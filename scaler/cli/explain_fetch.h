/* Where the facts come from: a running daemon, directly or through the API server. */
#ifndef SCALER_CLI_EXPLAIN_FETCH_H
#define SCALER_CLI_EXPLAIN_FETCH_H

#include <jansson.h>
#include <stdbool.h>

#include "scaler/base/err.h"

struct explain_source {
    const char *server; /* http://HOST:PORT; NULL: through the API server */
    const char *kubeconfig, *context;
    const char *service; /* NAMESPACE/NAME:PORT of the API server's proxy; NULL: the usual places */
    const char *ns;      /* of an object that names none; NULL: the context's */
};

/* Asks for one object ("namespace/name" or a name) and waits for the answer; the caller's json_decref. Errors
 * say who was asked, without credentials. */
int explain_fetch(const struct explain_source *source, const char *object, json_t **ret, struct err *err);

#endif

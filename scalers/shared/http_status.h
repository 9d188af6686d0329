/* What HTTP says before anybody looks at a body: statuses and header names. */
#ifndef SCALERS_SHARED_HTTP_STATUS_H
#define SCALERS_SHARED_HTTP_STATUS_H

#include <stdbool.h>

#include "scaler/base/err.h"

/* For a status that a trigger does not take: "HTTP status N", with the code that tells whether to come back.
 */
int http_status_fail(int status, struct err *err);
bool http_header_name_ok(const char *name);

#endif

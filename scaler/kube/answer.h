/* From an HTTP response to what it means: JSON, or an error with the server's own words. Pure. */
#ifndef SCALER_KUBE_ANSWER_H
#define SCALER_KUBE_ANSWER_H

#include <jansson.h>
#include <stddef.h>

#include "scaler/base/err.h"

/* 2xx: 0 and *ret the parsed body (NULL if empty). Else the error for that status, with the Status object's
 * message in it. */
int answer_read(int status, const char *body, size_t len, json_t **ret, struct err *err);
/* err_code for a status that is not 2xx. */
enum err_code answer_code(int status);
/* The verb of a request as the counters name it. */
const char *answer_verb(const char *method, const char *path);

#endif

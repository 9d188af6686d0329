/* What an answer of /api/v1/query means (spec/keda-scalers.md §2 "Response interpretation"). Pure. */
#ifndef SCALERS_PROMETHEUS_RESPONSE_H
#define SCALERS_PROMETHEUS_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "scaler/base/err.h"
#include "scalers/api.h"

/* EMPTY: no result, or one without a value. NAN: NaN or an infinity. A JSON null is OK with -1, as KEDA has
 * it. partial: the answer carries warnings (Prometheus, Thanos, Mimir) or isPartial (VictoriaMetrics), or is
 * none to the question: a status other than "success", no data.result, an element without value. Any HTTP
 * status but 2xx, and any other shape, is an error; its text never quotes the body. */
int prometheus_response_read(int status, const char *body, size_t len, struct scaler_result *ret,
                             struct err *err);

/* The "error" text of an answer that is not 2xx ({"status":"error","error":"…"}), as it came: for
 * quote_untrusted. False: none. */
bool prometheus_response_error(const char *body, size_t len, char *buf, size_t size);

#endif

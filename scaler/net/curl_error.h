/* curl's results as our errors. */
#ifndef SCALER_NET_CURL_ERROR_H
#define SCALER_NET_CURL_ERROR_H

#include <curl/curl.h>

#include "scaler/base/err.h"

/* detail: curl's error buffer, may be "". Never shows a URL. */
int curl_error_set(struct err *err, CURLcode result, const char *detail);

#endif

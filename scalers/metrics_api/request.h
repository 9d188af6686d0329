/* The request of one reading. Pure. */
#ifndef SCALERS_METRICS_API_REQUEST_H
#define SCALERS_METRICS_API_REQUEST_H

#include "scaler/base/strbuf.h"
#include "scaler/net/http_client.h"
#include "scalers/metrics_api/config.h"

/* The url without its fragment. With the API key as a query parameter the whole query is written anew, keys
 * in order, as KEDA does. Holds a secret then. */
void metrics_api_url(const struct metrics_api_config *config, struct strbuf *url);

#define METRICS_API_HEADERS_MAX 2

struct metrics_api_headers {
    struct http_header items[METRICS_API_HEADERS_MAX];
    size_t len;
    char *auth_value; /* owned */
};
void metrics_api_headers_init(const struct metrics_api_config *config, struct metrics_api_headers *ret);
void metrics_api_headers_done(struct metrics_api_headers *headers);

#endif

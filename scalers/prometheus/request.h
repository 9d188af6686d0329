/* The request of one reading: URL and headers. Pure but for the time given. */
#ifndef SCALERS_PROMETHEUS_REQUEST_H
#define SCALERS_PROMETHEUS_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "scaler/base/strbuf.h"
#include "scaler/net/http_client.h"
#include "scalers/api.h"
#include "scalers/prometheus/config.h"

/* …/api/v1/query?query=Q&time=T[&namespace=N][&k=v…] */
void prometheus_request_url(const struct prometheus_config *config, int64_t wall_ms, struct strbuf *url);

/* …/api/v1/query_range?query=Q&start=S&end=E&step=D[&namespace=N][&k=v…] */
void prometheus_request_range_url(const struct prometheus_config *config, const struct scaler_range *range,
                                  struct strbuf *url);

struct prometheus_headers {
    struct http_header *items;
    size_t len;
    char *auth_value; /* owned; what items may point to besides config */
};
void prometheus_headers_init(const struct prometheus_config *config, struct prometheus_headers *ret);
void prometheus_headers_done(struct prometheus_headers *headers);

/* False for those that Go's client, and so KEDA, sets itself. */
bool prometheus_header_sent(const char *name);

#endif

/* Process-wide HTTP settings that KEDA's operators know as environment variables (spec/keda-scalers.md §1.7).
 * Read anew at each call: ask once per source, not per reading. */
#ifndef SCALERS_SHARED_HTTP_ENV_H
#define SCALERS_SHARED_HTTP_ENV_H

#include <stdint.h>

/* KEDA_HTTP_DEFAULT_TIMEOUT in milliseconds; 3000 when unset or not a number, 300 when not positive. */
int64_t http_env_timeout_ms(void);
/* KEDA_HTTP_MIN_TLS_VERSION (TLS10 … TLS13) as struct tls_options wants it: 10 … 13; 12 when unset or
 * unknown. */
int http_env_min_tls(void);

#endif

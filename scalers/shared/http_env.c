/* HTTP settings from the environment. */
#include "scalers/shared/http_env.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"

enum { TIMEOUT_DEFAULT_MS = 3000, TIMEOUT_FLOOR_MS = 300, MIN_TLS_DEFAULT = 12 };

int64_t http_env_timeout_ms(void)
{
    const char *text = getenv("KEDA_HTTP_DEFAULT_TIMEOUT");
    int64_t ms = TIMEOUT_DEFAULT_MS;
    if (!text || number_parse_go_int(text, &ms, NULL) < 0)
        return TIMEOUT_DEFAULT_MS;
    return ms > 0 ? ms : TIMEOUT_FLOOR_MS;
}

int http_env_min_tls(void)
{
    static const struct {
        const char *name;
        int version;
    } versions[] = {{"TLS10", 10}, {"TLS11", 11}, {"TLS12", 12}, {"TLS13", 13}};
    const char *text = getenv("KEDA_HTTP_MIN_TLS_VERSION");
    for (size_t i = 0; text && i < ARRAY_LEN(versions); i++) {
        if (strcmp(text, versions[i].name) == 0)
            return versions[i].version;
    }
    return MIN_TLS_DEFAULT;
}

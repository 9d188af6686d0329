/* Any bytes as the body of a Prometheus server's answer. */
#include <math.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scalers/prometheus/response.h"
#include "tests/fuzz/fuzz.h"

static void check_answer(const char *body, size_t size)
{
    struct scaler_result result = {.state = SCALER_OK, .value = 12345};
    struct err err = {0};
    if (prometheus_response_read(200, body, size, &result, &err) < 0) {
        FUZZ_CHECK(err.code < 0 && err.msg[0] && result.value == 12345);
        return;
    }
    FUZZ_CHECK(err.code == 0);
    FUZZ_CHECK(result.state != SCALER_OK || isfinite(result.value));
    FUZZ_CHECK(result.state != SCALER_NAN || !isfinite(result.value));
    FUZZ_CHECK(result.state == SCALER_EMPTY || result.activity == result.value || isnan(result.value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[256];
    AUTO_FREE char *body = mem_alloc(size); /* not terminated: nothing may be read behind it */
    if (size > 0)
        memcpy(body, data, size);
    check_answer(body, size);
    if (prometheus_response_error(body, size, text, sizeof(text)))
        FUZZ_CHECK(strnlen(text, sizeof(text)) < sizeof(text));
    struct scaler_result result;
    FUZZ_CHECK(prometheus_response_read(503, body, size, &result, NULL) < 0);
    return 0;
}

/* A selector (the first line) in whatever text follows, read as Prometheus' text format and as YAML. */
#include <math.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scalers/metrics_api/value.h"
#include "tests/fuzz/fuzz.h"

static void read_twice(enum value_format format, const char *body, size_t len, const char *location)
{
    struct err err = {0};
    double first = 0, second = 0;
    int code = value_read(format, body, len, location, &first, &err);
    FUZZ_CHECK(code == 0 || (code < 0 && code == err.code && err.msg[0]));
    FUZZ_CHECK(value_read(format, body, len, location, &second, NULL) == code);
    FUZZ_CHECK(first == second || (isnan(first) && isnan(second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *end = size > 0 ? memchr(text, '\n', size) : NULL;
    size_t line_len = end ? (size_t)(end - text) : 0;
    if (!end || size > ((size_t)64 << 10))
        return 0;
    char *location = mem_strndup(text, line_len);
    size_t len = size - line_len - 1;
    char *body = mem_alloc(len); /* exactly: reading beyond is seen */
    memcpy(body, end + 1, len);
    read_twice(VALUE_PROMETHEUS, body, len, location);
    read_twice(VALUE_YAML, body, len, location);
    mem_free(body);
    mem_free(location);
    return 0;
}

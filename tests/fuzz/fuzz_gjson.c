/* A path (the first line) in whatever text follows. What comes back lies within what was given or made, and
 * is the same twice. */
#include <string.h>

#include "scaler/base/mem.h"
#include "scalers/shared/document/gjson.h"
#include "tests/fuzz/fuzz.h"

static unsigned sum(struct gjson_span span)
{
    unsigned total = (unsigned)span.len;
    for (size_t i = 0; i < span.len; i++)
        total = total * 31 + (unsigned char)span.at[i];
    return total;
}

static unsigned look_up(const char *json, size_t len, const char *path)
{
    struct gjson_result result;
    struct err err = {0};
    int code = gjson_get(json, len, path, &result, &err);
    if (code != 0) {
        FUZZ_CHECK(code == ERR_LIMIT && err.msg[0]);
        return 1;
    }
    unsigned total = sum(result.value.raw) * 31 + (unsigned)result.value.type;
    if (result.value.type == GJSON_STRING)
        total += sum(result.value.text);
    FUZZ_CHECK(gjson_type_name(result.value.type)[0]);
    gjson_done(&result);
    return total;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *end = size > 0 ? memchr(text, '\n', size) : NULL;
    size_t path_len = end ? (size_t)(end - text) : 0;
    if (!end || size > ((size_t)64 << 10))
        return 0;
    char *path = mem_strndup(text, path_len);
    size_t len = size - path_len - 1;
    char *json = mem_alloc(len); /* exactly: reading beyond is seen */
    memcpy(json, end + 1, len);
    FUZZ_CHECK(look_up(json, len, path) == look_up(json, len, path));
    mem_free(json);
    mem_free(path);
    return 0;
}

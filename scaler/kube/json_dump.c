/* Owns turning a jansson tree into a string of ours (jansson's own would need jansson's free). */
#include "scaler/kube/json_dump.h"

#include "scaler/base/strbuf.h"

static int on_chunk(const char *bytes, size_t len, void *arg)
{
    strbuf_append_n(arg, bytes, len);
    return 0;
}

char *json_dump(const json_t *value)
{
    struct strbuf text;
    strbuf_init(&text);
    json_dump_callback(value, on_chunk, &text, JSON_COMPACT | JSON_ENCODE_ANY);
    return strbuf_take(&text);
}

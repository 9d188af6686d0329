/* What a server answers to `davit explain`: an error with words, or a screen that a terminal survives. */
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "scaler/cli/explain_model.h"
#include "tests/fuzz/fuzz.h"

#define DECISIONS 8

static void check_screen(const struct strbuf *out)
{
    FUZZ_CHECK(text_is_utf8(out->data, out->len) && out->len > 0 && out->data[out->len - 1] == '\n');
    for (size_t i = 0; i < out->len; i++)
        FUZZ_CHECK((unsigned char)out->data[i] >= 0x20 || out->data[i] == '\n');
}

static int explain(json_t *root, struct strbuf *out, struct err *err)
{
    static struct explain_object object;
    static struct explain_decision decisions[DECISIONS];
    json_t *json = json_array_get(json_object_get(root, "objects"), 0);
    size_t len = 0;
    int rc = explain_read_object(root, json, &object, err);
    for (; rc == 0 && len < object.decisions_len && len < DECISIONS; len++)
        rc = explain_read_decision(json_array_get(object.decisions, len), &decisions[len], err);
    if (rc == 0)
        explain_text(out, &object, decisions, len);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_JSON json_t *root = NULL;
    AUTO_STRBUF struct strbuf out;
    struct err err = {0};
    strbuf_init(&out);
    if (json_load_bytes((const char *)data, size, &root, &err) < 0)
        return 0;
    if (explain(root, &out, &err) == 0)
        check_screen(&out);
    else
        FUZZ_CHECK(err.code == ERR_PROTOCOL && err.msg[0] && out.len == 0);
    return 0;
}

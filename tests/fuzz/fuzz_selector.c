/* Any text as a label selector. What parses is written in a form that reads back to the same. */
#include <jansson.h>
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/label_selector.h"
#include "scaler/base/mem.h"
#include "tests/fuzz/fuzz.h"

static const char labels_text[] = "{\"app\":\"web\",\"n\":\"5\",\"e\":\"\",\"a.b/c\":\"d\"}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct label_selector selector, again;
    AUTO_FREE char *text = mem_strndup((const char *)data, size);
    if (label_selector_parse(text, &selector, NULL) < 0)
        return 0;
    AUTO_JSON json_t *labels = json_loads(labels_text, 0, NULL);
    AUTO_STRBUF struct strbuf once, twice;
    strbuf_init(&once);
    strbuf_init(&twice);
    label_selector_format(&selector, &once);
    bool matches = label_selector_matches_json(&selector, labels);
    label_selector_done(&selector);
    if (once.len > LABEL_SELECTOR_MAX_BYTES)
        return 0;
    FUZZ_CHECK(label_selector_parse(once.data, &again, NULL) == 0);
    label_selector_format(&again, &twice);
    FUZZ_CHECK(strcmp(once.data, twice.data) == 0);
    FUZZ_CHECK(label_selector_matches_json(&again, labels) == matches);
    label_selector_done(&again);
    return 0;
}

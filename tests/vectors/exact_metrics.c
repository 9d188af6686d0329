/* metrics-api: body and valueLocation to value, in all four formats. A panic upstream counts as an error. */
#include <math.h>
#include <string.h>

#include "scaler/base/base64.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scalers/metrics_api/value.h"
#include "tests/vectors/runner.h"

static void compare(struct vector *vector, double value)
{
    const char *kind = input_str(vector->expect, "value_kind");
    double wanted = json_number_value(json_object_get(vector->expect, "value"));
    vector->checks++;
    bool same = text_eq(kind, "nan")    ? isnan(value)
                : text_eq(kind, "+inf") ? isinf(value) && value > 0
                : text_eq(kind, "-inf") ? isinf(value) && value < 0
                                        : input_has(vector->expect, "value") && value == wanted;
    if (!same)
        vector_fail(vector, "value: expected %s %.17g, got %.17g", kind, wanted, value);
}

static void read_value(struct vector *vector, const char *body, size_t len)
{
    enum value_format format;
    struct err err = {0};
    double value = 0;
    if (!value_format_parse(input_str(vector->input, "format"), &format)) {
        vector_fail(vector, "unknown format");
        return;
    }
    const char *location = input_str(vector->input, "valueLocation");
    int code = value_read(format, body, len, location, &value, &err);
    bool wanted = input_bool(vector->expect, "error", false) || input_bool(vector->expect, "panic", false);
    vector->checks++;
    if (wanted != (code != 0))
        vector_fail(vector, "%s, got %s (%.17g)", wanted ? "expected an error" : "expected a value",
                    code != 0 ? err.msg : "a value", value);
    else if (code == 0)
        compare(vector, value);
}

void vectors_metrics(struct vector *vector)
{
    const char *encoded = input_str(vector->input, "body_base64");
    if (!input_has(vector->input, "body_base64")) {
        json_t *text = json_object_get(vector->input, "body");
        read_value(vector, json_is_string(text) ? json_string_value(text) : "", json_string_length(text));
        return;
    }
    AUTO_FREE char *body = NULL;
    size_t len;
    if (base64_decode(encoded, &body, &len, NULL) != 0)
        vector_fail(vector, "body_base64 cannot be decoded");
    else
        read_value(vector, body, len);
}

/* Owns the formats and the way from what they find to a number. */
#include "scalers/metrics_api/value.h"

#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/quantity.h"
#include "scalers/metrics_api/exposition.h"
#include "scalers/metrics_api/selector.h"
#include "scalers/shared/document/gjson.h"

bool value_format_parse(const char *name, enum value_format *ret)
{
    static const char *const names[] = {"json", "yaml", "xml", "prometheus"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(names[i], name) == 0) {
            *ret = (enum value_format)i;
            return true;
        }
    }
    return false;
}

int value_from_text(const char *text, size_t len, double *ret, struct err *err)
{
    struct quantity quantity;
    AUTO_FREE char *copy = mem_strndup(text, len);
    if (strlen(copy) != len || quantity_parse(copy, &quantity, NULL) != 0)
        return err_set(err, ERR_INVALID,
                       "valueLocation leads to a text that is no quantity such as 64 or 1k");
    *ret = quantity.approx;
    return 0;
}

static int read_json(const char *body, size_t len, const char *location, double *ret, struct err *err)
{
    struct gjson_result result;
    int code = gjson_get(body, len, location, &result, err);
    if (code != 0)
        return code;
    const struct gjson_value *value = &result.value;
    if (value->type == GJSON_NUMBER)
        *ret = value->number;
    else if (value->type == GJSON_STRING)
        code = value_from_text(value->text.at, value->text.len, ret, err);
    else if (value->type == GJSON_NULL && value->raw.len == 0)
        code = err_set(err, ERR_NOT_FOUND, "nothing is at valueLocation");
    else
        code = err_set(err, ERR_INVALID, "valueLocation leads to no number or quantity but to %s",
                       gjson_type_name(value->type));
    gjson_done(&result);
    return code;
}

static int read_prometheus(const char *body, size_t len, const char *location, double *ret, struct err *err)
{
    struct selector selector;
    int code = selector_parse(location, &selector, err);
    if (code != 0) {
        err_wrap(err, "valueLocation is no series selector");
        return code;
    }
    code = exposition_read(body, len, &selector, ret, err);
    selector_done(&selector);
    return code;
}

int value_check_location(enum value_format format, const char *location, struct err *err)
{
    struct selector selector;
    if (format != VALUE_PROMETHEUS)
        return 0;
    int code = selector_parse(location, &selector, err);
    if (code == 0)
        selector_done(&selector);
    return code;
}

int value_read(enum value_format format, const char *body, size_t len, const char *location, double *ret,
               struct err *err)
{
    switch (format) {
    case VALUE_JSON:
        return read_json(body, len, location, ret, err);
    case VALUE_YAML:
        return value_read_yaml(body, len, location, ret, err);
    case VALUE_PROMETHEUS:
        return read_prometheus(body, len, location, ret, err);
    case VALUE_XML:
        break;
    }
    return err_set(err, ERR_UNSUPPORTED,
                   "format xml is not supported: KEDA never gets a value out of it either");
}

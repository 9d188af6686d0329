/* Owns the formats, and the reading of a number at the beginning of a text as Go's fmt.Sscanf does it. */
#include "scalers/kubernetes/resource_value.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/quantity.h"
#include "scaler/base/strbuf.h"
#include "scalers/shared/document/gjson.h"
#include "scalers/shared/document/yaml_path.h"

#define TOKEN_MAX_BYTES 1024u

/* ---- the beginning of a text ---- */

struct scan {
    const char *at;
    struct strbuf token;
};

static bool accept(struct scan *scan, const char *any)
{
    if (!*scan->at || !strchr(any, *scan->at))
        return false;
    strbuf_append_c(&scan->token, *scan->at++);
    return true;
}

static void accept_all(struct scan *scan, const char *any)
{
    while (accept(scan, any)) {
    }
}

/* A newline before the number is an error: it stays where it is. */
static void skip_blanks(struct scan *scan)
{
    scan->at += strspn(scan->at, " \t\v\f\r");
}

/* A broken beginning of "nan" or "inf" stays in the token, which then is no number. */
static void take_float(struct scan *scan)
{
    const char *digits = "0123456789_", *exponent = "eEpP";
    if (accept(scan, "nN") && accept(scan, "aA") && accept(scan, "nN"))
        return;
    (void)accept(scan, "+-");
    if (accept(scan, "iI") && accept(scan, "nN") && accept(scan, "fF"))
        return;
    if (accept(scan, "0") && accept(scan, "xX")) {
        digits = "0123456789_aAbBcCdDeEfF";
        exponent = "pP";
    }
    accept_all(scan, digits);
    if (accept(scan, "."))
        accept_all(scan, digits);
    if (accept(scan, exponent)) {
        (void)accept(scan, "+-");
        accept_all(scan, "0123456789_");
    }
}

/* Go reads "1.5p3" as 1.5 times 2 to the 3rd, which no other grammar has. */
static int read_float(const char *token, double *ret)
{
    const char *power = strchr(token, 'p');
    int64_t exponent;
    if (!power || strpbrk(token, "xX"))
        return number_parse_go_float(token, ret, NULL);
    AUTO_FREE char *mantissa = mem_strndup(token, (size_t)(power - token));
    int rc = number_parse_go_float(mantissa, ret, NULL);
    if (rc == 0)
        rc = number_parse_go_int(power + 1, &exponent, NULL);
    if (rc == 0)
        *ret = ldexp(*ret, exponent > 5000 ? 5000 : exponent < -5000 ? -5000 : (int)exponent);
    return rc;
}

static int scan_float(const char *text, double *ret, struct err *err)
{
    struct scan scan = {.at = text};
    double value = 0;
    strbuf_init_max(&scan.token, TOKEN_MAX_BYTES);
    skip_blanks(&scan);
    take_float(&scan);
    bool ok = scan.token.len > 0 && !scan.token.overflow && read_float(scan.token.data, &value) == 0;
    strbuf_done(&scan.token);
    if (!ok)
        return err_set(err, ERR_INVALID, "the value does not begin with a number");
    *ret = value;
    return 0;
}

static int scan_int(const char *text, double *ret, struct err *err)
{
    struct scan scan = {.at = text};
    int64_t value = 0;
    strbuf_init_max(&scan.token, TOKEN_MAX_BYTES);
    skip_blanks(&scan);
    (void)accept(&scan, "+-");
    accept_all(&scan, "0123456789");
    bool ok =
        scan.token.len > 0 && !scan.token.overflow && number_parse_go_int(scan.token.data, &value, NULL) == 0;
    strbuf_done(&scan.token);
    if (!ok)
        return err_set(err, ERR_INVALID, "the value does not begin with a whole number");
    *ret = (double)value;
    return 0;
}

static int read_quantity(const char *text, double *ret, struct err *err)
{
    struct quantity quantity;
    if (quantity_parse(text, &quantity, NULL) < 0)
        return err_set(err, ERR_INVALID, "the value is no quantity such as 500m or 1k");
    *ret = quantity.approx;
    return 0;
}

/* ---- formats ---- */

static int read_json_string(const struct gjson_value *value, enum resource_number number, double *ret,
                            struct err *err)
{
    AUTO_FREE char *text = mem_strndup(value->text.at, value->text.len);
    if (number == RESOURCE_INT64)
        return err_set(err, ERR_INVALID, "valueLocation leads to a text, and valueType is int64");
    return read_quantity(strlen(text) == value->text.len ? text : "", ret, err);
}

static int read_json(const char *text, enum resource_number number, const char *location, double *ret,
                     struct err *err)
{
    struct gjson_result result;
    int rc = gjson_get(text, strlen(text), location, &result, err);
    if (rc < 0)
        return rc;
    const struct gjson_value *value = &result.value;
    if (value->type == GJSON_NUMBER)
        *ret = number == RESOURCE_INT64 ? trunc(value->number) : value->number;
    else if (value->type == GJSON_STRING)
        rc = read_json_string(value, number, ret, err);
    else if (value->type == GJSON_NULL && value->raw.len == 0)
        rc = err_set(err, ERR_NOT_FOUND, "nothing is at valueLocation");
    else
        rc = err_set(err, ERR_INVALID, "valueLocation leads to no number but to %s",
                     gjson_type_name(value->type));
    gjson_done(&result);
    return rc;
}

static int read_yaml_scalar(const struct yaml_tree_node *node, enum resource_number number, double *ret,
                            struct err *err)
{
    switch (node->scalar.type) {
    case YAML_SCALAR_INT:
    case YAML_SCALAR_FLOAT:
        *ret = node->scalar.number;
        return 0;
    case YAML_SCALAR_STRING:
        return number == RESOURCE_QUANTITY ? read_quantity(node->text, ret, err)
                                           : scan_float(node->text, ret, err);
    case YAML_SCALAR_NULL:
    case YAML_SCALAR_BOOL:
    case YAML_SCALAR_HUGE:
    case YAML_SCALAR_TIME:
        break;
    }
    return err_set(err, ERR_INVALID, "valueLocation leads to no number");
}

static int read_yaml(const char *text, enum resource_number number, const char *location, double *ret,
                     struct err *err)
{
    struct yaml_tree tree = {0};
    const struct yaml_tree_node *node;
    int rc = yaml_tree_read(text, strlen(text), &tree, err);
    if (rc < 0)
        return rc;
    rc = yaml_path_find(&tree, location, &node, err);
    if (rc == 0)
        rc = read_yaml_scalar(node, number, ret, err);
    yaml_tree_done(&tree);
    return rc;
}

int resource_value_read(const char *text, enum resource_format format, enum resource_number number,
                        const char *location, double *ret, struct err *err)
{
    if (format == RESOURCE_JSON)
        return read_json(text, number, location, ret, err);
    if (format == RESOURCE_YAML)
        return read_yaml(text, number, location, ret, err);
    if (number == RESOURCE_QUANTITY)
        return read_quantity(text, ret, err);
    return number == RESOURCE_INT64 ? scan_int(text, ret, err) : scan_float(text, ret, err);
}

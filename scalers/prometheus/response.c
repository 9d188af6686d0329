/* Reads {data:{result:[{metric:{…}, value:[time, "number"]}]}} in one pass, with the outcome that Go's
 * decoder has: field names in any case, a repeated field merges into what the first left, null leaves a
 * struct alone and empties a list. */
#include "scalers/prometheus/response.h"

#include <math.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scalers/prometheus/json_scan.h"
#include "scalers/shared/http_status.h"

enum value_kind { VALUE_NONE, VALUE_NULL, VALUE_STRING, VALUE_OTHER };

/* The decoded answer, as far as it matters: of the elements only the first. */
struct answer {
    size_t results;     /* elements of data.result */
    bool has_result;    /* data.result is there, be it null */
    size_t value_items; /* of the first element's value */
    enum value_kind kind;
    struct json_slice number; /* value[1] when it is a string */
    bool partial;
};

static bool fits_text_or_null(struct json_scan *scan)
{
    struct json_slice ignored;
    return json_scan_peek(scan) == 'n' ? json_scan_null(scan) : json_scan_string(scan, &ignored);
}

/* Go turns each number inside `value` into a double, and one that does not fit fails the whole answer.
 * Without an exponent it takes more than 300 digits to get there. */
static bool number_fits(const char *at, size_t len)
{
    if (len < 300 && !memchr(at, 'e', len) && !memchr(at, 'E', len))
        return true;
    AUTO_FREE char *text = mem_strndup(at, len);
    double ignored;
    return number_parse_json_float(text, &ignored, NULL) == 0;
}

/* All numbers of a syntactically valid value. */
static bool numbers_fit(struct json_slice value)
{
    const char *end = value.at + value.len;
    for (const char *at = value.at; at < end; at++) {
        if (*at == '"') {
            for (at++; *at != '"'; at++)
                at += *at == '\\';
        } else if (*at == '-' || (*at >= '0' && *at <= '9')) {
            const char *start = at;
            while (at + 1 < end && at[1] != '\0' && strchr("0123456789+-.eE", at[1]))
                at++;
            if (!number_fits(start, (size_t)(at - start) + 1))
                return false;
        }
    }
    return true;
}

static bool read_number_item(struct json_scan *scan, struct answer *answer)
{
    char first = json_scan_peek(scan);
    if (first == '"') {
        answer->kind = VALUE_STRING;
        return json_scan_string(scan, &answer->number);
    }
    struct json_slice value;
    answer->kind = first == 'n' ? VALUE_NULL : VALUE_OTHER;
    return json_scan_skip(scan, &value) && numbers_fit(value);
}

static bool read_value(struct json_scan *scan, struct answer *answer)
{
    answer->value_items = 0;
    if (json_scan_peek(scan) == 'n')
        return json_scan_null(scan);
    bool ok;
    struct json_slice item;
    for (bool more = json_scan_open(scan, '[', &ok); more; more = json_scan_next(scan, ']', &ok)) {
        ok = answer->value_items == 1 ? read_number_item(scan, answer)
                                      : json_scan_skip(scan, &item) && numbers_fit(item);
        answer->value_items++;
    }
    return ok;
}

/* metric: any object, unread. */
static bool read_metric(struct json_scan *scan)
{
    char first = json_scan_peek(scan);
    return (first == '{' || first == 'n') && json_scan_skip(scan, NULL);
}

static bool read_element(struct json_scan *scan, struct answer *answer)
{
    if (json_scan_peek(scan) == 'n')
        return json_scan_null(scan);
    bool ok;
    struct json_slice key;
    for (bool more = json_scan_open(scan, '{', &ok); more; more = json_scan_next(scan, '}', &ok)) {
        if (!(ok = json_scan_key(scan, &key)))
            break;
        if (json_scan_key_is(key, "value"))
            ok = read_value(scan, answer);
        else if (json_scan_key_is(key, "metric"))
            ok = read_metric(scan);
        else
            ok = json_scan_skip(scan, NULL);
    }
    return ok;
}

static bool read_result(struct json_scan *scan, struct answer *answer)
{
    answer->results = 0;
    answer->has_result = true;
    if (json_scan_peek(scan) == 'n') {
        *answer = (struct answer){.partial = answer->partial, .has_result = true};
        return json_scan_null(scan);
    }
    bool ok;
    struct answer further = {0};
    for (bool more = json_scan_open(scan, '[', &ok); more; more = json_scan_next(scan, ']', &ok)) {
        ok = read_element(scan, answer->results == 0 ? answer : &further);
        answer->results++;
    }
    return ok;
}

static bool read_data(struct json_scan *scan, struct answer *answer)
{
    if (json_scan_peek(scan) == 'n')
        return json_scan_null(scan);
    bool ok;
    struct json_slice key;
    for (bool more = json_scan_open(scan, '{', &ok); more; more = json_scan_next(scan, '}', &ok)) {
        if (!(ok = json_scan_key(scan, &key)))
            break;
        if (json_scan_key_is(key, "result"))
            ok = read_result(scan, answer);
        else if (json_scan_key_is(key, "resultType"))
            ok = fits_text_or_null(scan);
        else
            ok = json_scan_skip(scan, NULL);
    }
    return ok;
}

/* PromQL's own annotations ("PromQL warning: quantile value should be between 0 and 1") are remarks on the
 * query, not missing data: with them counted, such a query would never scale down. */
static bool is_annotation(struct json_slice warning)
{
    static const char prefix[] = "\"PromQL ";
    return warning.len >= sizeof prefix - 1 && memcmp(warning.at, prefix, sizeof prefix - 1) == 0;
}

/* Whether a list holds anything but annotations. */
static bool tells_of_missing_data(struct json_slice list)
{
    struct json_scan scan;
    struct json_slice item;
    bool ok = false, found = false;
    json_scan_init(&scan, list.at, list.len);
    for (bool more = json_scan_open(&scan, '[', &ok); more; more = json_scan_next(&scan, ']', &ok)) {
        if (!json_scan_skip(&scan, &item))
            break;
        found = found || !is_annotation(item);
    }
    return found;
}

/* A list or text that is not empty, or true. */
static bool read_partial_mark(struct json_scan *scan, struct answer *answer)
{
    struct json_slice mark;
    char first = json_scan_peek(scan);
    if (!json_scan_skip(scan, &mark))
        return false;
    if (first == 't' || (first == '"' && mark.len > 2 && !is_annotation(mark)) ||
        (first == '[' && tells_of_missing_data(mark)))
        answer->partial = true;
    return true;
}

/* 200 with "error": some proxy's way to fail. */
static bool read_status(struct json_scan *scan, struct answer *answer)
{
    struct json_slice status;
    if (json_scan_peek(scan) == 'n')
        return json_scan_null(scan);
    if (!json_scan_string(scan, &status))
        return false;
    static const char good[] = "success";
    if (status.len != sizeof good - 1 || memcmp(status.at, good, sizeof good - 1) != 0)
        answer->partial = true;
    return true;
}

/* KEDA reads {}, {"status":"ok"} and a matrix as empty, so as 0. They are no answers to the question, and 0
 * out of them must not take anybody's replicas. */
static bool is_doubtful(const struct answer *answer)
{
    return answer->results == 0 ? !answer->has_result : answer->value_items == 0;
}

static bool read_answer(struct json_scan *scan, struct answer *answer)
{
    if (json_scan_peek(scan) == 'n')
        return json_scan_null(scan);
    bool ok;
    struct json_slice key;
    for (bool more = json_scan_open(scan, '{', &ok); more; more = json_scan_next(scan, '}', &ok)) {
        if (!(ok = json_scan_key(scan, &key)))
            break;
        if (json_scan_key_is(key, "data"))
            ok = read_data(scan, answer);
        else if (json_scan_key_is(key, "status"))
            ok = read_status(scan, answer);
        else if (json_scan_key_is(key, "warnings") || json_scan_key_is(key, "isPartial"))
            ok = read_partial_mark(scan, answer);
        else
            ok = json_scan_skip(scan, NULL);
    }
    return ok;
}

static int parse_number(struct json_slice slice, double *ret, struct err *err)
{
    char small[64];
    bool fits = slice.len < sizeof(small);
    AUTO_FREE char *large = fits ? NULL : mem_alloc(slice.len + 1);
    char *text = fits ? small : large;
    if (!json_scan_unescape(slice, text, slice.len + 1) || number_parse_go_float(text, ret, NULL) < 0)
        return err_set(err, ERR_PROTOCOL, "the query's value is not a number");
    return 0;
}

static int read_single(const struct answer *answer, struct scaler_result *result, struct err *err)
{
    double value = -1; /* KEDA's outcome for null */
    if (answer->value_items == 1)
        return err_set(err, ERR_PROTOCOL, "the query's result has a time but no value");
    if (answer->kind == VALUE_OTHER)
        return err_set(err, ERR_PROTOCOL, "the query's value is not a string");
    if (answer->kind == VALUE_STRING && parse_number(answer->number, &value, err) < 0)
        return ERR_PROTOCOL;
    result->state = isfinite(value) ? SCALER_OK : SCALER_NAN;
    result->value = result->activity = value;
    return 0;
}

int prometheus_response_read(int status, const char *body, size_t len, struct scaler_result *ret,
                             struct err *err)
{
    if (status < 200 || status > 299)
        return http_status_fail(status, err);
    struct json_scan scan;
    struct answer answer = {0};
    json_scan_init(&scan, body, len);
    if (!read_answer(&scan, &answer) || !json_scan_ended(&scan))
        return err_set(err, ERR_PROTOCOL, "not the answer of an instant vector query (byte %zu of %zu)",
                       (size_t)(scan.at - body), len);
    if (answer.results > 1)
        return err_set(
            err, ERR_PROTOCOL,
            "the query gives %zu series where one is wanted; aggregate it, with sum() for instance",
            answer.results);
    struct scaler_result found = {.state = SCALER_EMPTY, .partial = answer.partial || is_doubtful(&answer)};
    if (answer.results == 1 && answer.value_items > 0 && read_single(&answer, &found, err) < 0)
        return ERR_PROTOCOL;
    *ret = found;
    return 0;
}

bool prometheus_response_error(const char *body, size_t len, char *buf, size_t size)
{
    struct json_scan scan;
    struct json_slice key, text;
    bool ok;
    json_scan_init(&scan, body, len);
    for (bool more = json_scan_open(&scan, '{', &ok); more; more = json_scan_next(&scan, '}', &ok)) {
        if (!json_scan_key(&scan, &key))
            return false;
        if (json_scan_key_is(key, "error") && json_scan_peek(&scan) == '"')
            return json_scan_string(&scan, &text) && text.len > 0 && json_scan_unescape(text, buf, size);
        ok = json_scan_skip(&scan, NULL);
    }
    return false;
}

/* Reads {data: {resultType: "matrix", result: [{values: [[time, "number"], …]}, …]}} into samples. */
#include "scalers/prometheus/range.h"

#include <math.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/text.h"

static int bad_shape(struct err *err)
{
    return err_set(err, ERR_PROTOCOL, "the answer is no matrix as /api/v1/query_range gives it");
}

static size_t instants(const struct scaler_range *range)
{
    return (size_t)((range->end_ms - range->start_ms) / range->step_ms) + 1;
}

/* A time between two instants of the range is not what was asked for. */
static struct scaler_sample *sample_at(struct scaler_sample *samples, size_t len,
                                       const struct scaler_range *range, json_t *time)
{
    double place = (json_number_value(time) * 1000 - (double)range->start_ms) / (double)range->step_ms;
    double whole = round(place);
    if (!json_is_number(time) || !(whole >= 0) || whole >= (double)len ||
        fabs(place - whole) * (double)range->step_ms > 2)
        return NULL;
    return &samples[(size_t)whole];
}

/* A second series with a value then: the instant query would have had two elements. */
static int take_value(struct scaler_sample *sample, const char *text, struct err *err)
{
    double value;
    if (!text || number_parse_go_float(text, &value, NULL) < 0)
        return bad_shape(err);
    if (sample->error || sample->result.state != SCALER_EMPTY) {
        sample->error = true;
        return 0;
    }
    sample->result.state = isfinite(value) ? SCALER_OK : SCALER_NAN;
    sample->result.value = sample->result.activity = isfinite(value) ? value : 0;
    return 0;
}

static int read_series(json_t *series, const struct scaler_range *range, struct scaler_sample *samples,
                       size_t len, struct err *err)
{
    json_t *values = json_object_get(series, "values"), *pair;
    size_t i;
    if (!json_is_array(values))
        return bad_shape(err);
    json_array_foreach (values, i, pair) {
        struct scaler_sample *sample = sample_at(samples, len, range, json_array_get(pair, 0));
        if (!sample || json_array_size(pair) != 2)
            return bad_shape(err);
        int rc = take_value(sample, json_string_value(json_array_get(pair, 1)), err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int read_matrix(json_t *root, const struct scaler_range *range, struct scaler_sample *samples,
                       size_t len, struct err *err)
{
    json_t *data = json_object_get(root, "data"), *result = json_object_get(data, "result"), *series;
    size_t i;
    if (!text_eq(json_str(root, "status"), "success") || !text_eq(json_str(data, "resultType"), "matrix") ||
        !json_is_array(result))
        return bad_shape(err);
    json_array_foreach (result, i, series) {
        int rc = read_series(series, range, samples, len, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static bool is_partial(json_t *root)
{
    return json_array_size(json_object_get(root, "warnings")) > 0 || json_flag(root, "isPartial");
}

int prometheus_range_read(int status, const char *body, size_t len, const struct scaler_range *range,
                          struct scaler_sample **ret_samples, size_t *ret_len, struct err *err)
{
    AUTO_JSON json_t *root = NULL;
    if (status < 200 || status > 299)
        return err_set(err, status == 401 || status == 403 ? ERR_AUTH : ERR_UNAVAILABLE, "HTTP status %d",
                       status);
    int rc = json_load_bytes(body, len, &root, err);
    if (rc < 0)
        return rc;
    size_t samples_len = instants(range);
    struct scaler_sample *samples = mem_zalloc_array(samples_len, sizeof *samples);
    bool partial = is_partial(root);
    for (size_t i = 0; i < samples_len; i++)
        samples[i] = (struct scaler_sample){.at_ms = range->start_ms + (int64_t)i * range->step_ms,
                                            .result = {.state = SCALER_EMPTY, .partial = partial}};
    rc = read_matrix(root, range, samples, samples_len, err);
    if (rc < 0) {
        mem_free(samples);
        return rc;
    }
    *ret_samples = samples;
    *ret_len = samples_len;
    return 0;
}

/* Owns reading inputs leniently and comparing expectations strictly. */
#include "tests/vectors/runner.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/engine/arith.h"

void vector_fail(struct vector *vector, const char *fmt, ...)
{
    if (vector->failed)
        return;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(vector->why, sizeof(vector->why), fmt, args);
    va_end(args);
    vector->failed = true;
}

void *vector_alloc(struct vector *vector, size_t count, size_t size)
{
    void *memory = mem_zalloc_array(count, size);
    vector->allocated =
        mem_realloc_array(vector->allocated, vector->allocated_len + 1, sizeof(vector->allocated[0]));
    vector->allocated[vector->allocated_len++] = memory;
    return memory;
}

static int64_t to_i64(json_t *value, int64_t fallback)
{
    if (json_is_integer(value))
        return json_integer_value(value);
    if (!json_is_real(value))
        return fallback;
    double real = json_real_value(value);
    if (real >= 0x1p63)
        return INT64_MAX;
    return real <= -0x1p63 ? INT64_MIN : (int64_t)real;
}

int64_t input_i64(json_t *object, const char *key, int64_t fallback)
{
    return to_i64(json_object_get(object, key), fallback);
}

int32_t input_i32(json_t *object, const char *key, int32_t fallback)
{
    return arith_clamp_i32(input_i64(object, key, fallback));
}

double input_double(json_t *object, const char *key, double fallback)
{
    json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : fallback;
}

bool input_bool(json_t *object, const char *key, bool fallback)
{
    json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

const char *input_str(json_t *object, const char *key)
{
    const char *text = json_str(object, key);
    return text ? text : "";
}

bool input_has(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return value && !json_is_null(value);
}

static json_t *expected(struct vector *vector, const char *key)
{
    json_t *value = json_object_get(vector->expect, key);
    if (value)
        vector->checks++;
    return value;
}

void expect_i64(struct vector *vector, const char *key, int64_t actual)
{
    json_t *value = expected(vector, key);
    if (!value)
        return;
    if (!json_is_number(value))
        vector_fail(vector, "%s: the expected value is no number", key);
    else if (to_i64(value, 0) != actual)
        vector_fail(vector, "%s: expected %lld, got %lld", key, (long long)to_i64(value, 0),
                    (long long)actual);
}

void expect_double(struct vector *vector, const char *key, double actual)
{
    json_t *value = expected(vector, key);
    if (!value)
        return;
    double wanted = json_number_value(value);
    if (!json_is_number(value) || !(fabs(wanted - actual) <= 1e-12 * fmax(1.0, fabs(wanted))))
        vector_fail(vector, "%s: expected %.17g, got %.17g", key, wanted, actual);
}

void expect_bool(struct vector *vector, const char *key, bool actual)
{
    json_t *value = expected(vector, key);
    if (!value)
        return;
    if (!json_is_boolean(value) || json_is_true(value) != actual)
        vector_fail(vector, "%s: expected %s, got %s", key, json_is_true(value) ? "true" : "false",
                    actual ? "true" : "false");
}

void expect_str(struct vector *vector, const char *key, const char *actual)
{
    json_t *value = expected(vector, key);
    if (value && !text_eq(json_string_value(value), actual))
        vector_fail(vector, "%s: expected %s, got %s", key,
                    json_is_string(value) ? json_string_value(value) : "?", actual ? actual : "nothing");
}

void expect_error_text(struct vector *vector, const char *key, const char *actual)
{
    json_t *value = expected(vector, key);
    if (value && (!json_is_string(value) || !strstr(actual, json_string_value(value))))
        vector_fail(vector, "%s: expected \"%s\", got \"%s\"", key,
                    json_is_string(value) ? json_string_value(value) : "?", actual);
}

bool expect_success(struct vector *vector, int rc, const struct err *err)
{
    bool wanted = json_is_string(json_object_get(vector->expect, "error")) ||
                  json_is_string(json_object_get(vector->expect, "errorContains"));
    if (rc < 0 && !wanted)
        vector_fail(vector, "unexpected error: %s", err->msg);
    if (rc == 0 && wanted)
        vector_fail(vector, "expected an error, got none");
    if (rc == 0)
        return true;
    expect_error_text(vector, "error", err->msg);
    expect_error_text(vector, "errorContains", err->msg);
    return false;
}

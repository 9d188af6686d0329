/* The vector runner: one JSON object per line, in one of two forms.
 *   {"id", "kind", "input": {…}, "expect": {…}}  a kind is one function in a table (hpa_*.c);
 *   {"id", …}                                    flat: inputs and outputs stand side by side; what a line is
 *                                                about shows in the keys it has (exact_*.c).
 * A new group is one file, and one line in main.c. */
#ifndef TESTS_VECTORS_RUNNER_H
#define TESTS_VECTORS_RUNNER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"

struct vector {
    const char *id;
    json_t *input;   /* flat: the whole line */
    json_t *expect;  /* flat: the whole line */
    unsigned checks; /* comparisons made: a vector that compares nothing has failed */
    bool failed;
    char why[1024]; /* of the first failure */
    void **allocated;
    size_t allocated_len;
};

struct vector_kind {
    const char *name;
    void (*run)(struct vector *vector);
};

/* Flat lines that have this key. */
struct vector_shape {
    const char *key;
    void (*run)(struct vector *vector);
};

/* Ends with name NULL. */
extern const struct vector_kind vector_kinds_hpa_calc[];
extern const struct vector_kind vector_kinds_hpa_pods[];
extern const struct vector_kind vector_kinds_hpa_behavior[];
extern const struct vector_kind vector_kinds_hpa_stabilization[];
extern const struct vector_kind vector_kinds_hpa_reconcile[];

void vectors_formula(struct vector *vector);
void vectors_coercion(struct vector *vector);
void vectors_prometheus(struct vector *vector);
void vectors_cron(struct vector *vector);
void vectors_metrics(struct vector *vector);

/* Keeps the first reason only. */
void vector_fail(struct vector *vector, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void *vector_alloc(struct vector *vector, size_t count, size_t size); /* zeroed; freed after the run */

/* Input. Whatever is missing or of another type gives the fallback; numbers are clamped. NULL is an empty
 * object. */
int64_t input_i64(json_t *object, const char *key, int64_t fallback);
int32_t input_i32(json_t *object, const char *key, int32_t fallback);
double input_double(json_t *object, const char *key, double fallback);
bool input_bool(json_t *object, const char *key, bool fallback);
const char *input_str(json_t *object, const char *key); /* "" */
bool input_has(json_t *object, const char *key);        /* there and not null */

/* Expectations: nothing happens unless `key` is expected. */
void expect_i64(struct vector *vector, const char *key, int64_t actual);
void expect_double(struct vector *vector, const char *key, double actual);
void expect_bool(struct vector *vector, const char *key, bool actual);
void expect_str(struct vector *vector, const char *key, const char *actual);
/* A call that may fail: `error` or `errorContains` is a part of the error's text. true: go on and compare
 * results. */
bool expect_success(struct vector *vector, int rc, const struct err *err);
void expect_error_text(struct vector *vector, const char *key, const char *actual);

#endif

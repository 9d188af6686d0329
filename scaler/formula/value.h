/* Values of a running formula: sixteen bytes, copied freely. Texts and items they point to live in the
 * program or in the evaluation's arena. */
#ifndef SCALER_FORMULA_VALUE_H
#define SCALER_FORMULA_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zone;

enum value_type {
    VALUE_NIL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_FLOAT,
    VALUE_STRING,   /* text, len bytes */
    VALUE_ARRAY,    /* items, len */
    VALUE_RANGE,    /* an array of len ints from i on */
    VALUE_MAP,      /* items: len keys and values in turn */
    VALUE_DURATION, /* i: nanoseconds */
    VALUE_WEEKDAY,  /* i: 0 Sunday */
    VALUE_MONTH,    /* i: 1 January */
    VALUE_TIME,     /* when */
    VALUE_ZONE,     /* zone */
    VALUE_TYPE_COUNT,
};

/* A time of day somewhere. */
struct when {
    int64_t unix_s;
    int32_t ns;
    int32_t offset_s;        /* without a zone: seconds east of UTC */
    const struct zone *zone; /* NULL: offset_s says */
};

struct value {
    uint8_t type;
    bool any_keys; /* of a map: keys need not be strings */
    uint32_t len;
    union {
        int64_t i;
        double f;
        bool b;
        const char *text;
        const struct value *items;
        const struct when *when;
        const struct zone *zone;
    };
};

static inline struct value value_int(int64_t i)
{
    return (struct value){.type = VALUE_INT, .i = i};
}

static inline struct value value_float(double f)
{
    return (struct value){.type = VALUE_FLOAT, .f = f};
}

static inline struct value value_bool(bool b)
{
    return (struct value){.type = VALUE_BOOL, .b = b};
}

static inline struct value value_text(const char *text, size_t len)
{
    return (struct value){.type = VALUE_STRING, .len = (uint32_t)len, .text = text};
}

static inline struct value value_array(const struct value *items, size_t len)
{
    return (struct value){.type = VALUE_ARRAY, .len = (uint32_t)len, .items = items};
}

static inline bool value_is_array(struct value value)
{
    return value.type == VALUE_ARRAY || value.type == VALUE_RANGE;
}

static inline bool value_is_number(struct value value)
{
    return value.type == VALUE_INT || value.type == VALUE_FLOAT;
}

static inline double value_double(struct value value)
{
    return value.type == VALUE_INT ? (double)value.i : value.f;
}

/* Element `index` of an array or range. */
static inline struct value value_at(struct value array, uint32_t index)
{
    return array.type == VALUE_RANGE ? value_int(array.i + index) : array.items[index];
}

const char *value_type_name(struct value value); /* for messages */

/* Arithmetic of 64 bits that wraps around. */
static inline int64_t wrap_add(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static inline int64_t wrap_sub(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static inline int64_t wrap_mul(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

/* Truncates; what does not fit (and NaN) becomes the smallest int, as on amd64. */
static inline int64_t value_truncate(double f)
{
    return f >= -9223372036854775808.0 && f < 9223372036854775808.0 ? (int64_t)f : INT64_MIN;
}

double value_pow(double base, double exponent); /* as upstream computes it */

#endif

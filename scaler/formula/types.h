/* What is known of a node's type before it runs. */
#ifndef SCALER_FORMULA_TYPES_H
#define SCALER_FORMULA_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A type is a number: one of these, or TYPE_COUNT + n for an array whose elements' type is known. */
enum type {
    TYPE_UNKNOWN, /* shows when it runs */
    TYPE_NIL,
    TYPE_BOOL,
    TYPE_INT,
    TYPE_FLOAT,
    TYPE_STRING,
    TYPE_ARRAY,   /* of anything */
    TYPE_MAP,     /* keys are strings */
    TYPE_ANY_MAP, /* of fromPairs: keys are anything */
    TYPE_GROUPS,  /* of groupBy: anything to arrays */
    TYPE_TIME,
    TYPE_DURATION,
    TYPE_ZONE,
    TYPE_WEEKDAY,
    TYPE_MONTH,
    TYPE_COUNT,
};

struct types {
    uint32_t *elements; /* of the arrays' elements */
    uint32_t len, cap;
};

void types_done(struct types *types);
uint32_t types_array_of(struct types *types, uint32_t element);
uint32_t types_element(const struct types *types, uint32_t type);
const char *types_name(uint32_t type);

static inline bool type_is_array(uint32_t type)
{
    return type == TYPE_ARRAY || type >= TYPE_COUNT;
}

static inline bool type_is_number(uint32_t type)
{
    return type == TYPE_INT || type == TYPE_FLOAT;
}

static inline bool type_is_map(uint32_t type)
{
    return type == TYPE_MAP || type == TYPE_ANY_MAP || type == TYPE_GROUPS;
}

/* Go's kinds: two types with one kind make an array whose elements' type is known. */
int type_kind(uint32_t type);
bool type_assignable(uint32_t from, uint32_t to);
/* Whether == between them can be true. */
bool type_comparable(uint32_t a, uint32_t b);

#endif

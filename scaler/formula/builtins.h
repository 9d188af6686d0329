/* The builtin functions by name: how they are called. What they accept is in check_builtins.c, what they do
 * in do_*.c. */
#ifndef SCALER_FORMULA_BUILTINS_H
#define SCALER_FORMULA_BUILTINS_H

#include <stdbool.h>
#include <stddef.h>

enum builtin {
    BUILTIN_NONE,
    /* with a closure */
    BUILTIN_ALL,
    BUILTIN_NONE_OF,
    BUILTIN_ANY,
    BUILTIN_ONE,
    BUILTIN_FILTER,
    BUILTIN_MAP,
    BUILTIN_COUNT,
    BUILTIN_SUM,
    BUILTIN_FIND,
    BUILTIN_FIND_INDEX,
    BUILTIN_FIND_LAST,
    BUILTIN_FIND_LAST_INDEX,
    BUILTIN_GROUP_BY,
    BUILTIN_SORT_BY,
    BUILTIN_REDUCE,
    /* numbers */
    BUILTIN_LEN,
    BUILTIN_TYPE,
    BUILTIN_ABS,
    BUILTIN_CEIL,
    BUILTIN_FLOOR,
    BUILTIN_ROUND,
    BUILTIN_INT,
    BUILTIN_FLOAT,
    BUILTIN_STRING,
    BUILTIN_MAX,
    BUILTIN_MIN,
    BUILTIN_MEAN,
    BUILTIN_MEDIAN,
    BUILTIN_BITAND,
    BUILTIN_BITOR,
    BUILTIN_BITXOR,
    BUILTIN_BITNAND,
    BUILTIN_BITSHL,
    BUILTIN_BITSHR,
    BUILTIN_BITUSHR,
    BUILTIN_BITNOT,
    /* arrays and maps */
    BUILTIN_FIRST,
    BUILTIN_LAST,
    BUILTIN_GET,
    BUILTIN_TAKE,
    BUILTIN_KEYS,
    BUILTIN_VALUES,
    BUILTIN_TO_PAIRS,
    BUILTIN_FROM_PAIRS,
    BUILTIN_REVERSE,
    BUILTIN_UNIQ,
    BUILTIN_CONCAT,
    BUILTIN_FLATTEN,
    BUILTIN_SORT,
    /* strings */
    BUILTIN_TRIM,
    BUILTIN_TRIM_PREFIX,
    BUILTIN_TRIM_SUFFIX,
    BUILTIN_UPPER,
    BUILTIN_LOWER,
    BUILTIN_SPLIT,
    BUILTIN_SPLIT_AFTER,
    BUILTIN_REPLACE,
    BUILTIN_REPEAT,
    BUILTIN_JOIN,
    BUILTIN_INDEX_OF,
    BUILTIN_LAST_INDEX_OF,
    BUILTIN_HAS_PREFIX,
    BUILTIN_HAS_SUFFIX,
    /* time */
    BUILTIN_NOW,
    BUILTIN_DATE,
    BUILTIN_DURATION,
    BUILTIN_TIMEZONE,
    /* refused by name */
    BUILTIN_TO_JSON,
    BUILTIN_FROM_JSON,
    BUILTIN_TO_BASE64,
    BUILTIN_FROM_BASE64,
    BUILTIN_COUNT_OF,
};

struct builtin_row {
    const char *name;
    int closure_args;  /* 0: no closure; else how many arguments there may be, the second is the closure */
    int optional_from; /* of those: this one and later may be left out */
    bool refused;
};

extern const struct builtin_row builtin_rows[BUILTIN_COUNT_OF];

enum builtin builtin_find(const char *name, size_t len); /* BUILTIN_NONE: no such */

#endif

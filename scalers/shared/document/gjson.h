/* GJSON paths (github.com/tidwall/gjson SYNTAX.md) over JSON text, as the metrics-api trigger's valueLocation
 * needs them. Like the original it scans and never validates: what it finds in broken JSON is part of the
 * contract. Unlike the original it is bounded in depth, work and memory. */
#ifndef SCALERS_SHARED_DOCUMENT_GJSON_H
#define SCALERS_SHARED_DOCUMENT_GJSON_H

#include <stdbool.h>
#include <stddef.h>

#include "scaler/base/err.h"

struct gjson_span {
    const char *at;
    size_t len;
};

enum gjson_type { GJSON_NULL, GJSON_FALSE, GJSON_NUMBER, GJSON_STRING, GJSON_TRUE, GJSON_JSON };

struct gjson_value {
    enum gjson_type type;
    struct gjson_span raw;  /* as it stands in the text; NULL without raw: nothing was found */
    struct gjson_span text; /* GJSON_STRING: unescaped; may hold any byte, NUL too */
    double number;          /* GJSON_NUMBER; 0 for what is no number, may be infinite or NaN */
};

struct gjson_run;

struct gjson_result {
    struct gjson_value value;
    struct gjson_run *run; /* owns what value points to, besides json and path */
};

/* Looks path up in json. Finding nothing is success with a GJSON_NULL value; ERR_LIMIT when path and json
 * together ask for too much. On success ret borrows json and path and goes to gjson_done. */
int gjson_get(const char *json, size_t len, const char *path, struct gjson_result *ret, struct err *err);
void gjson_done(struct gjson_result *result);

const char *gjson_type_name(enum gjson_type type); /* "Null", "Number", … */

#endif

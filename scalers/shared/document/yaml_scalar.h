/* What a YAML scalar is by the rules of Go's yaml.v3, which are not those of configuration files: `on` and
 * `yes` are strings, 0777 and 0o777 are octal, 0b11 is binary. */
#ifndef SCALERS_SHARED_DOCUMENT_YAML_SCALAR_H
#define SCALERS_SHARED_DOCUMENT_YAML_SCALAR_H

#include <stdbool.h>

#include "scaler/base/err.h"

enum yaml_scalar_type {
    YAML_SCALAR_STRING,
    YAML_SCALAR_NULL,
    YAML_SCALAR_BOOL,
    YAML_SCALAR_INT,
    YAML_SCALAR_HUGE, /* an integer beyond int64 */
    YAML_SCALAR_FLOAT,
    YAML_SCALAR_TIME,
};

struct yaml_scalar {
    enum yaml_scalar_type type;
    bool boolean;
    double number; /* of the integers and floats */
};

/* tag: as libyaml gives it; NULL or "!": none. quoted: written in quotes or as a block. ERR_PROTOCOL when the
 * text is not what its tag says. */
int yaml_scalar_read(const char *text, const char *tag, bool quoted, struct yaml_scalar *ret,
                     struct err *err);

#endif

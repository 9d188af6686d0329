/* Whole small files. */
#ifndef SCALER_BASE_FILE_H
#define SCALER_BASE_FILE_H

#include <stddef.h>

#include "scaler/base/err.h"

/* Reads at most max_bytes (more is ERR_LIMIT, before anything is read for regular files). The caller frees
 * *ret (NUL-terminated). */
int file_read(const char *path, size_t max_bytes, char **ret, size_t *ret_len, struct err *err);

#endif

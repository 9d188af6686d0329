/* The lines of `davit simulate -o jsonl` as something to explain. */
#ifndef SCALER_CLI_EXPLAIN_FROM_H
#define SCALER_CLI_EXPLAIN_FROM_H

#include <jansson.h>

#include "scaler/base/err.h"
#include "scaler/cli/explain_model.h"

struct explain_lines {
    json_t *lines; /* array of the last decisions until the instant, newest first; owned */
    struct explain_object object;
};

/* path "-": standard input. at: seconds, the last line not after it; NAN: the last of all. wanted: how many
 * decisions at most; equal ones in a row are one. On success the caller calls explain_lines_done. */
int explain_from(const char *path, double at, size_t wanted, struct explain_lines *ret,
                 struct explain_decision *ret_decisions, size_t *ret_len, struct err *err);
void explain_lines_done(struct explain_lines *lines);

#endif

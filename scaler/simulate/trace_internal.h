/* What the files of the trace share. */
#ifndef SCALER_SIMULATE_TRACE_INTERNAL_H
#define SCALER_SIMULATE_TRACE_INTERNAL_H

#include <uthash.h>

#include "scaler/simulate/trace.h"

struct trace_channel {
    UT_hash_handle hh;
    char *key;
    uint32_t index;
};

const struct trace_channel *trace_find(const struct trace *trace, enum trace_section section,
                                       const char *name); /* NULL: not declared */

#endif

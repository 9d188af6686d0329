/* A reading on its way: made on the loop, answered by the worker, given back to the loop. Each part of it
 * belongs to one side at a time; handing over is done under the worker's lock. */
#ifndef SCALERS_KAFKA_REQUEST_H
#define SCALERS_KAFKA_REQUEST_H

#include "scaler/base/err.h"
#include "scaler/net/timer.h"
#include "scalers/api.h"
#include "scalers/kafka/query.h"

struct kafka_request {
    struct kafka_request *prev, *next; /* in the list of whoever has it */
    struct kafka_query query;

    bool begun; /* guarded by the worker's lock: no longer waiting */

    /* The answer. */
    struct scaler_result result;
    struct err *error; /* NULL: result is valid */

    /* The loop's alone, also while the worker has the rest. */
    struct scaler_source *source;
    struct kafka_request *open_prev, *open_next; /* among the unanswered */
    struct timer deadline;
    scaler_done_fn
        done; /* NULL: answered already (deadline, cancel); what the worker says no longer matters */
    void *arg;
    bool handed_over;
};

#endif

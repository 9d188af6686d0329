/* Readings that came together are answered together: one request per group, one metadata request, one request
 * per leader. */
#ifndef SCALERS_KAFKA_BATCH_H
#define SCALERS_KAFKA_BATCH_H

#include "scalers/kafka/request.h"
#include "scalers/kafka/session.h"

/* Answers every request of the list (utlist, `next`): sets result or error, takes it out, gives it to finish.
 * Blocks up to KAFKA_BATCH_MS; whose answer is there earlier is finished earlier. */
void kafka_batch_run(struct kafka_session *session, struct kafka_request **requests,
                     void (*finish)(struct kafka_request *request, void *arg), void *arg);

#endif

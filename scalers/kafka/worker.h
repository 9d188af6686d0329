/* The thread that talks to one cluster. librdkafka's calls block, so the loop only leaves requests here and
 * is woken when there are answers. Everything in this header is for the loop's thread and returns at once,
 * kafka_worker_free excepted. */
#ifndef SCALERS_KAFKA_WORKER_H
#define SCALERS_KAFKA_WORKER_H

#include <stdbool.h>
#include <uv.h>

#include "scalers/kafka/cluster.h"
#include "scalers/kafka/request.h"

struct kafka_worker;

/* cluster is borrowed and stays constant. wake is sent to whenever kafka_worker_collect and its kin have
 * news. */
int kafka_worker_start(const struct kafka_cluster *cluster, uv_async_t *wake, struct kafka_worker **ret,
                       struct err *err);
/* Takes the list (utlist). */
void kafka_worker_submit(struct kafka_worker *worker, struct kafka_request *requests);
/* Answered requests (utlist); the caller's again. */
struct kafka_request *kafka_worker_collect(struct kafka_worker *worker);
/* True: it was not begun, and is the caller's again. */
bool kafka_worker_withdraw(struct kafka_worker *worker, struct kafka_request *request);
/* The last trouble with a connection since a broker answered; false: none. */
bool kafka_worker_problem(struct kafka_worker *worker, struct err *ret);

/* The library wants an OAuth token; says so once for each time. */
bool kafka_worker_wants_token(struct kafka_worker *worker);
/* token NULL: why says what went wrong. expires_ms: wall clock. */
void kafka_worker_give_token(struct kafka_worker *worker, const char *token, int64_t expires_ms,
                             const char *why);

/* The thread ends as soon as the call it is in returns (a few seconds at most); then it wakes the loop. */
void kafka_worker_stop(struct kafka_worker *worker);
bool kafka_worker_stopped(struct kafka_worker *worker);
/* Only when stopped. All requests must have been collected or withdrawn. */
void kafka_worker_free(struct kafka_worker *worker);

#endif

/* One librdkafka client and what it says of its connections. Belongs to one worker thread; making and freeing
 * it block. */
#ifndef SCALERS_KAFKA_CLIENT_H
#define SCALERS_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "scaler/base/err.h"
#include "scalers/kafka/cluster.h"

struct kafka_client {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue; /* answers of admin requests and the client's own events */
    const struct kafka_cluster *cluster;
    int64_t born_ms;   /* clock_mono_ms */
    int64_t heard_ms;  /* when a broker answered last; born_ms if none did */
    bool all_down;     /* no broker can be reached (or authenticates us), as far as the library knows */
    bool token_wanted; /* KAFKA_SASL_OAUTH: the library asks for a (new) token */
    bool token_given;
    struct err problem; /* the last thing that went wrong with a connection; code 0: nothing since heard_ms */
};

/* cluster is borrowed for the client's life. group: one that the credentials may describe; it is not joined.
 * Does not connect. ERR_CONFIG: the library refuses the settings. */
int kafka_client_new(const struct kafka_cluster *cluster, const char *group, struct kafka_client **ret,
                     struct err *err);
/* Ends it on a thread of its own and waits up to wait_ms for that. NULL is fine. */
void kafka_client_end(struct kafka_client *client, int64_t wait_ms);
/* How many clients of this process are still ending. */
unsigned kafka_clients_ending(void);

/* Waits up to timeout_ms for an answer to an admin request; events of the client are dealt with in between.
 * NULL: none. The caller destroys it. */
rd_kafka_event_t *kafka_client_poll(struct kafka_client *client, int timeout_ms);
/* A broker answered: earlier problems are over. */
void kafka_client_heard(struct kafka_client *client);
/* Nothing will come of waiting: no connection, and either refused credentials or no hope left for a token. */
bool kafka_client_hopeless(const struct kafka_client *client);

/* token NULL: why says what went wrong. expires_ms: wall clock. */
void kafka_client_set_token(struct kafka_client *client, const char *token, int64_t expires_ms,
                            const char *why);

/* Fills err from a library error: "what: description"; where that only says that time ran out or that the
 * connection is gone, the connection's last problem is told instead. Returns its code. */
int kafka_client_err(const struct kafka_client *client, rd_kafka_resp_err_t code, struct err *err,
                     const char *what);

/* The library's error codes as ours. */
enum err_code kafka_err_code(rd_kafka_resp_err_t code);

#endif

/* What one worker thread knows of its cluster: the client, and the groups and topics that are being asked
 * for. Nobody else touches it, so nothing here is locked. */
#ifndef SCALERS_KAFKA_SESSION_H
#define SCALERS_KAFKA_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "scaler/base/err.h"
#include "scalers/kafka/client.h"
#include "scalers/kafka/memory.h"

/* A batch answers its readings well before their own deadline (source.c). */
#define KAFKA_BATCH_MS 9000

/* An offset of one partition. */
struct kafka_offset {
    const char *topic; /* borrowed from the answer */
    int64_t offset;    /* KAFKA_NO_COMMIT: none */
    int32_t partition;
    rd_kafka_resp_err_t err;
};

/* A consumer group and its committed offsets. */
struct kafka_group {
    UT_hash_handle hh;
    int64_t used_ms;
    bool suspect; /* did not answer last time: it is asked after the others and not waited for as long */
    bool wanted;  /* in this batch */
    bool answered;
    bool pending; /* the client has a request under way, whose opaque is the group: it may not be freed */
    int64_t asked_ms;
    struct err *error; /* NULL: offsets are valid */
    rd_kafka_event_t *answer;
    struct kafka_offset *offsets; /* sorted by topic and partition */
    size_t offsets_len;
    char name[];
};

/* The end of one partition. */
struct kafka_end {
    int64_t offset; /* -1: the answer left the partition out */
    rd_kafka_resp_err_t err;
};

/* A topic and the ends of its partitions. */
struct kafka_topic {
    UT_hash_handle hh;
    int64_t used_ms;
    int64_t asked_ms;
    bool suspect; /* as of a group */
    bool wanted;
    bool answered;
    struct err *error;
    int32_t probe; /* how many partitions are asked for: one more than there are */
    struct kafka_end *ends;
    int32_t ends_len; /* the topic's partitions, 0 … ends_len - 1 */
    char name[];
};

struct kafka_session {
    const struct kafka_cluster *cluster;
    struct kafka_client *client; /* NULL: not made yet, or refused */
    struct kafka_group *groups;
    struct kafka_topic *topics;
    struct kafka_memory memory;
    int64_t deadline_ms;    /* of the batch; clock_mono_ms */
    int64_t renewed_ms;     /* when the client was last made */
    bool coordinator_moved; /* a broker says it does not coordinate a group */
    bool (*stopping)(void *arg);
    void (*turn)(void *arg); /* called often while waiting: hands over tokens */
    void *arg;
};

void kafka_session_done(struct kafka_session *session);
/* Drops a client that can no longer help (see session.c). */
void kafka_session_tend(struct kafka_session *session);
/* Makes the client if there is none, and a new one where the old can no longer help (see session.c). group:
 * any of those asked for. */
int kafka_session_ready(struct kafka_session *session, const char *group, struct err *err);
/* Forgets answers of the last batch. */
void kafka_session_reset(struct kafka_session *session);
int64_t kafka_session_left_ms(const struct kafka_session *session); /* of the batch; ≥ 0 */

/* Marks as wanted in this batch. */
struct kafka_group *kafka_session_want_group(struct kafka_session *session, const char *name);
struct kafka_topic *kafka_session_want_topic(struct kafka_session *session, const char *name);
struct kafka_group *kafka_session_group(const struct kafka_session *session, const char *name);
struct kafka_topic *kafka_session_topic(const struct kafka_session *session, const char *name);

/* committed.c: asks every wanted group for all its committed offsets; returns when all answered or none will.
 */
void kafka_committed_ask(struct kafka_session *session);
/* Takes an answer that comes while nobody asks. */
void kafka_committed_late(rd_kafka_event_t *event);
/* The committed offset of a partition; NULL: none. */
const struct kafka_offset *kafka_committed_find(const struct kafka_group *group, const char *topic,
                                                int32_t partition);

/* ends.c: asks for the ends of the wanted topics that have none yet; suspects only or all others. */
void kafka_ends_ask(struct kafka_session *session, bool suspects);

/* Keeps the first error. */
void kafka_session_fail(struct err **slot, const struct err *error);

#endif

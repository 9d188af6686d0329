/* The session's tables and the life of its client. */
#include "scalers/kafka/session.h"

#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"

#define FORGET_MS ((int64_t)10 * 60 * 1000)
/* A client that heard nothing for so long is made anew: the library goes on with the addresses it once
 * learned, while a cluster may have moved behind its name. */
#define SILENCE_MS ((int64_t)60 * 1000)
/* A request pending for so long will not come back: its broker went without a word, or the library lost it.
 */
#define STUCK_MS         ((int64_t)20 * 1000)
#define RENEW_AT_MOST_MS ((int64_t)5 * 1000)
/* More clients that do not end are not made worse by new ones. */
#define ENDING_MAX  8
#define END_WAIT_MS 2000
#define FIRST_PROBE 16

int64_t kafka_session_left_ms(const struct kafka_session *session)
{
    int64_t left = session->deadline_ms - clock_mono_ms();
    return left > 0 ? left : 0;
}

void kafka_session_fail(struct err **slot, const struct err *error)
{
    if (*slot)
        return;
    *slot = mem_alloc(sizeof(**slot));
    **slot = *error;
}

static bool has_stuck_request(const struct kafka_session *session, int64_t now_ms)
{
    struct kafka_group *group, *tmp;
    HASH_ITER (hh, session->groups, group, tmp) {
        if (group->pending && now_ms - group->asked_ms > STUCK_MS)
            return true;
    }
    return false;
}

static void drop_client(struct kafka_session *session, int64_t wait_ms)
{
    kafka_client_end(session->client, wait_ms);
    session->client = NULL;
    struct kafka_group *group, *tmp;
    HASH_ITER (hh, session->groups, group, tmp)
        group->pending = false;
}

/* librdkafka 2.0 keeps a group's coordinator as long as it is asked for, even when that broker says it is not
 * (any more). A new client is the only way to make it look again. */
static bool outlived(const struct kafka_session *session, int64_t now_ms)
{
    if (now_ms - session->renewed_ms < RENEW_AT_MOST_MS || kafka_clients_ending() >= ENDING_MAX)
        return false;
    return session->coordinator_moved || now_ms - session->client->heard_ms > SILENCE_MS ||
           has_stuck_request(session, now_ms);
}

void kafka_session_tend(struct kafka_session *session)
{
    if (session->client && outlived(session, clock_mono_ms()))
        drop_client(session, 0);
}

int kafka_session_ready(struct kafka_session *session, const char *group, struct err *err)
{
    kafka_session_tend(session);
    if (session->client)
        return 0;
    session->renewed_ms = clock_mono_ms();
    session->coordinator_moved = false;
    return kafka_client_new(session->cluster, group, &session->client, err);
}

struct kafka_group *kafka_session_group(const struct kafka_session *session, const char *name)
{
    struct kafka_group *group;
    HASH_FIND_STR(session->groups, name, group);
    return group;
}

struct kafka_topic *kafka_session_topic(const struct kafka_session *session, const char *name)
{
    struct kafka_topic *topic;
    HASH_FIND_STR(session->topics, name, topic);
    return topic;
}

struct kafka_group *kafka_session_want_group(struct kafka_session *session, const char *name)
{
    struct kafka_group *group = kafka_session_group(session, name);
    if (!group) {
        size_t size = strlen(name) + 1;
        group = mem_zalloc(sizeof(*group) + size);
        memcpy(group->name, name, size);
        HASH_ADD_STR(session->groups, name, group);
    }
    group->wanted = true;
    group->used_ms = clock_mono_ms();
    return group;
}

struct kafka_topic *kafka_session_want_topic(struct kafka_session *session, const char *name)
{
    struct kafka_topic *topic = kafka_session_topic(session, name);
    if (!topic) {
        size_t size = strlen(name) + 1;
        topic = mem_zalloc(sizeof(*topic) + size);
        memcpy(topic->name, name, size);
        topic->probe = FIRST_PROBE;
        HASH_ADD_STR(session->topics, name, topic);
    }
    topic->wanted = true;
    topic->used_ms = clock_mono_ms();
    return topic;
}

static void reset_group(struct kafka_group *group)
{
    if (group->answer)
        rd_kafka_event_destroy(group->answer);
    mem_free(group->offsets);
    mem_free(group->error);
    group->answer = NULL;
    group->offsets = NULL;
    group->offsets_len = 0;
    group->error = NULL;
    group->wanted = group->answered = false;
}

static void reset_topic(struct kafka_topic *topic)
{
    mem_free(topic->ends);
    mem_free(topic->error);
    topic->ends = NULL;
    topic->ends_len = 0;
    topic->error = NULL;
    topic->wanted = topic->answered = false;
}

static void forget(struct kafka_session *session, int64_t before_ms)
{
    struct kafka_group *group, *next_group;
    HASH_ITER (hh, session->groups, group, next_group) {
        reset_group(group);
        if (group->used_ms < before_ms && !group->pending) {
            HASH_DEL(session->groups, group);
            mem_free(group);
        }
    }
    struct kafka_topic *topic, *next_topic;
    HASH_ITER (hh, session->topics, topic, next_topic) {
        reset_topic(topic);
        if (topic->used_ms < before_ms) {
            HASH_DEL(session->topics, topic);
            mem_free(topic);
        }
    }
}

void kafka_session_reset(struct kafka_session *session)
{
    forget(session, clock_mono_ms() - FORGET_MS);
}

void kafka_session_done(struct kafka_session *session)
{
    kafka_session_reset(session); /* answers belong to the client */
    drop_client(session, END_WAIT_MS);
    forget(session, INT64_MAX);
    kafka_memory_done(&session->memory);
}

/* End offsets. One call of the library finds the partitions' leaders (one metadata request for all topics it
 * does not know or has not asked for lately) and then asks each leader once.
 *
 * How many partitions a topic has is found out by asking for one more than are known: the library answers at
 * once, without a request of its own, that this one does not exist. Its metadata call is no use here: in 2.0
 * it takes one topic or all of the cluster's, and a topic handle that it could be told by costs kilobytes per
 * partition and is never given back. */
#include <stdlib.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"
#include "scalers/kafka/session.h"

/* The library's time for a call grows with the square of this. */
#define CALL_PARTITIONS 500
#define CALL_MS         3000
#define SINGLE_MS       1500 /* a call for one topic, after one for many failed */
#define SUSPECTS_MS     3000 /* for all topics whose leaders did not answer last time */
#define PROBE_MAX       200000

struct round {
    struct kafka_session *session;
    struct kafka_topic **topics;
    size_t len;
    int64_t until_ms;
};

static int by_asked(const void *a, const void *b)
{
    const struct kafka_topic *left = *(struct kafka_topic *const *)a,
                             *right = *(struct kafka_topic *const *)b;
    return (left->asked_ms > right->asked_ms) - (left->asked_ms < right->asked_ms);
}

static void collect(struct round *round, bool suspects)
{
    struct kafka_topic *topic, *tmp;
    round->topics = mem_zalloc_array(HASH_COUNT(round->session->topics) + 1, sizeof(*round->topics));
    HASH_ITER (hh, round->session->topics, topic, tmp) {
        if (topic->wanted && !topic->answered && topic->suspect == suspects)
            round->topics[round->len++] = topic;
    }
    /* Suspects may not all get their turn: who waited longest comes first. */
    qsort(round->topics, round->len, sizeof(*round->topics), by_asked);
}

static void fail(struct round *round, struct kafka_topic *topic, rd_kafka_resp_err_t code)
{
    struct err error = {0};
    AUTO_FREE char *what = mem_printf("topic %s", topic->name);
    int ours = kafka_client_err(round->session->client, code, &error, what);
    kafka_session_fail(&topic->error, &error);
    topic->answered = true;
    topic->suspect = ours == ERR_TIMEOUT || ours == ERR_IO;
}

static bool is_topic_error(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
}

static bool enough_asked(const rd_kafka_topic_partition_t *items, int32_t asked)
{
    return items[asked - 1].err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
           is_topic_error(items[asked - 1].err);
}

/* items: the topic's part of an answer, partitions 0 … asked - 1. */
static void take_ends(struct kafka_topic *topic, const rd_kafka_topic_partition_t *items, int32_t asked)
{
    int32_t count = asked;
    while (count > 0 && items[count - 1].err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
        count--;
    mem_free(topic->ends);
    topic->ends = mem_zalloc_array((size_t)count + 1, sizeof(*topic->ends));
    topic->ends_len = count;
    for (int32_t i = 0; i < count; i++)
        topic->ends[i] = (struct kafka_end){.offset = items[i].offset, .err = items[i].err};
    topic->probe = count + 1;
    topic->answered = true;
    topic->suspect = false;
}

static void take_topic(struct round *round, struct kafka_topic *topic,
                       const rd_kafka_topic_partition_t *items)
{
    if (is_topic_error(items[0].err)) {
        fail(round, topic, items[0].err);
    } else if (!enough_asked(items, topic->probe) && topic->probe < PROBE_MAX) {
        topic->probe *= 2; /* not answered: the caller asks again */
    } else {
        take_ends(topic, items, topic->probe);
    }
}

static rd_kafka_topic_partition_list_t *make_list(struct kafka_topic **topics, size_t len)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(CALL_PARTITIONS);
    for (size_t i = 0; i < len; i++) {
        for (int32_t p = 0; p < topics[i]->probe; p++)
            rd_kafka_topic_partition_list_add(list, topics[i]->name, p)->offset = RD_KAFKA_OFFSET_END;
    }
    return list;
}

/* Takes over what the library answered for these topics. Returns its error if that is about the call as a
 * whole: then nothing is taken. */
static rd_kafka_resp_err_t call(struct round *round, struct kafka_topic **topics, size_t len,
                                int64_t timeout_ms)
{
    int64_t now_ms = clock_mono_ms();
    rd_kafka_topic_partition_list_t *list = make_list(topics, len);
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(round->session->client->rk, list, (int)timeout_ms);
    bool all_unknown = code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION; /* still says of each what is wrong */
    if (!code)
        kafka_client_heard(round->session->client);
    const rd_kafka_topic_partition_t *items = list->elems;
    for (size_t i = 0; i < len; i++) {
        int32_t asked = topics[i]->probe;
        topics[i]->asked_ms = now_ms;
        if (!code || all_unknown)
            take_topic(round, topics[i], items);
        items += asked;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return all_unknown ? RD_KAFKA_RESP_ERR_NO_ERROR : code;
}

static int64_t left_ms(const struct round *round)
{
    int64_t left = round->until_ms - clock_mono_ms();
    return left > 0 && !round->session->stopping(round->session->arg) ? left : 0;
}

static int64_t at_most(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* One topic until all its partitions are known. */
static void ask_single(struct round *round, struct kafka_topic *topic)
{
    while (!topic->answered) {
        int64_t left = left_ms(round);
        if (left == 0) {
            fail(round, topic, RD_KAFKA_RESP_ERR__TIMED_OUT);
            return;
        }
        rd_kafka_resp_err_t code = call(round, &topic, 1, at_most(left, SINGLE_MS));
        if (code)
            fail(round, topic, code);
    }
}

/* The library fails a call as a whole when one partition or one leader fails: then each topic is asked for
 * alone, so that only those suffer whose own partitions are concerned. */
static void ask_many(struct round *round, struct kafka_topic **topics, size_t len)
{
    int64_t left = left_ms(round);
    rd_kafka_resp_err_t code =
        left > 0 && len > 1 ? call(round, topics, len, at_most(left, CALL_MS)) : RD_KAFKA_RESP_ERR__FAIL;
    (void)code; /* what is not answered now says itself what is wrong */
    for (size_t i = 0; i < len; i++)
        ask_single(round, topics[i]);
}

static size_t next_call(const struct round *round, size_t from)
{
    size_t len = 0;
    int32_t partitions = 0;
    while (from + len < round->len) {
        partitions += round->topics[from + len]->probe;
        if (len > 0 && partitions > CALL_PARTITIONS)
            break;
        len++;
    }
    return len;
}

void kafka_ends_ask(struct kafka_session *session, bool suspects)
{
    int64_t left = kafka_session_left_ms(session);
    struct round round = {
        .session = session,
        .until_ms = clock_mono_ms() + (suspects ? at_most(left, SUSPECTS_MS) : left),
    };
    collect(&round, suspects);
    for (size_t i = 0, len; i < round.len; i += len) {
        len = suspects ? 1 : next_call(&round, i);
        ask_many(&round, round.topics + i, len);
        session->turn(session->arg);
    }
    mem_free(round.topics);
}

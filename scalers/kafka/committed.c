/* Committed offsets: one request per group, many under way at once. */
#include <stdlib.h>
#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"
#include "scalers/kafka/lag.h"
#include "scalers/kafka/session.h"

#define WINDOW          200  /* requests under way */
#define ROUND_MS        6000 /* leaves time for the end offsets */
#define WAIT_MS         5000 /* without any answer */
#define SUSPECT_WAIT_MS 1000 /* the same, once only groups that did not answer last time are left */
#define DOWN_WAIT_MS    2000 /* while no broker can be reached: a reconnection takes at most a second */
#define SLICE_MS        100  /* how long a wish to stop may go unnoticed */

/* The library must never run out of time by itself: when the coordinator's connection comes up after a
 * request's time is over, it uses memory that it has freed, and ends the process (2.0 to 2.15 at least). So a
 * request gets the longest time there is, and it is us who stop waiting. It stays pending then; its group is
 * not asked a second time before its answer has come, and a client whose requests are pending for long is
 * replaced (session.c). */
#define LIBRARY_MS (3600 * 1000)

/* One round of asking. */
struct round {
    struct kafka_session *session;
    struct kafka_group **groups; /* suspects last */
    size_t len;
    size_t suspects;
    size_t next; /* of groups, to be asked */
    size_t answered;
    size_t healthy_answered;
    int64_t started_ms;
    int64_t answered_ms; /* the last time; started_ms at first */
};

static void collect(struct round *round)
{
    struct kafka_session *session = round->session;
    struct kafka_group *group, *tmp;
    round->groups = mem_zalloc_array(HASH_COUNT(session->groups) + 1, sizeof(*round->groups));
    for (int suspects = 0; suspects < 2; suspects++) {
        size_t before = round->len;
        HASH_ITER (hh, session->groups, group, tmp) {
            if (group->wanted && group->suspect == (suspects == 1))
                round->groups[round->len++] = group;
        }
        round->suspects = round->len - before;
    }
}

static void ask(struct round *round, struct kafka_group *group)
{
    rd_kafka_t *rk = round->session->client->rk;
    char refusal[128];
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    rd_kafka_AdminOptions_set_request_timeout(options, LIBRARY_MS, refusal, sizeof(refusal));
    rd_kafka_AdminOptions_set_opaque(options, group);
    /* No list of partitions: all that the group has, whatever the topics. */
    rd_kafka_ListConsumerGroupOffsets_t *request = rd_kafka_ListConsumerGroupOffsets_new(group->name, NULL);
    rd_kafka_ListConsumerGroupOffsets(rk, &request, 1, options, round->session->client->queue);
    rd_kafka_ListConsumerGroupOffsets_destroy(request);
    rd_kafka_AdminOptions_destroy(options);
    group->pending = true;
    group->asked_ms = clock_mono_ms();
}

static void ask_next(struct round *round)
{
    struct kafka_group *group = round->groups[round->next++];
    if (!group->pending && !group->answered)
        ask(round, group);
}

static int compare_offsets(const void *a, const void *b)
{
    const struct kafka_offset *left = a, *right = b;
    int order = strcmp(left->topic, right->topic);
    if (order != 0)
        return order;
    return (left->partition > right->partition) - (left->partition < right->partition);
}

static void take_offsets(struct kafka_group *group, const rd_kafka_topic_partition_list_t *list)
{
    size_t count = list && list->cnt > 0 ? (size_t)list->cnt : 0;
    group->offsets = mem_zalloc_array(count + 1, sizeof(*group->offsets));
    for (size_t i = 0; i < count; i++) {
        const rd_kafka_topic_partition_t *item = &list->elems[i];
        group->offsets[i] = (struct kafka_offset){
            .topic = item->topic,
            .partition = item->partition,
            .offset = item->offset >= 0 ? item->offset : KAFKA_NO_COMMIT,
            .err = item->err,
        };
    }
    group->offsets_len = count;
    qsort(group->offsets, count, sizeof(*group->offsets), compare_offsets);
}

static void fail(const struct kafka_session *session, struct kafka_group *group, rd_kafka_resp_err_t code)
{
    struct err error = {0};
    AUTO_FREE char *what = mem_printf("consumer group %s", group->name);
    kafka_client_err(session->client, code, &error, what);
    kafka_session_fail(&group->error, &error);
}

static rd_kafka_resp_err_t read_answer(struct kafka_group *group, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    if (code)
        return code;
    const rd_kafka_ListConsumerGroupOffsets_result_t *result =
        rd_kafka_event_ListConsumerGroupOffsets_result(event);
    size_t count = 0;
    const rd_kafka_group_result_t **results = rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count);
    if (count != 1)
        return RD_KAFKA_RESP_ERR__BAD_MSG;
    const rd_kafka_error_t *error = rd_kafka_group_result_error(results[0]);
    if (error)
        return rd_kafka_error_code(error);
    take_offsets(group, rd_kafka_group_result_partitions(results[0]));
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void take_answer(struct round *round, struct kafka_group *group, rd_kafka_event_t *event)
{
    struct kafka_client *client = round->session->client;
    group->answered = true;
    group->answer = event;
    round->answered++;
    round->answered_ms = clock_mono_ms();
    if (!group->suspect)
        round->healthy_answered++;
    rd_kafka_resp_err_t code = read_answer(group, event);
    enum err_code ours = kafka_err_code(code);
    if (!code || (ours != ERR_TIMEOUT && ours != ERR_IO && ours != ERR_CANCELED))
        kafka_client_heard(client);
    if (code == RD_KAFKA_RESP_ERR_NOT_COORDINATOR)
        round->session->coordinator_moved = true;
    if (code)
        fail(round->session, group, code);
}

/* Takes the event. An answer to what an earlier round asked may be as old as that: the group is asked again.
 */
static void on_answer(struct round *round, rd_kafka_event_t *event)
{
    struct kafka_group *group = rd_kafka_event_opaque(event);
    bool late = group->asked_ms < round->started_ms;
    group->pending = false;
    if (group->wanted && !group->answered && !late) {
        take_answer(round, group, event);
        return;
    }
    rd_kafka_event_destroy(event);
    if (group->wanted && !group->answered)
        ask(round, group);
}

void kafka_committed_late(rd_kafka_event_t *event)
{
    struct kafka_group *group = rd_kafka_event_opaque(event);
    group->pending = false;
    rd_kafka_event_destroy(event);
}

static int64_t patience_ms(const struct round *round)
{
    const struct kafka_client *client = round->session->client;
    if (kafka_client_hopeless(client))
        return 0;
    if (client->all_down)
        return DOWN_WAIT_MS;
    size_t healthy = round->len - round->suspects;
    return healthy > 0 && round->healthy_answered == healthy ? SUSPECT_WAIT_MS : WAIT_MS;
}

static bool waiting(struct round *round)
{
    struct kafka_session *session = round->session;
    int64_t now_ms = clock_mono_ms();
    return round->answered < round->len && !session->stopping(session->arg) &&
           now_ms - round->started_ms < ROUND_MS && now_ms - round->answered_ms < patience_ms(round);
}

static void give_up(struct round *round)
{
    for (size_t i = 0; i < round->len; i++) {
        if (!round->groups[i]->answered)
            fail(round->session, round->groups[i], RD_KAFKA_RESP_ERR__TIMED_OUT);
        round->groups[i]->suspect = round->groups[i]->pending;
    }
}

void kafka_committed_ask(struct kafka_session *session)
{
    int64_t now_ms = clock_mono_ms();
    struct round round = {.session = session, .started_ms = now_ms, .answered_ms = now_ms};
    collect(&round);
    while (waiting(&round)) {
        while (round.next < round.len && round.next < round.answered + WINDOW)
            ask_next(&round);
        session->turn(session->arg);
        rd_kafka_event_t *event = kafka_client_poll(session->client, SLICE_MS);
        if (event)
            on_answer(&round, event);
    }
    give_up(&round);
    mem_free(round.groups);
}

const struct kafka_offset *kafka_committed_find(const struct kafka_group *group, const char *topic,
                                                int32_t partition)
{
    struct kafka_offset wanted = {.topic = topic, .partition = partition};
    return bsearch(&wanted, group->offsets, group->offsets_len, sizeof(wanted), compare_offsets);
}

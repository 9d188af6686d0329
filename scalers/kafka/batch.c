/* A batch: collects what its readings need, has it asked, computes each reading's lag. */
#include "scalers/kafka/batch.h"

#include <inttypes.h>
#include <utlist.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"

struct batch {
    struct kafka_session *session;
    struct kafka_request **requests;
    void (*finish)(struct kafka_request *request, void *arg);
    void *arg;
};

/* The lag of one reading in the making. */
struct evaluation {
    struct kafka_session *session;
    const struct kafka_query *query;
    const struct kafka_group *group;
    struct kafka_memory_query *memory; /* NULL: persistent lag counts */
    int64_t now_ms;
    struct kafka_lag lag;
    int64_t selected; /* partitions that the query is about */
};

static void finish(struct batch *batch, struct kafka_request *request)
{
    DL_DELETE(*batch->requests, request);
    batch->finish(request, batch->arg);
}

static int add_partition(struct evaluation *e, const struct kafka_topic *topic, int32_t partition,
                         struct err *err)
{
    const struct kafka_end *end = &topic->ends[partition];
    const struct kafka_offset *found = kafka_committed_find(e->group, topic->name, partition);
    e->selected++;
    if (end->err)
        return err_set(err, kafka_err_code(end->err), "topic %s partition %" PRId32 ": %s", topic->name,
                       partition, rd_kafka_err2str(end->err));
    if (found && found->err)
        return err_set(err, kafka_err_code(found->err),
                       "consumer group %s, topic %s partition %" PRId32 ": %s", e->group->name, topic->name,
                       partition, rd_kafka_err2str(found->err));
    if (end->offset < 0)
        return 0; /* left out of the answer, as Event Hubs does: such a partition does not count */
    int64_t committed = found ? found->offset : KAFKA_NO_COMMIT;
    bool persistent =
        e->memory && committed >= 0 &&
        kafka_memory_persistent(&e->session->memory, e->memory, topic->name, partition, committed, e->now_ms);
    kafka_lag_add(&e->lag, &e->query->rules, committed, end->offset, persistent);
    return 0;
}

static int add_topic(struct evaluation *e, const char *name, struct err *err)
{
    const struct kafka_topic *topic = kafka_session_topic(e->session, name);
    if (topic->error) {
        *err = *topic->error;
        return err->code;
    }
    int64_t before = e->selected;
    for (int32_t p = 0; p < topic->ends_len; p++) {
        if (e->query->limited && !param_ranges_contain(&e->query->limits, p))
            continue;
        int rc = add_partition(e, topic, p, err);
        if (rc < 0)
            return rc;
    }
    if (e->selected == before)
        return err_set(err, ERR_NOT_FOUND, "topic %s has none of the partitions of partitionLimitation",
                       name);
    return 0;
}

/* Offsets are sorted by topic, so each topic stands in one row. */
static bool is_new_topic(const struct kafka_group *group, size_t i)
{
    return i == 0 || !text_eq(group->offsets[i].topic, group->offsets[i - 1].topic);
}

static int each_topic(const struct kafka_query *query, const struct kafka_group *group,
                      int (*fn)(void *arg, const char *topic, struct err *err), void *arg, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < query->topics.len && rc == 0; i++)
        rc = fn(arg, query->topics.items[i], err);
    for (size_t i = 0; query->topics.len == 0 && i < group->offsets_len && rc == 0; i++) {
        if (is_new_topic(group, i))
            rc = fn(arg, group->offsets[i].topic, err);
    }
    return rc;
}

static int evaluate_topic(void *arg, const char *topic, struct err *err)
{
    return add_topic(arg, topic, err);
}

/* A group without topics that has not committed anything gives 0: there is nothing to know, and the
 * documentation says that such a trigger is as good as switched off. (KEDA itself then counts every partition
 * of the cluster.) */
static int evaluate(struct kafka_session *session, struct kafka_request *request, struct err *err)
{
    const struct kafka_query *query = &request->query;
    struct evaluation e = {
        .session = session,
        .query = query,
        .group = kafka_session_group(session, query->group),
        .now_ms = clock_mono_ms(),
    };
    if (query->exclude_persistent)
        e.memory = kafka_memory_open(&session->memory, query->key, e.now_ms);
    int rc = each_topic(query, e.group, evaluate_topic, &e, err);
    if (rc < 0)
        return rc;
    if (e.selected > 0 && e.lag.partitions == 0)
        return err_set(err, ERR_PROTOCOL, "the brokers gave no end offset for any partition");
    request->result = (struct scaler_result){
        .state = SCALER_OK,
        .value = e.selected > 0 ? (double)kafka_lag_value(&e.lag, &query->rules) : 0,
        .activity = (double)e.lag.total_all,
    };
    return 0;
}

static void answer(struct batch *batch, struct kafka_request *request)
{
    struct err error = {0};
    if (evaluate(batch->session, request, &error) < 0)
        kafka_session_fail(&request->error, &error);
    finish(batch, request);
}

static void fail_all(struct batch *batch, const struct err *error)
{
    struct kafka_request *request, *tmp;
    DL_FOREACH_SAFE (*batch->requests, request, tmp) {
        kafka_session_fail(&request->error, error);
        finish(batch, request);
    }
}

static int want_topic(void *arg, const char *topic, struct err *err)
{
    (void)err;
    kafka_session_want_topic(arg, topic);
    return 0;
}

/* Requests whose group failed are finished; the others tell which topics they need. */
static void want_topics(struct batch *batch)
{
    struct kafka_request *request, *tmp;
    DL_FOREACH_SAFE (*batch->requests, request, tmp) {
        const struct kafka_group *group = kafka_session_group(batch->session, request->query.group);
        if (group->error) {
            kafka_session_fail(&request->error, group->error);
            finish(batch, request);
        } else {
            each_topic(&request->query, group, want_topic, batch->session, NULL);
        }
    }
}

static int topic_is_open(void *arg, const char *topic, struct err *err)
{
    (void)err;
    return kafka_session_topic(arg, topic)->answered ? 0 : ERR_UNAVAILABLE;
}

static void answer_complete(struct batch *batch)
{
    struct kafka_request *request, *tmp;
    DL_FOREACH_SAFE (*batch->requests, request, tmp) {
        const struct kafka_group *group = kafka_session_group(batch->session, request->query.group);
        if (each_topic(&request->query, group, topic_is_open, batch->session, NULL) == 0)
            answer(batch, request);
    }
}

void kafka_batch_run(struct kafka_session *session, struct kafka_request **requests,
                     void (*on_finish)(struct kafka_request *request, void *arg), void *arg)
{
    struct batch batch = {.session = session, .requests = requests, .finish = on_finish, .arg = arg};
    struct err error = {0};
    session->deadline_ms = clock_mono_ms() + KAFKA_BATCH_MS;
    kafka_memory_sweep(&session->memory, clock_mono_ms());
    if (kafka_session_ready(session, (*requests)->query.group, &error) < 0) {
        fail_all(&batch, &error);
        return;
    }
    struct kafka_request *request;
    DL_FOREACH (*requests, request)
        kafka_session_want_group(session, request->query.group);
    kafka_committed_ask(session);
    want_topics(&batch);
    kafka_ends_ask(session, false);
    answer_complete(&batch);
    /* What depends on leaders that were silent last time comes after everything else is answered. */
    kafka_ends_ask(session, true);
    answer_complete(&batch);
    kafka_session_reset(session);
}

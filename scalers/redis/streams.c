/* Trigger types redis-streams, redis-cluster-streams, redis-sentinel-streams: what waits in one stream, seen
 * as its length, as a group's pending entries, or as a group's lag. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/net/net.h"
#include "scalers/redis/failure.h"
#include "scalers/redis/source.h"
#include "scalers/redis/stream_info.h"
#include "scalers/shared/key.h"

/* A server that counted lags a minute ago still does. */
#define VERSION_MS 60000

struct redis_streams_config {
    struct redis_params connection; /* first: source.h */
    char *stream, *group;
    int64_t pending_count, stream_length, lag_count, activation;
};

enum mode { MODE_LENGTH, MODE_PENDING, MODE_LAG };

struct reading {
    struct redis_call call;
    struct scaler_source *source;
    const struct redis_streams_config *config;
    scaler_done_fn done;
    void *arg;
};

static enum mode mode_of(const struct redis_streams_config *config)
{
    if (text_empty(config->group))
        return MODE_LENGTH;
    return config->lag_count != 0 ? MODE_LAG : MODE_PENDING;
}

static void describe(const void *config, struct scaler_target *ret)
{
    const struct redis_streams_config *self = config;
    const int64_t thresholds[] = {[MODE_LENGTH] = self->stream_length,
                                  [MODE_PENDING] = self->pending_count,
                                  [MODE_LAG] = self->lag_count};
    *ret = (struct scaler_target){.threshold = (double)thresholds[mode_of(self)],
                                  .activation = (double)self->activation,
                                  .missing_is_zero = true};
    snprintf(ret->metric_name, sizeof(ret->metric_name), "redis-streams-%s", self->stream);
    scaler_normalize_name(ret->metric_name);
}

static void query_key(const void *config, struct strbuf *key)
{
    const struct redis_streams_config *self = config;
    key_add_int(key, mode_of(self));
    key_add(key, self->stream);
    key_add(key, self->group);
}

static void finish(struct reading *reading, const struct scaler_result *result, const struct err *error)
{
    scaler_done_fn done = reading->done;
    void *arg = reading->arg;
    mem_free(reading);
    done(result, error, arg);
}

static void finish_value(struct reading *reading, int64_t value)
{
    struct scaler_result result = {.state = SCALER_OK, .value = (double)value, .activity = (double)value};
    finish(reading, &result, NULL);
}

/* The server cannot tell; KEDA makes that -1, which is 0 and not active. */
static void finish_unknown(struct reading *reading)
{
    static const struct scaler_result unknown = {.state = SCALER_EMPTY};
    finish(reading, &unknown, NULL);
}

typedef void (*reply_fn)(struct redis_call *call, const struct redis_reply *reply, const struct err *error);

/* Words until NULL; each lives as long as the config. */
static int ask(struct reading *reading, reply_fn done, const char *const *words, struct err *err)
{
    struct redis_call *call = &reading->call;
    const char *stream = reading->config->stream;
    call->done = done;
    call->key = (struct redis_arg){stream, strlen(stream)};
    for (call->args_len = 0; words[call->args_len]; call->args_len++)
        call->args[call->args_len] = (struct redis_arg){words[call->args_len], strlen(words[call->args_len])};
    return redis_client_call(reading->source->client, call, err);
}

/* The next question of the same reading. */
static void ask_on(struct reading *reading, reply_fn done, const char *const *words)
{
    struct err err = {0};
    if (ask(reading, done, words, &err) < 0)
        finish(reading, NULL, &err);
}

/* True: the reading has ended. */
static bool failed(struct reading *reading, const struct redis_reply *reply, const struct err *error)
{
    struct err err = {0};
    if (!error && reply->type != REDIS_ERROR)
        return false;
    if (!error)
        redis_client_failure(reading->source->client, reply, &err);
    finish(reading, NULL, error ? error : &err);
    return true;
}

static void on_length(struct redis_call *call, const struct redis_reply *reply, const struct err *error)
{
    struct reading *reading = container_of(call, struct reading, call);
    struct err err = {0};
    int64_t length = 0;
    if (failed(reading, reply, error))
        return;
    int result = redis_reply_integer(reply, &length, &err);
    if (result == 0 && length < 0)
        result = err_set(&err, ERR_PROTOCOL, "the server gives a length below 0");
    if (result < 0)
        finish(reading, NULL, &err);
    else
        finish_value(reading, length);
}

static void on_pending(struct redis_call *call, const struct redis_reply *reply, const struct err *error)
{
    struct reading *reading = container_of(call, struct reading, call);
    struct err err = {0};
    int64_t count = 0;
    if (failed(reading, reply, error))
        return;
    if (stream_pending_count(reply, &count, &err) < 0)
        finish(reading, NULL, &err);
    else
        finish_value(reading, count);
}

static void ask_length(struct reading *reading)
{
    const char *const words[] = {"XLEN", reading->config->stream, NULL};
    ask_on(reading, on_length, words);
}

/* A missing stream has no lag. Any other refusal means for KEDA that there is no such group, and then all of
 * the stream is ahead of it. */
static void on_groups_refused(struct reading *reading, const struct redis_reply *reply)
{
    if (strcmp(reply->text, "ERR no such key") == 0)
        finish_value(reading, 0);
    else
        ask_length(reading);
}

static void on_groups(struct redis_call *call, const struct redis_reply *reply, const struct err *error)
{
    struct reading *reading = container_of(call, struct reading, call);
    struct err err = {0};
    enum stream_lag kind;
    int64_t lag = 0;
    if (error)
        finish(reading, NULL, error);
    else if (reply->type == REDIS_ERROR)
        on_groups_refused(reading, reply);
    else if (stream_group_lag(reply, reading->config->group, &kind, &lag, &err) < 0)
        finish(reading, NULL, &err);
    else if (kind == STREAM_NO_GROUP)
        ask_length(reading);
    else if (kind == STREAM_LAG_UNKNOWN)
        finish_unknown(reading);
    else
        finish_value(reading, lag);
}

static void on_version(struct redis_call *call, const struct redis_reply *reply, const struct err *error)
{
    struct reading *reading = container_of(call, struct reading, call);
    const char *const words[] = {"XINFO", "GROUPS", reading->config->stream, NULL};
    struct err err = {0};
    if (failed(reading, reply, error))
        return;
    if (stream_version_check(reply, &err) < 0) {
        finish(reading, NULL, &err);
        return;
    }
    reading->source->version_until_ms = net_now_ms(reading->source->net) + VERSION_MS;
    ask_on(reading, on_groups, words);
}

static int start(struct reading *reading, struct err *err)
{
    const struct redis_streams_config *config = reading->config;
    const char *const length[] = {"XLEN", config->stream, NULL};
    const char *const pending[] = {"XPENDING", config->stream, config->group, NULL};
    const char *const groups[] = {"XINFO", "GROUPS", config->stream, NULL};
    const char *const version[] = {"INFO", "server", NULL};
    switch (mode_of(config)) {
    case MODE_LENGTH:
        return ask(reading, on_length, length, err);
    case MODE_PENDING:
        return ask(reading, on_pending, pending, err);
    case MODE_LAG:
        break;
    }
    if (net_now_ms(reading->source->net) < reading->source->version_until_ms)
        return ask(reading, on_groups, groups, err);
    return ask(reading, on_version, version, err);
}

static int source_read(struct scaler_source *source, const void *config, scaler_done_fn done, void *arg,
                       struct err *err)
{
    struct reading *reading = mem_zalloc(sizeof(*reading));
    reading->source = source;
    reading->config = config;
    reading->done = done;
    reading->arg = arg;
    reading->call.request.deadline_ms = net_now_ms(source->net) + REDIS_TIMEOUT_MS;
    int result = start(reading, err);
    if (result < 0)
        mem_free(reading);
    return result;
}

#define AT(member) offsetof(struct redis_streams_config, member)
#define METADATA                                                                                             \
    {                                                                                                        \
        PARAM_FROM_METADATA                                                                                  \
    }

static const struct param_row rows[] = {
    {.names = {"stream"},
     .type = PARAM_STRING,
     .from = METADATA,
     .required = true,
     .doc = "Key of the stream.",
     .offset = AT(stream)},
    {.names = {"consumerGroup"},
     .type = PARAM_STRING,
     .from = METADATA,
     .doc = "Consumer group whose pending entries or lag count; without one it is the stream's length.",
     .offset = AT(group)},
    {.names = {"pendingEntriesCount"},
     .type = PARAM_INT,
     .from = METADATA,
     .default_text = "5",
     .doc = "Target of the group's pending entries per replica; used with `consumerGroup`, without "
            "`lagCount`.",
     .offset = AT(pending_count)},
    {.names = {"streamLength"},
     .type = PARAM_INT,
     .from = METADATA,
     .default_text = "5",
     .doc = "Target length per replica; used without `consumerGroup`.",
     .offset = AT(stream_length)},
    {.names = {"lagCount"},
     .type = PARAM_INT,
     .from = METADATA,
     .default_text = "0",
     .doc = "Target of the group's lag per replica (Redis 7 or newer); used with `consumerGroup`, unless 0.",
     .offset = AT(lag_count)},
    {.names = {"activationLagCount"},
     .type = PARAM_INT,
     .from = METADATA,
     .default_text = "0",
     .doc = "The trigger is active when the value, whichever it is, is greater than this.",
     .offset = AT(activation)},
};

#define MODES                                                                                                \
    ": its length (XLEN), or the entries that are pending in a consumer group (XPENDING), or the group's "   \
    "lag "                                                                                                   \
    "(XINFO GROUPS, XLEN, and INFO for the version)."

static const char *const single_names[] = {"redis-streams", NULL};
static const char *const cluster_names[] = {"redis-cluster-streams", NULL};
static const char *const sentinel_names[] = {"redis-sentinel-streams", NULL};

/* The three differ in how the server is found. */
#define STREAMS_TYPE(names_, title_, doc_, check_)                                                           \
    {                                                                                                        \
        .schema =                                                                                            \
            {                                                                                                \
                .names = (names_),                                                                           \
                .title = (title_),                                                                           \
                .doc = (doc_),                                                                               \
                .rows = rows,                                                                                \
                .rows_len = ARRAY_LEN(rows),                                                                 \
                .groups = {REDIS_PARAMS_GROUPS(redis_streams_config, connection)},                           \
                .groups_len = REDIS_PARAMS_GROUPS_LEN,                                                       \
                .config_size = sizeof(struct redis_streams_config),                                          \
                .check = (check_),                                                                           \
            },                                                                                               \
        .max_in_flight = REDIS_MAX_IN_FLIGHT, .describe = describe, .source_key = redis_source_key,          \
        .source_name = redis_source_name, .query_key = query_key, .open = redis_source_open,                 \
        .read = source_read, .close = redis_source_close,                                                    \
    }

const struct scaler_type scaler_redis_streams =
    STREAMS_TYPE(single_names, "Redis stream", "What waits in a stream at one Redis (or Valkey) server" MODES,
                 redis_check_single);

const struct scaler_type scaler_redis_cluster_streams =
    STREAMS_TYPE(cluster_names, "Redis Cluster stream",
                 "What waits in a stream in a Redis Cluster" MODES REDIS_CLUSTER_DOC, redis_check_cluster);

const struct scaler_type scaler_redis_sentinel_streams =
    STREAMS_TYPE(sentinel_names, "Redis stream behind Sentinel",
                 "What waits in a stream at the master that Redis Sentinels name" MODES REDIS_SENTINEL_DOC,
                 redis_check_sentinel);

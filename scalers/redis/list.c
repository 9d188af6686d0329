/* Trigger types redis, redis-cluster, redis-sentinel: the length of one key.
 *
 * KEDA evaluates a script that asks for the key's TYPE and then for its length. We ask for the length at
 * once, as of a list, and for the TYPE only when that is refused; what is not a list is remembered. One
 * command per reading, and no more rights than the script needs: a script runs with its caller's. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/net/net.h"
#include "scalers/api.h"
#include "scalers/redis/failure.h"
#include "scalers/redis/source.h"
#include "scalers/shared/key.h"

/* A key may change its type between TYPE and the length; not for ever. */
#define TYPE_ASKED_MAX 3

struct redis_list_config {
    struct redis_params connection; /* first: source.h */
    char *list_name;
    int64_t list_length, activation;
};

struct reading {
    struct redis_call call;
    struct scaler_source *source;
    const struct redis_list_config *config;
    scaler_done_fn done;
    void *arg;
    unsigned asked; /* how often for the TYPE */
};

static void describe(const void *config, struct scaler_target *ret)
{
    const struct redis_list_config *self = config;
    *ret = (struct scaler_target){.threshold = (double)self->list_length,
                                  .activation = (double)self->activation};
    snprintf(ret->metric_name, sizeof(ret->metric_name), "redis-%s", self->list_name);
    scaler_normalize_name(ret->metric_name);
}

static void query_key(const void *config, struct strbuf *key)
{
    const struct redis_list_config *self = config;
    key_add(key, self->list_name);
}

static void finish(struct reading *reading, const struct scaler_result *result, const struct err *error)
{
    scaler_done_fn done = reading->done;
    void *arg = reading->arg;
    mem_free(reading);
    done(result, error, arg);
}

static int send_command(struct reading *reading, const char *command, struct err *err)
{
    const char *name = reading->config->list_name;
    struct redis_call *call = &reading->call;
    call->args[0] = (struct redis_arg){command, strlen(command)};
    call->args[1] = call->key = (struct redis_arg){name, strlen(name)};
    call->args_len = 2;
    return redis_client_call(reading->source->client, call, err);
}

static void on_length(struct redis_call *call, const struct redis_reply *reply, const struct err *error);

static int send_length(struct reading *reading, struct err *err)
{
    reading->call.done = on_length;
    return send_command(
        reading, length_command_name(key_types_get(&reading->source->types, reading->config->list_name)),
        err);
}

static void on_type(struct redis_call *call, const struct redis_reply *reply, const struct err *error)
{
    struct reading *reading = container_of(call, struct reading, call);
    struct err err = {0};
    enum length_command command;
    if (error) {
        finish(reading, NULL, error);
        return;
    }
    if (reply->type == REDIS_ERROR) {
        redis_client_failure(reading->source->client, reply, &err);
        finish(reading, NULL, &err);
        return;
    }
    if (length_command_of(reply, &command, &err) < 0) {
        finish(reading, NULL, &err);
        return;
    }
    key_types_set(&reading->source->types, reading->config->list_name, command);
    if (send_length(reading, &err) < 0)
        finish(reading, NULL, &err);
}

/* NOPERM: a user may be allowed SCARD and TYPE but not LLEN. */
static bool may_be_other_type(const struct reading *reading, const struct redis_reply *reply)
{
    if (redis_failure_is(reply, "NOPERM"))
        return reading->asked == 0;
    return redis_failure_is(reply, "WRONGTYPE") && reading->asked < TYPE_ASKED_MAX;
}

static int ask_type(struct reading *reading, struct err *err)
{
    reading->asked++;
    reading->call.done = on_type;
    return send_command(reading, "TYPE", err);
}

static void on_length(struct redis_call *call, const struct redis_reply *reply, const struct err *error)
{
    struct reading *reading = container_of(call, struct reading, call);
    struct err err = {0};
    int64_t length = 0;
    if (error) {
        finish(reading, NULL, error);
        return;
    }
    int result;
    if (may_be_other_type(reading, reply)) {
        result = ask_type(reading, &err);
        if (result == 0)
            return;
    } else if (reply->type == REDIS_ERROR) {
        result = redis_client_failure(reading->source->client, reply, &err);
    } else {
        result = redis_reply_integer(reply, &length, &err);
        if (result == 0 && length < 0)
            result = err_set(&err, ERR_PROTOCOL, "the server gives a length below 0");
    }
    struct scaler_result value = {.state = SCALER_OK, .value = (double)length, .activity = (double)length};
    finish(reading, result < 0 ? NULL : &value, result < 0 ? &err : NULL);
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
    int result = send_length(reading, err);
    if (result < 0)
        mem_free(reading);
    return result;
}

static const struct param_row rows[] = {
    {.names = {"listName"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA},
     .required = true,
     .doc = "Key of a list, set, sorted set or hash; a missing key has length 0.",
     .offset = offsetof(struct redis_list_config, list_name)},
    {.names = {"listLength"},
     .type = PARAM_INT,
     .from = {PARAM_FROM_METADATA},
     .default_text = "5",
     .doc = "Target length per replica.",
     .offset = offsetof(struct redis_list_config, list_length)},
    {.names = {"activationListLength"},
     .type = PARAM_INT,
     .from = {PARAM_FROM_METADATA},
     .default_text = "0",
     .doc = "The trigger is active when the length is greater than this.",
     .offset = offsetof(struct redis_list_config, activation)},
};

#define DOC "The length of a list, or the number of members of a set, sorted set or hash, "
#define RIGHTS                                                                                               \
    " The user needs the command that reads the length (LLEN, SCARD, ZCARD, HLEN), and TYPE if the key is "  \
    "no list."

static const char *const single_names[] = {"redis", NULL};
static const char *const cluster_names[] = {"redis-cluster", NULL};
static const char *const sentinel_names[] = {"redis-sentinel", NULL};

/* The three differ in how the server is found. */
#define LIST_TYPE(names_, title_, doc_, check_)                                                              \
    {                                                                                                        \
        .schema =                                                                                            \
            {                                                                                                \
                .names = (names_),                                                                           \
                .title = (title_),                                                                           \
                .doc = (doc_),                                                                               \
                .rows = rows,                                                                                \
                .rows_len = ARRAY_LEN(rows),                                                                 \
                .groups = {REDIS_PARAMS_GROUPS(redis_list_config, connection)},                              \
                .groups_len = REDIS_PARAMS_GROUPS_LEN,                                                       \
                .config_size = sizeof(struct redis_list_config),                                             \
                .check = (check_),                                                                           \
            },                                                                                               \
        .max_in_flight = REDIS_MAX_IN_FLIGHT, .describe = describe, .source_key = redis_source_key,          \
        .source_name = redis_source_name, .query_key = query_key, .open = redis_source_open,                 \
        .read = source_read, .close = redis_source_close,                                                    \
    }

const struct scaler_type scaler_redis_list = LIST_TYPE(
    single_names, "Redis list length", DOC "at one Redis (or Valkey) server." RIGHTS, redis_check_single);

const struct scaler_type scaler_redis_cluster_list =
    LIST_TYPE(cluster_names, "Redis Cluster list length", DOC "in a Redis Cluster." RIGHTS REDIS_CLUSTER_DOC,
              redis_check_cluster);

const struct scaler_type scaler_redis_sentinel_list =
    LIST_TYPE(sentinel_names, "Redis list length behind Sentinel",
              DOC "at the master that Redis Sentinels name." RIGHTS REDIS_SENTINEL_DOC, redis_check_sentinel);

/* Trigger type redis: the length of one key of one server.
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
#include "scalers/redis/connection.h"
#include "scalers/redis/failure.h"
#include "scalers/redis/key_types.h"
#include "scalers/redis/params.h"
#include "scalers/shared/key.h"

/* Commands are pipelined; this bounds what a burst may queue (connection.h refuses above 16 MiB). */
#define MAX_IN_FLIGHT 100000
/* A key may change its type between TYPE and the length; not for ever. */
#define TYPE_ASKED_MAX 3

struct redis_list_config {
    char *list_name;
    int64_t list_length, activation;
    struct redis_params connection;
};

struct scaler_source {
    struct net *net;
    struct redis_connection *connection;
    struct key_types types;
    void (*closed)(void *arg);
    void *closed_arg;
};

struct reading {
    struct redis_request request;
    struct scaler_source *source;
    const struct redis_list_config *config;
    scaler_done_fn done;
    void *arg;
    unsigned asked; /* how often for the TYPE */
};

static void check(void *config, const struct params_context *context, struct params_error_sink *sink)
{
    struct redis_list_config *self = config;
    redis_params_check(&self->connection, false, context, sink);
}

static void describe(const void *config, struct scaler_target *ret)
{
    const struct redis_list_config *self = config;
    *ret = (struct scaler_target){.threshold = (double)self->list_length,
                                  .activation = (double)self->activation};
    snprintf(ret->metric_name, sizeof(ret->metric_name), "redis-%s", self->list_name);
    scaler_normalize_name(ret->metric_name);
}

/* The check has made sure of one, unless it was told that one may still come. */
static const char *first_address(const struct redis_list_config *config)
{
    return config->connection.addresses.len > 0 ? config->connection.addresses.items[0] : "";
}

static void source_key(const void *config, struct strbuf *key)
{
    const struct redis_list_config *self = config;
    key_add(key, first_address(self));
    redis_params_key_add(key, &self->connection);
}

static void source_name(const void *config, struct strbuf *name)
{
    const struct redis_list_config *self = config;
    strbuf_append(name, "redis ");
    strbuf_append(name, first_address(self));
    if (self->connection.database > 0)
        strbuf_printf(name, "/%lld", (long long)self->connection.database);
}

static void query_key(const void *config, struct strbuf *key)
{
    const struct redis_list_config *self = config;
    key_add(key, self->list_name);
}

static int source_open(struct net *net, const void *config, struct scaler_source **ret, struct err *err)
{
    const struct redis_list_config *self = config;
    struct redis_connection *connection = NULL;
    int result = redis_params_open(net, &self->connection, first_address(self), self->connection.database,
                                   &connection, err);
    if (result < 0)
        return result;
    struct scaler_source *source = mem_zalloc(sizeof(*source));
    source->connection = connection;
    source->net = net;
    *ret = source;
    return 0;
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
    const struct redis_arg args[] = {{command, strlen(command)}, {name, strlen(name)}};
    return redis_connection_send(reading->source->connection, &reading->request, args, ARRAY_LEN(args), err);
}

static void on_length(struct redis_request *request, const struct redis_reply *reply,
                      const struct err *error);

static int send_length(struct reading *reading, struct err *err)
{
    reading->request.done = on_length;
    return send_command(
        reading, length_command_name(key_types_get(&reading->source->types, reading->config->list_name)),
        err);
}

static void on_type(struct redis_request *request, const struct redis_reply *reply, const struct err *error)
{
    struct reading *reading = container_of(request, struct reading, request);
    struct err err = {0};
    enum length_command command;
    if (error) {
        finish(reading, NULL, error);
        return;
    }
    if (reply->type == REDIS_ERROR) {
        redis_connection_failure(reading->source->connection, reply, &err);
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
    reading->request.done = on_type;
    return send_command(reading, "TYPE", err);
}

static void on_length(struct redis_request *request, const struct redis_reply *reply, const struct err *error)
{
    struct reading *reading = container_of(request, struct reading, request);
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
        result = redis_connection_failure(reading->source->connection, reply, &err);
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
    reading->request.deadline_ms = net_now_ms(source->net) + REDIS_TIMEOUT_MS;
    int result = send_length(reading, err);
    if (result < 0)
        mem_free(reading);
    return result;
}

static void on_closed(void *arg)
{
    struct scaler_source *source = arg;
    void (*closed)(void *) = source->closed;
    void *closed_arg = source->closed_arg;
    key_types_done(&source->types);
    mem_free(source);
    closed(closed_arg);
}

static void source_close(struct scaler_source *source, void (*closed)(void *arg), void *arg)
{
    source->closed = closed;
    source->closed_arg = arg;
    redis_connection_close(source->connection, on_closed, source);
}

static const char *const names[] = {"redis", NULL};

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

const struct scaler_type scaler_redis_list = {
    .schema =
        {
            .names = names,
            .title = "Redis list length",
            .doc = "The length of a list, or the number of members of a set, sorted set or hash, at one "
                   "Redis (or Valkey) server. "
                   "The user needs the command that reads the length (LLEN, SCARD, ZCARD, HLEN), and TYPE if "
                   "the key is no list.",
            .rows = rows,
            .rows_len = ARRAY_LEN(rows),
            .groups = {REDIS_PARAMS_GROUPS(redis_list_config, connection)},
            .groups_len = REDIS_PARAMS_GROUPS_LEN,
            .config_size = sizeof(struct redis_list_config),
            .check = check,
        },
    .max_in_flight = MAX_IN_FLIGHT,
    .describe = describe,
    .source_key = source_key,
    .source_name = source_name,
    .query_key = query_key,
    .open = source_open,
    .read = source_read,
    .close = source_close,
};

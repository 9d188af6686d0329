/* The connection: its queue of requests, their deadline, its end. What happens on the wire is link.c's. */
#include "scalers/redis/connection.h"

#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/net/net.h"
#include "scalers/redis/failure.h"
#include "scalers/redis/internal.h"

#define OUT_KEEP_BYTES ((size_t)256 << 10)

int redis_connection_open(struct net *net, const struct redis_endpoint *endpoint,
                          struct redis_connection **ret, struct err *err)
{
    if (text_empty(endpoint->host) || endpoint->port == 0)
        return err_set(err, ERR_CONFIG, "a Redis address needs a host and a port");
    struct redis_connection *connection = mem_zalloc(sizeof(*connection));
    connection->net = net;
    connection->host = mem_strdup(endpoint->host);
    connection->port = endpoint->port;
    connection->login = redis_login_ref(endpoint->login);
    connection->database = endpoint->database;
    connection->master = endpoint->master;
    connection->tail = &connection->head;
    strbuf_init_max(&connection->out, STREAM_MAX_QUEUED);
    *ret = connection;
    return 0;
}

static void connection_free(struct redis_connection *connection)
{
    mem_free(connection->host);
    redis_login_unref(connection->login);
    strbuf_done(&connection->out);
    mem_free(connection);
}

static void on_timer(struct timer *timer)
{
    struct redis_connection *connection = container_of(timer, struct redis_connection, timer);
    if (!connection->head)
        return;
    if (net_now_ms(connection->net) < connection->head->deadline_ms) {
        redis_connection_watch(connection);
        return;
    }
    struct err err = {0};
    err_set(&err, ERR_TIMEOUT, "redis %s:%u: no answer in time", connection->host,
            (unsigned)connection->port);
    redis_connection_fail(connection, &err);
}

/* Replies come in order, so the first request's deadline is the one that counts. */
void redis_connection_watch(struct redis_connection *connection)
{
    if (!connection->head)
        timer_stop(connection->net, &connection->timer);
    else if (!timer_running(&connection->timer) || connection->timer.due_ms != connection->head->deadline_ms)
        timer_start_at(connection->net, &connection->timer, connection->head->deadline_ms, on_timer);
}

/* A burst's memory is given back. */
static void empty_out(struct redis_connection *connection)
{
    if (connection->out.cap <= OUT_KEEP_BYTES) {
        strbuf_reset(&connection->out);
        return;
    }
    strbuf_done(&connection->out);
    strbuf_init_max(&connection->out, STREAM_MAX_QUEUED);
}

void redis_connection_flush(struct redis_connection *connection)
{
    struct err err = {0};
    if (!connection->link || connection->link->state != LINK_READY || connection->out.len == 0)
        return;
    int result = stream_write(connection->link->stream, connection->out.data, connection->out.len, &err);
    empty_out(connection);
    if (result == 0)
        return;
    err_wrap(&err, "redis %s:%u", connection->host, (unsigned)connection->port);
    redis_connection_fail(connection, &err);
}

static void on_flush(void *arg)
{
    struct redis_connection *connection = arg;
    connection->flush_deferred = false;
    redis_connection_flush(connection);
}

static int append(struct redis_connection *connection, const struct redis_arg *args, size_t args_len,
                  struct err *err)
{
    size_t before = connection->out.len;
    resp_append_command(&connection->out, args, args_len);
    if (!connection->out.overflow)
        return 0;
    connection->out.len = before;
    connection->out.data[before] = '\0';
    connection->out.overflow = false;
    return err_set(err, ERR_LIMIT, "more than %zu bytes of commands wait for one Redis server",
                   STREAM_MAX_QUEUED);
}

int redis_connection_send(struct redis_connection *connection, struct redis_request *request,
                          const struct redis_arg *args, size_t args_len, struct err *err)
{
    if (connection->closing)
        return err_set(err, ERR_CANCELED, "the connection is being closed");
    if (!connection->link) {
        int result = redis_link_open(connection, err);
        if (result < 0)
            return result;
    }
    int result = append(connection, args, args_len, err);
    if (result < 0)
        return result;
    request->next = NULL;
    *connection->tail = request;
    connection->tail = &request->next;
    if (connection->head == request)
        redis_connection_watch(connection);
    if (!connection->flush_deferred) {
        connection->flush_deferred = true;
        net_defer(connection->net, on_flush, connection);
    }
    return 0;
}

int redis_connection_failure(const struct redis_connection *connection, const struct redis_reply *reply,
                             struct err *err)
{
    const char *secrets[] = {connection->login->password};
    return redis_failure(reply, secrets, ARRAY_LEN(secrets), err);
}

void redis_connection_answer(struct redis_connection *connection, const struct redis_reply *reply)
{
    struct redis_request *request = connection->head;
    connection->head = request->next;
    if (!connection->head)
        connection->tail = &connection->head;
    request->done(request, reply, NULL);
}

static struct redis_request *take_all(struct redis_connection *connection)
{
    struct redis_request *requests = connection->head;
    connection->head = NULL;
    connection->tail = &connection->head;
    empty_out(connection);
    timer_stop(connection->net, &connection->timer);
    return requests;
}

/* The queue is empty before the first answer goes out: an answered asker may well send again at once. */
static void answer_all(struct redis_connection *connection, const struct err *error)
{
    struct redis_request *request = take_all(connection);
    while (request) {
        struct redis_request *next = request->next;
        request->done(request, NULL, error);
        request = next;
    }
}

void redis_connection_fail(struct redis_connection *connection, const struct err *error)
{
    if (connection->link)
        redis_link_drop(connection->link);
    answer_all(connection, error);
}

static void finish_if_done(struct redis_connection *connection)
{
    if (!connection->canceled || connection->links > 0)
        return;
    void (*closed)(void *) = connection->closed;
    void *arg = connection->closed_arg;
    connection_free(connection);
    closed(arg);
}

void redis_connection_link_gone(struct redis_connection *connection)
{
    connection->links--;
    finish_if_done(connection);
}

/* Comes after on_flush, if one was deferred: net runs them in order. */
static void on_cancel(void *arg)
{
    struct redis_connection *connection = arg;
    struct err err = {.code = ERR_CANCELED, .msg = "the connection was closed"};
    redis_connection_fail(connection, &err);
    connection->canceled = true;
    finish_if_done(connection);
}

void redis_connection_close(struct redis_connection *connection, void (*closed)(void *arg), void *arg)
{
    connection->closing = true;
    connection->closed = closed;
    connection->closed_arg = arg;
    timer_stop(connection->net, &connection->timer);
    if (connection->link)
        redis_link_drop(connection->link);
    net_defer(connection->net, on_cancel, connection);
}

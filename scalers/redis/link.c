/* A link: the stream's events, the handshake (AUTH, ROLE, SELECT), and bytes into replies. */
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scalers/redis/failure.h"
#include "scalers/redis/internal.h"

static bool is_current(const struct redis_link *link)
{
    return link->connection->link == link;
}

static void link_fail(struct redis_link *link, struct err *err)
{
    err_wrap(err, "redis %s:%u", link->connection->host, (unsigned)link->connection->port);
    redis_connection_fail(link->connection, err);
}

/* Sends one command of the handshake on its own. */
static void send_now(struct redis_link *link, const struct redis_arg *args, size_t args_len)
{
    struct err err = {0};
    struct strbuf out;
    strbuf_init(&out);
    resp_append_command(&out, args, args_len);
    int result = stream_write(link->stream, out.data, out.len, &err);
    strbuf_done_secret(&out);
    if (result < 0)
        link_fail(link, &err);
}

static struct redis_arg arg_of(const char *text)
{
    return (struct redis_arg){.bytes = text, .len = strlen(text)};
}

static void enter_ready(struct redis_link *link)
{
    link->state = LINK_READY;
    redis_connection_flush(link->connection);
}

static void enter_select(struct redis_link *link)
{
    if (link->connection->database <= 0) {
        enter_ready(link);
        return;
    }
    char *number = mem_printf("%lld", (long long)link->connection->database);
    const struct redis_arg args[] = {arg_of("SELECT"), arg_of(number)};
    link->state = LINK_SELECT;
    send_now(link, args, ARRAY_LEN(args));
    mem_free(number);
}

static void enter_role(struct redis_link *link)
{
    if (!link->connection->master) {
        enter_select(link);
        return;
    }
    const struct redis_arg args[] = {arg_of("ROLE")};
    link->state = LINK_ROLE;
    send_now(link, args, ARRAY_LEN(args));
}

static void enter_auth(struct redis_link *link)
{
    const struct redis_login *login = link->connection->login;
    if (text_empty(login->password)) {
        enter_role(link);
        return;
    }
    struct redis_arg args[3] = {arg_of("AUTH")};
    size_t len = 1;
    if (!text_empty(login->username))
        args[len++] = arg_of(login->username);
    args[len++] = arg_of(login->password);
    link->state = LINK_AUTH;
    send_now(link, args, len);
}

/* KEDA's client names the user "default", which a server without a password takes; with the plain form such a
 * server says so. */
static bool wants_no_password(const struct redis_link *link, const struct redis_reply *reply)
{
    return reply->type == REDIS_ERROR && text_empty(link->connection->login->username) &&
           (strstr(reply->text, "without any password configured") ||
            strstr(reply->text, "no password is set"));
}

static void on_auth_reply(struct redis_link *link, const struct redis_reply *reply)
{
    struct err err = {0};
    if (reply->type == REDIS_ERROR && !wants_no_password(link, reply)) {
        redis_failure_word(reply, "AUTH", &err);
        link_fail(link, &err);
        return;
    }
    enter_role(link);
}

/* A user without the right to ask, and a server that does not know the question, are taken at the word of who
 * named the server. */
static bool says_nothing(const struct redis_reply *reply)
{
    return redis_failure_is(reply, "NOPERM") || redis_failure_is(reply, "ERR");
}

static void on_role_reply(struct redis_link *link, const struct redis_reply *reply)
{
    struct err err = {0};
    if (says_nothing(reply)) {
        enter_select(link);
        return;
    }
    if (reply->type == REDIS_ERROR)
        redis_connection_failure(link->connection, reply, &err);
    else if (reply->type != REDIS_LIST || reply->len == 0 || reply->items[0]->type != REDIS_TEXT)
        err_set(&err, ERR_PROTOCOL, "the reply to ROLE is not a role");
    else if (strcmp(reply->items[0]->text, "master") != 0)
        err_set(&err, ERR_UNAVAILABLE, "the server is not (or no longer) the master");
    if (err.code == 0)
        enter_select(link);
    else
        link_fail(link, &err);
}

static void on_select_reply(struct redis_link *link, const struct redis_reply *reply)
{
    struct err err = {0};
    if (reply->type == REDIS_ERROR) {
        redis_connection_failure(link->connection, reply, &err);
        err_wrap(&err, "SELECT %lld", (long long)link->connection->database);
        link_fail(link, &err);
        return;
    }
    enter_ready(link);
}

/* Nothing was asked: a server that turns the connection away says so ("max number of clients"), all else is
 * not Redis. */
static void on_unasked(struct redis_link *link, const struct redis_reply *reply)
{
    struct err err = {0};
    if (reply->type == REDIS_ERROR)
        redis_connection_failure(link->connection, reply, &err);
    else
        err_set(&err, ERR_PROTOCOL, "the server speaks without being asked");
    link_fail(link, &err);
}

static void on_reply(struct redis_link *link, const struct redis_reply *reply)
{
    if (link->state == LINK_AUTH)
        on_auth_reply(link, reply);
    else if (link->state == LINK_ROLE)
        on_role_reply(link, reply);
    else if (link->state == LINK_SELECT)
        on_select_reply(link, reply);
    else if (link->state == LINK_READY && link->connection->head)
        redis_connection_answer(link->connection, reply);
    else
        on_unasked(link, reply);
}

/* Takes all whole replies. A callback may have dropped the link meanwhile. */
static int drain(struct redis_link *link, struct err *err)
{
    while (is_current(link)) {
        struct redis_reply *reply = NULL;
        int result = resp_reader_next(link->reader, &reply, err);
        if (result < 0)
            return result;
        if (!reply)
            return 0;
        on_reply(link, reply);
        redis_reply_free(reply);
    }
    return 0;
}

static void on_data(const char *bytes, size_t len, void *arg)
{
    struct redis_link *link = arg;
    struct err err = {0};
    while (len > 0 && is_current(link)) {
        size_t piece = len < RESP_FEED_MAX ? len : RESP_FEED_MAX;
        if (resp_reader_feed(link->reader, bytes, piece, &err) < 0 || drain(link, &err) < 0) {
            link_fail(link, &err);
            return;
        }
        bytes += piece;
        len -= piece;
    }
    if (is_current(link))
        redis_connection_watch(link->connection);
}

static void on_open(void *arg)
{
    struct redis_link *link = arg;
    if (is_current(link))
        enter_auth(link);
}

static void on_close(const struct err *error, void *arg)
{
    struct redis_link *link = arg;
    struct redis_connection *connection = link->connection;
    struct err err = {.code = ERR_IO, .msg = "the server closed the connection"};
    link->reported = true;
    if (error)
        err = *error;
    if (is_current(link))
        link_fail(link, &err);
    resp_reader_free(link->reader);
    mem_free(link);
    redis_connection_link_gone(connection);
}

static const struct stream_handlers handlers = {.on_open = on_open, .on_data = on_data, .on_close = on_close};

int redis_link_open(struct redis_connection *connection, struct err *err)
{
    struct redis_link *link = mem_zalloc(sizeof(*link));
    link->connection = connection;
    struct stream_options options = {
        .host = connection->host,
        .port = connection->port,
        .tls = connection->login->use_tls ? &connection->login->tls : NULL,
        .connect_timeout_ms = REDIS_TIMEOUT_MS,
    };
    int result = stream_open(connection->net, &options, &handlers, link, &link->stream, err);
    if (result < 0) {
        mem_free(link);
        return result;
    }
    link->reader = resp_reader_new();
    connection->link = link;
    connection->links++;
    return 0;
}

void redis_link_drop(struct redis_link *link)
{
    link->connection->link = NULL;
    if (!link->reported)
        stream_close(link->stream);
}

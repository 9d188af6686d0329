/* A Redis peer on the test's loop that says what the test wants, and a source of type redis that reads from
 * it. */
#ifndef TESTS_SCALERS_REDIS_PEER_H
#define TESTS_SCALERS_REDIS_PEER_H

#include <stdio.h>
#include <string.h>

#include "tests/support/harness.h"
#include "tests/support/tcp_server.h"

extern const struct scaler_type scaler_redis_list;

/* A peer that understands commands and logs them; reply() says what comes back ("" for nothing yet). */
struct peer {
    struct tcp_server server;
    struct strbuf log; /* "1:LLEN jobs\n": connection, command, first argument … */
    const char *(*reply)(struct peer *peer, struct tcp_client *client, const char *command);
    unsigned commands;
    unsigned batches;
    const void *arg;
};

struct test {
    struct harness harness;
    struct peer peer;
    char address[32];
};

/* Takes one whole command off client->in as words with blanks between; false when there is none. */
static inline bool take_command(struct tcp_client *client, char *text, size_t size)
{
    const char *at = client->in.data, *end = at + client->in.len;
    int words = 0, used = 0;
    size_t len = 0;
    text[0] = '\0';
    if (sscanf(at, "*%d\r\n%n", &words, &used) < 1 || used == 0)
        return false;
    at += used;
    for (int i = 0; i < words; i++) {
        int bytes = -1;
        used = 0;
        if (sscanf(at, "$%d\r\n%n", &bytes, &used) < 1 || used == 0 || end - at < used + bytes + 2)
            return false;
        len += (size_t)snprintf(text + len, size - len, "%s%.*s", i ? " " : "", bytes, at + used);
        at += used + bytes + 2;
    }
    strbuf_consume(&client->in, (size_t)(at - client->in.data));
    return true;
}

static inline void on_bytes(struct tcp_client *client)
{
    struct peer *peer = client->server->arg;
    char command[512];
    AUTO_STRBUF struct strbuf out;
    strbuf_init(&out);
    peer->batches++;
    while (take_command(client, command, sizeof(command))) {
        peer->commands++;
        strbuf_printf(&peer->log, "%u:%s\n", client->number, command);
        strbuf_append(&out, peer->reply(peer, client, command));
    }
    if (out.len > 0)
        tcp_client_send(client, out.data, out.len);
}

static inline const char *reply_seven(struct peer *peer, struct tcp_client *client, const char *command)
{
    (void)peer, (void)client, (void)command;
    return ":7\r\n";
}

static inline const char *reply_nothing(struct peer *peer, struct tcp_client *client, const char *command)
{
    (void)peer, (void)client, (void)command;
    return "";
}

/* peer->arg: command, reply, command, reply, …, NULL; the first whose start fits. */
static inline const char *reply_table(struct peer *peer, struct tcp_client *client, const char *command)
{
    (void)client;
    for (const char *const *row = peer->arg; *row; row += 2) {
        if (text_starts_with(command, row[0]))
            return row[1];
    }
    ck_abort_msg("unexpected command %s", command);
}

static inline void test_init(struct test *test,
                             const char *(*reply)(struct peer *, struct tcp_client *, const char *),
                             const void *arg)
{
    memset(test, 0, sizeof(*test));
    harness_init(&test->harness);
    strbuf_init(&test->peer.log);
    test->peer.reply = reply;
    test->peer.arg = arg;
    test->peer.server.on_bytes = on_bytes;
    test->peer.server.arg = &test->peer;
    tcp_server_open(&test->peer.server, &test->harness.loop);
    snprintf(test->address, sizeof(test->address), "127.0.0.1:%d", test->peer.server.port);
}

static inline void test_open(struct test *test)
{
    const char *pairs[] = {"listName", "jobs", "address", test->address, NULL};
    harness_open(&test->harness, &scaler_redis_list, pairs);
}

static inline void test_done(struct test *test)
{
    if (test->harness.source)
        harness_close_source(&test->harness);
    tcp_server_close(&test->peer.server);
    harness_done(&test->harness);
    strbuf_done(&test->peer.log);
}

struct all {
    struct outcome *outcomes;
    size_t len;
};

static inline bool all_answered(void *arg)
{
    const struct all *all = arg;
    for (size_t i = 0; i < all->len; i++) {
        if (all->outcomes[i].calls == 0)
            return false;
    }
    return true;
}

/* Once the source is closed by the test itself. */
static inline void test_done_closed(struct test *test)
{
    config_drop(&scaler_redis_list.schema, test->harness.config);
    test->harness.source = NULL;
    test->harness.config = NULL;
    test_done(test);
}

#endif

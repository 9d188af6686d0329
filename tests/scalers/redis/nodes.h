/* Several scripted Redis peers on one loop: the nodes of a cluster, or sentinels and the servers they name.
 */
#ifndef TESTS_SCALERS_REDIS_NODES_H
#define TESTS_SCALERS_REDIS_NODES_H

#include "tests/scalers/redis/peer.h"

extern const struct scaler_type scaler_redis_cluster_list;

#define NODES 4

struct nodes {
    struct harness harness;
    struct peer peers[NODES];
    char addresses[NODES * 24]; /* of the first `seeds` of them, with commas */
    const char *script;         /* what the test's reply function goes by */
    char text[4096];            /* where it writes replies */
};

static inline struct nodes *nodes_of(const struct peer *peer)
{
    return (struct nodes *)(uintptr_t)peer->arg;
}

static inline size_t node_index(const struct peer *peer)
{
    return (size_t)(peer - nodes_of(peer)->peers);
}

static inline int node_port(const struct nodes *nodes, size_t index)
{
    return nodes->peers[index].server.port;
}

static inline void nodes_init(struct nodes *nodes, size_t seeds,
                              const char *(*reply)(struct peer *, struct tcp_client *, const char *))
{
    size_t len = 0;
    memset(nodes, 0, sizeof(*nodes));
    harness_init(&nodes->harness);
    for (size_t i = 0; i < NODES; i++) {
        struct peer *peer = &nodes->peers[i];
        strbuf_init(&peer->log);
        peer->reply = reply;
        peer->arg = nodes;
        peer->server.on_bytes = on_bytes;
        peer->server.arg = peer;
        tcp_server_open(&peer->server, &nodes->harness.loop);
        if (i < seeds)
            len += (size_t)snprintf(nodes->addresses + len, sizeof(nodes->addresses) - len, "%s127.0.0.1:%d",
                                    i ? "," : "", peer->server.port);
    }
}

static inline void nodes_done(struct nodes *nodes)
{
    if (nodes->harness.source)
        harness_close_source(&nodes->harness);
    for (size_t i = 0; i < NODES; i++)
        tcp_server_close(&nodes->peers[i].server);
    harness_done(&nodes->harness);
    for (size_t i = 0; i < NODES; i++)
        strbuf_done(&nodes->peers[i].log);
}

/* Writes a reply that stays until the next one. */
static inline const char *node_say(struct nodes *nodes, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static inline const char *node_say(struct nodes *nodes, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(nodes->text, sizeof(nodes->text), fmt, args);
    va_end(args);
    return nodes->text;
}

/* CLUSTER SLOTS' reply: the first `owners` nodes share the slots evenly. */
static inline const char *node_say_slots(struct nodes *nodes, unsigned owners)
{
    size_t len = (size_t)snprintf(nodes->text, sizeof(nodes->text), "*%u\r\n", owners);
    for (unsigned i = 0; i < owners; i++)
        len += (size_t)snprintf(nodes->text + len, sizeof(nodes->text) - len,
                                "*3\r\n:%u\r\n:%u\r\n*3\r\n$9\r\n127.0.0.1\r\n:%d\r\n$2\r\nid\r\n",
                                16384 * i / owners, 16384 * (i + 1) / owners - 1, node_port(nodes, i));
    return nodes->text;
}

static inline bool node_asked_for_map(const char *command)
{
    return strcmp(command, "CLUSTER SLOTS") == 0;
}

/* A cluster of the first three, each of which counts its own number. */
static inline const char *node_reply_honest(struct peer *peer, struct tcp_client *client, const char *command)
{
    (void)client;
    if (node_asked_for_map(command))
        return node_say_slots(nodes_of(peer), 3);
    return node_say(nodes_of(peer), ":%zu\r\n", node_index(peer));
}

static inline void nodes_open_list(struct nodes *nodes, const char *key)
{
    const char *pairs[] = {"listName", key, "addresses", nodes->addresses, NULL};
    harness_open(&nodes->harness, &scaler_redis_cluster_list, pairs);
}

#endif

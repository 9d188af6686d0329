/* Several real redis-servers at once: a cluster of three masters with a replica each, or a master with a
 * replica and three sentinels. */
#ifndef TESTS_SCALERS_REDIS_REDIS_SET_H
#define TESTS_SCALERS_REDIS_REDIS_SET_H

#include "tests/scalers/redis/redis_server.h"

static inline void redis_server_kill(struct redis_server *server)
{
    int status;
    kill(server->pid, SIGKILL);
    waitpid(server->pid, &status, 0);
    server->pid = 0;
}

static inline void redis_server_end(struct redis_server *server)
{
    if (server->pid)
        redis_server_kill(server);
    spawn_remove_dir(server->dir);
}

/* The output of `redis-cli <words>` at the server's socket holds the piece. */
static inline bool redis_server_says(const struct redis_server *server, const char *words, const char *piece)
{
    char command[1024], output[8192];
    snprintf(command, sizeof(command), "redis-cli -s '%s' --no-auth-warning %s 2>&1", server->socket, words);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    size_t len = fread(output, 1, sizeof(output) - 1, pipe);
    output[len] = '\0';
    pclose(pipe);
    return strstr(output, piece) != NULL;
}

static inline void redis_server_await(const struct redis_server *server, const char *words, const char *piece)
{
    for (int i = 0; i < 400; i++) {
        if (redis_server_says(server, words, piece))
            return;
        spawn_sleep_ms(50);
    }
    ck_abort_msg("%s: never \"%s\"", words, piece);
}

#define REDIS_CLUSTER_NODES 6

struct redis_cluster {
    struct redis_server nodes[REDIS_CLUSTER_NODES]; /* masters first, each with a third of the slots */
};

static inline void redis_cluster_create(struct redis_cluster *cluster)
{
    const char *argv[24] = {"redis-cli", "--cluster", "create"};
    size_t len = 3;
    for (int i = 0; i < REDIS_CLUSTER_NODES; i++)
        argv[len++] = cluster->nodes[i].address;
    argv[len++] = "--cluster-replicas";
    argv[len++] = "1";
    argv[len++] = "--cluster-yes";
    spawn_run(argv, cluster->nodes[0].log);
}

static inline void redis_cluster_open(struct redis_cluster *cluster, const char *more)
{
    char text[512];
    snprintf(text, sizeof(text),
             "cluster-enabled yes\ncluster-node-timeout 1000\nrepl-diskless-sync-delay 0\n%s", more);
    for (int i = 0; i < REDIS_CLUSTER_NODES; i++)
        redis_server_open(&cluster->nodes[i], false, text);
    redis_cluster_create(cluster);
    for (int i = 0; i < REDIS_CLUSTER_NODES; i++)
        redis_server_await(&cluster->nodes[i], "cluster info", "cluster_state:ok");
}

static inline void redis_cluster_close(struct redis_cluster *cluster)
{
    for (int i = 0; i < REDIS_CLUSTER_NODES; i++)
        redis_server_end(&cluster->nodes[i]);
}

/* redis-cli that follows redirects, at one of the nodes; words until NULL. */
static inline void redis_cluster_cli(const struct redis_server *node, const char *word, ...)
{
    char port[16];
    snprintf(port, sizeof(port), "%d", node->port);
    const char *argv[32] = {"redis-cli", "-e", "-c", "-p", port};
    size_t len = 5;
    va_list words;
    va_start(words, word);
    for (; word && len < 31; word = va_arg(words, const char *))
        argv[len++] = word;
    va_end(words);
    spawn_run(argv, node->log);
}

#define REDIS_SENTINELS 3

struct redis_sentinels {
    struct redis_server data[2]; /* a master and its replica, at first */
    struct redis_server sentinels[REDIS_SENTINELS];
    char addresses[128];
};

#define SENTINEL_SECRET "guard-secret"
#define DATA_SECRET     "data-secret"

static inline void redis_sentinel_run(struct redis_server *server)
{
    const char *argv[] = {"redis-server", server->config, "--sentinel", NULL};
    server->pid = spawn_start(argv, server->log);
    ck_assert_msg(spawn_wait_port(server->pid, server->port), "the sentinel did not start, see %s",
                  server->log);
}

static inline void redis_sentinel_start(struct redis_server *server, int master_port)
{
    char text[1024];
    server->dir = spawn_temp_dir();
    server->port = spawn_free_port();
    snprintf(server->log, sizeof(server->log), "%s/log", server->dir);
    snprintf(server->socket, sizeof(server->socket), "%s/s", server->dir);
    snprintf(server->config, sizeof(server->config), "%s/redis.conf", server->dir);
    snprintf(server->address, sizeof(server->address), "127.0.0.1:%d", server->port);
    snprintf(text, sizeof(text),
             "bind 127.0.0.1\nport %d\ndir %s\nunixsocket %s\nrequirepass " SENTINEL_SECRET "\n"
             "sentinel sentinel-pass " SENTINEL_SECRET "\nsentinel monitor shop 127.0.0.1 %d 2\n"
             "sentinel auth-pass shop " DATA_SECRET "\nsentinel down-after-milliseconds shop 1000\n"
             "sentinel failover-timeout shop 3000\n",
             server->port, server->dir, server->socket, master_port);
    spawn_write_file(server->dir, "redis.conf", text);
    redis_sentinel_run(server);
}

static inline void redis_sentinels_open(struct redis_sentinels *set)
{
    static const char common[] =
        "requirepass " DATA_SECRET "\nmasterauth " DATA_SECRET "\nrepl-diskless-sync-delay 0\n";
    char more[256];
    size_t len = 0;
    redis_server_open(&set->data[0], false, common);
    snprintf(more, sizeof(more), "%sreplicaof 127.0.0.1 %d\n", common, set->data[0].port);
    redis_server_open(&set->data[1], false, more);
    redis_server_await(&set->data[1], "-a " DATA_SECRET " info replication", "master_link_status:up");
    for (int i = 0; i < REDIS_SENTINELS; i++) {
        redis_sentinel_start(&set->sentinels[i], set->data[0].port);
        len += (size_t)snprintf(set->addresses + len, sizeof(set->addresses) - len, "%s%s", i ? "," : "",
                                set->sentinels[i].address);
    }
    for (int i = 0; i < REDIS_SENTINELS; i++)
        redis_server_await(&set->sentinels[i], "-a " SENTINEL_SECRET " info sentinel",
                           "slaves=1,sentinels=3");
}

static inline void redis_sentinels_close(struct redis_sentinels *set)
{
    for (int i = 0; i < REDIS_SENTINELS; i++)
        redis_server_end(&set->sentinels[i]);
    redis_server_end(&set->data[0]);
    redis_server_end(&set->data[1]);
}

#endif

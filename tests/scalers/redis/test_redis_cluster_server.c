/* The redis-cluster triggers against a real cluster, 3 masters and 3 replicas: routing, slots that move,
 * masters that die. */
#include "scalers/redis/cluster_map.h"
#include "tests/scalers/redis/redis_set.h"
#include "tests/support/harness.h"
#include "tests/support/suite.h"

extern const struct scaler_type scaler_redis_cluster_list, scaler_redis_cluster_streams;

#define KEYS 12

/* One source, a config for each key k<i>, which holds i + 1 items. */
struct readers {
    struct harness harness;
    void *configs[KEYS];
    char seeds[80];
};

static void fill(const struct redis_cluster *cluster)
{
    char key[8];
    for (int i = 0; i < KEYS; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        for (int n = 0; n <= i; n++)
            redis_cluster_cli(&cluster->nodes[0], "RPUSH", key, "a", NULL);
    }
}

static void readers_open(struct readers *readers, const struct redis_cluster *cluster)
{
    char key[8];
    /* Seeds need be neither masters nor all alive. */
    snprintf(readers->seeds, sizeof(readers->seeds), "127.0.0.1:1,%s,%s", cluster->nodes[4].address,
             cluster->nodes[5].address);
    const char *pairs[] = {"listName", key, "addresses", readers->seeds, NULL};
    harness_init(&readers->harness);
    for (int i = 0; i < KEYS; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        readers->configs[i] = config_parse(&scaler_redis_cluster_list.schema, pairs, NULL);
    }
    snprintf(key, sizeof(key), "k0");
    harness_open(&readers->harness, &scaler_redis_cluster_list, pairs);
}

static void readers_close(struct readers *readers)
{
    for (int i = 0; i < KEYS; i++)
        config_drop(&scaler_redis_cluster_list.schema, readers->configs[i]);
    harness_done(&readers->harness);
}

/* All keys at once. Whatever happens, a value is the right one or there is none. Returns how many failed. */
static int read_all(struct readers *readers)
{
    struct outcome outcomes[KEYS];
    int failed = 0;
    for (int i = 0; i < KEYS; i++)
        harness_start(&readers->harness, readers->configs[i], &outcomes[i]);
    for (int i = 0; i < KEYS; i++) {
        harness_wait(&readers->harness, &outcomes[i]);
        failed += outcomes[i].code != 0;
        if (outcomes[i].code == 0)
            ck_assert_value(outcomes[i], i + 1);
    }
    return failed;
}

/* Reads until everything is right again; returns whether something failed meanwhile. */
static bool read_until_well(struct readers *readers)
{
    bool failed = false;
    for (int i = 0; i < 150; i++) {
        if (read_all(readers) == 0)
            return failed;
        failed = true;
        harness_idle(&readers->harness, 100);
    }
    ck_abort_msg("the cluster's readings do not come back");
}

static void node_id(const struct redis_server *node, char *id, size_t size)
{
    char command[512];
    snprintf(command, sizeof(command), "redis-cli -s '%s' cluster myid", node->socket);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(fgets(id, (int)size, pipe));
    id[strcspn(id, "\r\n")] = '\0';
    pclose(pipe);
}

/* The node, of the masters the cluster began with, that owns the key's slot. */
static int owner_of(const char *key)
{
    uint16_t slot = cluster_slot(key, strlen(key));
    return slot < 5461 ? 0 : slot < 10923 ? 1 : 2;
}

/* k0 on its way from one master to another: gone from the first, not yet the second's. */
static void move_half(const struct redis_cluster *cluster, char *slot, int from, int to)
{
    char ids[2][64], port[16];
    node_id(&cluster->nodes[from], ids[0], sizeof(ids[0]));
    node_id(&cluster->nodes[to], ids[1], sizeof(ids[1]));
    snprintf(port, sizeof(port), "%d", cluster->nodes[to].port);
    struct redis_server *source = (struct redis_server *)(uintptr_t)&cluster->nodes[from];
    struct redis_server *target = (struct redis_server *)(uintptr_t)&cluster->nodes[to];
    redis_server_cli(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", ids[0], NULL);
    redis_server_cli(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", ids[1], NULL);
    redis_server_cli(source, "MIGRATE", "127.0.0.1", port, "k0", "0", "2000", NULL);
}

static void move_rest(const struct redis_cluster *cluster, char *slot, int from, int to)
{
    char id[64];
    node_id(&cluster->nodes[to], id, sizeof(id));
    for (int i = 0; i < 3; i++) {
        int node = i == 0 ? to : i == 1 ? from : 3 - to - from;
        redis_server_cli((struct redis_server *)(uintptr_t)&cluster->nodes[node], "CLUSTER", "SETSLOT", slot,
                         "NODE", id, NULL);
    }
}

static void check_moves(struct readers *readers, const struct redis_cluster *cluster)
{
    char slot[16];
    int from = owner_of("k0"), to = (from + 1) % 3;
    snprintf(slot, sizeof(slot), "%d", cluster_slot("k0", 2));
    move_half(cluster, slot, from, to);
    ck_assert_int_eq(read_all(readers), 0);
    move_rest(cluster, slot, from, to);
    ck_assert_int_eq(read_all(readers), 0);
    ck_assert_int_eq(read_all(readers), 0);
}

static void check_streams(const struct redis_cluster *cluster)
{
    const char *pairs[] = {"stream",   "events", "address", cluster->nodes[0].address, "consumerGroup", "g",
                           "lagCount", "5",      NULL};
    struct harness harness;
    for (int i = 0; i < 3; i++)
        redis_cluster_cli(&cluster->nodes[0], "XADD", "events", "*", "a", "1", NULL);
    redis_cluster_cli(&cluster->nodes[0], "XGROUP", "CREATE", "events", "g", "0", NULL);
    harness_init(&harness);
    harness_open(&harness, &scaler_redis_cluster_streams, pairs);
    for (int i = 0; i < 2; i++) {
        struct outcome outcome = harness_read(&harness);
        ck_assert_value(outcome, 3);
    }
    harness_done(&harness);
}

/* Asked again when the others had not yet heard that it is back. Readings go on meanwhile. */
static void make_master(struct readers *readers, struct redis_server *replica)
{
    for (int i = 0; i < 200; i++) {
        if (redis_server_says(replica, "role", "master"))
            return;
        if (i % 20 == 0)
            redis_server_says(replica, "cluster failover", "OK");
        read_until_well(readers);
        harness_idle(&readers->harness, 50);
    }
    ck_abort_msg("the replica is not made master");
}

/* A master dies without a word; its replica takes over; it returns as a replica, and is made master again. */
static void check_failover(struct readers *readers, struct redis_cluster *cluster)
{
    struct redis_server *victim = &cluster->nodes[owner_of("k1")];
    redis_server_kill(victim);
    ck_assert_msg(read_until_well(readers), "the death of a master went unnoticed");
    redis_server_start(victim);
    redis_server_await(victim, "info replication", "master_link_status:up");
    ck_assert_int_eq(read_all(readers), 0);
    make_master(readers, victim);
    read_until_well(readers);
    ck_assert_int_eq(read_all(readers), 0);
}

START_TEST(cluster_lives)
{
    struct redis_cluster cluster;
    struct readers readers;
    redis_cluster_open(&cluster, "");
    fill(&cluster);
    readers_open(&readers, &cluster);
    ck_assert_int_eq(read_all(&readers), 0);
    check_streams(&cluster);
    check_moves(&readers, &cluster);
    for (int i = 3; i < REDIS_CLUSTER_NODES; i++)
        redis_server_await(&cluster.nodes[i], "info replication", "master_link_status:up");
    check_failover(&readers, &cluster);
    readers_close(&readers);
    redis_cluster_close(&cluster);
}
END_TEST

/* A server that is in no cluster, and a node that has no slots yet. */
START_TEST(no_cluster)
{
    static const char *const more[] = {"", "cluster-enabled yes\n"};
    static const char *const pieces[] = {"no node of a Redis Cluster", "owns no slots"};
    struct redis_server server;
    struct harness harness;
    redis_server_open(&server, false, more[_i]);
    const char *pairs[] = {"listName", "k", "address", server.address, NULL};
    harness_init(&harness);
    harness_open(&harness, &scaler_redis_cluster_list, pairs);
    struct outcome outcome = harness_read(&harness);
    ck_assert_failed(outcome, _i == 0 ? ERR_UNSUPPORTED : ERR_UNAVAILABLE, pieces[_i]);
    harness_done(&harness);
    redis_server_end(&server);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, cluster_lives);
    tcase_add_loop_test(tests, no_cluster, 0, 2);
}

int main(void)
{
    return suite_run("redis cluster server", 120, add);
}

/* Streams on a real server; TLS with client certificates and ACL users in a cluster and behind a sentinel. */
#include "tests/scalers/redis/redis_set.h"
#include "tests/support/harness.h"
#include "tests/support/suite.h"

extern const struct scaler_type scaler_redis_streams, scaler_redis_cluster_list,
    scaler_redis_sentinel_streams;

static struct outcome read_once(const struct scaler_type *type, const char *const *pairs)
{
    struct harness harness;
    harness_init(&harness);
    harness_open(&harness, type, pairs);
    struct outcome outcome = harness_read(&harness);
    harness_done(&harness);
    return outcome;
}

static void add_entries(struct redis_server *server, const char *stream, int count)
{
    for (int i = 0; i < count; i++)
        redis_server_cli(server, "XADD", stream, "*", "a", "1", NULL);
}

/* A group is made, reads, acknowledges, loses entries; after each step: length, pending, lag. */
enum { NOT_FOUND = -100, UNKNOWN = -101 };
static const struct {
    const char *words[11];
    double length, pending, lag;
} steps[] = {
    {{"DEL", "s"}, 0, NOT_FOUND, 0},
    {{"XADD", "s", "1-0", "a", "1"}, 1, NOT_FOUND, 1},
    {{"XADD", "s", "2-0", "a", "1"}, 2, NOT_FOUND, 2},
    {{"XGROUP", "CREATE", "s", "g", "0"}, 2, 0, 2},
    {{"XREADGROUP", "GROUP", "g", "c", "COUNT", "1", "STREAMS", "s", ">"}, 2, 1, 1},
    {{"XADD", "s", "3-0", "a", "1"}, 3, 1, 2},
    {{"XADD", "s", "4-0", "a", "1"}, 4, 1, 3},
    {{"XACK", "s", "g", "1-0"}, 4, 0, 3},
    {{"XDEL", "s", "3-0"}, 3, 0, UNKNOWN},
    {{"XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"}, 3, 2, 0},
    {{"XGROUP", "DESTROY", "s", "g"}, 3, NOT_FOUND, 3},
};

static void check_reading(const char *address, const char *const *more, double value)
{
    const char *pairs[10] = {"stream", "s", "address", address};
    for (size_t i = 0; i < 4 && more[i]; i++)
        pairs[4 + i] = more[i];
    struct outcome outcome = read_once(&scaler_redis_streams, pairs);
    if (value == NOT_FOUND) {
        ck_assert_failed(outcome, ERR_NOT_FOUND, "NOGROUP");
    } else if (value == UNKNOWN) {
        ck_assert_int_eq(outcome.code, 0);
        ck_assert_int_eq(outcome.result.state, SCALER_EMPTY);
    } else {
        ck_assert_value(outcome, value);
    }
}

START_TEST(streams)
{
    static const char *const none[4] = {NULL};
    static const char *const group[4] = {"consumerGroup", "g"};
    static const char *const lag[4] = {"consumerGroup", "g", "lagCount", "5"};
    struct redis_server server;
    redis_server_open(&server, false, "");
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        const char *const *w = steps[i].words;
        redis_server_cli(&server, w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9], w[10], NULL);
        check_reading(server.address, none, steps[i].length);
        check_reading(server.address, group, steps[i].pending);
        check_reading(server.address, lag, steps[i].lag);
    }
    redis_server_cli(&server, "SET", "string", "a", NULL);
    const char *pairs[] = {"stream",   "string", "address", server.address, "consumerGroup", "g",
                           "lagCount", "1",      NULL};
    struct outcome outcome = read_once(&scaler_redis_streams, pairs);
    ck_assert_failed(outcome, ERR_INVALID, "does not hold what");
    redis_server_end(&server);
}
END_TEST

struct material {
    char *ca, *cert, *key;
};

static void material_read(struct material *material, const char *dir)
{
    material->ca = certs_read(dir, "ca.pem");
    material->cert = certs_read(dir, "client.pem");
    material->key = certs_read(dir, "client.key");
}

static void material_free(struct material *material)
{
    mem_free(material->ca);
    mem_free(material->cert);
    mem_free(material->key);
}

/* A cluster of one node that speaks TLS only; its user may read lists and CLUSTER SHARDS, nothing else. */
START_TEST(tls_cluster)
{
    struct redis_server server;
    struct material material;
    redis_server_open(&server, true,
                      "cluster-enabled yes\ntls-cluster yes\n"
                      "user reader on >reader-secret ~jobs +llen +cluster|shards\n");
    redis_server_cli(&server, "CLUSTER", "ADDSLOTSRANGE", "0", "16383", NULL);
    redis_server_await(&server, "cluster info", "cluster_state:ok");
    redis_server_cli(&server, "RPUSH", "jobs", "a", "b", "c", NULL);
    material_read(&material, server.dir);
    const char *pairs[] = {"listName",
                           "jobs",
                           "address",
                           server.address,
                           "auth:username",
                           "reader",
                           "auth:password",
                           "reader-secret",
                           "auth:tls",
                           "enable",
                           "auth:ca",
                           material.ca,
                           "auth:cert",
                           material.cert,
                           "auth:key",
                           material.key,
                           NULL};
    struct outcome outcome = read_once(&scaler_redis_cluster_list, pairs);
    ck_assert_value(outcome, 3);
    pairs[12] = NULL; /* no client certificate */
    outcome = read_once(&scaler_redis_cluster_list, pairs);
    ck_assert_failed(outcome, ERR_IO, "");
    material_free(&material);
    redis_server_end(&server);
}
END_TEST

/* A sentinel of its own for that master, with the same certificates. */
static void tls_sentinel_start(struct redis_server *sentinel, const struct redis_server *master)
{
    char text[1536];
    sentinel->dir = spawn_temp_dir();
    sentinel->port = spawn_free_port();
    snprintf(sentinel->log, sizeof(sentinel->log), "%s/log", sentinel->dir);
    snprintf(sentinel->config, sizeof(sentinel->config), "%s/redis.conf", sentinel->dir);
    snprintf(sentinel->address, sizeof(sentinel->address), "127.0.0.1:%d", sentinel->port);
    snprintf(text, sizeof(text),
             "bind 127.0.0.1\nport 0\ntls-port %d\ntls-replication yes\ndir %s\ntls-cert-file %s/server.pem\n"
             "tls-key-file %s/server.key\ntls-ca-cert-file %s/ca.pem\n"
             "user guard on >guard-secret +sentinel|get-master-addr-by-name\nuser default off\n"
             "sentinel monitor shop 127.0.0.1 %d 1\n",
             sentinel->port, sentinel->dir, master->dir, master->dir, master->dir, master->port);
    spawn_write_file(sentinel->dir, "redis.conf", text);
    redis_sentinel_run(sentinel);
}

START_TEST(tls_sentinel)
{
    struct redis_server master, sentinel;
    struct material material;
    redis_server_open(&master, true, "user reader on >reader-secret ~events +xlen\n");
    tls_sentinel_start(&sentinel, &master);
    add_entries(&master, "events", 4);
    material_read(&material, master.dir);
    const char *pairs[] = {"stream",   "events",           "address",   sentinel.address,   "sentinelMaster",
                           "shop",     "sentinelUsername", "guard",     "sentinelPassword", "guard-secret",
                           "username", "reader",           "password",  "reader-secret",    "enableTLS",
                           "true",     "auth:ca",          material.ca, "auth:cert",        material.cert,
                           "auth:key", material.key,       NULL};
    struct outcome outcome = read_once(&scaler_redis_sentinel_streams, pairs);
    ck_assert_value(outcome, 4);
    pairs[9] = "wrong-secret";
    outcome = read_once(&scaler_redis_sentinel_streams, pairs);
    ck_assert_failed(outcome, ERR_AUTH, "AUTH was refused");
    ck_assert_ptr_null(strstr(outcome.msg, "-secret"));
    material_free(&material);
    redis_server_end(&sentinel);
    redis_server_end(&master);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, streams);
    tcase_add_test(tests, tls_cluster);
    tcase_add_test(tests, tls_sentinel);
}

int main(void)
{
    return suite_run("redis kinds server", 120, add);
}

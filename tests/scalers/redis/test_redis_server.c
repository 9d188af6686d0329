/* The redis trigger against a real server: types of keys, databases, users, TLS, ends and returns. */
#include "scalers/redis/connection.h"
#include "tests/scalers/redis/redis_server.h"
#include "tests/support/harness.h"
#include "tests/support/suite.h"

extern const struct scaler_type scaler_redis_list;

/* One reading through a source of its own. */
static struct outcome read_once(const char *const *pairs)
{
    struct harness harness;
    harness_init(&harness);
    harness_open(&harness, &scaler_redis_list, pairs);
    struct outcome outcome = harness_read(&harness);
    harness_done(&harness);
    return outcome;
}

static struct outcome read_key(struct redis_server *server, const char *key)
{
    const char *pairs[] = {"listName", key, "address", server->address, NULL};
    return read_once(pairs);
}

START_TEST(kinds_of_keys)
{
    struct redis_server server;
    redis_server_open(&server, false, "");
    redis_server_cli(&server, "RPUSH", "list", "a", "b", "c", NULL);
    redis_server_cli(&server, "SADD", "set", "a", "b", NULL);
    redis_server_cli(&server, "ZADD", "zset", "1", "a", "2", "b", "3", "c", "4", "d", NULL);
    redis_server_cli(&server, "HSET", "hash", "a", "1", NULL);
    redis_server_cli(&server, "SET", "string", "a", NULL);
    redis_server_cli(&server, "XADD", "stream", "*", "a", "1", NULL);
    static const struct {
        const char *key;
        double value;
    } keys[] = {{"list", 3}, {"set", 2}, {"zset", 4}, {"hash", 1}, {"missing", 0}};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct outcome outcome = read_key(&server, keys[i].key);
        ck_assert_value(outcome, keys[i].value);
    }
    struct outcome outcome = read_key(&server, "string");
    ck_assert_failed(outcome, ERR_INVALID, "unsupported key type");
    outcome = read_key(&server, "stream");
    ck_assert_failed(outcome, ERR_INVALID, "unsupported key type");
    redis_server_close(&server);
}
END_TEST

/* The same source sees a key change its type, vanish and come back. */
START_TEST(key_changes)
{
    struct redis_server server;
    struct harness harness;
    redis_server_open(&server, false, "");
    const char *pairs[] = {"listName", "k", "address", server.address, NULL};
    harness_init(&harness);
    harness_open(&harness, &scaler_redis_list, pairs);
    static const struct {
        const char *words[5];
        double value;
    } steps[] = {{{"RPUSH", "k", "a", "b"}, 2},     {{"DEL", "k"}, 0},
                 {{"SADD", "k", "a", "b", "c"}, 3}, {{"DEL", "k"}, 0},
                 {{"HSET", "k", "a", "1"}, 1},      {{"DEL", "k"}, 0},
                 {{"RPUSH", "k", "a"}, 1}};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        const char *const *w = steps[i].words;
        redis_server_cli(&server, w[0], w[1], w[2], w[3], w[4], NULL);
        struct outcome outcome = harness_read(&harness);
        ck_assert_value(outcome, steps[i].value);
    }
    harness_done(&harness);
    redis_server_close(&server);
}
END_TEST

START_TEST(databases)
{
    struct redis_server server;
    redis_server_open(&server, false, "databases 4\n");
    redis_server_cli(&server, "-n", "3", "RPUSH", "jobs", "a", "b", NULL);
    const char *pairs[] = {"listName", "jobs", "address", server.address, "databaseIndex", "3", NULL};
    struct outcome outcome = read_once(pairs);
    ck_assert_value(outcome, 2);
    pairs[5] = "0";
    outcome = read_once(pairs);
    ck_assert_value(outcome, 0);
    pairs[5] = "9";
    outcome = read_once(pairs);
    ck_assert_failed(outcome, ERR_INVALID, "SELECT 9");
    redis_server_close(&server);
}
END_TEST

static const struct {
    const char *pairs[5];
    int code; /* 0: 2 members */
    const char *piece;
} logins[] = {
    {{"password", "all-for-one"}, 0, NULL},
    {{"password", "wrong-secret"}, ERR_AUTH, "AUTH was refused (WRONGPASS)"},
    {{NULL}, ERR_AUTH, "wants a password"},
    {{"username", "lister", "password", "lister-secret"}, 0, NULL},
    {{"username", "lister", "password", "wrong-secret"}, ERR_AUTH, "AUTH was refused (WRONGPASS)"},
    {{"username", "nobody", "password", "lister-secret"}, ERR_AUTH, "AUTH was refused (WRONGPASS)"},
    {{"username", "counter", "password", "counter-secret"}, 0, NULL},
    {{"username", "blind", "password", "blind-secret"}, ERR_AUTH, "NOPERM"},
    {{"username", "stranger", "password", "stranger-secret"}, ERR_AUTH, "NOPERM"},
};

/* lister has what KEDA's script needs of a list and no more; counter the same of a set; stranger has other
 * keys. */
START_TEST(users)
{
    struct redis_server server;
    redis_server_open(&server, false,
                      "requirepass all-for-one\n"
                      "user lister on >lister-secret ~jobs +llen\n"
                      "user counter on >counter-secret ~jobs +scard +type +eval\n"
                      "user blind on >blind-secret ~jobs +ping\n"
                      "user stranger on >stranger-secret ~other +@all\n");
    bool set = logins[_i].pairs[1] && strcmp(logins[_i].pairs[1], "counter") == 0;
    redis_server_cli(&server, "-a", "all-for-one", set ? "SADD" : "RPUSH", "jobs", "a", "b", NULL);
    const char *pairs[10] = {"listName", "jobs", "address", server.address};
    memcpy(pairs + 4, logins[_i].pairs, sizeof(logins[_i].pairs));
    struct outcome outcome = read_once(pairs);
    ck_assert_ptr_null(strstr(outcome.msg, "secret"));
    if (logins[_i].code == 0) {
        ck_assert_value(outcome, 2);
    } else {
        ck_assert_failed(outcome, logins[_i].code, logins[_i].piece);
    }
    redis_server_close(&server);
}
END_TEST

/* Users of a server without a password often leave one in the manifest; KEDA's client gets along with that.
 */
START_TEST(password_for_nothing)
{
    struct redis_server server;
    redis_server_open(&server, false, "");
    const char *pairs[] = {"listName", "jobs", "address", server.address, "password", "p", NULL};
    struct outcome outcome = read_once(pairs);
    ck_assert_value(outcome, 0);
    redis_server_close(&server);
}
END_TEST

START_TEST(tls)
{
    struct redis_server server;
    redis_server_open(&server, true, "");
    redis_server_cli(&server, "RPUSH", "jobs", "a", "b", NULL);
    AUTO_FREE char *ca = certs_read(server.dir, "ca.pem");
    AUTO_FREE char *other = certs_read(server.dir, "other-ca.pem");
    AUTO_FREE char *cert = certs_read(server.dir, "client.pem");
    AUTO_FREE char *key = certs_read(server.dir, "client.key");
    AUTO_FREE char *encrypted = certs_read(server.dir, "client-encrypted.key");
#define TLS "enableTLS", "true", "auth:cert", cert
    const struct {
        const char *pairs[12];
        int code;
        const char *piece;
    } rows[] = {
        {{TLS, "auth:key", key, "auth:ca", ca}, 0, NULL},
        {{TLS, "auth:key", encrypted, "auth:keyPassword", CERTS_PASSWORD, "auth:ca", ca}, 0, NULL},
        {{TLS, "auth:key", key, "unsafeSsl", "true"}, 0, NULL},
        {{"auth:tls", "enable", "auth:cert", cert, "auth:key", key, "auth:ca", ca}, 0, NULL},
        {{TLS, "auth:key", key, "auth:ca", other}, ERR_IO, "certificate"},
        {{TLS, "auth:key", key}, ERR_IO, "certificate"},
        {{"enableTLS", "true", "auth:ca", ca}, ERR_IO, ""}, /* the server insists on a client certificate */
        {{"enableTLS", "false"}, ERR_IO, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *pairs[20] = {"listName", "jobs", "address", server.address};
        memcpy(pairs + 4, rows[i].pairs, sizeof(rows[i].pairs));
        struct outcome outcome = read_once(pairs);
        if (rows[i].code == 0) {
            ck_assert_value(outcome, 2);
        } else {
            ck_assert_failed(outcome, rows[i].code, rows[i].piece);
        }
    }
    redis_server_close(&server);
}
END_TEST

START_TEST(custom_ca_directory)
{
    struct redis_server server;
    redis_server_open(&server, true, "tls-auth-clients no\n");
    const char *pairs[] = {"listName", "jobs", "address", server.address, "enableTLS", "true", NULL};
    AUTO_FREE char *copy =
        mem_printf("mkdir '%s/trust' && cp '%s/ca.pem' '%s/trust/'", server.dir, server.dir, server.dir);
    const char *argv[] = {"sh", "-c", copy, NULL};
    AUTO_FREE char *trust = mem_printf("/nowhere:%s/trust", server.dir);
    spawn_run(argv, server.log);
    struct outcome outcome = read_once(pairs);
    ck_assert_failed(outcome, ERR_IO, "certificate");
    setenv("DAVIT_CA_DIRS", trust, 1);
    outcome = read_once(pairs);
    ck_assert_value(outcome, 0);
    unsetenv("DAVIT_CA_DIRS");
    redis_server_close(&server);
}
END_TEST

/* A source outlives its server. */
START_TEST(server_returns)
{
    struct redis_server server;
    struct harness harness;
    redis_server_open(&server, false, "");
    const char *pairs[] = {"listName", "k", "address", server.address, NULL};
    harness_init(&harness);
    harness_open(&harness, &scaler_redis_list, pairs);
    struct outcome outcome = harness_read(&harness);
    ck_assert_value(outcome, 0);
    spawn_stop(server.pid);
    harness_idle(&harness, 50);
    outcome = harness_read(&harness);
    ck_assert_failed(outcome, ERR_IO, server.address);
    redis_server_start(&server);
    redis_server_cli(&server, "RPUSH", "k", "a", NULL);
    outcome = harness_read(&harness);
    ck_assert_value(outcome, 1);
    redis_server_cli(&server, "CLIENT", "KILL", "TYPE", "normal", NULL);
    harness_idle(&harness, 50);
    outcome = harness_read(&harness);
    ck_assert_value(outcome, 1);
    harness_done(&harness);
    redis_server_close(&server);
}
END_TEST

/* A stopped process accepts connections and says nothing. */
START_TEST(server_hangs)
{
    struct redis_server server;
    struct harness harness;
    redis_server_open(&server, false, "");
    const char *pairs[] = {"listName", "k", "address", server.address, NULL};
    harness_init(&harness);
    harness_open(&harness, &scaler_redis_list, pairs);
    struct outcome outcome = harness_read(&harness);
    ck_assert_value(outcome, 0);
    kill(server.pid, SIGSTOP);
    outcome = harness_read(&harness);
    ck_assert_failed(outcome, ERR_TIMEOUT, "no answer in time");
    kill(server.pid, SIGCONT);
    outcome = harness_read(&harness);
    ck_assert_value(outcome, 0);
    harness_done(&harness);
    redis_server_close(&server);
}
END_TEST

/* A script that runs for ever makes the server say BUSY. */
START_TEST(server_is_busy)
{
    struct redis_server server;
    redis_server_open(&server, false, "lua-time-limit 100\n");
    const char *argv[] = {"redis-cli", "-s", server.socket, "EVAL", "while true do end", "0", NULL};
    pid_t script = spawn_start(argv, server.log);
    spawn_sleep_ms(500);
    struct outcome outcome = read_key(&server, "k");
    ck_assert_failed(outcome, ERR_UNAVAILABLE, "BUSY");
    redis_server_cli(&server, "SCRIPT", "KILL", NULL);
    ck_assert_int_eq(waitpid(script, NULL, 0), script);
    outcome = read_key(&server, "k");
    ck_assert_value(outcome, 0);
    redis_server_close(&server);
}
END_TEST

START_TEST(too_many_clients)
{
    struct redis_server server;
    redis_server_open(&server, false, "maxclients 1\n");
    struct harness harness;
    const char *pairs[] = {"listName", "k", "address", server.address, NULL};
    harness_init(&harness);
    harness_open(&harness, &scaler_redis_list, pairs);
    struct outcome outcome = harness_read(&harness);
    for (int i = 0; i < 200 && outcome.code < 0;
         i++) { /* who waited for the server may still be its client */
        spawn_sleep_ms(20);
        outcome = harness_read(&harness);
    }
    ck_assert_value(outcome, 0);
    outcome = read_key(&server, "k");
    ck_assert_msg(outcome.code == ERR_UNAVAILABLE || outcome.code == ERR_IO, "%d %s", outcome.code,
                  outcome.msg);
    harness_done(&harness);
    redis_server_close(&server);
}
END_TEST

START_TEST(cluster_node)
{
    struct redis_server server;
    redis_server_open(&server, false, "cluster-enabled yes\n");
    struct outcome outcome = read_key(&server, "k");
    ck_assert_failed(outcome, ERR_UNAVAILABLE, "CLUSTERDOWN");
    redis_server_close(&server);
}
END_TEST

#define BURST 20000

static unsigned answered;

static void on_counted(const struct scaler_result *result, const struct err *error, void *arg)
{
    (void)arg;
    ck_assert_msg(result && result->value == 2, "%s", error ? error->msg : "");
    answered++;
}

static bool all_counted(void *arg)
{
    return answered == *(unsigned *)arg;
}

START_TEST(burst)
{
    struct redis_server server;
    struct harness harness;
    unsigned wanted = BURST;
    redis_server_open(&server, false, "");
    redis_server_cli(&server, "RPUSH", "k", "a", "b", NULL);
    const char *pairs[] = {"listName", "k", "address", server.address, NULL};
    harness_init(&harness);
    harness_open(&harness, &scaler_redis_list, pairs);
    for (unsigned i = 0; i < BURST; i++)
        ck_assert_int_eq(scaler_redis_list.read(harness.source, harness.config, on_counted, NULL, NULL), 0);
    ck_assert(harness_run(&harness, all_counted, &wanted, 15000));
    harness_done(&harness);
    redis_server_close(&server);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, kinds_of_keys);
    tcase_add_test(tests, key_changes);
    tcase_add_test(tests, databases);
    tcase_add_loop_test(tests, users, 0, (int)ARRAY_LEN(logins));
    tcase_add_test(tests, password_for_nothing);
    tcase_add_test(tests, tls);
    tcase_add_test(tests, custom_ca_directory);
    tcase_add_test(tests, server_returns);
    tcase_add_test(tests, server_hangs);
    tcase_add_test(tests, server_is_busy);
    tcase_add_test(tests, too_many_clients);
    tcase_add_test(tests, cluster_node);
    tcase_add_test(tests, burst);
}

int main(void)
{
    return suite_run("redis server", 100, add);
}

/* The redis-sentinel trigger against sentinels and servers that say what the test wants. Peers 0 and 1 are
 * the sentinels, 2 and 3 the servers. */
#include "tests/scalers/redis/nodes.h"
#include "tests/support/suite.h"

extern const struct scaler_type scaler_redis_sentinel_list;

#define GET "SENTINEL get-master-addr-by-name shop"

static void open_list(struct nodes *nodes)
{
    const char *pairs[] = {"listName", "jobs", "addresses", nodes->addresses, "sentinelMaster", "shop", NULL};
    harness_open(&nodes->harness, &scaler_redis_sentinel_list, pairs);
}

static const char *say_master(struct nodes *nodes, size_t index)
{
    AUTO_FREE char *port = mem_printf("%d", node_port(nodes, index));
    return node_say(nodes, "*2\r\n$9\r\n127.0.0.1\r\n$%zu\r\n%s\r\n", strlen(port), port);
}

/* A server: its number, as a master. */
static const char *say_number(struct peer *peer, const char *command)
{
    if (strcmp(command, "ROLE") == 0)
        return "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n";
    return node_say(nodes_of(peer), ":%zu\r\n", node_index(peer));
}

/* The script tells which server is the master. */
static const char *reply_honest(struct peer *peer, struct tcp_client *client, const char *command)
{
    struct nodes *nodes = nodes_of(peer);
    (void)client;
    if (node_index(peer) >= 2)
        return say_number(peer, command);
    ck_assert_str_eq(command, GET);
    return say_master(nodes, nodes->script ? 3 : 2);
}

/* A thousand readings: one connection each to a sentinel and the master, one write to the latter. */
START_TEST(pipelines)
{
    static struct outcome outcomes[1000];
    struct all all = {outcomes, ARRAY_LEN(outcomes)};
    struct nodes nodes;
    nodes_init(&nodes, 2, reply_honest);
    open_list(&nodes);
    for (size_t i = 0; i < all.len; i++)
        harness_start(&nodes.harness, nodes.harness.config, &outcomes[i]);
    ck_assert(harness_run(&nodes.harness, all_answered, &all, 15000));
    for (size_t i = 0; i < all.len; i++)
        ck_assert_value(outcomes[i], 2);
    ck_assert_str_eq(nodes.peers[0].log.data, "1:" GET "\n");
    ck_assert_uint_eq(nodes.peers[1].server.accepted, 0);
    ck_assert_uint_eq(nodes.peers[2].server.accepted, 1);
    ck_assert_uint_le(nodes.peers[2].batches, 3); /* ROLE, then all the rest, in two reads at most */
    nodes_done(&nodes);
}
END_TEST

/* The word of a sentinel counts for a second; then the new master is read and the old one let go. */
START_TEST(master_moves)
{
    struct nodes nodes;
    nodes_init(&nodes, 2, reply_honest);
    open_list(&nodes);
    struct outcome outcome = harness_read(&nodes.harness);
    ck_assert_value(outcome, 2);
    nodes.script = "moved";
    outcome = harness_read(&nodes.harness);
    ck_assert_value(outcome, 2);
    harness_idle(&nodes.harness, 1100);
    outcome = harness_read(&nodes.harness);
    ck_assert_value(outcome, 3);
    harness_idle(&nodes.harness, 100);
    ck_assert_uint_eq(nodes.peers[2].server.open, 0);
    nodes_done(&nodes);
}
END_TEST

/* A broken connection is reason to ask at once. */
START_TEST(master_dies)
{
    struct nodes nodes;
    nodes_init(&nodes, 2, reply_honest);
    open_list(&nodes);
    struct outcome outcome = harness_read(&nodes.harness);
    nodes.script = "moved";
    harness_start(&nodes.harness, nodes.harness.config, &outcome);
    tcp_client_close(nodes.peers[2].server.clients);
    harness_wait(&nodes.harness, &outcome);
    ck_assert_int_eq(outcome.code, ERR_IO);
    outcome = harness_read(&nodes.harness);
    ck_assert_value(outcome, 3);
    nodes_done(&nodes);
}
END_TEST

/* The old master hangs without a word: who was sent there waits for its end, later readings go to the new
 * one. */
static const char *reply_old_hangs(struct peer *peer, struct tcp_client *client, const char *command)
{
    return node_index(peer) == 2 && nodes_of(peer)->script ? "" : reply_honest(peer, client, command);
}

START_TEST(master_hangs)
{
    struct nodes nodes;
    nodes_init(&nodes, 2, reply_old_hangs);
    open_list(&nodes);
    struct outcome outcome = harness_read(&nodes.harness), later;
    ck_assert_value(outcome, 2);
    nodes.script = "moved";
    harness_start(&nodes.harness, nodes.harness.config, &outcome);
    harness_idle(&nodes.harness, 1100);
    harness_start(&nodes.harness, nodes.harness.config, &later);
    harness_idle(&nodes.harness, 50);
    ck_assert_uint_eq(later.calls, 1);
    ck_assert_value(later, 3);
    harness_wait(&nodes.harness, &outcome);
    ck_assert_failed(outcome, ERR_TIMEOUT, "no answer in time");
    later = harness_read(&nodes.harness);
    ck_assert_value(later, 3);
    nodes_done(&nodes);
}
END_TEST

static const struct {
    const char *reply; /* of the first sentinel */
    int code;          /* when the second knows no better */
    const char *piece;
} nonsense[] = {
    {"$-1\r\n", ERR_NOT_FOUND, "no master of this name"},
    {"*-1\r\n", ERR_NOT_FOUND, "no master of this name"},
    {"+OK\r\n", ERR_PROTOCOL, "not the address of a master"},
    {":5\r\n", ERR_PROTOCOL, "not the address of a master"},
    {"*0\r\n", ERR_PROTOCOL, "not the address of a master"},
    {"*1\r\n$9\r\n127.0.0.1\r\n", ERR_PROTOCOL, "not the address of a master"},
    {"*2\r\n$9\r\n127.0.0.1\r\n:6379\r\n", ERR_PROTOCOL, "not the address of a master"},
    {"*2\r\n$9\r\n127.0.0.1\r\n$1\r\n0\r\n", ERR_PROTOCOL, "not the address of a master"},
    {"*2\r\n$9\r\n127.0.0.1\r\n$5\r\n65536\r\n", ERR_PROTOCOL, "not the address of a master"},
    {"*2\r\n$9\r\n127.0.0.1\r\n$5\r\n6379x\r\n", ERR_PROTOCOL, "not the address of a master"},
    {"*2\r\n$0\r\n\r\n$4\r\n6379\r\n", ERR_PROTOCOL, "an address that a server named"},
    {"*2\r\n$6\r\nu:p@h/\r\n$4\r\n6379\r\n", ERR_PROTOCOL, "an address that a server named"},
    {"*2\r\n$9\r\n127.0.0.1\r\n$1\r\n1\r\n", ERR_IO, "redis 127.0.0.1:1"},
    {"-NOAUTH Authentication required.\r\n", ERR_AUTH, "wants a password"},
    {"-IDONTKNOW Sentinel is busy\r\n", ERR_INVALID, "IDONTKNOW"},
    {"-ERR unknown command 'SENTINEL'\r\n", ERR_INVALID, "unknown command"},
    {"HTTP/1.1 200 OK\r\n\r\n", ERR_PROTOCOL, "not what the Redis protocol"},
    {"*2\r\n$9\r\n127.0.0.1\r\n", ERR_TIMEOUT, "no answer in time"},
};

static const char *reply_nonsense(struct peer *peer, struct tcp_client *client, const char *command)
{
    struct nodes *nodes = nodes_of(peer);
    (void)client;
    if (node_index(peer) >= 2)
        return say_number(peer, command);
    return node_index(peer) == 0 ? nodes->script : say_master(nodes, 2);
}

START_TEST(nonsense_alone)
{
    struct nodes nodes;
    nodes_init(&nodes, 1, reply_nonsense);
    nodes.script = nonsense[_i].reply;
    open_list(&nodes);
    struct outcome outcome = harness_read(&nodes.harness);
    ck_assert_failed(outcome, nonsense[_i].code, nonsense[_i].piece);
    nodes_done(&nodes);
}
END_TEST

/* The second sentinel is asked, and from then on first. A wrong address is no nonsense to us. */
START_TEST(nonsense_beside_truth)
{
    struct nodes nodes;
    nodes_init(&nodes, 2, reply_nonsense);
    nodes.script = nonsense[_i].reply;
    if (nonsense[_i].code != ERR_IO) {
        open_list(&nodes);
        struct outcome outcome = harness_read(&nodes.harness);
        ck_assert_value(outcome, 2);
        size_t asked = nodes.peers[0].commands;
        if (_i == 0)
            harness_idle(&nodes.harness, 1050);
        outcome = harness_read(&nodes.harness);
        ck_assert_value(outcome, 2);
        ck_assert_uint_eq(nodes.peers[0].commands, asked);
    }
    nodes_done(&nodes);
}
END_TEST

static const struct {
    const char *reply; /* to ROLE */
    int code;          /* 0: the value 7 */
    const char *piece;
} roles[] = {
    {"*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n", 0, NULL},
    {"-NOPERM this user has no permissions to run the 'role' command\r\n", 0, NULL},
    {"-ERR unknown command 'ROLE'\r\n", 0, NULL},
    {"*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:1\r\n$9\r\nconnected\r\n:5\r\n", ERR_UNAVAILABLE,
     "the master"},
    {"*2\r\n$8\r\nsentinel\r\n*0\r\n", ERR_UNAVAILABLE, "the master"},
    {"*0\r\n", ERR_PROTOCOL, "not a role"},
    {"$6\r\nmaster\r\n", ERR_PROTOCOL, "not a role"},
    {"*1\r\n:1\r\n", ERR_PROTOCOL, "not a role"},
    {"-NOAUTH Authentication required.\r\n", ERR_AUTH, "wants a password"},
    {"-LOADING Redis is loading\r\n", ERR_UNAVAILABLE, "LOADING"},
};

static const char *reply_role(struct peer *peer, struct tcp_client *client, const char *command)
{
    struct nodes *nodes = nodes_of(peer);
    (void)client;
    if (node_index(peer) < 2)
        return say_master(nodes, 2);
    return strcmp(command, "ROLE") == 0 ? nodes->script : ":7\r\n";
}

START_TEST(role)
{
    struct nodes nodes;
    nodes_init(&nodes, 1, reply_role);
    nodes.script = roles[_i].reply;
    open_list(&nodes);
    struct outcome outcome = harness_read(&nodes.harness);
    if (roles[_i].code == 0) {
        ck_assert_value(outcome, 7);
    } else {
        ck_assert_failed(outcome, roles[_i].code, roles[_i].piece);
        ck_assert_str_eq(nodes.peers[2].log.data, "1:ROLE\n");
    }
    nodes_done(&nodes);
}
END_TEST

/* Credentials go where they belong, and databases to the master only. */
static const char *reply_login(struct peer *peer, struct tcp_client *client, const char *command)
{
    if (text_starts_with(command, "AUTH") || text_starts_with(command, "SELECT"))
        return "+OK\r\n";
    return reply_honest(peer, client, command);
}

START_TEST(credentials)
{
    struct nodes nodes;
    nodes_init(&nodes, 1, reply_login);
    const char *pairs[] = {"listName",
                           "jobs",
                           "addresses",
                           nodes.addresses,
                           "sentinelMaster",
                           "shop",
                           "sentinelUsername",
                           "guard",
                           "sentinelPassword",
                           "g",
                           "username",
                           "worker",
                           "password",
                           "w",
                           "databaseIndex",
                           "3",
                           NULL};
    harness_open(&nodes.harness, &scaler_redis_sentinel_list, pairs);
    struct outcome outcome = harness_read(&nodes.harness);
    ck_assert_value(outcome, 2);
    ck_assert_str_eq(nodes.peers[0].log.data, "1:AUTH guard g\n1:" GET "\n");
    ck_assert_str_eq(nodes.peers[2].log.data, "1:AUTH worker w\n1:ROLE\n1:SELECT 3\n1:LLEN jobs\n");
    nodes_done(&nodes);
}
END_TEST

/* No sentinel answers any more: the master that does stays, until it breaks. */
static const char *reply_until(struct peer *peer, struct tcp_client *client, const char *command)
{
    if (node_index(peer) < 2 && nodes_of(peer)->script) {
        tcp_client_close(client);
        return "";
    }
    return reply_honest(peer, client, command);
}

START_TEST(sentinels_fall_silent)
{
    struct nodes nodes;
    nodes_init(&nodes, 2, reply_until);
    open_list(&nodes);
    struct outcome outcome = harness_read(&nodes.harness);
    nodes.script = "silent";
    harness_idle(&nodes.harness, 1100);
    for (int i = 0; i < 2; i++) {
        outcome = harness_read(&nodes.harness);
        ck_assert_value(outcome, 2);
    }
    harness_start(&nodes.harness, nodes.harness.config, &outcome);
    tcp_client_close(nodes.peers[2].server.clients);
    harness_wait(&nodes.harness, &outcome);
    ck_assert_int_eq(outcome.code, ERR_IO);
    outcome = harness_read(&nodes.harness); /* nobody says any more who is the master */
    ck_assert_failed(outcome, ERR_IO, "redis 127.0.0.1");
    nodes_done(&nodes);
}
END_TEST

static const char *reply_quiet(struct peer *peer, struct tcp_client *client, const char *command)
{
    if (nodes_of(peer)->script)
        return "";
    return node_index(peer) >= 2 && strcmp(command, "ROLE") != 0 ? "" : reply_honest(peer, client, command);
}

START_TEST(closes_in_flight)
{
    struct nodes nodes;
    struct outcome outcomes[5];
    nodes_init(&nodes, 2, reply_quiet);
    nodes.script = _i == 0 ? "silent" : NULL;
    open_list(&nodes);
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++)
        harness_start(&nodes.harness, nodes.harness.config, &outcomes[i]);
    harness_idle(&nodes.harness, _i == 2 ? 0 : 100);
    bool closed = false;
    nodes.harness.type->close(nodes.harness.source, harness_set_flag, &closed);
    ck_assert(!closed);
    ck_assert(harness_run(&nodes.harness, harness_flag_is_set, &closed, 5000));
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++)
        ck_assert_failed(outcomes[i], ERR_CANCELED, "closed");
    config_drop(&scaler_redis_sentinel_list.schema, nodes.harness.config);
    nodes.harness.source = NULL;
    nodes_done(&nodes);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, pipelines);
    tcase_add_test(tests, master_moves);
    tcase_add_test(tests, master_dies);
    tcase_add_test(tests, master_hangs);
    tcase_add_loop_test(tests, nonsense_alone, 0, (int)ARRAY_LEN(nonsense));
    tcase_add_loop_test(tests, nonsense_beside_truth, 0, (int)ARRAY_LEN(nonsense));
    tcase_add_loop_test(tests, role, 0, (int)ARRAY_LEN(roles));
    tcase_add_test(tests, credentials);
    tcase_add_test(tests, sentinels_fall_silent);
    tcase_add_loop_test(tests, closes_in_flight, 0, 3);
}

int main(void)
{
    return suite_run("redis sentinel peer", 60, add);
}

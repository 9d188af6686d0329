/* The redis-cluster trigger against nodes that say what the test wants: redirects, errors, silence. */
#include "scalers/redis/cluster_map.h"
#include "tests/scalers/redis/nodes.h"
#include "tests/support/suite.h"

#define MANY 1000

/* A thousand keys: one connection to each node, one write to each. */
START_TEST(pipelines)
{
    struct nodes nodes;
    struct outcome *outcomes = mem_zalloc_array(MANY, sizeof(*outcomes));
    void **configs = mem_zalloc_array(MANY, sizeof(*configs));
    struct all all = {outcomes, MANY};
    nodes_init(&nodes, 1, node_reply_honest);
    nodes_open_list(&nodes, "jobs");
    for (int i = 0; i < MANY; i++) {
        AUTO_FREE char *key = mem_printf("key-%d", i);
        const char *pairs[] = {"listName", key, "addresses", nodes.addresses, NULL};
        configs[i] = config_parse(&scaler_redis_cluster_list.schema, pairs, NULL);
        harness_start(&nodes.harness, configs[i], &outcomes[i]);
    }
    ck_assert(harness_run(&nodes.harness, all_answered, &all, 15000));
    for (int i = 0; i < MANY; i++) {
        AUTO_FREE char *key = mem_printf("key-%d", i);
        unsigned slot = cluster_slot(key, strlen(key));
        ck_assert_value(outcomes[i], slot < 5461 ? 0 : slot < 10922 ? 1 : 2);
        config_drop(&scaler_redis_cluster_list.schema, configs[i]);
    }
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(nodes.peers[i].server.accepted, 1);
        ck_assert_uint_le(nodes.peers[i].batches, 2);
    }
    mem_free(configs);
    mem_free(outcomes);
    nodes_done(&nodes);
}
END_TEST

/* Node 0 claims everything, and then sends readings elsewhere with what the script says. */
static const char *reply_script(struct peer *peer, struct tcp_client *client, const char *command)
{
    struct nodes *nodes = nodes_of(peer);
    (void)client;
    if (node_asked_for_map(command))
        return node_say_slots(nodes, 1);
    if (strcmp(command, "ASKING") == 0)
        return "+OK\r\n";
    if (node_index(peer) > 0)
        return ":7\r\n";
    return node_say(nodes, "-%s %u 127.0.0.1:%d\r\n", nodes->script, cluster_slot("jobs", 4),
                    node_port(nodes, 1));
}

START_TEST(moved)
{
    struct nodes nodes;
    nodes_init(&nodes, 1, reply_script);
    nodes.script = "MOVED";
    nodes_open_list(&nodes, "jobs");
    for (int i = 0; i < 2; i++) {
        struct outcome outcome = harness_read(&nodes.harness);
        ck_assert_value(outcome, 7);
    }
    ck_assert_str_eq(nodes.peers[0].log.data, "1:CLUSTER SLOTS\n1:LLEN jobs\n");
    ck_assert_str_eq(nodes.peers[1].log.data, "1:LLEN jobs\n1:LLEN jobs\n");
    nodes_done(&nodes);
}
END_TEST

/* After a redirect the whole map is fetched again, beside the readings. */
START_TEST(moved_renews)
{
    struct nodes nodes;
    nodes_init(&nodes, 1, reply_script);
    nodes.script = "MOVED";
    nodes_open_list(&nodes, "jobs");
    struct outcome outcome = harness_read(&nodes.harness);
    harness_idle(&nodes.harness, 1100);
    outcome = harness_read(&nodes.harness);
    ck_assert_value(outcome, 7);
    size_t maps = 0;
    for (size_t i = 0; i < 2; i++)
        maps += strstr(nodes.peers[i].log.data + (i == 0 ? 16 : 0), "CLUSTER SLOTS") != NULL;
    ck_assert_uint_eq(maps, 1);
    nodes_done(&nodes);
}
END_TEST

START_TEST(ask)
{
    struct nodes nodes;
    nodes_init(&nodes, 1, reply_script);
    nodes.script = "ASK";
    nodes_open_list(&nodes, "jobs");
    for (int i = 0; i < 2; i++) {
        struct outcome outcome = harness_read(&nodes.harness);
        ck_assert_value(outcome, 7);
    }
    ck_assert_str_eq(nodes.peers[0].log.data, "1:CLUSTER SLOTS\n1:LLEN jobs\n1:LLEN jobs\n");
    ck_assert_str_eq(nodes.peers[1].log.data, "1:ASKING\n1:LLEN jobs\n1:ASKING\n1:LLEN jobs\n");
    nodes_done(&nodes);
}
END_TEST

static const char *reply_loop(struct peer *peer, struct tcp_client *client, const char *command)
{
    struct nodes *nodes = nodes_of(peer);
    (void)client;
    if (node_asked_for_map(command))
        return node_say_slots(nodes, 2);
    if (strcmp(command, "ASKING") == 0)
        return "-ERR no asking\r\n";
    return node_say(nodes, "-%s %u 127.0.0.1:%d\r\n", nodes->script, cluster_slot("jobs", 4),
                    node_port(nodes, 1 - node_index(peer)));
}

START_TEST(loops)
{
    struct nodes nodes;
    nodes_init(&nodes, 1, reply_loop);
    nodes.script = _i == 0 ? "MOVED" : "ASK";
    nodes_open_list(&nodes, "jobs");
    struct outcome outcome = harness_read(&nodes.harness);
    ck_assert_failed(outcome, ERR_UNAVAILABLE, "redirects more than 3 times");
    ck_assert_uint_eq(nodes.peers[0].commands + nodes.peers[1].commands, _i == 0 ? 5 : 8);
    nodes_done(&nodes);
}
END_TEST

/* What node 0 says to LLEN. %u: the key's slot. */
static const struct {
    const char *reply;
    int code;
    const char *piece;
} answers[] = {
    {"-MOVED\r\n", ERR_PROTOCOL, "redirect"},
    {"-MOVED %u\r\n", ERR_PROTOCOL, "redirect"},
    {"-MOVED %u here\r\n", ERR_PROTOCOL, "redirect"},
    {"-MOVED %u a@b:1\r\n", ERR_PROTOCOL, "address"},
    {"-MOVED %u http://b:1\r\n", ERR_PROTOCOL, "address"},
    {"-MOVED 1 127.0.0.1:1\r\n", ERR_PROTOCOL, "another slot"},
    {"-ASK %u \r\n", ERR_PROTOCOL, "redirect"},
    {"-MOVED %u 127.0.0.1:1\r\n", ERR_UNAVAILABLE, "redis 127.0.0.1:1"},
    {"-ASK %u 127.0.0.1:1\r\n", ERR_IO, "redis 127.0.0.1:1"},
    {"-CLUSTERDOWN The cluster is down\r\n", ERR_UNAVAILABLE, "CLUSTERDOWN"},
    {"-CLUSTERDOWN Hash slot not served\r\n", ERR_UNAVAILABLE, "CLUSTERDOWN"},
    {"-LOADING Redis is loading the dataset in memory\r\n", ERR_UNAVAILABLE, "LOADING"},
    {"-READONLY You can't write against a read only replica.\r\n", ERR_UNAVAILABLE, "READONLY"},
    {"-TRYAGAIN Multiple keys request during rehashing of slot\r\n", ERR_UNAVAILABLE, "TRYAGAIN"},
    {"-NOAUTH Authentication required.\r\n", ERR_AUTH, "wants a password"},
    {"-ERR strange\r\n", ERR_INVALID, "strange"},
    {"$-1\r\n", ERR_PROTOCOL, "not an integer"},
    {":-1\r\n", ERR_PROTOCOL, "below 0"},
    {"nonsense\r\n", ERR_PROTOCOL, "not what the Redis protocol says"},
};

static const char *reply_answer(struct peer *peer, struct tcp_client *client, const char *command)
{
    struct nodes *nodes = nodes_of(peer);
    (void)client;
    if (node_asked_for_map(command))
        return node_say_slots(nodes, 1);
    if (!nodes->script)
        return ":7\r\n";
    AUTO_FREE char *slot = mem_printf("%u", cluster_slot("jobs", 4));
    const char *mark = strstr(nodes->script, "%u");
    return mark ? node_say(nodes, "%.*s%s%s", (int)(mark - nodes->script), nodes->script, slot, mark + 2)
                : nodes->script;
}

/* An error each, never a number; and the source is of use again afterwards. */
START_TEST(answer)
{
    struct nodes nodes;
    nodes_init(&nodes, 1, reply_answer);
    nodes.script = answers[_i].reply;
    nodes_open_list(&nodes, "jobs");
    struct outcome outcome = harness_read(&nodes.harness);
    ck_assert_failed(outcome, answers[_i].code, answers[_i].piece);
    nodes.script = NULL;
    for (int i = 0; i < 2; i++) /* a map of its own making may send the first one astray */
        outcome = harness_read(&nodes.harness);
    ck_assert_value(outcome, 7);
    nodes_done(&nodes);
}
END_TEST

/* A master that moved: node 0 dies, node 3 has its slots; the reading that meets the death fails, the next
 * one asks for the map and is right. */
static const char *reply_successor(struct peer *peer, struct tcp_client *client, const char *command)
{
    struct nodes *nodes = nodes_of(peer);
    if (!node_asked_for_map(command))
        return node_say(nodes, ":%zu\r\n", node_index(peer) + 10);
    if (!nodes->script)
        return node_reply_honest(peer, client, command);
    return node_say(nodes, "*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n$0\r\n\r\n:%d\r\n$2\r\nid\r\n",
                    node_port(nodes, 3));
}

START_TEST(successor)
{
    struct nodes nodes;
    nodes_init(&nodes, 3, reply_successor);
    nodes_open_list(&nodes, "{bar}");
    struct outcome outcome = harness_read(&nodes.harness);
    ck_assert_value(outcome, 10);
    nodes.script = "moved";
    harness_start(&nodes.harness, nodes.harness.config, &outcome);
    tcp_client_close(nodes.peers[0].server.clients);
    harness_wait(&nodes.harness, &outcome);
    ck_assert_int_eq(outcome.code, ERR_UNAVAILABLE);
    outcome = harness_read(&nodes.harness);
    ck_assert_value(outcome, 13);
    harness_idle(&nodes.harness, 100);
    for (int i = 0; i < 3; i++) /* no connections to those that left */
        ck_assert_uint_eq(nodes.peers[i].server.open, 0);
    nodes_done(&nodes);
}
END_TEST

/* A node that is silent keeps its own readings waiting and nobody else's. */
static const char *reply_one_hangs(struct peer *peer, struct tcp_client *client, const char *command)
{
    return node_index(peer) == 0 && nodes_of(peer)->script ? "" : node_reply_honest(peer, client, command);
}

START_TEST(one_hangs)
{
    struct nodes nodes;
    nodes_init(&nodes, 1, reply_one_hangs);
    nodes_open_list(&nodes, "{bar}"); /* node 0's */
    struct outcome outcome = harness_read(&nodes.harness), other;
    ck_assert_value(outcome, 0);
    const char *pairs[] = {"listName", "foo", "addresses", nodes.addresses, NULL}; /* node 2's */
    void *config = config_parse(&scaler_redis_cluster_list.schema, pairs, NULL);
    nodes.script = "hang";
    harness_start(&nodes.harness, nodes.harness.config, &outcome);
    for (int i = 0; i < 3; i++) {
        harness_start(&nodes.harness, config, &other);
        harness_idle(&nodes.harness, 50);
        ck_assert_uint_eq(other.calls, 1);
        ck_assert_value(other, 2);
    }
    ck_assert_uint_eq(outcome.calls, 0);
    harness_wait(&nodes.harness, &outcome);
    ck_assert_failed(outcome, ERR_UNAVAILABLE, "no answer in time");
    harness_start(&nodes.harness, config, &other); /* now the map is asked for, of who is not suspected */
    harness_idle(&nodes.harness, 50);
    ck_assert_uint_eq(other.calls, 1);
    ck_assert_value(other, 2);
    config_drop(&scaler_redis_cluster_list.schema, config);
    nodes_done(&nodes);
}
END_TEST

static const char *reply_quiet(struct peer *peer, struct tcp_client *client, const char *command)
{
    bool map_too = nodes_of(peer)->script != NULL;
    return node_asked_for_map(command) && !map_too ? node_reply_honest(peer, client, command) : "";
}

/* Closing answers what waits for the map and what waits for a node. */
START_TEST(closes_in_flight)
{
    struct nodes nodes;
    struct outcome outcomes[5];
    nodes_init(&nodes, 2, reply_quiet);
    nodes.script = _i == 0 ? "silent" : NULL;
    nodes_open_list(&nodes, "jobs");
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++)
        harness_start(&nodes.harness, nodes.harness.config, &outcomes[i]);
    harness_idle(&nodes.harness, _i == 2 ? 0 : 100);
    bool closed = false;
    nodes.harness.type->close(nodes.harness.source, harness_set_flag, &closed);
    ck_assert(!closed);
    ck_assert_uint_eq(outcomes[0].calls, 0);
    ck_assert(harness_run(&nodes.harness, harness_flag_is_set, &closed, 5000));
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++)
        ck_assert_failed(outcomes[i], ERR_CANCELED, "closed");
    config_drop(&scaler_redis_cluster_list.schema, nodes.harness.config);
    nodes.harness.source = NULL;
    nodes_done(&nodes);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, pipelines);
    tcase_add_test(tests, moved);
    tcase_add_test(tests, moved_renews);
    tcase_add_test(tests, ask);
    tcase_add_loop_test(tests, loops, 0, 2);
    tcase_add_loop_test(tests, answer, 0, (int)ARRAY_LEN(answers));
    tcase_add_test(tests, successor);
    tcase_add_test(tests, one_hangs);
    tcase_add_loop_test(tests, closes_in_flight, 0, 3);
}

int main(void)
{
    return suite_run("redis cluster peer", 60, add);
}

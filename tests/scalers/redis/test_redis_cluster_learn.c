/* How the redis-cluster trigger learns a cluster's map: from whom, in which words, and what is no map. */
#include "scalers/redis/survey.h"
#include "tests/scalers/redis/nodes.h"
#include "tests/support/suite.h"

#define MINE "$9\r\n127.0.0.1\r\n"
/* What the only seed says to CLUSTER SLOTS; %d: its port. */
static const struct {
    const char *reply;
    int code; /* 0: the value 7 */
    const char *piece;
} maps[] = {
    {"*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n$0\r\n\r\n:%d\r\n$2\r\nid\r\n", 0, NULL},
    {"*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n$-1\r\n:%d\r\n$2\r\nid\r\n", 0, NULL},
    {"*0\r\n", ERR_UNAVAILABLE, "owns no slots"},
    {"+OK\r\n", ERR_PROTOCOL, "not the map of a cluster"},
    {"*1\r\n*3\r\n:0\r\n:99999\r\n*3\r\n" MINE ":%d\r\n$2\r\nid\r\n", ERR_PROTOCOL, "not the map"},
    {"*3\r\n*3\r\n:0\r\n:16383\r\n*2\r\n" MINE ":%d\r\n*3\r\n:0\r\n:16383\r\n*2\r\n" MINE
     ":1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n" MINE ":2\r\n",
     ERR_PROTOCOL, "overlap"},
    {"*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n$3\r\na@b\r\n:%d\r\n$2\r\nid\r\n", ERR_PROTOCOL, "address"},
    {"*1\r\n*3\r\n:0\r\n:1\r\n*3\r\n" MINE ":%d\r\n$2\r\nid\r\n", ERR_UNAVAILABLE,
     "no node of the cluster serves"},
    {"-ERR This instance has cluster support disabled\r\n", ERR_UNSUPPORTED, "no node of a Redis Cluster"},
    {"-NOAUTH Authentication required.\r\n", ERR_AUTH, "wants a password"},
    {"-LOADING Redis is loading\r\n", ERR_UNAVAILABLE, "LOADING"},
    {"-NOPERM no rights\r\n", ERR_AUTH, "NOPERM"}, /* and none to SHARDS either */
    {"-ERR Unknown subcommand or wrong number of arguments for 'SLOTS'\r\n", ERR_INVALID,
     "nknown subcommand"},
    {"*1\r\n*3\r\n:0\r\n", ERR_TIMEOUT, "no answer in time"},
};

static const char *reply_map(struct peer *peer, struct tcp_client *client, const char *command)
{
    struct nodes *nodes = nodes_of(peer);
    (void)client;
    if (text_starts_with(command, "LLEN"))
        return ":7\r\n";
    const char *mark = strstr(nodes->script, "%d");
    return mark ? node_say(nodes, "%.*s%d%s", (int)(mark - nodes->script), nodes->script, node_port(nodes, 0),
                           mark + 2)
                : nodes->script;
}

START_TEST(map)
{
    struct nodes nodes;
    nodes_init(&nodes, 1, reply_map);
    nodes.script = maps[_i].reply;
    nodes_open_list(&nodes, "jobs");
    struct outcome outcome = harness_read(&nodes.harness);
    if (maps[_i].code == 0) {
        ck_assert_value(outcome, 7);
    } else {
        ck_assert_failed(outcome, maps[_i].code, maps[_i].piece);
    }
    nodes_done(&nodes);
}
END_TEST

/* Users and servers that know only CLUSTER SHARDS. */
static const char *reply_shards(struct peer *peer, struct tcp_client *client, const char *command)
{
    struct nodes *nodes = nodes_of(peer);
    (void)client;
    if (node_asked_for_map(command))
        return nodes->script;
    if (strcmp(command, "CLUSTER SHARDS") != 0)
        return ":7\r\n";
    return node_say(
        nodes,
        "*1\r\n*4\r\n$5\r\nslots\r\n*2\r\n:0\r\n:16383\r\n$5\r\nnodes\r\n*1\r\n*6\r\n$4\r\nport\r\n:%d\r\n"
        "$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n",
        node_port(nodes, 0));
}

START_TEST(shards)
{
    static const char *const refusals[] = {"-NOPERM this user has no permissions\r\n",
                                           "-ERR unknown subcommand 'SLOTS'. Try CLUSTER HELP.\r\n"};
    struct nodes nodes;
    nodes_init(&nodes, 1, reply_shards);
    nodes.script = refusals[_i];
    nodes_open_list(&nodes, "jobs");
    struct outcome outcome = harness_read(&nodes.harness);
    ck_assert_value(outcome, 7);
    ck_assert_str_eq(nodes.peers[0].log.data, "1:CLUSTER SLOTS\n1:CLUSTER SHARDS\n1:LLEN jobs\n");
    nodes_done(&nodes);
}
END_TEST

/* The first of three seeds is silent, the second refuses; the third knows: a moment later, not a timeout. */
static const char *reply_third(struct peer *peer, struct tcp_client *client, const char *command)
{
    if (node_index(peer) == 0)
        return "";
    return node_index(peer) == 1 ? "-LOADING busy\r\n" : node_reply_honest(peer, client, command);
}

START_TEST(seeds)
{
    struct nodes nodes;
    nodes_init(&nodes, 3, reply_third);
    nodes_open_list(&nodes, "{bar}"); /* slot 5061: node 0 owns it */
    uint64_t start = uv_now(&nodes.harness.loop);
    struct outcome outcome;
    harness_start(&nodes.harness, nodes.harness.config, &outcome);
    harness_idle(&nodes.harness, 2 * SURVEY_PATIENCE_MS);
    ck_assert_str_eq(nodes.peers[2].log.data, "1:CLUSTER SLOTS\n");
    ck_assert_ptr_nonnull(strstr(nodes.peers[0].log.data, "LLEN"));
    harness_wait(&nodes.harness, &outcome);
    ck_assert_failed(outcome, ERR_UNAVAILABLE, "no answer in time"); /* node 0 is silent still */
    ck_assert_uint_lt(uv_now(&nodes.harness.loop) - start, REDIS_TIMEOUT_MS + 1000);
    nodes_done(&nodes);
}
END_TEST

static const char *reply_torn(struct peer *peer, struct tcp_client *client, const char *command)
{
    struct nodes *nodes = nodes_of(peer);
    (void)client;
    /* Goes byte by byte, from on_tick. */
    nodes->script =
        node_asked_for_map(command) ? node_say_slots(nodes, 1) : node_say(nodes, ":123456789\r\n");
    return "";
}

static void on_tick(uv_timer_t *timer)
{
    struct nodes *nodes = timer->data;
    if (!nodes->script || !*nodes->script || !nodes->peers[0].server.clients)
        return;
    tcp_client_send(nodes->peers[0].server.clients, nodes->script++, 1);
}

START_TEST(torn)
{
    struct nodes nodes;
    uv_timer_t timer;
    nodes_init(&nodes, 1, reply_torn);
    nodes_open_list(&nodes, "jobs");
    uv_timer_init(&nodes.harness.loop, &timer);
    timer.data = &nodes;
    uv_timer_start(&timer, on_tick, 5, 2);
    struct outcome outcome = harness_read(&nodes.harness);
    ck_assert_value(outcome, 123456789);
    uv_close((uv_handle_t *)&timer, NULL);
    nodes_done(&nodes);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, map, 0, (int)ARRAY_LEN(maps));
    tcase_add_loop_test(tests, shards, 0, 2);
    tcase_add_test(tests, seeds);
    tcase_add_test(tests, torn);
}

int main(void)
{
    return suite_run("redis cluster learning", 60, add);
}

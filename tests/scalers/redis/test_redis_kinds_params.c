/* Parameters of the cluster, sentinel and streams types: what differs from redis (test_redis_params.c). */
#include "scalers/api.h"
#include "tests/support/params.h"
#include "tests/support/suite.h"

extern const struct scaler_type scaler_redis_list, scaler_redis_streams;
extern const struct scaler_type scaler_redis_cluster_list, scaler_redis_cluster_streams;
extern const struct scaler_type scaler_redis_sentinel_list, scaler_redis_sentinel_streams;

#define LIST   "listName", "jobs"
#define STREAM "stream", "my-stream"
#define MASTER "sentinelMaster", "m"

static const struct {
    const struct scaler_type *type;
    struct params_case test;
} cases[] = {
    {&scaler_redis_cluster_list, {{LIST, "addresses", "a:1, b:2"}, NULL}},
    {&scaler_redis_cluster_list, {{LIST, "addresses", ":7001, :7002"}, NULL}},
    {&scaler_redis_cluster_list, {{LIST, "hosts", "a, b, c", "ports", "1, 2, 3"}, NULL}},
    {&scaler_redis_cluster_list,
     {{LIST, "hosts", "a, b, c", "ports", "1, 2"}, "error host: 3 hosts do not go with 2"}},
    {&scaler_redis_cluster_list, {{LIST, "hosts", "a"}, "error address: no address"}},
    {&scaler_redis_cluster_list, {{LIST}, "error address: no address"}},
    {&scaler_redis_cluster_list, {{LIST, "addresses", ",a:1"}, "error address: no address"}},
    {&scaler_redis_cluster_list, {{LIST, "addresses", "a:1,b"}, "warning address: \"b\": is not host:port"}},
    {&scaler_redis_cluster_list, {{LIST, "addresses", "a:1,"}, "warning address: \"\": is not host:port"}},
    {&scaler_redis_cluster_list, {{LIST, "addresses", "a,b"}, "error address: none of the addresses"}},
    {&scaler_redis_cluster_list, {{LIST, "addresses", "a:1,redis://u:pw@b"}, "warning address: \"...\""}},
    {&scaler_redis_cluster_list, {{LIST, "addresses", "a"}, "error address: \"a\": is not host:port"}},
    {&scaler_redis_cluster_list, {{LIST, "addresses", "a:1", "databaseIndex", "3"}, NULL}},
    {&scaler_redis_cluster_list, {{"addresses", "a:1"}, "error listName: is required"}},
    {&scaler_redis_cluster_list, {{LIST, "addresses", "a:1", "listLength", "1.5"}, "error listLength"}},
    {&scaler_redis_cluster_list,
     {{LIST, "addresses", "a:1", "enableTLS", "true", "auth:tls", "disable"},
      "error enableTLS: cannot be given together"}},
    {&scaler_redis_cluster_list,
     {{LIST, "addresses", "a:1", "auth:tls", "on"}, "parameter tls must be enable or disable"}},
    {&scaler_redis_sentinel_list, {{LIST, "addresses", "a:1,b:2", MASTER}, NULL}},
    {&scaler_redis_sentinel_list, {{LIST, "addresses", "a:1", "auth:sentinelMaster", "m"}, NULL}},
    {&scaler_redis_sentinel_list,
     {{LIST, "addresses", "a:1", "sentinelMasterFromEnv", "M", "env:M", "m"}, NULL}},
    {&scaler_redis_sentinel_list, {{LIST, "addresses", "a:1"}, "warning sentinelMaster: is not given"}},
    {&scaler_redis_sentinel_list,
     {{LIST, "addresses", "a:1", MASTER, "sentinelUsername", "u", "auth:sentinelPassword", "p"}, NULL}},
    {&scaler_redis_sentinel_list, {{LIST, MASTER}, "error address: no address"}},
    {&scaler_redis_streams, {{STREAM, "address", "a:1"}, NULL}},
    {&scaler_redis_streams, {{STREAM, "host", "a", "port", "1"}, NULL}},
    {&scaler_redis_streams, {{"address", "a:1"}, "error stream: is required"}},
    {&scaler_redis_streams, {{STREAM, "host", "a"}, "error address: no address"}},
    {&scaler_redis_streams, {{STREAM, "address", "a:1", "enableTLS", "no"}, "error enableTLS"}},
    {&scaler_redis_streams,
     {{STREAM, "address", "a:1", "pendingEntriesCount", "junk"}, "error pendingEntriesCount"}},
    {&scaler_redis_streams, {{STREAM, "address", "a:1", "streamLength", "1.0"}, "error streamLength"}},
    {&scaler_redis_streams, {{STREAM, "address", "a:1", "lagCount", "+5"}, "error lagCount"}},
    {&scaler_redis_streams,
     {{STREAM, "address", "a:1", "activationLagCount", "aa"}, "error activationLagCount"}},
    {&scaler_redis_streams, {{STREAM, "address", "a:1", "lagCount", "-5", "consumerGroup", "g"}, NULL}},
    {&scaler_redis_cluster_streams, {{STREAM, "addresses", "a:1,b:2", "consumerGroup", "g"}, NULL}},
    {&scaler_redis_cluster_streams,
     {{STREAM, "hosts", "a,b", "ports", "1"}, "error host: 2 hosts do not go with 1"}},
    {&scaler_redis_sentinel_streams, {{STREAM, "addresses", "a:1", MASTER}, NULL}},
    {&scaler_redis_sentinel_streams, {{STREAM, "addresses", "a:1"}, "warning sentinelMaster"}},
};

START_TEST(parameters)
{
    check_params_case(&cases[_i].type->schema, &cases[_i].test);
}
END_TEST

static const struct {
    const struct scaler_type *type;
    const char *pairs[14];
    double threshold, activation;
    const char *metric, *source;
} described[] = {
    {&scaler_redis_cluster_list,
     {LIST, "addresses", "a:1,b:2", "databaseIndex", "4"},
     5,
     0,
     "redis-jobs",
     "redis-cluster a:1,b:2"},
    {&scaler_redis_sentinel_list,
     {LIST, "addresses", "a:1,b:2", MASTER, "databaseIndex", "4", "activationListLength", "3", "listLength",
      "9"},
     9,
     3,
     "redis-jobs",
     "redis-sentinel a:1,b:2 m/4"},
    {&scaler_redis_streams, {STREAM, "address", "a:1,b:2"}, 5, 0, "redis-streams-my-stream", "redis a:1"},
    {&scaler_redis_streams,
     {STREAM, "address", "a:1", "streamLength", "7", "lagCount", "8"},
     7,
     0,
     "redis-streams-my-stream",
     "redis a:1"},
    {&scaler_redis_streams,
     {STREAM, "address", "a:1", "streamLength", "7", "consumerGroup", "g", "pendingEntriesCount", "6"},
     6,
     0,
     "redis-streams-my-stream",
     "redis a:1"},
    {&scaler_redis_streams,
     {STREAM, "address", "a:1", "consumerGroup", "g", "lagCount", "12", "activationLagCount", "10"},
     12,
     10,
     "redis-streams-my-stream",
     "redis a:1"},
    {&scaler_redis_streams,
     {"stream", "a/b.c", "address", "a:1", "consumerGroup", "g", "lagCount", "-1"},
     -1,
     0,
     "redis-streams-a-b-c",
     "redis a:1"},
    {&scaler_redis_cluster_streams,
     {STREAM, "address", "a:1"},
     5,
     0,
     "redis-streams-my-stream",
     "redis-cluster a:1"},
    {&scaler_redis_sentinel_streams,
     {STREAM, "address", "a:1", MASTER},
     5,
     0,
     "redis-streams-my-stream",
     "redis-sentinel a:1 m"},
};

START_TEST(describes_itself)
{
    const struct scaler_type *type = described[_i].type;
    void *config = config_parse(&type->schema, described[_i].pairs, NULL);
    struct scaler_target target;
    AUTO_STRBUF struct strbuf name;
    strbuf_init(&name);
    type->describe(config, &target);
    ck_assert(target.threshold == described[_i].threshold && target.activation == described[_i].activation);
    ck_assert_str_eq(target.metric_name, described[_i].metric);
    type->source_name(config, &name);
    ck_assert_str_eq(name.data, described[_i].source);
    config_drop(&type->schema, config);
}
END_TEST

/* Which differences make another source, which another query. */
static const struct {
    const struct scaler_type *type;
    const char *name, *value;
    bool other_source, other_query;
} differences[] = {
    {&scaler_redis_cluster_list, "addresses", "a:1,b:3", true, false},
    {&scaler_redis_cluster_list, "password", "p2", true, false},
    {&scaler_redis_sentinel_list, "sentinelMaster", "n", true, false},
    {&scaler_redis_sentinel_list, "sentinelPassword", "q", true, false},
    {&scaler_redis_sentinel_list, "addresses", "b:1,a:2", true, false},
    {&scaler_redis_sentinel_list, "listName", "other", false, true},
    {&scaler_redis_streams, "addresses", "a:1,b:3", false, false}, /* only the first counts */
    {&scaler_redis_streams, "stream", "other", false, true},
    {&scaler_redis_streams, "consumerGroup", "h", false, true},
    {&scaler_redis_streams, "lagCount", "0", false, true},
    {&scaler_redis_streams, "lagCount", "9", false, false},
    {&scaler_redis_streams, "activationLagCount", "9", false, false},
};

static void keys_of(const struct scaler_type *type, const char *const *pairs, struct strbuf *source,
                    struct strbuf *query)
{
    void *config = config_parse(&type->schema, pairs, NULL);
    strbuf_init(source);
    strbuf_init(query);
    type->source_key(config, source);
    type->query_key(config, query);
    config_drop(&type->schema, config);
}

START_TEST(keys)
{
    const struct scaler_type *type = differences[_i].type;
    const char *pairs[24] = {LIST, STREAM,     "addresses", "a:1,b:2",       MASTER, "sentinelPassword",
                             "p",  "password", "p",         "consumerGroup", "g",    "lagCount",
                             "5",  NULL};
    struct strbuf source[2], query[2];
    keys_of(type, pairs, &source[0], &query[0]);
    size_t at = 0;
    while (pairs[at] && strcmp(pairs[at], differences[_i].name) != 0)
        at += 2;
    pairs[at] = differences[_i].name;
    pairs[at + 1] = differences[_i].value;
    keys_of(type, pairs, &source[1], &query[1]);
    ck_assert_int_eq(strcmp(source[0].data, source[1].data) != 0, differences[_i].other_source);
    ck_assert_int_eq(strcmp(query[0].data, query[1].data) != 0, differences[_i].other_query);
    for (int i = 0; i < 2; i++) {
        strbuf_done(&source[i]);
        strbuf_done(&query[i]);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, parameters, 0, (int)ARRAY_LEN(cases));
    tcase_add_loop_test(tests, describes_itself, 0, (int)ARRAY_LEN(described));
    tcase_add_loop_test(tests, keys, 0, (int)ARRAY_LEN(differences));
}

int main(void)
{
    return suite_run("redis kinds parameters", 60, add);
}

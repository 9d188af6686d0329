/* The parameters of the kafka trigger: what is accepted, what is refused with which words, what the keys tell
 * apart. */
#include "scaler/base/file.h"
#include "scaler/base/json.h"
#include "scalers/api.h"
#include "scalers/kafka/config.h"
#include "tests/support/params.h"
#include "tests/support/suite.h"

extern const struct scaler_type scaler_kafka;

#define BASE "bootstrapServers", "a:9092", "consumerGroup", "g"
#define FULL BASE, "topic", "t"

static const struct params_case cases[] = {
    {{BASE}, NULL},
    {{FULL}, NULL},
    {{"consumerGroup", "g"}, "bootstrapServers"},
    {{"bootstrapServers", "a:9092"}, "consumerGroup"},
    {{"bootstrapServers", ",", "consumerGroup", "g"}, "error bootstrapServers: names no server"},
    {{"bootstrapServers", "a:1,SSL://b:2", "consumerGroup", "g"}, "item 2 is not of the form host:port"},
    {{"bootstrapServers", "me:secret@b:2", "consumerGroup", "g"}, "item 1 is not of the form host:port"},
    {{"bootstrapServers", "a 1:2", "consumerGroup", "g"}, "item 1 is not of the form host:port"},
    {{"bootstrapServersFromEnv", "SERVERS", "consumerGroupFromEnv", "GROUP", "topicFromEnv", "TOPIC",
      "env:SERVERS", "a:1,b:2", "env:GROUP", "g", "env:TOPIC", "t"},
     NULL},
    {{BASE, "topic", "a,b"}, "error topic: takes one topic"},
    {{BASE, "topic", "a b"}, "error topic: is not a name"},
    {{BASE, "topic", ".."}, "error topic: is not a name"},
    {{FULL, "lagThreshold", "0"}, "error lagThreshold"},
    {{FULL, "lagThreshold", "-1"}, "error lagThreshold"},
    {{FULL, "lagThreshold", "5.5"}, "error lagThreshold"},
    {{FULL, "lagThreshold", "1"}, NULL},
    {{FULL, "activationLagThreshold", "-1"}, "error activationLagThreshold"},
    {{FULL, "activationLagThreshold", "0"}, NULL},
    {{FULL, "offsetResetPolicy", "earliest"}, NULL},
    {{FULL, "offsetResetPolicy", "none"}, "error offsetResetPolicy"},
    {{FULL, "offsetResetPolicy", "earliest,latest"}, "error offsetResetPolicy: takes one value"},
    {{FULL, "allowIdleConsumers", "yes"}, "error allowIdleConsumers"},
    {{FULL, "allowIdleConsumers", "true", "limitToPartitionsWithLag", "true"},
     "error limitToPartitionsWithLag: cannot be combined with allowIdleConsumers"},
    {{FULL, "ensureEvenDistributionOfPartitions", "true", "limitToPartitionsWithLag", "true"},
     "error limitToPartitionsWithLag: cannot be combined with ensureEvenDistributionOfPartitions"},
    {{FULL, "allowIdleConsumers", "true", "ensureEvenDistributionOfPartitions", "true"}, NULL},
    {{BASE, "limitToPartitionsWithLag", "true"}, "error limitToPartitionsWithLag: needs topic"},
    {{BASE, "ensureEvenDistributionOfPartitions", "true"},
     "error ensureEvenDistributionOfPartitions: needs topic"},
    {{BASE, "fullMetadata", "false"}, "error fullMetadata: false needs topic"},
    {{FULL, "fullMetadata", "false"}, NULL},
    {{FULL, "version", "2.5.0"}, NULL},
    {{FULL, "version", "10.2.10"}, NULL},
    {{FULL, "version", "0.11.0.2"}, NULL},
    {{FULL, "version", "0.11.0"}, "error version"},
    {{FULL, "version", "1.2"}, "error version"},
    {{FULL, "version", "1.2.3.4"}, "error version"},
    {{FULL, "version", "1..2.3"}, "error version"},
    {{FULL, "version", "1.2.x"}, "error version"},
    {{FULL, "version", "01.2.3"}, "error version"},
    {{FULL, "version", ".1.2.3"}, "error version"},
    {{FULL, "partitionLimitation", " 1 , 2 - 4,10-20 "}, NULL},
    {{FULL, "partitionLimitation", "1 2"}, "error partitionLimitation"},
    {{FULL, "partitionLimitation", "1-2-3"}, "error partitionLimitation: \"1-2-3\" is not a range"},
    {{FULL, "partitionLimitation", "1,,2"}, "error partitionLimitation"},
    {{FULL, "partitionLimitation", "a"}, "error partitionLimitation: \"a\" is not a partition number"},
    {{BASE, "partitionLimitation", "x"}, "warning partitionLimitation: without topic"},
    {{FULL, "tls", "enable"}, NULL},
    {{FULL, "auth:tls", "enable"}, NULL},
    {{FULL, "tls", "on"}, "error tls"},
    {{FULL, "tls", "enable,disable"}, "error tls: takes one value"},
    {{FULL, "tls", "enable", "auth:cert", "x"}, "error key: cert and key must be given together"},
    {{FULL, "tls", "enable", "auth:key", "x"}, "error cert: cert and key must be given together"},
    {{FULL, "auth:cert", "x"}, NULL}, /* without TLS it is not looked at */
    {{FULL, "tls", "enable", "auth:ca", "nonsense"}, "parameter ca holds no PEM certificate"},
    {{FULL, "tls", "enable", "unsafeSsl", "true"}, NULL},
    {{FULL, "sasl", "plaintext", "auth:username", "u", "auth:password", "p"}, NULL},
    {{FULL, "sasl", "plaintext"}, "error username: sasl needs username"},
    {{FULL, "sasl", "scram_sha256", "auth:username", "u"}, "error password: sasl needs password"},
    {{FULL, "sasl", "scram_sha512", "auth:username", "u", "auth:password", "p"}, NULL},
    {{FULL, "sasl", "none", "auth:sasl", "plaintext"}, NULL}, /* metadata wins */
    {{FULL, "auth:sasl", "plaintext"}, "error username"},
    {{FULL, "sasl", "none,plaintext"}, "error sasl: takes one value"},
    {{FULL, "sasl", "gssapi", "auth:username", "u", "auth:realm", "r", "auth:kerberosConfig", "c"},
     "error sasl: gssapi (Kerberos) is not supported"},
    {{FULL, "sasl", "oauthbearer", "saslTokenProvider", "aws_msk_iam", "awsRegion", "eu-west-1", "tls",
      "enable"},
     "error saslTokenProvider: aws_msk_iam is not supported"},
    {{FULL, "sasl", "oauthbearer"}, "error oauthTokenEndpointUri"},
    {{FULL, "sasl", "oauthbearer", "auth:oauthTokenEndpointUri", "ftp://x"}, "must begin with https://"},
    {{FULL, "sasl", "oauthbearer", "auth:oauthTokenEndpointUri", "https://x/token", "auth:username", "id",
      "auth:password", "s", "auth:scopes", "a,b", "auth:oauthExtensions", "k=v,k2=v2"},
     NULL},
    {{FULL, "sasl", "oauthbearer", "auth:oauthTokenEndpointUri", "https://x", "auth:oauthExtensions",
      "k=v=w"},
     "error oauthExtensions"},
    {{FULL, "sasl", "oauthbearer", "auth:oauthTokenEndpointUri", "https://x", "auth:oauthExtensions", "k"},
     "error oauthExtensions"},
};

START_TEST(parameter)
{
    check_params_case(&scaler_kafka.schema, &cases[_i]);
}
END_TEST

/* What the authentication or the environment may still supply is not missing. */
START_TEST(unknown_is_not_missing)
{
    const char *const pairs[] = {
        BASE,   "sasl", "plaintext", "tls", "enable", "topicFromEnv", "TOPIC", "limitToPartitionsWithLag",
        "true", NULL};
    struct trigger_input input;
    struct findings findings;
    struct kafka_config config = {0};
    trigger_input_init(&input, pairs);
    findings_init(&findings);
    input.context.auth_unknown = input.context.env_unknown = true;
    ck_assert_int_eq(params_parse(&scaler_kafka.schema, &input.context, &config, &findings.sink), 0);
    ck_assert_str_eq(findings.text.data, "");
    params_done(&scaler_kafka.schema, &config);
    strbuf_done(&findings.text);
    trigger_input_done(&input);
}
END_TEST

/* upstream's parser of partition lists, asked itself */
static void check_partition_vector(json_t *row, const char *input)
{
    struct param_ranges ranges = {0};
    bool ok = kafka_parse_partitions(input, &ranges, NULL) == 0;
    ck_assert_msg(ok == json_is_true(json_object_get(row, "ok")), "%s", input);
    json_t *wanted = json_object_get(row, "output"), *item;
    size_t index, at = 0;
    int64_t next = ranges.len > 0 ? ranges.items[0].first : 0;
    json_array_foreach (wanted, index, item) {
        while (at < ranges.len && next > ranges.items[at].last)
            next = ++at < ranges.len ? ranges.items[at].first : 0;
        ck_assert_msg(at < ranges.len && next == json_integer_value(item), "%s", input);
        next++;
    }
    int64_t left = 0;
    for (size_t i = 0; i < ranges.len; i++)
        left += ranges.items[i].last >= ranges.items[i].first
                    ? ranges.items[i].last - ranges.items[i].first + 1
                    : 0;
    ck_assert_msg((size_t)left == json_array_size(wanted), "%s", input);
    mem_free(ranges.items);
}

START_TEST(partition_vectors)
{
    char *text = NULL;
    size_t len, seen = 0;
    ck_assert_int_eq(file_read(TEST_DIR "/vectors/exact/coercion.jsonl", 1 << 24, &text, &len, NULL), 0);
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        json_t *row = NULL;
        if (*line == '\0' || json_load_bytes(line, strlen(line), &row, NULL) < 0)
            continue;
        if (text_eq(json_str(row, "kind"), "kafka_partition_list")) {
            check_partition_vector(row, json_str(row, "input"));
            seen++;
        }
        json_decref(row);
    }
    ck_assert_uint_eq(seen, 13);
    mem_free(text);
}
END_TEST

static struct kafka_config *parse(const char *const *pairs)
{
    return config_parse(&scaler_kafka.schema, pairs, NULL);
}

static char *key_of(const struct kafka_config *config, void (*fn)(const void *config, struct strbuf *key))
{
    struct strbuf key;
    strbuf_init(&key);
    fn(config, &key);
    char *text = strbuf_take(&key);
    strbuf_done(&key);
    return text;
}

#define KEY_PAIRS 16

static const struct {
    const char *pairs[KEY_PAIRS];
    bool same_source, same_query;
} keys[] = {
    {{FULL}, true, true},
    {{"bootstrapServers", " a:9092 ", "consumerGroup", "g", "topic", "t", "lagThreshold", "10"}, true, true},
    {{FULL, "activationLagThreshold", "7"}, true, true}, /* does not change the value */
    {{FULL, "version", "2.0.0", "fullMetadata", "false"}, true, true},
    {{FULL, "auth:username", "u"}, true, true}, /* not used without SASL */
    {{"bootstrapServers", "b:9092", "consumerGroup", "g", "topic", "t"}, false, true},
    {{FULL, "tls", "enable"}, false, true},
    {{FULL, "sasl", "plaintext", "auth:username", "u", "auth:password", "p"}, false, true},
    {{BASE, "topic", "u"}, true, false},
    {{BASE}, true, false},
    {{"bootstrapServers", "a:9092", "consumerGroup", "h", "topic", "t"}, true, false},
    {{FULL, "lagThreshold", "11"}, true, false},
    {{FULL, "partitionLimitation", "1"}, true, false},
    {{FULL, "partitionLimitation", "4-1"}, true, false},
    {{FULL, "offsetResetPolicy", "earliest"}, true, false},
    {{FULL, "allowIdleConsumers", "true"}, true, false},
    {{FULL, "excludePersistentLag", "true"}, true, false},
    {{FULL, "scaleToZeroOnInvalidOffset", "true"}, true, false},
    {{FULL, "limitToPartitionsWithLag", "true"}, true, false},
    {{FULL, "ensureEvenDistributionOfPartitions", "true"}, true, false},
};

START_TEST(key)
{
    static const char *const base_pairs[] = {FULL, NULL};
    struct kafka_config *base = parse(base_pairs), *other = parse(keys[_i].pairs);
    char *texts[] = {key_of(base, scaler_kafka.source_key), key_of(other, scaler_kafka.source_key),
                     key_of(base, scaler_kafka.query_key), key_of(other, scaler_kafka.query_key)};
    ck_assert_int_eq(strcmp(texts[0], texts[1]) == 0, keys[_i].same_source);
    ck_assert_int_eq(strcmp(texts[2], texts[3]) == 0, keys[_i].same_query);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        mem_free(texts[i]);
    config_drop(&scaler_kafka.schema, base);
    config_drop(&scaler_kafka.schema, other);
}
END_TEST

static const struct {
    const char *pairs[KEY_PAIRS];
    double threshold, activation;
    const char *metric, *name;
} described[] = {
    {{BASE, "topic", "my-topic"}, 10, 0, "kafka-my-topic", "kafka a:9092"},
    {{"bootstrapServers", "a:1, b:2", "consumerGroup", "my-group", "lagThreshold", "7",
      "activationLagThreshold", "3"},
     7,
     3,
     "kafka-my-group-topics",
     "kafka a:1,b:2"},
    {{BASE, "topic", "a.b.c", "sasl", "plaintext", "auth:username", "me", "auth:password", "hush"},
     10,
     0,
     "kafka-a-b-c",
     "kafka a:9092"},
};

START_TEST(description)
{
    struct kafka_config *config = parse(described[_i].pairs);
    struct scaler_target target;
    scaler_kafka.describe(config, &target);
    ck_assert(target.threshold == described[_i].threshold);
    ck_assert(target.activation == described[_i].activation);
    ck_assert(!target.missing_is_zero);
    ck_assert_str_eq(target.metric_name, described[_i].metric);
    char *name = key_of(config, scaler_kafka.source_name);
    ck_assert_str_eq(name, described[_i].name);
    mem_free(name);
    config_drop(&scaler_kafka.schema, config);
}
END_TEST

START_TEST(reversed_range_allows_nothing)
{
    static const char *const pairs[] = {FULL, "partitionLimitation", "4-1", NULL};
    struct kafka_config *config = parse(pairs);
    ck_assert(config->limited);
    for (int64_t p = 0; p < 6; p++)
        ck_assert(!param_ranges_contain(&config->limits, p));
    config_drop(&scaler_kafka.schema, config);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, parameter, 0, ARRAY_LEN(cases));
    tcase_add_test(tests, unknown_is_not_missing);
    tcase_add_test(tests, partition_vectors);
    tcase_add_loop_test(tests, key, 0, ARRAY_LEN(keys));
    tcase_add_loop_test(tests, description, 0, ARRAY_LEN(described));
    tcase_add_test(tests, reversed_range_allows_nothing);
}

int main(void)
{
    return suite_run("kafka_params", 20, add);
}

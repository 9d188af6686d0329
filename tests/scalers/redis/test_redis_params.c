/* Parameters of the redis trigger: addresses, TLS, what is refused, keys and names. */
#include "scalers/api.h"
#include "scalers/redis/params.h"
#include "tests/support/certs.h"
#include "tests/support/params.h"
#include "tests/support/suite.h"

extern const struct scaler_type scaler_redis_list;
static const struct trigger_schema *const schema = &scaler_redis_list.schema;

#define LIST "listName", "jobs"

static const struct params_case cases[] = {
    {{LIST, "address", "redis:6379"}, NULL},
    {{LIST, "addresses", "redis:6379"}, NULL},
    {{LIST, "address", ":6379, :6380"}, NULL},
    {{LIST, "address", "[::1]:6379"}, NULL},
    {{LIST, "auth:address", "redis:6379"}, NULL},
    {{LIST, "addressFromEnv", "R", "env:R", "redis:6379"}, NULL},
    {{LIST, "host", "redis", "port", "6379"}, NULL},
    {{LIST, "hosts", "a, b", "ports", "1, 2"}, NULL},
    {{LIST, "hostFromEnv", "H", "portFromEnv", "P", "env:H", "h", "env:P", "6379"}, NULL},
    {{LIST, "auth:host", "h", "auth:port", "6379", "auth:password", "x", "auth:username", "u"}, NULL},
    {{LIST, "address", "r:1", "enableTLS", "true"}, NULL},
    {{LIST, "address", "r:1", "enableTLS", "false", "unsafeSsl", "true"}, NULL},
    {{LIST, "address", "r:1", "auth:tls", "enable"}, NULL},
    {{LIST, "address", "r:1", "auth:tls", "disable"}, NULL},
    {{LIST, "address", "r:1", "listLength", "-3", "activationListLength", "7"}, NULL},
    {{LIST, "address", "r:1", "host", "only-one-of-two"}, NULL},
    {{LIST, "address", "r:1", "auth:ca", "not used without TLS"}, NULL},
    {{LIST}, "error address: no address"},
    {{"address", "r:1"}, "error listName: is required"},
    {{LIST, "address", " , r:1"}, "error address: no address"},
    {{LIST, "host", "h"}, "error address: no address"},
    {{LIST, "port", "1"}, "error address: no address"},
    {{LIST, "hosts", "a, b, c", "ports", "1, 2"}, "error host: 3 hosts do not go with 2 ports"},
    {{LIST, "address", "redis"}, "error address: \"redis\": is not host:port"},
    {{LIST, "address", "redis:"}, "error address: \"redis:\": the port"},
    {{LIST, "address", "redis:0"}, "the port must be a number from 1 to 65535"},
    {{LIST, "address", "redis:65536"}, "the port must be a number from 1 to 65535"},
    {{LIST, "address", "redis:6379x"}, "the port must be a number from 1 to 65535"},
    {{LIST, "address", "::1:6379"}, "is not host:port"},
    {{LIST, "address", "[::1]6379"}, "is not host:port"},
    {{LIST, "address", "r:1", "enableTLS", "no"}, "error enableTLS"},
    {{LIST, "address", "r:1", "auth:tls", "yes"}, "error -: parameter tls must be enable or disable"},
    {{LIST, "address", "r:1", "auth:tls", "enable,enable"},
     "error -: parameter tls must be enable or disable"},
    {{LIST, "address", "r:1", "enableTLS", "true", "auth:tls", "disable"},
     "error enableTLS: cannot be given together"},
    {{LIST, "address", "r:1", "enableTLS", "false", "auth:tls", "enable"},
     "error enableTLS: cannot be given together"},
    {{LIST, "address", "r:1", "listLength", "10.5"}, "error listLength"},
    {{LIST, "address", "r:1", "databaseIndex", "x"}, "error databaseIndex"},
    {{LIST, "address", "r:1", "enableTLS", "true", "auth:ca", "junk"},
     "error -: parameter ca holds no PEM certificate"},
    {{LIST, "address", "r:1", "enableTLS", "true", "auth:cert", "junk", "auth:key", "junk"},
     "parameter cert is not a PEM"},
    {{LIST, "address", "r:1", "enableTLS", "true", "auth:cert", "junk", "auth:key", "junk"},
     "parameter key is not a PEM"},
    {{LIST, "address", "r:1", "username", "u"}, "warning username: is not used without a password"},
};

START_TEST(parameters)
{
    check_params_case(schema, &cases[_i]);
}
END_TEST

/* Nothing that the authentication or the environment may still bring is held missing. */
START_TEST(may_come_later)
{
    const char *pairs[] = {LIST, "addressFromEnv", "REDIS", NULL};
    struct trigger_input input;
    struct findings findings;
    for (int i = 0; i < 3; i++) {
        trigger_input_init(&input, pairs);
        findings_init(&findings);
        input.context.auth_unknown = i == 1;
        input.context.env_unknown = i == 2;
        void *config = mem_zalloc(schema->config_size);
        int code = params_parse(schema, &input.context, config, &findings.sink);
        ck_assert_msg((code < 0) == (i == 0), "%d: %s", i, findings.text.data);
        if (code == 0)
            params_done(schema, config);
        mem_free(config);
        strbuf_done(&findings.text);
        trigger_input_done(&input);
    }
}
END_TEST

static const struct {
    const char *text;
    const char *host;
    uint16_t port;
} addresses[] = {{"a.b:1", "a.b", 1},
                 {":7001", "localhost", 7001},
                 {"[::1]:65535", "::1", 65535},
                 {"[]:5", "localhost", 5}};

START_TEST(address)
{
    char *host = NULL;
    uint16_t port = 0;
    ck_assert_int_eq(redis_address_parse(addresses[_i].text, &host, &port, NULL), 0);
    ck_assert_str_eq(host, addresses[_i].host);
    ck_assert_uint_eq(port, addresses[_i].port);
    mem_free(host);
}
END_TEST

START_TEST(describes_itself)
{
    const char *pairs[] = {LIST "/a.b:c%(d)",      "address", "r:6379",        "listLength", "12",
                           "activationListLength", "3",       "databaseIndex", "4",          NULL};
    void *config = config_parse(schema, pairs, NULL);
    struct scaler_target target;
    AUTO_STRBUF struct strbuf text;
    strbuf_init(&text);
    scaler_redis_list.describe(config, &target);
    ck_assert(target.threshold == 12 && target.activation == 3 && !target.missing_is_zero);
    ck_assert_str_eq(target.metric_name, "redis-jobs-a-b-c--d-");
    scaler_redis_list.source_name(config, &text);
    ck_assert_str_eq(text.data, "redis r:6379/4");
    config_drop(schema, config);
}
END_TEST

START_TEST(long_name_is_cut)
{
    char name[2000];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    const char *pairs[] = {"listName", name, "address", "r:6379", NULL};
    void *config = config_parse(schema, pairs, NULL);
    struct scaler_target target;
    scaler_redis_list.describe(config, &target);
    ck_assert_uint_eq(strlen(target.metric_name), SCALER_METRIC_NAME_MAX - 1);
    ck_assert(target.threshold == 5 && target.activation == 0);
    config_drop(schema, config);
}
END_TEST

/* Which differences make another source, which another query. */
static const struct {
    const char *name, *value;
    bool other_source, other_query;
} differences[] = {
    {"address", "r:6380", true, false},
    {"databaseIndex", "1", true, false},
    {"password", "p2", true, false},
    {"username", "u2", true, false},
    {"enableTLS", "false", true, false},
    {"unsafeSsl", "true", true, false},
    {"listName", "other", false, true},
    {"listLength", "9", false, false},
    {"activationListLength", "9", false, false},
    {"auth:keyPassword", "x", true, false},
    {"host", "unpaired", false, false},
};

static void keys_of(const char *const *pairs, struct strbuf *source, struct strbuf *query)
{
    void *config = config_parse(schema, pairs, NULL);
    strbuf_init(source);
    strbuf_init(query);
    scaler_redis_list.source_key(config, source);
    scaler_redis_list.query_key(config, query);
    config_drop(schema, config);
}

START_TEST(keys)
{
    const char *pairs[20] = {LIST, "address",  "r:6379", "databaseIndex", "0",    "username",
                             "u",  "password", "p",      "enableTLS",     "true", NULL};
    struct strbuf source[2], query[2];
    keys_of(pairs, &source[0], &query[0]);
    size_t at = 0;
    while (pairs[at] && strcmp(pairs[at], differences[_i].name) != 0)
        at += 2;
    pairs[at] = differences[_i].name;
    pairs[at + 1] = differences[_i].value;
    keys_of(pairs, &source[1], &query[1]);
    ck_assert_int_eq(strcmp(source[0].data, source[1].data) != 0, differences[_i].other_source);
    ck_assert_int_eq(strcmp(query[0].data, query[1].data) != 0, differences[_i].other_query);
    for (int i = 0; i < 2; i++) {
        strbuf_done(&source[i]);
        strbuf_done(&query[i]);
    }
}
END_TEST

/* Real PEM: a pair, a foreign key, an encrypted key with and without its password. */
START_TEST(certificates)
{
    char *dir = spawn_temp_dir();
    certs_make(dir);
    AUTO_FREE char *ca = certs_read(dir, "ca.pem");
    AUTO_FREE char *cert = certs_read(dir, "client.pem");
    AUTO_FREE char *key = certs_read(dir, "client.key");
    AUTO_FREE char *foreign = certs_read(dir, "server.key");
    AUTO_FREE char *encrypted = certs_read(dir, "client-encrypted.key");
    AUTO_FREE char *broken =
        mem_printf("%s-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n", ca);
#define TLS LIST, "address", "r:1", "enableTLS", "true"
    const struct params_case rows[] = {
        {{TLS, "auth:ca", ca, "auth:cert", cert, "auth:key", key}, NULL},
        {{TLS, "auth:Cert", cert, "auth:key", key}, NULL},
        {{TLS, "auth:cert", cert, "auth:key", encrypted, "auth:keyPassword", CERTS_PASSWORD}, NULL},
        {{TLS, "auth:cert", cert}, NULL},
        {{TLS, "auth:cert", cert, "auth:key", foreign}, "error -: parameter key does not belong to cert"},
        {{TLS, "auth:cert", cert, "auth:key", encrypted}, "private key, or needs keyPassword"},
        {{TLS, "auth:cert", cert, "auth:key", encrypted, "auth:keyPassword", "open"},
         "private key that keyPassword opens"},
        {{TLS, "auth:ca", broken}, "error -: parameter ca holds no PEM certificate"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check_params_case(schema, &rows[i]);
    spawn_remove_dir(dir);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, parameters, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tests, may_come_later);
    tcase_add_loop_test(tests, address, 0, (int)ARRAY_LEN(addresses));
    tcase_add_test(tests, describes_itself);
    tcase_add_test(tests, long_name_is_cut);
    tcase_add_loop_test(tests, keys, 0, (int)ARRAY_LEN(differences));
    tcase_add_test(tests, certificates);
}

int main(void)
{
    return suite_run("redis parameters", 60, add);
}

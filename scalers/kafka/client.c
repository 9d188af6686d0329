/* The librdkafka client: settings, events, errors. What it is asked is committed.c's and ends.c's. */
#include "scalers/kafka/client.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scaler/base/clock.h"
#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scalers/shared/quote.h"

/* isolation.level: end offsets are high watermarks, as consumers without transactions see them.
 * metadata.max.age.ms: how late new partitions and moved leaders may be noticed.
 * socket.timeout.ms: longer than we wait for anything. A FindCoordinator that times out three times is lost
 * together with a reference to its broker, and the client can then never be destroyed (2.0 to 2.15 at least);
 * a client that hears nothing is replaced before (session.c). */
static const char *const fixed_settings[][2] = {
    {"client.id", "davit"},
    {"socket.timeout.ms", "60000"},
    {"socket.connection.setup.timeout.ms", "10000"},
    {"socket.keepalive.enable", "true"},
    {"socket.nagle.disable", "true"},
    {"reconnect.backoff.ms", "100"},
    {"reconnect.backoff.max.ms", "1000"},
    {"metadata.max.age.ms", "2000"},
    {"allow.auto.create.topics", "false"},
    {"isolation.level", "read_uncommitted"},
    {"enable.auto.commit", "false"},
    {"log_level", "6"},
};

struct builder {
    rd_kafka_conf_t *conf;
    bool failed;
    char name[64]; /* of the setting that was refused */
};

/* The library's own message may quote the value, so it is not passed on. */
static void set(struct builder *builder, const char *name, const char *value)
{
    if (builder->failed || !value)
        return;
    char refusal[256];
    if (rd_kafka_conf_set(builder->conf, name, value, refusal, sizeof(refusal)) != RD_KAFKA_CONF_OK) {
        builder->failed = true;
        snprintf(builder->name, sizeof(builder->name), "%s", name);
    }
}

/* The library takes either the system's authorities or those it is given; asked for a file besides, it takes
 * both. */
static const char *system_trust(void)
{
    static const char *const paths[] = {
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    };
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        if (access(paths[i], R_OK) == 0)
            return paths[i];
    }
    return NULL;
}

static void set_tls(struct builder *builder, const struct kafka_cluster *cluster)
{
    if (!cluster->tls)
        return;
    set(builder, "enable.ssl.certificate.verification", cluster->verify ? "true" : "false");
    set(builder, "ssl.endpoint.identification.algorithm", cluster->verify ? "https" : "none");
    if (cluster->trust) {
        set(builder, "ssl.ca.location", system_trust());
        set(builder, "ssl.ca.pem", cluster->trust);
    }
    set(builder, "ssl.certificate.pem", cluster->cert);
    set(builder, "ssl.key.pem", cluster->key);
    set(builder, "ssl.key.password", cluster->key_password);
}

static void set_sasl(struct builder *builder, const struct kafka_cluster *cluster)
{
    static const char *const names[] = {
        [KAFKA_SASL_PLAIN] = "PLAIN",
        [KAFKA_SASL_SCRAM_256] = "SCRAM-SHA-256",
        [KAFKA_SASL_SCRAM_512] = "SCRAM-SHA-512",
        [KAFKA_SASL_OAUTH] = "OAUTHBEARER",
    };
    if (cluster->mechanism == KAFKA_SASL_NONE)
        return;
    set(builder, "sasl.mechanisms", names[cluster->mechanism]);
    if (cluster->mechanism == KAFKA_SASL_OAUTH)
        return; /* the token is fetched by us (oauth.c), whatever the library was built with */
    set(builder, "sasl.username", cluster->username);
    set(builder, "sasl.password", cluster->password);
}

static const char *protocol_of(const struct kafka_cluster *cluster)
{
    bool sasl = cluster->mechanism != KAFKA_SASL_NONE;
    if (cluster->tls)
        return sasl ? "SASL_SSL" : "SSL";
    return sasl ? "SASL_PLAINTEXT" : "PLAINTEXT";
}

/* From any of the library's threads. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    (void)level;
    log_debug(NULL, "kafka client: %s: %s", facility, text);
}

/* group.id: the client never joins a group. But without one the library (2.0 to 2.15 at least) reads a null
 * pointer when a broker answers that it does not coordinate a group it was asked about. */
static int build_conf(const struct kafka_cluster *cluster, const char *group, rd_kafka_conf_t **ret,
                      struct err *err)
{
    struct builder builder = {.conf = rd_kafka_conf_new()};
    rd_kafka_conf_set_log_cb(builder.conf, on_log);
    rd_kafka_conf_set_events(builder.conf, RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH);
    for (size_t i = 0; i < ARRAY_LEN(fixed_settings); i++)
        set(&builder, fixed_settings[i][0], fixed_settings[i][1]);
    set(&builder, "bootstrap.servers", cluster->servers);
    set(&builder, "group.id", group);
    set(&builder, "security.protocol", protocol_of(cluster));
    set_tls(&builder, cluster);
    set_sasl(&builder, cluster);
    if (builder.failed) {
        rd_kafka_conf_destroy(builder.conf);
        return err_set(err, ERR_CONFIG, "the Kafka client library refuses the setting %s", builder.name);
    }
    *ret = builder.conf;
    return 0;
}

static void quote(const struct kafka_cluster *cluster, const char *text, char *buf, size_t size)
{
    const char *secrets[KAFKA_SECRETS_MAX];
    size_t count = kafka_cluster_secrets(cluster, secrets);
    quote_untrusted(buf, size, text, strlen(text), secrets, count);
}

int kafka_client_new(const struct kafka_cluster *cluster, const char *group, struct kafka_client **ret,
                     struct err *err)
{
    rd_kafka_conf_t *conf = NULL;
    int rc = build_conf(cluster, group, &conf, err);
    if (rc < 0)
        return rc;
    char why[512];
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
    if (!rk) {
        char text[QUOTE_MAX + 1];
        rd_kafka_conf_destroy(conf);
        quote(cluster, why, text, sizeof(text));
        return err_set(err, ERR_CONFIG, "the Kafka client cannot be set up: %s", text);
    }
    struct kafka_client *client = mem_zalloc(sizeof(*client));
    client->rk = rk;
    client->cluster = cluster;
    client->born_ms = client->heard_ms = clock_mono_ms();
    client->queue = rd_kafka_queue_new(rk);
    rd_kafka_queue_t *events = rd_kafka_queue_get_main(rk);
    rd_kafka_queue_forward(events, client->queue);
    rd_kafka_queue_destroy(events);
    *ret = client;
    return 0;
}

/* Before 2.6.1 the library's SCRAM repeats a part of the nonce, which brokers accept no longer
 * (CVE-2024-56128). */
static const char *scram_hint(const struct kafka_client *client, enum err_code code)
{
    enum kafka_mechanism mechanism = client->cluster->mechanism;
    bool scram = mechanism == KAFKA_SASL_SCRAM_256 || mechanism == KAFKA_SASL_SCRAM_512;
    if (code != ERR_AUTH || !scram || rd_kafka_version() >= 0x02060100)
        return "";
    return " (librdkafka before 2.6.1 cannot do SCRAM with Kafka 3.7.2, 3.8.1, 3.9 and newer)";
}

static void on_error(struct kafka_client *client, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        client->all_down = true;
        return;
    }
    char text[QUOTE_MAX + 1];
    quote(client->cluster, rd_kafka_event_error_string(event), text, sizeof(text));
    enum err_code ours = kafka_err_code(code);
    err_set(&client->problem, ours, "%s%s", text, scram_hint(client, ours));
}

/* True: the event is an answer, for the caller. */
static bool is_answer(struct kafka_client *client, rd_kafka_event_t *event)
{
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_ERROR:
        on_error(client, event);
        return false;
    case RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH:
        client->token_wanted = true;
        return false;
    case RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT:
        return true;
    default:
        return false;
    }
}

rd_kafka_event_t *kafka_client_poll(struct kafka_client *client, int timeout_ms)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(client->queue, timeout_ms);
    while (event && !is_answer(client, event)) {
        rd_kafka_event_destroy(event);
        event = rd_kafka_queue_poll(client->queue, 0);
    }
    return event;
}

void kafka_client_heard(struct kafka_client *client)
{
    client->all_down = false;
    client->problem.code = 0;
    client->heard_ms = clock_mono_ms();
}

bool kafka_client_hopeless(const struct kafka_client *client)
{
    bool no_token = client->cluster->mechanism == KAFKA_SASL_OAUTH && !client->token_given;
    return client->problem.code == ERR_AUTH && (client->all_down || no_token);
}

void kafka_client_set_token(struct kafka_client *client, const char *token, int64_t expires_ms,
                            const char *why)
{
    const struct text_map *extensions = &client->cluster->extensions;
    const char **pairs = mem_zalloc_array(extensions->len * 2 + 1, sizeof(*pairs));
    for (size_t i = 0; i < extensions->len; i++) {
        pairs[2 * i] = extensions->items[i].key;
        pairs[2 * i + 1] = extensions->items[i].value;
    }
    char refusal[256];
    client->token_wanted = false;
    if (token && rd_kafka_oauthbearer_set_token(client->rk, token, expires_ms, client->cluster->username,
                                                pairs, extensions->len * 2, refusal, sizeof(refusal)) == 0) {
        client->token_given = true;
    } else {
        /* The library's refusal may quote the token. */
        const char *text = token ? "the client library refuses the token or an extension" : why;
        err_set(&client->problem, ERR_AUTH, "no OAuth token: %s", text);
        rd_kafka_oauthbearer_set_token_failure(client->rk, text);
    }
    mem_free(pairs);
}

/* Clusters: copied from a config, told apart by their key. */
#include "scalers/kafka/cluster.h"

#include <string.h>

#include "scaler/base/mem.h"
#include "scalers/shared/key.h"

static const struct {
    const char *name;
    enum kafka_mechanism mechanism;
} mechanisms[] = {
    {"none", KAFKA_SASL_NONE},
    {"plaintext", KAFKA_SASL_PLAIN},
    {"scram_sha256", KAFKA_SASL_SCRAM_256},
    {"scram_sha512", KAFKA_SASL_SCRAM_512},
    {"oauthbearer", KAFKA_SASL_OAUTH},
};

static enum kafka_mechanism find_mechanism(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++) {
        if (text_eq(name, mechanisms[i].name))
            return mechanisms[i].mechanism;
    }
    return KAFKA_SASL_NONE;
}

/* "a,b" is "a b" on the wire (RFC 6749 §3.3). */
static char *scope_of(const char *scopes)
{
    if (text_empty(scopes))
        return NULL;
    char *scope = mem_strdup(scopes);
    for (char *c = scope; *c; c++) {
        if (*c == ',')
            *c = ' ';
    }
    return scope;
}

static void copy_tls(struct kafka_cluster *cluster, const struct kafka_config *config)
{
    const struct tls_params *material = &config->tls_material;
    cluster->tls = kafka_config_tls(config);
    if (!cluster->tls)
        return;
    cluster->verify = !config->unsafe_ssl;
    cluster->trust = tls_params_trust(material->ca);
    if (text_empty(material->cert) || text_empty(material->key))
        return;
    cluster->cert = mem_strdup(material->cert);
    cluster->key = mem_strdup(material->key);
    cluster->key_password = mem_strdup(material->key_password);
}

static void copy_sasl(struct kafka_cluster *cluster, const struct kafka_config *config)
{
    cluster->mechanism = find_mechanism(config->sasl);
    if (cluster->mechanism == KAFKA_SASL_NONE)
        return;
    cluster->username = mem_strdup(config->username ? config->username : "");
    cluster->password = mem_strdup(config->password ? config->password : "");
    if (cluster->mechanism != KAFKA_SASL_OAUTH)
        return;
    cluster->token_uri = mem_strdup(config->token_uri);
    cluster->token_trust = tls_params_trust(config->tls_material.ca);
    cluster->scope = scope_of(config->scopes);
    if (!text_empty(config->extensions))
        kafka_parse_extensions(config->extensions, &cluster->extensions, NULL);
}

void kafka_cluster_init(struct kafka_cluster *cluster, const struct kafka_config *config)
{
    struct strbuf servers;
    strbuf_init(&servers);
    kafka_config_servers(config, &servers);
    *cluster = (struct kafka_cluster){.servers = strbuf_take(&servers)};
    strbuf_done(&servers);
    copy_tls(cluster, config);
    copy_sasl(cluster, config);
}

void kafka_cluster_done(struct kafka_cluster *cluster)
{
    mem_free(cluster->servers);
    mem_free(cluster->trust);
    mem_free(cluster->cert);
    mem_free_secret(cluster->key);
    mem_free_secret(cluster->key_password);
    mem_free(cluster->username);
    mem_free_secret(cluster->password);
    mem_free(cluster->token_uri);
    mem_free(cluster->token_trust);
    mem_free(cluster->scope);
    text_map_done_secret(&cluster->extensions);
    *cluster = (struct kafka_cluster){0};
}

void kafka_cluster_key(const struct kafka_config *config, struct strbuf *key)
{
    AUTO_STRBUF struct strbuf servers;
    strbuf_init(&servers);
    kafka_config_servers(config, &servers);
    key_add(key, servers.data);
    key_add_int(key, kafka_config_tls(config));
    if (kafka_config_tls(config)) {
        key_add_int(key, config->unsafe_ssl);
        tls_params_key_add(key, &config->tls_material);
    }
    enum kafka_mechanism mechanism = find_mechanism(config->sasl);
    key_add_int(key, mechanism);
    if (mechanism == KAFKA_SASL_NONE)
        return;
    key_add(key, config->username);
    key_add(key, config->password);
    key_add(key, config->token_uri);
    key_add(key, mechanism == KAFKA_SASL_OAUTH ? config->tls_material.ca : NULL);
    key_add(key, config->scopes);
    key_add(key, config->extensions);
}

size_t kafka_cluster_secrets(const struct kafka_cluster *cluster, const char **secrets)
{
    secrets[0] = cluster->password;
    secrets[1] = cluster->key_password;
    secrets[2] = cluster->key;
    return KAFKA_SECRETS_MAX;
}

/* Where the brokers are and how to talk to them: what a source is made of, copied from the config of the
 * trigger that opened it. Constant after kafka_cluster_init, so any thread may read it. */
#ifndef SCALERS_KAFKA_CLUSTER_H
#define SCALERS_KAFKA_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>

#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "scalers/kafka/config.h"

enum kafka_mechanism {
    KAFKA_SASL_NONE,
    KAFKA_SASL_PLAIN,
    KAFKA_SASL_SCRAM_256,
    KAFKA_SASL_SCRAM_512,
    KAFKA_SASL_OAUTH
};

struct kafka_cluster {
    char *servers; /* "host:9092,other:9092" */
    bool tls;
    bool verify;
    char *trust; /* PEM, besides the system's; NULL: none */
    char *cert, *key, *key_password;
    enum kafka_mechanism mechanism;
    char *username, *password; /* client ID and secret of KAFKA_SASL_OAUTH */
    char *token_uri;
    char *token_trust; /* as trust, for the token endpoint */
    char *scope;       /* separated by blanks; NULL: none */
    struct text_map extensions;
};

/* Reads the custom CA directories. */
void kafka_cluster_init(struct kafka_cluster *cluster, const struct kafka_config *config);
void kafka_cluster_done(struct kafka_cluster *cluster); /* wipes */
/* Everything that makes two connections differ; holds secrets. */
void kafka_cluster_key(const struct kafka_config *config, struct strbuf *key);
/* Fills secrets (room for KAFKA_SECRETS_MAX) with what must not show in a text; returns how many. */
#define KAFKA_SECRETS_MAX 3
size_t kafka_cluster_secrets(const struct kafka_cluster *cluster, const char **secrets);

#endif

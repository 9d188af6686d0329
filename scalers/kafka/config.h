/* What a kafka trigger is told: its parameters, checked. Splits them in two: the cluster (one source for each
 * different one) and the query (one reading for each different one). */
#ifndef SCALERS_KAFKA_CONFIG_H
#define SCALERS_KAFKA_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/params.h"
#include "scaler/base/strbuf.h"
#include "scalers/kafka/lag.h"
#include "scalers/shared/tls_params.h"

/* Filled by the rows. Texts are NULL when absent. */
struct kafka_config {
    struct text_list bootstrap_servers;
    char *group;
    char *topic; /* NULL: every topic the group has committed offsets for */
    char *partition_limitation;
    int64_t lag_threshold;
    int64_t activation_threshold;
    char *offset_reset_policy;
    bool allow_idle_consumers;
    bool exclude_persistent_lag;
    bool zero_on_invalid_offset;
    bool limit_to_partitions_with_lag;
    bool even_distribution;
    bool full_metadata; /* accepted; we always ask for the topics needed and no others */
    char *version;      /* checked, then ignored: the client library asks the brokers */
    char *tls;          /* "enable" or "disable" */
    bool unsafe_ssl;
    struct tls_params tls_material;
    char *sasl;
    char *username, *password;
    char *token_provider, *token_uri, *scopes, *extensions;
    char *aws_region;
    char *keytab, *realm, *kerberos_config, *kerberos_service_name, *kerberos_disable_fast;

    struct param_ranges limits; /* check(): of partition_limitation */
    bool limited;               /* limits says something, maybe that nothing is allowed */
};

#define KAFKA_ROWS_LEN 29
extern const struct param_row kafka_rows[KAFKA_ROWS_LEN];

void kafka_config_check(void *config, const struct params_context *context, struct params_error_sink *sink);
void kafka_config_done(void *config);

bool kafka_config_tls(const struct kafka_config *config);
/* "host:9092,other:9092" without blanks. */
void kafka_config_servers(const struct kafka_config *config, struct strbuf *text);
void kafka_config_lag_rules(const struct kafka_config *config, struct kafka_lag_rules *ret);

/* Rules of single values; err says what is wrong. */
/* "1,2,10-20": int32 items, no blanks; a reversed range is empty. The caller frees ret->items with mem_free.
 */
int kafka_parse_partitions(const char *text, struct param_ranges *ret, struct err *err);
/* "2.5.0", or "0.11.0.2" with a leading zero. */
int kafka_check_version(const char *version, struct err *err);
/* "k=v,k2=v2" into map (appended); NULL map: only checked. */
int kafka_parse_extensions(const char *text, struct text_map *map, struct err *err);

#endif

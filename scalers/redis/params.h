/* Connection parameters of every redis trigger type (spec/keda-scalers.md §3), as one block of rows. */
#ifndef SCALERS_REDIS_PARAMS_H
#define SCALERS_REDIS_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/params.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "scalers/redis/login.h"
#include "scalers/shared/tls_params.h"

/* How one gets from the addresses to the server that holds a key. */
enum redis_topology {
    REDIS_SINGLE,  /* the first address is the server */
    REDIS_CLUSTER, /* the addresses are some of its nodes */
    REDIS_SENTINEL /* the addresses are sentinels, who know the master */
};

struct redis_params {
    enum redis_topology topology; /* set by the check */
    struct text_list addresses;   /* after the check: hosts and ports are joined and appended */
    struct text_list hosts, ports;
    char *username, *password;
    char *sentinel_username, *sentinel_password, *sentinel_master;
    int64_t database;
    char *tls_word; /* "enable" or "disable" */
    struct tls_params tls;
    bool use_tls, unsafe_ssl; /* use_tls: enableTLS, and after the check also tls: enable */
    bool enable_tls_given;
};

/* For param_groups whose offset is that of a struct redis_params; the second without its PEM texts, which are
 * tls_params_rows at REDIS_PARAMS_TLS_OFFSET more. */
#define REDIS_PARAMS_ROWS_LEN 12
extern const struct param_row redis_params_rows[REDIS_PARAMS_ROWS_LEN];
/* NOLINTBEGIN(bugprone-macro-parentheses): the arguments are names of a struct and its member */
#define REDIS_PARAMS_GROUPS(config, member)                                                                  \
    {.rows = redis_params_rows,                                                                              \
     .rows_len = REDIS_PARAMS_ROWS_LEN,                                                                      \
     .offset = offsetof(struct config, member)},                                                             \
    {                                                                                                        \
        .rows = tls_params_rows, .rows_len = TLS_PARAMS_ROWS_LEN,                                            \
        .offset = offsetof(struct config, member.tls)                                                        \
    }
/* NOLINTEND(bugprone-macro-parentheses) */
#define REDIS_PARAMS_GROUPS_LEN 2

void redis_params_check(struct redis_params *params, enum redis_topology topology,
                        const struct params_context *context, struct params_error_sink *sink);

/* "host:port", "[::1]:port", ":port" (localhost). The caller frees *ret_host. */
int redis_address_parse(const char *address, char **ret_host, uint16_t *ret_port, struct err *err);

/* Everything that makes two connections differ, the addresses aside. */
void redis_params_key_add(struct strbuf *key, const struct redis_params *params);

/* The credentials of the servers, and of the sentinels: TLS applies to both. The caller unrefs. */
struct redis_login *redis_params_login(const struct redis_params *params);
struct redis_login *redis_params_sentinel_login(const struct redis_params *params);

#endif

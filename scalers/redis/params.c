/* Rows and rules of the redis connection parameters. */
#include "scalers/redis/params.h"

#include <stddef.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scalers/shared/key.h"

#define METADATA                                                                                             \
    {                                                                                                        \
        PARAM_FROM_METADATA                                                                                  \
    }
#define AUTH                                                                                                 \
    {                                                                                                        \
        PARAM_FROM_AUTH                                                                                      \
    }
#define METADATA_AUTH_ENV                                                                                    \
    {                                                                                                        \
        PARAM_FROM_METADATA, PARAM_FROM_AUTH, PARAM_FROM_ENV                                                 \
    }
#define METADATA_ENV_AUTH                                                                                    \
    {                                                                                                        \
        PARAM_FROM_METADATA, PARAM_FROM_ENV, PARAM_FROM_AUTH                                                 \
    }
#define AT(member) offsetof(struct redis_params, member)

enum row { ROW_ADDRESS, ROW_HOST, ROW_PORT, ROW_MASTER = 7 };

const struct param_row redis_params_rows[REDIS_PARAMS_ROWS_LEN] = {
    [ROW_ADDRESS] = {.names = {"address", "addresses"},
                     .type = PARAM_LIST,
                     .from = METADATA_AUTH_ENV,
                     .doc = "Server as `host:port`; several, separated by commas, for cluster and sentinel.",
                     .offset = AT(addresses)},
    [ROW_HOST] = {.names = {"host", "hosts"},
                  .type = PARAM_LIST,
                  .from = METADATA_ENV_AUTH,
                  .doc = "Host, or several separated by commas; each goes with the port at the same place.",
                  .offset = AT(hosts)},
    [ROW_PORT] = {.names = {"port", "ports"},
                  .type = PARAM_LIST,
                  .from = METADATA_ENV_AUTH,
                  .doc = "Port, or several separated by commas.",
                  .offset = AT(ports)},
    {.names = {"username"},
     .type = PARAM_STRING,
     .from = METADATA_ENV_AUTH,
     .doc = "ACL user; used together with `password`.",
     .offset = AT(username)},
    {.names = {"password"},
     .type = PARAM_STRING,
     .from = METADATA_ENV_AUTH,
     .secret = true,
     .doc = "Password of the user, or of the default user.",
     .offset = AT(password)},
    {.names = {"sentinelUsername"},
     .type = PARAM_STRING,
     .from = METADATA_AUTH_ENV,
     .doc = "ACL user at the sentinels (sentinel types only).",
     .offset = AT(sentinel_username)},
    {.names = {"sentinelPassword"},
     .type = PARAM_STRING,
     .from = METADATA_AUTH_ENV,
     .secret = true,
     .doc = "Password at the sentinels (sentinel types only).",
     .offset = AT(sentinel_password)},
    [ROW_MASTER] = {.names = {"sentinelMaster"},
                    .type = PARAM_STRING,
                    .from = METADATA_AUTH_ENV,
                    .doc = "Name of the master the sentinels watch (sentinel types only).",
                    .offset = AT(sentinel_master)},
    {.names = {"databaseIndex"},
     .type = PARAM_INT,
     .from = METADATA,
     .default_text = "0",
     .doc = "Database to select; a cluster has only one.",
     .offset = AT(database)},
    {.names = {"enableTLS"},
     .type = PARAM_BOOL,
     .from = METADATA,
     .doc = "Whether to use TLS; not together with `tls`.",
     .offset = AT(use_tls),
     .set_offset = AT(enable_tls_given)},
    {.names = {"tls"},
     .type = PARAM_STRING,
     .from = AUTH,
     .doc = "`enable` or `disable`; not together with `enableTLS`.",
     .offset = AT(tls_word)},
    {.names = {"unsafeSsl"},
     .type = PARAM_BOOL,
     .from = METADATA,
     .default_text = "false",
     .doc = "Do not verify the server's certificate.",
     .offset = AT(unsafe_ssl)},
};

/* net.JoinHostPort: what contains a colon is an IPv6 address. */
static void join_hosts(struct redis_params *params, struct params_error_sink *sink)
{
    if (params->hosts.len == 0 || params->ports.len == 0)
        return;
    if (params->hosts.len != params->ports.len) {
        params_report(sink, "host", "%zu hosts do not go with %zu ports", params->hosts.len,
                      params->ports.len);
        return;
    }
    for (size_t i = 0; i < params->hosts.len; i++) {
        const char *host = params->hosts.items[i];
        text_list_add_take(&params->addresses, strchr(host, ':')
                                                   ? mem_printf("[%s]:%s", host, params->ports.items[i])
                                                   : mem_printf("%s:%s", host, params->ports.items[i]));
    }
}

static bool may_come_later(const struct params_context *context)
{
    return params_may_come_later(context, &redis_params_rows[ROW_ADDRESS]) ||
           params_may_come_later(context, &redis_params_rows[ROW_HOST]) ||
           params_may_come_later(context, &redis_params_rows[ROW_PORT]);
}

/* One bad seed among several is no reason to do without the others. */
static bool address_is_good(const char *address,
                            void (*complain)(struct params_error_sink *, const char *, const char *, ...),
                            struct params_error_sink *sink)
{
    struct err err = {0};
    char *host = NULL;
    uint16_t port = 0;
    bool good = redis_address_parse(address, &host, &port, &err) == 0;
    bool shown = !strchr(address, '@'); /* redis://user:password@host */
    if (!good)
        complain(sink, "address", "\"%s\": %s", shown ? address : "...", err.msg);
    mem_free(host);
    return good;
}

static void check_addresses(struct redis_params *params, const struct params_context *context,
                            struct params_error_sink *sink)
{
    join_hosts(params, sink);
    const struct text_list *addresses = &params->addresses;
    if (addresses->len == 0 || text_empty(addresses->items[0])) {
        if (!may_come_later(context))
            params_report(sink, "address", "no address: give `address`, or `host` and `port`");
        return;
    }
    size_t good = 0;
    size_t used = params->topology == REDIS_SINGLE ? 1 : addresses->len;
    for (size_t i = 0; i < used; i++)
        good += address_is_good(addresses->items[i], used > 1 ? params_warn : params_report, sink);
    if (used > 1 && good == 0)
        params_report(sink, "address", "none of the addresses can be used");
}

static void check_tls(struct redis_params *params, struct params_error_sink *sink)
{
    bool word_given = !text_empty(params->tls_word);
    if (params->enable_tls_given && word_given)
        params_report(sink, "enableTLS", "cannot be given together with tls in the authentication");
    if (word_given && !text_eq(params->tls_word, "enable") && !text_eq(params->tls_word, "disable"))
        params_report(sink, NULL, "parameter tls must be enable or disable");
    params->use_tls = params->use_tls || text_eq(params->tls_word, "enable");
    if (params->use_tls)
        tls_params_check(&params->tls, sink);
}

void redis_params_check(struct redis_params *params, enum redis_topology topology,
                        const struct params_context *context, struct params_error_sink *sink)
{
    params->topology = topology;
    check_addresses(params, context, sink);
    check_tls(params, sink);
    if (topology == REDIS_SENTINEL && text_empty(params->sentinel_master) &&
        !params_may_come_later(context, &redis_params_rows[ROW_MASTER]))
        params_warn(sink, "sentinelMaster", "is not given: no sentinel will know the master");
    bool password_later = context->auth_unknown || context->env_unknown;
    if (!text_empty(params->username) && text_empty(params->password) && !password_later)
        params_warn(sink, "username", "is not used without a password, as in KEDA");
}

/* The last colon, unless an IPv6 address stands in brackets before it. */
static const char *find_port(const char *address)
{
    if (*address == '[') {
        const char *end = strchr(address, ']');
        return end && end[1] == ':' ? end + 1 : NULL;
    }
    const char *colon = strchr(address, ':');
    return colon && !strchr(colon + 1, ':') ? colon : NULL;
}

int redis_address_parse(const char *address, char **ret_host, uint16_t *ret_port, struct err *err)
{
    const char *colon = find_port(address);
    int64_t port = 0;
    if (!colon)
        return err_set(err, ERR_CONFIG, "is not host:port");
    if (number_parse_json_int(colon + 1, 1, UINT16_MAX, &port, NULL) < 0)
        return err_set(err, ERR_CONFIG, "the port must be a number from 1 to 65535");
    size_t bracket = *address == '[' ? 1 : 0;
    size_t len = (size_t)(colon - address) - 2 * bracket;
    *ret_host = len > 0 ? mem_strndup(address + bracket, len) : mem_strdup("localhost");
    *ret_port = (uint16_t)port;
    return 0;
}

void redis_params_key_add(struct strbuf *key, const struct redis_params *params)
{
    key_add(key, params->username);
    key_add(key, params->password);
    key_add(key, params->sentinel_username);
    key_add(key, params->sentinel_password);
    key_add(key, params->sentinel_master);
    key_add_int(key, params->database);
    key_add_int(key, params->use_tls);
    if (!params->use_tls)
        return;
    key_add_int(key, params->unsafe_ssl);
    tls_params_key_add(key, &params->tls);
}

static struct redis_login *login_new(const struct redis_params *params, const char *username,
                                     const char *password)
{
    struct tls_options tls;
    AUTO_FREE char *trust = NULL;
    if (!params->use_tls)
        return redis_login_new(username, password, NULL);
    trust = tls_params_trust(params->tls.ca);
    tls_params_options(&params->tls, trust, params->unsafe_ssl, &tls);
    return redis_login_new(username, password, &tls);
}

struct redis_login *redis_params_login(const struct redis_params *params)
{
    return login_new(params, params->username, params->password);
}

struct redis_login *redis_params_sentinel_login(const struct redis_params *params)
{
    return login_new(params, params->sentinel_username, params->sentinel_password);
}

/* What must hold between the parameters of a kafka trigger, and the grammars of single values that are
 * kafka's own. */
#include "scalers/kafka/config.h"

#include <ctype.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"

#define PARTITION_ITEMS_MAX 10000
#define TOPIC_MAX           249

bool kafka_config_tls(const struct kafka_config *config)
{
    return text_eq(config->tls, "enable");
}

void kafka_config_servers(const struct kafka_config *config, struct strbuf *text)
{
    for (size_t i = 0; i < config->bootstrap_servers.len; i++) {
        const char *server = config->bootstrap_servers.items[i];
        if (*server)
            strbuf_printf(text, "%s%s", text->len > 0 ? "," : "", server);
    }
}

void kafka_config_lag_rules(const struct kafka_config *config, struct kafka_lag_rules *ret)
{
    *ret = (struct kafka_lag_rules){
        .threshold = config->lag_threshold,
        .earliest = text_eq(config->offset_reset_policy, "earliest"),
        .zero_on_invalid_offset = config->zero_on_invalid_offset,
        .allow_idle_consumers = config->allow_idle_consumers,
        .limit_to_partitions_with_lag = config->limit_to_partitions_with_lag,
        .even_distribution = config->even_distribution,
    };
}

static int parse_partition(const char *text, int64_t *ret, struct err *err)
{
    int64_t value;
    if (number_parse_go_int(text, &value, NULL) < 0 || value < INT32_MIN || value > INT32_MAX)
        return err_set(err, ERR_CONFIG, "\"%s\" is not a partition number", text);
    *ret = value;
    return 0;
}

static int parse_partition_item(char *item, struct param_range *ret, struct err *err)
{
    struct param_range range;
    char *dash = strchr(item, '-');
    if (dash && strchr(dash + 1, '-'))
        return err_set(err, ERR_CONFIG, "\"%s\" is not a range of partitions", item);
    if (dash)
        *dash = '\0';
    if (parse_partition(item, &range.first, err) < 0 ||
        parse_partition(dash ? dash + 1 : item, &range.last, err) < 0)
        return ERR_CONFIG;
    *ret = range;
    return 0;
}

int kafka_parse_partitions(const char *text, struct param_ranges *ret, struct err *err)
{
    AUTO_FREE char *copy = mem_strdup(text);
    char *rest = copy;
    struct param_ranges ranges = {0};
    for (char *item; (item = strsep(&rest, ","));) {
        ranges.items = mem_realloc_array(ranges.items, ranges.len + 1, sizeof(*ranges.items));
        int rc = ranges.len < PARTITION_ITEMS_MAX
                     ? parse_partition_item(item, &ranges.items[ranges.len], err)
                     : err_set(err, ERR_CONFIG, "more than %d items", PARTITION_ITEMS_MAX);
        if (rc < 0) {
            mem_free(ranges.items);
            return rc;
        }
        ranges.len++;
    }
    *ret = ranges;
    return 0;
}

/* Blanks around items and bounds are tolerated: leaves them out, in place. Blanks inside a number stay, to be
 * refused. */
static void squeeze_blanks(char *text)
{
    char *out = text;
    for (const char *in = text; *in; in++) {
        if (isspace((unsigned char)*in)) {
            const char *next = in + strspn(in, " \t\r\n\v\f");
            bool edge = out == text || strchr(",-", out[-1]) || !*next || strchr(",-", *next);
            if (edge) {
                in = next - 1;
                continue;
            }
        }
        *out++ = *in;
    }
    *out = '\0';
}

static bool digits_and_dots(const char *text, unsigned *ret_dots)
{
    *ret_dots = 0;
    for (const char *c = text; *c; c++) {
        bool dot = *c == '.' && c != text && c[-1] != '.' && c[1];
        if (!dot && !isdigit((unsigned char)*c))
            return false;
        *ret_dots += dot;
    }
    return true;
}

int kafka_check_version(const char *version, struct err *err)
{
    unsigned dots;
    unsigned wanted = version[0] == '0' && version[1] == '.' ? 3 : 2;
    bool old_style_broken = version[0] == '0' && version[1] != '.';
    if (strlen(version) < 5 || old_style_broken || !digits_and_dots(version, &dots) || dots != wanted)
        return err_set(err, ERR_CONFIG, "\"%s\" is not a Kafka version such as 2.5.0 or 0.11.0.2", version);
    return 0;
}

int kafka_parse_extensions(const char *text, struct text_map *map, struct err *err)
{
    AUTO_FREE char *copy = mem_strdup(text);
    char *rest = copy;
    for (char *item; (item = strsep(&rest, ","));) {
        char *equals = strchr(item, '=');
        if (!equals || strchr(equals + 1, '='))
            return err_set(err, ERR_CONFIG, "every extension must have the form key=value");
        *equals = '\0';
        AUTO_FREE char *key = text_trim(item);
        AUTO_FREE char *value = text_trim(equals + 1);
        if (map)
            text_map_set(map, key, value);
    }
    return 0;
}

static const struct param_row *row_of(const char *name)
{
    for (size_t i = 0; i < KAFKA_ROWS_LEN; i++) {
        if (strcmp(kafka_rows[i].names[0], name) == 0)
            return &kafka_rows[i];
    }
    return NULL;
}

/* True where value is empty and no other source can still fill it. */
static bool missing(const char *value, const char *name, const struct params_context *context)
{
    return text_empty(value) && !params_may_come_later(context, row_of(name));
}

static void require(const char *value, const char *name, const char *why,
                    const struct params_context *context, struct params_error_sink *sink)
{
    if (missing(value, name, context))
        params_report(sink, name, "%s needs %s", why, name);
}

static void check_servers(const struct kafka_config *config, const struct params_context *context,
                          struct params_error_sink *sink)
{
    bool any = false;
    for (size_t i = 0; i < config->bootstrap_servers.len; i++) {
        const char *server = config->bootstrap_servers.items[i];
        any = any || *server;
        if (strstr(server, "://") || strchr(server, '@') || strpbrk(server, " \t\r\n"))
            params_report(sink, "bootstrapServers", "item %zu is not of the form host:port", i + 1);
    }
    if (!any && config->bootstrap_servers.len > 0 &&
        !params_may_come_later(context, row_of("bootstrapServers")))
        params_report(sink, "bootstrapServers", "names no server");
}

static void check_limits(struct kafka_config *config, struct params_error_sink *sink)
{
    if (text_empty(config->partition_limitation))
        return;
    struct err err = {0};
    AUTO_FREE char *text = mem_strdup(config->partition_limitation);
    squeeze_blanks(text);
    if (kafka_parse_partitions(text, &config->limits, &err) < 0)
        params_report(sink, "partitionLimitation", "%s", err.msg);
    else
        config->limited = true;
}

/* Such a topic cannot exist; the client library would ask for it again and again until time is up. */
static void check_topic_name(const char *topic, struct params_error_sink *sink)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (text_empty(topic))
        return;
    size_t len = strlen(topic);
    if (strchr(topic, ','))
        params_report(sink, "topic", "takes one topic; leave it out for all topics of the group");
    else if (strspn(topic, allowed) != len || len > TOPIC_MAX || text_eq(topic, ".") || text_eq(topic, ".."))
        params_report(sink, "topic", "is not a name a topic can have (1 to %d of a-z A-Z 0-9 . _ -)",
                      TOPIC_MAX);
}

static void check_topic_rules(struct kafka_config *config, const struct params_context *context,
                              struct params_error_sink *sink)
{
    if (!missing(config->topic, "topic", context)) {
        check_limits(config, sink);
        return;
    }
    if (config->limit_to_partitions_with_lag)
        params_report(sink, "limitToPartitionsWithLag", "needs topic");
    if (config->even_distribution)
        params_report(sink, "ensureEvenDistributionOfPartitions", "needs topic");
    if (!config->full_metadata)
        params_report(sink, "fullMetadata", "false needs topic");
    if (!text_empty(config->partition_limitation))
        params_warn(sink, "partitionLimitation", "without topic this has no effect");
}

static void check_exclusions(const struct kafka_config *config, struct params_error_sink *sink)
{
    if (!config->limit_to_partitions_with_lag)
        return;
    if (config->allow_idle_consumers)
        params_report(sink, "limitToPartitionsWithLag", "cannot be combined with allowIdleConsumers");
    if (config->even_distribution)
        params_report(sink, "limitToPartitionsWithLag",
                      "cannot be combined with ensureEvenDistributionOfPartitions");
}

static void check_tls(const struct kafka_config *config, const struct params_context *context,
                      struct params_error_sink *sink)
{
    const struct tls_params *material = &config->tls_material;
    if (!kafka_config_tls(config))
        return;
    bool later = context->auth_unknown;
    if (!later && text_empty(material->cert) != text_empty(material->key))
        params_report(sink, text_empty(material->cert) ? "cert" : "key",
                      "cert and key must be given together");
    else
        tls_params_check(material, sink);
}

static void check_oauth(const struct kafka_config *config, const struct params_context *context,
                        struct params_error_sink *sink)
{
    struct err err = {0};
    if (text_eq(config->token_provider, "aws_msk_iam")) {
        params_report(sink, "saslTokenProvider",
                      "aws_msk_iam is not supported; use scram_sha512 with MSK, or bearer");
        return;
    }
    require(config->token_uri, "oauthTokenEndpointUri", "sasl oauthbearer", context, sink);
    if (!text_empty(config->token_uri) && !text_starts_with(config->token_uri, "https://") &&
        !text_starts_with(config->token_uri, "http://"))
        params_report(sink, "oauthTokenEndpointUri", "must begin with https:// or http://");
    if (!text_empty(config->extensions) && kafka_parse_extensions(config->extensions, NULL, &err) < 0)
        params_report(sink, "oauthExtensions", "%s", err.msg);
}

static void check_sasl(const struct kafka_config *config, const struct params_context *context,
                       struct params_error_sink *sink)
{
    if (text_eq(config->sasl, "none"))
        return;
    if (text_eq(config->sasl, "gssapi")) {
        params_report(sink, "sasl",
                      "gssapi (Kerberos) is not supported; use scram_sha512, plaintext or oauthbearer");
    } else if (text_eq(config->sasl, "oauthbearer")) {
        check_oauth(config, context, sink);
    } else if (strchr(config->sasl, ',')) {
        params_report(sink, "sasl", "takes one value"); /* the list check of choices lets several pass */
    } else {
        require(config->username, "username", "sasl", context, sink);
        require(config->password, "password", "sasl", context, sink);
    }
}

static void check_single(const char *value, const char *name, struct params_error_sink *sink)
{
    if (value && strchr(value, ','))
        params_report(sink, name, "takes one value");
}

void kafka_config_check(void *arg, const struct params_context *context, struct params_error_sink *sink)
{
    struct kafka_config *config = arg;
    struct err err = {0};
    check_servers(config, context, sink);
    check_topic_name(config->topic, sink);
    check_topic_rules(config, context, sink);
    check_exclusions(config, sink);
    check_single(config->offset_reset_policy, "offsetResetPolicy", sink);
    check_single(config->tls, "tls", sink);
    check_single(config->token_provider, "saslTokenProvider", sink);
    if (config->version && kafka_check_version(config->version, &err) < 0)
        params_report(sink, "version", "%s", err.msg);
    check_tls(config, context, sink);
    if (config->sasl)
        check_sasl(config, context, sink);
}

void kafka_config_done(void *arg)
{
    struct kafka_config *config = arg;
    mem_free(config->limits.items);
    config->limits = (struct param_ranges){0};
}

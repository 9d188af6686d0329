/* Client credentials (RFC 6749 §4.4). Which way an endpoint wants the client's name and secret cannot be
 * known: first the Authorization header, and if that is refused, the form, as Go's library does that KEDA
 * uses. */
#include "scalers/kafka/oauth.h"

#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/net/http_client.h"
#include "scaler/net/net.h"

#define TOKEN_TIMEOUT_MS 5000
#define TOKEN_MAX_BODY   ((size_t)1 << 20)
/* A token that does not say how long it lives is used for so long. */
#define TOKEN_DEFAULT_SECONDS 3600
#define TOKEN_MAX_SECONDS     ((int64_t)365 * 24 * 3600)

struct kafka_oauth {
    struct net *net;
    const struct kafka_cluster *cluster;
    struct http_pool *pool;
    kafka_token_fn got; /* NULL: closing */
    void *arg;
    bool busy;
    bool in_form; /* this try, and those after it once it worked */
    char *failed; /* why http_start refused; told in the next turn */
    void (*closed)(void *arg);
    void *closed_arg;
};

static void start(struct kafka_oauth *oauth);

int kafka_oauth_new(struct net *net, const struct kafka_cluster *cluster, kafka_token_fn got, void *arg,
                    struct kafka_oauth **ret, struct err *err)
{
    struct http_pool_options options = {.max_in_flight = 1, .tls = {.ca_pem = cluster->token_trust}};
    struct http_pool *pool;
    int rc = http_pool_new(net, &options, &pool, err);
    if (rc < 0)
        return rc;
    struct kafka_oauth *oauth = mem_zalloc(sizeof(*oauth));
    oauth->net = net;
    oauth->cluster = cluster;
    oauth->pool = pool;
    oauth->got = got;
    oauth->arg = arg;
    *ret = oauth;
    return 0;
}

static int parse_lifetime(json_t *root, int64_t *ret, struct err *err)
{
    json_t *value = json_object_get(root, "expires_in");
    int64_t seconds = TOKEN_DEFAULT_SECONDS;
    if (json_is_integer(value))
        seconds = json_integer_value(value);
    else if (json_is_real(value) && json_real_value(value) < (double)TOKEN_MAX_SECONDS)
        seconds = (int64_t)json_real_value(value);
    else if (json_is_string(value) && number_parse_go_int(json_string_value(value), &seconds, err) < 0)
        return ERR_PROTOCOL;
    if (seconds <= 0)
        seconds = TOKEN_DEFAULT_SECONDS;
    *ret = seconds < TOKEN_MAX_SECONDS ? seconds : TOKEN_MAX_SECONDS;
    return 0;
}

int kafka_oauth_parse(const char *body, size_t len, char **ret_token, int64_t *ret_seconds, struct err *err)
{
    AUTO_JSON json_t *root = NULL;
    int64_t seconds = 0;
    int rc = json_load_bytes(body, len, &root, err);
    if (rc < 0)
        return rc;
    const char *token = json_str(root, "access_token");
    if (text_empty(token))
        return err_set(err, ERR_PROTOCOL, "the answer has no access_token");
    if (parse_lifetime(root, &seconds, NULL) < 0)
        return err_set(err, ERR_PROTOCOL, "expires_in is not a number");
    *ret_token = mem_strdup(token);
    *ret_seconds = seconds;
    return 0;
}

static void deliver(struct kafka_oauth *oauth, const char *token, int64_t expires_ms, const char *why)
{
    oauth->busy = false;
    if (oauth->got)
        oauth->got(token, expires_ms, why, oauth->arg);
}

static void read_token(struct kafka_oauth *oauth, const struct http_response *response)
{
    struct err err = {0};
    char *token = NULL;
    int64_t seconds = 0;
    if (kafka_oauth_parse(response->body, response->body_len, &token, &seconds, &err) < 0)
        deliver(oauth, NULL, 0, err.msg);
    else
        deliver(oauth, token, clock_wall_ms() + seconds * 1000, NULL);
    mem_free_secret(token);
}

/* The body of a refusal may repeat the secret: only its status is told. */
static void on_response(const struct http_response *response, const struct err *error, void *arg)
{
    struct kafka_oauth *oauth = arg;
    if (!oauth->got) {
        oauth->busy = false;
    } else if (error) {
        deliver(oauth, NULL, 0, error->msg);
    } else if (response->status >= 200 && response->status < 300) {
        read_token(oauth, response);
    } else if (!oauth->in_form && (response->status == 400 || response->status == 401)) {
        oauth->in_form = true;
        start(oauth);
    } else {
        AUTO_FREE char *why = mem_printf("the token endpoint answered with status %d", response->status);
        oauth->in_form = false;
        deliver(oauth, NULL, 0, why);
    }
}

static void write_form(const struct kafka_oauth *oauth, struct strbuf *form)
{
    const struct kafka_cluster *cluster = oauth->cluster;
    strbuf_append(form, "grant_type=client_credentials");
    if (cluster->scope) {
        strbuf_append(form, "&scope=");
        strbuf_append_query_escaped(form, cluster->scope);
    }
    if (!oauth->in_form)
        return;
    strbuf_append(form, "&client_id=");
    strbuf_append_query_escaped(form, cluster->username);
    strbuf_append(form, "&client_secret=");
    strbuf_append_query_escaped(form, cluster->password);
}

static char *escaped(const char *text)
{
    struct strbuf buf;
    strbuf_init(&buf);
    strbuf_append_query_escaped(&buf, text);
    char *result = strbuf_take(&buf);
    strbuf_done(&buf);
    return result;
}

static void on_pool_closed(void *arg)
{
    struct kafka_oauth *oauth = arg;
    void (*closed)(void *arg) = oauth->closed;
    void *closed_arg = oauth->closed_arg;
    mem_free(oauth);
    closed(closed_arg);
}

static void tell_failure(void *arg)
{
    struct kafka_oauth *oauth = arg;
    char *why = oauth->failed;
    oauth->failed = NULL;
    deliver(oauth, NULL, 0, why);
    mem_free(why);
    if (oauth->closed)
        http_pool_close(oauth->pool, on_pool_closed, oauth);
}

static void start(struct kafka_oauth *oauth)
{
    static const struct http_header headers[] = {
        {"Content-Type", "application/x-www-form-urlencoded"},
        {"Accept", "application/json"},
    };
    struct strbuf form;
    struct err err = {0};
    strbuf_init(&form);
    write_form(oauth, &form);
    char *user = escaped(oauth->cluster->username);
    char *secret = escaped(oauth->cluster->password);
    struct http_request request = {
        .method = "POST",
        .url = oauth->cluster->token_uri,
        .headers = headers,
        .headers_len = ARRAY_LEN(headers),
        .body = form.data,
        .body_len = form.len,
        .timeout_ms = TOKEN_TIMEOUT_MS,
        .max_body = TOKEN_MAX_BODY,
        .username = oauth->in_form ? NULL : user,
        .password = oauth->in_form ? NULL : secret,
    };
    struct http_call *call;
    if (http_start(oauth->pool, &request, on_response, oauth, &call, &err) < 0) {
        oauth->failed = mem_strdup(err.msg);
        net_defer(oauth->net, tell_failure, oauth);
    }
    mem_free(user);
    mem_free_secret(secret);
    strbuf_done_secret(&form);
}

void kafka_oauth_fetch(struct kafka_oauth *oauth)
{
    if (oauth->busy || !oauth->got)
        return;
    oauth->busy = true;
    start(oauth);
}

void kafka_oauth_close(struct kafka_oauth *oauth, void (*closed)(void *arg), void *arg)
{
    oauth->got = NULL;
    oauth->closed = closed;
    oauth->closed_arg = arg;
    if (!oauth->failed)
        http_pool_close(oauth->pool, on_pool_closed, oauth);
}

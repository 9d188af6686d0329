/* The OAuth token: what endpoints answer, and how the request reaches them. */
#include "scalers/kafka/oauth.h"

#include "scaler/base/mem.h"
#include "tests/support/harness.h"
#include "tests/support/suite.h"
#include "tests/support/tcp_server.h"

static const struct {
    const char *body;
    const char *token; /* NULL: refused */
    int64_t seconds;
} answers[] = {
    {"{\"access_token\":\"abc\",\"expires_in\":60,\"token_type\":\"Bearer\"}", "abc", 60},
    {"{\"access_token\":\"abc\",\"expires_in\":\"60\"}", "abc", 60},
    {"{\"access_token\":\"abc\",\"expires_in\":60.9}", "abc", 60},
    {"{\"access_token\":\"abc\"}", "abc", 3600},
    {"{\"access_token\":\"abc\",\"expires_in\":0}", "abc", 3600},
    {"{\"access_token\":\"abc\",\"expires_in\":1e300}", "abc", 3600},
    {"{\"access_token\":\"abc\",\"expires_in\":9223372036854775807}", "abc", 365 * 24 * 3600},
    {"{\"access_token\":\"abc\",\"expires_in\":\"soon\"}", NULL, 0},
    {"{\"access_token\":\"\"}", NULL, 0},
    {"{\"access_token\":5}", NULL, 0},
    {"{\"error\":\"invalid_client\"}", NULL, 0},
    {"[]", NULL, 0},
    {"", NULL, 0},
    {"<html>", NULL, 0},
};

START_TEST(answer)
{
    char *token = NULL;
    int64_t seconds = -1;
    struct err err = {0};
    int rc = kafka_oauth_parse(answers[_i].body, strlen(answers[_i].body), &token, &seconds, &err);
    if (!answers[_i].token) {
        ck_assert_int_lt(rc, 0);
        ck_assert_ptr_null(token);
        return;
    }
    ck_assert_int_eq(rc, 0);
    ck_assert_str_eq(token, answers[_i].token);
    ck_assert_int_eq(seconds, answers[_i].seconds);
    mem_free_secret(token);
}
END_TEST

/* An endpoint that speaks one answer after the other, a connection each or not. */
struct endpoint {
    struct tcp_server server;
    const char *const *answers;
    struct strbuf seen;
    unsigned asked;
};

static void on_bytes(struct tcp_client *client)
{
    struct endpoint *endpoint = client->server->arg;
    char *head_end = strstr(client->in.data, "\r\n\r\n");
    char *length = strcasestr(client->in.data, "content-length:");
    if (!head_end || !length)
        return;
    size_t body = strtoul(length + strlen("content-length:"), NULL, 10);
    size_t whole = (size_t)(head_end - client->in.data) + 4 + body;
    if (client->in.len < whole)
        return;
    strbuf_append_n(&endpoint->seen, client->in.data, whole);
    strbuf_append_c(&endpoint->seen, '\n');
    strbuf_consume(&client->in, whole);
    const char *answer_text = endpoint->answers[endpoint->asked];
    if (!answer_text)
        return; /* silence */
    endpoint->asked++;
    tcp_client_say(client, answer_text);
}

struct fetch {
    bool done;
    char token[64];
    char why[200];
    int64_t expires_ms;
};

static void on_token(const char *token, int64_t expires_ms, const char *why, void *arg)
{
    struct fetch *fetch = arg;
    ck_assert(!fetch->done);
    ck_assert((token == NULL) != (why == NULL));
    fetch->done = true;
    fetch->expires_ms = expires_ms;
    snprintf(fetch->token, sizeof(fetch->token), "%s", token ? token : "");
    snprintf(fetch->why, sizeof(fetch->why), "%s", why ? why : "");
}

#define REPLY(status, length, body)                                                                          \
    "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nContent-Length: " length "\r\n\r\n" body
#define GOOD REPLY("200 OK", "39", "{\"access_token\":\"tok\",\"expires_in\":60}\n")

static const struct {
    const char *answers[3];
    const char *token;   /* NULL: fails */
    const char *why;     /* a piece of the reason */
    const char *seen[3]; /* pieces of the requests */
    const char *unseen;
} fetches[] = {
    {{GOOD},
     "tok",
     NULL,
     {"Authorization: Basic bSUyRmU6c2UlM0FjcmV0", "grant_type=client_credentials&scope=a+b%2F"},
     "client_secret"},
    {{REPLY("401 Unauthorized", "0", ""), GOOD},
     "tok",
     NULL,
     {"Authorization: Basic", "&client_id=m%2Fe&client_secret=se%3Acret"},
     NULL},
    {{REPLY("401 Unauthorized", "0", ""), REPLY("400 Bad Request", "9", "se:cret!!")},
     NULL,
     "status 400",
     {NULL},
     NULL},
    {{REPLY("503 Gone Fishing", "0", "")}, NULL, "status 503", {NULL}, "client_secret"},
    {{REPLY("200 OK", "2", "{}")}, NULL, "no access_token", {NULL}, NULL},
};

static void cluster_init(struct kafka_cluster *cluster, int port)
{
    *cluster = (struct kafka_cluster){.mechanism = KAFKA_SASL_OAUTH,
                                      .username = mem_strdup("m/e"),
                                      .password = mem_strdup("se:cret"),
                                      .scope = mem_strdup("a b/"),
                                      .token_uri = mem_printf("http://127.0.0.1:%d/token", port)};
}

static void endpoint_open(struct endpoint *endpoint, struct harness *harness, const char *const *texts)
{
    *endpoint = (struct endpoint){.answers = texts};
    endpoint->server.on_bytes = on_bytes;
    endpoint->server.arg = endpoint;
    strbuf_init(&endpoint->seen);
    tcp_server_open(&endpoint->server, &harness->loop);
}

START_TEST(fetch)
{
    struct harness harness;
    struct endpoint endpoint;
    struct kafka_cluster cluster;
    struct kafka_oauth *oauth;
    struct fetch got = {0};
    bool closed = false;
    harness_init(&harness);
    endpoint_open(&endpoint, &harness, fetches[_i].answers);
    cluster_init(&cluster, endpoint.server.port);
    ck_assert_int_eq(kafka_oauth_new(harness.net, &cluster, on_token, &got, &oauth, NULL), 0);
    kafka_oauth_fetch(oauth);
    kafka_oauth_fetch(oauth); /* one at a time */
    ck_assert(harness_run(&harness, harness_flag_is_set, &got.done, 8000));
    ck_assert_str_eq(got.token, fetches[_i].token ? fetches[_i].token : "");
    if (fetches[_i].token)
        ck_assert(llabs(got.expires_ms - clock_wall_ms() - 60000) < 9000);
    else
        ck_assert_msg(strstr(got.why, fetches[_i].why) && !strstr(got.why, "se:cret"), "%s", got.why);
    for (size_t i = 0; i < ARRAY_LEN(fetches[_i].seen) && fetches[_i].seen[i]; i++)
        ck_assert_msg(strstr(endpoint.seen.data, fetches[_i].seen[i]) != NULL, "%s", endpoint.seen.data);
    if (fetches[_i].unseen)
        ck_assert_ptr_null(strstr(endpoint.seen.data, fetches[_i].unseen));
    kafka_oauth_close(oauth, harness_set_flag, &closed);
    ck_assert(harness_run(&harness, harness_flag_is_set, &closed, 3000));
    tcp_server_close(&endpoint.server);
    strbuf_done(&endpoint.seen);
    kafka_cluster_done(&cluster);
    harness_done(&harness);
}
END_TEST

/* Closing in flight, refused at once (an address that is none), closing before that is told: never an answer.
 */
START_TEST(close_in_flight)
{
    static const char *const silence[] = {NULL};
    struct harness harness;
    struct endpoint endpoint;
    struct kafka_cluster cluster;
    struct kafka_oauth *oauth;
    struct fetch got = {0};
    bool closed = false;
    harness_init(&harness);
    endpoint_open(&endpoint, &harness, silence);
    cluster_init(&cluster, endpoint.server.port);
    if (_i == 1) {
        mem_free(cluster.token_uri);
        cluster.token_uri = mem_strdup("https://[broken");
    }
    ck_assert_int_eq(kafka_oauth_new(harness.net, &cluster, on_token, &got, &oauth, NULL), 0);
    kafka_oauth_fetch(oauth);
    if (_i == 0)
        harness_idle(&harness, 100);
    kafka_oauth_close(oauth, harness_set_flag, &closed);
    ck_assert(!closed);
    ck_assert(harness_run(&harness, harness_flag_is_set, &closed, 3000));
    ck_assert(!got.done);
    tcp_server_close(&endpoint.server);
    strbuf_done(&endpoint.seen);
    kafka_cluster_done(&cluster);
    harness_done(&harness);
}
END_TEST

START_TEST(bad_address_is_told)
{
    struct harness harness;
    struct kafka_cluster cluster;
    struct kafka_oauth *oauth;
    struct fetch got = {0};
    bool closed = false;
    harness_init(&harness);
    cluster_init(&cluster, 1);
    mem_free(cluster.token_uri);
    cluster.token_uri = mem_strdup("https://[broken");
    ck_assert_int_eq(kafka_oauth_new(harness.net, &cluster, on_token, &got, &oauth, NULL), 0);
    kafka_oauth_fetch(oauth);
    ck_assert(!got.done);
    ck_assert(harness_run(&harness, harness_flag_is_set, &got.done, 3000));
    ck_assert_str_ne(got.why, "");
    kafka_oauth_close(oauth, harness_set_flag, &closed);
    ck_assert(harness_run(&harness, harness_flag_is_set, &closed, 3000));
    kafka_cluster_done(&cluster);
    harness_done(&harness);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, answer, 0, ARRAY_LEN(answers));
    tcase_add_loop_test(tests, fetch, 0, ARRAY_LEN(fetches));
    tcase_add_loop_test(tests, close_in_flight, 0, 2);
    tcase_add_test(tests, bad_address_is_told);
}

int main(void)
{
    return suite_run("kafka_oauth", 30, add);
}

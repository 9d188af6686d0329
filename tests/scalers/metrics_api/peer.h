/* An HTTP peer on the test's loop that says what the test wants, and a source of type metrics-api that reads
 * from it. */
#ifndef TESTS_SCALERS_METRICS_API_PEER_H
#define TESTS_SCALERS_METRICS_API_PEER_H

#include <stdio.h>
#include <string.h>

#include "tests/support/harness.h"
#include "tests/support/tcp_server.h"

extern const struct scaler_type scaler_metrics_api;

struct test {
    struct harness harness;
    struct tcp_server server;
    struct strbuf answer; /* what every request gets; empty: nothing */
    char request[4096];   /* the head of the last one */
    unsigned requests;
    char url[128];
};

static inline void test_answer(struct test *test, const char *status, const char *headers, const char *body)
{
    strbuf_reset(&test->answer);
    strbuf_printf(&test->answer, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers,
                  strlen(body), body);
}

static inline void test_on_bytes(struct tcp_client *client)
{
    struct test *test = client->server->arg;
    for (char *end; (end = strstr(client->in.data, "\r\n\r\n"));) {
        size_t len = (size_t)(end - client->in.data) + 2;
        snprintf(test->request, sizeof(test->request), "%.*s", (int)len, client->in.data);
        strbuf_consume(&client->in, len + 2);
        test->requests++;
        if (test->answer.len > 0)
            tcp_client_send(client, test->answer.data, test->answer.len);
    }
}

static inline void test_init(struct test *test, const char *path)
{
    memset(test, 0, sizeof(*test));
    harness_init(&test->harness);
    strbuf_init(&test->answer);
    test->server.on_bytes = test_on_bytes;
    test->server.arg = test;
    tcp_server_open(&test->server, &test->harness.loop);
    snprintf(test->url, sizeof(test->url), "http://127.0.0.1:%d%s", test->server.port, path);
    test_answer(test, "200 OK", "Content-Type: application/json\r\n", "{\"jobs\":{\"waiting\":7}}");
}

/* pairs: besides url, valueLocation and targetValue; NULL-terminated. */
static inline void test_open(struct test *test, const char *const *pairs)
{
    const char *all[40] = {"url", test->url, "valueLocation", "jobs.waiting", "targetValue", "5"};
    for (size_t i = 0; pairs && pairs[i] && i < 32; i++)
        all[6 + i] = pairs[i];
    harness_open(&test->harness, &scaler_metrics_api, all);
}

static inline void test_done(struct test *test)
{
    if (test->harness.source)
        harness_close_source(&test->harness);
    tcp_server_close(&test->server);
    harness_done(&test->harness);
    strbuf_done(&test->answer);
}

#endif

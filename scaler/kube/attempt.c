/* Owns one try of a request: sending it, and judging what came back. The request's life is call.c's. */
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/kube/answer.h"
#include "scaler/kube/client_internal.h"
#include "scaler/net/http_client.h"
#include "scaler/net/net.h"

#define PAUSE_MAX_MS 30000
#define TRY_MIN_MS   5000

/* A create that may have been executed is not repeated: it would answer that the object exists, or make a
 * second one. */
static bool worth_another_try(const struct kube_call *call, int status, int code, bool sent)
{
    if (call->tries >= call->max_tries || call->lane == LANE_STREAMS)
        return false;
    if (!sent)
        return code == ERR_AUTH;
    if (strcmp(call->method, "POST") == 0)
        return status == 429;
    if (status == 429 || status >= 500)
        return true;
    bool no_answer = code == ERR_IO || code == ERR_TIMEOUT || code == ERR_UNAVAILABLE || code == ERR_PROTOCOL;
    return no_answer && status < 300;
}

/* Retry-After is a floor; a little is added so that all who were told the same do not come back together. */
static int64_t next_delay_ms(struct kube_call *call, int64_t retry_after_ms)
{
    int64_t delay = backoff_next_ms(&call->backoff);
    if (retry_after_ms <= 0)
        return delay;
    return retry_after_ms +
           (int64_t)random_below((uint64_t)(retry_after_ms < 4000 ? retry_after_ms / 4 : 1000) + 1);
}

/* true: the call waits for its next try. */
static bool try_again(struct kube_call *call, int status, const struct err *error, int64_t retry_after_ms,
                      bool sent)
{
    struct net *net = call->client->net;
    if (call->client->closing || !worth_another_try(call, status, error->code, sent))
        return false;
    int64_t delay = next_delay_ms(call, retry_after_ms);
    if (call->deadline_ms && delay >= call->deadline_ms - net_now_ms(net))
        return false; /* it would not come in time: the answer that is known is worth more */
    call_wait(call, error, delay);
    return true;
}

static void note_pause(struct kube_client *client, int64_t retry_after_ms)
{
    if (retry_after_ms <= 0)
        return;
    int64_t until = net_now_ms(client->net) + (retry_after_ms < PAUSE_MAX_MS ? retry_after_ms : PAUSE_MAX_MS);
    if (until > client->pause_until_ms)
        client->pause_until_ms = until;
}

static bool retry_with_new_credential(struct kube_call *call, int status)
{
    if (status != 401 || call->auth_retried || call->client->closing ||
        !kube_auth_refused(call->client->auth, call->credential_serial))
        return false;
    call->auth_retried = true;
    call_enqueue(call, true);
    client_pump(call->client);
    return true;
}

/* A failed transfer's text names the request already. */
static void judge(struct kube_call *call, const struct http_response *response, const struct err *transport,
                  json_t **ret_body, struct err *ret_error)
{
    if (transport || !response)
        *ret_error = transport ? *transport : (struct err){.code = ERR_IO, .msg = "no answer"};
    else if (answer_read(response->status, response->body, response->body_len, ret_body, ret_error) < 0)
        call_wrap_request(call, ret_error);
}

static void settle(struct kube_call *call, const struct http_response *response, const struct err *transport)
{
    struct kube_client *client = call->client;
    int status = response ? response->status : 0;
    int64_t retry_after_ms = response ? response->retry_after_ms : -1;
    json_t *body = NULL;
    struct err error = {0};
    judge(call, response, transport, &body, &error);
    client_count(client, call->verb, status);
    if (status == 429)
        note_pause(client, retry_after_ms);
    if (error.code == 0)
        call_answer(call, status, body, NULL);
    else if (retry_with_new_credential(call, status) || try_again(call, status, &error, retry_after_ms, true))
        client_pump(client);
    else
        call_answer(call, status, NULL, &error);
    json_decref(body);
}

static void on_http(const struct http_response *response, const struct err *transport, void *arg)
{
    struct kube_call *call = arg;
    struct kube_client *client = call->client;
    call->http = NULL;
    client_note_ended(client, call);
    if (transport && transport->code == ERR_TIMEOUT && !call->canceled)
        channel_suspect(call->channel);
    channel_release(call->channel);
    call->channel = NULL;
    if (!call->canceled) {
        settle(call, response, transport);
        return;
    }
    struct err error;
    err_set(&error, ERR_CANCELED, "canceled");
    call_answer(call, 0, NULL, &error);
}

static bool on_http_data(const char *bytes, size_t len, void *arg)
{
    struct kube_call *call = arg;
    return !call->canceled && call->on_data(bytes, len, call->arg);
}

/* The header's text is the caller's to wipe. */
static size_t build_headers(const struct kube_call *call, const struct kube_credential *credential,
                            char **bearer, struct http_header headers[4])
{
    size_t len = 0;
    headers[len++] = (struct http_header){"Accept", "application/json"};
    headers[len++] = (struct http_header){"User-Agent", call->client->user_agent};
    if (call->body)
        headers[len++] = (struct http_header){"Content-Type", call->content_type};
    if (credential->token) {
        *bearer = mem_printf("Bearer %s", credential->token);
        headers[len++] = (struct http_header){"Authorization", *bearer};
    }
    return len;
}

/* A connection that died unnoticed must not cost the whole deadline: half of what is left is for this try,
 * the rest for another one on a new connection. 0: no limit. */
static int64_t try_timeout_ms(const struct kube_call *call)
{
    int64_t left_ms = call->deadline_ms - net_now_ms(call->client->net);
    if (call->deadline_ms == 0)
        return 0;
    bool last =
        call->tries + 1 >= call->max_tries || call->lane == LANE_STREAMS || strcmp(call->method, "POST") == 0;
    int64_t timeout_ms = last ? left_ms : left_ms / 2;
    if (timeout_ms < TRY_MIN_MS)
        timeout_ms = TRY_MIN_MS < left_ms ? TRY_MIN_MS : left_ms;
    return timeout_ms > 1 ? timeout_ms : 1;
}

static int start_http(struct kube_call *call, const struct kube_credential *credential, struct err *err)
{
    struct http_header headers[4];
    char *bearer = NULL;
    AUTO_FREE char *url = mem_printf("%s%s", call->client->config.server, call->path);
    struct http_request request = {
        .method = call->method,
        .url = url,
        .headers = headers,
        .headers_len = build_headers(call, credential, &bearer, headers),
        .body = call->body,
        .body_len = call->body ? strlen(call->body) : 0,
        .timeout_ms = try_timeout_ms(call),
        .idle_timeout_ms = call->idle_timeout_ms,
        .max_body = JSON_MAX_BYTES,
        .on_data = call->on_data ? on_http_data : NULL,
        .username = credential->username,
        .password = credential->password,
    };
    int rc = http_start(call->channel->pool, &request, on_http, call, &call->http, err);
    mem_free_secret(bearer);
    return rc;
}

void call_send(struct kube_call *call, const struct kube_credential *credential)
{
    struct kube_client *client = call->client;
    struct err error;
    call->channel = channel_use(client, call->lane, credential, &error);
    if (call->channel && start_http(call, credential, &error) == 0) {
        timer_stop(client->net, &call->timer);
        call->credential_serial = credential->serial;
        call->state = CALL_SENT;
        call->tries++;
        client_note_sent(client, call);
        return;
    }
    if (call->channel)
        channel_release(call->channel);
    call->channel = NULL;
    call_wrap_request(call, &error);
    call_answer_later(call, 0, &error);
}

void call_failed_before_sending(struct kube_call *call, const struct err *error)
{
    struct err copy = *error;
    call->tries++;
    call_wrap_request(call, &copy);
    if (!try_again(call, 0, &copy, -1, false))
        call_answer_later(call, 0, &copy);
}

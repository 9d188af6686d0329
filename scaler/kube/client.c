/* Owns the client's life, its queues and the order in which requests leave. What becomes of one request is
 * call.c's. */
#include "scaler/kube/client.h"

#include <string.h>
#include <utlist.h>

#include "scaler/base/mem.h"
#include "scaler/kube/client_internal.h"
#include "scaler/net/net.h"

#define MAX_IN_FLIGHT 64
#define MAX_IN_FLIGHT_NORMAL                                                                                 \
    56 /* the rest is kept free for urgent ones, which must not wait behind slow lists */
#define STREAMS_UNPACED 64
#define STREAM_PACE_MS  20

static void on_auth_changed(void *arg)
{
    client_pump(arg);
}

int kube_client_new(struct net *net, const struct kubeconfig *config, const char *user_agent,
                    struct kube_client **ret, struct err *err)
{
    if (!config->server)
        return err_set(err, ERR_CONFIG, "no API server");
    struct kube_client *client = mem_zalloc(sizeof(*client));
    client->net = net;
    kubeconfig_copy(&client->config, config);
    client->user_agent = mem_strdup(user_agent ? user_agent : "davit");
    client->auth = kube_auth_new(net, &client->config, on_auth_changed, client);
    *ret = client;
    return 0;
}

struct net *kube_client_net(struct kube_client *client)
{
    return client->net;
}

static void on_pump_timer(struct timer *timer)
{
    client_pump(container_of(timer, struct kube_client, pump_timer));
}

static void pump_at(struct kube_client *client, int64_t at_ms)
{
    if (!timer_running(&client->pump_timer) || client->pump_timer.due_ms > at_ms)
        timer_start_at(client->net, &client->pump_timer, at_ms, on_pump_timer);
}

/* A connection carries about a hundred streams. Were all that do not fit started in one turn, each would make
 * a connection of its own; one after the other they find the new one ready. */
static struct kube_call *next_stream(struct kube_client *client)
{
    struct kube_call *call = client->queues[QUEUE_STREAMS];
    if (!call || client->streams < STREAMS_UNPACED || net_now_ms(client->net) >= client->next_stream_ms)
        return call;
    pump_at(client, client->next_stream_ms);
    return NULL;
}

static struct kube_call *next_normal(struct kube_client *client)
{
    struct kube_call *call = client->queues[QUEUE_NORMAL];
    if (!call || client->in_flight >= MAX_IN_FLIGHT_NORMAL)
        return NULL;
    if (net_now_ms(client->net) >= client->pause_until_ms)
        return call;
    pump_at(client, client->pause_until_ms);
    return NULL;
}

/* The next call that may leave now; NULL: none. */
static struct kube_call *next_call(struct kube_client *client)
{
    if (client->queues[QUEUE_URGENT] && client->in_flight < MAX_IN_FLIGHT)
        return client->queues[QUEUE_URGENT];
    struct kube_call *call = next_stream(client);
    return call ? call : next_normal(client);
}

/* Counts what leaves. */
void client_note_sent(struct kube_client *client, const struct kube_call *call)
{
    client->in_flight += call->lane == LANE_CALLS;
    client->streams += call->lane == LANE_STREAMS;
    if (call->lane == LANE_STREAMS)
        client->next_stream_ms = net_now_ms(client->net) + STREAM_PACE_MS;
}

void client_note_ended(struct kube_client *client, const struct kube_call *call)
{
    client->in_flight -= call->lane == LANE_CALLS;
    client->streams -= call->lane == LANE_STREAMS;
}

void client_pump(struct kube_client *client)
{
    struct kube_call *call;
    while (!client->closing && (call = next_call(client)) != NULL) {
        struct kube_credential credential;
        struct err error;
        int rc = kube_auth_poll(client->auth, &credential, &error);
        if (rc == 0)
            return; /* on_auth_changed goes on */
        DL_DELETE(client->queues[call_queue_of(call)], call);
        if (rc < 0)
            call_failed_before_sending(call, &error);
        else
            call_send(call, &credential);
    }
}

static void finish_close(void *arg)
{
    struct kube_client *client = arg;
    void (*closed)(void *) = client->closed;
    void *closed_arg = client->closed_arg;
    discovery_free(client->discovery);
    kubeconfig_done(&client->config);
    mem_free(client->user_agent);
    mem_free(client);
    if (closed)
        closed(closed_arg);
}

void client_check_closed(struct kube_client *client)
{
    bool busy = !client->closing || client->finishing || client->calls || client->channels ||
                !client->auth_closed || !discovery_idle(client->discovery);
    if (busy)
        return;
    client->finishing = true;
    net_defer(client->net, finish_close, client);
}

static void on_auth_closed(void *arg)
{
    struct kube_client *client = arg;
    client->auth_closed = true;
    client_check_closed(client);
}

void kube_client_close(struct kube_client *client, void (*closed)(void *arg), void *arg)
{
    client->closing = true;
    client->closed = closed;
    client->closed_arg = arg;
    timer_stop(client->net, &client->pump_timer);
    call_cancel_all(client);
    if (client->discovery)
        discovery_close(client->discovery);
    channel_retire_all(client);
    kube_auth_close(client->auth, on_auth_closed, client);
}

void client_count(struct kube_client *client, const char *verb, int code)
{
    for (size_t i = 0; i < client->counters_len; i++) {
        if (client->counters[i].code == code && strcmp(client->counters[i].verb, verb) == 0) {
            client->counters[i].count++;
            return;
        }
    }
    if (client->counters_len < COUNTERS_MAX)
        client->counters[client->counters_len++] =
            (struct kube_counter){.verb = verb, .code = code, .count = 1};
}

size_t kube_counters(const struct kube_client *client, const struct kube_counter **ret)
{
    *ret = client->counters;
    return client->counters_len;
}

/* Owns the client's connections: which pool a request goes out on, and when an old one is let go. */
#include <string.h>
#include <utlist.h>

#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/kube/client_internal.h"
#include "scaler/net/http_client.h"
#include "scaler/net/net.h"

#define ROTATE_MIN_GAP_MS 10000

static int open_pool(struct kube_client *client, const struct kube_credential *credential,
                     struct http_pool **ret, struct err *err)
{
    const struct kubeconfig *config = &client->config;
    struct http_pool_options options = {
        .tls =
            {
                .ca_pem = config->ca_pem,
                .only_ca = config->ca_pem != NULL,
                .cert_pem = credential->cert_pem,
                .key_pem = credential->key_pem,
                .server_name = config->tls_server_name,
                .insecure = config->insecure,
            },
        .proxy = config->proxy_url,
        .own_connections = true, /* else a new channel would be given the connection it was made to avoid */
        .http2 = strncmp(config->server, "https://", 8) == 0,
    };
    return http_pool_new(client->net, &options, ret, err);
}

static void on_pool_closed(void *arg)
{
    struct kube_channel *channel = arg;
    struct kube_client *client = channel->client;
    DL_DELETE(client->channels, channel);
    mem_free(channel);
    client_check_closed(client);
}

static void retire(struct kube_channel *channel)
{
    if (channel->retired)
        return;
    channel->retired = true;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        if (channel->client->current[lane] == channel)
            channel->client->current[lane] = NULL;
    if (channel->users == 0)
        http_pool_close(channel->pool, on_pool_closed, channel);
}

struct kube_channel *channel_use(struct kube_client *client, enum kube_lane lane,
                                 const struct kube_credential *credential, struct err *err)
{
    struct kube_channel *channel = client->current[lane];
    if (channel && client->cert_serial[lane] != credential->cert_serial) {
        retire(channel);
        channel = NULL;
    }
    if (!channel) {
        struct http_pool *pool;
        if (open_pool(client, credential, &pool, err) < 0)
            return NULL;
        channel = mem_zalloc(sizeof(*channel));
        *channel = (struct kube_channel){.client = client, .pool = pool};
        DL_APPEND(client->channels, channel);
        client->current[lane] = channel;
        client->cert_serial[lane] = credential->cert_serial;
    }
    channel->users++;
    return channel;
}

void channel_release(struct kube_channel *channel)
{
    if (--channel->users == 0 && channel->retired)
        http_pool_close(channel->pool, on_pool_closed, channel);
}

void channel_suspect(struct kube_channel *channel)
{
    struct kube_client *client = channel->client;
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        int64_t now = net_now_ms(client->net);
        if (client->current[lane] != channel || now - client->rotated_ms[lane] < ROTATE_MIN_GAP_MS)
            continue;
        client->rotated_ms[lane] = now;
        log_debug(NULL, "kubernetes: a request got no answer; the next ones use a new connection");
        retire(channel);
        return;
    }
}

void channel_retire_all(struct kube_client *client)
{
    for (int lane = 0; lane < LANE_COUNT; lane++)
        if (client->current[lane])
            retire(client->current[lane]);
}

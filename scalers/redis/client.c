/* The client's common part, and the simplest kind: one server, one connection. */
#include "scalers/redis/client.h"

#include "scaler/base/mem.h"
#include "scaler/net/net.h"
#include "scalers/redis/client_internal.h"
#include "scalers/redis/failure.h"

void redis_client_init(struct redis_client *client, const struct redis_client_ops *ops, struct net *net,
                       const struct redis_params *params)
{
    client->ops = ops;
    client->net = net;
    client->login = redis_params_login(params);
    if (params->topology == REDIS_SENTINEL)
        client->sentinel_login = redis_params_sentinel_login(params);
    client->waiting_tail = &client->waiting;
}

int redis_client_open(struct net *net, const struct redis_params *params, struct redis_client **ret,
                      struct err *err)
{
    static int (*const opens[])(struct net *, const struct redis_params *, struct redis_client **,
                                struct err *) = {
        [REDIS_SINGLE] = redis_single_open,
        [REDIS_CLUSTER] = redis_cluster_open,
        [REDIS_SENTINEL] = redis_sentinel_open,
    };
    return opens[params->topology](net, params, ret, err);
}

int redis_client_call(struct redis_client *client, struct redis_call *call, struct err *err)
{
    if (client->closing)
        return err_set(err, ERR_CANCELED, "the connection is being closed");
    call->client = client;
    call->redirects = 0;
    return client->ops->call(client, call, err);
}

int redis_client_failure(const struct redis_client *client, const struct redis_reply *reply, struct err *err)
{
    const struct redis_login *sentinel = client->sentinel_login;
    const char *secrets[] = {client->login->password, sentinel ? sentinel->password : NULL};
    return redis_failure(reply, secrets, ARRAY_LEN(secrets), err);
}

void redis_client_wait(struct redis_client *client, struct redis_call *call)
{
    call->next = NULL;
    *client->waiting_tail = call;
    client->waiting_tail = &call->next;
}

/* The queue is empty before the first goes: an answered asker may well call again. */
void redis_client_release(struct redis_client *client,
                          int (*send)(struct redis_client *client, struct redis_call *call, struct err *err),
                          const struct err *error)
{
    struct redis_call *call = client->waiting;
    client->waiting = NULL;
    client->waiting_tail = &client->waiting;
    while (call) {
        struct redis_call *next = call->next;
        struct err err = {0};
        if (error)
            call->done(call, NULL, error);
        else if (send(client, call, &err) < 0)
            call->done(call, NULL, &err);
        call = next;
    }
}

static void on_cancel(void *arg)
{
    static const struct err canceled = {.code = ERR_CANCELED, .msg = "the connection was closed"};
    struct redis_client *client = arg;
    redis_client_release(client, NULL, &canceled);
    client->ops->close(client);
}

void redis_client_close(struct redis_client *client, void (*closed)(void *arg), void *arg)
{
    client->closing = true;
    client->closed = closed;
    client->closed_arg = arg;
    net_defer(client->net, on_cancel, client);
}

void redis_client_gone(struct redis_client *client)
{
    void (*closed)(void *) = client->closed;
    void *arg = client->closed_arg;
    redis_login_unref(client->login);
    redis_login_unref(client->sentinel_login);
    client->ops->free(client);
    closed(arg);
}

void redis_addresses_read(struct redis_addresses *addresses, const struct text_list *texts)
{
    addresses->items = mem_zalloc_array(texts->len, sizeof(*addresses->items));
    addresses->len = 0;
    for (size_t i = 0; i < texts->len; i++) {
        struct redis_address *address = &addresses->items[addresses->len];
        if (redis_address_parse(texts->items[i], &address->host, &address->port, NULL) == 0)
            addresses->len++;
    }
}

void redis_addresses_done(struct redis_addresses *addresses)
{
    for (size_t i = 0; i < addresses->len; i++)
        mem_free(addresses->items[i].host);
    mem_free(addresses->items);
}

/* One server. */

struct single {
    struct redis_client client;
    struct redis_connection *connection;
};

static void on_single_done(struct redis_request *request, const struct redis_reply *reply,
                           const struct err *error)
{
    struct redis_call *call = container_of(request, struct redis_call, request);
    call->done(call, reply, error);
}

static int single_call(struct redis_client *client, struct redis_call *call, struct err *err)
{
    struct single *single = (struct single *)client;
    call->request.done = on_single_done;
    return redis_connection_send(single->connection, &call->request, call->args, call->args_len, err);
}

static void on_single_closed(void *arg)
{
    redis_client_gone(arg);
}

static void single_close(struct redis_client *client)
{
    redis_connection_close(((struct single *)client)->connection, on_single_closed, client);
}

static void single_free(struct redis_client *client)
{
    mem_free(client);
}

static const struct redis_client_ops single_ops = {
    .call = single_call, .close = single_close, .free = single_free};

int redis_single_open(struct net *net, const struct redis_params *params, struct redis_client **ret,
                      struct err *err)
{
    AUTO_FREE char *host = NULL;
    struct redis_endpoint endpoint = {.database = params->database};
    const char *address = params->addresses.len > 0 ? params->addresses.items[0] : "";
    int result = redis_address_parse(address, &host, &endpoint.port, err);
    if (result < 0)
        return result;
    struct single *single = mem_zalloc(sizeof(*single));
    redis_client_init(&single->client, &single_ops, net, params);
    endpoint.host = host;
    endpoint.login = single->client.login;
    result = redis_connection_open(net, &endpoint, &single->connection, err);
    if (result < 0) {
        redis_login_unref(single->client.login);
        mem_free(single);
        return result;
    }
    *ret = &single->client;
    return 0;
}

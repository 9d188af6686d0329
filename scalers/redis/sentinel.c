/* A master behind sentinels. Before a reading one of them is asked who the master is, at most once a second;
 * the connection to the one they name asks it for its role. What answers to both is the master. */
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/net/net.h"
#include "scalers/redis/client_internal.h"
#include "scalers/redis/failure.h"
#include "scalers/redis/survey.h"

/* How long a sentinel's word counts; and, while none answers, how long the master last named is read without
 * asking. */
#define WORD_MS    1000
#define SILENCE_MS 10000

struct sentinel_client {
    struct redis_client client; /* first */
    struct redis_addresses addresses;
    char *master_name;
    struct redis_peers sentinels, masters;
    struct redis_peer *master; /* NULL: unknown */
    int64_t ask_again_ms;
    bool trouble;     /* the master's connection broke, or it speaks as a replica does */
    size_t preferred; /* index of the sentinel that answered last */
    struct redis_survey survey;
    struct redis_arg args[3];
    struct survey_question question;
    unsigned open; /* tables of peers not closed yet */
};

static int on_peer(void *arg, size_t index, struct redis_peer **ret, struct err *err)
{
    struct sentinel_client *self = arg;
    *ret = NULL;
    if (index >= self->addresses.len)
        return 0;
    const struct redis_address *address =
        &self->addresses.items[(self->preferred + index) % self->addresses.len];
    int result = redis_peers_get(&self->sentinels, address->host, address->port, ret, err);
    return result < 0 ? err_wrap(err, "sentinel %s:%u", address->host, (unsigned)address->port) : 0;
}

static int read_answer(struct sentinel_client *self, const struct redis_reply *reply, struct redis_peer **ret,
                       struct err *err)
{
    int64_t port = 0;
    if (reply->type == REDIS_ERROR)
        return redis_client_failure(&self->client, reply, err);
    if (reply->type == REDIS_NIL)
        return err_set(err, ERR_NOT_FOUND, "no master of this name is known");
    if (reply->type != REDIS_LIST || reply->len != 2 || reply->items[0]->type != REDIS_TEXT ||
        reply->items[1]->type != REDIS_TEXT || strlen(reply->items[0]->text) != reply->items[0]->len ||
        number_parse_json_int(reply->items[1]->text, 1, UINT16_MAX, &port, NULL) < 0)
        return err_set(err, ERR_PROTOCOL, "the answer is not the address of a master");
    return redis_peers_get(&self->masters, reply->items[0]->text, (uint16_t)port, ret, err);
}

static int on_accept(void *arg, struct redis_peer *peer, size_t index, size_t question,
                     const struct redis_reply *reply, struct err *err)
{
    struct sentinel_client *self = arg;
    (void)question;
    int result = read_answer(self, reply, &self->master, err);
    if (result < 0)
        return err_wrap(err, "sentinel %s:%u", peer->host, (unsigned)peer->port);
    self->preferred = (self->preferred + index) % self->addresses.len;
    self->ask_again_ms = net_now_ms(self->client.net) + WORD_MS;
    self->trouble = false;
    self->master->keep = true;
    redis_peers_sweep(&self->masters);
    return 0;
}

static int send_call(struct redis_client *client, struct redis_call *call, struct err *err);

/* Sentinels that are silent for a while do not stop a master that answers and has last been named. One that
 * has since been demoted has cut our connection, and says on the next that it is a replica. */
static bool master_is_alive(const struct sentinel_client *self, const struct err *error)
{
    bool silent = error->code == ERR_IO || error->code == ERR_TIMEOUT;
    return silent && self->master && !self->trouble;
}

static void on_finished(void *arg, const struct err *error)
{
    struct sentinel_client *self = arg;
    if (error && master_is_alive(self, error)) {
        self->ask_again_ms = net_now_ms(self->client.net) + SILENCE_MS;
        error = NULL;
    }
    redis_client_release(&self->client, send_call, error);
}

static const struct survey_ops survey_ops = {.peer = on_peer, .accept = on_accept, .finished = on_finished};

static void on_answer(struct redis_request *request, const struct redis_reply *reply, const struct err *error)
{
    struct redis_call *call = container_of(request, struct redis_call, request);
    struct sentinel_client *self = (struct sentinel_client *)call->client;
    redis_peer_answered(call->peer);
    if (call->peer == self->master &&
        (error || redis_failure_is(reply, "READONLY") || redis_failure_is(reply, "MASTERDOWN")))
        self->trouble = true;
    call->done(call, reply, error);
}

static int send_call(struct redis_client *client, struct redis_call *call, struct err *err)
{
    struct sentinel_client *self = (struct sentinel_client *)client;
    call->peer = self->master;
    call->request.done = on_answer;
    return redis_peer_send(call->peer, &call->request, call->args, call->args_len, err);
}

static int sentinel_call(struct redis_client *client, struct redis_call *call, struct err *err)
{
    struct sentinel_client *self = (struct sentinel_client *)client;
    bool known = self->master && !self->trouble && net_now_ms(client->net) < self->ask_again_ms;
    if (known && !self->survey.running)
        return send_call(client, call, err);
    if (!self->survey.running) {
        int result = redis_survey_start(&self->survey, err);
        if (result < 0)
            return result;
    }
    redis_client_wait(client, call);
    return 0;
}

static void on_closed(void *arg)
{
    struct sentinel_client *self = arg;
    if (--self->open == 0)
        redis_client_gone(&self->client);
}

static void sentinel_close(struct redis_client *client)
{
    struct sentinel_client *self = (struct sentinel_client *)client;
    redis_survey_stop(&self->survey);
    self->open = 2;
    redis_peers_close(&self->masters, on_closed, self);
    redis_peers_close(&self->sentinels, on_closed, self);
}

static void sentinel_free(struct redis_client *client)
{
    struct sentinel_client *self = (struct sentinel_client *)client;
    redis_addresses_done(&self->addresses);
    mem_free(self->master_name);
    mem_free(self);
}

static const struct redis_client_ops sentinel_ops = {
    .call = sentinel_call, .close = sentinel_close, .free = sentinel_free};

int redis_sentinel_open(struct net *net, const struct redis_params *params, struct redis_client **ret,
                        struct err *err)
{
    (void)err;
    struct sentinel_client *self = mem_zalloc(sizeof(*self));
    redis_client_init(&self->client, &sentinel_ops, net, params);
    redis_addresses_read(&self->addresses, &params->addresses);
    self->master_name = mem_strdup(params->sentinel_master ? params->sentinel_master : "");
    redis_peers_init(&self->sentinels, net, redis_login_ref(self->client.sentinel_login), 0, false);
    redis_peers_init(&self->masters, net, redis_login_ref(self->client.login), params->database, true);
    static const char get[] = "get-master-addr-by-name";
    self->args[0] = (struct redis_arg){"SENTINEL", 8};
    self->args[1] = (struct redis_arg){get, sizeof(get) - 1};
    self->args[2] = (struct redis_arg){self->master_name, strlen(self->master_name)};
    self->question = (struct survey_question){self->args, ARRAY_LEN(self->args)};
    self->survey =
        (struct redis_survey){.net = net, .ops = &survey_ops, .arg = self, .questions = &self->question};
    *ret = &self->client;
    return 0;
}

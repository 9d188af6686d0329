/* A cluster: a map of slots, learned from any node, followed until a node says otherwise. A reading waits for
 * a new map when there is none or when a node has failed; redirects and age only have one fetched on the
 * side. */
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/net/net.h"
#include "scalers/redis/client_internal.h"
#include "scalers/redis/cluster_map.h"
#include "scalers/redis/failure.h"
#include "scalers/redis/survey.h"

#define REDIRECTS_MAX 3
/* A map is learned anew at this age, and after a redirect at that one. */
#define MAP_OLD_MS   10000
#define MAP_MOVED_MS 1000
#define NO_OWNER     UINT16_MAX
/* An owner that has failed may still be listed beside its successor; more is made up to keep us busy. */
#define CLAIMED_MAX ((size_t)2 * CLUSTER_SLOTS)

_Static_assert(REDIS_PEERS_MAX < NO_OWNER, "every node has an index");

struct map {
    struct redis_peer **nodes;
    size_t len;
    uint16_t owner[CLUSTER_SLOTS]; /* index into nodes */
};

struct cluster_client {
    struct redis_client client; /* first */
    struct redis_addresses seeds;
    struct redis_peers peers;
    struct map *map; /* NULL: none yet */
    bool stale;      /* a reading must not rely on it */
    bool moved;
    int64_t learned_ms;
    struct redis_survey survey;
    size_t first;                     /* where the survey began among the nodes */
    const struct redis_peer *suspect; /* failed last; only ever compared */
};

static const struct redis_arg slots_args[] = {{"CLUSTER", 7}, {"SLOTS", 5}};
static const struct redis_arg shards_args[] = {{"CLUSTER", 7}, {"SHARDS", 6}};
static const struct survey_question questions[] = {{slots_args, 2}, {shards_args, 2}};

static void map_free(struct map *map)
{
    if (!map)
        return;
    mem_free(map->nodes);
    mem_free(map);
}

static uint16_t map_add(struct map *map, struct redis_peer *peer)
{
    if (peer->index < map->len && map->nodes[peer->index] == peer)
        return peer->index;
    map->nodes = mem_realloc_array(map->nodes, map->len + 1, sizeof(struct redis_peer *));
    map->nodes[map->len] = peer;
    peer->index = (uint16_t)map->len++;
    return peer->index;
}

/* First those of the map, beginning anywhere, then the seeds. */
static int on_peer(void *arg, size_t index, struct redis_peer **ret, struct err *err)
{
    struct cluster_client *self = arg;
    size_t nodes = self->map ? self->map->len : 0;
    if (index < nodes) {
        *ret = self->map->nodes[(self->first + index) % nodes];
        return 0;
    }
    index -= nodes;
    *ret = NULL;
    if (index >= self->seeds.len)
        return 0;
    const struct redis_address *seed = &self->seeds.items[index];
    int result = redis_peers_get(&self->peers, seed->host, seed->port, ret, err);
    return result < 0 ? err_wrap(err, "redis %s:%u", seed->host, (unsigned)seed->port) : 0;
}

/* A map being built from what one node says. */
struct building {
    struct cluster_client *client;
    const struct redis_peer *origin;
    struct map *map;
    size_t claimed; /* slots, over all owners */
};

/* No host, or one that is only right on the node's own machine: the host by which we came there. */
static const char *resolve_host(const struct redis_peer *origin, const char *host)
{
    bool loopback = cluster_host_is_loopback(host) && !cluster_host_is_loopback(origin->host);
    return *host == '\0' || loopback ? origin->host : host;
}

static int on_range(void *arg, const struct cluster_range *range, struct err *err)
{
    struct building *building = arg;
    struct redis_peer *peer = NULL;
    int result = redis_peers_get(&building->client->peers, resolve_host(building->origin, range->host),
                                 range->port, &peer, err);
    if (result < 0)
        return result;
    uint16_t index = map_add(building->map, peer);
    if (range->owner && range->first <= range->last)
        building->claimed += (size_t)(range->last - range->first) + 1;
    if (building->claimed > CLAIMED_MAX)
        return err_set(err, ERR_PROTOCOL, "the answer is not the map of a cluster: slots overlap");
    for (unsigned slot = range->first; range->owner && slot <= range->last; slot++)
        building->map->owner[slot] = index;
    return 0;
}

static void take_map(struct cluster_client *self, struct map *map)
{
    map_free(self->map);
    self->map = map;
    self->stale = self->moved = false;
    self->learned_ms = net_now_ms(self->client.net);
}

/* Connections to none but the nodes of the map. */
static void sweep(struct cluster_client *self)
{
    for (size_t i = 0; self->map && i < self->map->len; i++)
        self->map->nodes[i]->keep = true;
    redis_peers_sweep(&self->peers);
}

static int read_map(struct cluster_client *self, const struct redis_peer *origin, size_t question,
                    const struct redis_reply *reply, struct err *err)
{
    struct building building = {self, origin, mem_zalloc(sizeof(struct map)), 0};
    memset(building.map->owner, 0xff, sizeof(building.map->owner));
    int result = question == 0
                     ? cluster_slots_each(reply, on_range, &building, err)
                     : cluster_shards_each(reply, self->client.login->use_tls, on_range, &building, err);
    if (result < 0)
        map_free(building.map);
    else
        take_map(self, building.map);
    sweep(self);
    return result;
}

/* SLOTS is deprecated, and users may be allowed only its successor. */
static bool try_shards(size_t question, const struct redis_reply *reply)
{
    return question == 0 && (redis_failure_is(reply, "NOPERM") ||
                             (redis_failure_is(reply, "ERR") && strstr(reply->text, "nknown")));
}

static int on_accept(void *arg, struct redis_peer *peer, size_t index, size_t question,
                     const struct redis_reply *reply, struct err *err)
{
    struct cluster_client *self = arg;
    (void)index;
    int result;
    if (try_shards(question, reply))
        return SURVEY_REPHRASE;
    if (reply->type != REDIS_ERROR)
        result = read_map(self, peer, question, reply, err);
    else if (strstr(reply->text, "cluster support disabled"))
        result = err_set(err, ERR_UNSUPPORTED, "the server is no node of a Redis Cluster");
    else
        result = redis_client_failure(&self->client, reply, err);
    return result < 0 ? err_wrap(err, "redis %s:%u", peer->host, (unsigned)peer->port) : 0;
}

static int send_call(struct redis_client *client, struct redis_call *call, struct err *err);

/* A map that was only to be renewed goes on being used. */
static void on_finished(void *arg, const struct err *error)
{
    struct cluster_client *self = arg;
    if (error && !self->stale && self->map) {
        self->learned_ms = net_now_ms(self->client.net);
        error = NULL;
    }
    redis_client_release(&self->client, send_call, error);
}

static const struct survey_ops survey_ops = {.peer = on_peer, .accept = on_accept, .finished = on_finished};

static int learn(struct cluster_client *self, struct err *err)
{
    size_t nodes = self->map ? self->map->len : 0;
    self->first = nodes > 0 ? (size_t)random_below(nodes) : 0;
    if (nodes > 0 && self->map->nodes[self->first] == self->suspect)
        self->first = (self->first + 1) % nodes;
    return redis_survey_start(&self->survey, err);
}

static bool wants_renewal(const struct cluster_client *self)
{
    int64_t age_ms = net_now_ms(self->client.net) - self->learned_ms;
    return age_ms >= MAP_OLD_MS || (self->moved && age_ms >= MAP_MOVED_MS);
}

static int cluster_call(struct redis_client *client, struct redis_call *call, struct err *err)
{
    struct cluster_client *self = (struct cluster_client *)client;
    bool useful = self->map && !self->stale;
    if (!self->survey.running && (!useful || wants_renewal(self))) {
        int result = learn(self, useful ? NULL : err);
        if (result < 0 && !useful)
            return result;
    }
    if (useful)
        return send_call(client, call, err);
    redis_client_wait(client, call);
    return 0;
}

static void on_answer(struct redis_request *request, const struct redis_reply *reply,
                      const struct err *error);

static int send_to(struct redis_peer *peer, struct redis_call *call, struct err *err)
{
    call->peer = peer;
    call->request.done = on_answer;
    return redis_peer_send(peer, &call->request, call->args, call->args_len, err);
}

static int send_call(struct redis_client *client, struct redis_call *call, struct err *err)
{
    struct cluster_client *self = (struct cluster_client *)client;
    uint16_t slot = cluster_slot(call->key.bytes, call->key.len);
    uint16_t owner = self->map->owner[slot];
    if (owner != NO_OWNER)
        return send_to(self->map->nodes[owner], call, err);
    self->stale = true;
    return err_set(err, ERR_UNAVAILABLE, "no node of the cluster serves slot %u", (unsigned)slot);
}

/* ASKING opens the door for the one command behind it; its own answer says nothing. */
struct asking {
    struct redis_request request;
    struct redis_peer *peer;
};

static void on_asking(struct redis_request *request, const struct redis_reply *reply, const struct err *error)
{
    struct asking *asking = container_of(request, struct asking, request);
    (void)reply, (void)error;
    redis_peer_answered(asking->peer);
    mem_free(asking);
}

static int send_asking(struct redis_peer *peer, int64_t deadline_ms, struct err *err)
{
    static const struct redis_arg args[] = {{"ASKING", 6}};
    struct asking *asking = mem_zalloc(sizeof(*asking));
    asking->request.done = on_asking;
    asking->request.deadline_ms = deadline_ms;
    asking->peer = peer;
    int result = redis_peer_send(peer, &asking->request, args, ARRAY_LEN(args), err);
    if (result < 0)
        mem_free(asking);
    return result;
}

static int follow(struct cluster_client *self, struct redis_call *call, const struct redis_reply *reply,
                  bool ask, struct err *err)
{
    AUTO_FREE char *host = NULL;
    uint16_t slot = 0, port = 0;
    struct redis_peer *peer = NULL;
    if (++call->redirects > REDIRECTS_MAX)
        return err_set(err, ERR_UNAVAILABLE, "the cluster redirects more than %d times", REDIRECTS_MAX);
    int result = cluster_redirect_parse(reply, &slot, &host, &port, err);
    if (result < 0)
        return result;
    if (slot != cluster_slot(call->key.bytes, call->key.len))
        return err_set(err, ERR_PROTOCOL, "the redirect is about another slot than the key's");
    result = redis_peers_get(&self->peers, resolve_host(call->peer, host), port, &peer, err);
    if (result < 0)
        return result;
    if (ask) {
        result = send_asking(peer, call->request.deadline_ms, err);
    } else {
        self->map->owner[slot] = map_add(self->map, peer);
        self->moved = true;
    }
    return result < 0 ? result : send_to(peer, call, err);
}

/* The node is not what the map says, or not there. */
static bool spoils_map(const struct redis_reply *reply, const struct err *error)
{
    return error ? error->code != ERR_CANCELED && error->code != ERR_LIMIT
                 : redis_failure_is(reply, "CLUSTERDOWN") || redis_failure_is(reply, "READONLY") ||
                       redis_failure_is(reply, "LOADING");
}

/* One node's silence is not the cluster's: of those who are asked, only who answers to nobody (ERR_IO,
 * ERR_TIMEOUT) is held for down, and here that is what the survey finds out. */
static void finish_failed(const struct cluster_client *self, struct redis_call *call, const struct err *error)
{
    struct err err = *error;
    bool silent = error->code == ERR_IO || error->code == ERR_TIMEOUT;
    if (silent && self->map->len > 1)
        err.code = ERR_UNAVAILABLE;
    call->done(call, NULL, &err);
}

static void on_answer(struct redis_request *request, const struct redis_reply *reply, const struct err *error)
{
    struct redis_call *call = container_of(request, struct redis_call, request);
    struct cluster_client *self = (struct cluster_client *)call->client;
    redis_peer_answered(call->peer);
    if (spoils_map(reply, error)) {
        self->stale = true;
        self->suspect = call->peer;
    }
    if (error) {
        finish_failed(self, call, error);
        return;
    }
    bool ask = redis_failure_is(reply, "ASK");
    if (!ask && !redis_failure_is(reply, "MOVED")) {
        call->done(call, reply, NULL);
        return;
    }
    struct err err = {0};
    if (follow(self, call, reply, ask, &err) == 0)
        return;
    self->stale = true;
    call->done(call, NULL, &err);
}

static void on_closed(void *arg)
{
    redis_client_gone(arg);
}

static void cluster_close(struct redis_client *client)
{
    struct cluster_client *self = (struct cluster_client *)client;
    redis_survey_stop(&self->survey);
    redis_peers_close(&self->peers, on_closed, self);
}

static void cluster_free(struct redis_client *client)
{
    struct cluster_client *self = (struct cluster_client *)client;
    redis_addresses_done(&self->seeds);
    map_free(self->map);
    mem_free(self);
}

static const struct redis_client_ops cluster_ops = {
    .call = cluster_call, .close = cluster_close, .free = cluster_free};

int redis_cluster_open(struct net *net, const struct redis_params *params, struct redis_client **ret,
                       struct err *err)
{
    (void)err;
    struct cluster_client *self = mem_zalloc(sizeof(*self));
    redis_client_init(&self->client, &cluster_ops, net, params);
    redis_addresses_read(&self->seeds, &params->addresses);
    redis_peers_init(&self->peers, net, redis_login_ref(self->client.login), 0, false);
    self->survey = (struct redis_survey){.net = net, .ops = &survey_ops, .arg = self, .questions = questions};
    *ret = &self->client;
    return 0;
}

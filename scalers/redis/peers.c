/* The table of peers. */
#include "scalers/redis/peers.h"

#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/net/net.h"
#define uthash_malloc(size)    mem_alloc(size)
#define uthash_free(ptr, size) mem_free(ptr)
#include <uthash.h>

struct peer_entry {
    struct redis_peer peer; /* first */
    UT_hash_handle hh;
    char key[]; /* "host port" */
};

void redis_peers_init(struct redis_peers *peers, struct net *net, struct redis_login *login_take,
                      int64_t database, bool master)
{
    *peers = (struct redis_peers){.net = net, .login = login_take, .database = database, .master = master};
}

/* Names, IPv4, IPv6 without brackets, with a zone. */
static bool is_host(const char *host)
{
    size_t len = strlen(host);
    return len > 0 && len < 256 &&
           strspn(host, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-_:%") == len;
}

static int add(struct redis_peers *peers, const char *host, uint16_t port, const char *key,
               struct redis_peer **ret, struct err *err)
{
    struct redis_endpoint endpoint = {.host = host,
                                      .port = port,
                                      .login = peers->login,
                                      .database = peers->database,
                                      .master = peers->master};
    struct redis_connection *connection = NULL;
    if (HASH_COUNT(peers->by_address) >= REDIS_PEERS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d servers were named", REDIS_PEERS_MAX);
    int result = redis_connection_open(peers->net, &endpoint, &connection, err);
    if (result < 0)
        return result;
    size_t len = strlen(key);
    struct peer_entry *entry = mem_zalloc(sizeof(*entry) + len + 1);
    memcpy(entry->key, key, len);
    entry->peer =
        (struct redis_peer){.peers = peers, .host = mem_strdup(host), .port = port, .connection = connection};
    HASH_ADD(hh, peers->by_address, key, (unsigned)len, entry);
    *ret = &entry->peer;
    return 0;
}

int redis_peers_get(struct redis_peers *peers, const char *host, uint16_t port, struct redis_peer **ret,
                    struct err *err)
{
    if (peers->ending)
        return err_set(err, ERR_CANCELED, "the connection is being closed");
    if (!is_host(host) || port == 0)
        return err_set(err, ERR_PROTOCOL, "an address that a server named is none");
    AUTO_FREE char *key = mem_printf("%s %u", host, (unsigned)port);
    struct peer_entry *found = NULL;
    if (peers->by_address)
        HASH_FIND(hh, peers->by_address, key, strlen(key), found);
    if (!found)
        return add(peers, host, port, key, ret, err);
    *ret = &found->peer;
    return 0;
}

int redis_peer_send(struct redis_peer *peer, struct redis_request *request, const struct redis_arg *args,
                    size_t args_len, struct err *err)
{
    int result = redis_connection_send(peer->connection, request, args, args_len, err);
    peer->in_flight += result == 0;
    return result;
}

void redis_peer_answered(struct redis_peer *peer)
{
    peer->in_flight--;
}

static void finish(void *arg)
{
    struct redis_peers *peers = arg;
    redis_login_unref(peers->login);
    peers->login = NULL;
    peers->closed(peers->closed_arg);
}

static void entry_free(struct peer_entry *entry)
{
    mem_free(entry->peer.host);
    mem_free(entry);
}

/* Only now: what was in flight has been answered, and its askers looked at the peer. */
static void on_closed(void *arg)
{
    struct peer_entry *entry = arg;
    struct redis_peers *peers = entry->peer.peers;
    entry_free(entry);
    peers->closing--;
    if (peers->ending && peers->closing == 0)
        finish(peers);
}

static void drop(struct redis_peers *peers, struct peer_entry *entry)
{
    HASH_DEL(peers->by_address, entry);
    peers->closing++;
    redis_connection_close(entry->peer.connection, on_closed, entry);
}

void redis_peers_sweep(struct redis_peers *peers)
{
    struct peer_entry *entry, *next;
    HASH_ITER (hh, peers->by_address, entry, next) {
        bool stays = entry->peer.keep || entry->peer.in_flight > 0;
        entry->peer.keep = false;
        if (!stays)
            drop(peers, entry);
    }
}

void redis_peers_close(struct redis_peers *peers, void (*closed)(void *arg), void *arg)
{
    struct peer_entry *entry, *next;
    peers->ending = true;
    peers->closed = closed;
    peers->closed_arg = arg;
    HASH_ITER (hh, peers->by_address, entry, next)
        drop(peers, entry);
    if (peers->closing == 0)
        net_defer(peers->net, finish, peers);
}

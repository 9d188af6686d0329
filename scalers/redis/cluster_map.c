/* Readers of a cluster's replies. Everything in them is checked: a wrong map would ask the wrong server, and
 * that one would only redirect; a wrong index would be our own fault. */
#include "scalers/redis/cluster_map.h"

#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/text.h"

#define CRC_POLYNOMIAL 0x1021

static uint16_t crc16(const char *bytes, size_t len)
{
    uint16_t crc = 0;
    for (size_t i = 0; i < len; i++) {
        crc = (uint16_t)(crc ^ ((unsigned char)bytes[i] << 8));
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? (crc << 1) ^ CRC_POLYNOMIAL : crc << 1);
    }
    return crc;
}

uint16_t cluster_slot(const char *key, size_t len)
{
    const char *open = memchr(key, '{', len);
    if (open) {
        size_t rest = len - (size_t)(open + 1 - key);
        const char *shut = memchr(open + 1, '}', rest);
        if (shut && shut > open + 1) {
            len = (size_t)(shut - open - 1);
            key = open + 1;
        }
    }
    return crc16(key, len) % CLUSTER_SLOTS;
}

static int bad(struct err *err)
{
    return err_set(err, ERR_PROTOCOL, "the answer is not the map of a cluster");
}

static bool is_text(const struct redis_reply *reply)
{
    return (reply->type == REDIS_TEXT || reply->type == REDIS_STATUS) && strlen(reply->text) == reply->len;
}

static bool read_number(const struct redis_reply *reply, int64_t max, uint16_t *ret)
{
    if (reply->type != REDIS_INTEGER || reply->integer < 0 || reply->integer > max)
        return false;
    *ret = (uint16_t)reply->integer;
    return true;
}

static bool read_bounds(const struct redis_reply *first, const struct redis_reply *last,
                        struct cluster_range *range)
{
    return read_number(first, CLUSTER_SLOTS - 1, &range->first) &&
           read_number(last, CLUSTER_SLOTS - 1, &range->last) && range->first <= range->last;
}

/* A node that does not know its address gives nothing, "", or "?". */
static const char *host_of(const struct redis_reply *reply)
{
    return reply->type == REDIS_NIL || strcmp(reply->text, "?") == 0 ? "" : reply->text;
}

/* [host, port, id, …] */
static int slots_node(const struct redis_reply *node, struct cluster_range *range, cluster_range_fn fn,
                      void *arg, struct err *err)
{
    if (node->type != REDIS_LIST || node->len < 2)
        return bad(err);
    const struct redis_reply *host = node->items[0];
    if ((host->type != REDIS_NIL && !is_text(host)) || !read_number(node->items[1], UINT16_MAX, &range->port))
        return bad(err);
    range->host = host_of(host);
    return range->port == 0 ? 0 : fn(arg, range, err); /* a port of 0: not reachable this way */
}

/* [first, last, owner, replica, …] */
static int slots_entry(const struct redis_reply *entry, cluster_range_fn fn, void *arg, struct err *err)
{
    struct cluster_range range = {0};
    if (entry->type != REDIS_LIST || entry->len < 3 || !read_bounds(entry->items[0], entry->items[1], &range))
        return bad(err);
    for (size_t i = 2; i < entry->len; i++) {
        range.owner = i == 2;
        int result = slots_node(entry->items[i], &range, fn, arg, err);
        if (result < 0)
            return result;
    }
    return 0;
}

static int no_slots(struct err *err)
{
    return err_set(err, ERR_UNAVAILABLE, "the server owns no slots and knows nobody who does");
}

int cluster_slots_each(const struct redis_reply *reply, cluster_range_fn fn, void *arg, struct err *err)
{
    if (reply->type != REDIS_LIST)
        return bad(err);
    for (size_t i = 0; i < reply->len; i++) {
        int result = slots_entry(reply->items[i], fn, arg, err);
        if (result < 0)
            return result;
    }
    return reply->len == 0 ? no_slots(err) : 0;
}

/* The value of a key in a flat list of keys and values; NULL: it is not there. */
static const struct redis_reply *value_of(const struct redis_reply *list, const char *key)
{
    if (list->type != REDIS_LIST)
        return NULL;
    for (size_t i = 0; i + 1 < list->len; i += 2) {
        if (is_text(list->items[i]) && strcmp(list->items[i]->text, key) == 0)
            return list->items[i + 1];
    }
    return NULL;
}

static bool says(const struct redis_reply *node, const char *key, const char *value)
{
    const struct redis_reply *found = value_of(node, key);
    return found && is_text(found) && strcmp(found->text, value) == 0;
}

/* A failed owner is listed beside the one that took over. */
static bool is_owner(const struct redis_reply *node)
{
    return says(node, "role", "master") && !says(node, "health", "fail") && !says(node, "health", "failed");
}

static int shard_address(const struct redis_reply *node, bool tls, struct cluster_range *range,
                         struct err *err)
{
    const struct redis_reply *host = value_of(node, "endpoint");
    const struct redis_reply *ip = value_of(node, "ip");
    const struct redis_reply *port = value_of(node, tls ? "tls-port" : "port");
    if (!host || (host->type != REDIS_NIL && !is_text(host)) ||
        (port && !read_number(port, UINT16_MAX, &range->port)))
        return bad(err);
    if (!port)
        range->port = 0;
    range->host = host_of(host);
    if (!*range->host && ip && is_text(ip))
        range->host = ip->text;
    return 0;
}

/* All ranges of a shard for one of its nodes; a node of a shard without slots is still told. */
static int shard_node(const struct redis_reply *node, const struct redis_reply *slots, bool tls,
                      cluster_range_fn fn, void *arg, struct err *err)
{
    struct cluster_range range = {.first = 1, .last = 0};
    int result = shard_address(node, tls, &range, err);
    if (result < 0 || range.port == 0)
        return result;
    range.owner = is_owner(node);
    if (slots->len == 0)
        return fn(arg, &range, err);
    for (size_t i = 0; i + 1 < slots->len; i += 2) {
        if (!read_bounds(slots->items[i], slots->items[i + 1], &range))
            return bad(err);
        result = fn(arg, &range, err);
        if (result < 0)
            return result;
    }
    return 0;
}

int cluster_shards_each(const struct redis_reply *reply, bool tls, cluster_range_fn fn, void *arg,
                        struct err *err)
{
    size_t bounds = 0;
    if (reply->type != REDIS_LIST)
        return bad(err);
    for (size_t i = 0; i < reply->len; i++) {
        const struct redis_reply *slots = value_of(reply->items[i], "slots");
        const struct redis_reply *nodes = value_of(reply->items[i], "nodes");
        if (!slots || !nodes || slots->type != REDIS_LIST || nodes->type != REDIS_LIST || slots->len % 2 != 0)
            return bad(err);
        bounds += slots->len;
        for (size_t j = 0; j < nodes->len; j++) {
            int result = shard_node(nodes->items[j], slots, tls, fn, arg, err);
            if (result < 0)
                return result;
        }
    }
    return bounds == 0 ? no_slots(err) : 0;
}

/* The port follows the last colon; IPv6 comes with and without brackets. */
static int split_address(const char *address, char **ret_host, uint16_t *ret_port, struct err *err)
{
    const char *colon = strrchr(address, ':');
    int64_t port = 0;
    if (!colon || number_parse_json_int(colon + 1, 1, UINT16_MAX, &port, NULL) < 0)
        return err_set(err, ERR_PROTOCOL, "the redirect has no address");
    size_t len = (size_t)(colon - address);
    bool brackets = len >= 2 && address[0] == '[' && address[len - 1] == ']';
    *ret_host = mem_strndup(address + (brackets ? 1 : 0), len - (brackets ? 2 : 0));
    *ret_port = (uint16_t)port;
    return 0;
}

int cluster_redirect_parse(const struct redis_reply *reply, uint16_t *ret_slot, char **ret_host,
                           uint16_t *ret_port, struct err *err)
{
    const char *slot = strchr(reply->text, ' ');
    const char *address = slot ? strchr(slot + 1, ' ') : NULL;
    int64_t number = 0;
    if (!address || strlen(reply->text) != reply->len)
        return err_set(err, ERR_PROTOCOL, "the redirect has no address");
    AUTO_FREE char *digits = mem_strndup(slot + 1, (size_t)(address - slot - 1));
    if (number_parse_json_int(digits, 0, CLUSTER_SLOTS - 1, &number, NULL) < 0)
        return err_set(err, ERR_PROTOCOL, "the redirect has no slot");
    int result = split_address(address + 1, ret_host, ret_port, err);
    if (result == 0)
        *ret_slot = (uint16_t)number;
    return result;
}

bool cluster_host_is_loopback(const char *host)
{
    return text_starts_with(host, "127.") || text_eq(host, "::1") || text_eq(host, "localhost");
}

/* The memory of key types. Wrong memory costs one more round trip (WRONGTYPE), never a wrong number. */
#include "scalers/redis/key_types.h"

#include <string.h>

#include "scaler/base/mem.h"
#define uthash_malloc(size)    mem_alloc(size)
#define uthash_free(ptr, size) mem_free(ptr)
#include <uthash.h>

/* Keys that are asked no more stay behind; at this many all are forgotten and learned anew. */
#define TYPES_MAX 65536

struct key_type {
    UT_hash_handle hh;
    enum length_command command;
    char key[];
};

static const struct {
    const char *type;
    const char *name;
} commands[] = {
    [LENGTH_LLEN] = {"list", "LLEN"},
    [LENGTH_SCARD] = {"set", "SCARD"},
    [LENGTH_ZCARD] = {"zset", "ZCARD"},
    [LENGTH_HLEN] = {"hash", "HLEN"},
};

const char *length_command_name(enum length_command command)
{
    return commands[command].name;
}

int length_command_of(const struct redis_reply *type, enum length_command *ret, struct err *err)
{
    if (type->type != REDIS_STATUS && type->type != REDIS_TEXT)
        return err_set(err, ERR_PROTOCOL, "the reply to TYPE is not a word");
    if (strcmp(type->text, "none") == 0) {
        *ret = LENGTH_LLEN;
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(type->text, commands[i].type) == 0) {
            *ret = (enum length_command)i;
            return 0;
        }
    }
    return err_set(err, ERR_INVALID,
                   "unsupported key type: the key is neither a list, a set, a sorted set nor a hash");
}

static struct key_type *find(const struct key_types *types, const char *key)
{
    struct key_type *found = NULL;
    if (types->by_key)
        HASH_FIND(hh, types->by_key, key, strlen(key), found);
    return found;
}

enum length_command key_types_get(const struct key_types *types, const char *key)
{
    const struct key_type *found = find(types, key);
    return found ? found->command : LENGTH_LLEN;
}

static void forget(struct key_types *types, struct key_type *entry)
{
    HASH_DEL(types->by_key, entry);
    mem_free(entry);
}

void key_types_set(struct key_types *types, const char *key, enum length_command command)
{
    struct key_type *entry = find(types, key);
    if (entry)
        forget(types, entry);
    if (command == LENGTH_LLEN)
        return;
    if (HASH_COUNT(types->by_key) >= TYPES_MAX)
        key_types_done(types);
    size_t len = strlen(key);
    entry = mem_zalloc(sizeof(*entry) + len + 1);
    memcpy(entry->key, key, len);
    entry->command = command;
    HASH_ADD(hh, types->by_key, key, (unsigned)len, entry);
}

void key_types_done(struct key_types *types)
{
    struct key_type *entry, *next;
    HASH_ITER (hh, types->by_key, entry, next)
        forget(types, entry);
}

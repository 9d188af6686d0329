/* The memory of committed offsets: a table of queries, each with a table of partitions. */
#include "scalers/kafka/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uthash.h>

#include "scaler/base/mem.h"

#define SWEEP_EVERY_MS    ((int64_t)60 * 1000)
#define PARTITION_KEY_MAX 300 /* a topic's name has at most 249 bytes */

struct remembered {
    UT_hash_handle hh;
    int64_t committed;
    int64_t since_ms; /* when this committed offset was seen first */
    int64_t seen_ms;
    char key[]; /* "partition topic" */
};

struct kafka_memory_query {
    UT_hash_handle hh;
    struct remembered *partitions;
    int64_t asked_ms;
    char key[];
};

struct kafka_memory_query *kafka_memory_open(struct kafka_memory *memory, const char *query_key,
                                             int64_t now_ms)
{
    struct kafka_memory_query *query;
    HASH_FIND_STR(memory->queries, query_key, query);
    if (!query) {
        size_t size = strlen(query_key) + 1;
        query = mem_zalloc(sizeof(*query) + size);
        memcpy(query->key, query_key, size);
        HASH_ADD_STR(memory->queries, key, query);
    }
    query->asked_ms = now_ms;
    return query;
}

static struct remembered *remember(struct kafka_memory *memory, struct kafka_memory_query *query,
                                   const char *key)
{
    if (memory->partitions >= KAFKA_MEMORY_MAX_PARTITIONS)
        return NULL;
    size_t size = strlen(key) + 1;
    struct remembered *partition = mem_zalloc(sizeof(*partition) + size);
    memcpy(partition->key, key, size);
    partition->committed = -1;
    HASH_ADD_STR(query->partitions, key, partition);
    memory->partitions++;
    return partition;
}

bool kafka_memory_persistent(struct kafka_memory *memory, struct kafka_memory_query *query, const char *topic,
                             int32_t partition, int64_t committed, int64_t now_ms)
{
    char key[PARTITION_KEY_MAX];
    snprintf(key, sizeof(key), "%" PRId32 " %s", partition, topic);
    struct remembered *entry;
    HASH_FIND_STR(query->partitions, key, entry);
    if (!entry)
        entry = remember(memory, query, key);
    if (!entry)
        return false;
    entry->seen_ms = now_ms;
    if (entry->committed != committed) {
        entry->committed = committed;
        entry->since_ms = now_ms;
        return false;
    }
    return now_ms - entry->since_ms >= KAFKA_PERSISTENT_MS;
}

static void forget_partitions(struct kafka_memory *memory, struct kafka_memory_query *query,
                              int64_t seen_before_ms)
{
    struct remembered *entry, *tmp;
    HASH_ITER (hh, query->partitions, entry, tmp) {
        if (entry->seen_ms >= seen_before_ms)
            continue;
        HASH_DEL(query->partitions, entry);
        mem_free(entry);
        memory->partitions--;
    }
}

static void forget(struct kafka_memory *memory, int64_t before_ms)
{
    struct kafka_memory_query *query, *tmp;
    HASH_ITER (hh, memory->queries, query, tmp) {
        forget_partitions(memory, query, before_ms);
        if (query->asked_ms >= before_ms)
            continue;
        HASH_DEL(memory->queries, query);
        mem_free(query);
    }
}

void kafka_memory_sweep(struct kafka_memory *memory, int64_t now_ms)
{
    if (now_ms - memory->swept_ms < SWEEP_EVERY_MS)
        return;
    memory->swept_ms = now_ms;
    forget(memory, now_ms - KAFKA_MEMORY_IDLE_MS);
}

void kafka_memory_done(struct kafka_memory *memory)
{
    forget(memory, INT64_MAX);
}
